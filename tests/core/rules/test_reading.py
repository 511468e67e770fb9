"""Up to which message, and until when, people have read."""

from __future__ import annotations

from tests.core.ruled import give_account
from tests.core.rules.cases import ChatCase, PrivateCase
from tests.core.world import nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.decisions import Propose
from twisted_chat.core.rules.outcomes import Applied, Between, Rejected
from twisted_chat.core.values.ids import MessageId

SEVEN = MessageId(7)


class MarkReadTests(PrivateCase):
    def test_room_is_the_named_one_or_the_focus(self) -> None:
        lobby = self.state.rooms_by_key["lobby"].ref.id
        for name in (None, room("lobby")):
            decision = self.world.decide(self.ann, c.MarkRead(SEVEN, name))
            self.assertEqual(decision, Propose(e.Read(SEVEN), lobby))
        refused = self.world.refusal(self.ann, c.MarkRead(SEVEN, room("dev")))
        self.assertEqual(refused.code, "no-such-room")

    def test_guests_have_no_markers_and_talks_must_be_there(self) -> None:
        eve = self.world.enter("eve")
        self.assertEqual(self.world.refusal(eve, c.MarkRead(SEVEN)).code, "no-account")
        command = c.MarkRead(SEVEN, partner=nick("bob"))
        self.assertEqual(self.world.refusal(self.ann, command).code, "nothing-there")
        self.tell(self.ann, "bob")
        decision = self.world.decide(self.ann, command)
        conversation = self.state.conversations.find("ann", "bob")
        self.assertEqual(decision, Propose(e.Read(SEVEN, nick("bob")), conversation))


class ReadTests(PrivateCase):
    def test_marker_is_the_accounts_and_never_ahead(self) -> None:
        outcome = self.world.propose(self.ann, c.MarkRead(MessageId(10**9), room("lobby")))
        assert isinstance(outcome, Applied)
        self.assertEqual(outcome.envelope.event, e.Read(outcome.envelope.id))
        self.assertTrue(self.world.session(self.ann).marks)
        self.assertIn(outcome.envelope.id, self.state.read_markers.of("ann").values())

    def test_room_that_was_left_meanwhile_has_no_marker(self) -> None:
        lobby = self.state.rooms_by_key["lobby"].ref.id
        self.world.do(self.ann, c.Leave())
        hub = self.world.hub
        proposal = hub.propose(self.ann.session, Propose(e.Read(MessageId(1)), lobby), 1.0)
        self.world.publish(proposal)
        outcome = self.world.outcomes[self.ann.node][-1]
        assert isinstance(outcome, Rejected) and isinstance(outcome.why, Refused)
        self.assertEqual(outcome.why.code, "not-in-room")

    def test_guests_read_nothing_and_receive_nothing(self) -> None:
        eve = self.world.enter("eve")
        for event in (e.Read(MessageId(1)), e.Received()):
            self.assertEqual(self.void(eve, event).code, "no-account")

    def test_talk_that_is_gone_meanwhile_has_no_marker(self) -> None:
        self.tell(self.ann, "bob")
        event = e.Read(MessageId(1), nick("carl"))
        self.assertEqual(self.void(self.ann, event, "bob").code, "nothing-there")


class ReadUntilTests(ChatCase):
    def test_any_name_has_one_and_none_to_begin_with(self) -> None:
        for target in (room("nowhere"), nick("nobody"), room("dev")):
            self.assertEqual(
                self.reply(self.bob, c.ShowReadUntil(target)), r.ReadUntil(target, None)
            )
            self.world.do(self.bob, c.MarkReadUntil(target, 1_546_612_406_123))
            self.world.do(self.bob, c.MarkReadUntil(target, 1))
            self.assertEqual(
                self.reply(self.bob, c.ShowReadUntil(target)),
                r.ReadUntil(target, 1_546_612_406_123),
            )
            self.assertEqual(
                self.reply(self.alice, c.ShowReadUntil(target)), r.ReadUntil(target, None)
            )

    def test_it_stays_when_the_room_is_left_and_goes_with_a_guest(self) -> None:
        self.world.do(self.bob, c.MarkReadUntil(room("dev"), 5))
        self.world.do(self.bob, c.Leave(room("dev")))
        self.assertEqual(self.state.read_times.get(self.user("bob").invitation, room("dev")), 5)
        self.world.close(self.bob)
        self.assertEqual(self.state.read_times.dump(), {})

    def test_all_users_of_the_account_are_told_what_it_is_now(self) -> None:
        for seat in (self.bob, self.alice):
            give_account(self.world, seat, "bob")
        self.world.do(self.alice, c.MarkReadUntil(room("dev"), 9))
        outcome = self.applied(self.bob, e.ReadUntil(room("dev"), 5))
        assert isinstance(outcome.audience, Between)
        users = outcome.audience.users
        self.assertEqual(set(users), {self.user("bob").id, self.user("alice").id})
        told = r.ReadUntil(room("dev"), 9)
        self.assertEqual(
            outcome.effects,
            (f.TellRead(users, told, tagged=True), f.NoteReadMessage(self.dev, 9, room("dev"))),
        )

    def test_time_that_no_program_can_write_is_refused(self) -> None:
        for time in (-1, 253_402_300_800_000):
            refused = self.world.refusal(self.bob, c.MarkReadUntil(room("dev"), time))
            self.assertEqual(refused.code, "bad-time")

    def test_time_of_a_message_that_was_read_is_looked_up(self) -> None:
        give_account(self.world, self.bob, "bob")
        message = self.next
        outcome = self.applied(self.bob, e.Read(message), self.dev)
        self.assertIn(f.NoteReadTime(self.dev, message, room("dev")), outcome.effects)
