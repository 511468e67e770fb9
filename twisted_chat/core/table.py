"""The table of commands: name, arguments, help, who may. One place drives parsing, help and "did you mean".

To add a command, add one :class:`Spec` to :data:`COMMANDS`. Every dialect that has named commands offers it from then on:
the line dialect as ``/name``, the JSON dialect inside ``command``.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Final, Literal

import msgspec

from twisted_chat.core import commands as c
from twisted_chat.core import room_commands as rc
from twisted_chat.core import searching
from twisted_chat.core.bans import BadTarget, Target, read_target
from twisted_chat.core.durations import read_duration
from twisted_chat.core.ids import MessageId, read_id
from twisted_chat.core.keep import Keep, read_keep
from twisted_chat.core.names import RoomName, parse_nick, parse_room
from twisted_chat.core.standing import Setting
from twisted_chat.core.text import CleanText, shown


class BadArguments(ValueError):
    """The arguments do not fit the command. ``str()`` says what would."""


class Spec(msgspec.Struct, frozen=True):
    """One command.

    ``usage`` is shown in help and is the grammar of the arguments: words separated by blanks, of the kinds in
    :data:`KINDS`; ``[X]`` may be left out, and so may ``[X Y]``, both or none; ``TEXT``, ``WORDS`` and ``LIMIT`` take the
    rest of the line. Where people need to be told more, ``grammar`` is the grammar. ``build`` gets one value for each, None
    for what was left out.
    """

    name: str
    usage: str
    help: str
    build: Callable[..., c.Command]
    may: str = "anyone"
    grammar: str = ""

    def parse(self, rest: str) -> c.Command:
        """Make the command from what follows its name.

        Raises :class:`BadArguments`, or what the parsers of :mod:`names` and :mod:`text` raise (all ValueErrors).
        """
        kinds = [_Kind(word) for word in (self.grammar or self.usage).split()]
        values: list[object] = []
        rest = rest.strip(" ")
        for i, kind in enumerate(kinds):
            word = rest.partition(" ")[0]
            if kind.bound and values[-1] is None:
                values.append(None)
                continue
            if kind.optional and (
                not word
                or (not kind.fits(word) and any(later.fits(word) for later in kinds[i + 1 :]))
            ):
                values.append(None)
                continue
            if not word:
                raise BadArguments(f"{kind.name} is missing")
            if kind.takes_rest:
                word = rest
            values.append(kind.read(word))
            rest = rest[len(word) :].lstrip(" ")
        if rest:
            raise BadArguments(f'"{shown(rest)}" is too much')
        return self.build(*values)


class _Kind:
    """One argument of a usage text."""

    def __init__(self, word: str) -> None:
        self.optional = word.startswith("[")
        self.bound = word.endswith("]") and not self.optional
        self.name = word.strip("[]")
        self.takes_rest = self.name in ("TEXT", "WORDS", "LIMIT")
        self.read, self.fits = KINDS[self.name]


def _read_page(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) <= 6 and int(word) > 0):
        raise BadArguments(f"{shown(word)} is not a page number; pages count from 1")
    return int(word)


def _read_limit(text: str) -> Keep:
    keep = read_keep(text)
    if keep is None:
        raise BadArguments(
            f'"{shown(text)}" is neither 30 days, nor 1000 lines, nor both, nor - for no limit'
        )
    return keep


def _read_number(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) <= 9 and int(word) > 0):
        raise BadArguments(f"{shown(word)} is not a number of lines")
    return int(word)


def _read_side(word: str) -> str:
    if word.lower() not in _SIDES:
        raise BadArguments(f'"{shown(word)}" is neither before nor after')
    return word.lower()


def _read_id(word: str) -> MessageId:
    message = read_id(word.lower())
    if message is None:
        raise BadArguments(f'"{shown(word)}" is not the id of a message, which has 16 characters')
    return message


def _history(limit: int | None, side: str | None, message: MessageId | None) -> c.Command:
    if side == "after":
        return c.ShowHistory(after=message, limit=limit)
    return c.ShowHistory(before=message, limit=limit)


def _read_search(text: str) -> c.Command:
    try:
        return searching.read_search(text)
    except searching.BadSearch as bad:
        raise BadArguments(str(bad)) from None


def _read_duration(word: str) -> int:
    seconds = read_duration(word)
    if seconds is None:
        raise BadArguments(
            f'"{shown(word)}" is no duration such as 10m, 2h, 7d or 1d12h (3650d at most); a reason cannot begin with a digit'
        )
    return seconds


def _read_seconds(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) <= 9):
        raise BadArguments(f'"{shown(word)}" is not a number of seconds')
    return int(word)


def _read_switch(word: str) -> int:
    if word.lower() not in ("on", "off"):
        raise BadArguments(f'"{shown(word)}" is neither on nor off')
    return int(word.lower() == "on")


def _read_visibility(word: str) -> int:
    if word.lower() not in ("join", "all"):
        raise BadArguments(f'"{shown(word)}" is neither join nor all')
    return int(word.lower() == "join")


def _read_target(word: str) -> tuple[Target, bool]:
    """Read whom a ban is for, and whether it is insisted on."""
    try:
        return read_target(word.removeprefix("!")), word.startswith("!")
    except BadTarget as bad:
        raise BadArguments(str(bad)) from None


def _read_where(word: str) -> tuple[RoomName | None]:
    """Read a room; None is all of them. A room of that name is #all."""
    return (None if word.lower() == "all" else parse_room(word),)


