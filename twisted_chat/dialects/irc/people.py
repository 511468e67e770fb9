"""WHO, WHOIS, WHOWAS and related verbs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.masks import MAX_HOSTMASK, fits, fits_all, is_mask, shortened
from twisted_chat.core.values.names import BadName, Nick, fold, parse_nick
from twisted_chat.dialects.base import Step
from twisted_chat.dialects.irc import numerics as n
from twisted_chat.dialects.irc.capabilities import KNOWS_METADATA
from twisted_chat.dialects.irc.message import MAX_LINE, Message, middle, pack
from twisted_chat.dialects.irc.rooms import marks, room_named

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession

#: What a client may ask for by WHOX, in the order of the answer.
_FIELDS: Final = "tcuihsnfdlaor"
#: The longest token of WHOX, in digits.
_MAX_TOKEN: Final = 3
#: Stands for an address, which nobody is told.
_NO_ADDRESS: Final = "255.255.255.255"
#: The most nicks of one USERHOST.
_MAX_USERHOST: Final = 5


# --- WHO ---


def who(session: IrcSession, message: Message) -> Iterator[Step]:
    """List people: those of a room, of a mask, or one."""
    mask, options = message.param(0) or "*", message.param(1)
    asked, matches = _asked(mask)
    if "o" in options.partition("%")[0]:
        matches = _both(matches, lambda person: person.server_operator)

    def show(reply: r.Reply) -> Iterable[str] | None:
        match reply:
            case r.People(people=people, room=room):
                where = str(room) if room is not None else "*"
                found = [each for each in people if matches(each)]
                return [_who_line(session, each, where, options) for each in found]
            case r.Refused():
                return ()  # a client that may not see the members gets only the end
            case _:
                return None

    if asked is not None:
        yield session.asks(asked, show=show)
    yield session.numeric(n.RPL_ENDOFWHO, f"{middle(mask)} :End of WHO list")


def _asked(mask: str) -> tuple[c.Who | None, Callable[[r.Person], bool]]:
    """Return the command that asks, or None if nobody can match, and a test for the people that match a mask."""
    try:
        if mask.startswith("#"):
            return c.Who(room_named(mask), whole=True), _anybody
        if mask == "0" or fits_all(mask):
            return c.Who(whole=True), _anybody
        if not is_mask(mask):
            return c.Who(nicks=(parse_nick(mask),)), _anybody
    except BadName:
        return None, _anybody
    folded = shortened(fold(mask))[:MAX_HOSTMASK]
    parts = "!" in mask or "@" in mask

    def matches(person: r.Person) -> bool:
        prefix = f"{person.nick.key}!{fold(person.user_name)}@{fold(person.host)}"
        return fits(folded, prefix if parts else person.nick.key)

    return c.Who(whole=True), matches


def _anybody(person: r.Person) -> bool:
    return True


def _both(
    one: Callable[[r.Person], bool], other: Callable[[r.Person], bool]
) -> Callable[[r.Person], bool]:
    return lambda person: one(person) and other(person)


def _who_line(session: IrcSession, person: r.Person, where: str, options: str) -> str:
    """Write one person's line, with the fields that the client asked for, if any."""
    flags = "".join(
        (
            "G" if person.away is not None else "H",
            "*" * person.server_operator,
            "B" * person.bot,
            marks(session, person.roles),
        )
    )
    _, chosen, fields = options.partition("%")
    if not chosen:
        return session.spell(
            n.RPL_WHOREPLY,
            f"{where} {person.user_name} {person.host} {session.server} {person.nick} {flags} :0 {person.real_name}",
        )
    fields, _, token = fields.partition(",")
    values = {
        "t": token if token.isascii() and token.isdigit() and len(token) <= _MAX_TOKEN else "0",
        "c": where,
        "u": person.user_name,
        "i": _NO_ADDRESS,
        "h": person.host,
        "s": session.server,
        "n": person.nick.text,
        "f": flags,
        "d": "0",
        "l": str(int(person.idle)),
        "a": person.account_name or "0",
        "o": "n/a",
        "r": f":{person.real_name}",
    }
    told = [values[field] for field in _FIELDS if field in fields]
    return session.spell(n.RPL_WHOSPCRPL, " ".join(told))


# --- WHOIS and WHOWAS ---


def whois(session: IrcSession, message: Message) -> Iterator[Step]:
    """Show one person; a parameter before the nick names a server, and there is only one."""
    name = message.param(1) or message.param(0)
    if not name:
        yield session.numeric(n.ERR_NONICKNAMEGIVEN, ":No nickname given")
        return

    def show(reply: r.Reply) -> Iterable[str] | None:
        match reply:
            case r.Profile():
                return _profile(session, reply)
            case r.WasHere() | r.Refused():
                return (session.spell(n.ERR_NOSUCHNICK, f"{shown} :No such nick"),)
            case _:
                return None

    nick, shown = _nick(name), middle(name)
    if nick is None:
        yield session.numeric(n.ERR_NOSUCHNICK, f"{shown} :No such nick")
    else:
        shown = nick.text
        yield session.asks(c.Whois(nick), show=show)
    yield session.numeric(n.RPL_ENDOFWHOIS, f"{shown} :End of WHOIS list")


