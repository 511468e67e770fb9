"""Private messages: their recipients, what is kept, what waits, read markers, and ignored users."""

from __future__ import annotations

from msgspec.structs import replace

from tests.core.rules.cases import ChatCase, PrivateCase
from tests.core.world import NOW, Seat, lines, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules import private
from twisted_chat.core.rules.decisions import Propose, Recall, SendReply
from twisted_chat.core.rules.outcomes import Applied, Between, Rejected
from twisted_chat.core.rules.topic import NOT_HERE
from twisted_chat.core.state.conversations import GUESTS, NO_CONVERSATION, ref
from twisted_chat.core.values.account import Privacy
from twisted_chat.core.values.ids import MessageId, RoomId

HI = lines("hi")
SEVEN = MessageId(7)


class AddresseeTests(PrivateCase):
    def test_name_of_an_account_is_the_account_or_who_is_here_with_it(self) -> None:
        bob = self.state.accounts["bob"]
        self.assertIs(private.addressee(self.state, nick("Bob"), "say"), bob)
        back = self.world.login("bob")
        self.world.do(back, c.Rename(nick("rob")))
        user = self.world.user(back)
        for name in ("bob", "rob"):
            self.assertIs(private.addressee(self.state, nick(name), "say"), user)
        self.assertIsNone(private.addressee(self.state, nick("nobody"), "say"))

    def test_requests_between_programs_are_for_who_is_here(self) -> None:
        self.assertIsNone(private.addressee(self.state, nick("bob"), "ctcp"))
        self.assertIsNotNone(private.addressee(self.state, nick("ann"), "ctcp"))


class TellTests(ChatCase):
    def told(self, to: str, by: Seat, kind: c.Kind = "say") -> Propose:
        target = self.hub.state.user_named(nick(to))
        assert target is not None
        return Propose(e.Told(target.id, target.nick, kind, HI))

    def test_private_text_goes_to_one_or_nowhere(self) -> None:
        self.assertEqual(
            self.decide(self.bob, c.PrivateMessage(nick("Alice"), HI, "notice")),
            self.told("alice", self.bob, "notice"),
        )
        why = "carol is not here. The message was not sent. Type /who to list who is here."
        self.refuse(self.bob, c.PrivateMessage(nick("carol"), HI), "no-such-nick", why)
        tell = c.PrivateMessage(nick("alice"), HI, scope="")
        self.assertEqual(self.world.refusal(self.bob, tell).code, "another-session")

    def test_private_text_has_limits_and_looking_like_somebody_is_not_enough(self) -> None:
        why = "That text has 5,000 bytes; the limit is 4,096. The message was not sent."
        self.refuse(self.bob, c.PrivateMessage(nick("alice"), lines("x" * 5000)), "too-long", why)
        why = "The message is empty, so it was not sent."
        self.refuse(self.bob, c.PrivateMessage(nick("alice"), lines(" ")), "empty", why)
        self.world.enter("bob1")
        self.assertEqual(
            self.world.refusal(self.alice, c.PrivateMessage(nick("bobl"), HI)).code, "no-such-nick"
        )

    def test_private_text_for_a_session_goes_to_no_other_under_that_name(self) -> None:
        alice = self.hub.state.user_named(nick("alice"))
        assert alice is not None
        told = self.told("alice", self.bob)
        self.assertEqual(
            self.decide(self.bob, c.PrivateMessage(nick("alice"), HI, scope=alice.scope)), told
        )
        self.world.close(self.alice)
        self.world.enter("alice")
        tell = c.PrivateMessage(nick("alice"), HI, scope=alice.scope)
        refused = self.world.refusal(self.bob, tell)
        self.assertEqual(refused.code, "another-session")
        self.assertIn("The message was not sent.", refused.why)

    def test_answer_goes_to_who_wrote_last_under_a_new_name_too(self) -> None:
        self.world.do(self.eve, c.PrivateMessage(nick("bob"), HI))
        self.world.do(self.alice, c.PrivateMessage(nick("bob"), HI))
        self.assertEqual(self.decide(self.bob, c.ReplyPrivately(HI)), self.told("alice", self.bob))
        self.world.do(self.alice, c.PrivateMessage(nick("bob"), HI))
        self.world.do(self.alice, c.Rename(nick("ally")))
        self.world.enter("alice")
        self.assertEqual(self.decide(self.bob, c.ReplyPrivately(HI)), self.told("ally", self.bob))

    def test_answer_to_nobody_goes_nowhere(self) -> None:
        why = "There is nobody here to answer. The message was not sent. Type /msg NICK TEXT."
        self.refuse(self.bob, c.ReplyPrivately(HI), "nobody-to-answer", why)
        self.world.do(self.alice, c.PrivateMessage(nick("bob"), HI))
        self.world.close(self.alice)
        self.world.enter("alice")  # somebody else, for all we know
        self.refuse(self.bob, c.ReplyPrivately(HI), "nobody-to-answer", why)

    def test_who_takes_no_requests_of_programs_gets_all_else(self) -> None:
        self.world.do(self.alice, c.ChangeUser((("no-ctcp", True),)))
        kinds: dict[c.Kind, str] = {"ctcp": "no-ctcp", "ctcp-reply": "", "say": ""}
        for kind, code in kinds.items():
            decision = self.decide(self.bob, c.PrivateMessage(nick("alice"), HI, kind))
            refused = decision.reply if isinstance(decision, SendReply) else None
            self.assertEqual(getattr(refused, "code", ""), code)


