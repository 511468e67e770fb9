"""MARKREAD: until when a client's user has read a room, or a conversation. See IRCv3, draft/read-marker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.names import BadName, Nick, RoomName, parse_nick
from twisted_chat.dialects.base import Step
from twisted_chat.dialects.irc.message import Message, middle
from twisted_chat.dialects.irc.rooms import room_named
from twisted_chat.dialects.schema.base import read_rfc3339, rfc3339_of

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession

CAPABILITY: Final = "draft/read-marker"
_TIMESTAMP: Final = "timestamp="


def markread(session: IrcSession, message: Message) -> Iterator[Step]:
    """Set or show a marker."""
    if not message.params:
        yield session.fails("NEED_MORE_PARAMS", "Missing parameters")
        return
    name, given = message.params[0], message.param(1)
    try:
        target = _named(name)
    except BadName as bad:
        yield session.fails("INVALID_PARAMS", f"Invalid target: {bad}", middle(name))
        return
    if not given:
        yield session.asks(c.ShowReadUntil(target))
        return
    time = read_rfc3339(given.removeprefix(_TIMESTAMP)) if given.startswith(_TIMESTAMP) else None
    if time is None:
        yield session.fails("INVALID_PARAMS", "Invalid timestamp", middle(name), middle(given))
        return

    def show(reply: r.Reply) -> Iterable[str] | None:
        if not isinstance(reply, r.Refused):
            return None
        return (session.failure("INVALID_PARAMS", reply.why, middle(name)),)

    yield session.asks(c.MarkReadUntil(target, time), show=show)


def _named(name: str) -> RoomName | Nick:
    return room_named(name) if name.startswith("#") else parse_nick(name)


def told(session: IrcSession, reply: r.ReadUntil) -> Iterable[str]:
    """Write until when something was read, for clients that support it."""
    if CAPABILITY not in session.caps:
        return ()
    until = "*" if reply.time is None else f"{_TIMESTAMP}{rfc3339_of(reply.time)}"
    return (f":{session.server} MARKREAD {reply.target} {until}",)
