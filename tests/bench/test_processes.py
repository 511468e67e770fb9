"""What the system says a process used, and how processes are started."""

from __future__ import annotations

import os
import resource
import sys
import threading
import time

from twisted.internet.defer import Deferred
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from bench import limits
from bench.errors import BenchError
from bench.processes import Processors, share_out, spawn, usage


def burn() -> None:
    until = time.thread_time() + 0.05
    while time.thread_time() < until:
        pass


class UsageTests(SynchronousTestCase):
    def test_the_time_of_all_threads_counts_also_of_those_that_ended(self) -> None:
        before = usage(os.getpid())
        threads = [threading.Thread(target=burn) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        after = usage(os.getpid())
        assert before is not None and after is not None
        # Two values of 10 ms each may be rounded away.
        self.assertGreaterEqual(after.cpu - before.cpu, 4 * 0.05 - 0.02)

    def test_memory_is_in_bytes_and_unknown_without_the_process(self) -> None:
        now = usage(os.getpid())
        assert now is not None
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        # The kernel counts in batches of pages.
        self.assertTrue(most / 4 < now.rss < most + 4 * 1024**2, now)
        self.assertIsNone(usage(2**30))


class ShareOutTests(SynchronousTestCase):
    def test_the_server_has_a_processor_of_its_own_if_there_are_two(self) -> None:
        self.assertEqual(share_out([2, 0, 1], pin=True), Processors((2,), (0, 1)))
        self.assertEqual(share_out([0], pin=True), Processors())
        self.assertEqual(share_out([0, 1], pin=False), Processors())


class Output(ProcessProtocol):
    """Collects what a process says until it ends."""

    def __init__(self) -> None:
        self.text = b""
        self.over: Deferred[bytes] = Deferred()

    def outReceived(self, data: bytes) -> None:
        self.text += data

    errReceived = outReceived

    def processEnded(self, reason: Failure) -> None:
        self.over.callback(self.text)


class SpawnTests(TestCase):
    async def _spawn(self, *command: str, processors: tuple[int, ...] = ()) -> tuple[int, str]:
        from twisted.internet import reactor

        output = Output()
        files = {0: "w", 1: "r", 2: "r"}
        process = spawn(reactor, output, command, processors=processors, files=files)
        pid = process.pid
        assert pid is not None
        return pid, (await output.over).decode().strip()

    async def test_it_keeps_its_id_in_a_session_of_its_own_on_its_processors(self) -> None:
        processor = min(os.sched_getaffinity(0))
        code = "import os; print(os.getpid(), os.getsid(0), *os.sched_getaffinity(0))"
        pid, said = await self._spawn(sys.executable, "-c", code, processors=(processor,))
        self.assertEqual(said, f"{pid} {pid} {processor}")

    async def test_a_python_program_finds_the_bench(self) -> None:
        _, said = await self._spawn(sys.executable, "-c", "import bench; print(bench.__name__)")
        self.assertEqual(said, "bench")

    async def test_it_ends_when_the_bench_does(self) -> None:
        # Signal 15 when the parent ends: prctl(2), PR_GET_PDEATHSIG is 2.
        code = "import ctypes; n = ctypes.c_int(); ctypes.CDLL(None).prctl(2, ctypes.byref(n)); print(n.value)"
        _, said = await self._spawn(sys.executable, "-c", code)
        self.assertEqual(said, "15")

    async def test_a_program_that_is_not_there_is_told(self) -> None:
        _, said = await self._spawn("/no/such/program")
        self.assertEqual(said, "cannot run /no/such/program: No such file or directory")


class LimitsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.limits = (1024, 4096)
        self.most = 4096
        for name, fake in (("getrlimit", self._get), ("setrlimit", self._set)):
            self.patch(resource, name, fake)

    def _get(self, what: int) -> tuple[int, int]:
        return self.limits

    def _set(self, what: int, wanted: tuple[int, int]) -> None:
        if wanted[1] > self.most:
            raise ValueError("not allowed to raise maximum limit")
        self.limits = wanted

    def test_what_is_allowed_is_taken_and_too_little_told(self) -> None:
        limits.require(4000)
        self.assertEqual(self.limits, (4096, 4096))
        error = self.assertRaises(BenchError, limits.require, 10_000)
        self.assertIn("10,000 connections need 10,064 open files", str(error))
        self.assertIn("4,096 are allowed", str(error))
        self.assertIn("ulimit -Hn 10064", str(error))
        self.limits = (1024, resource.RLIM_INFINITY)
        limits.require(10_000)
        self.assertEqual(self.limits, (resource.RLIM_INFINITY,) * 2)

    def test_an_administrator_gets_more(self) -> None:
        self.most = 1_000_000
        limits.require(100_000)
        self.assertEqual(self.limits, (100_064, 100_064))

    def test_where_nothing_can_be_changed_what_there_is_counts(self) -> None:
        self.most = 0
        limits.require(900)
        self.assertRaises(BenchError, limits.require, 1000)
