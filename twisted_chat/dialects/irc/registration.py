"""Registration of a connection: capabilities, nickname, user name and password, in several lines; and QUIT."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.about import About, user_name_of
from twisted_chat.core.values.names import BadName, Nick, ReservedName, parse_nick
from twisted_chat.core.values.text import Secret, shown
from twisted_chat.dialects.base import Step
from twisted_chat.dialects.irc import metadata, rooms, server
from twisted_chat.dialects.irc import numerics as n
from twisted_chat.dialects.irc.accounts import account_named, prove
from twisted_chat.dialects.irc.capabilities import OFFERED, PER_LINE
from twisted_chat.dialects.irc.message import MAX_LINE, Message, farewell, middle, pack
from twisted_chat.dialects.irc.replies import told

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession


# --- capabilities ---


def cap(session: IrcSession, message: Message) -> Iterator[Step]:
    """Negotiate capabilities; until CAP END the client is not logged in."""
    what = message.param(0).upper()
    if what in ("LS", "REQ") and session.me is None:
        session.registration.negotiating = True
    match what:
        case "LS":
            valued = _at_least_302(message.param(1))
            if valued:
                session.negotiate(session.caps | {"cap-notify"})
            names = [
                f"{name}={value}" if value and valued else name for name, value in OFFERED.items()
            ]
            yield _cap_lines(session, "LS", names, many=valued)
        case "LIST":
            yield _cap_lines(session, "LIST", sorted(session.caps), many=True)
        case "REQ":
            yield _requested(session, message.param(1))
        case "END":
            session.registration.negotiating = False
            yield from _register(session)
        case _:
            yield session.numeric(
                n.ERR_INVALIDCAPCMD, f"{middle(message.param(0))} :Unknown CAP command"
            )


def _at_least_302(version: str) -> bool:
    return version.isascii() and version.isdigit() and int(version[:9]) >= 302


def _requested(session: IrcSession, asked: str) -> bytes:
    """Accept all capabilities that are asked for, or none of them."""
    names = asked.split()
    more = {name for name in names if not name.startswith("-")}
    less = {name[1:] for name in names if name.startswith("-")}
    known = (more | less) <= OFFERED.keys() and "cap-notify" not in less
    if known:
        session.negotiate((session.caps | more) - less)
    answer = "ACK" if known else "NAK"
    return session.lines([f":{session.server} CAP {session.nick} {answer} :{asked.strip()}"])


def _cap_lines(session: IrcSession, what: str, names: Sequence[str], *, many: bool) -> bytes:
    """List capabilities; on several lines if the client knows that (``many``)."""
    start = f":{session.server} CAP {session.nick} {what}"
    rows = list(pack(names, PER_LINE)) or [""]
    if not many:
        # What does not fit one line, the last ones, cannot be told.
        row = next(pack(names, MAX_LINE - len(start.encode()) - len(" :")), "")
        return session.lines([f"{start} :{row}"])
    return session.lines(
        [*(f"{start} * :{row}" for row in rows[:-1]), f"{start} :{rows[-1]}"],
    )


# --- coming in ---


def password(session: IrcSession, message: Message) -> Iterator[Step]:
    """Take a password, for what comes with NICK and USER."""
    if session.me is not None:
        yield session.numeric(n.ERR_ALREADYREGISTERED, ":You may not reregister")
    else:
        session.registration.password = Secret(message.params[0])


def user(session: IrcSession, message: Message) -> Iterator[Step]:
    """Take user name and real name."""
    if session.me is not None:
        yield session.numeric(n.ERR_ALREADYREGISTERED, ":You may not reregister")
        return
    name, real_name = message.params[0], message.params[3]
    if not name or not real_name:
        yield session.numeric(n.ERR_NEEDMOREPARAMS, "USER :Not enough parameters")
        return
    session.registration.user, session.registration.real_name = name, real_name
    yield from _register(session)


def nick(session: IrcSession, message: Message) -> Iterator[Step]:
    """Take a nickname: the first one, or a new one."""
    wanted = message.param(0)
    if not wanted:
        yield session.numeric(n.ERR_NONICKNAMEGIVEN, ":No nickname given")
        return
    try:
        parsed = parse_nick(wanted)
    except BadName as bad:
        # What is nobody's to have looks taken to programs, which then try another.
        number = n.ERR_NICKNAMEINUSE if isinstance(bad, ReservedName) else n.ERR_ERRONEUSNICKNAME
        yield session.numeric(number, f"{middle(wanted)} :That cannot be your nickname: {bad}")
        return
    if session.me is None:
        session.registration.nick = parsed.text
        yield from _register(session)
    else:
        yield session.asks(c.Rename(parsed), parsed.text, show=_renaming)


def _renaming(reply: r.Reply) -> Iterable[str] | None:
    # Clients that ask for the nick that they have expect no answer.
    return () if isinstance(reply, r.Refused) and reply.code == "same-nick" else None


def _register(session: IrcSession) -> Iterator[Step]:
    """Log in, once everything that is needed was sent."""
    given, dialect = session.registration, session.dialect
    if session.me is not None or given.negotiating or not (given.nick and given.user):
        return
    if dialect.closed and not dialect.opens(given.password or ""):
        yield session.numeric(n.ERR_PASSWDMISMATCH, ":Password incorrect")
        yield session.asks(c.Quit())
        return
    wanted = parse_nick(given.nick)
    secret = given.password if not dialect.closed else None
    found: list[r.Entered] = []

    def show(reply: r.Reply) -> Iterable[str] | None:
        return _logging_in(session, wanted, found, reply)

    about = About(user_name_of(given.user), shown(given.real_name, MAX_LINE))
    account, _, password = (secret or "").partition(":")
    if password:
        # Clients without SASL name the account with its password, as those of bouncers do.
        secret, given.password = None, None
        yield from prove(session, account_named(account), Secret(password), n.ERR_PASSWDMISMATCH)
        if session.asked.refused is not None:
            return
    yield session.asks(c.Login(wanted, secret, backlog=0, about=about), show=show)
    if session.me is None:
        given.nick = ""
        return
    session.registration = type(given)()
    yield from server.lusers(session, Message("LUSERS"))
    yield from server.motd(session, Message("MOTD"))
    yield from metadata.begin(session, given.profile)
    for entered in found:
        yield session.lines(told(session, entered))
        yield from rooms.inside(session, entered.room, topic=bool(entered.topic))


def _logging_in(
    session: IrcSession, wanted: Nick, found: list[r.Entered], reply: r.Reply
) -> Iterable[str] | None:
    """Write the answers to a login. The rooms that an earlier session is in are shown after the greeting."""
    match reply:
        case r.Welcome():
            session.me, session.motd = reply.author, reply.motd
            return server.greeting(session)
        case r.Entered():
            found.append(reply)
            return ()
        case r.FocusSet():
            return ()
        case r.NameRefused(code="banned" | "closed", why=why):
            return (session.spell(n.ERR_YOUREBANNEDCREEP, f":{why}"), f"ERROR :{why}")
        case r.NameRefused(code="wrong-password" | "bad-password", why=why):
            return (session.spell(n.ERR_PASSWDMISMATCH, f":{why}"),)
        case r.NameRefused(why=why):
            return (session.spell(n.ERR_NICKNAMEINUSE, f"{wanted} :{why}"),)
        case r.NickPassword():
            why = (
                f"{wanted} is registered. If it is yours, connect with the server password {wanted}:PASSWORD. "
                "Otherwise pick another nickname."
            )
            return (session.spell(n.ERR_NICKNAMEINUSE, f"{wanted} :{why}"),)
        case _:
            return None


# --- being there, and leaving ---


def ping(session: IrcSession, message: Message) -> Iterator[Step]:
    if not message.params:
        yield session.numeric(n.ERR_NEEDMOREPARAMS, "PING :Not enough parameters")
        return
    yield session.lines([f":{session.server} PONG {session.server} :{message.params[0]}"])


def pong(session: IrcSession, message: Message) -> Iterator[Step]:
    if session.me is not None:
        yield session.asks(c.Pong())


def leave(session: IrcSession, message: Message) -> Iterator[Step]:
    yield session.asks(c.Quit(farewell(message.param(0))))
