"""The table of verbs: what a client can send."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from twisted_chat.dialects.base import Step
from twisted_chat.dialects.irc import (
    accounts,
    history,
    messages,
    metadata,
    modes,
    monitor,
    multiline,
    oneself,
    operators,
    people,
    read_markers,
    registration,
    room_list,
    rooms,
    server,
    services,
)
from twisted_chat.dialects.irc.message import Message

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession


class Verb(msgspec.Struct, frozen=True):
    """A verb: what yields its steps, how it is written, how many parameters it needs, and whether it comes before the login."""

    run: Callable[[IrcSession, Message], Iterator[Step]]
    usage: str
    least: int = 0
    early: bool = False


VERBS: Final[dict[str, Verb]] = {
    # --- coming and going ---
    "CAP": Verb(registration.cap, "CAP LS|LIST|REQ|END [:NAMES]", 1, early=True),
    "NICK": Verb(registration.nick, "NICK NICK", early=True),
    "PASS": Verb(registration.password, "PASS PASSWORD", 1, early=True),
    "PING": Verb(registration.ping, "PING TEXT", early=True),
    "PONG": Verb(registration.pong, "PONG TEXT", early=True),
    "QUIT": Verb(registration.leave, "QUIT [:TEXT]", early=True),
    "USER": Verb(registration.user, "USER NAME 0 * :REAL NAME", 4, early=True),
    # --- accounts ---
    "AUTHENTICATE": Verb(accounts.authenticate, "AUTHENTICATE MECHANISM|DATA|*", 1, early=True),
    "REGISTER": Verb(accounts.register, "REGISTER *|NICK *|EMAIL PASSWORD", 3, early=True),
    "VERIFY": Verb(accounts.verify, "VERIFY ACCOUNT CODE", 2, early=True),
    "CHANSERV": Verb(services.by_verb, "CHANSERV COMMAND"),
    "CS": Verb(services.by_verb, "CS COMMAND"),
    "NICKSERV": Verb(services.by_verb, "NICKSERV COMMAND"),
    "NS": Verb(services.by_verb, "NS COMMAND"),
    # --- rooms ---
    "INVITE": Verb(rooms.invite, "INVITE [NICK #ROOM]"),
    "JOIN": Verb(rooms.join, "JOIN #ROOM[,#ROOM…] [PASSWORD[,PASSWORD…]]", 1),
    "KICK": Verb(rooms.kick, "KICK #ROOM NICK[,NICK…] [:TEXT]", 2),
    "LIST": Verb(room_list.list_rooms, "LIST [MASK|CONDITION[,…]]"),
    "MODE": Verb(modes.mode, "MODE #ROOM|NICK [+-LETTERS [VALUE…]]", 1),
    "NAMES": Verb(rooms.names, "NAMES #ROOM[,#ROOM…]"),
    "PART": Verb(rooms.part, "PART #ROOM[,#ROOM…] [:TEXT]", 1),
    "RENAME": Verb(rooms.rename, "RENAME #ROOM #NAME [:TEXT]", 2),
    "TOPIC": Verb(rooms.topic, "TOPIC #ROOM [:TEXT]", 1),
    # --- people ---
    "AWAY": Verb(oneself.away, "AWAY [:TEXT]"),
    "MONITOR": Verb(monitor.monitor, "MONITOR +|-|C|L|S [NICK[,NICK…]]", 1),
    "ISON": Verb(people.ison, "ISON NICK…", 1),
    "SETNAME": Verb(oneself.setname, "SETNAME :REAL NAME", 1),
    "USERHOST": Verb(people.userhost, "USERHOST NICK…", 1),
    "WHO": Verb(people.who, "WHO [MASK|#ROOM] [o|%FIELDS[,TOKEN]]"),
    "WHOIS": Verb(people.whois, "WHOIS [SERVER] NICK"),
    "WHOWAS": Verb(people.whowas, "WHOWAS NICK [COUNT]"),
    # --- messages ---
    "BATCH": Verb(multiline.batch, "BATCH +NAME draft/multiline NICK|#ROOM, or -NAME", 1),
    "NOTICE": Verb(messages.notice, "NOTICE NICK|#ROOM[,…] :TEXT"),
    "PRIVMSG": Verb(messages.privmsg, "PRIVMSG NICK|#ROOM[,…] :TEXT"),
    "MARKREAD": Verb(read_markers.markread, "MARKREAD NICK|#ROOM [timestamp=TIME]"),
    "METADATA": Verb(
        metadata.metadata, "METADATA *|NICK|#ROOM SUBCOMMAND [KEY…] [:VALUE]", 2, early=True
    ),
    "REDACT": Verb(messages.redact, "REDACT NICK|#ROOM ID [:TEXT]", 2),
    "TAGMSG": Verb(messages.tagmsg, "TAGMSG NICK|#ROOM[,…]"),
    "CHATHISTORY": Verb(
        history.chathistory,
        "CHATHISTORY LATEST|BEFORE|AFTER|AROUND|BETWEEN NICK|#ROOM REFERENCE [REFERENCE] N",
        1,
    ),
    # --- the server ---
    "DLINE": Verb(operators.ban, "DLINE [DURATION] ADDRESS|NETWORK [:TEXT]", 1),
    "KLINE": Verb(operators.ban, "KLINE [DURATION] *@ADDRESS|NETWORK [:TEXT]", 1),
    "UNDLINE": Verb(operators.unban, "UNDLINE ADDRESS|NETWORK", 1),
    "UNKLINE": Verb(operators.unban, "UNKLINE *@ADDRESS|NETWORK", 1),
    "UBAN": Verb(operators.uban, "UBAN ADD|DEL|LIST [TARGET] [DURATION DURATION] [:TEXT]", 1),
    "KILL": Verb(operators.kill, "KILL NICK [:TEXT]", 1),
    "OPER": Verb(operators.oper, "OPER NAME PASSWORD", 2),
    "WALLOPS": Verb(operators.wallops, "WALLOPS :TEXT", 1),
    "ADMIN": Verb(server.admin, "ADMIN"),
    "HELP": Verb(server.explain, "HELP [VERB|COMMAND]"),
    "HELPOP": Verb(server.explain, "HELPOP [VERB|COMMAND]"),
    "INFO": Verb(server.info, "INFO"),
    "LINKS": Verb(server.links, "LINKS"),
    "LUSERS": Verb(server.lusers, "LUSERS"),
    "MOTD": Verb(server.motd, "MOTD"),
    "STATS": Verb(server.stats, "STATS [LETTER]", 0),
    "TIME": Verb(server.time, "TIME"),
    "VERSION": Verb(server.version, "VERSION"),
}
