"""What only the session that asked gets: refusals, lists, confirmations. A reply is never on the bus."""

from __future__ import annotations

from typing import Literal

import msgspec

from twisted_chat.core.api.events import Author
from twisted_chat.core.api.records import AuditRecord
from twisted_chat.core.values.about import UserChange
from twisted_chat.core.values.account import Privacy
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
    """The command was not carried out. ``code`` is for programs; ``why`` tells people the reason and what to do."""

    code: str
    why: str


class PasswordNeeded(_Reply, frozen=True):
    """The room is locked, and no password was given or, if ``wrong``, not the right one."""

    room: RoomName
    wrong: bool = False


class NameRefused(_Reply, frozen=True):
    """The nickname asked for at login is not available. ``suggestion`` is one that is free at the moment."""

    code: str
    why: str
    suggestion: Nick | None = None


class NickPassword(_Reply, frozen=True):
    """The nickname asked for at login is registered, so its password is needed.

    ``suggestion`` is one that is free at the moment. ``inside``: a user who is already in the chat asked for it, and the next
    line they type is said.
    """

    nick: Nick
    suggestion: Nick | None = None
    inside: bool = False


class Authenticated(_Reply, frozen=True):
    """The password was correct: the login that follows will be to this account."""

    account: Nick


class Greeting(_Reply, frozen=True):
    """The first thing a session is shown."""

    server: str


class Welcome(_Reply, frozen=True):
    """The session has logged in as ``nick``.

    ``token`` is a secret with which a later session can take over from this one, and ``scope`` the public name of the session.
    ``author`` is the session as others see it.
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
    """The session is in a room, which is now the focused room. ``names`` is the first page of its ``count`` members.

    ``bot_commands`` are the words to which bots in the room answer.
    """

    room: RoomName
    count: int
    names: tuple[Nick, ...]
    topic: CleanText
    created: bool = False
    locked: bool = False
    bot_commands: tuple[str, ...] = ()


class FocusSet(_Reply, frozen=True):
    """Plain text now goes to ``room``, because the session left ``left`` or, if that is None, came back to a room it was in."""

    room: RoomName | None
    left: RoomName | None = None


class HistoryStart(_Reply, frozen=True):
    """Earlier messages follow, oldest first: those of a room, or those with a partner.

    ``asked``: a command asked for them. ``count`` is None if there are so many that they are sent while they are read from the
    store; then there is at least one.
    """

    room: RoomName | Nick
    count: int | None
    asked: bool


class HistoryEnd(_Reply, frozen=True):
    """The end of the history: it had ``count`` messages.

    ``more``: there are more in the direction that was asked for, before or after the message ``at``.
    """

    room: RoomName | Nick
    count: int
    asked: bool
    more: bool
    side: Literal["before", "after"] = "before"
    at: MessageId | None = None


class WaitingStart(_Reply, frozen=True):
    """Private messages follow that arrived while no session of the account was here."""

    count: int


class WaitingEnd(_Reply, frozen=True):
    """The end of these private messages."""

    count: int


class MissedRoom(msgspec.Struct, frozen=True):
    """How many messages were said in one room after the message ``after``, and how many of them named the account.

    ``more``: only ``count`` of them were counted, and there are more.
    """

    room: RoomName
    count: int
    mentions: int
    after: MessageId
    more: bool = False


class Missed(_Reply, frozen=True):
    """What an account missed while it was not here: messages in rooms, and private messages, by sender and number."""

    rooms: tuple[MissedRoom, ...]
    private: tuple[tuple[str, int], ...]


class ReadUpTo(_Reply, frozen=True):
    """Up to which message the account of the session has read a room, or the conversation with a partner."""

    place: RoomName | Nick
    message: MessageId


class ReadUntil(_Reply, frozen=True):
    """Until when (milliseconds since 1970) the user of the session has read that; None: they never said.

    ``noticed``: it follows from the message up to which they have read, of which programs that know ids are told.
    """

    target: RoomName | Nick
    time: int | None
    noticed: bool = False


class SearchStart(_Reply, frozen=True):
    """The messages that a search found follow, oldest first."""

    count: int


class SearchEnd(_Reply, frozen=True):
    """The end of the search: it found ``count`` messages.

    ``more``: there are older ones. Unless ``whole``, some messages could not be searched.
    """

    count: int
    more: bool
    whole: bool


class Person(msgspec.Struct, frozen=True):
    """One line of a list of users."""

    nick: Nick
    away: CleanText | None = None
    account: str | None = None
    operator: bool = False
    roles: tuple[Role, ...] = ()
    #: For how many seconds the user has said nothing.
    idle: float = 0.0
    #: The public name of one of the user's sessions.
    scope: str = ""
    #: These are as others see them, see :class:`.events.Author`.
    account_name: str = ""
    user_name: str = ""
    host: str = ""
    real_name: str = ""
    bot: bool = False
    #: The user is an operator of the server.
    server_operator: bool = False


class People(_Reply, frozen=True):
    """A page of the users who are here or, if ``room`` is given, in that room, which may be ``private``."""

    people: tuple[Person, ...]
    count: int
    page: int
    pages: int
    room: RoomName | None = None
    private: bool = False


class RoomLine(msgspec.Struct, frozen=True):
    """One line of a list of rooms.

    ``created`` and ``topic_time`` are in seconds since 1970; the latter is 0.0 if there is no topic, or none that the user may
    see. ``lasts``: the room persists while it is empty, because it has an owner.
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
    """A page of the rooms and of the users: the answer to :class:`.commands.ListAll`."""

    rooms: Rooms
    people: People