def _setting(setting: Setting) -> Callable[[RoomName | None, int], c.Command]:
    return lambda room, value: rc.ChangeSetting(setting, value, room)


def _role(role: Literal["operator", "voice"], *, give: bool) -> Callable[..., c.Command]:
    return lambda room, nick: rc.ChangeRole(role, give, nick, room)


def _forget_me(where: tuple[RoomName | None] | None) -> c.Command:
    if where is None:
        return rc.ForgetMe()
    (room,) = where
    return rc.ForgetMe(room, everywhere=room is None)


def _any(word: str) -> bool:
    return True


_SIDES: Final = ("before", "after")


#: How each kind of argument is read, and whether a word could be one (asked only to tell optional ones apart).
KINDS: Final[dict[str, tuple[Callable[[str], object], Callable[[str], bool]]]] = {
    "NICK": (parse_nick, _any),
    "ROOM": (parse_room, lambda word: not word.isdigit()),
    "#ROOM": (parse_room, lambda word: word.startswith("#")),
    "PASSWORD": (CleanText, _any),
    "PAGE": (_read_page, str.isdigit),
    "COMMAND": (CleanText, _any),
    "N": (_read_number, str.isdigit),
    "SIDE": (_read_side, lambda word: word.lower() in _SIDES),
    "ID": (_read_id, lambda word: read_id(word.lower()) is not None),
    "TEXT": (CleanText, _any),
    "LIMIT": (_read_limit, _any),
    "WORDS": (_read_search, _any),
    "TARGET": (_read_target, _any),
    # What begins with a digit is no reason: a mistyped duration must not become a ban for ever.
    "DURATION": (_read_duration, lambda word: word[:1].isdigit()),
    "SECONDS": (_read_seconds, str.isdigit),
    "SWITCH": (_read_switch, _any),
    "VISIBILITY": (_read_visibility, _any),
    "ROOM|all": (_read_where, _any),
}

_OPERATORS: Final = "operators of the room"
_OWNER: Final = "the owner of the room"

