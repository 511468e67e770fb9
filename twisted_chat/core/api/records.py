"""What lasts: the part of the state that a store keeps, and gives back after a restart, as plain data."""

from __future__ import annotations

import msgspec

from twisted_chat.core.api.commands import Term
from twisted_chat.core.api.events import RoomRef
from twisted_chat.core.values.account import Account, Proof
from twisted_chat.core.values.bans import Ban, Exempt
from twisted_chat.core.values.ids import MessageId, RoomId, Scope
from twisted_chat.core.values.known_network import KnownNetwork
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.retention import KEEP_ALL, Keep
from twisted_chat.core.values.room_settings import AS_MADE, Roles, Settings
from twisted_chat.core.values.server_ban import Ban as ServerBan
from twisted_chat.core.values.text import CleanText


class Sent(msgspec.Struct, frozen=True, gc=False):
    """A message that was applied: what it said (digest), the server's id, when."""

    digest: bytes
    message: MessageId
    time: float


class Invitation(msgspec.Struct, frozen=True, gc=False):
    """An invitation to a room: by the nick ``by``, at a time in seconds since 1970.

    ``passes``: an operator gave it, so it lets in once, whatever else is set; else it only tells of the room.
    """

    by: str = ""
    time: float = 0.0
    passes: bool = True


class RoomRecord(msgspec.Struct, frozen=True, gc=False):
    """A room as it comes back after a restart.

    ``password`` is the digest that :func:`twisted_chat.core.state.room.room_digest` makes; ``operators`` are the public scopes
    of the sessions whose users are operators, who are that again when they come back; times are seconds since 1970.
    ``roles`` are those of accounts, the one who has had them longest first; ``invited``: who, see
    :attr:`twisted_chat.core.state.user.User.invitation`, the one who was invited longest ago first.
    """

    ref: RoomRef
    created: float
    password: str | None = None
    topic: CleanText = CleanText("")
    topic_by: Nick | None = None
    topic_time: float = 0.0
    operators: tuple[Scope, ...] = ()
    keep: Keep = KEEP_ALL
    settings: Settings = AS_MADE
    roles: tuple[tuple[str, Roles], ...] = ()
    bans: tuple[Ban, ...] = ()
    mutes: tuple[Ban, ...] = ()
    invited: tuple[tuple[str, Invitation], ...] = ()
    exceptions: tuple[tuple[Exempt, Ban], ...] = ()


class AuditRecord(msgspec.Struct, frozen=True, gc=False):
    """What a server operator did: the operator, under which nick, from where, when (seconds since 1970), what."""

    time: float
    operator: str
    nick: str
    address: str
    what: CleanText


class LeftOut(msgspec.Struct, frozen=True, gc=False):
    """A room that cannot come back, and why; ``why`` is fit for the log."""

    record: RoomRecord
    why: str


class Remembered(msgspec.Struct, frozen=True):
    """What a store remembers of earlier runs.

    ``rooms`` in the order of their ids; ``scopes``, when each was seen last, and from which network (see
    :func:`.cloak.neighbourhood`), the longest idle first; ``sent``: the clients' own ids of messages, in the order of the
    messages. Scopes and ids are those of the last 24 hours. ``accounts``, the oldest first; ``logins``: which of
    the scopes may come back as which account; ``invites``: digests, and when they end.
    ``talks``: of which two accounts (see :mod:`twisted_chat.core.state.conversations`); ``waiting``: how many messages wait
    for an account, of whom; ``markers``: up to where an account has read, by account and place.
    ``bans``: who is banned from the server, in the order in which that was done, and ``panic`` who may come in; ``secret``:
    the key of what others see of addresses, the same at every start. ``places``: from where accounts were entered, the place
    that was used longest ago first.
    """

    rooms: tuple[RoomRecord, ...] = ()
    scopes: tuple[tuple[Scope, float, str], ...] = ()
    sent: tuple[tuple[Scope, str, Sent], ...] = ()
    accounts: tuple[Account, ...] = ()
    logins: tuple[tuple[Scope, Proof], ...] = ()
    invites: tuple[tuple[str, float], ...] = ()
    bans: tuple[ServerBan, ...] = ()
    panic: int = 0
    secret: bytes = b""
    talks: tuple[tuple[str, str, RoomId], ...] = ()
    waiting: tuple[tuple[str, str, int], ...] = ()
    markers: tuple[tuple[str, RoomId, MessageId], ...] = ()
    places: tuple[KnownNetwork, ...] = ()


class Query(msgspec.Struct, frozen=True, gc=False):
    """What to search for: messages in one of ``rooms`` with every one of ``terms``.

    ``nick``: only by whom had the nick with this key; ``since``: only from that time on, in seconds since 1970;
    ``before``: only before that message; ``floors``: of these rooms, only after that message. The newest ``limit`` are found.
    """

    rooms: tuple[RoomRef, ...]
    terms: tuple[Term, ...]
    nick: str | None = None
    since: float | None = None
    before: MessageId | None = None
    limit: int = 50
    floors: tuple[tuple[RoomId, MessageId], ...] = ()
