"""Topics of the rules: how each command is decided, and how each event is checked and applied.

Deciding reads the state and changes nothing: the result is a proposal, or a reply. By the time a proposal has its place in the
order the user may have left, changed their nick, or lost a role. So it is checked when it is decided and again when it is
applied, by the same function, which has the only wording of each refusal. Applying is deterministic: from the same state, the
same id and the same proposal every node makes the same state and the same envelope, or rejects it.

To add a rule, add a method to one of the topics, and its entry in that topic's table of commands or events.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api.replies import PasswordNeeded, Refused
from twisted_chat.core.rules.decisions import CheckPassword, Decision, Propose, SendReply
from twisted_chat.core.rules.outcomes import (
    Applied,
    Audience,
    Follow,
    InRoom,
    Outcome,
    Rejected,
    Why,
    shown,
)
from twisted_chat.core.rules.permissions import may
from twisted_chat.core.rules.refusals import no_such_room, refuse
from twisted_chat.core.state.room import Room
from twisted_chat.core.state.session import SessionState
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.account import Proof
from twisted_chat.core.values.ids import MessageId, Node, Scope, SessionId, UserId
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.room_settings import Action

#: Stands for a user who is not here: ids of users are those of messages, which count from 1.
NOT_HERE: Final = UserId(0)


class _InRoom:
    """What :class:`Asked` and :class:`Ordered` have in common."""

    __slots__ = ()

    here: User | None
    at: Room | None

    @property
    def user(self) -> User:
        """The user; only for a session that has logged in, or an event that has an author."""
        assert self.here is not None
        return self.here

    @property
    def room(self) -> Room:
        """The room; only for a command or an event that is about one."""
        assert self.at is not None
        return self.at


class Asked(_InRoom, msgspec.Struct, frozen=True, gc=False):
    """A command's session and user, and its time. ``tag`` is the client's own id of it.

    ``here`` is None before login. ``scope`` is the public scope of the token that the session has or, at login, will have.
    ``at`` is the room of a command that was put into its table by :func:`in_room`.
    """

    session: SessionState
    here: User | None
    now: float
    tag: str | None
    scope: Scope
    at: Room | None = None

    @property
    def operator(self) -> str:
        """The name of the session's server operator; only for commands that need one."""
        assert self.session.operator is not None
        return self.session.operator


class Ordered(_InRoom, msgspec.Struct, frozen=True, gc=False):
    """A proposal at its place in the order, whose author is here; ``at`` is its room, if the author is in it."""

    message: MessageId
    proposal: e.Proposal
    here: User | None
    at: Room | None = None

    @property
    def now(self) -> float:
        """The time of its proposal."""
        return self.proposal.time

    @property
    def place(self) -> tuple[Node, SessionId]:
        """The session that it came from."""
        return self.proposal.origin.node, self.proposal.origin.session

    def within(self, room: Room) -> Ordered:
        """Return this with a room that its author has entered by it."""
        return msgspec.structs.replace(self, at=room)

    def by(self, user: User) -> Ordered:
        """Return this with the user who arrived by it as its author."""
        return msgspec.structs.replace(self, here=user)

    def envelope(self, event: e.Event | None = None) -> e.Envelope:
        """Return the envelope of what happened: of the proposed event, or of ``event`` if that differs."""
        origin = self.proposal.origin
        return e.Envelope(
            self.message,
            self.now,
            event or self.proposal.event,
            origin,
            self.user.sessions.get(self.place, self.user.author),
            self.at.ref if self.at is not None else None,
        )

    def applied(
        self, audience: Audience, event: e.Event | None = None, secret: str | None = None
    ) -> Applied:
        return Applied(self.envelope(event), audience, secret)

    def in_room(self, event: e.Event | None = None) -> Applied:
        """Show it to the members of its room."""
        return Applied(self.envelope(event), InRoom(self.room.ref.id))

    def rejected(self, why: Why) -> Rejected:
        return Rejected(self.proposal, why)


