"""Tests for twisted_chat.core.rules.decide_private."""

from __future__ import annotations

from tests.core.rules.test_apply_private import PrivateCase
from tests.core.world import nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.rules.decisions import Propose, Recall
from twisted_chat.core.state.conversations import NO_TALK, ref
from twisted_chat.core.values.ids import MessageId

SEVEN = MessageId(7)


class HistoryTests(PrivateCase):
    def recall(self, *args: c.ShowHistory) -> Recall:
        (command,) = args
        decision = self.world.decide(self.ann, command)
        assert isinstance(decision, Recall), decision
        return decision

    def test_talk_of_two_accounts_is_recalled_by_whatever_name_the_other_has_now(self) -> None:
        self.tell(self.ann, "bob")
        talk = self.state.talks.find("ann", "bob")
        assert talk is not None
        self.world.do(self.world.login("bob"), c.Rename(nick("rob")))
        for name in ("bob", "Rob"):
            found = self.recall(c.ShowHistory(after=SEVEN, limit=3, partner=nick(name)))
            self.assertEqual((found.room, found.after, found.limit), (ref(talk), 7, 3))
            self.assertEqual(found.place, nick("bob"))

    def test_where_nothing_was_written_nothing_is_found(self) -> None:
        found = self.recall(c.ShowHistory(partner=nick("bob")))
        self.assertEqual(found.room, ref(NO_TALK))

    def test_guests_have_none(self) -> None:
        eve = self.world.enter("eve")
        for command in (
            c.ShowHistory(partner=nick("ann")),
            c.MarkRead(SEVEN, partner=nick("ann")),
        ):
            self.assertEqual(self.world.refusal(eve, command).code, "no-account")
        for name in ("eve", "nobody"):
            refused = self.world.refusal(self.ann, c.ShowHistory(partner=nick(name)))
            self.assertEqual(refused.code, "no-such-account")


class MarkReadTests(PrivateCase):
    def test_room_is_the_named_one_or_the_focus(self) -> None:
        lobby = self.state.rooms_by_key["lobby"].ref.id
        for name in (None, room("lobby")):
            decision = self.world.decide(self.ann, c.MarkRead(SEVEN, name))
            self.assertEqual(decision, Propose(e.Read(SEVEN), lobby, claim=True))
        refused = self.world.refusal(self.ann, c.MarkRead(SEVEN, room("dev")))
        self.assertEqual(refused.code, "not-in-room")

    def test_guests_have_no_markers(self) -> None:
        eve = self.world.enter("eve")
        self.assertEqual(self.world.refusal(eve, c.MarkRead(SEVEN)).code, "no-account")

    def test_talk_must_be_there(self) -> None:
        command = c.MarkRead(SEVEN, partner=nick("bob"))
        self.assertEqual(self.world.refusal(self.ann, command).code, "nothing-there")
        self.tell(self.ann, "bob")
        decision = self.world.decide(self.ann, command)
        talk = self.state.talks.find("ann", "bob")
        self.assertEqual(decision, Propose(e.Read(SEVEN, nick("bob")), talk, claim=True))
