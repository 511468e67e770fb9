"""What a session asks for about who may do what in a room. ``room`` None is the focused one."""

from __future__ import annotations

from typing import Literal

import msgspec

from twisted_chat.core.values.bans import Target
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.room_settings import Setting
from twisted_chat.core.values.text import CleanText


class RoomCommand(msgspec.Struct, frozen=True, gc=False):
    """Base of these commands."""


class ShowSettings(RoomCommand, frozen=True):
    """Ask how a room is set."""

    room: RoomName | None = None


class ChangeSetting(RoomCommand, frozen=True):
    """Change how a room is set; ``value`` is 0 or 1, but for ``slow``, where it is seconds."""

    setting: Setting
    value: int
    room: RoomName | None = None


class SetPassword(RoomCommand, frozen=True):
    """Lock a room with a password; None unlocks it."""

    password: str | None
    room: RoomName | None = None


class Invite(RoomCommand, frozen=True):
    """Let somebody in once, whatever else is set."""

    nick: Nick
    room: RoomName | None = None


class ChangeRole(RoomCommand, frozen=True):
    """Give somebody a role, or take it away."""

    role: Literal["operator", "voice"]
    give: bool
    nick: Nick
    room: RoomName | None = None


class RegisterRoom(RoomCommand, frozen=True):
    """Own a room from now on, so that it lasts."""

    room: RoomName | None = None


class DropRoom(RoomCommand, frozen=True):
    """Do away with one's room, and all that was said there; the name is asked for."""

    room: RoomName | None = None


class Transfer(RoomCommand, frozen=True):
    """Give one's room to somebody."""

    nick: Nick
    room: RoomName | None = None


class PutBan(RoomCommand, frozen=True):
    """Keep somebody out, for so many ``seconds`` or for ever; ``insist``: even if that hits oneself, or everybody."""

    target: Target
    seconds: int | None = None
    reason: CleanText | None = None
    insist: bool = False
    room: RoomName | None = None


class LiftBan(RoomCommand, frozen=True):
    """Let somebody come again."""

    target: Target
    room: RoomName | None = None


class ListBans(RoomCommand, frozen=True):
    """Ask who is kept out, and who may not speak; page counts from 1."""

    page: int = 1
    room: RoomName | None = None


class Mute(RoomCommand, frozen=True):
    """Let somebody speak no more in a room, for so many ``seconds`` or for ever."""

    nick: Nick
    seconds: int | None = None
    reason: CleanText | None = None
    room: RoomName | None = None


class Unmute(RoomCommand, frozen=True):
    """Let somebody speak again."""

    nick: Nick
    room: RoomName | None = None


class Export(RoomCommand, frozen=True):
    """Ask for all that was said in a room."""

    room: RoomName | None = None


class ForgetMe(RoomCommand, frozen=True):
    """Delete what one has said in a room, or with ``everywhere`` in all; if neither is named, that is asked for."""

    room: RoomName | None = None
    everywhere: bool = False


#: What changes something.
Change = (
    ChangeSetting
    | SetPassword
    | Invite
    | ChangeRole
    | RegisterRoom
    | DropRoom
    | Transfer
    | PutBan
    | LiftBan
    | Mute
    | Unmute
    | ForgetMe
)

AnyRoomCommand = Change | ShowSettings | ListBans | Export