class Case(Protocol):
    """What a check may ask: about an event that a user wants to happen, at a time, in a room.

    At deciding it is an :class:`Asked`, at applying an :class:`Ordered`.
    """

    @property
    def user(self) -> User: ...
    @property
    def now(self) -> float: ...
    @property
    def at(self) -> Room | None: ...
    @property
    def room(self) -> Room: ...


def permitted(action: Action) -> Callable[[Case, e.Event], Refused | None]:
    """A check of nothing but the user's permission in the room."""

    def check(case: Case, event: e.Event) -> Refused | None:
        return may(action, case.user, case.room, case.now)

    return check


class Rule(msgspec.Struct, frozen=True):
    """How an event is applied; ``check`` returns why it cannot be.

    ``effects`` returns what follows for sessions and the store, if it is more than showing the event. ``in_room``: it is about
    a room, which its author must not have left. ``lasting``: it changes something of the room that a store keeps.
    ``by_nobody``: its author is not here yet.
    """

    apply: Callable[[Ordered, Any], Outcome]
    check: Callable[[Case, Any], Refused | PasswordNeeded | None] | None = None
    effects: Follow = shown
    in_room: bool = False
    lasting: bool = False
    by_nobody: bool = False


class Topic:
    """One topic of the rules, with the tables that the hub reads."""

    def __init__(self, state: State) -> None:
        self.state = state
        #: How each command of the topic is decided.
        self.commands: dict[type[c.Command], Callable[[Asked, Any], Decision]] = {}
        #: How each event of the topic is checked and applied.
        self.events: dict[type[e.Event], Rule] = {}
        #: Commands that can be given before login.
        self.before_login: frozenset[type[c.Command]] = frozenset()
        #: How commands go on after the password was found right.
        self.proven: dict[type[c.Command], Callable[[Asked, CheckPassword, Proof, str], Decision]]
        self.proven = {}

    def propose(self, asked: Asked, event: e.Event) -> Decision:
        """Propose an event, for which the session waits; or refuse it with the reason that its check gives."""
        check = self.events[type(event)].check
        refused = check(asked, event) if check is not None else None
        if refused is not None:
            return SendReply(refused)
        return Propose(event, asked.at.ref.id if asked.at is not None else None)

    def member(self, nick: Nick, room: Room) -> User | None:
        """Return the user of that nick, if they are in the room."""
        target = self.state.user_named(nick)
        return target if target is not None and target.id in room.members else None

    def user(self, user: UserId | None) -> User | None:
        """Return the user with an id, if they are still here."""
        return self.state.users.get(user) if user is not None else None


def in_room(
    topic: Topic, method: Callable[[Asked, Any], Decision]
) -> Callable[[Asked, Any], Decision]:
    """Decide a command about a room with ``method``, which finds the room as :attr:`Asked.room`; the user must be in it."""

    @functools.wraps(method)
    def decide(asked: Asked, command: Any) -> Decision:
        room = room_of(topic.state, asked.session, asked.user, command.room)
        if isinstance(room, SendReply):
            return room
        return method(msgspec.structs.replace(asked, at=room), command)

    return decide


def room_of(
    state: State,
    session: SessionState,
    user: User,
    name: RoomName | None,
    *,
    to_talk: bool = False,
) -> Room | SendReply:
    """Return the room of a command, which is the named or the focused one; the user must be in it.

    With ``to_talk`` that is not needed if the room lets people outside speak.
    """
    nothing = " The message was not sent." if to_talk else ""
    if name is None:
        room = state.rooms.get(session.focus) if session.focus is not None else None
        if room is None or user.id not in room.members:
            return refuse(
                "no-room", f"You are not talking in any room.{nothing} Choose one with /join ROOM."
            )
        return room
    room = state.room_named(name)
    if room is not None and to_talk and room.settings.outside:
        return room
    if room is None or (user.id not in room.members and room.settings.private):
        return refuse("no-such-room", f"{no_such_room(name)}{nothing}")
    if user.id not in room.members:
        return refuse("not-in-room", f"You are not in {name}.{nothing} Enter it with /join {name}.")
    return room
