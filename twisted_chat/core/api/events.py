"""What happened: frozen data in the past tense, and the envelope that says where in the order it happened.

A :class:`Proposal` is an event that a hub wants to happen. The bus gives it its place in the order; the hub then applies it,
and the result, an :class:`Envelope`, is what users are shown and what the store keeps.

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
from twisted_chat.core.values.profile import ProfileChange
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.room_settings import Change
from twisted_chat.core.values.server_ban import Ban
from twisted_chat.core.values.server_ban import Kind as BanKind
from twisted_chat.core.values.text import CleanText


class _Event(msgspec.Struct, frozen=True, gc=False):
    """Base of all events."""


class Arrived(_Event, frozen=True):
    """A session took a free nick, took over a user of its own scope, or joined a user of its account.

    ``replaced`` are the sessions (node, session) of the same scope that belonged to the user until now. ``proof`` says to which
    account the session belongs. ``address`` is where it comes from; it is compared with bans and never shown. ``local``: it
    comes from the machine of its server, so no lockdown keeps it out. ``about`` only counts if the user is new.
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
    """A user's last session ended. ``rooms`` are those that the user was in; they are filled in when the event is applied.

    ``marks``: its client reports what the user has read. For other clients, everything shown counts as read.
    """

    reason: CleanText
    rooms: tuple[RoomId, ...] = ()
    marks: bool = False


class Detached(_Event, frozen=True):
    """A session ended, but its user has another one. ``rooms`` are those where everything so far now counts as read."""

    rooms: tuple[RoomId, ...] = ()


class Renamed(_Event, frozen=True):
    """The author, who is shown with the old nick, is now called ``nick``."""

    nick: Nick


class Joined(_Event, frozen=True):
    """The author entered a room; ``created`` if the room did not exist before.

    ``password`` is the digest of the password that was given, see :func:`twisted_chat.core.state.room.room_digest`; the
    envelope does not contain it. ``away``: why the author is away, if they are; filled in when the event is applied.
    """

    room: RoomName
    password: str | None = None
    created: bool = False
    away: CleanText | None = None


class Left(_Event, frozen=True):
    """The author left a room."""

    reason: CleanText | None = None


class Kicked(_Event, frozen=True):
    """The author removed a user from a room."""

    user: UserId
    nick: Nick
    reason: CleanText | None = None


class Said(_Event, frozen=True):
    """The author said something in a room."""

    kind: Kind
    lines: Lines
    extras: Extras | None = None


class Told(_Event, frozen=True):
    """The author sent a private message to a user, or to an account that no session belongs to at the moment.

    In that case ``to`` is :data:`.private.NOT_HERE`. ``conversation`` is where the message is kept, if it is, and ``account``
    the participant other than the author's account. ``waits``: the account gets the message when it is back. ``passing``: a
    guest takes part, so it is kept in memory only. These are filled in when the event is applied.
    """

    to: UserId
    nick: Nick
    kind: Kind
    lines: Lines
    conversation: RoomId | None = None
    account: str = ""
    waits: bool = False
    extras: Extras | None = None
    passing: bool = False


class Received(_Event, frozen=True):
    """The author's account has received what waited for it. ``conversation``: that with guests, deleted with this event."""

    conversation: RoomId | None = None


class Read(_Event, frozen=True):
    """The author's account has read up to a message in the room of the envelope, or in the conversation with ``partner``.

    ``noticed``: it is the last message until a time that they have read; the server looked that up.
    """

    message: MessageId
    partner: Nick | None = None
    noticed: bool = False


class ReadUntil(_Event, frozen=True):
    """The author has read a room, or a conversation, until a time (milliseconds since 1970).

    ``noticed``: it is the time of a message that they have read; the server looked that up.
    """

    target: RoomName | Nick
    time: int
    noticed: bool = False


class MessageDeleted(_Event, frozen=True):
    """The author deleted a message, which ``nick`` had sent: in the room of the envelope, or in private to ``partner``.

    ``mine``: it was the author's own. ``by`` is the server operator that the author is, if that is why they could.
    ``conversation`` is where a private message was kept, filled in when it is applied.
    """

    message: MessageId
    nick: Nick
    mine: bool
    partner: Nick | None = None
    reason: CleanText | None = None
    by: str = ""
    conversation: RoomId | None = None


class ProfileChanged(_Event, frozen=True):
    """The author changed their profile or, ``of_room``, that of the room; a value of None was taken out."""

    changes: tuple[ProfileChange, ...]
    of_room: bool = False


class TopicSet(_Event, frozen=True):
    """The author set the topic of a room; an empty one was cleared."""

    topic: CleanText


class KeepSet(_Event, frozen=True):
    """The author set how much of a room's history is kept; ``capped`` if the server allows less than asked."""

    keep: Keep
    capped: bool = False


class Closed(_Event, frozen=True):
    """A room that was restored after a restart is closed, because nobody came back to it. It has no author."""


class AwaySet(_Event, frozen=True):
    """The author is away, or back if the text is None. ``auto``: the server noticed this by itself."""

    text: CleanText | None
    auto: bool = False


