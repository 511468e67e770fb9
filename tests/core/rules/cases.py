"""What the tests of the rules share: who is here, and short ways to decide and to apply."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.dump import dump
from tests.core.world import NOW, Seat, World, lines, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules.decisions import Decision, Propose, SendReply
from twisted_chat.core.rules.outcomes import Applied, Outcome, Rejected
from twisted_chat.core.state.room import Room
from twisted_chat.core.state.user import User
from twisted_chat.core.values.account import Registration
from twisted_chat.core.values.ids import MessageId, RoomId, UserId
from twisted_chat.core.values.limits import Limits

HI = lines("hi")


class ChatCase(SynchronousTestCase):
    """Bob made #dev and is operator there, and talks in the lobby; Alice is in both, Eve in the lobby."""

    def setUp(self) -> None:
        self.world = World()
        self.hub, self.state = self.world.hub, self.world.hub.state
        self.bob = self.world.enter("bob")
        self.alice = self.world.enter("alice")
        self.eve = self.world.enter("eve")
        self.world.do(self.bob, c.Join(room("dev")))
        self.world.do(self.alice, c.Join(room("dev")))
        self.world.do(self.bob, c.Join(room("lobby")))
        self.dev = self.room("dev").ref.id
        self.next = MessageId(1000)

    def decide(self, seat: Seat, command: c.Command, tag: str | None = None) -> Decision:
        return self.world.decide(seat, command, tag)

    def reply(self, seat: Seat, command: c.Command) -> r.Reply:
        decision = self.decide(seat, command)
        assert isinstance(decision, SendReply) and decision.change is None, decision
        return decision.reply

    def refuse(self, seat: Seat, command: c.Command, code: str, why: str) -> None:
        """Check that a command is refused, and the text that says so."""
        self.assertEqual(self.world.refusal(seat, command), r.Refused(code, why))

    def room(self, name: str) -> Room:
        found = self.world.hub.state.room_named(room(name))
        assert found is not None
        return found

    def user(self, name: str) -> User:
        found = self.state.user_named(nick(name))
        assert found is not None
        return found

    def apply(
        self,
        seat: Seat,
        event: e.Event,
        where: RoomId | None = None,
        *,
        user: UserId | None = None,
        tag: str | None = None,
    ) -> Outcome:
        """Apply a proposal, as if it had been decided long ago: by the user of ``seat`` if None is given."""
        origin = e.Origin(seat.node, seat.session, tag)
        by = user if user is not None else self.world.session(seat).user
        proposal = e.Proposal(event, origin, self.world.now, by, where)
        self.next = MessageId(self.next + 1)
        return self.world.hub.apply(self.next, proposal)

    def applied(
        self, seat: Seat, event: e.Event, where: RoomId | None = None, tag: str | None = None
    ) -> Applied:
        outcome = self.apply(seat, event, where, tag=tag)
        assert isinstance(outcome, Applied), outcome
        return outcome

    def void(
        self,
        seat: Seat,
        event: e.Event,
        where: RoomId | None = None,
        *,
        user: UserId | None = None,
        tag: str | None = None,
    ) -> object:
        """Apply what must be void; check that it changed nothing, and return why."""
        before = dump(self.state)
        outcome = self.apply(seat, event, where, user=user, tag=tag)
        assert isinstance(outcome, Rejected), outcome
        self.assertEqual(dump(self.state), before)
        return outcome.why


class AccountCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World()
        self.hub, self.state = self.world.hub, self.world.hub.state

    def last(self) -> Outcome:
        return self.world.outcomes[self.world.hub.node][-1]

    def happened(self) -> Applied:
        outcome = self.last()
        assert isinstance(outcome, Applied), outcome
        return outcome

    def rejected(self) -> str:
        outcome = self.last()
        assert isinstance(outcome, Rejected), outcome
        return getattr(outcome.why, "code", "")

    def propose(self, seat: Seat, event: e.Event) -> None:
        user = self.world.user(seat).id
        origin = e.Origin(seat.node, seat.session)
        self.world.publish(e.Proposal(event, origin, NOW, user))


class BobCase(AccountCase):
    """Bob is here with his account."""

    def setUp(self) -> None:
        super().setUp()
        self.bob = self.world.register("bob")

    def code(self, seat: Seat, command: c.Command) -> str:
        return self.world.refusal(seat, command).code

    def may_register(self, who: Registration) -> None:
        self.hub.let_register(who)


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

    def void(self, seat: Seat, event: e.Event, conversation: str | None = None) -> Refused:
        """Propose what was decided before something else happened; return why it is void."""
        hub = self.world.hubs[seat.node]
        place = (
            self.state.conversations.find("ann", conversation) if conversation is not None else None
        )
        self.world.publish(hub.propose(seat.session, Propose(event, place), self.world.now))
        outcome = self.world.outcomes[seat.node][-1]
        assert isinstance(outcome, Rejected) and isinstance(outcome.why, Refused), outcome
        return outcome.why
