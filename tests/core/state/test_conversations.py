from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import nick
from tests.making import happened
from twisted_chat.core.api import events as e
from twisted_chat.core.state.conversations import (
    GUESTS,
    NO_CONVERSATION,
    Conversations,
    as_kept,
    as_told,
    ref,
)
from twisted_chat.core.values.ids import MessageId, RoomId, UserId
from twisted_chat.core.values.text import CleanText


class TalksTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.conversations = Conversations()

    def test_two_have_one_talk_whoever_began_it(self) -> None:
        self.assertIsNone(self.conversations.find("ann", "bob"))
        conversation = self.conversations.open("bob", "ann", MessageId(7))
        self.assertEqual(self.conversations.open("ann", "bob", MessageId(9)), conversation)
        self.assertEqual(self.conversations.find("ann", "bob"), conversation)
        self.assertIsNone(self.conversations.find("ann", "carl"))
        # No room has an id like it.
        self.assertTrue(NO_CONVERSATION < conversation < 0)

    def test_what_waits_is_counted_by_sender_until_it_is_received(self) -> None:
        conversation = self.conversations.open(GUESTS, "bob", MessageId(1))
        for sender in ("ann", "ann", GUESTS):
            self.conversations.wait("bob", sender)
        counts = [self.conversations.waiting("bob", who) for who in ("ann", GUESTS, "carl", None)]
        self.assertEqual(counts, [2, 1, 0, 3])
        self.assertEqual(self.conversations.waiting("ann"), 0)
        self.assertEqual(self.conversations.receive("bob"), conversation)
        self.assertEqual(self.conversations.waiting("bob"), 0)
        self.assertIsNone(self.conversations.find(GUESTS, "bob"))
        self.assertIsNone(self.conversations.receive("bob"))

    def test_dropped_account_leaves_no_talk_and_nothing_that_waits(self) -> None:
        mine = {
            self.conversations.open("bob", who, MessageId(n))
            for n, who in enumerate(("ann", GUESTS), 1)
        }
        others = self.conversations.open("ann", "carl", MessageId(3))
        for account, sender in (("bob", "ann"), ("ann", "bob"), ("carl", "ann"), ("carl", "bob")):
            self.conversations.wait(account, sender)
        self.assertEqual(set(self.conversations.drop("bob")), mine)
        self.assertEqual(
            [self.conversations.waiting(who) for who in ("bob", "ann", "carl")], [0, 0, 1]
        )
        self.assertEqual(self.conversations.find("ann", "carl"), others)

    def test_everything_comes_back(self) -> None:
        # A store has the two in the order in which they wrote.
        self.conversations.restore(
            [("bob", "ann", RoomId(-1))], [("bob", "ann", 2), ("bob", GUESTS, 1)]
        )
        again = Conversations()
        again.open("bob", "ann", MessageId(1))
        for sender in ("ann", GUESTS, "ann"):
            again.wait("bob", sender)
        self.assertEqual(self.conversations.dump(), again.dump())

    def test_private_message_is_kept_in_its_talk_and_told_again(self) -> None:
        lines = (CleanText("psst"),)
        told = happened(7, e.Told(UserId(2), nick("ann"), "action", lines, RoomId(-3), "ann"))
        kept = as_kept(told)
        self.assertEqual((kept.event, kept.room), (e.Said("action", lines), ref(RoomId(-3))))
        again = as_told(kept, nick("ann"))
        self.assertEqual(again.event, e.Told(UserId(0), nick("ann"), "action", lines))
        self.assertEqual((again.room, again.id, again.author), (None, 7, told.author))
