"""Wrong logins at a real server. Nothing here looks at how long they took."""

from __future__ import annotations

from collections.abc import Callable

from twisted.trial.unittest import TestCase

from bench import timing
from bench.errors import BenchError
from bench.results import TimingResult
from bench.runs import Place, Step
from bench.timing import KINDS, Timing
from bench.waiting import Event
from tests.bench import real_runs


@real_runs
class TimingTests(TestCase):
    timeout = 60

    def setUp(self) -> None:
        self.stop: Event[bool] = Event()
        self.on_step: Callable[[Step], None] = lambda step: None

    async def measure(self, *options: str) -> TimingResult:
        from twisted.internet import reactor

        place = Place(options=("--database", ":memory:", *options))
        return await timing.measure(
            reactor, place, Timing(tries=2), self.stop, lambda step: self.on_step(step)
        )

    async def test_each_kind_is_tried_as_often(self) -> None:
        result = await self.measure()
        self.assertEqual((result.error, result.stopped), ("", False))
        self.assertEqual(
            {kind: len(took) for kind, took in result.tries.items()}, dict.fromkeys(KINDS, 2)
        )

    async def test_it_can_be_stopped_early(self) -> None:
        self.on_step = lambda step: self.stop.happen(True)
        result = await self.measure()
        self.assertEqual((result.stopped, result.error), (True, ""))

    async def test_a_server_that_does_not_start_is_an_error(self) -> None:
        with self.assertRaises(BenchError):
            await self.measure("--nonsense")
