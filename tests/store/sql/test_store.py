"""The store over its threads: what is written once, and what goes wrong at its beginning and its end."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import text

from tests.making import author, said
from tests.store.sql.held import GONE, OLD, HeldStoreCase
from twisted_chat.core.values.ids import MessageId
from twisted_chat.store.port import StoreError
from twisted_chat.store.sql import store as module
from twisted_chat.store.sql.database import Database
from twisted_chat.store.sql.store import SqlStore


class SqlStoreTests(HeldStoreCase):
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

    def test_database_that_cannot_be_opened_is_an_error_to_show(self) -> None:
        store = SqlStore(Database(self.url), self.threads, self.clock)
        started = self.ask(store.start(lambda message: None, lambda: None))
        self.threads.fail(GONE)
        self.assertEqual(
            str(self.failureResultOf(started, StoreError).value),
            "cannot read the database: the disk is gone",
        )

    def test_what_is_given_up_at_the_end_is_counted_in_the_log(self) -> None:
        self.say(range(101, 104))
        stopped = self.ask(self.store.stop())
        self.clock.advance(2)
        self.successResultOf(stopped)
        self.assertTrue(self.threads.stopped)
        self.threads.held.clear()
        self.open()
