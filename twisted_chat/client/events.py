"""What a client is told, as typed and frozen values: what the server sends, and what the link itself has to say.

Every text in them is clean: one line, without controls, escape sequences and direction overrides. Names are spelled as the
server spells them, rooms without ``#``. Times are seconds since 1970.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

Kind = Literal["say", "action", "notice", "ctcp"]


class Event(Struct, frozen=True, kw_only=True):
    """Anything. ``lines`` is what the server would show to a person: none, one or more lines."""

    lines: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All in one line."""
        return " ".join(self.lines)


class Placed(Event, frozen=True, kw_only=True):
    """What happened, with the server's id of it (ids sort as strings; "" if it has none) and its time."""

    id: str = ""
    time: float = 0.0


class Answer(Event, frozen=True, kw_only=True):
    """What only this session gets. ``tag`` is the id that was given to what asked for it."""

    tag: str | None = field(name="id", default=None)


# --- what was said ---


class Message(Placed, frozen=True, kw_only=True):
    """Somebody said ``lines``: in ``room``, or to ``to`` in private. Of one's own messages there is no copy.

    ``replay``: it was said earlier. ``nonce`` and ``scope`` are the sender's own id of it, and whose ids those are.
    """

    sender: str = field(name="from")
    room: str | None = None
    to: str | None = None
    kind: Kind = "say"
    account: str | None = None
    nonce: str | None = None
    scope: str | None = None
    replay: bool = False


class Announcement(Placed, frozen=True, kw_only=True):
    """An operator of the server says something to everybody."""

    sender: str = field(name="from")


# --- who comes, goes, is called what ---


class Welcome(Answer, frozen=True, kw_only=True):
    """Logged in as ``nick``. ``session`` is the secret to come back with, ``scope`` the public name of it."""

    nick: str
    session: str
    scope: str = ""
    resumed: bool = False


class Entered(Answer, frozen=True, kw_only=True):
    """One is in ``room`` now; ``names`` are at most fifty of the ``count`` who are there, with oneself."""

    room: str
    names: tuple[str, ...]
    count: int
    topic: str = ""
    created: bool = False
    locked: bool = False
    bot_commands: tuple[str, ...] = ()


class BotCommands(Placed, frozen=True, kw_only=True):
    """A bot in one of the rooms answers to these words from now on."""

    sender: str = field(name="from")
    commands: tuple[str, ...]


class Gathered(Event, frozen=True, kw_only=True):
    """Who came to a crowded room and left it in the last seconds; ``count`` are there now."""

    room: str
    joined: tuple[str, ...]
    left: tuple[str, ...]
    count: int


class Joined(Placed, frozen=True, kw_only=True):
    """Somebody else came into a room."""

    sender: str = field(name="from")
    room: str


class Left(Placed, frozen=True, kw_only=True):
    """Somebody else left a room."""

    sender: str = field(name="from")
    room: str
    reason: str = ""


class Gone(Answer, frozen=True, kw_only=True):
    """One has left ``room``, and talks in ``focus`` now (None: in no room)."""

    room: str
    focus: str | None


class Quit(Placed, frozen=True, kw_only=True):
    """Somebody left the chat."""

    sender: str = field(name="from")
    reason: str = ""


class Farewell(Answer, frozen=True, kw_only=True):
    """The server says goodbye: it closes the connection."""

    reason: str = ""


class Kicked(Placed, frozen=True, kw_only=True):
    """``sender`` put ``to`` out of a room."""

    sender: str = field(name="from")
    to: str
    room: str
    reason: str = ""


class Renamed(Placed, frozen=True, kw_only=True):
    """``sender``, who may be oneself, is called ``nick`` now; ``account`` if they logged in to it."""

    sender: str = field(name="from")
    nick: str
    account: str | None = None


class Away(Placed, frozen=True, kw_only=True):
    """Somebody is ``away``, because of ``text``, or back; ``auto``: the server noticed it by itself."""

    sender: str = field(name="from")
    away: bool
    auto: bool = False


# --- rooms ---


class Topic(Placed, frozen=True, kw_only=True):
    """The topic of a room is ``text``. With an ``id`` it was set by ``sender`` now, without it was asked for."""

    room: str
    sender: str | None = field(name="from", default=None)


class Role(Placed, frozen=True, kw_only=True):
    """``to`` has a role (``operator``, ``voice``) in a room, or has it no longer."""

    sender: str = field(name="from")
    room: str
    to: str
    role: str
    given: bool


class Changed(Placed, frozen=True, kw_only=True):
    """Something else about a room was changed by ``sender``; ``text`` says what.

    ``kind`` is the server's: ``setting``, ``owner``, ``ban``, ``mute``, ``unban``, ``unmute``, ``forget``, ``drop``, ``keep`` or
    ``invite``. ``out`` are those who were put out by it, at most fifty of ``out_count``. What the ``account`` said is deleted by
    ``forget``: in the room, or ``everywhere``.
    """

    kind: str = field(name="type")
    sender: str | None = field(name="from", default=None)
    room: str | None = None
    to: str | None = None
    out: tuple[str, ...] = ()
    out_count: int = 0
    account: str | None = None
    everywhere: bool = False