COMMANDS: Final[dict[str, Spec]] = {
    spec.name: spec
    for spec in (
        Spec("help", "[COMMAND]", "list the commands, or explain one", c.Help),
        Spec("nick", "NICK", "change your nickname", c.Rename),
        Spec(
            "join",
            "ROOM [PASSWORD]",
            "enter a room and talk there; it is made if it does not exist",
            c.Join,
        ),
        Spec("leave", "[ROOM]", "leave a room (the one you talk in, if you name none)", c.Leave),
        Spec(
            "msg",
            "NICK TEXT",
            "say something to one person, in private",
            lambda nick, text: c.Tell(nick, (text,)),
        ),
        Spec(
            "reply",
            "TEXT",
            "answer the last private message you got",
            lambda text: c.Answer((text,)),
        ),
        Spec(
            "me", "TEXT", "say what you do: /me waves", lambda text: c.Say((text,), kind="action")
        ),
        Spec(
            "who",
            "[ROOM] [PAGE]",
            "list who is here, or in one room",
            lambda room, page: c.Who(room, page or 1),
        ),
        Spec("rooms", "[PAGE]", "list the rooms", lambda page: c.ListRooms(page or 1)),
        Spec("list", "[PAGE]", "list the rooms and the people", lambda page: c.ListAll(page or 1)),
        Spec(
            "history",
            "[N] [before ID | after ID]",
            "show what was said last, before or after",
            _history,
            grammar="[N] [SIDE ID]",
        ),
        Spec(
            "search",
            searching.USAGE,
            "find what was said in your rooms",
            lambda search: search,
            grammar="WORDS",
        ),
        Spec(
            "topic",
            "[#ROOM] [TEXT]",
            "show a room's topic, or set it; - clears it",
            lambda room, text: (
                c.ShowTopic(room)
                if text is None
                else c.SetTopic(CleanText("") if text == "-" else text, room)
            ),
        ),
        Spec(
            "away",
            "[TEXT]",
            "be shown as away, with a reason if you like",
            lambda text: c.Away(text or c.NO_REASON),
        ),
        Spec("back", "", "no longer be shown as away", lambda: c.Away(None)),
        Spec("ignore", "[NICK]", "hide what somebody says, or list whom you ignore", c.Ignore),
        Spec("unignore", "NICK", "show again what somebody says", c.Unignore),
        Spec("whois", "NICK", "tell about somebody", c.Whois),
        Spec(
            "kick",
            "NICK [TEXT]",
            "put somebody out of the room you talk in",
            c.Kick,
            may=_OPERATORS,
        ),
        Spec(
            "ban",
            "[#ROOM] TARGET [DURATION] [TEXT]",
            "keep out a NICK, a mask such as *spam*, an address, 192.0.2.0/24, or address:NICK; for 10m, 2h, 7d, or for ever",
            lambda room, target, seconds, reason: rc.PutBan(
                target[0], seconds, reason, target[1], room
            ),
            may=_OPERATORS,
        ),
        Spec(
            "unban",
            "[#ROOM] TARGET",
            "let somebody come again",
            lambda room, target: rc.LiftBan(target[0], room),
            may=_OPERATORS,
        ),
        Spec(
            "bans",
            "[#ROOM] [PAGE]",
            "list who is kept out, and who is muted",
            lambda room, page: rc.ListBans(page or 1, room),
            may=_OPERATORS,
        ),
        Spec(
            "mute",
            "[#ROOM] NICK [DURATION] [TEXT]",
            "let somebody in the room speak no more",
            lambda room, nick, seconds, reason: rc.Mute(nick, seconds, reason, room),
            may=_OPERATORS,
        ),
        Spec(
            "unmute",
            "[#ROOM] NICK",
            "let somebody speak again",
            lambda room, nick: rc.Unmute(nick, room),
            may=_OPERATORS,
        ),
        Spec(
            "op",
            "[#ROOM] NICK",
            "make somebody an operator of the room",
            _role("operator", give=True),
            may=_OPERATORS,
        ),
        Spec(
            "deop",
            "[#ROOM] NICK",
            "make somebody no longer an operator",
            _role("operator", give=False),
            may=_OPERATORS,
        ),
        Spec(
            "voice",
            "[#ROOM] NICK",
            "let somebody speak while the room is moderated or slow",
            _role("voice", give=True),
            may=_OPERATORS,
        ),
        Spec(
            "devoice",
            "[#ROOM] NICK",
            "take that back",
            _role("voice", give=False),
            may=_OPERATORS,
        ),
        Spec(
            "invite",
            "[#ROOM] NICK",
            "let somebody in once, past password, bans and the rest",
            lambda room, nick: rc.Invite(nick, room),
            may=_OPERATORS,
        ),
        Spec(
            "lock",
            "[#ROOM] PASSWORD",
            "let only those in who know a password",
            lambda room, password: rc.SetPassword(password, room),
            may=_OPERATORS,
        ),
        Spec(
            "unlock",
            "[#ROOM]",
            "ask for no password any more",
            lambda room: rc.SetPassword(None, room),
            may=_OPERATORS,
        ),
        Spec(
            "private",
            "[#ROOM] on|off",
            "show the room in lists only to those who are in it",
            _setting("private"),
            may=_OPERATORS,
            grammar="[#ROOM] SWITCH",
        ),
        Spec(
            "invite-only",
            "[#ROOM] on|off",
            "let only those in who are invited",
            _setting("invite-only"),
            may=_OPERATORS,
            grammar="[#ROOM] SWITCH",
        ),
        Spec(
            "moderated",
            "[#ROOM] on|off",
            "let only those speak who have voice",
            _setting("moderated"),
            may=_OPERATORS,
            grammar="[#ROOM] SWITCH",
        ),
        Spec(
            "slow",
            "[#ROOM] SECONDS",
            "let people wait so long between two lines; 0 turns it off",
            _setting("slow"),
            may=_OPERATORS,
        ),
        Spec(
            "topic-lock",
            "[#ROOM] on|off",
            "let only operators set the topic",
            _setting("topic-lock"),
            may=_OPERATORS,
            grammar="[#ROOM] SWITCH",
        ),
        Spec(
            "visibility",
            "[#ROOM] join|all",
            "show people the room's history since they came, or all of it",
            _setting("visibility"),
            may=_OPERATORS,
            grammar="[#ROOM] VISIBILITY",
        ),
        Spec(
            "settings",
            "[#ROOM]",
            "show how the room you talk in is set, and whose it is",
            rc.ShowSettings,
        ),
        Spec(
            "register-room",
            "[#ROOM]",
            "own the room, so that it lasts when nobody is there",
            rc.RegisterRoom,
            may="operators of the room, with an account",
        ),
        Spec(
            "transfer",
            "[#ROOM] NICK",
            "give the room to somebody",
            lambda room, nick: rc.Transfer(nick, room),
            may=_OWNER,
        ),
        Spec(
            "export",
            "[#ROOM]",
            "show all that was ever said in the room",
            rc.Export,
            may=_OWNER,
        ),
        Spec(
            "drop-room",
            "[ROOM]",
            "delete the room, and all that was said there",
            rc.DropRoom,
            may=_OWNER,
        ),
        Spec(
            "forget-me",
            "[ROOM|all]",
            "delete what you said in a room, or in all",
            _forget_me,
            may="who has an account",
        ),
        Spec(
            "keep",
            "[#ROOM] [LIMIT]",
            "show or set how much history is kept: 30 days 1000 lines",
            lambda room, keep: c.ShowKeep(room) if keep is None else c.SetKeep(keep, room),
            may=f"{_OPERATORS} set it",
        ),
        Spec(
            "stats",
            "",
            "show how the server and its store are doing",
            c.ShowStats,
            may="who is on the server's own machine",
        ),
        Spec("quit", "[TEXT]", "leave the chat", c.Quit),
    )
}


