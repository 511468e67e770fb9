"""Saying something, in a room or to one person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.values.names import BadName, parse_nick
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects.base import Step
from twisted_chat.dialects.irc import numerics as n
from twisted_chat.dialects.irc.message import Message, middle
from twisted_chat.dialects.irc.rooms import listed, room_named

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession

_ERRORS: Final = dict.fromkeys(("not-in-room", "needs-account", "banned"), n.ERR_CANNOTSENDTOCHAN)
_ACTION: Final = "\x01ACTION "


def privmsg(session: IrcSession, message: Message) -> Iterator[Step]:
    yield from _say(session, message, "say")


def notice(session: IrcSession, message: Message) -> Iterator[Step]:
    yield from _say(session, message, "notice")


def _say(session: IrcSession, message: Message, kind: c.Kind) -> Iterator[Step]:
    targets, text = listed(message.param(0)), message.param(1)
    if not targets:
        yield session.numeric(411, f":No recipient given ({message.verb})")
        return
    if not text:
        yield session.numeric(412, ":No text to send")
        return
    if text.startswith("\x01") and kind == "say":
        kind = "action" if text.startswith(_ACTION) else "ctcp"
        text = text.strip("\x01").removeprefix("ACTION ")
    line = CleanText(text)
    for target in targets:
        try:
            command: c.Command = (
                c.Say((line,), room_named(target), kind)
                if target.startswith("#")
                else c.PrivateMessage(parse_nick(target), (line,), kind)
            )
        except BadName:
            yield session.numeric(n.ERR_NOSUCHNICK, f"{middle(target)} :No such nick/channel")
        else:
            yield session.asks(command, target, errors=_ERRORS)
