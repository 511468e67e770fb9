"""Effects of an event on sessions, delivery and the store.

Effects are plain values, in order. The rule of an event returns them (:attr:`.topic.Rule.effects`). The interpreter that
carries them out knows effects only, not events.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec

from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.records import Sent
from twisted_chat.core.values.ids import MessageId, RoomId, SessionId, UserId
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.server_ban import Ban
from twisted_chat.core.values.server_ban import Kind as BanKind


class Effect(msgspec.Struct, frozen=True, gc=False):
    """Base of all effects. The envelope of the event goes with each."""


Effects: TypeAlias = tuple[Effect, ...]


# --- who is shown the event ---


class ShowLine(Effect, frozen=True):
    """Show a line to its room and store it, and acknowledge it to the session that said it, which gets no copy.

    ``sent`` is what is remembered of it under the id that the client gave it, if any. Unless ``kept``, it is acknowledged at
    once, and is in no history. ``only``: show it to these users only.
    """

    sent: Sent | None = None
    kept: bool = True
    only: tuple[UserId, ...] | None = None


class ShowRoom(Effect, frozen=True):
    """Show the event to every session in a room."""

    room: RoomId


class ShowEach(Effect, frozen=True):
    """Show each session in a room its own copy of the event."""

    room: RoomId


class ShowNear(Effect, frozen=True):
    """Show the event once to each session in these rooms. ``own``: the author's sessions get their own copies instead."""

    rooms: tuple[RoomId, ...]
    own: bool = True


class ShowOwn(Effect, frozen=True):
    """Show the author's sessions their own copies of the event, as one that is acknowledged."""


class ShowOrigin(Effect, frozen=True):
    """Show the author's session its own copy of the event."""


class ShowUsers(Effect, frozen=True):
    """Show the event to the sessions of these users."""

    users: tuple[UserId, ...]


class ShowUser(Effect, frozen=True):
    """Show the event to the sessions of a user, except for those that ignore the author."""

    user: UserId


class ShowAll(Effect, frozen=True):
    """Show the event to every session that has logged in."""


class Gather(Effect, frozen=True):
    """Add a user to those who joined or left a crowded room lately; they are shown in one line.

    ``departed``: the user left the chat.
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
    """Complete the login to an account of a session that was already here."""


class LeaveRooms(Effect, frozen=True):
    """Take the author's session out of these rooms."""

    rooms: tuple[RoomId, ...]


class JoinUser(Effect, frozen=True):
    """Show the author's session its own copy, and let it into the rooms of its new user; ``inside``: there are any."""

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
    """Take the sessions of a user out of a room. If they were removed, ``notice`` is the code of the notice they get."""

    user: UserId
    room: e.RoomRef
    notice: str | None = None


class TellLeft(Effect, frozen=True):
    """Tell the session that left a room which room is focused now."""

    room: RoomName


class HangUp(Effect, frozen=True):
    """End these sessions of this node. They are told ``why``; others see ``reason``."""

    sessions: tuple[SessionId, ...]
    why: str
    reason: str


# --- what sessions are told ---


class Notify(Effect, frozen=True):
    """Send a reply to the sessions of these users, but not to the author's session."""

    users: tuple[UserId, ...]
    reply: r.Reply


class NotifyOrigin(Effect, frozen=True):
    """Send a reply to the author's session."""

    reply: r.Reply


class TellRead(Effect, frozen=True):
    """Tell the sessions of these users up to where they have read. ``tagged``: this answers the session that asked for it."""

    users: tuple[UserId, ...]
    reply: r.ReadUpTo | r.ReadUntil
    tagged: bool


class NoteReadTime(Effect, frozen=True):
    """Note when a message was sent that the session has read, in a room or a conversation; its user knows that as ``target``."""

    place: RoomId
    message: MessageId
    target: RoomName | Nick


class NoteReadMessage(Effect, frozen=True):
    """Note which is the last message until the time (milliseconds since 1970) that the session has read, as above."""

    place: RoomId
    time: int
    target: RoomName | Nick


class Confirm(Effect, frozen=True):
    """Acknowledge the event to the author's session, if it gave an id to it, or ``always``."""

    always: bool = False


class ConfirmStored(Effect, frozen=True):
    """Confirm the event to the author's session once it is stored. ``code`` is the digest of a code to add to the text."""

    text: str
    code: str = ""


class ConfirmDeed(Effect, frozen=True):
    """Confirm to an operator what they did; if ``stored``, which is the name of the command, once it is stored."""

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
    """Update what these sessions of this node hide."""

    sessions: tuple[SessionId, ...]


# --- what is kept ---


class KeepId(Effect, frozen=True):
    """Store the id of a message that is not itself stored."""

    sent: Sent


class KeepPrivate(Effect, frozen=True):
    """Store the event in the conversation of the two participants. ``sent`` as in :class:`ShowLine`."""

    sent: Sent | None


class Dissolve(Effect, frozen=True):
    """Delete rooms, or conversations, from the store."""

    rooms: tuple[RoomId, ...]


class Erase(Effect, frozen=True):
    """Delete what an account has said in a room, or (None) everywhere."""

    account: str
    room: RoomId | None


class KeepPassing(Effect, frozen=True):
    """Keep the event in memory, for as long as the guests are here who take part in the conversation."""


class DeleteMessage(Effect, frozen=True):
    """Delete one message of a room, or of a private conversation."""

    place: RoomId
    message: MessageId


class Deliver(Effect, frozen=True):
    """Note that an account has received the private messages that waited for it."""

    account: str


class Tidy(Effect, frozen=True):
    """Drop history that is over the limits."""


class ComeBack(Effect, frozen=True):
    """Mark the author as back, if the server had marked them as away."""

    user: UserId


class Seen(Effect, frozen=True):
    """Note that the author's session was in use."""


class LastSeen(Effect, frozen=True):
    """Record when an account was last here."""

    account: str | None


class NoteNetwork(Effect, frozen=True):
    """Record from which network an account logged in."""

    account: str


class ForgetNetworks(Effect, frozen=True):
    """Forget from which networks an account logged in."""

    account: str


class Audit(Effect, frozen=True):
    """Add a record to the audit log."""

    operator: str
    what: str


class StoreBan(Effect, frozen=True):
    """Store a ban from the server."""

    ban: Ban


class StoreUnban(Effect, frozen=True):
    """Store that a ban from the server was lifted."""

    kind: BanKind
    target: str


class StorePanic(Effect, frozen=True):
    """Store the lockdown level."""

    level: int


CONFIRM: Final = Confirm()
