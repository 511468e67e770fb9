"""Entering and leaving rooms, and who is in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.names import BadName, RoomName, parse_room
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects.base import Step
from twisted_chat.dialects.irc import numerics as n
from twisted_chat.dialects.irc.message import MAX_LINE, Message, middle, pack
from twisted_chat.dialects.irc.replies import told

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession

#: The most rooms, nicknames or other targets of one line.
MAX_TARGETS: Final = 20

_ROLES: Final = {"owner": "~", "operator": "@", "voice": "+"}


def room_named(text: str) -> RoomName:
    """Read the name of a room, which has to begin with one "#". Raises :class:`BadName`."""
    if not text.startswith("#"):
        raise BadName("the name of a room begins with #")
    return parse_room(text)


def no_room(session: IrcSession, text: str, why: object = "No such channel") -> bytes:
    """Answer that there is no such room."""
    return session.numeric(n.ERR_NOSUCHCHANNEL, f"{middle(text)} :{why}")


def listed(text: str) -> list[str]:
    """Return the targets of a list, each once, and no more than can be given in one line."""
    return list(dict.fromkeys(each for each in text.split(",") if each))[:MAX_TARGETS]


def join(session: IrcSession, message: Message) -> Iterator[Step]:
    if message.params[0] == "0":
        yield from _leave_all(session)
        return
    keys = message.param(1).split(",")
    for name, key in zip_longest(listed(message.params[0]), keys[:MAX_TARGETS]):
        if name is None:
            return
        try:
            room = room_named(name)
        except BadName as bad:
            yield no_room(session, name, f"No such channel: {bad}")
            continue
        found: list[r.Entered] = []
        command = c.Join(room, key or None)
        yield session.asks(command, str(room), show=_entering(found))
        for entered in found:
            yield from inside(session, entered)


def _entering(found: list[r.Entered]) -> Callable[[r.Reply], Iterable[str] | None]:
    """Return what notes the answer to a join, which is written with all that belongs to it."""

    def show(reply: r.Reply) -> Iterable[str] | None:
        if isinstance(reply, r.Entered):
            found.append(reply)
        # One who is in the room already only talks there now.
        return () if isinstance(reply, r.FocusSet) else None

    return show


def inside(session: IrcSession, entered: r.Entered, *, shown: bool = True) -> Iterator[Step]:
    """Tell of a room that the client is in now; unless ``shown``, that it is in it, too."""
    room = str(entered.room)
    if not shown:
        yield session.lines(told(session, entered))
    if entered.topic:
        yield session.asks(
            c.ShowTopic(entered.room), room, show=lambda reply: topic_lines(session, reply)
        )
    if "draft/no-implicit-names" not in session.caps:
        yield from names(session, Message("NAMES", (room,)))


def topic_lines(session: IrcSession, reply: r.Reply) -> Iterable[str] | None:
    """Write the topic of a room, and who set it when."""
    if not isinstance(reply, r.Topic):
        return None
    if not reply.topic:
        return (session.spell(n.RPL_NOTOPIC, f"{reply.room} :No topic is set"),)
    lines = [session.spell(n.RPL_TOPIC, f"{reply.room} :{reply.topic}")]
    if reply.by is not None:
        who = f"{reply.room} {reply.by} {int(reply.time)}"
        lines.append(session.spell(n.RPL_TOPICWHOTIME, who))
    return lines


def part(session: IrcSession, message: Message) -> Iterator[Step]:
    text = message.param(1)
    reason = CleanText(text) if text else None
    why = f" :{reason}" if reason else ""
    for name in listed(message.params[0]):
        try:
            room = room_named(name)
        except BadName:
            yield no_room(session, name)
            continue

        def show(reply: r.Reply) -> Iterable[str] | None:
            if isinstance(reply, r.FocusSet) and reply.left is not None:
                return (f":{session.source} PART {reply.left}{why}",)
            return None

        yield session.asks(c.Leave(room, reason), str(room), show=show)


def _leave_all(session: IrcSession) -> Iterator[Step]:
    """Leave every room."""
    assert session.me is not None
    rooms: list[RoomName] = []

    def show(reply: r.Reply) -> Iterable[str] | None:
        if isinstance(reply, r.Profile):
            rooms.extend(reply.rooms)
            return ()
        return None

    yield session.asks(c.Whois(session.me.nick), show=show)
    for room in rooms:
        yield session.asks(c.Leave(room), str(room))


def names(session: IrcSession, message: Message) -> Iterator[Step]:
    for name in listed(message.param(0)) or ["*"]:
        shown = middle(name)
        try:
            room = room_named(name)
        except BadName:
            pass
        else:
            yield session.asks(c.Who(room, whole=True), show=lambda reply: _names(session, reply))
            shown = str(room)
        yield session.numeric(n.RPL_ENDOFNAMES, f"{shown} :End of /NAMES list")


def _names(session: IrcSession, reply: r.Reply) -> Iterable[str] | None:
    """List a part of the members of a room. Who may not see them is told nothing but the end of the list."""
    if isinstance(reply, r.Refused):
        return ()
    if not isinstance(reply, r.People):
        return None
    start = session.spell(n.RPL_NAMREPLY, f"= {reply.room} :")
    words = (_name(session, each) for each in reply.people)
    return [f"{start}{row}" for row in pack(words, MAX_LINE - len(start.encode()))]


def marks(session: IrcSession, person: r.Person) -> str:
    """Return the marks before a nickname for the roles of somebody in a room: the highest, or all."""
    found = "".join(mark for role, mark in _ROLES.items() if role in person.roles)
    return found if "multi-prefix" in session.caps else found[:1]


def _name(session: IrcSession, person: r.Person) -> str:
    return f"{marks(session, person)}{person.nick}"
