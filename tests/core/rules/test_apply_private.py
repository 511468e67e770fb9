"""Tests for twisted_chat.core.rules.apply_private."""

from __future__ import annotations

from msgspec.structs import replace
from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import Seat, World, lines, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules.decisions import Propose
from twisted_chat.core.rules.outcomes import Applied, Between, Rejected
from twisted_chat.core.rules.topic import NOT_HERE
from twisted_chat.core.state.conversations import GUESTS
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.limits import Limits

HI = lines("hi")


class PrivateCase(SynchronousTestCase):
    """Ann and Bob have accounts, and only Ann is here."""

    def setUp(self) -> None:
        self.world = World(limits=Limits(max_waiting=3, max_waiting_from=2))
        self.ann = self.world.register("ann")
        self.world.close(self.world.register("bob"))
        self.state = self.world.hub.state

    def tell(self, seat: Seat, to: str, tag: str | None = None) -> Applied:
        outcome = self.world.propose(seat, c.PrivateMessage(nick(to), HI), tag)
        assert isinstance(outcome, Applied), outcome
        return outcome

    def void(self, seat: Seat, event: e.Event, talk: str | None = None) -> Refused:
        """Propose what was decided before something else happened; return why it is void."""
        hub = self.world.hubs[seat.node]
        place = self.state.talks.find("ann", talk) if talk is not None else None
        self.world.publish(hub.propose(seat.session, Propose(event, place), self.world.now))
        outcome = self.world.outcomes[seat.node][-1]
        assert isinstance(outcome, Rejected) and isinstance(outcome.why, Refused), outcome
        return outcome.why


class ToldTests(PrivateCase):
    def test_account_that_is_not_here_is_told_later(self) -> None:
        outcome = self.tell(self.ann, "bob")
        told = outcome.envelope.event
        assert isinstance(told, e.Told)
        self.assertEqual((told.to, told.account, told.waits), (NOT_HERE, "bob", True))
        self.assertEqual(told.talk, self.state.talks.find("ann", "bob"))
        self.assertEqual(outcome.audience, Between((self.world.user(self.ann).id,)))
        self.assertEqual(self.state.talks.waiting("bob", "ann"), 1)

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
        self.assertIsNotNone(told.talk)

    def test_account_that_went_meanwhile_is_told_later(self) -> None:
        bob = self.world.login("bob")
        decision = self.world.decide(self.ann, c.PrivateMessage(nick("bob"), HI))
        self.world.close(bob)
        assert isinstance(decision, Propose)
        self.world.publish(self.world.hub.propose(self.ann.session, decision, self.world.now))
        self.assertEqual(self.state.talks.waiting("bob", "ann"), 1)

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

    def test_guests_are_kept_only_while_it_waits(self) -> None:
        eve = self.world.enter("eve")
        told = self.tell(eve, "bob").envelope.event
        assert isinstance(told, e.Told)
        self.assertEqual(told.talk, self.state.talks.find(GUESTS, "bob"))
        for seat, to in ((eve, "ann"), (self.ann, "eve")):
            told = self.tell(seat, to).envelope.event
            assert isinstance(told, e.Told)
            self.assertEqual((told.talk, told.waits), (None, False))

    def test_whoever_is_ignored_uses_up_no_room(self) -> None:
        bob = self.state.accounts["bob"]
        self.state.accounts.put(replace(bob, ignored=(("ann", "ann"), ("eve", "Eve"))))
        eve = self.world.enter("eve")
        for _ in range(5):
            told = self.tell(self.ann, "bob").envelope.event
            assert isinstance(told, e.Told)
            # Of accounts it is kept for its author.
            self.assertEqual((told.talk is None, told.waits), (False, False))
            told = self.tell(eve, "bob").envelope.event
            assert isinstance(told, e.Told)
            self.assertEqual((told.talk, told.waits), (None, False))
        self.assertEqual(self.state.talks.waiting("bob"), 0)

    def test_bounds_hold_when_it_is_applied(self) -> None:
        event = e.Told(NOT_HERE, nick("bob"), "say", HI)
        for _ in range(2):
            self.tell(self.ann, "bob")
        self.assertEqual(self.void(self.ann, event).code, "too-many-waiting")
        eve, carl = self.world.enter("eve"), self.world.register("carl")
        self.tell(eve, "bob")
        why = self.void(carl, event)
        self.assertEqual(why.why, "3 messages wait for bob, and no more can; nothing was sent")

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


class ReadTests(PrivateCase):
    def test_marker_is_the_accounts_and_never_ahead(self) -> None:
        outcome = self.world.propose(self.ann, c.MarkRead(MessageId(10**9), room("lobby")))
        assert isinstance(outcome, Applied)
        self.assertEqual(outcome.envelope.event, e.Read(outcome.envelope.id))
        self.assertTrue(self.world.session(self.ann).marks)
        self.assertIn(outcome.envelope.id, self.state.markers.of("ann").values())

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

    def test_received_is_what_waited_and_what_guests_wrote_is_gone(self) -> None:
        eve = self.world.enter("eve")
        for seat in (self.ann, eve):
            self.tell(seat, "bob")
        guests = self.state.talks.find(GUESTS, "bob")
        bob = self.world.login("bob")
        hub = self.world.hub
        self.world.publish(hub.propose(bob.session, Propose(e.Received()), self.world.now))
        outcome = self.world.outcomes[bob.node][-1]
        assert isinstance(outcome, Applied)
        self.assertEqual(outcome.envelope.event, e.Received(guests))
        self.assertEqual(self.state.talks.waiting("bob"), 0)
        self.assertIsNotNone(self.state.talks.find("ann", "bob"))


class EndTests(PrivateCase):
    """What the end of a session does to markers."""

    def markers(self) -> list[int]:
        return list(self.state.markers.of("bob").values())

    def test_all_that_was_shown_is_read_unless_the_client_says_what_is(self) -> None:
        for says, moves in ((False, True), (True, False)):
            bob = self.world.login("bob")
            self.world.do(bob, c.Join(room("lobby")))
            if says:
                self.world.do(bob, c.MarkRead(MessageId(1)))
            self.world.say(self.ann, "hello")
            said = self.world.order[-1][0]
            self.world.close(bob)
            self.assertEqual(self.markers()[0] > said, moves)

    def test_account_that_has_another_user_in_a_room_is_still_there(self) -> None:
        one = self.world.login("bob")
        self.world.do(one, c.Rename(nick("rob")))
        two = self.world.login("bob")
        for seat in (one, two):
            self.world.do(seat, c.Join(room("lobby")))
        self.world.do(one, c.Leave())
        self.assertEqual(len(self.markers()), 1)
        self.world.do(two, c.Leave())
        self.assertEqual(self.markers(), [])

    def test_one_of_two_sessions_ends_and_says_what_is_read_with_that(self) -> None:
        one, _ = self.world.login("bob"), self.world.login("bob")
        self.world.do(one, c.Join(room("lobby")))
        self.world.close(one)
        outcome = self.world.outcomes[one.node][-1]
        assert isinstance(outcome, Applied)
        lobby = self.state.rooms_by_key["lobby"].ref.id
        self.assertEqual(outcome.envelope.event, e.Detached((lobby,)))