class HeardTests(ChatCase):
    def told(self, kind: c.Kind = "say") -> e.Told:
        return e.Told(self.user("alice").id, nick("alice"), kind, HI)

    def test_two_hear_it(self) -> None:
        self.world.now += 5
        outcome = self.applied(self.bob, self.told(), tag="1")
        bob, alice = self.user("bob"), self.user("alice")
        self.assertEqual(outcome.audience, Between((bob.id, alice.id)))
        kept = replace(self.told(), conversation=RoomId(-outcome.envelope.id), passing=True)
        self.assertEqual(outcome.envelope.event, kept)
        self.assertEqual((outcome.envelope.author, outcome.envelope.room), (bob.author, None))
        self.assertEqual((bob.spoke, alice.spoke), (NOW + 5, NOW))

    def test_who_was_renamed_on_the_way_still_gets_it(self) -> None:
        told = self.told()
        self.applied(self.alice, e.Renamed(nick("ally")))
        outcome = self.applied(self.bob, told)
        shown = outcome.envelope.event
        assert isinstance(shown, e.Told)
        self.assertEqual((shown.to, shown.nick), (told.to, nick("ally")))

    def test_who_left_does_not_and_neither_does_who_has_the_name_now(self) -> None:
        told = self.told()
        self.world.close(self.alice)
        self.world.enter("alice")
        why = "alice is not here. The message was not sent. Type /who to list who is here."
        self.assertEqual(self.void(self.bob, told), Refused("no-such-nick", why))


class RefusalTests(PrivateCase):
    def refused(self, seat: Seat, privacy: Privacy) -> bool:
        """Return whether Bob, who is not here, accepts nothing from a user."""
        bob = replace(self.state.accounts["bob"], privacy=privacy)
        self.state.accounts.put(bob)
        told = self.world.decide(seat, c.PrivateMessage(bob.name, lines("hi")))
        return isinstance(told, SendReply)

    def test_who_is_not_here_takes_messages_from_whom_they_want(self) -> None:
        seat = self.world.enter("eve")
        for privacy, ann, eve in (("all", False, False), ("accounts", False, True)):
            self.assertEqual(self.refused(self.ann, privacy), ann)  # type: ignore[arg-type]
            self.assertEqual(self.refused(seat, privacy), eve)  # type: ignore[arg-type]

    def test_rooms_are_those_where_they_were_last(self) -> None:
        self.world.do(self.ann, c.Leave())  # the lobby
        bob = self.world.login("bob")
        self.world.do(bob, c.Join(room("dev")))
        self.world.close(bob)
        self.assertTrue(self.refused(self.ann, "rooms"))
        # Dev is another room by now: that one was gone with him.
        self.world.do(self.ann, c.Join(room("dev")))
        self.assertTrue(self.refused(self.ann, "rooms"))
        bob = self.world.login("bob")
        self.world.do(bob, c.Join(room("dev")))
        self.world.close(bob)
        self.assertFalse(self.refused(self.ann, "rooms"))


