"""The commands about who may do what in a room. Each takes a ``#ROOM`` first, for another room than one talks in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from twisted_chat.core.api import commands as c
from twisted_chat.core.grammar.arguments import Spec
from twisted_chat.core.values.names import RoomName
from twisted_chat.core.values.room_settings import Setting

OPERATORS: Final = "operators of the room"
OWNER: Final = "the owner of the room"


def _setting(setting: Setting) -> Callable[[RoomName | None, int], c.Command]:
    return lambda room, value: c.ChangeSetting(setting, value, room)


def _role(role: Literal["operator", "voice"], *, give: bool) -> Callable[..., c.Command]:
    return lambda room, nick: c.ChangeRole(role, give, nick, room)


def _forget_me(where: tuple[RoomName | None] | None) -> c.Command:
    if where is None:
        return c.ForgetMe()
    (room,) = where
    return c.ForgetMe(room, everywhere=room is None)


ROOM_SPECS: Final = (
    Spec(
        "ban",
        "TARGET [DURATION] [TEXT]",
        "keep out NICK, *mask*, *.PART.PART.ip, address:NICK",
        lambda room, target, seconds, reason: c.PutBan(target[0], seconds, reason, target[1], room),
        may=OPERATORS,
        grammar="[#ROOM] TARGET [DURATION] [TEXT]",
    ),
    Spec(
        "unban",
        "TARGET",
        "let somebody come again",
        lambda room, target: c.LiftBan(target[0], room),
        may=OPERATORS,
        grammar="[#ROOM] TARGET",
    ),
    Spec(
        "bans",
        "[PAGE]",
        "list who is kept out, and who is muted",
        lambda room, page: c.ListBans(page or 1, room),
        may=OPERATORS,
        grammar="[#ROOM] [PAGE]",
    ),
    Spec(
        "mute",
        "NICK [DURATION] [TEXT]",
        "let somebody speak no more in the room",
        lambda room, nick, seconds, reason: c.Mute(nick, seconds, reason, room),
        may=OPERATORS,
        grammar="[#ROOM] NICK [DURATION] [TEXT]",
    ),
    Spec(
        "unmute",
        "NICK",
        "let somebody speak again",
        lambda room, nick: c.Unmute(nick, room),
        may=OPERATORS,
        grammar="[#ROOM] NICK",
    ),
    Spec(
        "op",
        "NICK",
        "make somebody an operator of the room",
        _role("operator", give=True),
        may=OPERATORS,
        grammar="[#ROOM] NICK",
    ),
    Spec(
        "deop",
        "NICK",
        "make somebody no longer an operator",
        _role("operator", give=False),
        may=OPERATORS,
        grammar="[#ROOM] NICK",
    ),
    Spec(
        "voice",
        "NICK",
        "let somebody speak while the room is moderated or slow",
        _role("voice", give=True),
        may=OPERATORS,
        grammar="[#ROOM] NICK",
    ),
    Spec(
        "devoice",
        "NICK",
        "take that back",
        _role("voice", give=False),
        may=OPERATORS,
        grammar="[#ROOM] NICK",
    ),
    Spec(
        "invite",
        "NICK",
        "let somebody in once, past password, bans and the rest",
        lambda room, nick: c.InviteToRoom(nick, room),
        may=OPERATORS,
        grammar="[#ROOM] NICK",
    ),
    Spec(
        "lock",
        "PASSWORD",
        "let only those in who know a password",
        lambda room, password: c.SetRoomPassword(password, room),
        may=OPERATORS,
        grammar="[#ROOM] PASSWORD",
        secret=True,
    ),
    Spec(
        "unlock",
        "",
        "ask for no password any more",
        lambda room: c.SetRoomPassword(None, room),
        may=OPERATORS,
        grammar="[#ROOM]",
    ),
    Spec(
        "private",
        "on|off",
        "show the room in lists only to those who are in it",
        _setting("private"),
        may=OPERATORS,
        grammar="[#ROOM] SWITCH",
    ),
    Spec(
        "invite-only",
        "on|off",
        "let only those in who are invited",
        _setting("invite-only"),
        may=OPERATORS,
        grammar="[#ROOM] SWITCH",
    ),
    Spec(
        "moderated",
        "on|off",
        "let only those speak who have voice",
        _setting("moderated"),
        may=OPERATORS,
        grammar="[#ROOM] SWITCH",
    ),
    Spec(
        "slow",
        "SECONDS",
        "let people wait so long between two lines; 0 turns it off",
        _setting("slow"),
        may=OPERATORS,
        grammar="[#ROOM] SECONDS",
    ),
    Spec(
        "topic-lock",
        "on|off",
        "let only operators set the topic",
        _setting("topic-lock"),
        may=OPERATORS,
        grammar="[#ROOM] SWITCH",
    ),
    Spec(
        "visibility",
        "join|all",
        "show people the room's history since they came, or all of it",
        _setting("visibility"),
        may=OPERATORS,
        grammar="[#ROOM] VISIBILITY",
    ),
    Spec(
        "settings",
        "",
        "show how the room you talk in is set, and whose it is",
        c.ShowSettings,
        grammar="[#ROOM]",
    ),
    Spec(
        "register-room",
        "",
        "own the room, so that it lasts when nobody is there",
        c.RegisterRoom,
        may="operators of the room, with an account",
        grammar="[#ROOM]",
    ),
    Spec(
        "transfer",
        "NICK",
        "give the room to somebody",
        lambda room, nick: c.Transfer(nick, room),
        may=OWNER,
        grammar="[#ROOM] NICK",
    ),
    Spec(
        "export",
        "",
        "show all that was ever said in the room",
        c.Export,
        may=OWNER,
        grammar="[#ROOM]",
    ),
    Spec(
        "drop-room",
        "[ROOM]",
        "delete the room, and all that was said there",
        c.DropRoom,
        may=OWNER,
    ),
    Spec(
        "forget-me",
        "[ROOM|all]",
        "delete what you said in a room, or in all",
        _forget_me,
        may="who has an account",
    ),
)
