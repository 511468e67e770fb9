"""The threads: order, results, faults, and an end that waits for nobody."""

from __future__ import annotations

import threading

from twisted.internet import reactor
from twisted.internet.defer import gatherResults
from twisted.internet.task import deferLater
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from twisted_chat.store.sql.threads import RealThreads


class RealThreadsTests(TestCase):
    async def begin(self) -> RealThreads:
        """Wait until the reactor runs: before, there are no threads."""
        await deferLater(reactor, 0)
        return RealThreads(reactor)

    async def test_what_is_written_is_done_in_order_by_one_thread(self) -> None:
        threads = await self.begin()
        done: list[int] = []

        def write(number: int) -> str:
            done.append(number)
            return threading.current_thread().name

        names = await gatherResults([threads.write(write, number) for number in range(20)])
        self.assertEqual((done, len(set(names))), (list(range(20)), 1))
        self.assertNotEqual(names[0], threading.current_thread().name)
        threads.stop()

    async def test_reading_does_not_wait_for_writing(self) -> None:
        threads = await self.begin()
        over = threading.Event()
        writing = threads.write(over.wait, 10)
        self.assertEqual(await threads.read(int, "7"), 7)
        over.set()
        self.assertTrue(await writing)
        threads.stop()

    async def test_logins_and_history_do_not_wait_for_searches_nor_for_each_other(self) -> None:
        threads = await self.begin()
        over = threading.Event()
        searching = [threads.search(over.wait, 10) for _ in range(5)]
        reading = [threads.read(over.wait, 10) for _ in range(2)]
        self.assertEqual(await threads.log_in(int, "7"), 7)
        over.set()
        for each in (*searching, *reading):
            self.assertTrue(await each)
        threads.stop()

    async def test_fault_is_given_back(self) -> None:
        threads = await self.begin()
        try:
            await threads.write(int, "x")
        except ValueError:
            pass
        else:
            self.fail("no fault")
        threads.stop()

    async def test_end_waits_for_no_thread_that_hangs(self) -> None:
        threads = await self.begin()
        over = threading.Event()
        hanging = threads.write(over.wait, 10)
        threads.stop()
        over.set()
        await hanging


class BeforeTheReactorRunsTests(SynchronousTestCase):
    def test_everything_is_done_at_once(self) -> None:
        threads = RealThreads(MemoryReactorClock())
        self.addCleanup(threads.stop)
        self.assertEqual(self.successResultOf(threads.write(int, "7")), 7)
        self.assertIsInstance(self.failureResultOf(threads.read(int, "x")).value, ValueError)
