"""The objects that only one session is sent, such as answers; see :mod:`twisted_chat.dialects.schema.base`."""

from __future__ import annotations

from msgspec import Struct, field

from twisted_chat.dialects.schema.base import Answer, always


class Welcome(Answer, frozen=True, kw_only=True, tag="welcome"):
    """Logged in as ``nick``. ``session`` is the secret to come back with, ``scope`` the public name of it."""

    nick: str
    session: str
    scope: str = always("")
    resumed: bool = always(False)


class Entered(Answer, frozen=True, kw_only=True, tag="members"):
    """The client has entered ``room``; ``names`` are at most fifty of its ``count`` members, including the user."""

    room: str
    names: tuple[str, ...]
    count: int
    topic: str = always("")
    created: bool = always(False)
    locked: bool = always(False)
    bot_commands: tuple[str, ...] = ()


class Gone(Answer, frozen=True, kw_only=True, tag="leave"):
    """One has left ``room``, and talks in ``focus`` now (None: in no room)."""

    focus: str | None
    room: str


class Farewell(Answer, frozen=True, kw_only=True, tag="quit"):
    """The server says goodbye: it closes the connection."""

    reason: str = always("")


class ShownTopic(Answer, frozen=True, kw_only=True, tag="topic"):
    """The topic of a room is ``text``, as was asked for; ``sender`` has set it at ``time``, if that is known."""

    room: str
    sender: str | None = field(name="from", default=None)
    time: float | None = None


class Retention(Answer, frozen=True, kw_only=True, tag="keep"):
    """How much of the history of a room is kept, as was asked for."""

    room: str
    days: int | None = always(None)
    max_lines: int | None = field(name="lines", default_factory=lambda: None)


class Ack(Answer, frozen=True, kw_only=True, tag="ack"):
    """What was sent as ``tag`` is stored, in the place ``message``; unless it was ``kept``, it was shown and is in no history."""

    message: str
    time: float = always(0.0)
    kept: bool = True


class Refused(Answer, frozen=True, kw_only=True, tag="error"):
    """Something did not work; ``text`` says what to do. For what was sent as ``tag``, if that is known.

    ``room``: one asked to enter that room. ``nick``: one asked to be called that, and it needs a password.
    """

    code: str
    room: str | None = None
    nick: str | None = None
    suggestion: str | None = None


class Notice(Answer, frozen=True, kw_only=True, tag="notice"):
    """Something to know, or a request of ``tag`` is done."""

    code: str = ""
    names: tuple[str, ...] = ()


class Ignored(Notice, frozen=True, kw_only=True, tag="notice"):
    """The names of the users whom the client ignores."""

    names: tuple[str, ...] = always(())


class Focus(Answer, frozen=True, kw_only=True, tag="notice"):
    """The session talks in ``focus`` now; None: in no room."""

    focus: str | None
    code: str = always("focus")


class Pong(Answer, frozen=True, kw_only=True, tag="pong"):
    """The answer to a ping with ``text``."""


class Ping(Answer, frozen=True, kw_only=True, tag="ping"):
    """The server wants to know whether one is there."""


class HistoryStart(Answer, frozen=True, kw_only=True, tag="history_start"):
    """Messages said earlier in a room follow, or (``room`` is "") in private with ``partner``.

    ``count`` is None while they are still being read.
    """

    room: str = ""
    partner: str | None = field(name="with", default=None)
    count: int | None = always(None)


class HistoryEnd(Answer, frozen=True, kw_only=True, tag="history_end"):
    """They have come; ``more``: there are more in the direction that was asked for, from the id ``next`` on."""

    room: str = ""
    partner: str | None = field(name="with", default=None)
    count: int = always(0)
    more: bool = always(False)
    next: str = ""


class WaitingStart(Answer, frozen=True, kw_only=True, tag="waiting_start"):
    """Private messages that came while one's account was away follow."""

    count: int = always(0)


class WaitingEnd(Answer, frozen=True, kw_only=True, tag="waiting_end"):
    """They have come."""

    count: int = always(0)


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


class Missed(Answer, frozen=True, kw_only=True, tag="missed"):
    """What was said while one's account was away."""

    rooms: tuple[MissedRoom, ...] = always(())
    private: tuple[MissedPrivate, ...] = always(())


class ReadUpTo(Answer, frozen=True, kw_only=True, tag="read"):
    """One's account has read a room, or what it wrote with ``partner``, up to the id ``message``."""

    room: str | None = None
    partner: str | None = field(name="with", default=None)
    message: str