class RealNameSet(_Event, frozen=True):
    """The author set their real name; an empty one was cleared."""

    real_name: str


class UserChanged(_Event, frozen=True):
    """The author changed settings of their user."""

    changes: tuple[UserChange, ...]


class OperatorSet(_Event, frozen=True):
    """The author's session is now one of the server operator of this name, or of none if that is None."""

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
    """The author, as the server operator ``by``, banned someone from the server."""

    by: str
    ban: Ban


class ServerUnbanned(_Event, frozen=True):
    """The author, as the server operator ``by``, lifted a ban from the server."""

    by: str
    kind: BanKind
    target: str


class Announced(_Event, frozen=True):
    """The author, as the server operator ``by``, said something to everyone on the server.

    ``wallops``: only to the other operators, and to users who have turned that on.
    """

    by: str
    lines: Lines
    wallops: bool = False


class PanicSet(_Event, frozen=True):
    """The author, as the server operator ``by``, set the lockdown level, see :class:`.commands.SetPanic`."""

    by: str
    level: int


class PasswordReset(_Event, frozen=True):
    """The author, as the server operator ``by``, replaced the password of an account with a code.

    ``password`` is what the store keeps of the code; the envelope does not contain it. ``code`` is the digest of the code, as
    for an invitation. ``users`` are those who are here with the account and have to leave; they are filled in when the event is
    applied.
    """

    by: str
    account: str
    code: str = ""
    password: str = ""
    users: tuple[UserId, ...] = ()


class AccountRemoved(_Event, frozen=True):
    """The author, as the server operator ``by``, deleted an account; ``gone`` is as below, ``users`` as above."""

    by: str
    account: str
    users: tuple[UserId, ...] = ()
    gone: tuple[RoomId, ...] = ()


class AccountRegistered(_Event, frozen=True):
    """The author, a guest, created an account for the nick they have.

    ``password`` is what the store keeps of the password; the envelope does not contain it. ``invite`` is the digest of the
    invitation code that was used.
    """

    nick: Nick
    password: str = ""
    invite: str | None = None


class LoggedIn(_Event, frozen=True):
    """The author's session now belongs to an account, and has that account's ``nick``.

    Normally the author is renamed. But if a user with this account and that nick was here already, the session is moved to that
    user (``moved``). If it was the author's last session, the author is gone, and ``rooms`` are those the author was in; they
    are filled in when the event is applied, and so is ``became``, the author as others see them from now on.
    """

    nick: Nick
    proof: Proof
    moved: bool = False
    rooms: tuple[RoomId, ...] | None = None
    became: Author | None = None


class PasswordChanged(_Event, frozen=True):
    """The author changed the password of their account.

    ``password`` is what the store keeps of it; the envelope does not contain it. ``proof`` shows which account it is.
    ``renewed``: the password is the same, and only what the store keeps of it has changed.
    """

    proof: Proof
    password: str = ""
    renewed: bool = False


class AccountDropped(_Event, frozen=True):
    """The author deleted their account: its users are now guests, and its name is free.

    ``gone`` are the rooms that were empty and have no owner any more, and the account's conversations; they were deleted with
    it.
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
    """The author set who may send private messages to their account."""

    privacy: Privacy


class IgnoreSet(_Event, frozen=True):
    """The author's account ignores the user whose nick has this key or, unless ``hide``, no longer does."""

    key: str
    name: str
    hide: bool


class Gathered(_Event, frozen=True):
    """Users joined or left a crowded room in the last seconds: one event in place of one for each.

    Delivery makes it for display only: it is never on a bus, and its envelope has no author. ``departed`` are those of ``left``
    who left the chat.
    """

    joined: tuple[Author, ...]
    left: tuple[Author, ...]
    members: int
    departed: frozenset[UserId] = frozenset()


class RoomEvent(_Event, frozen=True):
    """Base of the events about the settings, roles, bans and ownership of a room."""


class SettingsChanged(RoomEvent, frozen=True):
    """Settings of a room were changed, at least one."""

    changes: tuple[Change, ...]


class RoomPasswordSet(RoomEvent, frozen=True):
    """A room was locked with a password or, unless ``locked``, unlocked.

    ``password`` is its digest, see :func:`twisted_chat.core.state.room.room_digest`; the envelope does not contain it.
    ``name``: what the room was called when that was made; it may be called otherwise by now.
    """

    locked: bool
    password: str | None = None
    name: RoomName | None = None


class InvitedToRoom(RoomEvent, frozen=True):
    """A user was invited, see :class:`.commands.InviteToRoom`. ``you``: the event as the invited user is shown it."""

    user: UserId
    nick: Nick
    you: bool = False


class RoleChanged(RoomEvent, frozen=True):
    """A user was given a role, or it was taken away; ``user`` is None for an account that is not here."""

    role: Literal["operator", "voice"]
    given: bool
    nick: Nick
    user: UserId | None = None


class RoomRegistered(RoomEvent, frozen=True):
    """The author now owns the room, so it persists."""


