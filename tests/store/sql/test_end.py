"""The end of a store whose database hangs, or has just come back: it is over within seconds, and keeps what can be kept."""

from __future__ import annotations

import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.making import said
from tests.store.sql.fakes import HeldThreads
from tests.store.sql.test_writer import FULL, WriterCase
from twisted_chat.store.sql.database import Database, sqlite_url
from twisted_chat.store.sql.store import SqlStore
from twisted_chat.store.sql.threads import RealThreads
from twisted_chat.store.sql.writer import QUIET
from twisted_chat.store.url import Sync


class WriterEndTests(WriterCase):
    def test_end_does_not_wait_for_the_next_try_but_tries_at_once(self) -> None:
        """The disk was full, somebody made room and stops the server: what waited is stored."""
        self.say(2)
        self.clock.advance(QUIET)
        for wait in (0.1, 0.2, 0.4, 0.8, 1.6, 3.2):
            self.threads.fail(FULL)
            self.clock.advance(wait)
        self.threads.fail(FULL)
        ended = Deferred.fromCoroutine(self.writer.stop())
        self.clock.advance(0)
        self.threads.run()
        self.assertEqual((self.successResultOf(ended), self.stored), (0, [2]))

    def test_end_tries_more_than_once(self) -> None:
        self.say(2)
        self.clock.advance(QUIET)
        ended = Deferred.fromCoroutine(self.writer.stop())
        for _ in range(10):
            self.threads.fail(FULL)
            self.clock.advance(0.1)
        self.threads.run()
        self.assertEqual((self.successResultOf(ended), self.stored), (0, [2]))

    def test_thread_that_hangs_is_given_up_and_its_late_commit_leaves_no_timer(self) -> None:
        self.say(2)
        self.clock.advance(QUIET)
        ended = Deferred.fromCoroutine(self.writer.stop())
        self.clock.advance(2)
        self.assertEqual(self.successResultOf(ended), 2)
        self.threads.run_all()
        self.assertEqual(self.clock.getDelayedCalls(), [])


class StoreEndTests(SynchronousTestCase):
    """A store whose threads do what they are told when the test lets them."""

    def setUp(self) -> None:
        folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        self.database = Database(sqlite_url(folder / "chat.sqlite"), Sync.OFF)
        self.addCleanup(self.database.close)
        self.clock = Clock()
        self.threads = HeldThreads()
        self.store = SqlStore(self.database, self.threads, self.clock)
        started = Deferred.fromCoroutine(self.store.start(lambda message: None, lambda: None))
        self.threads.run_all()
        self.successResultOf(started)

    def tearDown(self) -> None:
        self.assertTrue(self.threads.stopped)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_nothing_waits_but_the_thread_hangs_at_something_else(self) -> None:
        job = Deferred.fromCoroutine(self.store.reserve(1))
        stopped = Deferred.fromCoroutine(self.store.stop())
        self.clock.advance(2)
        self.successResultOf(stopped)
        self.assertNoResult(job)

    def test_database_that_does_not_close_is_left(self) -> None:
        self.store.append(said(1, 1))
        stopped = Deferred.fromCoroutine(self.store.stop())
        self.threads.run()
        self.assertEqual(self.store.health().stored, 1)
        self.assertNoResult(stopped)
        self.clock.advance(0.5)
        self.successResultOf(stopped)


class HangingThreadTests(TestCase):
    """Real threads, one of which hangs."""

    timeout = 20

    def setUp(self) -> None:
        self.goes_on = threading.Event()
        self.addCleanup(self.goes_on.set)
        # So that a fault fails the test, and does not hang it.
        late = threading.Timer(5, self.goes_on.set)
        late.start()
        self.addCleanup(late.cancel)
        self.threads = RealThreads(reactor)

    async def hang(self) -> list[Deferred[Any]]:
        """Let the threads that read hang; return what waits for them."""
        await deferLater(reactor, 0)  # before the reactor runs there are no threads
        both = threading.Barrier(3, timeout=10)

        def work() -> None:
            both.wait()
            self.goes_on.wait()

        hanging = [self.threads.read(work) for _ in range(2)]
        both.wait()
        return hanging

    async def test_the_end_does_not_wait_for_a_thread_that_nobody_waits_for_any_more(self) -> None:
        for each in await self.hang():
            each.cancel()
            await self.assertFailure(each, CancelledError)
        self.threads.stop()
        self.assertFalse(self.goes_on.is_set())

    async def test_what_nobody_waits_for_any_more_is_not_begun(self) -> None:
        hanging = await self.hang()
        begun: list[str] = []
        given_up, wanted = (self.threads.read(begun.append, name) for name in ("one", "two"))
        given_up.cancel()
        await self.assertFailure(given_up, CancelledError)
        self.goes_on.set()
        await gatherResults([*hanging, wanted])
        self.assertEqual(begun, ["two"])
        self.threads.stop()
