"""The client on a terminal of its own. Nothing here looks at how long it took."""

from __future__ import annotations

from collections.abc import Callable

from twisted.trial.unittest import TestCase

from bench import client
from bench.client import Reading
from bench.results import ClientResult
from bench.runs import Step
from bench.waiting import Event
from tests.bench import real_runs


@real_runs
class ClientTests(TestCase):
    timeout = 60

    def setUp(self) -> None:
        self.stop: Event[bool] = Event()
        self.on_step: Callable[[Step], None] = lambda step: None

    async def measure(self, **load: float) -> ClientResult:
        from twisted.internet import reactor

        few: dict[str, float] = {"lines": 20, "members": 60, "rate": 20, "keys": 2} | load
        reading = Reading(**few)  # type: ignore[arg-type]
        return await client.measure(reactor, reading, self.stop, lambda step: self.on_step(step))

    async def test_each_key_is_drawn(self) -> None:
        result = await self.measure()
        self.assertEqual((result.error, result.stopped), ("", False))
        self.assertEqual((len(result.quiet), len(result.busy)), (2, 2))
        assert result.start is not None and result.filled is not None
        self.assertGreater(result.rss or 0, 0)

    async def test_it_can_be_stopped_early(self) -> None:
        self.on_step = lambda step: self.stop.happen(True)
        result = await self.measure()
        self.assertEqual((result.stopped, result.error, result.quiet), (True, "", []))

    async def test_it_does_not_wait_for_ever(self) -> None:
        result = await self.measure(timeout=0.0)
        self.assertEqual((result.stopped, result.error), (False, "it took too long"))
