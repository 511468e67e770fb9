"""What the server asks of a store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from twisted_chat.core.api.events import Envelope, RoomRef
from twisted_chat.core.api.records import AuditRecord, Query, Remembered, RoomRecord, Sent
from twisted_chat.core.values.account import Account, KnownNetwork, Proof
from twisted_chat.core.values.ids import MessageId, RoomId, Scope
from twisted_chat.core.values.server_ban import Ban
from twisted_chat.core.values.server_ban import Kind as BanKind


class StoreError(Exception):
    """The store cannot do now what it was asked for. ``str()`` is fit to show to anybody."""


class Page(msgspec.Struct, frozen=True):
    """A piece of history, oldest first; ``more`` if there is more in the direction asked for.

    ``whole`` is unset if a search could not look at everything: the newest lines are not in the index yet, or it took too
    long.
    """

    envelopes: tuple[Envelope, ...]
    more: bool
    whole: bool = True


class Skip(msgspec.Struct, frozen=True):
    """Messages that are not counted: those of an account, and of users who had one of these nick keys."""

    account: str
    nicks: frozenset[str] = frozenset()

    def left(self, envelopes: Iterable[Envelope]) -> int:
        """Count the messages that are not skipped."""
        authors = [each.author for each in envelopes if each.author is not None]
        return sum(
            each.account != self.account and each.nick.key not in self.nicks for each in authors
        )


class Health(msgspec.Struct, frozen=True):
    """How a store is doing. Times are seconds; ``since`` is seconds since 1970.

    ``waiting``: changes that are not committed yet, of at most ``most`` before the sessions that make them have to wait;
    ``commits`` so far, the time the ``last`` one took and the ``slowest``; ``unindexed``: messages that a search has to scan;
    ``error``: why nothing can be committed now, and ``since`` when; ``size``: bytes that the store takes on this machine, and
    ``free``: bytes that are left there, both None where that is not known.
    """

    kind: str
    waiting: int = 0
    most: int = 0
    stored: int = 0
    commits: int = 0
    last: float = 0.0
    slowest: float = 0.0
    unindexed: int = 0
    error: str | None = None
    since: float | None = None
    size: int | None = None
    free: int | None = None


class Store(Protocol):
    """Ids, history, and what else outlives the process. Methods that may take long are coroutines; none blocks the reactor.

    Changes (what keeps, appends, drops and forgets, and :meth:`seen`) are taken at once, kept in the order of the calls, and
    never lost while the process lives, however long the database cannot be written.
    """

    async def start(
        self, stored: Callable[[MessageId], None], roomy: Callable[[], None]
    ) -> Remembered:
        """Open the store, and return what it remembers.

        From now on it calls ``stored(id)`` when every change up to the message ``id`` is kept, and ``roomy()`` when it is
        no longer :attr:`full`.
        """

    async def stop(self) -> None:
        """Keep every change, as far as that can be done within seconds, then close."""

    @property
    def full(self) -> bool:
        """So much waits to be stored that no changes should be made until ``roomy()`` is called."""

    @property
    def given(self) -> MessageId:
        """The last event of which it was given something that it reports when it is kept."""

    @property
    def kept(self) -> MessageId:
        """Everything up to this event is kept, and was reported."""

    async def reserve(self, count: int) -> range:
        """Commit that these ids are in use, before any of them is. Every block lies above every one before it."""

    def append(self, envelope: Envelope, sent: Sent | None = None) -> None:
        """Keep a message, and with ``sent`` that its author's client gave it an id (its tag).

        Of a private message only that id is kept, see :meth:`keep_private`. Never calls ``stored`` before it has returned.
        """

    def keep_private(self, envelope: Envelope, sent: Sent | None = None) -> None:
        """Keep a private message of a conversation, the participants of that, and that the message waits, if it does.

        It becomes history of the conversation, see :func:`twisted_chat.core.state.conversations.as_kept`.
        """

    def receive(self, account: str, at: MessageId) -> None:
        """Let nothing wait for an account any more that was written before the event with the id ``at``."""

    async def waiting(self, account: str) -> tuple[Envelope, ...]:
        """Return what waits for an account, oldest first, as :meth:`history` does; what was kept before the call is in it.

        Raises :class:`StoreError`.
        """

    def mark(self, account: str, place: RoomId, message: MessageId | None) -> None:
        """Keep up to which message an account has read in a room or a conversation; None drops that."""

    async def count(
        self, room: RoomRef, *, after: MessageId, before: MessageId, skip: Skip, limit: int
    ) -> int:
        """Count the lines of a room between two messages, kept yet or not; no more than ``limit``.

        Raises :class:`StoreError`.
        """

    def keep_room(self, record: RoomRecord, at: MessageId) -> None:
        """Keep what a room is since the event with the id ``at``."""

    def forget(self, rooms: Sequence[RoomId], at: MessageId) -> None:
        """Drop rooms and conversations that are gone since the event ``at``, with their history and all markers in them."""

    def keep_account(self, account: Account, password: str | None, at: MessageId) -> None:
        """Keep what an account is since the event ``at``, and what is stored of its password, if that was set."""

    def drop_account(self, key: str, at: MessageId) -> None:
        """Drop the account with this key, and all that is kept of it, which are gone since the event ``at``.

        What it has said before that stays, and belongs to nobody from then on: the next owner of the name did not say it.
        """

    def keep_login(self, scope: Scope, proof: Proof, at: MessageId) -> None:
        """Keep that the sessions of a scope may come back as an account."""

    def keep_invite(self, digest: str, until: float | None, at: MessageId) -> None:
        """Keep an invitation that ends at a time, or drop it if None."""

    async def password(self, key: str) -> str | None:
        """Return what is stored of the password of the account with this key, kept yet or not; None if there is none.

        Raises :class:`StoreError`.
        """

    def erase(self, account: str, room: RoomId | None, at: MessageId) -> None:
        """Drop what an account has said before the event with the id ``at``: in a room, or in all if that is None.

        It is gone for good soon after, even if the process ends before.
        """

    def mark_time(self, account: str, target: str, time: int | None) -> None:
        """Keep until when an account has read, by the key of a name, see :mod:`~.core.state.read_times`; None drops that."""

    def delete(self, place: RoomId, message: MessageId, at: MessageId) -> None:
        """Drop one message of a room or a talk since the event ``at``."""

    def seen(self, scopes: Mapping[Scope, str], time: float) -> None:
        """Keep that these scopes were in use at that time, from these networks (see :func:`.cloak.neighbourhood`)."""

    def ban(self, ban: Ban, at: MessageId) -> None:
        """Keep a server ban since the event ``at``, in the place of another of the same target."""

    def unban(self, kind: BanKind, target: str, at: MessageId) -> None:
        """Drop a server ban, which is lifted since the event ``at``."""

    def set_panic(self, level: int, at: MessageId) -> None:
        """Store the lockdown level since the event ``at``."""

    def record(self, record: AuditRecord) -> None:
        """Add to what server operators did. Nothing ever changes that; it is kept for a year."""

    async def audit(self, page: int, size: int) -> tuple[tuple[AuditRecord, ...], int]:
        """Return a page, counted from 1, of what server operators did, the latest first, and how much there is in all.

        What was recorded before the call is in it. Raises :class:`StoreError`.
        """

    def account_seen(self, account: str, time: float) -> None:
        """Keep that somebody with this account, given by its key, was here until that time."""

    def place_seen(self, place: KnownNetwork) -> None:
        """Keep that an account was entered from a place."""

    async def last_seen(self, account: str) -> float | None:
        """Return when somebody with this account was here last; None if that is not known. Raises :class:`StoreError`."""

    async def history(
        self,
        room: RoomRef,
        *,
        before: MessageId | None = None,
        after: MessageId | None = None,
        limit: int,
    ) -> Page:
        """Return at most ``limit`` lines of a room: the last ones before ``before``, the first ones after ``after``,
        or the last ones of all. What was appended before the call is in it, kept yet or not.

        An envelope comes back as it was appended, but for its origin, of which only the tag is kept. Raises
        :class:`StoreError`.
        """

    async def start_of(
        self, room: RoomRef, *, before: MessageId | None = None, limit: int
    ) -> MessageId | None:
        """Return behind which line the last ``limit`` lines of a room begin, or those before ``before``.

        None if there are no more than that. What was appended before the call counts, kept yet or not. ``limit`` is at
        least 1. Raises :class:`StoreError`.
        """

    async def last_before(self, room: RoomRef, time: float) -> MessageId:
        """Return the last line of a room that was appended before a time, kept yet or not; 0 if there is none.

        Ids and times are in the same order, as long as no clock was set back. Raises :class:`StoreError`.
        """

    async def search(self, query: Query) -> Page:
        """Return the newest messages that fit, kept yet or not. Raises :class:`StoreError`."""

    async def tidy(self, now: float) -> None:
        """Drop what need not be kept any longer at the time ``now``: history, scopes, ids of clients, bans, the audit trail."""

    def check(self) -> None:
        """Make sure that what was reported as stored can be found again; called every few seconds."""

    def health(self) -> Health:
        """Tell how the store is doing."""