class ReadUntil(Answer, frozen=True, kw_only=True, tag="read"):
    """One has read a room, or what ``partner`` wrote, until a time; None: one never said."""

    room: str | None = None
    partner: str | None = field(name="with", default=None)
    time: float | None = always(None)


class RecentPlace(Struct, frozen=True, kw_only=True):
    """A room, or ``partner``, and when something was said there last."""

    room: str | None = None
    partner: str | None = field(name="with", default=None)
    time: float = 0.0


class Recent(Answer, frozen=True, kw_only=True, tag="recent"):
    """Where something was said lately, the earliest first."""

    places: tuple[RecentPlace, ...] = always(())


class SearchStart(Answer, frozen=True, kw_only=True, tag="search_start"):
    """What a search found follows. (A link tells it as one :class:`~twisted_chat.client.events.Found`.)"""

    count: int = always(0)


class SearchEnd(Answer, frozen=True, kw_only=True, tag="search_end"):
    """It has come."""

    count: int = always(0)
    more: bool = always(False)
    whole: bool = always(True)


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
    real_name: str = ""
    bot: bool = False
    server_operator: bool = False


class Who(Answer, frozen=True, kw_only=True, tag="who"):
    """A page of people: of ``room``, or of all."""

    users: tuple[Person, ...]
    count: int
    page: int = always(1)
    pages: int = always(1)
    room: str | None = None


class RoomLine(Struct, frozen=True, kw_only=True):
    """A room in a list."""

    room: str
    count: int = 0
    topic: str = ""
    locked: bool = False


class Listing(Answer, frozen=True, kw_only=True, tag="list"):
    """The rooms and, if those were asked for, the people (``user_count`` is None without)."""

    rooms: tuple[RoomLine, ...]
    count: int
    page: int = always(1)
    pages: int = always(1)
    users: tuple[Person, ...] = ()
    user_count: int | None = None
    user_page: int = 1
    user_pages: int = 1


class Overview(Listing, frozen=True, kw_only=True, tag="list"):
    """A list with people in it, as the server writes it."""

    users: tuple[Person, ...] = always(())
    user_count: int | None = always(None)
    user_page: int = always(1)
    user_pages: int = always(1)


class Whois(Answer, frozen=True, kw_only=True, tag="whois"):
    """About somebody: here, or (``here`` is False) only known by account and gone ``ago`` seconds."""

    nick: str
    here: bool = True
    account: str | None = None
    guest: bool = False
    rooms: tuple[str, ...] = ()
    since: float = 0.0
    idle: float = 0.0
    away: str | None = None
    host: str = ""
    server_operator: bool = False
    addresses: tuple[str, ...] = ()
    user_name: str = ""
    real_name: str = ""
    bot: bool = False
    seen: float = 0.0
    ago: float = 0.0


class Profile(Whois, frozen=True, kw_only=True, tag="whois"):
    """A user who is here, as the server writes it."""

    account: str | None = always(None)
    guest: bool = always(False)
    rooms: tuple[str, ...] = always(())
    since: float = always(0.0)
    idle: float = always(0.0)
    away: str | None = always(None)
    host: str = always("")
    server_operator: bool = always(False)


class Departed(Struct, frozen=True, kw_only=True):
    """A user who had a nickname, and left ``ago`` seconds before."""

    nick: str
    account: str | None = None
    user_name: str = ""
    host: str = ""
    real_name: str = ""
    seen: float = 0.0
    ago: float = 0.0


class WatchedPerson(Struct, frozen=True, kw_only=True):
    """A user who is here under a nickname that the client watches."""

    nick: str
    account: str | None = None
    real_name: str = ""
    bot: bool = False


class Watched(Answer, frozen=True, kw_only=True, tag="watch"):
    """Which of the nicknames one watches are ``here`` and which are ``gone``; ``refused`` would be too many."""

    here: tuple[WatchedPerson, ...]
    gone: tuple[str, ...]
    refused: tuple[str, ...] = ()


class Whowas(Answer, frozen=True, kw_only=True, tag="whowas"):
    """The users who had a nickname and no longer have it, the latest first."""

    nick: str
    users: tuple[Departed, ...]


class Self(Answer, frozen=True, kw_only=True, tag="self"):
    """How one's own user is set; ``server_operator``: the session is one of an operator of the server."""

    nick: str
    settings: dict[str, bool]
    server_operator: bool = always(False)