class Profile(_Reply, frozen=True):
    """What is known of one user. Times are in seconds since 1970; ``idle`` is in seconds.

    ``host`` is what others may see of the user's address, ``addresses`` is for server operators only; ``operator``: the user is
    one. ``account_name``, ``user_name`` and ``host`` are what others see, as for :class:`.events.Author`.
    ``values`` are what their profile says.
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
    #: Those in each of ``rooms``.
    roles: tuple[tuple[Role, ...], ...] = ()
    values: tuple[tuple[str, CleanText], ...] = ()


class ProfileValues(_Reply, frozen=True):
    """What the profile of a user or a room says."""

    of: Nick | RoomName
    values: tuple[tuple[str, CleanText], ...]


class WasHere(_Reply, frozen=True):
    """When a user who is not here was last here, in seconds since 1970; ``ago`` is in seconds.

    The rest is as for :class:`Profile` if the user left not long ago; of an account, only the name is given.
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
    """The users who had a nickname and no longer have it, the latest first."""

    nick: Nick
    users: tuple[WasHere, ...]


class Yourself(_Reply, frozen=True):
    """The settings of the session's user; ``operator``: the session is one of a server operator."""

    nick: Nick
    settings: tuple[UserChange, ...]
    operator: bool
    #: Who may write to their account in private; None for a guest.
    privacy: Privacy | None = None


class Counts(_Reply, frozen=True):
    """How many users there are, how many of them are ``hidden``, and the most there have been (``peak``).

    ``operators`` are users with a session of a server operator, ``nameless`` connections that have not logged in. Rooms that
    are empty and have no owner do not count.
    """

    users: int
    hidden: int
    operators: int
    nameless: int
    rooms: int
    peak: int


class ServerBanList(_Reply, frozen=True):
    """A page of the bans from the server, at the time ``now``."""

    bans: tuple[Ban, ...]
    count: int
    page: int
    pages: int
    now: float


class AccountLine(msgspec.Struct, frozen=True):
    """An account; ``created`` and ``seen``, when it was last here if that is known, are in seconds since 1970."""

    name: Nick
    created: float
    here: bool
    seen: float | None = None


class AccountList(_Reply, frozen=True):
    """A page of the accounts whose names match ``mask``, sorted by name."""

    accounts: tuple[AccountLine, ...]
    count: int
    page: int
    pages: int
    mask: str | None = None


class Audit(_Reply, frozen=True):
    """A page of the audit log, the latest record first."""

    records: tuple[AuditRecord, ...]
    count: int
    page: int
    pages: int


class Topic(_Reply, frozen=True):
    """The topic of a room; empty if it has none."""

    room: RoomName
    topic: CleanText
    by: Nick | None = None
    time: float = 0.0


class Kept(_Reply, frozen=True):
    """How much of a room's history is kept; the server's limits are taken into account."""

    room: RoomName
    keep: Keep


