"""Who may do what in a room."""

from __future__ import annotations

from typing import Literal

from twisted_chat.core.api.commands.base import RoomCommand
from twisted_chat.core.values.bans import Exempt, Target
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.room_settings import Change
from twisted_chat.core.values.text import CleanText


class ShowSettings(RoomCommand, frozen=True):
    """Ask for the settings of a room."""

    room: RoomName | None = None


class ChangeSettings(RoomCommand, frozen=True):
    """Change settings of a room, at least one."""

    changes: tuple[Change, ...]
    room: RoomName | None = None


class SetRoomPassword(RoomCommand, frozen=True):
    """Lock a room with a password; None unlocks it."""

    password: str | None
    room: RoomName | None = None


class ChangeRole(RoomCommand, frozen=True):
    """Give a user a role, or take it away."""

    role: Literal["operator", "voice"]
    give: bool
    nick: Nick
    room: RoomName | None = None


class PutBan(RoomCommand, frozen=True):
    """Ban someone from a room for ``seconds``, or permanently if that is None.

    ``insist``: do it even if the ban matches the user who makes it, or everyone. With ``put_out``, members who match are
    removed from the room; with a mask of ``nick!user@host`` they never are.
    """

    target: Target
    seconds: int | None = None
    reason: CleanText | None = None
    insist: bool = False
    room: RoomName | None = None
    put_out: bool = True


class LiftBan(RoomCommand, frozen=True):
    """Lift a ban from a room."""

    target: Target
    room: RoomName | None = None


class ListBans(RoomCommand, frozen=True):
    """Ask for the bans, mutes and exceptions of a room; pages count from 1."""

    page: int = 1
    room: RoomName | None = None


class Mute(RoomCommand, frozen=True):
    """Forbid someone to speak in a room, see :class:`PutBan`. A mask does not mute members who have voice."""

    target: Target
    seconds: int | None = None
    reason: CleanText | None = None
    room: RoomName | None = None


class Unmute(RoomCommand, frozen=True):
    """Allow someone to speak in a room again."""

    target: Target
    room: RoomName | None = None


class PutException(RoomCommand, frozen=True):
    """Exempt someone from the bans or mutes of a room, or from the need for an invitation; see :class:`PutBan`."""

    exempt: Exempt
    target: Target
    seconds: int | None = None
    reason: CleanText | None = None
    room: RoomName | None = None


class LiftException(RoomCommand, frozen=True):
    """End such an exemption."""

    exempt: Exempt
    target: Target
    room: RoomName | None = None
