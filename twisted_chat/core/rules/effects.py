"""What applying a proposal comes to, to whom that is shown, and what follows from it for sessions, delivery and the store.

Effects are plain values, in order. The rule of an event returns them (:attr:`.topic.Rule.effects`). What carries them out knows
effects only, and no events.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import msgspec

from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.records import Sent
from twisted_chat.core.api.replies import NameRefused, PasswordNeeded, Refused
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.ids import MessageId, Node, RoomId, SessionId, UserId
from twisted_chat.core.values.names import RoomName
from twisted_chat.core.values.server_ban import Ban
from twisted_chat.core.values.server_ban import Kind as BanKind


class Effect(msgspec.Struct, frozen=True, gc=False):
    """Base of all effects. The envelope of the event goes with each."""


Effects: TypeAlias = tuple[Effect, ...]


# --- what it comes to ---


class InRoom(msgspec.Struct, frozen=True, gc=False):
    """Shown to the members of a room."""

    room: RoomId


class Near(msgspec.Struct, frozen=True):
    """Shown once to each session in one of these rooms; and, where ``author`` is set, to the author."""

    rooms: tuple[RoomId, ...]
    author: bool


class Between(msgspec.Struct, frozen=True):
    """Shown to these users, in private."""

    users: tuple[UserId, ...]


Audience = InRoom | Near | Between

NOBODY: Final = Between(())

NOT_IN_ROOM: Final = Refused(
    "not-in-room",
    "You are no longer in that room, so nothing was done there. /join ROOM takes you back.",
)


class Applied(msgspec.Struct, frozen=True, gc=False):
    """It happened: what to show, and to whom. ``secret`` is what the store is given besides, and nobody is shown.

    ``effects`` is what follows from it on this node.
    """

    envelope: e.Envelope
    audience: Audience
    secret: str | None = None
    effects: Effects = ()


class Duplicate(msgspec.Struct, frozen=True):
    """It was said before, under the same id: acknowledge that again."""

    message: MessageId
    time: float


#: Why something did not happen.
Why = Refused | PasswordNeeded | NameRefused | Duplicate


class Rejected(msgspec.Struct, frozen=True):
    """It did not happen, and why; ``why`` is for the session it came from."""

    proposal: e.Proposal
    why: Why


Outcome = Applied | Rejected


# --- who is shown the event ---


class ShowLine(Effect, frozen=True):
    """Show a line to its room and keep it; acknowledge it to the session that said it, which is not shown it with the others.

    ``sent`` is what is remembered of it by the id that its author's client gave it, if that gave one. Not ``kept``: it is
    acknowledged at once, and is in no history. ``only``: nobody else is shown it.
    """

    sent: Sent | None = None
    kept: bool = True
    only: tuple[UserId, ...] | None = None


class ShowRoom(Effect, frozen=True):
    """Show the event to every session in a room."""

    room: RoomId


class ShowNear(Effect, frozen=True):
    """Show the event once to each session in these rooms. ``own``: the author's sessions get their own copies instead."""

    rooms: tuple[RoomId, ...]
    own: bool = True


class ShowOwn(Effect, frozen=True):
    """Show the author's sessions their own copies of the event, as one that is acknowledged."""


class ShowOrigin(Effect, frozen=True):
    """Show the session that did it its own copy of the event."""


class ShowUsers(Effect, frozen=True):
    """Show the event to the sessions of these users."""

    users: tuple[UserId, ...]


class ShowUser(Effect, frozen=True):
    """Show the event to the sessions of a user, as far as they do not ignore the author."""

    user: UserId


class ShowAll(Effect, frozen=True):
    """Show the event to every session that has logged in."""


class Gather(Effect, frozen=True):
    """Count somebody among those who came to or left a crowded room lately; one line tells of all of them.

    ``departed``: they left the chat.
    """

    room: e.RoomRef
    author: e.Author
    members: int
    joined: bool
    departed: bool = False


# --- where sessions are ---


class Arrive(Effect, frozen=True):
    """Complete the login of a session."""


class LogIn(Effect, frozen=True):
    """Complete the login to an account of a session that was here."""


class LeaveRooms(Effect, frozen=True):
    """Take the session that did it out of these rooms."""

    rooms: tuple[RoomId, ...]


class JoinUser(Effect, frozen=True):
    """Show the session that did it its own copy, and let it into the rooms of the user whose it is now; ``inside`` any."""

    inside: bool


class Instead(Effect, frozen=True):
    """Carry these effects out with another event in the envelope."""

    event: e.Event
    effects: tuple[Effect, ...]


class EnterRoom(Effect, frozen=True):
    """Let the author's sessions into a room."""

    room: RoomId
    created: bool


