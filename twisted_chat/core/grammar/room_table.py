"""The commands about one room: its owner, its settings, and who may enter and speak. See :mod:`~.table`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, Literal

from twisted_chat.core.api import commands as c
from twisted_chat.core.grammar.arguments import Spec
from twisted_chat.core.values.bans import Exempt, Target
from twisted_chat.core.values.names import RoomName
from twisted_chat.core.values.room_settings import Change, Setting
from twisted_chat.core.values.text import CleanText


def _setting(setting: Setting) -> Callable[..., c.Command]:
    return partial(_set_one, setting)


def _set_one(setting: Setting, value: int, room: RoomName | None) -> c.ChangeSettings:
    return c.ChangeSettings(((setting, value),), room)


def _set(changes: tuple[Change, ...] | None, room: RoomName | None) -> c.RoomCommand:
    return c.ShowSettings(room) if changes is None else c.ChangeSettings(changes, room)


def _role(role: Literal["operator", "voice"], *, give: bool) -> Callable[..., c.Command]:
    return partial(c.ChangeRole, role, give)


def _ban(
    target: tuple[Target, bool],
    seconds: int | None,
    reason: CleanText | None,
    room: RoomName | None,
) -> c.PutBan:
    return c.PutBan(target[0], seconds, reason, target[1], room)


def _mute(
    target: tuple[Target, bool],
    seconds: int | None,
    reason: CleanText | None,
    room: RoomName | None,
) -> c.Mute:
    return c.Mute(target[0], seconds, reason, room)


def _except(
    exempt: Exempt | None,
    target: tuple[Target, bool],
    seconds: int | None,
    reason: CleanText | None,
    room: RoomName | None,
) -> c.PutException:
    return c.PutException(exempt or "bans", target[0], seconds, reason, room)


def _unexcept(
    exempt: Exempt | None, target: tuple[Target, bool], room: RoomName | None
) -> c.LiftException:
    return c.LiftException(exempt or "bans", target[0], room)


def _unban(target: tuple[Target, bool], room: RoomName | None) -> c.LiftBan:
    return c.LiftBan(target[0], room)


def _unmute(target: tuple[Target, bool], room: RoomName | None) -> c.Unmute:
    return c.Unmute(target[0], room)


def _forget_me(where: tuple[RoomName | None] | None) -> c.ForgetMe:
    if where is None:
        return c.ForgetMe()
    (room,) = where
    return c.ForgetMe(room, everywhere=room is None)


MODERATION_SPECS: Final = (
    Spec("kick", "NICK [TEXT]", "remove a person from the room you talk in", c.Kick, action="kick"),
    Spec(
        "ban",
        "TARGET [DURATION] [TEXT]",
        "ban NICK, *mask*, nick!user@host or address:NICK",
        _ban,
        action="ban",
    ),
    Spec("unban", "TARGET", "lift a ban", _unban, action="unban"),
    Spec("bans", "[PAGE]", "list bans, mutes and exceptions", c.ListBans, action="list bans"),
    Spec("mute", "TARGET [DURATION] [TEXT]", "stop people from speaking", _mute, action="mute"),
    Spec("unmute", "TARGET", "let people speak again", _unmute, action="unmute"),
    Spec(
        "except",
        "[bans|mutes|invites] TARGET [DURATION] [TEXT]",
        "exempt people from bans, mutes or invite-only",
        _except,
        action="ban",
        grammar="[EXEMPT] TARGET [DURATION] [TEXT]",
    ),
    Spec(
        "unexcept",
        "[bans|mutes|invites] TARGET",
        "lift an exception",
        _unexcept,
        action="unban",
        grammar="[EXEMPT] TARGET",
    ),
    Spec(
        "op",
        "NICK",
        "make a member an operator of the room",
        _role("operator", give=True),
        action="change role",
    ),
    Spec(
        "deop",
        "NICK",
        "remove a member's operator rights",
        _role("operator", give=False),
        action="change role",
    ),
    Spec(
        "voice",
        "NICK",
        "let a member speak while the room is moderated or slow",
        _role("voice", give=True),
        action="change role",
    ),
    Spec(
        "devoice",
        "NICK",
        "remove a member's voice",
        _role("voice", give=False),
        action="change role",
    ),
    Spec(
        "moderated",
        "on|off",
        "let only operators and members with voice speak",
        _setting("moderated"),
        action="set",
        grammar="SWITCH",
    ),
    Spec(
        "slow",
        "SECONDS",
        "make members wait between two messages; 0 turns it off",
        _setting("slow"),
        action="set",
    ),
)

ROOM_SPECS: Final = (
    Spec(
        "invite",
        "NICK",
        "invite a person; if an operator does, bans do not count",
        c.InviteToRoom,
        action="invite",
    ),
    Spec(
        "lock",
        "PASSWORD",
        "set the password that people need to enter",
        c.SetRoomPassword,
        action="lock",
        secret=True,
    ),
    Spec("unlock", "", "remove the password", partial(c.SetRoomPassword, None), action="lock"),
    Spec(
        "private",
        "on|off",
        "show the room in lists only to its members",
        _setting("private"),
        action="set",
        grammar="SWITCH",
    ),
    Spec(
        "invite-only",
        "on|off",
        "let in only people who are invited",
        _setting("invite-only"),
        action="set",
        grammar="SWITCH",
    ),
    Spec(
        "topic-lock",
        "on|off",
        "let only operators set the topic",
        _setting("topic-lock"),
        action="set",
        grammar="SWITCH",
    ),
    Spec(
        "visibility",
        "join|all",
        "show members the history since they joined, or all of it",
        _setting("visibility"),
        action="set",
        grammar="VISIBILITY",
    ),
    Spec(
        "set",
        "[SETTING VALUE]",
        "show the settings, or set them: limit, outside, no-ctcp, …",
        _set,
        action="set",
        grammar="[SETTINGS]",
        shows=True,
    ),
    Spec("settings", "", "show the settings and the owner of the room", c.ShowSettings),
    Spec(
        "register-room",
        "",
        "become the owner of the room, and keep it when it is empty",
        c.RegisterRoom,
        action="register",
        account=True,
    ),
    Spec(
        "rename-room",
        "ROOM [TEXT]",
        "rename the room you talk in",
        c.RenameRoom,
        action="rename",
    ),
    Spec("transfer", "NICK", "give the room to another person", c.Transfer, action="transfer"),
    Spec("export", "", "show the whole history of the room", c.Export, action="export"),
    Spec("drop-room", "[ROOM]", "delete the room and its history", c.DropRoom, action="drop"),
    Spec(
        "forget-me",
        "[ROOM|all]",
        "delete everything you said in a room, or in all rooms",
        _forget_me,
        account=True,
    ),
)
