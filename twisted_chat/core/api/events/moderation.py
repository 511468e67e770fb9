"""Who may do what in a room."""

from __future__ import annotations

from typing import Literal

from twisted_chat.core.api.events.base import RoomEvent
from twisted_chat.core.values import bans
from twisted_chat.core.values.ids import UserId
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.room_settings import Change


class SettingsChanged(RoomEvent, frozen=True):
    """Settings of a room were changed, at least one."""

    changes: tuple[Change, ...]


class RoomPasswordSet(RoomEvent, frozen=True):
    """A room was locked with a password or, unless ``locked``, unlocked.

    ``password`` is its digest, see :func:`twisted_chat.core.state.room.room_digest`; the envelope does not contain it.
    ``name``: what the room was called when that was made; it may be called otherwise by now.
    """

    locked: bool
    password: str | None = None
    name: RoomName | None = None


class RoleChanged(RoomEvent, frozen=True):
    """A user was given a role, or it was taken away; ``user`` is None for an account that is not here."""

    role: Literal["operator", "voice"]
    given: bool
    nick: Nick
    user: UserId | None = None


class Banned(RoomEvent, frozen=True):
    """Someone was banned from a room.

    ``user`` is the user whom the ban is for, if they are here: the ban is then made for them as they are when the event is
    applied. ``out`` are the users who were removed because of it (none unless ``put_out``); they are filled in when the event
    is applied.
    """

    ban: bans.Ban
    user: UserId | None = None
    insist: bool = False
    out: tuple[tuple[UserId, Nick], ...] = ()
    put_out: bool = True


class Unbanned(RoomEvent, frozen=True):
    """A ban was lifted."""

    target: bans.Target


class Muted(RoomEvent, frozen=True):
    """Someone was muted in a room; ``user`` is as for :class:`Banned`."""

    ban: bans.Ban
    user: UserId | None = None


class Unmuted(RoomEvent, frozen=True):
    """Someone may speak again."""

    target: bans.Target


class Excepted(RoomEvent, frozen=True):
    """Someone was exempted, see :class:`.commands.PutException`; ``user`` is as for :class:`Banned`."""

    exempt: bans.Exempt
    ban: bans.Ban
    user: UserId | None = None


class ExceptionLifted(RoomEvent, frozen=True):
    """Such an exemption ended."""

    exempt: bans.Exempt
    target: bans.Target
