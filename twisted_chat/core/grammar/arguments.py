"""The arguments of a command: how they are described, read, and told apart."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Final, get_args, get_type_hints

import msgspec

from twisted_chat.core.api import commands as c
from twisted_chat.core.grammar import search
from twisted_chat.core.values.about import UserSetting
from twisted_chat.core.values.account import Privacy
from twisted_chat.core.values.addresses import read_network, spell_network
from twisted_chat.core.values.bans import EXEMPT, BadTarget, Target, read_target
from twisted_chat.core.values.durations import read_duration
from twisted_chat.core.values.ids import MessageId, read_id
from twisted_chat.core.values.names import RoomName, parse_nick, parse_room
from twisted_chat.core.values.profile import BadKey, parse_key
from twisted_chat.core.values.retention import Keep, read_keep
from twisted_chat.core.values.room_settings import NEEDED, NO_ROLES, Action, Change, Setting
from twisted_chat.core.values.text import CleanText, Secret, shown


class BadArguments(ValueError):
    """The arguments do not fit the command. ``str()`` says what would."""


class Spec(msgspec.Struct, frozen=True):
    """One command.

    ``usage`` is shown in help and is the grammar of the arguments: words separated by blanks, of the kinds in
    :data:`KINDS`; ``[X]`` may be left out, and so may ``[X Y]``, both or none; ``TEXT``, ``WORDS``, ``LIMIT``, ``SETTINGS``
    and ``PASSPHRASE`` take the rest of the line. Where people need to be told more, or less, ``grammar`` is the grammar.
    ``build`` gets one value for each, None for what was left out. If what it makes is a :class:`~.commands.RoomCommand`, a
    ``#ROOM`` may stand before the arguments; ``build`` gets it as ``room``.

    What using it needs: ``action`` is the entry in the table of permissions (``shows``: without an argument, everyone may
    see the value); ``account`` says whether an account, or none; ``local`` commands are for server operators and for people
    on the server's machine. That a command is for server operators only, its type says.

    ``secret``: errors quote nothing of the arguments, which are passwords.
    """

    name: str
    usage: str
    help: str
    build: Callable[..., c.Command]
    action: Action | None = None
    account: bool | None = None
    grammar: str = ""
    secret: bool = False
    shows: bool = False
    local: bool = False

    @property
    def takes_room(self) -> bool:
        """Whether ``#ROOM`` may stand first, for another room than the one where a person talks."""
        return issubclass(_made_by(self.build), c.RoomCommand) and "ROOM" not in self.usage

    @property
    def arguments(self) -> list[str]:
        """The words of the grammar."""
        words = (self.grammar or self.usage).split()
        return ["[#ROOM]", *words] if self.takes_room else words

    @property
    def for_server_operators(self) -> bool:
        """Whether only operators of the server may use it."""
        return issubclass(_made_by(self.build), c.ServerCommand)

    @property
    def whole_usage(self) -> str:
        """The usage with the room that may stand first."""
        return f"[#ROOM] {self.usage}".rstrip() if self.takes_room else self.usage

    @property
    def who_may(self) -> str:
        """Who may use it, in the words of the help; "" if anyone may."""
        roles = NEEDED[self.action] if self.action is not None else NO_ROLES
        needs = []
        if self.for_server_operators:
            needs.append("server operators only")
        if self.local:
            needs.append("only server operators and people on the server's own machine")
        if roles:
            who = "room operators" if "operator" in roles else "the owner of the room"
            needs.append(f"only {who} can set it" if self.shows else f"{who} only")
        if self.account is not None:
            needs.append("needs an account" if self.account else "guests only")
        return "; ".join(needs)

    def parse(self, rest: str) -> c.Command:
        """Make the command from what follows its name.

        Raises :class:`BadArguments`, or what the parsers of :mod:`names` and :mod:`text` raise (all ValueErrors).
        """
        kinds = [_Kind(word) for word in self.arguments]
        values: list[object] = []
        rest = rest.strip(" ")
        for i, kind in enumerate(kinds):
            word = rest.partition(" ")[0]
            if kind.bound and values[-1] is None:
                values.append(None)
                continue
            if kind.optional and (
                not word
                or (kind.marked and not kind.fits(word))
                or (not kind.fits(word) and any(later.fits(word) for later in kinds[i + 1 :]))
                or len(rest.split()) <= sum(later.needed for later in kinds[i + 1 :])
            ):
                values.append(1 if kind.name == "PAGE" else None)
                continue
            if not word:
                raise BadArguments(f"{self._shown(kind.name, i - len(kinds))} is missing")
            if kind.takes_rest:
                word = rest
            values.append(kind.read(word))
            rest = rest[len(word) :].lstrip(" ")
        if rest and (self.secret or "PASSWORD" in self.usage):
            raise BadArguments("too many words: a password cannot contain spaces")
        if rest:
            raise BadArguments(f'unexpected argument "{shown(rest)}"')
        if self.takes_room:
            room, *values = values
            return self.build(*values, room=room)
        return self.build(*values)

    def _shown(self, kind: str, place: int) -> str:
        """Return what the usage calls an argument; ``place`` counts from the end, where grammar and usage are alike."""
        return kind if kind in self.usage else self.usage.split()[place]


