"""Records: the part of the state that a store keeps and returns after a restart, as plain data."""

from __future__ import annotations

import msgspec

from twisted_chat.core.api.commands import Term
from twisted_chat.core.api.events import RoomRef
from twisted_chat.core.values.account import Account, KnownNetwork, Proof
from twisted_chat.core.values.bans import Ban, Exempt
from twisted_chat.core.values.ids import MessageId, RoomId, Scope
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.retention import KEEP_ALL, Keep
from twisted_chat.core.values.room_settings import AS_MADE, Roles, Settings
from twisted_chat.core.values.server_ban import Ban as ServerBan
from twisted_chat.core.values.text import CleanText


class Sent(msgspec.Struct, frozen=True, gc=False):
    """A message that was applied: a digest of what it said, the server's id, and the time."""

    digest: bytes
    message: MessageId
    time: float


class Invitation(msgspec.Struct, frozen=True, gc=False):
    """An invitation to a room: by the nick ``by``, at a time in seconds since 1970.

    ``passes``: an operator gave it, so it admits the user once, whatever the settings; otherwise it only mentions the room.
    """

    by: str = ""
    time: float = 0.0
    passes: bool = True


class RoomRecord(msgspec.Struct, frozen=True, gc=False):
    """A room as it is restored after a restart.

    ``password`` is the digest that :func:`twisted_chat.core.state.room.room_digest` makes. ``operators`` are the public scopes
    of the sessions whose users are operators; they are operators again when they come back. Times are seconds since 1970.
    ``roles`` are those of accounts; the account that has had them longest is first. ``invited``: the keys are those of
    :attr:`twisted_chat.core.state.user.User.invitation`; the oldest invitation is first.
    ``locked_as``: the name for which the digest of the password was made, if it has changed.
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
    profile: tuple[tuple[str, CleanText], ...] = ()
    locked_as: str = ""


class AuditRecord(msgspec.Struct, frozen=True, gc=False):
    """What a server operator did: when (seconds since 1970), which operator, under which nick, from where, and what."""

    time: float
    operator: str
    nick: str
    address: str
    what: CleanText


class LeftOut(msgspec.Struct, frozen=True, gc=False):
    """A room that cannot be restored, and why; ``why`` is fit for the log."""

    record: RoomRecord
    why: str


class Remembered(msgspec.Struct, frozen=True):
    """What a store remembers of earlier runs.

    ``rooms`` are in the order of their ids. ``scopes``: when each was last seen, and from which network (see
    :func:`.cloak.neighbourhood`); the one idle for longest is first. ``sent``: the clients' own ids of messages, in the order
    of the messages. Scopes and ids are those of the last 24 hours. ``accounts``: the oldest is first. ``logins``: which scopes
    may come back as which account. ``invites``: the digests of invitation codes, and when they expire. ``conversations``: of
    which two accounts each is (see :mod:`twisted_chat.core.state.conversations`). ``waiting``: how many messages wait for an
    account, by sender. ``read_markers``: up to where an account has read, by account and place. ``bans``: the bans from the
    server, the oldest first. ``panic`` is the lockdown level. ``secret`` is the key of the cloaks of addresses, the same at every
    start. ``places``: from which networks each account logged in; the one not used for longest is first.
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
    conversations: tuple[tuple[str, str, RoomId], ...] = ()
    waiting: tuple[tuple[str, str, int], ...] = ()
    read_markers: tuple[tuple[str, RoomId, MessageId], ...] = ()
    places: tuple[KnownNetwork, ...] = ()
    read_times: tuple[tuple[str, str, int], ...] = ()


class Query(msgspec.Struct, frozen=True, gc=False):
    """What to search for: messages in one of ``rooms`` with every one of ``terms``.

    ``nick``: only by the user who had the nick with this key. ``since``: only from that time on, in seconds since 1970.
    ``before``: only before that message. ``floors``: in these rooms, only after that message. The newest ``limit`` are found.
    """

    rooms: tuple[RoomRef, ...]
    terms: tuple[Term, ...]
    nick: str | None = None
    since: float | None = None
    before: MessageId | None = None
    limit: int = 50
    floors: tuple[tuple[RoomId, MessageId], ...] = ()
