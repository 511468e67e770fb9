"""What the server says about itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.about import MAX_USER_NAME
from twisted_chat.core.values.names import MAX_NICK, MAX_ROOM
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects.base import Step
from twisted_chat.dialects.irc import letters, masks
from twisted_chat.dialects.irc import numerics as n
from twisted_chat.dialects.irc.message import MAX_LINE, Message, middle, pack
from twisted_chat.dialects.irc.messages import MAX_RECIPIENTS
from twisted_chat.dialects.irc.phrases import for_clients
from twisted_chat.dialects.irc.room_list import ELIST
from twisted_chat.dialects.irc.rooms import MAX_TARGETS
from twisted_chat.dialects.wording.help import lines

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession

#: The most tokens in one line of ISUPPORT.
_TOKENS: Final = 13
_SUPPORTED: Final = "are supported by this server"
_VERBS: Final = "/quote HELP NAME explains each of these:"
_COMMANDS: Final = (
    "Everything else is done by commands after /quote, such as /quote SEARCH. "
    "/quote HELP talk, people, rooms, account and moderation list them."
)
_HELP_WIDTH: Final = 70


def greeting(session: IrcSession) -> Iterable[str]:
    """Greet a client that has logged in, up to what the server supports."""
    server, nick = session.server, session.nick
    started = datetime.fromtimestamp(session.dialect.started, UTC)
    yield session.spell(n.RPL_WELCOME, f":Welcome to {session.dialect.network}, {nick}")
    yield session.spell(
        n.RPL_YOURHOST, f":Your host is {server}, running version {session.dialect.version}"
    )
    yield session.spell(n.RPL_CREATED, f":This server was started {started:%Y-%m-%d %H:%M} UTC")
    yield session.spell(
        n.RPL_MYINFO, f"{server} {session.dialect.version} BRTiow CMRbdeIiklmnostvy"
    )
    tokens = isupport(session)
    room = MAX_LINE - len(session.spell(n.RPL_ISUPPORT, f" :{_SUPPORTED}").encode())
    for first in range(0, len(tokens), _TOKENS):
        for row in pack(tokens[first : first + _TOKENS], room):
            yield session.spell(n.RPL_ISUPPORT, f"{row} :{_SUPPORTED}")


def isupport(session: IrcSession) -> list[str]:
    """Return what the server supports, see modern.ircdocs.horse, RPL_ISUPPORT."""
    limits = session.dialect.limits()
    return [
        f"ACCOUNTEXTBAN={masks.ACCOUNT_PREFIX}",
        f"AWAYLEN={limits.max_away}",
        f"BOT={letters.USER_LETTERS['bot']}",
        "CASEMAPPING=ascii",
        f"CHATHISTORY={limits.max_history}",
        f"CHANMODES={masks.LETTERS},{letters.KEY},{letters.NUMBERS},{letters.SWITCHES}",
        f"CHANLIMIT=#:{limits.max_rooms}",
        f"CHANNELLEN={MAX_ROOM + 1}",
        "CHANTYPES=#",
        f"ELIST={ELIST}",
        f"EXCEPTS={masks.EXCEPTION}",
        f"EXTBAN=,{masks.EXTBANS}",
        f"INVEX={masks.INVITATION}",
        f"KICKLEN={limits.max_away}",
        "MAXLIST=" + ",".join(f"{each}:{limits.max_bans}" for each in masks.LETTERS),
        f"MODES={MAX_TARGETS}",
        "MSGREFTYPES=timestamp,msgid",
        "NETWORK=" + session.dialect.network.replace("\\", r"\x5C").replace("=", r"\x3D"),
        f"MONITOR={limits.max_watched}",
        f"NAMELEN={limits.max_real_name}",
        f"NICKLEN={MAX_NICK}",
        "PREFIX=(qov)~@+",
        "STATUSMSG=@",
        f"TARGMAX=JOIN:{MAX_TARGETS},KICK:{MAX_TARGETS},NAMES:{MAX_TARGETS},NOTICE:{MAX_RECIPIENTS},"
        f"PART:{MAX_TARGETS},PRIVMSG:{MAX_RECIPIENTS},TAGMSG:{MAX_RECIPIENTS}",
        f"TOPICLEN={limits.max_topic}",
        f"USERLEN={MAX_USER_NAME}",
        "UTF8ONLY",
        "WHOX",
    ]


def lusers(session: IrcSession, message: Message) -> Iterator[Step]:
    """Count the users that are here."""

    def show(reply: r.Reply) -> Iterable[str] | None:
        if not isinstance(reply, r.Counts):
            return None
        users, hidden, peak = reply.users, reply.hidden, reply.peak
        there = f":There are {users - hidden} users and {hidden} invisible on 1 servers"
        counts = f"{users} {peak} :Current {{}} users {users}, max {peak}"
        return (
            session.spell(n.RPL_LUSERCLIENT, there),
            session.spell(n.RPL_LUSEROP, f"{reply.operators} :operator(s) online"),
            session.spell(n.RPL_LUSERUNKNOWN, f"{reply.nameless} :unknown connection(s)"),
            session.spell(n.RPL_LUSERCHANNELS, f"{reply.rooms} :channels formed"),
            session.spell(n.RPL_LUSERME, f":I have {users} clients and 0 servers"),
            session.spell(n.RPL_LOCALUSERS, counts.format("local")),
            session.spell(n.RPL_GLOBALUSERS, counts.format("global")),
        )

    yield session.asks(c.ShowCounts(), show=show)


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


def admin(session: IrcSession, message: Message) -> Iterator[Step]:
    yield session.numeric(n.ERR_NOADMININFO, f"{session.server} :No administrative info available")


def info(session: IrcSession, message: Message) -> Iterator[Step]:
    started = datetime.fromtimestamp(session.dialect.started, UTC)
    for line in (
        f"{session.dialect.version}, one chat for IRC, telnet, and programs that speak JSON",
        f"Running since {started:%Y-%m-%d %H:%M} UTC",
    ):
        yield session.numeric(n.RPL_INFO, f":{line}")
    yield session.numeric(n.RPL_ENDOFINFO, ":End of /INFO list")


def links(session: IrcSession, message: Message) -> Iterator[Step]:
    """List the servers of the network: one, because nobody needs to know how many machines there are."""
    yield session.numeric(n.RPL_ENDOFLINKS, "* :End of /LINKS list")


def stats(session: IrcSession, message: Message) -> Iterator[Step]:
    """Answer with statistics: all letters but "u", the uptime, have the same answer, in words."""
    letter = middle(message.param(0))[:1]
    if letter == "u":
        up = int(session.dialect.now() - session.dialect.started)
        days, rest = divmod(up, 86_400)
        spelled = f"{days} days {rest // 3600}:{rest // 60 % 60:02}:{rest % 60:02}"
        yield session.numeric(n.RPL_STATSUPTIME, f":Server up {spelled}")
    else:
        yield session.asks(c.ShowStats())
    yield session.numeric(n.RPL_ENDOFSTATS, f"{letter} :End of /STATS report")


def explain(session: IrcSession, message: Message) -> Iterator[Step]:
    """Explain a verb, or one of our commands; without one, what there is."""
    topic = message.param(0)
    if not topic:
        verbs = pack(sorted(session.dialect.verbs), _HELP_WIDTH)
        yield session.lines(_help_lines(session, "*", (_VERBS, *verbs, _COMMANDS)))
        return
    verb = session.dialect.verbs.get(topic.upper())
    if verb is not None:
        yield session.lines(_help_lines(session, middle(topic), [verb.usage]))
        return
    about = middle(topic)

    def show(reply: r.Reply) -> Iterable[str] | None:
        match reply:
            case r.HelpText(lines=found):
                return _help_lines(session, about, map(for_clients, lines(found)))
            case r.Refused():
                why = f"{about} :No help on that. /HELP lists the commands"
                return (session.spell(n.ERR_HELPNOTFOUND, why),)
            case _:
                return None

    yield session.asks(c.Help(CleanText(topic) or None), show=show)


def _help_lines(session: IrcSession, about: str, texts: Iterable[str]) -> Iterable[str]:
    first, *rest = texts
    yield session.spell(n.RPL_HELPSTART, f"{about} :{first}")
    for line in rest:
        yield session.spell(n.RPL_HELPTXT, f"{about} :{line}")
    yield session.spell(n.RPL_ENDOFHELP, f"{about} :End of help")