@functools.cache
def _made_by(build: Callable[..., c.Command]) -> type:
    """Return the class of commands that ``build`` makes, as it is declared; ``object`` if it is not."""
    while isinstance(build, functools.partial):
        build = build.func
    made = build if isinstance(build, type) else get_type_hints(build).get("return")
    return made if isinstance(made, type) else object


class _Kind:
    """One argument of a usage text."""

    def __init__(self, word: str) -> None:
        self.optional = word.startswith("[")
        self.bound = word.endswith("]") and not self.optional
        self.needed = not self.optional and not self.bound
        self.name = word.strip("[]")
        self.marked = self.name[0] in "#@"
        self.takes_rest = self.name in ("TEXT", "WORDS", "LIMIT", "SETTINGS", "PASSPHRASE")
        self.read, self.fits = KINDS[self.name]


def _read_page(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) <= 6 and int(word) > 0):
        raise BadArguments(f'"{shown(word)}" is not a page number; the first page is 1')
    return int(word)


def _read_limit(text: str) -> Keep:
    keep = read_keep(text)
    if keep is None:
        raise BadArguments(
            f'"{shown(text)}" is not a limit; use 30 days, 1000 lines, both, or - for no limit'
        )
    return keep


def _read_number(word: str) -> int:
    digits = word.lstrip("0")
    if not (digits.isascii() and digits.isdigit()):
        raise BadArguments(f'"{shown(word)}" is not a number of lines; it must be at least 1')
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


def _read_search(text: str) -> c.Command:
    try:
        return search.read_search(text)
    except search.BadSearch as bad:
        raise BadArguments(str(bad).removesuffix(".")) from None


def _read_duration(word: str) -> int:
    seconds = read_duration(word)
    if seconds is None:
        raise BadArguments(
            f'"{shown(word)}" is not a duration such as 10m, 2h, 7d or 1d12h (at most 3650d); a reason cannot begin with a digit'
        )
    return seconds


def _read_seconds(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) <= 9):
        raise BadArguments(f'"{shown(word)}" is not a number of seconds; 0 turns slow mode off')
    return int(word)


def _read_members(word: str) -> int:
    if not (word.isascii() and word.isdigit() and len(word) <= 9):
        raise BadArguments(f'"{shown(word)}" is not a number of members; 0 means no limit')
    return int(word)


def _read_switch(word: str) -> int:
    if word.lower() not in ("on", "off"):
        raise BadArguments(f'"{shown(word)}" is neither on nor off')
    return int(word.lower() == "on")


def _read_visibility(word: str) -> int:
    if word.lower() not in ("join", "all"):
        raise BadArguments(f'"{shown(word)}" is neither join nor all')
    return int(word.lower() == "join")


