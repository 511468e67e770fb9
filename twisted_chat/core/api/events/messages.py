"""What was said, read and deleted."""

from __future__ import annotations

from twisted_chat.core.api.commands import Kind, Lines
from twisted_chat.core.api.events.base import BaseEvent, RoomEvent
from twisted_chat.core.values.extras import Extras
from twisted_chat.core.values.ids import MessageId, RoomId, UserId
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.text import CleanText


class Said(BaseEvent, frozen=True):
    """The author said something in a room."""

    kind: Kind
    lines: Lines
    extras: Extras | None = None


class Told(BaseEvent, frozen=True):
    """The author sent a private message to a user, or to an account that no session belongs to at the moment.

    In that case ``to`` is :data:`.private.NOT_HERE`. ``conversation`` is where the message is kept, if it is, and ``account``
    the participant other than the author's account. ``waits``: the account gets the message when it is back. ``passing``: a
    guest takes part, so it is kept in memory only. These are filled in when the event is applied.
    """

    to: UserId
    nick: Nick
    kind: Kind
    lines: Lines
    conversation: RoomId | None = None
    account: str = ""
    waits: bool = False
    extras: Extras | None = None
    passing: bool = False


class Received(BaseEvent, frozen=True):
    """The author's account has received what waited for it. ``conversation``: that with guests, deleted with this event."""

    conversation: RoomId | None = None


class Read(BaseEvent, frozen=True):
    """The author's account has read up to a message in the room of the envelope, or in the conversation with ``partner``.

    ``noticed``: it is the last message until a time that they have read; the server looked that up.
    """

    message: MessageId
    partner: Nick | None = None
    noticed: bool = False


class ReadUntil(BaseEvent, frozen=True):
    """The author has read a room, or a conversation, until a time (milliseconds since 1970).

    ``noticed``: it is the time of a message that they have read; the server looked that up.
    """

    target: RoomName | Nick
    time: int
    noticed: bool = False


class MessageDeleted(BaseEvent, frozen=True):
    """The author deleted a message, which ``nick`` had sent: in the room of the envelope, or in private to ``partner``.

    ``mine``: it was the author's own. ``by`` is the server operator that the author is, if that is why they could.
    ``conversation`` is where a private message was kept, filled in when it is applied.
    """

    message: MessageId
    nick: Nick
    mine: bool
    partner: Nick | None = None
    reason: CleanText | None = None
    by: str = ""
    conversation: RoomId | None = None


class Forgotten(RoomEvent, frozen=True):
    """What the author's account has said in the room or, with ``everywhere``, in all rooms was deleted."""

    everywhere: bool