def _nick(text: str) -> Nick | None:
    try:
        return parse_nick(text)
    except BadName:
        return None


def _profile(session: IrcSession, it: r.Profile) -> Iterator[str]:
    nick = it.nick
    yield session.spell(n.RPL_WHOISUSER, f"{nick} {it.user_name} {it.host} * :{it.real_name}")
    rooms = [
        f"{marks(session, roles)}{room}" for room, roles in zip(it.rooms, it.roles, strict=True)
    ]
    start = session.spell(n.RPL_WHOISCHANNELS, f"{nick} :")
    for row in pack(rooms, MAX_LINE - len(start.encode())):
        yield f"{start}{row}"
    yield session.spell(n.RPL_WHOISSERVER, f"{nick} {session.server} :{session.dialect.version}")
    if it.operator:
        yield session.spell(n.RPL_WHOISOPERATOR, f"{nick} :is a server operator")
    if it.bot:
        yield session.spell(n.RPL_WHOISBOT, f"{nick} :is a bot")
    if it.account_name:
        about = f"{nick} {it.account_name} :is logged in as"
        yield session.spell(n.RPL_WHOISACCOUNT, about)
    if session.caps & KNOWS_METADATA:
        for key, value in it.values:
            yield session.spell(n.RPL_WHOISKEYVALUE, f"{nick} {key} * :{value}")
    if it.addresses:
        addresses = ", ".join(it.addresses)
        yield session.spell(n.RPL_WHOISHOST, f"{nick} :is connecting from {addresses}")
    if it.away is not None:
        yield session.spell(n.RPL_AWAY, f"{nick} :{it.away}")
    times = f"{int(it.idle)} {int(it.since)} :seconds idle, signon time"
    yield session.spell(n.RPL_WHOISIDLE, f"{nick} {times}")


def whowas(session: IrcSession, message: Message) -> Iterator[Step]:
    name, count = message.param(0), message.param(1)
    if not name:
        yield session.numeric(n.ERR_NONICKNAMEGIVEN, ":No nickname given")
        return
    nick, shown = _nick(name), middle(name)
    nobody = session.spell(n.ERR_WASNOSUCHNICK, f"{shown} :There was no such nickname")

    def show(reply: r.Reply) -> Iterable[str] | None:
        match reply:
            case r.WereHere(users=users):
                return [line for each in users for line in _gone(session, each)]
            case r.Refused():
                return (nobody,)
            case _:
                return None

    if nick is None:
        yield session.lines([nobody])
    else:
        most = int(count) if count.isascii() and count.isdigit() and len(count) <= 9 else None
        yield session.asks(c.Whowas(nick, most), show=show)
    yield session.numeric(n.RPL_ENDOFWHOWAS, f"{shown} :End of WHOWAS")


def _gone(session: IrcSession, it: r.WasHere) -> Iterator[str]:
    yield session.spell(n.RPL_WHOWASUSER, f"{it.name} {it.user_name} {it.host} * :{it.real_name}")
    left = datetime.fromtimestamp(it.time, UTC)
    about = f"{it.name} {session.server} :{left:%Y-%m-%d %H:%M:%S} UTC"
    yield session.spell(n.RPL_WHOISSERVER, about)


# --- who of some is here ---


def userhost(session: IrcSession, message: Message) -> Iterator[Step]:
    def spell(each: r.Person) -> str:
        marks = "*" * each.server_operator
        away = "-" if each.away is not None else "+"
        return f"{each.nick}{marks}={away}{each.user_name}@{each.host}"

    names = message.params[:_MAX_USERHOST]
    yield from _of_these(session, names, n.RPL_USERHOST, spell)


def ison(session: IrcSession, message: Message) -> Iterator[Step]:
    names = " ".join(message.params).split()
    yield from _of_these(session, names, n.RPL_ISON, lambda each: each.nick.text)


def _of_these(
    session: IrcSession, names: Sequence[str], number: int, spell: Callable[[r.Person], str]
) -> Iterator[Step]:
    """Say which of some people are here, in one line; ``spell`` writes each of them."""
    nicks = tuple(nick for name in names if (nick := _nick(name)) is not None)
    found: list[str] = []

    def show(reply: r.Reply) -> Iterable[str] | None:
        if not isinstance(reply, r.People):
            return None
        found.extend(map(spell, reply.people))
        return ()

    if nicks:
        yield session.asks(c.Who(nicks=nicks), show=show)
    yield session.numeric(number, f":{' '.join(found)}")