def _read_key(word: str) -> str:
    try:
        return parse_key(word)
    except BadKey as bad:
        raise BadArguments(str(bad)) from None


def _read_settings(text: str) -> tuple[Change, ...]:
    """Read pairs of a setting and its value."""
    words, changes = text.split(), []
    for name, value in zip(words[::2], [*words[1::2], ""], strict=False):
        setting = next((each for each in _SETTINGS if each == name.lower()), None)
        if setting is None:
            raise BadArguments(
                f'"{shown(name)}" is not a setting; the settings are {", ".join(_SETTINGS)}'
            )
        if not value:
            raise BadArguments(f"the value of {setting} is missing")
        changes.append((setting, _SETTINGS[setting](value)))
    return tuple(changes)


def _read_target(word: str) -> tuple[Target, bool]:
    """Read the target of a ban, and whether the user insists on it."""
    try:
        return read_target(word.removeprefix("!")), word.startswith("!")
    except BadTarget as bad:
        raise BadArguments(str(bad).removesuffix(".")) from None


def _read_whom(word: str) -> c.BanTarget:
    """Read the target of a ban from the server. A text with a ``/``, a ``:``, or only digits and dots cannot be a name."""
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
            f'"{shown(word)}" is not 0 (everyone may enter), 1 (no new guests) or 2 (no one new)'
        )
    return int(word)


def _read_where(word: str) -> tuple[RoomName | None]:
    """Read a room; None is all of them. A room of that name is #all."""
    return (None if word.lower() == "all" else parse_room(word),)


def _read_privacy(word: str) -> str:
    if word.lower() not in _PRIVACIES:
        raise BadArguments(f'"{shown(word)}" is not one of {", ".join(_PRIVACIES)}')
    return word.lower()


def _read_own(word: str) -> str:
    if word.lower() not in _OWN:
        raise BadArguments(f'"{shown(word)}" is not one of {", ".join(_OWN)}')
    return word.lower()


def _any(word: str) -> bool:
    return True


#: How the value of each setting is read.
_SETTINGS: Final[dict[Setting, Callable[[str], int]]] = {
    **dict.fromkeys(get_args(Setting), _read_switch),
    "slow": _read_seconds,
    "visibility": _read_visibility,
    "limit": _read_members,
}
_SIDES: Final = ("before", "after")
# The longest way to write a network: eight groups of IPv6, the last two as IPv4, and three digits of prefix.
_LONGEST_NETWORK: Final = 49
_PRIVACIES: Final = get_args(Privacy)
_OWN: Final = get_args(UserSetting)


#: How each kind of argument is read, and whether a word could be one (asked only to tell optional ones apart).
KINDS: Final[dict[str, tuple[Callable[[str], object], Callable[[str], bool]]]] = {
    "NICK": (parse_nick, _any),
    "@NICK": (lambda word: parse_nick(word.removeprefix("@")), lambda word: word.startswith("@")),
    "ROOM": (parse_room, lambda word: not word.isdigit()),
    "#ROOM": (parse_room, lambda word: word.startswith("#")),
    "PASSWORD": (Secret, _any),
    "OLD": (Secret, _any),
    "NEW": (Secret, _any),
    "CODE": (Secret, _any),
    "WHO": (_read_privacy, _any),
    "EXEMPT": (str.lower, lambda word: word.lower() in EXEMPT),
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
    "SECONDS": (_read_seconds, _any),
    "SETTINGS": (_read_settings, _any),
    "KEY": (_read_key, _any),
    "SWITCH": (_read_switch, _any),
    "OWN": (_read_own, _any),
    "VISIBILITY": (_read_visibility, _any),
    "NAME": (CleanText, _any),
    "PASSPHRASE": (Secret, _any),
    "WHOM": (_read_whom, _any),
    "ACCOUNT": (_read_account, _any),
    "LEVEL": (_read_level, _any),
    "MASK": (CleanText, lambda word: not word.isdigit()),
    "ROOM|all": (_read_where, _any),
}