class ToldTests(PrivateCase):
    def test_account_that_is_not_here_is_told_later(self) -> None:
        outcome = self.tell(self.ann, "bob")
        told = outcome.envelope.event
        assert isinstance(told, e.Told)
        self.assertEqual((told.to, told.account, told.waits), (NOT_HERE, "bob", True))
        self.assertEqual(told.conversation, self.state.conversations.find("ann", "bob"))
        self.assertEqual(outcome.audience, Between((self.world.user(self.ann).id,)))
        self.assertEqual(self.state.conversations.waiting("bob", "ann"), 1)

    def test_account_that_came_meanwhile_is_told_at_once(self) -> None:
        decision = self.world.decide(self.ann, c.PrivateMessage(nick("bob"), HI))
        bob = self.world.login("bob")
        assert isinstance(decision, Propose)
        self.world.publish(self.world.hub.propose(self.ann.session, decision, self.world.now))
        outcome = self.world.outcomes[self.ann.node][-1]
        assert isinstance(outcome, Applied)
        told = outcome.envelope.event
        assert isinstance(told, e.Told)
        self.assertEqual((told.to, told.waits), (self.world.user(bob).id, False))
        self.assertIsNotNone(told.conversation)

    def test_account_that_went_meanwhile_is_told_later(self) -> None:
        bob = self.world.login("bob")
        decision = self.world.decide(self.ann, c.PrivateMessage(nick("bob"), HI))
        self.world.close(bob)
        assert isinstance(decision, Propose)
        self.world.publish(self.world.hub.propose(self.ann.session, decision, self.world.now))
        self.assertEqual(self.state.conversations.waiting("bob", "ann"), 1)

    def test_nick_that_is_somebody_elses_by_now_gets_nothing(self) -> None:
        guest = self.world.enter("eve")
        decision = self.world.decide(self.ann, c.PrivateMessage(nick("eve"), HI))
        assert isinstance(decision, Propose)
        self.world.close(guest)
        self.world.enter("eve")
        self.assertEqual(self.void(self.ann, decision.event).code, "no-such-nick")

    def test_account_that_was_deleted_meanwhile_is_told_nothing(self) -> None:
        decision = self.world.decide(self.ann, c.PrivateMessage(nick("bob"), HI))
        assert isinstance(decision, Propose)
        bob = self.world.login("bob")
        self.world.proven(bob, c.DropAccount("correct horse"))
        self.assertEqual(self.void(self.ann, decision.event).code, "no-such-nick")

    def test_guests_are_kept_by_a_store_only_while_it_waits(self) -> None:
        eve = self.world.enter("eve")
        told = self.tell(eve, "bob").envelope.event
        assert isinstance(told, e.Told)
        self.assertEqual(told.conversation, self.state.conversations.find(GUESTS, "bob"))
        for seat, to in ((eve, "ann"), (self.ann, "eve")):
            told = self.tell(seat, to).envelope.event
            assert isinstance(told, e.Told)
            self.assertEqual((told.passing, told.waits), (True, False))

    def test_conversation_with_a_guest_ends_with_the_guest_and_is_never_one_of_the_name(
        self,
    ) -> None:
        eve = self.world.enter("eve")
        told = self.tell(eve, "ann").envelope.event
        assert isinstance(told, e.Told)
        for seat, partner in ((eve, "ann"), (self.ann, "eve")):
            found = self.world.decide(seat, c.ShowHistory(partner=nick(partner)))
            assert isinstance(found, Recall)
            self.assertEqual(found.room.id, told.conversation)
        self.world.close(eve)
        self.assertEqual(self.state.conversations.take_over(), [told.conversation])
        self.assertEqual(
            self.world.refusal(self.ann, c.ShowHistory(partner=nick("eve"))).code,
            "no-such-account",
        )
        other = self.world.enter("eve")
        for seat, partner in ((other, "ann"), (self.ann, "eve")):
            found = self.world.decide(seat, c.ShowHistory(partner=nick(partner)))
            assert isinstance(found, Recall)
            self.assertEqual(found.room.id, NO_CONVERSATION)

    def test_whoever_is_ignored_uses_up_no_room(self) -> None:
        bob = self.state.accounts["bob"]
        self.state.accounts.put(replace(bob, ignored=(("ann", "ann"), ("eve", "Eve"))))
        eve = self.world.enter("eve")
        for _ in range(5):
            told = self.tell(self.ann, "bob").envelope.event
            assert isinstance(told, e.Told)
            # Of accounts it is kept for its author.
            self.assertEqual((told.conversation is None, told.waits), (False, False))
            told = self.tell(eve, "bob").envelope.event
            assert isinstance(told, e.Told)
            self.assertEqual((told.conversation, told.waits), (None, False))
        self.assertEqual(self.state.conversations.waiting("bob"), 0)

    def test_bounds_hold_when_it_is_applied(self) -> None:
        event = e.Told(NOT_HERE, nick("bob"), "say", HI)
        for _ in range(2):
            self.tell(self.ann, "bob")
        self.assertEqual(self.void(self.ann, event).code, "too-many-waiting")
        eve, carl = self.world.enter("eve"), self.world.register("carl")
        self.tell(eve, "bob")
        why = self.void(carl, event)
        self.assertEqual(
            why.why,
            "3 messages are already waiting for bob, which is the maximum. The message was not sent.",
        )

    def test_sent_again_is_said_so_whatever_stands_in_the_way_now(self) -> None:
        first = self.tell(self.ann, "bob", tag="1")
        self.tell(self.ann, "bob")
        event = e.Told(NOT_HERE, nick("bob"), "say", HI)
        hub = self.world.hub
        again = hub.propose(self.ann.session, Propose(event), self.world.now, "1")
        self.world.publish(again)
        outcome = self.world.outcomes[self.ann.node][-1]
        assert isinstance(outcome, Rejected)
        self.assertEqual(outcome.why, replace(outcome.why, message=first.envelope.id))

    def test_privacy_is_that_of_now(self) -> None:
        event = e.Told(NOT_HERE, nick("bob"), "say", HI)
        eve = self.world.enter("eve")
        self.state.accounts.put(replace(self.state.accounts["bob"], privacy="accounts"))
        self.assertEqual(self.void(eve, event).code, "not-wanted")


