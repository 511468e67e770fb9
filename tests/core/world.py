"""What the tests of the core share: hubs on a bus that can hold things back, and short ways to fill them with people."""

from __future__ import annotations

from collections import deque

import msgspec

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api.commands import Lines
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.hub import Hub
from twisted_chat.core.rules.decisions import (
    CheckPassword,
    Decision,
    HashPassword,
    Propose,
    SendReply,
)
from twisted_chat.core.rules.outcomes import Applied, Outcome
from twisted_chat.core.state.session import SessionState
from twisted_chat.core.state.user import User
from twisted_chat.core.values.account import Proof
from twisted_chat.core.values.ids import MessageId, Node, SessionId
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import Nick, RoomName, parse_nick, parse_room
from twisted_chat.core.values.text import CleanText
from twisted_chat.core.values.tokens import Tokens

#: Some day in 2025: times of today, whose floats have the grain that a server meets.
NOW = 1_750_000_000.0


def nick(name: str) -> Nick:
    return parse_nick(name)


def room(name: str) -> RoomName:
    return parse_room(name)


def lines(*texts: str) -> Lines:
    return tuple(map(CleanText, texts))


#: The public name of the scope that a token stands for.
scope_of = Tokens(b"secret").scope_of


class Seat(msgspec.Struct, frozen=True):
    """A session of a world, and the token it logs in with."""

    node: Node
    session: SessionId
    token: str