class Invited(Event, frozen=True, kw_only=True):
    """``sender`` invites this session's user to a room."""

    sender: str = field(name="from")
    room: str


# --- answers ---


class Ack(Answer, frozen=True, kw_only=True):
    """What was sent as ``tag`` is stored, in the place ``message``; unless it was ``kept``, it was shown and is in no history."""

    message: str
    time: float = 0.0
    kept: bool = True


class Refused(Answer, frozen=True, kw_only=True):
    """Something did not work; ``text`` says what to do. For what was sent as ``tag``, if that is known.

    ``room``: one asked to enter that room.
    """

    code: str
    room: str | None = None
    suggestion: str | None = None


class Notice(Answer, frozen=True, kw_only=True):
    """Something to know, or a request of ``tag`` is done."""

    code: str = ""
    names: tuple[str, ...] = ()


class Focus(Answer, frozen=True, kw_only=True):
    """The session talks in ``focus`` now; None: in no room."""

    focus: str | None


class Pong(Answer, frozen=True, kw_only=True):
    """The answer to a ping with ``text``."""


class Ping(Event, frozen=True, kw_only=True):
    """The server wants to know whether one is there."""


class HistoryStart(Answer, frozen=True, kw_only=True):
    """Messages said earlier in a room follow, or (``room`` is "") in private with ``partner``.

    ``count`` is None while they are still being read.
    """

    room: str = ""
    partner: str | None = field(name="with", default=None)
    count: int | None = None


class HistoryEnd(Answer, frozen=True, kw_only=True):
    """They have come; ``more``: there are more in the direction that was asked for, from the id ``next`` on."""

    room: str = ""
    partner: str | None = field(name="with", default=None)
    count: int = 0
    more: bool = False
    next: str = ""


class WaitingStart(Answer, frozen=True, kw_only=True):
    """Private messages that came while one's account was away follow."""

    count: int = 0


class WaitingEnd(Answer, frozen=True, kw_only=True):
    """They have come."""

    count: int = 0


class MissedRoom(Struct, frozen=True, kw_only=True):
    """What was said in a room after the message ``after``, the last one has read; ``more``: and more than that."""

    room: str
    count: int = 0
    more: bool = False
    mentions: int = 0
    after: str = ""


class MissedPrivate(Struct, frozen=True, kw_only=True):
    sender: str = field(name="from")
    count: int = 0


class Missed(Answer, frozen=True, kw_only=True):
    """What was said while one's account was away."""

    rooms: tuple[MissedRoom, ...] = ()
    private: tuple[MissedPrivate, ...] = ()


class ReadUpTo(Answer, frozen=True, kw_only=True):
    """One's account has read a room, or what it wrote with ``partner``, up to the id ``message``."""

    room: str | None = None
    partner: str | None = field(name="with", default=None)
    message: str


class SearchStart(Answer, frozen=True, kw_only=True):
    """What a search found follows. (A link tells it as one :class:`Found`.)"""

    count: int = 0


class SearchEnd(Answer, frozen=True, kw_only=True):
    """It has come."""

    count: int = 0
    more: bool = False
    whole: bool = True


class Person(Struct, frozen=True, kw_only=True):
    """Somebody in a list; ``idle`` is in seconds, ``away`` says why they are, or is None."""

    nick: str
    away: str | None = None
    account: str | None = None
    guest: bool = True
    operator: bool = False
    roles: tuple[str, ...] = ()
    idle: float = 0.0
    #: The public name of their session.
    scope: str = ""


class Who(Answer, frozen=True, kw_only=True):
    """A page of people: of ``room``, or of all."""

    users: tuple[Person, ...]
    count: int
    page: int = 1
    pages: int = 1
    room: str | None = None


class RoomLine(Struct, frozen=True, kw_only=True):
    """A room in a list."""

    room: str
    count: int = 0
    topic: str = ""
    locked: bool = False


class Listing(Answer, frozen=True, kw_only=True):
    """The rooms and, if those were asked for, the people (``user_count`` is None without)."""

    rooms: tuple[RoomLine, ...]
    count: int
    page: int = 1
    pages: int = 1
    users: tuple[Person, ...] = ()
    user_count: int | None = None
    user_page: int = 1
    user_pages: int = 1


class Whois(Answer, frozen=True, kw_only=True):
    """About somebody: here, or (``here`` is False) only known by account and gone ``ago`` seconds."""

    nick: str
    here: bool = True
    account: str | None = None
    rooms: tuple[str, ...] = ()
    since: float = 0.0
    idle: float = 0.0
    away: str | None = None
    host: str = ""
    server_operator: bool = False
    addresses: tuple[str, ...] = ()
    ago: float = 0.0


