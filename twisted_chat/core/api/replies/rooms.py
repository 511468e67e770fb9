"""Replies about rooms."""

from __future__ import annotations

import msgspec

from twisted_chat.core.api.replies.base import BaseReply
from twisted_chat.core.values.bans import Exempt
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.room_settings import Role, Settings
from twisted_chat.core.values.text import CleanText


class Entered(BaseReply, frozen=True):
    """The session is in a room, which is now the focused room. ``names`` is the first page of its ``count`` members.

    ``bot_commands`` are the words to which bots in the room answer.
    """

    room: RoomName
    count: int
    names: tuple[Nick, ...]
    topic: CleanText
    created: bool = False
    locked: bool = False
    bot_commands: tuple[str, ...] = ()


class FocusSet(BaseReply, frozen=True):
    """Plain text now goes to ``room``, because the session left ``left`` or, if that is None, came back to a room it was in."""

    room: RoomName | None
    left: RoomName | None = None


class RoomLine(msgspec.Struct, frozen=True):
    """One line of a list of rooms.

    ``created`` and ``topic_time`` are in seconds since 1970; the latter is 0.0 if there is no topic, or none that the user may
    see. ``lasts``: the room persists while it is empty, because it has an owner.
    """

    name: RoomName
    count: int
    topic: CleanText
    locked: bool = False
    created: float = 0.0
    topic_time: float = 0.0
    lasts: bool = False


class Rooms(BaseReply, frozen=True):
    """A page of the rooms."""

    rooms: tuple[RoomLine, ...]
    count: int
    page: int
    pages: int


class Topic(BaseReply, frozen=True):
    """The topic of a room; empty if it has none."""

    room: RoomName
    topic: CleanText
    by: Nick | None = None
    time: float = 0.0


class Kept(BaseReply, frozen=True):
    """How much of a room's history is kept; the server's limits are taken into account."""

    room: RoomName
    keep: Keep


class RoomReply(BaseReply, frozen=True):
    """Base of the replies about the settings, bans and invitations of rooms."""


class RoomSettings(RoomReply, frozen=True):
    """The settings of a room. ``owner`` is an account; ``roles`` are those of accounts, whether they are here or not.

    ``created`` is when the room was made, in seconds since 1970; 0.0 for the lobby, which has always been there.
    """

    room: RoomName
    settings: Settings
    locked: bool
    owner: str | None
    roles: tuple[tuple[str, tuple[Role, ...]], ...]
    created: float


class BanLine(msgspec.Struct, frozen=True):
    """One line of a list of bans, mutes and exceptions; ``time`` is in seconds since 1970.

    ``left`` is for how many seconds it still counts, or None if it is permanent. ``exempt``: it is an exception, and from what.
    """

    mute: bool
    target: str
    by: str
    time: float
    left: float | None
    reason: CleanText | None
    exempt: Exempt | None = None


class Bans(RoomReply, frozen=True):
    """A page of the bans, mutes and exceptions of a room."""

    room: RoomName
    bans: tuple[BanLine, ...]
    count: int
    page: int
    pages: int


class InvitationLine(msgspec.Struct, frozen=True):
    """One room to which the user is invited, by which nick, and when (seconds since 1970)."""

    room: RoomName
    by: str
    time: float


class Invitations(RoomReply, frozen=True):
    """A page of the rooms to which the user is invited."""

    invitations: tuple[InvitationLine, ...]
    count: int
    page: int
    pages: int
