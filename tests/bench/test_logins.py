"""Logins with passwords on a real server. Nothing here looks at how long it took."""

from __future__ import annotations

from collections.abc import Callable

from twisted.trial.unittest import TestCase

from bench import logins
from bench.errors import BenchError
from bench.logins import Logins
from bench.results import LoginsResult
from bench.runs import Place, Step
from bench.waiting import Event
from tests.bench import real_runs


@real_runs
class LoginsTests(TestCase):
    timeout = 60

    def setUp(self) -> None:
        self.stop: Event[bool] = Event()
        self.on_step: Callable[[Step], None] = lambda step: None

    async def measure(self, *options: str) -> LoginsResult:
        from twisted.internet import reactor

        place, load = Place(options=options), Logins(logins=2, seconds=0.1)
        return await logins.measure(
            reactor, place, load, self.stop, lambda step: self.on_step(step)
        )

    async def test_all_log_in_while_others_talk(self) -> None:
        result = await self.measure("--database", ":memory:")
        self.assertEqual(
            (result.done, result.asked, result.error, result.stopped), (2, 2, "", False)
        )
        self.assertTrue(result.before and result.during)
        self.assertGreaterEqual(result.added, min(result.during) - max(result.before))

    async def test_it_can_be_stopped_early(self) -> None:
        self.on_step = lambda step: self.stop.happen(True)
        result = await self.measure("--database", ":memory:")
        self.assertEqual((result.done, result.stopped, result.error), (0, True, ""))

    async def test_a_server_that_does_not_start_is_an_error(self) -> None:
        with self.assertRaises(BenchError):
            await self.measure("--nonsense")