class CommandHelp(Struct, frozen=True, kw_only=True):
    """What one command is for."""

    name: str
    usage: str = ""
    help: str = ""


class Help(Answer, frozen=True, kw_only=True):
    """The commands that were asked about."""

    commands: tuple[CommandHelp, ...]


class RoomSettings(Answer, frozen=True, kw_only=True, rename="kebab"):
    """How a room is set. ``slow`` is in seconds."""

    tag: str | None = field(name="id", default=None)
    room: str
    owner: str | None = None
    lock: bool = False
    private: bool = False
    invite_only: bool = False
    moderated: bool = False
    slow: float = 0
    topic_lock: bool = False
    visibility: str = "all"
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)


class BanLine(Struct, frozen=True, kw_only=True):
    """A ban or mute of a room; ``left`` seconds of it, or None: for good."""

    target: str
    mute: bool = False
    by: str = ""
    time: float = 0.0
    left: float | None = None
    reason: str | None = None


class Bans(Answer, frozen=True, kw_only=True):
    """A page of the bans and mutes of a room."""

    room: str
    bans: tuple[BanLine, ...]
    count: int
    page: int = 1
    pages: int = 1


class ServerBan(Struct, frozen=True, kw_only=True):
    """A ban from the server: of a ``kind`` account or network; ``until`` is None for good."""

    kind: str
    target: str
    by: str = ""
    since: float = 0.0
    until: float | None = None
    reason: str | None = None


class ServerBans(Answer, frozen=True, kw_only=True):
    """A page of the bans from the server."""

    bans: tuple[ServerBan, ...]
    count: int
    page: int = 1
    pages: int = 1


class AccountLine(Struct, frozen=True, kw_only=True):
    """An account; ``seen``: when it was here last, if that is known."""

    account: str
    created: float = 0.0
    here: bool = False
    seen: float | None = None


class AccountList(Answer, frozen=True, kw_only=True):
    """A page of the accounts of the server."""

    accounts: tuple[AccountLine, ...]
    count: int
    page: int = 1
    pages: int = 1


class AuditLine(Struct, frozen=True, kw_only=True):
    """What an operator of the server did."""

    time: float
    operator: str = ""
    nick: str = ""
    address: str = ""
    what: str = ""


class Audit(Answer, frozen=True, kw_only=True):
    """A page of what operators of the server did."""

    records: tuple[AuditLine, ...]
    count: int
    page: int = 1
    pages: int = 1


class Stats(Answer, frozen=True, kw_only=True):
    """How the server is doing; ``store`` is as docs/protocol.md says."""

    sessions: int
    users: int
    rooms: int
    store: dict[str, str | int | float | None] = field(default_factory=dict)


# --- what is none of these ---


class Unknown(Event, frozen=True, kw_only=True):
    """Of a type that this client does not know."""

    type: str


class Malformed(Event, frozen=True, kw_only=True):
    """Not what it should be; ``why`` says what is wrong with it."""

    type: str
    why: str


# --- what the link says ---


class Connecting(Event, frozen=True, kw_only=True):
    """A connection is being made."""


class Offline(Event, frozen=True, kw_only=True):
    """There is no connection, because of ``why``. The next try is in ``again`` seconds; None: there is none."""

    why: str
    again: float | None = None


class NameRefused(Event, frozen=True, kw_only=True):
    """The server lets nobody in as ``nick``: ``code`` and ``text`` say why. :meth:`Link.use` tries with another."""

    code: str
    nick: str
    suggestion: str | None = None


class Sending(Event, frozen=True, kw_only=True):
    """One's own message: it is on its way, or waits for a connection. An :class:`Ack` or :class:`Refused` follows."""

    tag: str
    room: str | None = None
    to: str | None = None
    kind: Kind = "say"
    time: float = 0.0


class Undone(Event, frozen=True, kw_only=True):
    """The connection was lost before the answer to ``what``: nobody knows whether it was done, and it is not sent again."""

    tag: str
    what: str


class HandedBack(Event, frozen=True, kw_only=True):
    """One's own private message ``said`` was not sent: the person did not come back, or somebody else may have the name now."""

    tag: str
    to: str
    said: tuple[str, ...]


class Lag(Event, frozen=True, kw_only=True):
    """How long the server took to answer, in seconds."""

    seconds: float


class Page(Event, frozen=True, kw_only=True):
    """Earlier messages that were asked for as ``tag``, oldest first; ``more`` in that direction.

    Of a room, or (``room`` is "") what was written in private with ``partner``.
    """

    tag: str
    room: str
    partner: str | None = None
    messages: tuple[Message, ...]
    more: bool = False


class Found(Event, frozen=True, kw_only=True):
    """What a search brought. ``whole``: everything could be searched; ``more``: there is older."""

    tag: str | None
    messages: tuple[Message, ...]
    more: bool = False
    whole: bool = True