class StoreHealth(msgspec.Struct, frozen=True):
    """How the store is doing. :class:`twisted_chat.store.port.Health` explains the fields."""

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
    """How many sessions, users and rooms there are on this node, and how its store is doing.

    ``growth`` is by how many bytes the store grew in the last ``growth_time`` seconds, which are a day at most; None if that is
    not known yet.
    """

    sessions: int
    users: int
    rooms: int
    store: StoreHealth
    growth: int | None = None
    growth_time: float = 0.0
    counts: Counts | None = None


class Ignored(_Reply, frozen=True):
    """The users whom this session ignores."""

    names: tuple[str, ...]


class Confirmed(_Reply, frozen=True):
    """The command was carried out; ``text`` says what was done."""

    text: str


class Notice(_Reply, frozen=True):
    """Something to know that the session did not ask for. ``code`` is for programs.

    ``gone`` is a room that was deleted while the session was in it, and ``by`` the user who deleted it.
    """

    code: str
    text: str
    gone: RoomName | None = None
    by: Author | None = None


class Watched(_Reply, frozen=True):
    """The nicks that the session watches: users who are ``here``, and nicks that are ``gone``; ``refused`` would be too many."""

    here: tuple[Author, ...]
    gone: tuple[Nick, ...]
    refused: tuple[Nick, ...] = ()


class RecipientAway(_Reply, frozen=True):
    """The recipient of a private message is away, and why."""

    nick: Nick
    text: CleanText


class HelpLine(msgspec.Struct, frozen=True):
    """One command in a help text: its name, its arguments, what it does, and the group it belongs to."""

    name: str
    usage: str
    help: str
    group: str = ""


class HelpText(_Reply, frozen=True):
    """Help on all commands, or on those that were ``asked`` about.

    ``before_login``: the session has not logged in, so its next line is still taken as a nickname.
    """

    lines: tuple[HelpLine, ...]
    asked: bool = False
    before_login: bool = False


class Acked(_Reply, frozen=True):
    """The message was stored. A private message from or to a guest is not: it was delivered, and its id, if any, is stored.

    Unless ``kept``: the message was shown to those who were there, and is in no history.
    """

    message: MessageId
    time: float
    kept: bool = True


class Pong(_Reply, frozen=True):
    """The server answers a ping."""

    text: CleanText


class Probe(_Reply, frozen=True):
    """Ask whether the client still answers. Only dialects that have a ping show it."""


class Farewell(_Reply, frozen=True):
    """The last thing a session is shown."""

    why: str


class RoomReply(_Reply, frozen=True):
    """Base of the replies about the settings, bans and invitations of rooms."""


class RoomSettings(RoomReply, frozen=True):
    """The settings of a room. ``owner`` is an account; ``roles`` are those of accounts, whether they are here or not.

    ``created`` is when the room was made, in seconds since 1970; 0.0 for the lobby, which has always been there.
    """

    room: RoomName
    settings: Settings
    locked: bool
    owner: str | None
    roles: tuple[tuple[str, tuple[Role, ...]], ...]
    created: float


class BanLine(msgspec.Struct, frozen=True):
    """One line of a list of bans, mutes and exceptions; ``time`` is in seconds since 1970.

    ``left`` is for how many seconds it still counts, or None if it is permanent. ``exempt``: it is an exception, and from what.
    """

    mute: bool
    target: str
    by: str
    time: float
    left: float | None
    reason: CleanText | None
    exempt: Exempt | None = None


class Bans(RoomReply, frozen=True):
    """A page of the bans, mutes and exceptions of a room."""

    room: RoomName
    bans: tuple[BanLine, ...]
    count: int
    page: int
    pages: int


class InvitationLine(msgspec.Struct, frozen=True):
    """One room to which the user is invited, by which nick, and when (seconds since 1970)."""

    room: RoomName
    by: str
    time: float


class Invitations(RoomReply, frozen=True):
    """A page of the rooms to which the user is invited."""

    invitations: tuple[InvitationLine, ...]
    count: int
    page: int
    pages: int


AnyRoomReply = RoomSettings | Bans | Invitations

#: Replies about people and rooms that are there, and people who were.
AnyListing = People | Rooms | Overview | Profile | WasHere | WereHere | Yourself | Counts | Watched

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
    | ReadUntil
    | SearchStart
    | SearchEnd
    | People
    | Rooms
    | Overview
    | Profile
    | ProfileValues
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
    | RecipientAway
    | Watched
    | HelpText
    | Acked
    | Pong
    | Probe
    | Farewell
)
