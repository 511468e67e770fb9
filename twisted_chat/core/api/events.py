"""What happened: frozen data in the past tense, and the envelope that gives it its place.

A :class:`Proposal` is an event that a hub would like to happen. The bus gives it the one place in the order, and what
applying it makes of it, an :class:`Envelope`, is what everybody is shown and the store keeps.

Frozen data has no cycles, so the garbage collector need not look at it (``gc=False``): a store may keep 100,000 of these.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Literal

import msgspec

from twisted_chat.core.api.commands import Kind, Lines
from twisted_chat.core.values import bans
from twisted_chat.core.values.about import NO_USER_NAME, NOTHING_SAID, About, UserChange
from twisted_chat.core.values.account import Privacy, Proof
from twisted_chat.core.values.extras import Extras
from twisted_chat.core.values.ids import MessageId, Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.room_settings import Change
from twisted_chat.core.values.server_ban import Ban
from twisted_chat.core.values.server_ban import Kind as BanKind
from twisted_chat.core.values.text import CleanText


class _Event(msgspec.Struct, frozen=True, gc=False):
    """Base of all events."""


class Arrived(_Event, frozen=True):
    """A session took a free nick, took over a user of its own scope, or joined a user of its account.

    ``replaced`` are the sessions (node, session) of the same scope that had the user until now. ``proof`` says which account
    the session is. ``address`` is where it comes from, for comparing with bans, and never shown; ``local``: it comes from the
    machine of its server, where no panic keeps anybody out. ``about`` counts if the user is a new one.
    """

    nick: Nick
    scope: Scope
    host: str
    replaced: tuple[tuple[Node, SessionId], ...] = ()
    proof: Proof | None = None
    address: str = ""
    local: bool = False
    about: About = NOTHING_SAID


class Departed(_Event, frozen=True):
    """A user's last session ended. ``rooms`` are those the user was in, filled in when it is applied.

    ``marks``: its client said what was read; of others all that was shown counts as that.
    """

    reason: CleanText
    rooms: tuple[RoomId, ...] = ()
    marks: bool = False


class Detached(_Event, frozen=True):
    """A session ended, and its user is still here with another one.

    ``rooms`` are those in which what was said until now counts as read with that.
    """

    rooms: tuple[RoomId, ...] = ()


class Renamed(_Event, frozen=True):
    """The author, who is shown under the old nick, is called ``nick`` now."""

    nick: Nick


class Joined(_Event, frozen=True):
    """The author entered a room; ``created`` if it was made for that.

    ``password`` is the digest of what was given, see :func:`twisted_chat.core.state.room.room_digest`; it is not in the envelope.
    """

    room: RoomName
    password: str | None = None
    created: bool = False


class Left(_Event, frozen=True):
    """The author left a room."""

    reason: CleanText | None = None


class Kicked(_Event, frozen=True):
    """The author put somebody out of a room."""

    user: UserId
    nick: Nick
    reason: CleanText | None = None


class Said(_Event, frozen=True):
    """The author said something in a room."""

    kind: Kind
    lines: Lines
    extras: Extras | None = None


class Told(_Event, frozen=True):
    """The author said something to one user, in private; or to an account that nobody is here with.

    Then ``to`` is :data:`.private.NOT_HERE`. ``talk`` is where it is kept, if it is, ``account`` whose it is
    there beside the author's, and ``waits``: that account gets it when it is back. These are filled in when it is applied.
    """

    to: UserId
    nick: Nick
    kind: Kind
    lines: Lines
    talk: RoomId | None = None
    account: str = ""
    waits: bool = False
    extras: Extras | None = None


class Received(_Event, frozen=True):
    """The author's account has got what had waited for it. ``talk``: what guests had written, which is gone with that."""

    talk: RoomId | None = None


class Read(_Event, frozen=True):
    """The author's account has read up to a message, in the room of the envelope, or of what it and ``partner`` wrote."""

    message: MessageId
    partner: Nick | None = None


