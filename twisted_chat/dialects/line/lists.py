"""How the line dialect lists things: names in lines that fit a terminal, pages, columns."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Iterable
from typing import Final

from twisted_chat.core.api import replies as r
from twisted_chat.dialects.line.layout import isolated, placed
from twisted_chat.dialects.line.words import span

# Where lists of names are broken: what fits on the narrowest terminal in use, with two columns to spare.
_WIDTH: Final = 78
# For how many seconds somebody has said nothing before a list tells that: five minutes.
_SILENT: Final = 300
# How wide the left column of a help text is: that of nearly all commands.
_COLUMN: Final = 21
# No name has one.
_NO_BREAK: Final = "\u00a0"
_OLDER: Final = (
    (
        "/ban #dev NICK",
        "in #dev, wherever you talk; so with all from /ban to /export",
    ),
    ("? or !who", "list who is here"),
    ("TEXT > NICK", "say TEXT to one person, in private; so do MSG NICK:TEXT and !msg NICK TEXT"),
    (
        "JOIN ROOM, MSG TEXT",
        "also LEAVE, LIST, HELP, QUIT, !help and !logout: as in older chat programs",
    ),
    ("//TEXT", "say /TEXT; // TEXT (with a blank) says TEXT exactly as it stands"),
    ("anything else", "is said in the room you talk in"),
)


def entered(reply: r.Entered) -> list[str]:
    """Say where somebody is now, and list who else is there."""
    room = f"a new room, {reply.room}" if reply.created else str(reply.room)
    lock = ", locked with a password" if reply.locked else ""
    head = f"-- You are in {room}{lock}."
    left_out = reply.count - len(reply.names)
    more = [f"--   … and {left_out:,} more; /who {reply.room} lists them."] if left_out else []
    here = "Nobody else is here." if reply.count == 1 else f"{reply.count:,} people are here:"
    topic = [f"-- Topic of {reply.room}: {placed(reply.topic)}"] if reply.topic else []
    words = ", ".join(reply.bot_commands)
    bots = _folded("-- Bots here answer to ", f"{words}.") if words else ()
    if reply.count == 1:
        return [f"{head} {here}", *topic, *bots]
    return [
        f"{head} {here}",
        *wrapped([isolated(nick.text) for nick in reply.names]),
        *more,
        *topic,
        *bots,
    ]


def people(reply: r.People, command: str) -> list[str]:
    """List people; ``command`` with a number behind it shows another page."""
    where = f"in {reply.room}" if reply.room is not None else "here"
    if not reply.count:
        return [f"-- Nobody is {where}."]
    count = "1 person is" if reply.count == 1 else f"{reply.count:,} people are"
    pages = paging(reply.page, reply.pages, command)
    return [f"-- {count} {where}{pages}:", *wrapped(map(_person, reply.people))]


def rooms(reply: r.Rooms, command: str) -> list[str]:
    """List rooms; ``command`` with a number behind it shows another page."""
    count = "1 room" if reply.count == 1 else f"{reply.count:,} rooms"
    width = max((len(str(room.name)) for room in reply.rooms), default=0)
    return [
        f"-- {count}{paging(reply.page, reply.pages, command)}:",
        *(
            f"--   {room.name!s:<{width}} {room.count:>5,}{' locked' if room.locked else ''}  {placed(room.topic)}".rstrip()
            for room in reply.rooms
        ),
    ]


def commands(reply: r.HelpText) -> list[str]:
    """List commands with what they do in two columns, or tell of one."""
    rows = [(f"/{line.name} {line.usage}".rstrip(), line.help) for line in reply.lines]
    if reply.one:
        return [f"-- {usage}: {text}" for usage, text in rows]
    lines = ["-- What you can type:"]
    for usage, text in (*rows, *_OLDER):
        if len(usage) > _COLUMN:
            lines += [f"--   {usage}", *_folded("--".ljust(_COLUMN + 7), text)]
        else:
            lines += _folded(f"--   {usage:<{_COLUMN}}  ", text)
    return lines


def paging(page: int, pages: int, command: str) -> str:
    """Say which page this is, and how to see the next; nothing if it is the only one."""
    if pages == 1:
        return ""
    after = f"; {command}{page + 1} shows the next" if page < pages else ""
    return f" (page {page} of {pages}{after})"


def wrapped(names: Iterable[object]) -> tuple[str, ...]:
    """List names on as many lines as they need; what marks a name stays beside it."""
    text = ", ".join(str(name).replace(" ", _NO_BREAK) for name in names)
    lines = _folded("--   ", text)
    return tuple(line.replace(_NO_BREAK, " ") for line in lines) if _NO_BREAK in text else lines


# Everybody who comes to a crowded room is shown the same first page of names.
@functools.lru_cache(maxsize=64)
def _folded(begin: str, text: str) -> tuple[str, ...]:
    """Break a text at blanks: the first line starts with ``begin``, the others stand below it."""
    wrapped = textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=begin,
        subsequent_indent="--".ljust(len(begin)),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return tuple(wrapped)


def _person(person: r.Person) -> str:
    """Name somebody in a list, with what marks them: roles, and guests, who are not who they may seem to be."""
    told = ["guest"] * (person.account is None) + ["away"] * (person.away is not None)
    if person.idle >= _SILENT:
        told.append(f"silent for {span(person.idle)}")
    sign = "@" if person.operator else "+" if "voice" in person.roles else ""
    return f"{sign}{isolated(person.nick.text)}{_in_brackets(told)}"


def _in_brackets(words: list[str]) -> str:
    return f" ({'; '.join(words)})" if words else ""
