"""What happened to rooms, and who is in them."""

from __future__ import annotations

from twisted_chat.core.api.events.base import Author, BaseEvent, RoomEvent
from twisted_chat.core.values.ids import UserId
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.text import CleanText


class Joined(BaseEvent, frozen=True):
    """The author entered a room; ``created`` if the room did not exist before.

    ``password`` is the digest of the password that was given, see :func:`twisted_chat.core.state.room.room_digest`; the
    envelope does not contain it. ``away``: why the author is away, if they are; filled in when the event is applied.
    """

    room: RoomName
    password: str | None = None
    created: bool = False
    away: CleanText | None = None


class Left(BaseEvent, frozen=True):
    """The author left a room."""

    reason: CleanText | None = None


class Kicked(BaseEvent, frozen=True):
    """The author removed a user from a room."""

    user: UserId
    nick: Nick
    reason: CleanText | None = None


class TopicSet(BaseEvent, frozen=True):
    """The author set the topic of a room; an empty one was cleared."""

    topic: CleanText


class KeepSet(BaseEvent, frozen=True):
    """The author set how much of a room's history is kept; ``capped`` if the server allows less than asked."""

    keep: Keep
    capped: bool = False


class Closed(BaseEvent, frozen=True):
    """A room that was restored after a restart is closed, because nobody came back to it. It has no author."""


class Gathered(BaseEvent, frozen=True):
    """Users joined or left a crowded room in the last seconds: one event in place of one for each.

    Delivery makes it for display only: it is never on a bus, and its envelope has no author. ``departed`` are those of ``left``
    who left the chat.
    """

    joined: tuple[Author, ...]
    left: tuple[Author, ...]
    members: int
    departed: frozenset[UserId] = frozenset()


class InvitedToRoom(RoomEvent, frozen=True):
    """A user was invited, see :class:`.commands.InviteToRoom`. ``you``: the event as the invited user is shown it."""

    user: UserId
    nick: Nick
    you: bool = False


class RoomRegistered(RoomEvent, frozen=True):
    """The author now owns the room, so it persists."""


class RoomRenamed(RoomEvent, frozen=True):
    """The room, which is in the envelope as it was called before, is called ``name`` now."""

    name: RoomName
    reason: CleanText | None = None


class RoomTransferred(RoomEvent, frozen=True):
    """Another user now owns the room."""

    user: UserId
    nick: Nick


class RoomDropped(RoomEvent, frozen=True):
    """The room was deleted; ``out`` are the users who were in it, filled in when the event is applied."""

    out: tuple[tuple[UserId, Nick], ...] = ()
