"""What only the asker gets: refusals, lists, confirmations. A reply is never on the bus."""

from __future__ import annotations

from typing import Literal

import msgspec

from twisted_chat.core.api.events import Author
from twisted_chat.core.api.records import AuditRecord
from twisted_chat.core.values.about import UserChange
from twisted_chat.core.values.bans import Exempt
from twisted_chat.core.values.ids import MessageId, Scope
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.room_settings import Role, Settings
from twisted_chat.core.values.server_ban import Ban
from twisted_chat.core.values.text import CleanText


class _Reply(msgspec.Struct, frozen=True):
    """Base of all replies."""


class Refused(_Reply, frozen=True):
    """The command was not carried out. ``code`` is for programs, ``why`` for people (says what to do)."""

    code: str
    why: str


class PasswordNeeded(_Reply, frozen=True):
    """The room is locked, and no password was given, or another one if ``wrong``."""

    room: RoomName
    wrong: bool = False


class NameRefused(_Reply, frozen=True):
    """The nickname asked for at login cannot be had; pick another. ``suggestion`` is free right now."""

    code: str
    why: str
    suggestion: Nick | None = None


class NickPassword(_Reply, frozen=True):
    """The nickname asked for at login is registered: its password is needed. ``suggestion`` is free right now.

    ``inside``: it was asked for by somebody who is in the chat already, and what they type next is said.
    """

    nick: Nick
    suggestion: Nick | None = None
    inside: bool = False


class Authenticated(_Reply, frozen=True):
    """The password was right: the login that follows will be to this account."""

    account: Nick


class Greeting(_Reply, frozen=True):
    """The first thing a session sees."""

    server: str


class Welcome(_Reply, frozen=True):
    """The session has logged in as ``nick``.

    ``token`` is a secret that takes the session back up later, ``scope`` the public name of it. ``author`` is the session as
    the others see it.
    """

    nick: Nick
    token: str
    motd: tuple[CleanText, ...] = ()
    resumed: bool = False
    scope: Scope = Scope("")
    author: Author | None = None


class Hint(_Reply, frozen=True):
    """How to find out more; shown once."""


class Entered(_Reply, frozen=True):
    """The session is in a room and talks there now. ``names`` is the first page of ``count`` members.

    ``bot_commands``: the words to which bots there answer.
    """

    room: RoomName
    count: int
    names: tuple[Nick, ...]
    topic: CleanText
    created: bool = False
    locked: bool = False
    bot_commands: tuple[str, ...] = ()


class FocusSet(_Reply, frozen=True):
    """The session left ``left`` (None: it came back to a room it was in); plain text now goes to ``room``."""

    room: RoomName | None
    left: RoomName | None = None


class HistoryStart(_Reply, frozen=True):
    """What was said before in ``room`` follows, or with somebody in private, oldest first; ``asked`` if somebody asked for it.

    ``count`` is None if there are so many that they are read while they are sent; then there is at least one.
    """

    room: RoomName | Nick
    count: int | None
    asked: bool


class HistoryEnd(_Reply, frozen=True):
    """That was it: ``count`` messages. ``more`` if there is more in the direction asked for, before or after ``at``."""

    room: RoomName | Nick
    count: int
    asked: bool
    more: bool
    side: Literal["before", "after"] = "before"
    at: MessageId | None = None


class WaitingStart(_Reply, frozen=True):
    """Private messages follow that came while nobody was here with the session's account."""

    count: int


class WaitingEnd(_Reply, frozen=True):
    """That were all of them."""

    count: int


class MissedRoom(msgspec.Struct, frozen=True):
    """How much was said in one room after the message ``after``, and how often the account was named.

    ``more``: ``count`` is as far as was counted, and there is more.
    """

    room: RoomName
    count: int
    mentions: int
    after: MessageId
    more: bool = False


class Missed(_Reply, frozen=True):
    """What an account missed while nobody was here with it: in rooms, and from whom private messages came, and how many."""

    rooms: tuple[MissedRoom, ...]
    private: tuple[tuple[str, int], ...]


class ReadUpTo(_Reply, frozen=True):
    """Up to which message the session's account has read in a room, or of what somebody and it wrote."""

    place: RoomName | Nick
    message: MessageId


class SearchStart(_Reply, frozen=True):
    """What a search found follows, oldest first."""

    count: int


class SearchEnd(_Reply, frozen=True):
    """That was it. ``more`` if there are older ones; unless ``whole``, not everything could be searched."""

    count: int
    more: bool
    whole: bool