class TopicSet(_Event, frozen=True):
    """The author set a room's topic; empty means cleared."""

    topic: CleanText


class KeepSet(_Event, frozen=True):
    """The author set how much of a room's history is kept; ``capped`` if more was asked for than the server keeps."""

    keep: Keep
    capped: bool = False


class Closed(_Event, frozen=True):
    """A room that came back after a restart is gone, for nobody came back to it. Nobody did this: it has no author."""


class AwaySet(_Event, frozen=True):
    """The author is away, or back if the text is None; ``auto``: the server noticed that by itself."""

    text: CleanText | None
    auto: bool = False


class RealNameSet(_Event, frozen=True):
    """The author has another real name; an empty one is none."""

    real_name: str


class UserChanged(_Event, frozen=True):
    """The author set something about their own user."""

    changes: tuple[UserChange, ...]


class OperatorSet(_Event, frozen=True):
    """The author's session is one of the server operator of this name now, or (None) of none any more."""

    operator: str | None


class BotCommandsSet(_Event, frozen=True):
    """The author answers to these words from now on, see :mod:`twisted_chat.core.state.bot_commands`."""

    words: tuple[str, ...]


class Killed(_Event, frozen=True):
    """The author, as the server operator ``by``, ended all sessions of a user."""

    by: str
    user: UserId
    nick: Nick
    reason: CleanText | None = None


class ServerBanned(_Event, frozen=True):
    """The author, as a server operator, keeps somebody out of the server from now on."""

    by: str
    ban: Ban


class ServerUnbanned(_Event, frozen=True):
    """The author, as the server operator ``by``, lets somebody in again."""

    by: str
    kind: BanKind
    target: str


class Announced(_Event, frozen=True):
    """The author, as the server operator ``by``, says something to everybody on the server.

    ``wallops``: only to the other operators, and to those who have set that they want to get it.
    """

    by: str
    lines: Lines
    wallops: bool = False


class PanicSet(_Event, frozen=True):
    """The author, as the server operator ``by``, says who may come in, see :class:`.commands.SetPanic`."""

    by: str
    level: int


class PasswordReset(_Event, frozen=True):
    """The author, as the server operator ``by``, gave an account a code in place of its password.

    ``password`` is what the store keeps of the code; it is not in the envelope. ``code`` is the digest of the code, as of an
    invitation. ``users`` are those who are here with the account, and have to go; filled in when it is applied.
    """

    by: str
    account: str
    code: str = ""
    password: str = ""
    users: tuple[UserId, ...] = ()


class AccountRemoved(_Event, frozen=True):
    """The author, as the server operator ``by``, deleted an account, as in :class:`AccountDropped`; ``users`` as above."""

    by: str
    account: str
    users: tuple[UserId, ...] = ()
    gone: tuple[RoomId, ...] = ()


class AccountRegistered(_Event, frozen=True):
    """The author, a guest, made an account of the nick they have.

    ``password`` is what the store keeps of the password; it is not in the envelope. ``invite`` is the digest of the code that
    allowed it.
    """

    nick: Nick
    password: str = ""
    invite: str | None = None


class LoggedIn(_Event, frozen=True):
    """The author's session became one of an account, and has that account's ``nick``.

    The author is called that now; unless somebody with this account was here under that nick: then the session is theirs now
    (``moved``). If the author is gone with that, ``rooms`` are those they were in, filled in when it is applied.
    """

    nick: Nick
    proof: Proof
    moved: bool = False
    rooms: tuple[RoomId, ...] | None = None


class PasswordChanged(_Event, frozen=True):
    """The author gave their account another password; ``password`` and ``proof`` as above, and the former not in the envelope.

    ``renewed``: it is the same password, and only what is stored of it is another.
    """

    proof: Proof
    password: str = ""
    renewed: bool = False