class Counts(Answer, frozen=True, kw_only=True, tag="counts"):
    """How many there are of what, as docs/protocol.md says."""

    users: int
    hidden: int = always(0)
    operators: int = always(0)
    nameless: int = always(0)
    rooms: int = always(0)
    peak: int = always(0)


class CommandHelp(Struct, frozen=True, kw_only=True):
    """What one command is for."""

    name: str
    usage: str = ""
    help: str = ""
    group: str = ""


class Help(Answer, frozen=True, kw_only=True, tag="help"):
    """The commands that were asked about."""

    commands: tuple[CommandHelp, ...]


class RoomSettings(Answer, frozen=True, kw_only=True, tag="settings"):
    """How a room is set, and ``since`` when it exists. ``slow`` is in seconds; a ``limit`` of 0 is none."""

    room: str
    owner: str | None = always(None)
    since: float | None = always(None)
    lock: bool = always(False)
    private: bool = always(False)
    invite_only: bool = field(name="invite-only", default_factory=bool)
    moderated: bool = always(False)
    slow: float = always(0)
    topic_lock: bool = field(name="topic-lock", default_factory=bool)
    visibility: str = always("all")
    limit: int = always(0)
    outside: bool = always(False)
    no_ctcp: bool = field(name="no-ctcp", default_factory=bool)
    accounts_only: bool = field(name="accounts-only", default_factory=bool)
    accounts_speak: bool = field(name="accounts-speak", default_factory=bool)
    roles: dict[str, tuple[str, ...]] = field(default_factory=lambda: {})  # noqa: PIE807 (always)


class BanLine(Struct, frozen=True, kw_only=True):
    """A ban or mute of a room, or an exception from these (``exempt``), for ``left`` more seconds, or None if it is permanent."""

    mute: bool = False
    target: str
    by: str = ""
    time: float = 0.0
    left: float | None = None
    reason: str | None = None
    exempt: str | None = None


class Bans(Answer, frozen=True, kw_only=True, tag="bans"):
    """A page of the bans and mutes of a room, and the exceptions from them."""

    room: str
    bans: tuple[BanLine, ...]
    count: int
    page: int = always(1)
    pages: int = always(1)


class ProfileValues(Answer, frozen=True, kw_only=True, tag="profile"):
    """What the profile of ``nick`` or of ``room`` says."""

    nick: str | None = None
    room: str | None = None
    values: dict[str, str] = always({})


class InvitationLine(Struct, frozen=True, kw_only=True):
    """A room to which one is invited."""

    room: str
    by: str = ""
    time: float = 0.0


class Invitations(Answer, frozen=True, kw_only=True, tag="invites"):
    """A page of the rooms to which one is invited."""

    invitations: tuple[InvitationLine, ...] = field(name="invites")
    count: int
    page: int = always(1)
    pages: int = always(1)


class ServerBan(Struct, frozen=True, kw_only=True):
    """A ban from the server: of a ``kind`` account or network; ``until`` is None for good."""

    kind: str
    target: str
    by: str = ""
    since: float = 0.0
    until: float | None = None
    reason: str | None = None


class ServerBans(Answer, frozen=True, kw_only=True, tag="server_bans"):
    """A page of the bans from the server."""

    bans: tuple[ServerBan, ...]
    count: int
    page: int = always(1)
    pages: int = always(1)


class AccountLine(Struct, frozen=True, kw_only=True):
    """An account; ``seen``: when it was here last, if that is known."""

    account: str
    created: float = 0.0
    here: bool = False
    seen: float | None = None


class AccountList(Answer, frozen=True, kw_only=True, tag="accounts"):
    """A page of the accounts of the server."""

    accounts: tuple[AccountLine, ...]
    count: int
    page: int = always(1)
    pages: int = always(1)


class AuditLine(Struct, frozen=True, kw_only=True):
    """What an operator of the server did."""

    time: float
    operator: str = ""
    nick: str = ""
    address: str = ""
    what: str = ""


class Audit(Answer, frozen=True, kw_only=True, tag="audit"):
    """A page of what operators of the server did."""

    records: tuple[AuditLine, ...]
    count: int
    page: int = always(1)
    pages: int = always(1)


class Stats(Answer, frozen=True, kw_only=True, tag="stats"):
    """How the server is doing; ``store`` is as docs/protocol.md says."""

    sessions: int
    users: int
    rooms: int
    counts: dict[str, int] = field(default_factory=dict)
    store: dict[str, str | int | float | None] = field(default_factory=dict)
