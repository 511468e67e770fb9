"""Tests for twisted_chat.store.sql.conversations: what comes together in one commit, and what is left in the tables."""

from __future__ import annotations

from sqlalchemy import insert, select

from tests.store.sql.fakes import SchemaCase
from twisted_chat.core.values.ids import MessageId, RoomId
from twisted_chat.store.sql.conversations import (
    ConversationBatch,
    delete_orphans,
    forget_places,
    read_conversations,
    read_counts,
    read_markers,
)
from twisted_chat.store.sql.schema import markers, messages, talks, waiting

LOBBY, TALK, LATER_TALK = RoomId(0), RoomId(-1), RoomId(-2)


class TalkCase(SchemaCase):
    def setUp(self) -> None:
        super().setUp()
        self.batch = ConversationBatch()

    def write(self, **dropped: int) -> None:
        """Commit; ``dropped``: accounts, with the event of each."""
        gone = {account: MessageId(at) for account, at in dropped.items()}
        self.batch.write(self.connection, gone)
        self.batch = ConversationBatch()

    def waits(self, *ids: int, account: str = "bob", sender: str = "ann") -> None:
        for number in ids:
            self.batch.wait(MessageId(number), account, sender)

    def left(self) -> list[int]:
        return list(self.connection.scalars(select(waiting.c.message).order_by(waiting.c.message)))


class WaitingTests(TalkCase):
    def test_what_is_received_in_the_same_commit_never_waits(self) -> None:
        self.waits(1, 2)
        self.batch.receive("bob", MessageId(3))
        self.write()
        self.assertEqual(self.left(), [])

    def test_what_came_after_it_was_received_waits_though_it_is_in_the_same_commit(self) -> None:
        self.waits(1, 5)
        self.batch.receive("bob", MessageId(3))
        self.write()
        self.assertEqual(self.left(), [5])

    def test_only_what_is_for_an_account_is_received_and_what_it_wrote_unsent(self) -> None:
        self.waits(1)
        self.waits(2, account="ann", sender="bob")
        self.waits(3, account="eve", sender="ann")
        self.write()
        self.batch.receive("ann", MessageId(9))
        self.write()
        self.assertEqual(self.left(), [1, 3])
        self.batch.unsend("ann", MessageId(3))
        self.write()
        self.assertEqual(self.left(), [3])

    def test_it_is_counted_by_whom_it_is_for_and_who_wrote_it(self) -> None:
        self.waits(1, 2)
        self.waits(3, sender="eve")
        self.waits(4, account="ann", sender="bob")
        self.write()
        counts = (("ann", "bob", 1), ("bob", "ann", 2), ("bob", "eve", 1))
        self.assertEqual(read_counts(self.connection), counts)

    def test_what_is_no_longer_there_waits_for_nobody(self) -> None:
        self.waits(1, 2)
        self.write()
        there = {"id": 2, "room": TALK, "author": 1, "time": 0.0, "kind": "say", "text": "psst"}
        self.connection.execute(insert(messages).values(there))
        delete_orphans(self.connection)
        self.assertEqual(self.left(), [2])


class MarkerTests(TalkCase):
    def test_the_last_that_was_set_in_a_commit_counts(self) -> None:
        self.batch.mark("bob", LOBBY, MessageId(5))
        self.batch.mark("bob", TALK, MessageId(6))
        self.write()
        self.batch.mark("bob", LOBBY, None)
        self.batch.mark("bob", LOBBY, MessageId(9))
        self.batch.mark("bob", TALK, MessageId(8))
        self.batch.mark("bob", TALK, None)
        self.write()
        self.assertEqual(read_markers(self.connection), (("bob", LOBBY, 9),))

    def test_one_that_is_dropped_is_gone_and_the_others_stay(self) -> None:
        self.batch.mark("bob", LOBBY, MessageId(5))
        self.batch.mark("bob", TALK, MessageId(6))
        self.write()
        self.batch.mark("bob", LOBBY, None)
        self.write()
        self.assertEqual(read_markers(self.connection), (("bob", TALK, 6),))

    def test_of_a_dropped_account_none_is_left_whenever_it_was_set(self) -> None:
        self.batch.mark("bob", LOBBY, MessageId(5))
        self.write()
        self.batch.mark("bob", TALK, MessageId(6))
        self.batch.mark("eve", LOBBY, MessageId(7))
        self.batch.drop("bob", MessageId(8))
        self.write(bob=8)
        self.assertEqual(read_markers(self.connection), (("eve", LOBBY, 7),))

    def test_who_has_the_name_next_may_have_markers_in_the_same_commit(self) -> None:
        self.batch.mark("bob", TALK, MessageId(6))
        self.batch.drop("bob", MessageId(8))
        self.batch.mark("bob", LOBBY, MessageId(9))
        self.write(bob=8)
        self.assertEqual(read_markers(self.connection), (("bob", LOBBY, 9),))


class TalkTests(TalkCase):
    def test_they_come_back_the_oldest_first_and_each_once(self) -> None:
        self.batch.keep(LATER_TALK, "eve", "bob")
        self.batch.keep(TALK, "ann", "bob")
        self.batch.keep(TALK, "bob", "ann")
        self.write()
        found = (("bob", "ann", TALK), ("eve", "bob", LATER_TALK))
        self.assertEqual(read_conversations(self.connection), found)

    def test_one_that_is_kept_again_stays_as_it_was(self) -> None:
        for _ in range(2):
            self.batch.keep(TALK, "ann", "bob")
            self.write()
        self.assertEqual(read_conversations(self.connection), (("ann", "bob", TALK),))

    def test_what_is_forgotten_takes_its_markers_along_and_no_others(self) -> None:
        for place in (TALK, LATER_TALK):
            self.batch.keep(place, "ann", "bob")
            self.batch.mark("bob", place, MessageId(5))
        self.batch.mark("bob", LOBBY, MessageId(6))
        self.write()
        forget_places(self.connection, [TALK])
        self.assertEqual(list(self.connection.scalars(select(talks.c.id))), [LATER_TALK])
        places = list(self.connection.scalars(select(markers.c.place).order_by(markers.c.place)))
        self.assertEqual(places, [LATER_TALK, LOBBY])