# What other chats call them.
_ELSEWHERE: Final = {
    **dict.fromkeys(("exit", "bye", "q", "logout", "disconnect"), "quit"),
    **dict.fromkeys(("names", "users"), "who"),
    **dict.fromkeys(("tell", "query", "whisper", "dm", "pm", "privmsg"), "msg"),
    **dict.fromkeys(("part", "close"), "leave"),
    **dict.fromkeys(("name", "rename"), "nick"),
    **dict.fromkeys(("channels", "channel"), "rooms"),
    **dict.fromkeys(("h", "?", "commands"), "help"),
    **dict.fromkeys(("m", "w", "notice"), "msg"),
    **dict.fromkeys(("log", "logs", "last", "lastlog", "scrollback", "backlog"), "history"),
    **dict.fromkeys(("find", "grep"), "search"),
    **dict.fromkeys(("health", "status"), "stats"),
    "r": "reply",
    "retention": "keep",
    **dict.fromkeys(("silence", "quiet", "gag"), "mute"),
    **dict.fromkeys(("mode", "modes", "flags", "info"), "settings"),
    **dict.fromkeys(("banlist", "mutes"), "bans"),
    "unregister": "drop-room",
    "promote": "op",
    "demote": "deop",
    "password": "lock",
    "slowmode": "slow",
}


def nearest(word: str) -> str | None:
    """Return the name of the command that ``word`` was probably meant to be, if there is one."""
    word = word[:32].lower()
    if word in _ELSEWHERE:
        return _ELSEWHERE[word]
    close = difflib.get_close_matches(word, COMMANDS, n=1, cutoff=0.6)
    return close[0] if close else None
