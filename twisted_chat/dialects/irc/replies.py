"""How IRC writes replies that are the same for all commands. What has no form of its own in IRC is sent as notices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from twisted_chat.core.api import replies as r
from twisted_chat.dialects.irc import numerics as n
from twisted_chat.dialects.irc import read_markers
from twisted_chat.dialects.irc.message import MAX_LINE, pack
from twisted_chat.dialects.irc.view import join
from twisted_chat.dialects.line.replies import answer

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession


def told(session: IrcSession, reply: r.Reply) -> Iterable[str]:
    """Write a reply."""
    render = REPLIES.get(type(reply))
    if render is not None:
        return render(session, reply)
    return [session.notice(line) for line in sentences(reply)]


def sentences(reply: r.Reply) -> Iterator[str]:
    """Yield what the line door says, without the marks before the sentences."""
    for line in answer(reply, None):
        text = line.removeprefix("-- ").removeprefix("! ")
        if text.strip():
            yield text


def _nothing(session: IrcSession, reply: r.Reply) -> Iterable[str]:
    return ()


def _refused(session: IrcSession, reply: r.Refused) -> Iterable[str]:
    asked = session.asked
    # What is too long for any command was not read: it is none of what was asked before.
    about = asked.about if reply.code != "too-long" else ()
    number = asked.errors.get(reply.code) or n.REFUSALS.get(reply.code)
    if number is None:
        what = " ".join((asked.verb or "*", *about))
        return (session.spell(n.ERR_UNKNOWNERROR, f"{what} :{reply.why}"),)
    if number == n.ERR_CHANOPRIVSNEEDED and not about:  # of no room that was named
        number = n.ERR_NOPRIVILEGES
    if number == n.ERR_NOPRIVILEGES:
        about = ()
    if len(about) == 2 and number not in n.OF_BOTH:  # a nick and a room
        about = about[:1] if number == n.ERR_NOSUCHNICK else about[1:]
    return (session.spell(number, " ".join((*about, f":{reply.why}"))),)


def _password_needed(session: IrcSession, reply: r.PasswordNeeded) -> Iterable[str]:
    why = "Wrong password" if reply.wrong else "A password is needed"
    return _refused(
        session, r.Refused("password-needed", f"{why}. Type /join {reply.room} PASSWORD.")
    )


def _entered(session: IrcSession, reply: r.Entered) -> Iterable[str]:
    assert session.me is not None
    return (join(session.view, session.me, str(reply.room)),)


def _focus_set(session: IrcSession, reply: r.FocusSet) -> Iterable[str]:
    return (f":{session.source} PART {reply.left}",) if reply.left is not None else ()


def _noticed(session: IrcSession, reply: r.Notice) -> Iterable[str]:
    if reply.gone is not None and reply.by is not None:
        # To each its own line: a crowd that is told of all of them would be told too much.
        return (f":{reply.by.prefix} KICK {reply.gone} {session.nick} :The room was deleted",)
    # A user who is removed sees that as an event.
    return () if reply.code in ("kicked", "put-out") else (session.notice(reply.text),)


def _recipient_away(session: IrcSession, reply: r.RecipientAway) -> Iterable[str]:
    return (session.spell(n.RPL_AWAY, f"{reply.nick} :{reply.text}"),)


def _watched(session: IrcSession, reply: r.Watched) -> Iterable[str]:
    """Say which of the watched nicks are here, which are not, and which cannot be watched as well."""
    yield from rows(session, n.RPL_MONONLINE, [each.prefix for each in reply.here])
    yield from rows(session, n.RPL_MONOFFLINE, [each.text for each in reply.gone])
    if reply.refused:
        names = ",".join(each.text for each in reply.refused)
        most = session.dialect.limits().max_watched
        yield session.spell(n.ERR_MONLISTFULL, f"{most} {names} :Monitor list is full")


def rows(session: IrcSession, number: int, words: Iterable[str]) -> Iterable[str]:
    """List words separated by commas, on as many lines as they need."""
    start = session.spell(number, ":")
    for row in pack(words, MAX_LINE - len(start.encode())):
        yield f"{start}{row.replace(' ', ',')}"


def _farewell(session: IrcSession, reply: r.Farewell) -> Iterable[str]:
    return (f"ERROR :{reply.why or 'Goodbye.'}",)


def _probe(session: IrcSession, reply: r.Probe) -> Iterable[str]:
    return (f"PING :{session.server}",)


def _pong(session: IrcSession, reply: r.Pong) -> Iterable[str]:
    return (f":{session.server} PONG {session.server} :{reply.text}",)


def logged_in(session: IrcSession, account: str) -> Iterable[str]:
    """Say that the client is logged in to an account now."""
    source = session.source if session.me is not None else f"{session.nick}!*@*"
    why = f":You are now logged in as {account}"
    yield session.spell(n.RPL_LOGGEDIN, f"{source} {account} {why}")


#: How each reply is written; one that is not here is told in words.
REPLIES: Final[dict[type[r.Reply], Callable[[IrcSession, Any], Iterable[str]]]] = {
    r.Acked: _nothing,
    r.Entered: _entered,
    r.Farewell: _farewell,
    r.FocusSet: _focus_set,
    r.Greeting: _nothing,
    r.HistoryEnd: _nothing,
    r.HistoryStart: _nothing,
    r.Hint: _nothing,
    r.Notice: _noticed,
    r.PasswordNeeded: _password_needed,
    r.Pong: _pong,
    r.Probe: _probe,
    r.RecipientAway: _recipient_away,
    r.ReadUntil: read_markers.told,
    r.ReadUpTo: _nothing,
    r.Refused: _refused,
    r.Watched: _watched,
}