class AccountDropped(_Event, frozen=True):
    """The author deleted their account: who had it is a guest, and its name is free.

    ``gone`` are the rooms that nobody was in and nobody owns any more, and the account's talks: they went with it.
    """

    proof: Proof
    gone: tuple[RoomId, ...] = ()


class InviteCodeMade(_Event, frozen=True):
    """The author made a code with which one account can be registered, until a time in seconds since 1970.

    ``invite`` is its digest, see :func:`twisted_chat.core.state.invites.digest_of`.
    """

    invite: str
    until: float


class PrivacySet(_Event, frozen=True):
    """The author said who may write to their account in private."""

    privacy: Privacy


class IgnoreSet(_Event, frozen=True):
    """The author's account ignores whoever has the nick with this key, or (unless ``hide``) no longer does."""

    key: str
    name: str
    hide: bool


class Gathered(_Event, frozen=True):
    """Who came to and went from a crowded room in the last seconds, instead of a line for each.

    Made by delivery for show only: it never was on a bus, and its envelope has no author. ``departed`` are those of ``left``
    who left the chat.
    """

    joined: tuple[Author, ...]
    left: tuple[Author, ...]
    members: int
    departed: frozenset[UserId] = frozenset()


class RoomEvent(_Event, frozen=True):
    """Base of the events about who may do what in a room."""


class SettingsChanged(RoomEvent, frozen=True):
    """A room is set otherwise; at least in one setting."""

    changes: tuple[Change, ...]


class RoomPasswordSet(RoomEvent, frozen=True):
    """A room was ``locked``, or unlocked.

    ``password`` is the digest, see :func:`twisted_chat.core.state.room.room_digest`; it is not in the envelope.
    """

    locked: bool
    password: str | None = None


class InvitedToRoom(RoomEvent, frozen=True):
    """Somebody was invited; an operator's invitation lets them in once, whatever else is set.

    ``you``: as they themselves are shown it.
    """

    user: UserId
    nick: Nick
    you: bool = False


class RoleChanged(RoomEvent, frozen=True):
    """Somebody has a role, or has it no longer; ``user`` is None for an account that is not here."""

    role: Literal["operator", "voice"]
    given: bool
    nick: Nick
    user: UserId | None = None


class RoomRegistered(RoomEvent, frozen=True):
    """The room is the author's now, and lasts."""


class RoomTransferred(RoomEvent, frozen=True):
    """The room is somebody else's now."""

    user: UserId
    nick: Nick


class Banned(RoomEvent, frozen=True):
    """Somebody is kept out; ``out`` are those who were put out for it (none unless ``put_out``), filled in when it is applied.

    ``user`` is whom the ban is for, if it is for one who is here: then it is for them as they are when it is applied.
    """

    ban: bans.Ban
    user: UserId | None = None
    insist: bool = False
    out: tuple[tuple[UserId, Nick], ...] = ()
    put_out: bool = True


class Unbanned(RoomEvent, frozen=True):
    """Somebody may come again."""

    target: bans.Target


class Muted(RoomEvent, frozen=True):
    """Somebody may no longer speak in a room; the ban is for them as they are when it is applied, if they are here."""

    ban: bans.Ban
    user: UserId | None = None


class Unmuted(RoomEvent, frozen=True):
    """Somebody may speak again."""

    target: bans.Target


class Excepted(RoomEvent, frozen=True):
    """The bans or mutes of a room do not count for somebody, or they need no invitation; ``user`` as for :class:`Banned`."""

    exempt: bans.Exempt
    ban: bans.Ban
    user: UserId | None = None


class ExceptionLifted(RoomEvent, frozen=True):
    """They count again."""

    exempt: bans.Exempt
    target: bans.Target


class Forgotten(RoomEvent, frozen=True):
    """What the author's account has said in the room, or ``everywhere``, is deleted."""

    everywhere: bool


