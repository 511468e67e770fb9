"""The store in memory: how much it keeps, and when it says that it kept it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Coroutine
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.making import room as room_ref
from tests.making import said
from twisted_chat.core.values.ids import MessageId, RoomId
from twisted_chat.store import memory
from twisted_chat.store.memory import MemoryStore

T = TypeVar("T")


class MemoryStoreTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.store = MemoryStore(self.clock, first_id=1000)
        self.stored: list[int] = []
        self.run_now(self.store.start(self.stored.append, lambda: None))

    def tearDown(self) -> None:
        self.run_now(self.store.stop())
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def run_now(self, work: Coroutine[Any, Any, T]) -> T:
        return self.successResultOf(Deferred.fromCoroutine(work))

    def kept(self, room: int) -> list[int]:
        """Return the ids of what is kept of a room."""
        page = self.run_now(self.store.history(room_ref(room), limit=10_000))
        return [envelope.id for envelope in page.envelopes]

    def test_ids_start_where_it_was_told(self) -> None:
        blocks = [self.run_now(self.store.reserve(5)) for _ in range(2)]
        self.assertEqual(blocks, [range(1000, 1005), range(1005, 1010)])

    def test_all_of_a_turn_is_reported_once_at_its_end(self) -> None:
        for message in (1, 2, 3):
            self.store.append(said(message, 1))
        self.assertEqual(self.stored, [])
        self.clock.advance(0)
        self.assertEqual(self.stored, [3])
        self.store.append(said(4, 1))
        self.clock.advance(0)
        self.assertEqual(self.stored, [3, 4])

    def test_everything_appended_is_reported_unless_nobody_started_it(self) -> None:
        self.store.append(said(1, 1))
        self.run_now(self.store.stop())
        self.assertEqual(self.stored, [1])
        store = MemoryStore(self.clock)
        store.append(said(1, 1))
        self.clock.advance(0)

    def test_forgetting_a_room_still_reports_what_was_appended(self) -> None:
        self.store.append(said(1, 1))
        self.store.forget([RoomId(1)], MessageId(1))
        self.clock.advance(0)
        self.assertEqual(self.stored, [1])

    def test_room_keeps_its_last_messages(self) -> None:
        self.patch(self.store, "_lines", 3)
        for message in range(1, 11):
            self.store.append(said(message, 1 + message % 2))
        self.assertEqual((self.kept(1), self.kept(2)), ([6, 8, 10], [5, 7, 9]))

    def test_oldest_messages_of_all_rooms_go_when_memory_is_full(self) -> None:
        self.patch(memory, "MAX_BYTES", 10_000)
        for message in range(1, 101):
            self.store.append(said(message, 1 + message % 2, "x" * 1000))
        self.assertEqual(sorted(self.kept(1) + self.kept(2)), [96, 97, 98, 99, 100])

    def test_quiet_room_goes_before_a_busy_ones_new_messages(self) -> None:
        self.patch(memory, "MAX_BYTES", 6_000)
        self.store.append(said(1, 2))
        for message in range(2, 20):
            self.store.append(said(message, 1, "x" * 1000))
        self.assertEqual((self.kept(2), self.kept(1)), ([], [17, 18, 19]))

    def test_message_that_is_too_big_to_keep_takes_no_other_state_with_it(self) -> None:
        self.patch(memory, "MAX_BYTES", 1_000)
        self.store.append(said(1, 1, "x" * 2000))
        self.store.append(said(2, 1))
        self.assertEqual(self.kept(1), [2])

    def test_account_is_settled_when_messages_go(self) -> None:
        self.patch(memory, "MAX_LINES", 5)
        self.patch(memory, "MAX_BYTES", 20_000)
        for message in range(1, 200):
            self.store.append(said(message, message % 7, *["x" * message] * (message % 5 + 1)))
        self.assertLessEqual(self.store._bytes, 20_000)
        self.assertGreater(self.store._bytes, 10_000)
        self.store.forget([RoomId(room) for room in range(7)], MessageId(200))
        self.assertEqual((self.store._bytes, len(self.store._kept), self.store._rooms), (0, 0, {}))

    def test_account_is_of_memory_not_of_characters(self) -> None:
        """A hundred lines of one character, and the longest text of emoji, cost what the account says."""
        for lines in (["x"] * 100, ["\N{GRINNING FACE}" * 1024], ["hello"]):
            store = MemoryStore(Clock())
            tracemalloc.start()
            try:
                before, _ = tracemalloc.get_traced_memory()
                for message in range(1, 301):
                    store.append(said(message, 1, *lines))
                after, _ = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
            # "said" makes an author and a room for each, which people and rooms do not.
            self.assertLess(after - before, 2 * store._bytes)
            self.assertLess(store._bytes, 2 * (after - before))
