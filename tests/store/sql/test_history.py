"""Tests for twisted_chat.store.sql.history: who reads together, what is not asked of the database, what cannot be read."""

from __future__ import annotations

from tests.making import room
from tests.store.sql.held import GONE, OLD, HeldStoreCase
from twisted_chat.core.api.commands import Term
from twisted_chat.core.api.records import Query
from twisted_chat.core.values.ids import MessageId
from twisted_chat.store.port import StoreError


class HistoryTests(HeldStoreCase):
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

    def test_search_that_fails_is_an_error_to_show(self) -> None:
        found = self.ask(self.store.search(Query((room(OLD),), (Term("m1"),))))
        self.threads.searches.popleft()[0].errback(GONE)
        self.assertIn("try again", str(self.failureResultOf(found, StoreError).value))

    def test_search_holds_up_no_login_and_no_history(self) -> None:
        """Each has a thread of its own, so that many searches are no reason to wait."""
        for _ in range(10):
            _ = self.ask(self.store.search(Query((room(OLD),), (Term("m1"),))))
        password = self.ask(self.store.password("ann"))
        page = self.ask(self.store.history(room(OLD), limit=25))
        self.assertEqual(len(self.threads.searches), 10)
        self.assertEqual((len(self.threads.logins), len(self.threads.reads)), (1, 1))
        answer, work = self.threads.logins.popleft()
        answer.callback(work())
        self.assertIsNone(self.successResultOf(password))
        self.read()
        self.assertEqual(len(self.ids(page)), 25)