class RoomDropped(RoomEvent, frozen=True):
    """The room is gone; ``out`` are those who were there, filled in when it is applied."""

    out: tuple[tuple[UserId, Nick], ...] = ()


AnyRoomEvent = (
    SettingsChanged
    | RoomPasswordSet
    | InvitedToRoom
    | RoleChanged
    | RoomRegistered
    | RoomTransferred
    | Banned
    | Unbanned
    | Muted
    | Unmuted
    | Excepted
    | ExceptionLifted
    | Forgotten
    | RoomDropped
)

Event = (
    Said
    | Told
    | Received
    | Read
    | Joined
    | Left
    | Departed
    | Arrived
    | Detached
    | Renamed
    | Kicked
    | TopicSet
    | KeepSet
    | Closed
    | AwaySet
    | RealNameSet
    | UserChanged
    | OperatorSet
    | BotCommandsSet
    | Killed
    | ServerBanned
    | ServerUnbanned
    | Announced
    | PanicSet
    | PasswordReset
    | AccountRemoved
    | Gathered
    | AccountRegistered
    | LoggedIn
    | PasswordChanged
    | AccountDropped
    | InviteCodeMade
    | PrivacySet
    | IgnoreSet
    | AnyRoomEvent
)

#: What server operators did.
Deed = (
    Killed | ServerBanned | ServerUnbanned | Announced | PanicSet | PasswordReset | AccountRemoved
)


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Where a proposal came from. ``tag`` is the sender's own id or label of the request, if it gave one."""

    node: Node
    session: SessionId
    tag: str | None = None


class Author(msgspec.Struct, frozen=True, gc=False):
    """Who did it, as they were at that moment.

    ``account`` is the key of the account, None for a guest, and ``account_name`` how its owner writes it; ``host`` is the cloak
    of the address. Others see :attr:`shown_user` and :attr:`shown_host`, which are the same for all sessions of a user.
    """

    user: UserId
    nick: Nick
    scope: Scope
    account: str | None = None
    host: str = ""
    real_name: str = ""
    bot: bool = False
    user_name: str = ""
    account_name: str = ""

    @property
    def shown_user(self) -> str:
        """The user name as others see it: the ``~`` says that nobody has verified it."""
        return f"~{self.user_name or NO_USER_NAME}"

    @property
    def shown_host(self) -> str:
        """What others see of where the user is: the account, or a guest's cloak."""
        return f"{self.account_name}.user" if self.account_name else self.host

    @property
    def prefix(self) -> str:
        """Who it is in one word, ``nick!~user@host``: what masks are compared with."""
        return f"{self.nick}!{self.shown_user}@{self.shown_host}"


class RoomRef(msgspec.Struct, frozen=True, gc=False):
    """Which room: the incarnation and its name."""

    id: RoomId
    name: RoomName


class Proposal(msgspec.Struct, frozen=True, gc=False):
    """What a hub asks the bus to put in order. ``user`` and ``room`` are incarnations: gone is gone.

    ``time`` is the proposer's, in seconds since 1970. ``user`` is None for an arrival, and for :class:`Closed`.
    """

    event: Event
    origin: Origin
    time: float
    user: UserId | None = None
    room: RoomId | None = None


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """Something that happened, with its place in the order.

    ``author`` is None only for :class:`Gathered` and :class:`Closed`; ``room`` is None for what happened in no single room.
    """

    id: MessageId
    time: float
    event: Event
    origin: Origin | None
    author: Author | None
    room: RoomRef | None = None

    @property
    def tag(self) -> str | None:
        """The sender's own id or label of the request."""
        return self.origin.tag if self.origin is not None else None


def is_hidden(envelope: Envelope, ignored: Container[str]) -> bool:
    """Tell whether somebody who ignores these nick keys does not see what happened."""
    event, author = envelope.event, envelope.author
    addressed = isinstance(event, Said | Told) or (isinstance(event, InvitedToRoom) and event.you)
    return addressed and author is not None and author.nick.key in ignored
