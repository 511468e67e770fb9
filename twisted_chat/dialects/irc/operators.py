"""What operators of the server do, and how a client becomes one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.grammar.table import COMMANDS, BadArguments
from twisted_chat.core.values.durations import read_duration
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


# --- server bans, which are spelled in many ways ---


def ban(session: IrcSession, message: Message) -> Iterator[Step]:
    """Take DLINE and KLINE: ``[DURATION] TARGET [REASON]``; of a mask its host counts, an address or a network."""
    yield from _server_ban(session, "server-ban", _reordered(message.params))


def unban(session: IrcSession, message: Message) -> Iterator[Step]:
    """Take UNDLINE and UNKLINE: ``TARGET``."""
    yield from _server_ban(session, "server-unban", [_host(message.params[0])])


def uban(session: IrcSession, message: Message) -> Iterator[Step]:
    """Take UBAN: ``ADD TARGET [DURATION DURATION] [REASON]``, ``DEL TARGET`` and ``LIST``."""
    what, *rest = message.params
    match what.upper(), rest:
        case "ADD", [target, word, duration, *reason] if word.upper() == "DURATION":
            words = [_host(target), duration, *reason]
            yield from _server_ban(session, "server-ban", words)
        case "ADD", [target, *reason]:
            yield from _server_ban(session, "server-ban", [_host(target), *reason])
        case "DEL", [target, *_]:
            yield from _server_ban(session, "server-unban", [_host(target)])
        case "LIST", _:
            yield from _server_ban(session, "server-bans", [])
        case _:
            yield session.numeric(n.ERR_NEEDMOREPARAMS, "UBAN :Not enough parameters")


def _reordered(params: Sequence[str]) -> list[str]:
    """Put the duration, which stands first on IRC, behind the target."""
    first, *rest = params
    if rest and read_duration(first) is not None:
        target, *reason = rest
        return [_host(target), first, *reason]
    return [_host(first), *rest]


def _host(target: str) -> str:
    """Return the host of a mask of ``user@host``; whatever else a target is stays as it is."""
    return target.rpartition("@")[2]


def _server_ban(session: IrcSession, name: str, words: Sequence[str]) -> Iterator[Step]:
    """Do what our own command does that is typed like this."""
    try:
        command = COMMANDS[name].parse(CleanText(" ".join(words)))
    except (BadArguments, BadName) as bad:
        yield session.fails("INVALID_PARAMS", f"Nothing was changed: {bad}.")
        return
    yield session.asks(command, errors=_ERRORS)
