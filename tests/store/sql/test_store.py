"""The store over its threads: who reads together, what is not asked of the database, and what cannot be read."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from msgspec import structs
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.making import author, room, said
from tests.store.sql.fakes import HeldThreads
from twisted_chat.core.ids import MessageId, RoomId
from twisted_chat.core.lasting import Query, Term
from twisted_chat.store.port import Page, StoreError
from twisted_chat.store.sql import store as module
from twisted_chat.store.sql.database import Database, sqlite_url
from twisted_chat.store.sql.store import SqlStore

T = TypeVar("T")
GONE = OperationalError("SELECT", None, Exception("the disk is gone"))
OLD = RoomId(1)


class SqlStoreTests(SynchronousTestCase):
    def setUp(self) -> None:
        # Not removed by a cleanup: these run before tearDown, which closes the store.
        self.folder = Path(tempfile.mkdtemp())
        self.url = sqlite_url(self.folder / "chat.sqlite")
        self.clock = Clock()
        self.open()
        self.say(range(1, 31))
        self.finish()
        self.open()

    def tearDown(self) -> None:
        self.finish()
        shutil.rmtree(self.folder)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def open(self) -> None:
        self.threads = HeldThreads()
        self.store = SqlStore(Database(self.url), self.threads, self.clock, lines=5)
        started = self.ask(self.store.start(lambda message: None, lambda: None))
        self.threads.run_all()
        self.successResultOf(started)
        self.successResultOf(self.reserved(100))

    def reserved(self, count: int) -> Deferred[range]:
        block = self.ask(self.store.reserve(count))
        self.threads.run_all()
        return block

    def finish(self) -> None:
        stopped = self.ask(self.store.stop())
        self.threads.run_all()
        self.successResultOf(stopped)
        self.assertTrue(self.threads.stopped)

    def ask(self, work: Coroutine[Any, Any, T]) -> Deferred[T]:
        return Deferred.fromCoroutine(work)

    def say(self, ids: range, where: int = OLD) -> None:
        for number in ids:
            self.store.append(said(number, where))

    def history(self, limit: int = 5, **more: Any) -> Deferred[Page]:
        return self.ask(self.store.history(room(OLD), limit=limit, **more))

    def ids(self, page: Deferred[Page]) -> list[int]:
        return [each.id for each in self.successResultOf(page).envelopes]

    def read(self) -> None:
        """Let the oldest reading happen."""
        answer, work = self.threads.reads.popleft()
        answer.callback(work())

    def test_those_who_come_at_once_read_once(self) -> None:
        pages = [self.history() for _ in range(100)]
        self.assertEqual(len(self.threads.reads), 1)
        self.read()
        for page in pages:
            self.assertEqual(self.ids(page), [26, 27, 28, 29, 30])
        self.assertEqual(self.ids(self.history()), [26, 27, 28, 29, 30])
        self.assertEqual(len(self.threads.reads), 0)

    def test_those_who_come_at_once_are_all_told_what_cannot_be_read(self) -> None:
        pages = [self.history() for _ in range(3)]
        for _ in pages:
            self.threads.reads.popleft()[0].errback(GONE)
        for page in pages:
            self.failureResultOf(page, StoreError)

    def test_what_is_said_while_it_is_read_is_in_its_place(self) -> None:
        early, later = self.history(8), self.history(8, before=MessageId(102))
        self.say(range(101, 104))
        self.read()
        self.assertEqual(self.ids(early), list(range(23, 31)))
        self.read()
        self.assertEqual(self.ids(later), list(range(23, 31)))
        both = self.history(8, before=MessageId(103))
        self.read()
        self.assertEqual(self.ids(both), [*range(25, 31), 101, 102])

    def test_room_that_is_new_is_never_read(self) -> None:
        page = self.ask(self.store.history(room(90_000), limit=500))
        self.assertEqual(self.ids(page), [])
        self.assertEqual(len(self.threads.reads), 0)

    def test_start_among_what_is_not_stored_yet_is_not_read(self) -> None:
        self.say(range(101, 105))
        start = self.ask(self.store.start_of(room(OLD), limit=3))
        self.assertEqual(self.successResultOf(start), 101)
        start = self.ask(self.store.start_of(room(OLD), before=MessageId(104), limit=3))
        self.read()
        self.assertEqual(self.successResultOf(start), 30)

    def test_markers_of_all_who_are_here_hold_nobody_up(self) -> None:
        for number in range(module.MAX_WAITING + 1):
            self.store.mark(f"account{number}", OLD, MessageId(30))
        self.assertFalse(self.store.full)

    def test_author_is_written_once_as_long_as_nothing_changes(self) -> None:
        bob = author("bob", 5)
        self.patch(module, "_MAX_AUTHORS", 2)
        for number, who in enumerate(
            (bob, bob, author("bob", 5), author("ann", 6), author("eve", 7), author("eve", 7))
        ):
            self.store.append(structs.replace(said(200 + number, OLD), author=who))
        self.finish()
        self.open()
        with self.store._database.reading.connect() as connection:
            ids = list(
                connection.scalars(text("SELECT id FROM authors WHERE id >= 200 ORDER BY id"))
            )
        self.assertEqual(ids, [200, 202, 203, 204, 205])

    def test_search_that_fails_is_an_error_to_show(self) -> None:
        found = self.ask(self.store.search(Query((room(OLD),), (Term("m1"),))))
        self.threads.reads.popleft()[0].errback(GONE)
        self.assertIn("try again", str(self.failureResultOf(found, StoreError).value))

    def test_database_that_cannot_be_opened_is_an_error_to_show(self) -> None:
        store = SqlStore(Database(self.url), self.threads, self.clock)
        started = self.ask(store.start(lambda message: None, lambda: None))
        self.threads.fail(GONE)
        self.assertEqual(
            str(self.failureResultOf(started, StoreError).value),
            "the database cannot be read: the disk is gone",
        )

    def test_what_is_given_up_at_the_end_is_counted_in_the_log(self) -> None:
        self.say(range(101, 104))
        stopped = self.ask(self.store.stop())
        self.clock.advance(2)
        self.successResultOf(stopped)
        self.assertTrue(self.threads.stopped)
        self.threads.held.clear()
        self.open()
