"""MONITOR: being told when a user comes or goes, see IRCv3, monitor and extended-monitor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.names import BadName, Nick, parse_nick
from twisted_chat.dialects.base import Step
from twisted_chat.dialects.irc import numerics as n
from twisted_chat.dialects.irc.message import Message, middle
from twisted_chat.dialects.irc.replies import rows
from twisted_chat.dialects.irc.rooms import listed

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession


def monitor(session: IrcSession, message: Message) -> Iterator[Step]:
    match message.params[0].upper():
        case "+":
            yield from _add(session, message.param(1))
        case "-":
            yield session.asks(c.Watch(remove=tuple(_nicks(message.param(1)))), show=_quiet)
        case "C":
            yield session.asks(c.Watch(clear=True), show=_quiet)
        case "L":
            yield session.asks(c.ShowWatched(), show=lambda reply: _list(session, reply))
            yield session.numeric(n.RPL_ENDOFMONLIST, ":End of MONITOR list")
        case "S":
            yield session.asks(c.ShowWatched())
        case _:
            why = "MONITOR :The first parameter is +, -, C, L or S"
            yield session.numeric(n.ERR_NEEDMOREPARAMS, why)


def _add(session: IrcSession, names: str) -> Iterator[Step]:
    nicks = tuple(_nicks(names))
    for name in listed(names):
        if _nick(name) is None:
            yield session.numeric(n.RPL_MONOFFLINE, f":{middle(name)}")
    if nicks:
        in_detail = "extended-monitor" in session.caps
        yield session.asks(c.Watch(nicks, in_detail=in_detail))


def _nicks(names: str) -> Iterator[Nick]:
    for name in names.split(","):
        nick = _nick(name)
        if nick is not None:
            yield nick


def _nick(name: str) -> Nick | None:
    try:
        return parse_nick(name)
    except BadName:
        return None


def _quiet(reply: r.Reply) -> Iterable[str] | None:
    return () if isinstance(reply, r.Watched) else None


def _list(session: IrcSession, reply: r.Reply) -> Iterable[str] | None:
    if not isinstance(reply, r.Watched):
        return None
    nicks = [*(each.nick for each in reply.here), *reply.gone]
    return rows(session, n.RPL_MONLIST, [each.text for each in nicks])
