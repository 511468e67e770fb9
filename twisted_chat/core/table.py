"""The table of commands: name, arguments, help, who may. One place drives parsing, help and "did you mean".

To add a command, add one :class:`Spec` to :data:`COMMANDS`. Every dialect that has named commands offers it from then on:
the line dialect as ``/name``, the JSON dialect inside ``command``.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Final

import msgspec

from twisted_chat.core import commands as c
from twisted_chat.core import searching
from twisted_chat.core.addresses import read_network, spell_network
from twisted_chat.core.durations import read_duration
from twisted_chat.core.ids import MessageId, read_id
from twisted_chat.core.keep import Keep, read_keep
from twisted_chat.core.names import parse_nick, parse_room
from twisted_chat.core.text import CleanText, shown


class BadArguments(ValueError):
    """The arguments do not fit the command. ``str()`` says what would."""


class Spec(msgspec.Struct, frozen=True):
    """One command.

    ``usage`` is shown in help and is the grammar of the arguments: words separated by blanks, of the kinds in
    :data:`KINDS`; ``[X]`` may be left out, and so may ``[X Y]``, both or none; ``TEXT``, ``WORDS``, ``LIMIT`` and
    ``PASSPHRASE`` take the rest of the line. Where people need to be told more, ``grammar`` is the grammar. ``build`` gets
    one value for each, None for what was left out.
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
        self.takes_rest = self.name in ("TEXT", "WORDS", "LIMIT", "PASSPHRASE")
        self.read, self.fits = KINDS[self.name]


def _read_page(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) <= 6 and int(word) > 0):
        raise BadArguments(f"{shown(word)} is not a page number; pages count from 1")
    return int(word)


def _read_limit(text: str) -> Keep:
    keep = read_keep(text)
    if keep is None:
        raise BadArguments(
            f'"{shown(text)}" is no limit; one is 30 days, or 1000 lines, or both, or - for none'
        )
    return keep


def _read_number(word: str) -> int:
    digits = word.lstrip("0")
    if not (digits.isascii() and digits.isdigit()):
        raise BadArguments(f"{shown(word)} is not a number of lines; lines count from 1")
    return int(digits[:9])  # whatever comes behind them, it is more than is ever shown


def _read_side(word: str) -> str:
    if word.lower() not in _SIDES:
        raise BadArguments(f'"{shown(word)}" is neither before nor after')
    return word.lower()


def _read_id(word: str) -> MessageId:
    message = read_id(word.lower())
    if message is None:
        raise BadArguments(f'"{shown(word)}" is not the id of a message, such as 00064f3d2a1b0c9e')
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
            f'"{shown(word)}" is no duration; write 30m, 12h, 7d or 4w (ten years are the most)'
        )
    return seconds


def _read_target(word: str) -> c.BanTarget:
    """Read whom a server ban is for. What has a ``/``, a ``:``, or only digits and dots can be no name."""
    bare = word.removeprefix("!")
    insist = bare != word
    if "*" in bare or "?" in bare:
        raise BadArguments(
            "masks cannot be banned from the server; give a nick, an account, an address, or a network such as 192.0.2.0/24"
        )
    if "/" in bare or ":" in bare or not bare.strip("0123456789."):
        network = read_network(bare) if len(bare) <= _LONGEST_NETWORK else None
        if network is None:
            raise BadArguments(
                f'"{shown(bare)}" is neither an address nor a network such as 192.0.2.0/24 or 2001:db8::/32'
            )
        return c.BanTarget("network", spell_network(network), insist=insist)
    nick = parse_nick(bare)
    return c.BanTarget("account", nick.key, nick, insist)


def _read_account(word: str) -> c.BanTarget:
    return c.BanTarget("account", parse_nick(word).key)


def _read_level(word: str) -> int:
    if word not in ("0", "1", "2"):
        raise BadArguments(
            f'"{shown(word)}" is none of 0 (everybody may come in), 1 (no new guests) and 2 (nobody new)'
        )
    return int(word)


def _any(word: str) -> bool:
    return True


_SIDES: Final = ("before", "after")
# The longest way to write a network: eight groups of IPv6, the last two as IPv4, and three digits of prefix.
_LONGEST_NETWORK: Final = 49
#: Who may use the commands of server operators.
OPERATORS: Final = "server operators"


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
    "NAME": (CleanText, _any),
    "PASSPHRASE": (CleanText, _any),
    "DURATION": (_read_duration, lambda word: word[:1].isdigit()),
    "TARGET": (_read_target, _any),
    "ACCOUNT": (_read_account, _any),
    "LEVEL": (_read_level, _any),
}

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
            may="operators of the room",
        ),
        Spec(
            "keep",
            "[#ROOM] [LIMIT]",
            "show or set how much history is kept: 30 days 1000 lines",
            lambda room, keep: c.ShowKeep(room) if keep is None else c.SetKeep(keep, room),
            may="operators of the room set it",
        ),
        Spec(
            "stats",
            "",
            "show how the server and its store are doing",
            c.ShowStats,
            may="server operators, and who is on the server's own machine",
        ),
        Spec(
            "oper",
            "NAME PASSWORD",
            "become an operator of this server",
            c.Oper,
            grammar="NAME PASSPHRASE",
        ),
        Spec("deoper", "", "be no operator of this server any more", c.Deoper, may=OPERATORS),
        Spec(
            "kill",
            "NICK [TEXT]",
            "disconnect somebody",
            c.Kill,
            may=OPERATORS,
        ),
        Spec(
            "server-ban",
            "WHOM [DURATION] [TEXT]",
            "keep a nick, account, address or network out",
            c.ServerBan,
            may=OPERATORS,
            grammar="TARGET [DURATION] [TEXT]",
        ),
        Spec(
            "server-unban",
            "WHOM",
            "let an account, address or network in again",
            c.ServerUnban,
            may=OPERATORS,
            grammar="TARGET",
        ),
        Spec(
            "server-bans",
            "[PAGE]",
            "list who is banned from the server",
            lambda page: c.ShowServerBans(page or 1),
            may=OPERATORS,
        ),
        Spec(
            "suspend",
            "ACCOUNT [TEXT]",
            "keep an account out for good",
            lambda account, reason: c.ServerBan(account, None, reason),
            may=OPERATORS,
        ),
        Spec("unsuspend", "ACCOUNT", "let an account in again", c.ServerUnban, may=OPERATORS),
        Spec(
            "announce",
            "TEXT",
            "say something to everybody on the server",
            lambda text: c.Announce((text,)),
            may=OPERATORS,
        ),
        Spec(
            "panic",
            "LEVEL",
            "1: let no new guests in, 2: nobody new, 0: everybody",
            c.SetPanic,
            may=OPERATORS,
        ),
        Spec(
            "audit",
            "[PAGE]",
            "list what operators of this server did",
            lambda page: c.ShowAudit(page or 1),
            may=OPERATORS,
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
    **dict.fromkeys(("sudo", "su"), "oper"),
    **dict.fromkeys(("kline", "gline", "zline", "dline", "akill"), "server-ban"),
    **dict.fromkeys(("unkline", "ungline", "unzline"), "server-unban"),
    **dict.fromkeys(("wall", "wallops", "broadcast", "globops"), "announce"),
    "defcon": "panic",
    "mute": "ignore",
    "unmute": "unignore",
}


def nearest(word: str) -> str | None:
    """Return the name of the command that ``word`` was probably meant to be, if there is one."""
    word = word[:32].lower()
    if word in _ELSEWHERE:
        return _ELSEWHERE[word]
    close = difflib.get_close_matches(word, COMMANDS, n=1, cutoff=0.6)
    return close[0] if close else None
