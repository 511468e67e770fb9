"""How the line dialect lists things: names in lines that fit a terminal, and pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from twisted_chat.core.api import replies as r
from twisted_chat.dialects.help import folded
from twisted_chat.dialects.line.layout import isolated, placed
from twisted_chat.dialects.line.words import span

# For how many seconds somebody has said nothing before a list tells that: five minutes.
_SILENT: Final = 300
# No name has one.
_NO_BREAK: Final = "\u00a0"


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
    bots = folded("-- Bots here answer to ", f"{words}.") if words else ()
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


def paging(page: int, pages: int, command: str) -> str:
    """Say which page this is, and how to see the next; nothing if it is the only one."""
    if pages == 1:
        return ""
    after = f"; {command}{page + 1} shows the next" if page < pages else ""
    return f" (page {page} of {pages}{after})"


def wrapped(names: Iterable[object]) -> tuple[str, ...]:
    """List names on as many lines as they need; what marks a name stays beside it."""
    text = ", ".join(str(name).replace(" ", _NO_BREAK) for name in names)
    lines = folded("--   ", text)
    return tuple(line.replace(_NO_BREAK, " ") for line in lines) if _NO_BREAK in text else lines


def _person(person: r.Person) -> str:
    """Name somebody in a list, with what marks them: roles, and guests, who are not who they may seem to be."""
    told = ["guest"] * (person.account is None) + ["away"] * (person.away is not None)
    if person.idle >= _SILENT:
        told.append(f"silent for {span(person.idle)}")
    sign = "@" if person.operator else "+" if "voice" in person.roles else ""
    return f"{sign}{isolated(person.nick.text)}{_in_brackets(told)}"


def _in_brackets(words: list[str]) -> str:
    return f" ({'; '.join(words)})" if words else ""
