"""What a client says and sets about itself: away, its real name, its modes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.about import UserChange
from twisted_chat.core.values.names import BadName, parse_nick
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects.base import Step
from twisted_chat.dialects.irc import letters
from twisted_chat.dialects.irc import numerics as n
from twisted_chat.dialects.irc.message import Message

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession

#: More letters than there are: a client that sends more of them repeats some.
_MAX_LETTERS: Final = 20


def away(session: IrcSession, message: Message) -> Iterator[Step]:
    text = message.param(0)
    yield session.asks(c.Away(CleanText(text) if text else None))


def setname(session: IrcSession, message: Message) -> Iterator[Step]:
    def show(reply: r.Reply) -> Iterable[str] | None:
        if not isinstance(reply, r.Refused):
            return None
        return (session.failure("INVALID_REALNAME", reply.why),)

    yield session.asks(c.SetRealName(CleanText(message.params[0])), show=show)


def mode(session: IrcSession, message: Message) -> Iterator[Step]:
    """Show or change the settings of the client's own user."""
    assert session.me is not None
    try:
        mine = parse_nick(message.params[0]) == session.me.nick
    except BadName:
        mine = False
    if not mine:
        yield session.numeric(n.ERR_USERSDONTMATCH, ":Cannot change mode for other users")
    elif len(message.params) == 1:
        yield session.asks(c.ShowUser(), show=lambda reply: _modes(session, reply))
    else:
        yield from _change(session, message.params[1])


def _modes(session: IrcSession, reply: r.Reply) -> Iterable[str] | None:
    if not isinstance(reply, r.Yourself):
        return None
    found = [letters.USER_LETTERS[setting] for setting, on in reply.settings if on]
    found += letters.OPERATOR * reply.operator + letters.PRIVATE * (reply.privacy == "accounts")
    return (session.spell(n.RPL_UMODEIS, f"+{''.join(sorted(found))}"),)


def _change(session: IrcSession, text: str) -> Iterator[Step]:
    """Change all settings at once, which are one line, then what needs a command of its own."""
    give, changes, others = True, dict[str, UserChange](), dict[str, bool]()
    unknown = False
    for letter in text[: 2 * _MAX_LETTERS]:
        if letter in "+-":
            give = letter == "+"
        elif letter in letters.USER_SETTINGS:
            changes[letter] = letters.USER_SETTINGS[letter], give
        elif letter in (letters.OPERATOR, letters.PRIVATE):
            others[letter] = give
        else:
            unknown = True
    if changes:
        yield session.asks(c.ChangeUser(tuple(changes.values())))
    if others.get(letters.OPERATOR) is False:
        # Nobody becomes one like this.
        yield session.asks(c.Deoper(), show=_quiet)
    if letters.PRIVATE in others:
        yield from _private(session, give=others[letters.PRIVATE])
    if unknown:
        yield session.numeric(n.ERR_UMODEUNKNOWNFLAG, ":Unknown MODE flag")


def _private(session: IrcSession, *, give: bool) -> Iterator[Step]:
    """Say who may send the client private messages."""

    def show(reply: r.Reply) -> Iterable[str] | None:
        if not isinstance(reply, r.Confirmed):
            return None
        sign = "+" if give else "-"
        return (f":{session.source} MODE {session.nick} {sign}{letters.PRIVATE}",)

    yield session.asks(c.SetPrivacy("accounts" if give else "all"), show=show)


def _quiet(reply: r.Reply) -> Iterable[str] | None:
    """Say nothing: a change is shown as an event, and other servers do not answer if nothing changed either."""
    return () if isinstance(reply, r.Confirmed | r.Refused) else None
