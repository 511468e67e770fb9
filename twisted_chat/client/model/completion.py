"""Completion of a word."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import emoji
import msgspec

#: The most that is offered at once.
MOST: Final = 50

# The first argument of a command that is a room.
_ROOM_FIRST: Final = ("ROOM", "[ROOM]", "[#ROOM]", "[ROOM|all]")

# A name between colons that stand alone, or beside each other's.
_NAMED: Final = re.compile(r"(?<![\w:]):[^\s:]+:(?![\w:])")


class Candidate(msgspec.Struct, frozen=True):
    """``text`` takes the place of the word; ``shown`` and ``help`` tell the user what it is."""

    text: str
    shown: str
    help: str = ""


class Offer(msgspec.Struct, frozen=True):
    """What could take the place of ``text[start:end]``, the best first."""

    start: int
    end: int
    candidates: tuple[Candidate, ...]


class Usage(msgspec.Struct, frozen=True):
    """A command as the user is told of it."""

    name: str
    usage: str
    help: str


class Words(msgspec.Struct, frozen=True):
    """What there is to complete: commands by name, nicknames with recent speakers first, names of rooms."""

    commands: Mapping[str, Usage]
    nicks: Sequence[str]
    rooms: Sequence[str]


def complete(text: str, cursor: int, words: Words) -> Offer | None:
    """Return what the word before the cursor could become; None if there is nothing."""
    start = max(text.rfind(" ", 0, cursor), text.rfind("\n", 0, cursor)) + 1
    word = text[start:cursor]
    candidates = _candidates(text, start, word, words)
    return Offer(start, cursor, tuple(candidates[:MOST])) if candidates else None


def _candidates(text: str, start: int, word: str, words: Words) -> list[Candidate]:
    command = _command(text)
    if start == 0 and command is not None:
        return [
            Candidate(f"/{each.name} ", f"/{each.name} {each.usage}".rstrip(), each.help)
            for each in matching_commands(command, words.commands)
        ]
    if len(word) > 1 and word.startswith(":"):
        return [Candidate(sign, f"{sign} :{name}:") for name, sign in emoji_named(word[1:])]
    usage = words.commands[command].usage if command and command in words.commands else ""
    first = usage.partition(" ")[0]
    if word.startswith("#") or (first in _ROOM_FIRST and _is_first_argument(text, start)):
        wanted = word.removeprefix("#")
        return [Candidate(f"#{name} ", f"#{name}") for name in _beginning(wanted, words.rooms)]
    if command == "help":
        return [
            Candidate(each.name, each.name, each.help)
            for each in matching_commands(word, words.commands)
        ]
    at = "@" if word.startswith("@") else ""
    behind = ": " if start == 0 and not at else " "
    return [
        Candidate(f"{at}{nick}{behind}", nick) for nick in _beginning(word[len(at) :], words.nicks)
    ]


def _command(text: str) -> str | None:
    """Return the name of the command that the text is; None if it is none."""
    if not text.startswith("/") or text.startswith("//"):
        return None
    return text[1:].partition(" ")[0].lower()


def _is_first_argument(text: str, start: int) -> bool:
    return text[:start].count(" ") == 1


def _beginning(wanted: str, names: Iterable[str]) -> list[str]:
    wanted = wanted.casefold()
    return [name for name in names if name.casefold().startswith(wanted)]


def matching_commands(begun: str, commands: Mapping[str, Usage]) -> list[Usage]:
    """Return the commands whose names begin with this, in alphabetical order."""
    return [commands[name] for name in sorted(commands) if name.startswith(begun.lower())]


def hint(text: str, commands: Mapping[str, Usage]) -> str:
    """Return what to tell while this is being typed: how the command is used, or which ones begin so."""
    command = _command(text)
    if command is None:
        return ""
    usage = commands.get(command)
    if usage is not None:
        return f"/{usage.name} {usage.usage}".rstrip() + f": {usage.help}"
    if " " in text:
        return f"There is no command /{command}. To send the line as it stands, put // in front."
    begun = matching_commands(command, commands)
    return "  ".join(f"/{each.name}" for each in begun[:MOST])


def emoji_named(begun: str) -> list[tuple[str, str]]:
    """Return (name, sign) of emoji: first those whose names begin with this, then those that contain it; short names first."""
    begun = begun.lower()
    found = [pair for pair in _emoji() if begun in pair[0]]
    found.sort(key=lambda pair: (not pair[0].startswith(begun), len(pair[0]), pair[0]))
    return found[:MOST]


@functools.cache
def _emoji() -> list[tuple[str, str]]:
    names: list[tuple[str, str]] = []
    for sign, data in emoji.EMOJI_DATA.items():
        if data["status"] == emoji.STATUS["fully_qualified"]:
            names += ((name.strip(":"), sign) for name in (*data.get("alias", ()), data["en"]))
    return names


def with_emoji(text: str) -> str:
    """Put the signs for names such as ``:smile:``; what is no such name stays as it is, and so does ``a::b::c``."""
    return _NAMED.sub(lambda found: emoji.emojize(found[0], language="alias"), text)
