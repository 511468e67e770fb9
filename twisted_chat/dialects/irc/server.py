"""What the server says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.names import MAX_NICK, MAX_ROOM
from twisted_chat.dialects.base import Step
from twisted_chat.dialects.irc import numerics as n
from twisted_chat.dialects.irc.message import Message
from twisted_chat.dialects.irc.rooms import MAX_TARGETS

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession

#: The most tokens in one line of ISUPPORT.
_TOKENS: Final = 13
_SUPPORTED: Final = "are supported by this server"


def greeting(session: IrcSession) -> Iterable[str]:
    """Greet a client that has come in, up to what the server supports."""
    server, nick = session.server, session.nick
    started = datetime.fromtimestamp(session.dialect.started, UTC)
    yield session.spell(n.RPL_WELCOME, f":Welcome to {server}, {nick}")
    yield session.spell(
        n.RPL_YOURHOST, f":Your host is {server}, running version {session.dialect.version}"
    )
    yield session.spell(n.RPL_CREATED, f":This server was started {started:%Y-%m-%d %H:%M} UTC")
    yield session.spell(
        n.RPL_MYINFO, f"{server} {session.dialect.version} BRTiow CMRbdeIiklmnostvy"
    )
    tokens = isupport(session)
    for first in range(0, len(tokens), _TOKENS):
        row = " ".join(tokens[first : first + _TOKENS])
        yield session.spell(n.RPL_ISUPPORT, f"{row} :{_SUPPORTED}")


def isupport(session: IrcSession) -> list[str]:
    """Return what the server supports, see modern.ircdocs.horse, RPL_ISUPPORT."""
    limits = session.dialect.limits()
    return [
        f"AWAYLEN={limits.max_away}",
        "CASEMAPPING=ascii",
        f"CHANLIMIT=#:{limits.max_rooms}",
        f"CHANNELLEN={MAX_ROOM + 1}",
        "CHANTYPES=#",
        f"KICKLEN={limits.max_away}",
        f"NETWORK={session.server}",
        f"NICKLEN={MAX_NICK}",
        "PREFIX=(qov)~@+",
        f"TARGMAX=JOIN:{MAX_TARGETS},KICK:{MAX_TARGETS},NAMES:{MAX_TARGETS},NOTICE:{MAX_TARGETS},"
        f"PART:{MAX_TARGETS},PRIVMSG:{MAX_TARGETS}",
        f"TOPICLEN={limits.max_topic}",
        "UTF8ONLY",
    ]


def lusers(session: IrcSession, message: Message) -> Iterator[Step]:
    """Count who is here."""

    def show(reply: r.Reply) -> Iterable[str] | None:
        if not isinstance(reply, r.Stats):
            return None
        return (
            session.spell(n.RPL_LUSERCLIENT, f":There are {reply.users} users on 1 server"),
            session.spell(n.RPL_LUSERCHANNELS, f"{reply.rooms} :channels formed"),
            session.spell(n.RPL_LUSERME, f":I have {reply.users} clients and 0 servers"),
        )

    yield session.asks(c.ShowStats(), show=show)


def motd(session: IrcSession, message: Message) -> Iterator[Step]:
    """Show the message of the day."""
    if not session.motd:
        yield session.numeric(n.ERR_NOMOTD, ":There is no message of the day. Try /join #lobby")
        return
    yield session.numeric(n.RPL_MOTDSTART, f":- {session.server} message of the day -")
    for line in session.motd:
        yield session.numeric(n.RPL_MOTD, f":- {line}")
    yield session.numeric(n.RPL_ENDOFMOTD, ":End of /MOTD command")


def version(session: IrcSession, message: Message) -> Iterator[Step]:
    yield session.numeric(n.RPL_VERSION, f"{session.dialect.version} {session.server} :")


def time(session: IrcSession, message: Message) -> Iterator[Step]:
    now = session.dialect.now()
    spelled = datetime.fromtimestamp(now, UTC)
    yield session.numeric(
        n.RPL_TIME, f"{session.server} {int(now)} 0 :{spelled:%Y-%m-%d %H:%M:%S} UTC"
    )