class Person(msgspec.Struct, frozen=True):
    """One line of a list of people."""

    nick: Nick
    away: CleanText | None = None
    account: str | None = None
    operator: bool = False
    roles: tuple[Role, ...] = ()
    #: For how many seconds they have said nothing.
    idle: float = 0.0
    #: The public name of a session of theirs.
    scope: str = ""
    #: As in :class:`.events.Author`, and as others see it.
    account_name: str = ""
    user_name: str = ""
    host: str = ""
    real_name: str = ""
    bot: bool = False
    #: They are an operator of the server.
    server_operator: bool = False


class People(_Reply, frozen=True):
    """A page of who is here, or in ``room``, which may be ``private``."""

    people: tuple[Person, ...]
    count: int
    page: int
    pages: int
    room: RoomName | None = None
    private: bool = False


class RoomLine(msgspec.Struct, frozen=True):
    """One line of a list of rooms.

    ``created`` and ``topic_time`` (0.0 if the asker may not see a topic, or there is none) in seconds since 1970; ``lasts``: it
    is there when it is empty, because somebody owns it.
    """

    name: RoomName
    count: int
    topic: CleanText
    locked: bool = False
    created: float = 0.0
    topic_time: float = 0.0
    lasts: bool = False


class Rooms(_Reply, frozen=True):
    """A page of the rooms."""

    rooms: tuple[RoomLine, ...]
    count: int
    page: int
    pages: int


class Overview(_Reply, frozen=True):
    """A page of the rooms and of the people, the answer to LIST."""

    rooms: Rooms
    people: People


class Profile(_Reply, frozen=True):
    """What is known of one user. Times are seconds since 1970, ``idle`` is seconds.

    ``host`` is what others may see of where they are, ``addresses`` is for server operators; ``operator`` if they are one.
    ``account_name``, ``user_name``: as in :class:`.events.Author`, and as others see it.
    """

    nick: Nick
    account: str | None
    rooms: tuple[RoomName, ...]
    since: float
    idle: float
    away: CleanText | None
    host: str = ""
    operator: bool = False
    addresses: tuple[str, ...] = ()
    account_name: str = ""
    user_name: str = ""
    real_name: str = ""
    bot: bool = False


class WasHere(_Reply, frozen=True):
    """When somebody who is not here was here last, in seconds since 1970; ``ago`` is seconds.

    The rest is as in :class:`Profile`, of who left not long ago; of an account the name alone.
    """

    name: str
    time: float
    ago: float
    account: str | None = None
    account_name: str = ""
    user_name: str = ""
    host: str = ""
    real_name: str = ""


class WereHere(_Reply, frozen=True):
    """Who had a nickname, and has it no longer, the latest first."""

    nick: Nick
    users: tuple[WasHere, ...]


class Yourself(_Reply, frozen=True):
    """How the session's user is set; ``operator``: the session is one of a server operator."""

    nick: Nick
    settings: tuple[UserChange, ...]
    operator: bool


class Counts(_Reply, frozen=True):
    """How many there are of what: ``users``, of whom so many are ``hidden``, and the most there were (``peak``).

    ``operators`` are users with a session of a server operator, ``nameless`` connections that have not logged in. Rooms that are
    empty and that nobody owns do not count.
    """

    users: int
    hidden: int
    operators: int
    nameless: int
    rooms: int
    peak: int


class ServerBanList(_Reply, frozen=True):
    """A page of who is banned from the server, at the time ``now``."""

    bans: tuple[Ban, ...]
    count: int
    page: int
    pages: int
    now: float


class AccountLine(msgspec.Struct, frozen=True):
    """An account; ``created`` and ``seen``, when it was here last if that is known, in seconds since 1970."""

    name: Nick
    created: float
    here: bool
    seen: float | None = None


class AccountList(_Reply, frozen=True):
    """A page of the accounts that fit ``mask``, by name."""

    accounts: tuple[AccountLine, ...]
    count: int
    page: int
    pages: int
    mask: str | None = None


class Audit(_Reply, frozen=True):
    """A page of what server operators did, the latest first."""

    records: tuple[AuditRecord, ...]
    count: int
    page: int
    pages: int


class Topic(_Reply, frozen=True):
    """A room's topic; empty if there is none."""

    room: RoomName
    topic: CleanText
    by: Nick | None = None
    time: float = 0.0


class Kept(_Reply, frozen=True):
    """How much of a room's history is kept, with the server's own limits."""

    room: RoomName
    keep: Keep


