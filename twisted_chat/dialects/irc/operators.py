"""What operators of the server do, and how a client becomes one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.names import BadName, parse_nick
from twisted_chat.core.values.text import CleanText, Secret
from twisted_chat.dialects.base import Step
from twisted_chat.dialects.irc import numerics as n
from twisted_chat.dialects.irc.message import Message, middle

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession

#: A client that is not one is told so in the words of IRC, because 482 is about rooms.
_ERRORS: Final = {"not-operator": n.ERR_NOPRIVILEGES}


def oper(session: IrcSession, message: Message) -> Iterator[Step]:
    def show(reply: r.Reply) -> Iterable[str] | None:
        match reply:
            case r.Confirmed(text=text):
                return (session.spell(n.RPL_YOUREOPER, f":{text}"),)
            case r.Refused(code="wrong-password", why=why):
                return (session.spell(n.ERR_PASSWDMISMATCH, f":{why}"),)
            case r.Refused(why=why):
                return (session.spell(n.ERR_NOOPERHOST, f":{why}"),)
            case _:
                return None

    name, password = CleanText(message.params[0]), Secret(message.params[1])
    yield session.asks(c.Oper(name, password), show=show)


def kill(session: IrcSession, message: Message) -> Iterator[Step]:
    name, text = message.params[0], message.param(1)
    try:
        nick = parse_nick(name)
    except BadName:
        yield session.numeric(n.ERR_NOSUCHNICK, f"{middle(name)} :No such nick")
        return
    command = c.Kill(nick, CleanText(text) if text else None)
    yield session.asks(command, nick.text, errors=_ERRORS)


def wallops(session: IrcSession, message: Message) -> Iterator[Step]:
    command = c.Announce((CleanText(message.params[0]),), wallops=True)
    yield session.asks(command, errors=_ERRORS)