class RoomRenamed(RoomEvent, frozen=True):
    """The room, which is in the envelope as it was called before, is called ``name`` now."""

    name: RoomName
    reason: CleanText | None = None


class RoomTransferred(RoomEvent, frozen=True):
    """Another user now owns the room."""

    user: UserId
    nick: Nick


class Banned(RoomEvent, frozen=True):
    """Someone was banned from a room.

    ``user`` is the user whom the ban is for, if they are here: the ban is then made for them as they are when the event is
    applied. ``out`` are the users who were removed because of it (none unless ``put_out``); they are filled in when the event
    is applied.
    """

    ban: bans.Ban
    user: UserId | None = None
    insist: bool = False
    out: tuple[tuple[UserId, Nick], ...] = ()
    put_out: bool = True


class Unbanned(RoomEvent, frozen=True):
    """A ban was lifted."""

    target: bans.Target


class Muted(RoomEvent, frozen=True):
    """Someone was muted in a room; ``user`` is as for :class:`Banned`."""

    ban: bans.Ban
    user: UserId | None = None


class Unmuted(RoomEvent, frozen=True):
    """Someone may speak again."""

    target: bans.Target


class Excepted(RoomEvent, frozen=True):
    """Someone was exempted, see :class:`.commands.PutException`; ``user`` is as for :class:`Banned`."""

    exempt: bans.Exempt
    ban: bans.Ban
    user: UserId | None = None


class ExceptionLifted(RoomEvent, frozen=True):
    """Such an exemption ended."""

    exempt: bans.Exempt
    target: bans.Target


class Forgotten(RoomEvent, frozen=True):
    """What the author's account has said in the room or, with ``everywhere``, in all rooms was deleted."""

    everywhere: bool


class RoomDropped(RoomEvent, frozen=True):
    """The room was deleted; ``out`` are the users who were in it, filled in when the event is applied."""

    out: tuple[tuple[UserId, Nick], ...] = ()


AnyRoomEvent = (
    SettingsChanged
    | RoomPasswordSet
    | InvitedToRoom
    | RoleChanged
    | RoomRegistered
    | RoomRenamed
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
    | ReadUntil
    | Joined
    | Left
    | Departed
    | Arrived
    | Detached
    | Renamed
    | Kicked
    | MessageDeleted
    | ProfileChanged
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
    """The user who did something, as they were at that moment.

    ``account`` is the key of the account, or None for a guest, and ``account_name`` how its owner writes it; ``host`` is the
    cloak of the address. Others see :attr:`shown_user` and :attr:`shown_host`, which are the same for all sessions of a user.
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
        """What others see of the user's address: the account, or a guest's cloak."""
        return f"{self.account_name}.user" if self.account_name else self.host

    @property
    def prefix(self) -> str:
        """The user in one word, ``nick!~user@host``: this is what masks are compared with."""
        return f"{self.nick}!{self.shown_user}@{self.shown_host}"


class RoomRef(msgspec.Struct, frozen=True, gc=False):
    """A room, by its incarnation and its name."""

    id: RoomId
    name: RoomName


class Proposal(msgspec.Struct, frozen=True, gc=False):
    """What a hub asks the bus to put in order.

    ``user`` and ``room`` are incarnations: a later user or room of the same name is not meant. ``time`` is the proposer's, in
    seconds since 1970. ``user`` is None for an arrival, and for :class:`Closed`.
    """

    event: Event
    origin: Origin
    time: float
    user: UserId | None = None
    room: RoomId | None = None


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """Something that happened, with its place in the order.

    ``author`` is None only for :class:`Gathered` and :class:`Closed`; ``room`` is None for an event that is not about one room.
    """

    id: MessageId
    time: float
    event: Event
    origin: Origin | None
    author: Author | None
    room: RoomRef | None = None

    @property
    def after(self) -> Author | None:
        """The author as others see them from now on."""
        event, author = self.event, self.author
        if author is None:
            return None
        match event:
            case Renamed(nick=nick):
                return msgspec.structs.replace(author, nick=nick)
            case LoggedIn(became=became):
                return became or author
            case AccountRegistered(nick=nick):
                return msgspec.structs.replace(author, account=nick.key, account_name=nick.text)
            case AccountDropped():
                return msgspec.structs.replace(author, account=None, account_name="")
            case RealNameSet(real_name=name):
                return msgspec.structs.replace(author, real_name=name)
            case UserChanged(changes=changes):
                bot = dict(changes).get("bot", author.bot)
                return msgspec.structs.replace(author, bot=bot)
            case _:
                return author

    @property
    def tag(self) -> str | None:
        """The sender's own id or label of the request."""
        return self.origin.tag if self.origin is not None else None


def is_hidden(envelope: Envelope, ignored: Container[str]) -> bool:
    """Return whether this event is hidden from a user who ignores these nick keys."""
    event, author = envelope.event, envelope.author
    addressed = isinstance(event, Said | Told) or (isinstance(event, InvitedToRoom) and event.you)
    return addressed and author is not None and author.nick.key in ignored