class ExitRoom(Effect, frozen=True):
    """Take the sessions of a user out of a room; ``notice`` is the code of what they are told of it, if they were put out."""

    user: UserId
    room: e.RoomRef
    notice: str | None = None


class TellLeft(Effect, frozen=True):
    """Tell the session that left a room where it talks now."""

    room: RoomName


class HangUp(Effect, frozen=True):
    """End these sessions of this node: they are told ``why``, and others see ``reason``."""

    sessions: tuple[SessionId, ...]
    why: str
    reason: str


# --- what sessions are told ---


class Notify(Effect, frozen=True):
    """Send a reply to the sessions of these users, but not to the one that did it."""

    users: tuple[UserId, ...]
    reply: r.Reply


class NotifyOrigin(Effect, frozen=True):
    """Send a reply to the session that did it."""

    reply: r.Reply


class TellRead(Effect, frozen=True):
    """Tell the sessions of an account up to where it has read. ``tagged``: it answers the one that asked for it."""

    account: str | None
    reply: r.ReadUpTo
    tagged: bool


class Confirm(Effect, frozen=True):
    """Acknowledge the event to the session that did it: if it gave an id to it, or ``always``."""

    always: bool = False


class ConfirmStored(Effect, frozen=True):
    """Tell the session that did it so, once it is stored. ``code`` is the digest of a code to add that is not in the event."""

    text: str
    code: str = ""


class ConfirmDeed(Effect, frozen=True):
    """Confirm to an operator what they did; once it is stored, if it is ``stored``, which is how the command is typed."""

    text: str
    stored: str | None = None
    code: str = ""


class TellSessions(Effect, frozen=True):
    """Send a reply to these sessions of this node."""

    sessions: tuple[SessionId, ...]
    reply: r.Reply


class ShowSessions(Effect, frozen=True):
    """Show the event to these sessions of this node."""

    sessions: tuple[SessionId, ...]


class UpdateIgnored(Effect, frozen=True):
    """Let these sessions of this node hide what they ignore from now on."""

    sessions: tuple[SessionId, ...]


# --- what is kept ---


class KeepId(Effect, frozen=True):
    """Keep what is remembered of a message that is not kept itself."""

    sent: Sent


class KeepPrivate(Effect, frozen=True):
    """Keep the event in the history of the two who write to each other. ``sent`` as in :class:`ShowLine`."""

    sent: Sent | None


class Dissolve(Effect, frozen=True):
    """Drop what is kept of rooms, or private conversations, that are gone."""

    rooms: tuple[RoomId, ...]


class Erase(Effect, frozen=True):
    """Delete what an account has said in a room, or (None) everywhere."""

    account: str
    room: RoomId | None


class DeleteMessage(Effect, frozen=True):
    """Delete one message of a room, or of a private conversation."""

    place: RoomId
    message: MessageId


class Deliver(Effect, frozen=True):
    """Note that an account has received the private messages that waited for it."""

    account: str


class Tidy(Effect, frozen=True):
    """Drop what need not be kept any longer."""


class ComeBack(Effect, frozen=True):
    """End that a user is marked as away for having been silent."""

    user: UserId


class Seen(Effect, frozen=True):
    """Note that the author's session was in use."""


class LastSeen(Effect, frozen=True):
    """Note when an account was here last."""

    account: str | None


class NoteNetwork(Effect, frozen=True):
    """Note from which network an account was entered."""

    account: str


class ForgetNetworks(Effect, frozen=True):
    """Forget from which networks an account was entered."""

    account: str


class Audit(Effect, frozen=True):
    """Add to the audit log what an operator did."""

    operator: str
    what: str


class StoreBan(Effect, frozen=True):
    """Keep a ban from the server."""

    ban: Ban


class StoreUnban(Effect, frozen=True):
    """Keep that a ban from the server was lifted."""

    kind: BanKind
    target: str


class StorePanic(Effect, frozen=True):
    """Keep the lockdown level."""

    level: int


CONFIRM: Final = Confirm()

#: Returns what follows from an event on a node; the state is that after the event.
Follow: TypeAlias = Callable[[Applied, Any, State, Node], Effects]


def come_back(user: User) -> Effects:
    """Return what follows if somebody says something whom the server has marked as away."""
    return (ComeBack(user.id),) if user.idled else ()


def shown(applied: Applied, event: e.Event, state: State, node: Node) -> Effects:
    """Show what changes nothing of who hears what."""
    match applied.audience:
        case InRoom(room=room):
            return ShowRoom(room), CONFIRM
        case Near(rooms=rooms):
            return ShowNear(rooms), CONFIRM
        case Between():  # pragma: no branch (mypy sees a missing case)
            return (CONFIRM,)
