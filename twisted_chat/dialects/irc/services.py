"""NickServ and ChanServ: not users, but other spellings of our commands, as people know them from IRC networks.

What is said to them reaches nobody: it may be a password.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

import msgspec

from twisted_chat.core.api import commands as c
from twisted_chat.core.values.account import Privacy
from twisted_chat.core.values.names import BadName, parse_nick
from twisted_chat.core.values.text import Secret
from twisted_chat.dialects.base import Step
from twisted_chat.dialects.irc.accounts import account_named
from twisted_chat.dialects.irc.message import Message
from twisted_chat.dialects.irc.replies import sentences
from twisted_chat.dialects.irc.rooms import room_named

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession

_PRIVACY: Final[dict[str, Privacy]] = {"ALL": "all", "ACCOUNTS": "accounts", "ROOMS": "rooms"}
_ONE_USER: Final = "All sessions of an account are one user here, so nobody can hold your nickname: log in to get it back."


class Word(msgspec.Struct, frozen=True):
    """A word that a service understands: its arguments, its help, and its command, or the text of the answer."""

    usage: str
    help: str
    least: int
    command: Callable[[IrcSession, Sequence[str]], c.Command | str]


def _identify(session: IrcSession, words: Sequence[str]) -> c.Command:
    assert session.me is not None
    account = account_named(words[0]) if len(words) > 1 else session.me.nick
    return c.Authenticate(account, Secret(words[-1]))


def _register(session: IrcSession, words: Sequence[str]) -> c.Command:
    """Make an account; what is no address may be an invitation code, or the rest of a password, which is refused."""
    code = words[1] if len(words) > 1 and "@" not in words[1] else None
    return c.Register(Secret(words[0]), code)


def _set(session: IrcSession, words: Sequence[str]) -> c.Command | str:
    match words[0].upper(), *words[1:]:
        case "PASSWORD", old, new:
            return c.ChangePassword(Secret(old), Secret(new))
        case "PRIVACY", who if who.upper() in _PRIVACY:
            return c.SetPrivacy(_PRIVACY[who.upper()])
        case _:
            return "You can set PASSWORD OLD NEW and PRIVACY ALL|ACCOUNTS|ROOMS."


def _role(role: str, give: bool, session: IrcSession, words: Sequence[str]) -> c.Command:
    assert session.me is not None
    nick = parse_nick(words[1]) if len(words) > 1 else session.me.nick
    return c.ChangeRole(
        "operator" if role == "operator" else "voice", give, nick, room_named(words[0])
    )


NICKSERV: Final = {
    "REGISTER": Word(
        "PASSWORD [EMAIL|CODE]",
        "create an account for your nickname",
        1,
        _register,
    ),
    "IDENTIFY": Word("[ACCOUNT] PASSWORD", "log in to an account", 1, _identify),
    "LOGOUT": Word(
        "",
        "log out",
        0,
        lambda _, words: "To log out, disconnect, and connect again without the password.",
    ),
    "GHOST": Word("NICK", "get a nickname back", 0, lambda _, words: _ONE_USER),
    "RECOVER": Word("NICK", "get a nickname back", 0, lambda _, words: _ONE_USER),
    "DROP": Word(
        "PASSWORD", "delete your account", 1, lambda _, words: c.DropAccount(Secret(words[0]))
    ),
    "INFO": Word(
        "NICK",
        "show what is known about a person",
        1,
        lambda _, words: c.Whois(parse_nick(words[0])),
    ),
    "SET": Word("PASSWORD OLD NEW | PRIVACY WHO", "change your account", 1, _set),
}

CHANSERV: Final = {
    "REGISTER": Word(
        "#ROOM",
        "become the owner of a room",
        1,
        lambda _, words: c.RegisterRoom(room_named(words[0])),
    ),
    "DROP": Word("#ROOM", "delete your room", 1, lambda _, words: c.DropRoom(room_named(words[0]))),
    "INFO": Word(
        "#ROOM",
        "show the settings of a room",
        1,
        lambda _, words: c.ShowSettings(room_named(words[0])),
    ),
    "OP": Word("#ROOM [NICK]", "make a member an operator", 1, partial(_role, "operator", True)),
    "DEOP": Word(
        "#ROOM [NICK]", "remove a member's operator rights", 1, partial(_role, "operator", False)
    ),
    "VOICE": Word("#ROOM [NICK]", "give a member voice", 1, partial(_role, "voice", True)),
    "DEVOICE": Word("#ROOM [NICK]", "remove a member's voice", 1, partial(_role, "voice", False)),
    "TRANSFER": Word(
        "#ROOM NICK",
        "give your room to another person",
        2,
        lambda _, words: c.Transfer(parse_nick(words[1]), room_named(words[0])),
    ),
}

#: The services by their names in lower case, with their names as they write them.
SERVICES: Final = {
    "nickserv": ("NickServ", NICKSERV),
    "ns": ("NickServ", NICKSERV),
    "chanserv": ("ChanServ", CHANSERV),
    "cs": ("ChanServ", CHANSERV),
}


def by_verb(session: IrcSession, message: Message) -> Iterator[Step]:
    """Take what clients send for ``/ns`` and ``/nickserv``."""
    yield from asked(session, message.verb, " ".join(message.params))


def asked(session: IrcSession, service: str, text: str) -> Iterator[Step]:
    """Do what a service is asked to do."""
    name, table = SERVICES[service.lower()]

    def says(lines: Iterable[str]) -> bytes:
        return session.lines(_from(session, name, line) for line in lines)

    verb, *words = text.split() or ["HELP"]
    word = table.get(verb.upper())
    if word is None:
        if verb.upper() != "HELP":
            yield says([f"There is no such command. /msg {name} HELP lists them."])
            return
        yield says(
            [f"{key} {each.usage}: {each.help}".replace(" :", ":") for key, each in table.items()]
        )
        return
    if len(words) < word.least:
        yield says([f"Usage: /msg {name} {verb.upper()} {word.usage}"])
        return
    try:
        command = word.command(session, words)
    except BadName as bad:
        yield says(
            [f"That is not a valid name: {bad}. Usage: /msg {name} {verb.upper()} {word.usage}"]
        )
        return
    if isinstance(command, str):
        yield says([command])
        return
    yield session.asks(
        command, show=lambda reply: [_from(session, name, line) for line in sentences(reply)]
    )
    if isinstance(command, c.Authenticate) and session.asked.refused is None:
        yield says([f"You are now logged in as {command.account}."])


def _from(session: IrcSession, name: str, text: str) -> str:
    return f":{name}!{name}@{session.server} NOTICE {session.nick} :{text}"