class StoreHealth(msgspec.Struct, frozen=True):
    """How the store is doing: the fields of :class:`twisted_chat.store.port.Health`, which has what they mean."""

    kind: str
    waiting: int
    most: int
    stored: int
    commits: int
    last: float
    slowest: float
    unindexed: int
    error: CleanText | None
    since: float | None
    size: int | None = None
    free: int | None = None


class Stats(_Reply, frozen=True):
    """How many there are of what on this node, and how its store is doing.

    ``growth``: how many bytes it grew by in the last ``growth_time`` seconds, a day at most; None while that is not known.
    """

    sessions: int
    users: int
    rooms: int
    store: StoreHealth
    growth: int | None = None
    growth_time: float = 0.0
    counts: Counts | None = None


class Ignored(_Reply, frozen=True):
    """Whom this session ignores."""

    names: tuple[str, ...]


class Confirmed(_Reply, frozen=True):
    """It was done; ``text`` says what."""

    text: str


class Notice(_Reply, frozen=True):
    """Something to know, that was not asked for. ``code`` is for programs."""

    code: str
    text: str


class HelpLine(msgspec.Struct, frozen=True):
    """One command in a help text: its name, its arguments, what it does, and the group it belongs to."""

    name: str
    usage: str
    help: str
    group: str = ""


class HelpText(_Reply, frozen=True):
    """Help on all commands, or on those that were ``asked`` about. ``before_login``: the next line is still a nickname."""

    lines: tuple[HelpLine, ...]
    asked: bool = False
    before_login: bool = False


class Acked(_Reply, frozen=True):
    """It was stored. Private messages of or to guests are not: then it was delivered, and its id, if it has one, is stored.

    Unless it was ``kept``: then it was shown to those who were there, and is in no history.
    """

    message: MessageId
    time: float
    kept: bool = True


class Pong(_Reply, frozen=True):
    """The server is there."""

    text: CleanText


class Probe(_Reply, frozen=True):
    """Ask whether a client is there. Only dialects with a ping show it."""


class Farewell(_Reply, frozen=True):
    """The last thing a session sees."""

    why: str


class RoomReply(_Reply, frozen=True):
    """Base of the replies about who may do what in a room."""


class RoomSettings(RoomReply, frozen=True):
    """How a room is set. ``owner`` is an account; ``roles`` are those of accounts, here or not.

    ``created``: when it was made, in seconds since 1970; 0.0 for the lobby, which always was there.
    """

    room: RoomName
    settings: Settings
    locked: bool
    owner: str | None
    roles: tuple[tuple[str, tuple[Role, ...]], ...]
    created: float


class BanLine(msgspec.Struct, frozen=True):
    """One ban, mute or exception in a list: ``left`` are the seconds it goes on, None: for ever. ``time``: seconds since 1970.

    ``exempt``: it is an exception from these.
    """

    mute: bool
    target: str
    by: str
    time: float
    left: float | None
    reason: CleanText | None
    exempt: Exempt | None = None


class Bans(RoomReply, frozen=True):
    """A page of who is kept out of a room, who may not speak there, and for whom neither counts."""

    room: RoomName
    bans: tuple[BanLine, ...]
    count: int
    page: int
    pages: int


class InvitationLine(msgspec.Struct, frozen=True):
    """One room to which the asker is invited, by whom (a nick), and when (seconds since 1970)."""

    room: RoomName
    by: str
    time: float


class Invitations(RoomReply, frozen=True):
    """A page of the rooms to which the asker is invited."""

    invitations: tuple[InvitationLine, ...]
    count: int
    page: int
    pages: int


AnyRoomReply = RoomSettings | Bans | Invitations

Reply = (
    Refused
    | PasswordNeeded
    | NameRefused
    | NickPassword
    | Authenticated
    | Greeting
    | Welcome
    | Hint
    | Entered
    | FocusSet
    | HistoryStart
    | HistoryEnd
    | WaitingStart
    | WaitingEnd
    | Missed
    | ReadUpTo
    | SearchStart
    | SearchEnd
    | People
    | Rooms
    | Overview
    | Profile
    | WasHere
    | WereHere
    | Yourself
    | Counts
    | ServerBanList
    | AccountList
    | Audit
    | Topic
    | Kept
    | AnyRoomReply
    | Stats
    | Ignored
    | Confirmed
    | Notice
    | HelpText
    | Acked
    | Pong
    | Probe
    | Farewell
)
