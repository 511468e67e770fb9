"""Killing real servers. Nothing here looks at how long it took."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from twisted.trial.unittest import TestCase

from bench import crash, servers
from bench.crash import Crash
from bench.errors import BenchError
from bench.results import CrashResult
from bench.runs import Place, Step
from bench.servers import Started
from bench.talkers import Typist
from bench.waiting import Event
from tests.bench import real_runs


@real_runs
class CrashTests(TestCase):
    timeout = 120

    def setUp(self) -> None:
        self.stop: Event[bool] = Event()
        self.on_step: Callable[[Step], None] = lambda step: None
        # What is kept of a failure is kept in here.
        folder = tempfile.mkdtemp(prefix="chat-test-")
        self.addCleanup(shutil.rmtree, folder)
        self.folder = Path(folder)
        self.patch(tempfile, "tempdir", folder)

    async def measure(self, kills: int = 1, *options: str, timeout: float = 30.0) -> CrashResult:
        from twisted.internet import reactor

        place = Place(options=options, timeout=timeout)
        load = Crash(kills=kills, between=0.2)
        return await crash.measure(reactor, place, load, self.stop, lambda step: self.on_step(step))

    async def test_our_server_keeps_its_promises(self) -> None:
        result = await self.measure(2)
        self.assertEqual((result.violations, result.error), ([], ""))
        self.assertEqual((result.kills, len(result.starts)), (2, 3))
        self.assertGreater(result.acks, 0)
        self.assertGreater(result.history, 0)
        self.assertGreaterEqual(result.again, 18)
        self.assertEqual(list(self.folder.iterdir()), [])

    async def test_a_server_that_keeps_nothing_breaks_them(self) -> None:
        result = await self.measure(1, "--database", ":memory:")
        self.assertIn("sent a session that the server does not know", "".join(result.violations))
        self.assertIn(f"promises were broken, the first: {result.violations[0]}", result.error)
        (kept,) = self.folder.iterdir()
        self.assertIn(str(kept), result.error)

    async def test_a_server_that_ends_by_itself_is_told(self) -> None:
        started: list[Started] = []
        start = servers.start

        async def note(*arguments: object) -> Started:
            started.append(await start(*arguments))  # type: ignore[arg-type]
            return started[-1]

        def end(step: Step) -> None:
            if step.phase.endswith("talking"):
                assert started[-1]._process is not None
                started[-1]._process.signalProcess("TERM")

        self.on_step = end
        with mock.patch.object(servers, "start", note):
            result = await self.measure()
        self.assertIn("it ended by itself: ours ended (with status 0)", result.violations[0])

    async def test_a_fault_in_the_log_is_told(self) -> None:
        with mock.patch.object(Started, "said", "all is well\nUnhandled Error\nmore"):
            result = await self.measure()
        self.assertEqual(result.violations, ["the server logged: Unhandled Error"])

    async def test_who_does_not_come_back_is_told(self) -> None:
        async def never(self: Typist) -> None:
            await self._link.gone.wait()

        with mock.patch.object(Typist, "_come", never):
            result = await self.measure(timeout=3.0)
        self.assertEqual(result.violations, ["after 3 s joe, kim are still not back"])

    async def test_a_fault_of_the_bench_itself_is_none_of_the_server(self) -> None:
        async def fail(self: Typist) -> None:
            raise ZeroDivisionError

        with mock.patch.object(Typist, "_come", fail), self.assertRaises(ZeroDivisionError):
            await self.measure()

    async def test_ctrl_c_ends_it_with_a_last_look(self) -> None:
        def look(step: Step) -> None:
            if step.phase.endswith("talking"):
                self.stop.happen(True)

        self.on_step = look
        result = await self.measure(1000)
        self.assertEqual((result.stopped, result.violations), (True, []))
        self.assertGreater(result.history, 0)

    async def test_a_server_that_does_not_start_is_told(self) -> None:
        with self.assertRaises(BenchError) as caught:
            await self.measure(1, "--nonsense")
        self.assertIn("ours ended (with status 1)", str(caught.exception))
        self.assertEqual(list(self.folder.iterdir()), [])
