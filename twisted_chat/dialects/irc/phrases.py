"""Sentences that name commands, as people type those in clients of IRC."""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from twisted_chat.core.api import replies as r
from twisted_chat.core.grammar.table import COMMANDS

#: Commands that clients of IRC have, though each in its own way.
_KNOWN: Final = frozenset(
    (
        *("away", "ban", "ignore", "invite", "join", "kick", "kill", "list", "me", "msg", "nick"),
        *(
            "op",
            "deop",
            "oper",
            "quit",
            "topic",
            "unban",
            "unignore",
            "voice",
            "devoice",
            "wallops",
        ),
        *("who", "whois", "whowas"),
    )
)
#: … and those of ours that have another name there.
_NAMES: Final = {
    "back": "away",
    "drop-account": "msg NickServ DROP",
    "drop-room": "msg ChanServ DROP",
    "leave": "part",
    "login": "msg NickServ IDENTIFY",
    "register": "msg NickServ REGISTER",
    "register-room": "msg ChanServ REGISTER",
    "rooms": "list",
}
_COMMAND: Final = re.compile(r"(?<![^ (])/([a-z]+(?:-[a-z]+)*)(?![\w/])")


def for_clients(text: str) -> str:
    """Return a sentence with its commands as clients of IRC know them; they send all others as they are after ``/quote``."""
    return _COMMAND.sub(lambda found: f"/{_spelled(found[1])}", text)


def _spelled(name: str) -> str:
    if name in _KNOWN or name not in COMMANDS:
        return name
    return _NAMES.get(name, f"quote {name.upper()}")


def phrased(reply: r.Reply) -> r.Reply:
    """Return a reply that is a sentence with its commands as clients of IRC know them."""
    match reply:
        case r.Refused(why=text) | r.NameRefused(why=text):
            told = for_clients(text)
            return reply if told == text else replace(reply, why=told)
        case r.Confirmed(text=text) | r.Notice(text=text):
            told = for_clients(text)
            return reply if told == text else replace(reply, text=told)
        case _:
            return reply
