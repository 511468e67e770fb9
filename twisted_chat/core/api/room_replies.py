"""What only the asker gets told of who may do what in a room."""

from __future__ import annotations

import msgspec

from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.room_settings import Role, Settings
from twisted_chat.core.values.text import CleanText


class RoomReply(msgspec.Struct, frozen=True):
    """Base of these replies."""


class RoomSettings(RoomReply, frozen=True):
    """How a room is set. ``owner`` is an account; ``roles`` are those of accounts, here or not."""

    room: RoomName
    settings: Settings
    locked: bool
    owner: str | None
    roles: tuple[tuple[str, tuple[Role, ...]], ...]


class BanLine(msgspec.Struct, frozen=True):
    """One ban, or mute, in a list: ``left`` are the seconds it goes on, None: for ever. ``time``: seconds since 1970."""

    mute: bool
    target: str
    by: str
    time: float
    left: float | None
    reason: CleanText | None


class Bans(RoomReply, frozen=True):
    """A page of who is kept out of a room, and who may not speak there."""

    room: RoomName
    bans: tuple[BanLine, ...]
    count: int
    page: int
    pages: int


class Invitation(RoomReply, frozen=True):
    """Somebody lets the session's user into a room."""

    by: Nick
    room: RoomName


AnyRoomReply = RoomSettings | Bans | Invitation