class World:
    """Hubs on a bus.

    A proposal waits at its hub until :meth:`sequence` gives it the next place in the order, and what has a place waits
    for each hub until :meth:`deliver` hands it over. An ``instant`` world does both at once.

    As a node does it, a session waits for its claims (:meth:`ready`), the user of a session that is closed departs,
    and so does one whose session was closed before its login came back.
    """

    def __init__(
        self, *nodes: str, limits: Limits | None = None, instant: bool = True, first_id: int = 1
    ) -> None:
        self.limits = limits or Limits()
        self.hubs = {Node(name): Hub(Node(name), self.limits) for name in nodes or ("a",)}
        self.instant = instant
        self.now = NOW
        self.waiting: dict[Node, deque[e.Proposal]] = {node: deque() for node in self.hubs}
        self.order: list[tuple[MessageId, e.Proposal]] = []
        self.outcomes: dict[Node, list[Outcome]] = {node: [] for node in self.hubs}
        self.claiming: set[tuple[Node, SessionId]] = set()
        self._first_id = first_id
        self._seats = dict.fromkeys(self.hubs, 0)

    # --- sessions ---

    @property
    def hub(self) -> Hub:
        """The hub of the first node."""
        return next(iter(self.hubs.values()))

    def open(
        self,
        node: str | None = None,
        token: str | None = None,
        host: str = "somewhere",
        address: str | None = None,
    ) -> Seat:
        """Add a session that has not logged in."""
        hub = self.hubs[Node(node)] if node is not None else self.hub
        # Each node counts its sessions from 1: the same number on two is two sessions.
        self._seats[hub.node] = number = self._seats[hub.node] + 1
        seat = Seat(hub.node, SessionId(number), token or f"token {number} of {hub.node}")
        hub.open(seat.session, host, self.now, address)
        return seat

    def enter(self, name: str, node: str | None = None, token: str | None = None) -> Seat:
        """Add a session that logs in under ``name`` and joins the lobby."""
        seat = self.open(node, token)
        self.do(seat, c.Login(nick(name), token=token))
        self.do(seat, c.Join(room("lobby")))
        return seat

    def close(self, seat: Seat) -> None:
        """Lose a connection."""
        if not self.is_open(seat):
            return
        hub = self.hubs[seat.node]
        departure = hub.departure(seat.session, "connection lost", self.now)
        hub.close(seat.session)
        if departure is not None:
            self.publish(departure)

    def is_open(self, seat: Seat) -> bool:
        return seat.session in self.hubs[seat.node].state.sessions

    def ready(self, seat: Seat) -> bool:
        """Tell whether a session may hand in a command: a node makes it wait for its claims."""
        return self.is_open(seat) and (seat.node, seat.session) not in self.claiming

    def session(self, seat: Seat) -> SessionState:
        return self.hubs[seat.node].state.sessions[seat.session]

    def user(self, seat: Seat) -> User:
        user = self.hubs[seat.node].user_of(seat.session)
        assert user is not None
        return user

    # --- commands ---

    def decide(self, seat: Seat, command: c.Command, tag: str | None = None) -> Decision:
        """Decide, and leave it at that. A finished proposal comes back as what asks for it."""
        decision = self.hubs[seat.node].decide(
            seat.session, command, self.now, tag, scope_of(seat.token)
        )
        if isinstance(decision, e.Proposal):
            return Propose(decision.event, decision.room)
        return decision

    def do(self, seat: Seat, command: c.Command, tag: str | None = None) -> Decision:
        """Decide a command and do what the decision asks for; return the decision."""
        decision = self.decide(seat, command, tag)
        hub = self.hubs[seat.node]
        if isinstance(decision, Propose):
            if not isinstance(decision.event, e.Said | e.Told):
                self.claiming.add((seat.node, seat.session))
            self.publish(hub.propose(seat.session, decision, self.now, tag))
        elif isinstance(decision, SendReply) and decision.change is not None:
            hub.change(seat.session, decision.change)
        return decision

    def proven(self, seat: Seat, command: c.Command, password: str = "a hash") -> Decision:
        """Do a command that needs a password, or makes one, as if the password were right; ``password`` is what is stored."""
        decision = self.decide(seat, command)
        hub = self.hubs[seat.node]
        if isinstance(decision, HashPassword):
            decision = Propose(e.AccountRegistered(decision.nick, password, decision.invite))
        else:
            assert isinstance(decision, CheckPassword), decision
            proof = decision.proof or Proof(decision.nick.key, outside=True)
            scope = scope_of(seat.token)
            decision = hub.proven(seat.session, decision, proof, scope, self.now, password)
        assert isinstance(decision, Propose), decision
        self.publish(hub.propose(seat.session, decision, self.now))
        return decision

    def register(self, name: str, node: str | None = None) -> Seat:
        """Add a session that logs in under ``name`` and makes an account of it."""
        seat = self.enter(name, node)
        self.proven(seat, c.Register("correct horse"))
        return seat

    def login(self, name: str, node: str | None = None) -> Seat:
        """Add a session that logs in to the account ``name``."""
        seat = self.open(node)
        self.proven(seat, c.Login(nick(name), "correct horse"))
        return seat

    def say(
        self, seat: Seat, text: str, name: str | None = None, tag: str | None = None
    ) -> Outcome:
        """Say something in the focused or a named room of an instant world; return what became of it."""
        return self.propose(seat, c.Say(lines(text), room(name) if name else None), tag)

    def propose(self, seat: Seat, command: c.Command, tag: str | None = None) -> Outcome:
        """Do what must lead to a proposal, in an instant world; return what became of it."""
        decision = self.do(seat, command, tag)
        assert isinstance(decision, Propose), decision
        return self.outcomes[seat.node][-1]

    def refusal(self, seat: Seat, command: c.Command, tag: str | None = None) -> Refused:
        """Decide what must be refused; return the refusal."""
        decision = self.decide(seat, command, tag)
        assert isinstance(decision, SendReply) and isinstance(decision.reply, Refused), decision
        return decision.reply

    def happened(self, node: Node) -> list[Outcome]:
        """Return what came of everything, but for what follows on this node only."""
        return [
            msgspec.structs.replace(each, effects=()) if isinstance(each, Applied) else each
            for each in self.outcomes[node]
        ]

    # --- the bus ---

    def publish(self, proposal: e.Proposal) -> None:
        """Let a proposal wait at its hub for its place in the order."""
        self.waiting[proposal.origin.node].append(proposal)
        if self.instant:
            self.settle()

    def sequence(self, node: Node) -> bool:
        """Give the first waiting proposal of a hub its place; tell whether there was one."""
        if not self.waiting[node]:
            return False
        message = MessageId(self._first_id + len(self.order))
        self.order.append((message, self.waiting[node].popleft()))
        return True

    def deliver(self, node: Node) -> bool:
        """Hand a hub the next in the order; tell whether there was one."""
        done = self.outcomes[node]
        if len(done) == len(self.order):
            return False
        hub, (message, proposal) = self.hubs[node], self.order[len(done)]
        outcome = hub.apply(message, proposal)
        done.append(outcome)
        origin, event = proposal.origin, proposal.event
        if origin.node == node and not isinstance(event, e.Said | e.Told | e.Closed):
            self.claiming.discard((node, origin.session))
        if isinstance(outcome, Applied) and isinstance(outcome.envelope.event, e.Arrived):
            for where, session in outcome.envelope.event.replaced:
                if where == node:
                    self.close(Seat(node, session, ""))
            author = outcome.envelope.author
            if origin.node == node and origin.session not in hub.state.sessions:
                assert author is not None
                gone = e.Departed(CleanText("connection lost"))
                self.publish(e.Proposal(gone, origin, self.now, author.user))
        return True

    def settle(self) -> None:
        """Put everything in order, and hand everything to everybody."""
        moved = True
        while moved:
            moved = any([*map(self.sequence, self.hubs), *map(self.deliver, self.hubs)])