class HistoryTests(PrivateCase):
    def recall(self, *args: c.ShowHistory) -> Recall:
        (command,) = args
        decision = self.world.decide(self.ann, command)
        assert isinstance(decision, Recall), decision
        return decision

    def test_talk_of_two_accounts_is_recalled_by_whatever_name_the_other_has_now(self) -> None:
        self.tell(self.ann, "bob")
        conversation = self.state.conversations.find("ann", "bob")
        assert conversation is not None
        self.world.do(self.world.login("bob"), c.Rename(nick("rob")))
        for name in ("bob", "Rob"):
            found = self.recall(c.ShowHistory(after=SEVEN, limit=3, partner=nick(name)))
            self.assertEqual((found.room, found.after, found.limit), (ref(conversation), 7, 3))
            self.assertEqual(found.place, nick("bob"))

    def test_where_nothing_was_written_nothing_is_found(self) -> None:
        found = self.recall(c.ShowHistory(partner=nick("bob")))
        self.assertEqual(found.room, ref(NO_CONVERSATION))

    def test_guests_have_no_markers_and_who_is_not_here_nothing(self) -> None:
        eve = self.world.enter("eve")
        command = c.MarkRead(SEVEN, partner=nick("ann"))
        self.assertEqual(self.world.refusal(eve, command).code, "no-account")
        refused = self.world.refusal(self.ann, c.ShowHistory(partner=nick("nobody")))
        self.assertEqual(refused.code, "no-such-account")


class ReceivedTests(PrivateCase):
    def test_received_is_what_waited_and_what_guests_wrote_is_gone(self) -> None:
        eve = self.world.enter("eve")
        for seat in (self.ann, eve):
            self.tell(seat, "bob")
        guests = self.state.conversations.find(GUESTS, "bob")
        bob = self.world.login("bob")
        hub = self.world.hub
        self.world.publish(hub.propose(bob.session, Propose(e.Received()), self.world.now))
        outcome = self.world.outcomes[bob.node][-1]
        assert isinstance(outcome, Applied)
        self.assertEqual(outcome.envelope.event, e.Received(guests))
        self.assertEqual(self.state.conversations.waiting("bob"), 0)
        self.assertIsNotNone(self.state.conversations.find("ann", "bob"))
