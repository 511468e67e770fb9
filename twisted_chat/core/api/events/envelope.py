"""The events there are, and the envelope that gives each its place."""

from __future__ import annotations

from collections.abc import Container

import msgspec

from twisted_chat.core.api.events.accounts import (
    AccountDropped,
    AccountRegistered,
    IgnoreSet,
    InviteCodeMade,
    LoggedIn,
    PasswordChanged,
    PrivacySet,
)
from twisted_chat.core.api.events.base import Author, Origin, RoomRef
from twisted_chat.core.api.events.messages import (
    Forgotten,
    MessageDeleted,
    Read,
    ReadUntil,
    Received,
    Said,
    Told,
)
from twisted_chat.core.api.events.moderation import (
    Banned,
    Excepted,
    ExceptionLifted,
    Muted,
    RoleChanged,
    RoomPasswordSet,
    SettingsChanged,
    Unbanned,
    Unmuted,
)
from twisted_chat.core.api.events.people import (
    Arrived,
    AwaySet,
    BotCommandsSet,
    Departed,
    Detached,
    OperatorSet,
    ProfileChanged,
    RealNameSet,
    Renamed,
    UserChanged,
)
from twisted_chat.core.api.events.rooms import (
    Closed,
    Gathered,
    InvitedToRoom,
    Joined,
    KeepSet,
    Kicked,
    Left,
    RoomDropped,
    RoomRegistered,
    RoomRenamed,
    RoomTransferred,
    TopicSet,
)
from twisted_chat.core.api.events.server import (
    AccountRemoved,
    Announced,
    Killed,
    PanicSet,
    PasswordReset,
    ServerBanned,
    ServerUnbanned,
)
from twisted_chat.core.values.ids import MessageId, RoomId, UserId

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
