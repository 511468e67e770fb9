"""What happened to who may do what in a room. The author did it."""

from __future__ import annotations

from typing import Literal

import msgspec

from twisted_chat.core.values.bans import Ban, Target
from twisted_chat.core.values.ids import UserId
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.room_settings import Setting


class RoomEvent(msgspec.Struct, frozen=True, gc=False):
    """Base of these events."""


class SettingChanged(RoomEvent, frozen=True):
    """A room is set otherwise; ``value`` is 0 or 1, but for ``slow``, where it is seconds."""

    setting: Setting
    value: int


class PasswordSet(RoomEvent, frozen=True):
    """A room was ``locked``, or unlocked.

    ``password`` is the digest, see :func:`twisted_chat.core.state.room.room_digest`; it is not in the envelope.
    """

    locked: bool
    password: str | None = None


class Invited(RoomEvent, frozen=True):
    """Somebody may come in once, whatever else is set."""

    user: UserId
    nick: Nick


class RoleChanged(RoomEvent, frozen=True):
    """Somebody has a role, or has it no longer; ``user`` is None for an account that is not here."""

    role: Literal["operator", "voice"]
    given: bool
    nick: Nick
    user: UserId | None = None


class Registered(RoomEvent, frozen=True):
    """The room is the author's now, and lasts."""


class Transferred(RoomEvent, frozen=True):
    """The room is somebody else's now."""

    user: UserId
    nick: Nick


class Banned(RoomEvent, frozen=True):
    """Somebody is kept out; ``out`` are those who were put out for it, filled in when it is applied.

    ``user`` is whom the ban is for, if it is for one who is here: then it is for them as they are when it is applied.
    """

    ban: Ban
    user: UserId | None = None
    insist: bool = False
    out: tuple[tuple[UserId, Nick], ...] = ()


class Unbanned(RoomEvent, frozen=True):
    """Somebody may come again."""

    target: Target


class Muted(RoomEvent, frozen=True):
    """Somebody may no longer speak in a room; the ban is for them as they are when it is applied, if they are here."""

    ban: Ban
    user: UserId | None
    nick: Nick


class Unmuted(RoomEvent, frozen=True):
    """Somebody may speak again."""

    target: Target


class Forgotten(RoomEvent, frozen=True):
    """What the author's account has said in the room, or ``everywhere``, is deleted."""

    everywhere: bool


class Dropped(RoomEvent, frozen=True):
    """The room is gone; ``out`` are those who were there, filled in when it is applied."""

    out: tuple[tuple[UserId, Nick], ...] = ()


AnyRoomEvent = (
    SettingChanged
    | PasswordSet
    | Invited
    | RoleChanged
    | Registered
    | Transferred
    | Banned
    | Unbanned
    | Muted
    | Unmuted
    | Forgotten
    | Dropped
)
