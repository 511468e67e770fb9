"""Accounts: SASL before and after the login, and registration.

IRCv3, sasl-3.2 and draft/account-registration; RFC 4616 for PLAIN.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.names import BadName, Nick, parse_nick
from twisted_chat.core.values.text import BadText, Secret
from twisted_chat.dialects.base import Step
from twisted_chat.dialects.irc import numerics as n
from twisted_chat.dialects.irc.message import Message, middle
from twisted_chat.dialects.irc.replies import logged_in

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession

MECHANISMS: Final = ("PLAIN",)
#: The longest piece of what a client sends; one that long is followed by another.
_PIECE: Final = 400
#: The most that a client may send in all: the longest password, twice over.
_MOST: Final = 8192

_WRONG: Final = {
    n.ERR_SASLFAIL: "SASL authentication failed",
    n.ERR_PASSWDMISMATCH: "Password incorrect",
}

#: The codes of REGISTER by those of refusals.
_FAILURES: Final = {
    "nick-taken": "ACCOUNT_EXISTS",
    "is-registered": "ACCOUNT_EXISTS",
    "already-logged-in": "ALREADY_AUTHENTICATED",
    "bad-nick": "BAD_ACCOUNT_NAME",
    "bad-password": "UNACCEPTABLE_PASSWORD",
    "password-too-short": "WEAK_PASSWORD",
}


def authenticate(session: IrcSession, message: Message) -> Iterator[Step]:
    """Take the next piece of an authentication: its mechanism, or a part of the client's credentials."""
    given = message.params[0]
    if given == "*":
        session.sasl = None
        yield session.numeric(n.ERR_SASLABORTED, ":SASL authentication aborted")
    elif session.sasl is None:
        if given.upper() not in MECHANISMS:
            mechanisms = ",".join(MECHANISMS)
            about = f"{mechanisms} :are available SASL mechanisms"
            yield session.numeric(n.RPL_SASLMECHS, about)
            yield _failed(session)
        else:
            session.sasl = ""
            yield session.lines(["AUTHENTICATE +"])
    elif len(given) > _PIECE:
        session.sasl = None
        yield session.numeric(n.ERR_SASLTOOLONG, ":SASL message too long")
    elif len(session.sasl) + len(given) > _MOST:
        session.sasl = None
        yield _failed(session)
    else:
        session.sasl += given if given != "+" else ""
        if len(given) < _PIECE:
            payload, session.sasl = session.sasl, None
            yield from _plain(session, payload)


def _failed(session: IrcSession) -> bytes:
    return session.numeric(n.ERR_SASLFAIL, f":{_WRONG[n.ERR_SASLFAIL]}")


def _plain(session: IrcSession, payload: str) -> Iterator[Step]:
    """Authenticate by the name and password of an account."""
    try:
        wanted, name, password = base64.b64decode(payload, validate=True).decode().split("\0")
        account = account_named(name)
        if wanted and account_named(wanted) != account:
            raise ValueError("a client can only act as the account whose password it gives")
        secret = Secret(password)
    except (ValueError, binascii.Error, BadName, BadText):
        yield _failed(session)
        return
    yield from prove(session, account, secret)


def account_named(text: str) -> Nick:
    """Read the name of an account; after an "@" may follow the client's name for its device."""
    return parse_nick(text.partition("@")[0])


def prove(
    session: IrcSession, account: Nick, password: Secret, failed: int = n.ERR_SASLFAIL
) -> Iterator[Step]:
    """Have a password checked; a wrong name is answered like a wrong password, with the numeric ``failed``."""

    def show(reply: r.Reply) -> Iterable[str] | None:
        match reply:
            case r.Authenticated(account=name):
                return [*logged_in(session, name.text), *done]
            case r.Refused():
                return (session.spell(failed, f":{_WRONG[failed]}"),)
            case _:
                return None

    done = [session.spell(n.RPL_SASLSUCCESS, ":SASL authentication successful")]
    if failed != n.ERR_SASLFAIL:
        done = []
    yield session.asks(c.Authenticate(account, password), show=show)
    if session.me is not None and session.asked.refused is None:
        yield session.lines(done)


def register(session: IrcSession, message: Message) -> Iterator[Step]:
    """Register an account for the client's nickname. An e-mail address is accepted, but not stored."""
    name, _, password = message.params[:3]
    about = middle(name)
    if session.me is None:
        why = "Finish connecting first, then register."
        yield session.fails("COMPLETE_CONNECTION_REQUIRED", why, about)
        return
    nick = session.me.nick
    try:
        wanted = nick if name == "*" else parse_nick(name)
    except BadName as bad:
        yield session.fails(
            "BAD_ACCOUNT_NAME", f"That cannot be the name of an account: {bad}.", about
        )
        return
    if wanted != nick:
        why = f"An account always has the name of your nickname. Type /nick {wanted} first."
        yield session.fails("ACCOUNT_NAME_MUST_BE_NICK", why, about)
        return

    def show(reply: r.Reply) -> Iterable[str] | None:
        if isinstance(reply, r.Refused):
            code = _FAILURES.get(reply.code, "TEMPORARILY_UNAVAILABLE")
            return (session.failure(code, reply.why, nick.text),)
        if isinstance(reply, r.Confirmed):
            line = f":{session.server} REGISTER SUCCESS {nick} :{reply.text}"
            return [line]
        return None

    yield session.asks(c.Register(Secret(password)), show=show)


def verify(session: IrcSession, message: Message) -> Iterator[Step]:
    """There is nothing to verify."""
    about = middle(message.params[0])
    yield session.fails(
        "INVALID_CODE", "Accounts on this server do not need to be verified.", about
    )
