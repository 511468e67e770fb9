"""Dropping old history: a little at a time, and in memory as well."""

from __future__ import annotations

from msgspec import structs
from twisted.internet.defer import Deferred

from tests.making import room, said
from tests.store.sql.held import OLD, HeldStoreCase
from twisted_chat.core.api.events import Said
from twisted_chat.core.api.records import RoomRecord
from twisted_chat.core.state.room import LOBBY_ID
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.retention import KEEP_ALL, Keep
from twisted_chat.core.values.text import CleanText
from twisted_chat.store.sql import upkeep
from twisted_chat.store.sql.store import drop_old


class TidyingTests(HeldStoreCase):
    def setUp(self) -> None:
        super().setUp()
        self.patch(upkeep, "STEP", 2)
        self.say(range(101, 111), LOBBY_ID)
        self.settle()

    def settle(self) -> None:
        """Let everything happen that was asked of the database."""
        self.clock.advance(1)
        while self.threads.held:
            self.threads.run_all()
            self.clock.advance(1)

    def settle_for_long(self) -> None:
        """Let everything happen in the background, too."""
        for _ in range(60):
            self.settle()

    def drop(self, keep: Keep, now: float = 111.0) -> Deferred[bool]:
        store = self.store
        work = drop_old(store._writer, store._history.recent, store._index, keep, now)
        return self.ask(work)

    def in_memory(self, count: int) -> list[int] | None:
        """Return the last messages as far as they are in memory; None if not so many are."""
        page = self.store._history.recent.page(LOBBY_ID, None, None, count)
        return [each.id for each in page.envelopes] if page is not None else None

    def stored(self) -> list[int]:
        page = self.ask(self.store.history(room(LOBBY_ID), limit=9))
        self.read()
        return self.ids(page)

    def test_where_there_is_no_limit_nothing_is_looked_for(self) -> None:
        deleted = self.drop(KEEP_ALL)
        self.threads.run()  # how much the rooms keep
        self.assertEqual((self.successResultOf(deleted), len(self.threads.held)), (False, 0))

    def test_lobby_is_within_the_limits_of_the_server_and_what_goes_is_not_in_memory(self) -> None:
        self.assertEqual(self.in_memory(5), [106, 107, 108, 109, 110])
        deleted = self.drop(Keep(lines=3))
        self.settle()
        self.assertTrue(self.successResultOf(deleted))
        self.assertEqual((self.in_memory(2), self.in_memory(4)), ([109, 110], None))
        self.assertEqual(self.stored(), [108, 109, 110])
        again = self.drop(Keep(lines=3))
        self.settle()
        self.assertFalse(self.successResultOf(again))

    def test_age_counts_as_well(self) -> None:
        deleted = self.drop(Keep(days=1), now=24 * 60 * 60 + 109.0)
        self.settle()
        self.assertTrue(self.successResultOf(deleted))
        self.assertEqual((self.in_memory(1), self.in_memory(3)), ([110], None))
        self.assertEqual(self.stored(), [109, 110])

    def test_what_is_said_meanwhile_is_stored_between_two_steps(self) -> None:
        stored: list[MessageId] = []
        self.patch(self.store._writer, "_stored", stored.append)
        deleted = self.drop(Keep(lines=3))
        self.threads.run()
        self.say(range(111, 112), LOBBY_ID)
        self.clock.advance(1)
        while not stored:
            self.threads.run()
        self.assertNoResult(deleted)
        self.settle()
        self.assertTrue(self.successResultOf(deleted))
        self.assertEqual(self.stored(), [109, 110, 111])

    def test_file_shrinks_when_a_room_is_gone_with_what_was_said_there(self) -> None:
        self.patch(upkeep, "STEP", 500)
        self.patch(upkeep, "FREE_PAGES", 32)
        self.store.keep_room(RoomRecord(room(OLD), 1.0), MessageId(200))
        for number in range(300):
            line = (CleanText(f"so much was said {number:05} " * 90),)
            self.store.append(structs.replace(said(201 + number, OLD), event=Said("say", line)))
        self.settle_for_long()

        def pages() -> tuple[int, int]:
            with self.store._database.reading.connect() as connection:
                count = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
                free = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
                return count, free

        before, _ = pages()
        self.store.forget([OLD], MessageId(900))
        self.settle_for_long()
        after, free = pages()
        self.assertLess(after, before // 3)
        self.assertLessEqual(free, 32)
