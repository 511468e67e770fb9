"""A store that keeps everything in memory and nothing beyond the process: ``--database :memory:``, and tests."""

from __future__ import annotations

import itertools
import secrets
import sys
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_chat.core.api.events import Envelope, RoomRef, Said, Told
from twisted_chat.core.api.records import AuditRecord, Query, Remembered, RoomRecord, Sent
from twisted_chat.core.state.conversations import as_kept
from twisted_chat.core.values.account import Account, KnownNetwork, Proof
from twisted_chat.core.values.ids import MessageId, RoomId, Scope
from twisted_chat.core.values.retention import KEEP_ALL, Keep
from twisted_chat.core.values.server_ban import Ban
from twisted_chat.core.values.server_ban import Kind as BanKind
from twisted_chat.store.match import Matcher
from twisted_chat.store.port import Health, Page, Skip, Store
from twisted_chat.store.recent import disowned

#: Messages kept of one room (as Ergo does), and bytes of memory for them in all; the oldest go.
MAX_LINES: Final = 2048
MAX_BYTES: Final = 64 * 1024 * 1024
#: How much is kept of what server operators did, and of how many accounts when they were here last; the oldest go.
MAX_AUDIT: Final = 1_000
MAX_SEEN: Final = 10_000
# What a message costs beside its lines (envelope, event, origin, indexes), measured with tracemalloc; and a line in its tuple.
_OVERHEAD: Final = 600
_PER_LINE: Final = 8
_DAY: Final = 24 * 60 * 60


class MemoryStore:
    """Keeps the last :data:`MAX_LINES` messages of each room, and no more than :data:`MAX_BYTES` of them in all."""

    def __init__(self, clock: IReactorTime, *, first_id: int = 1, keep: Keep = KEEP_ALL) -> None:
        """``first_id``: ids start here; the caller sees to it that this lies above the ids of an earlier run.

        ``keep``: how much of a room is kept at most, within what this store can hold.
        """
        self._clock = clock
        self._next = first_id
        self._keep = keep
        self._lines = min(keep.lines or MAX_LINES, MAX_LINES)
        self._rooms: dict[RoomId, deque[MessageId]] = {}
        self._kept: OrderedDict[MessageId, tuple[Envelope, int]] = OrderedDict()
        self._bytes = 0
        self._taken = 0
        self._limits: dict[RoomId, Keep] = {}
        self._passwords: dict[str, str] = {}
        self._stored: Callable[[MessageId], None] | None = None
        self.given = self.kept = MessageId(0)
        self._waiting: dict[str, list[MessageId]] = {}
        self._audit: deque[AuditRecord] = deque(maxlen=MAX_AUDIT)
        self._seen: dict[str, float] = {}
        self._soon: IDelayedCall | None = None

    @property
    def _most(self) -> int:
        """The most bytes that it takes."""
        return MAX_BYTES

    async def start(
        self, stored: Callable[[MessageId], None], roomy: Callable[[], None]
    ) -> Remembered:
        self._stored = stored
        return Remembered(secret=secrets.token_bytes(32))

    async def stop(self) -> None:
        if self._soon is not None:
            self._soon.cancel()
            self._report()

    @property
    def full(self) -> bool:
        return False  # what is too much goes at once, the oldest first

    async def reserve(self, count: int) -> range:
        block = range(self._next, self._next + count)
        self._next += count
        return block

    def append(self, envelope: Envelope, sent: Sent | None = None) -> None:
        if isinstance(envelope.event, Said):
            self._add(envelope, envelope.event)
        self._changed(envelope.id)

    def keep_private(self, envelope: Envelope, sent: Sent | None = None) -> None:
        event = envelope.event
        assert isinstance(event, Told)
        if event.waits:
            self._waiting.setdefault(event.account, []).append(envelope.id)
        self.append(as_kept(envelope), sent)

    def receive(self, account: str, at: MessageId) -> None:
        left = [message for message in self._waiting.pop(account, ()) if message >= at]
        if left:
            self._waiting[account] = left
        self._changed(at)

    async def waiting(self, account: str) -> tuple[Envelope, ...]:
        there = (self._kept.get(message) for message in self._waiting.get(account, ()))
        return tuple(kept[0] for kept in there if kept is not None)

    def mark(self, account: str, place: RoomId, message: MessageId | None) -> None:
        pass  # the hub has it, and no other process will ask for it

    def _add(self, envelope: Envelope, event: Said) -> None:
        assert envelope.room is not None
        # Not the length of the text: a message of a hundred short lines takes twenty times that.
        size = _OVERHEAD
        for line in event.lines:
            size += _PER_LINE + sys.getsizeof(line)
        if event.extras is not None:
            size += _OVERHEAD + event.extras.size
        self._kept[envelope.id] = envelope, size
        self._bytes += size
        self._taken += 1
        room = self._rooms.setdefault(envelope.room.id, deque())
        room.append(envelope.id)
        # Private messages have no limit of lines but that of this store.
        if len(room) > (self._lines if envelope.room.id >= 0 else MAX_LINES):
            self._drop(room.popleft())
        while self._bytes > self._most:
            oldest, _ = next(iter(self._kept.values()))
            assert oldest.room is not None
            self._drop(self._rooms[oldest.room.id].popleft())

    def keep_room(self, record: RoomRecord, at: MessageId) -> None:
        self._limits[record.ref.id] = record.keep
        there = self._rooms.get(record.ref.id)
        if there and self._kept[there[-1]][0].room != record.ref:  # it has another name now
            for message in there:
                envelope, size = self._kept[message]
                self._kept[message] = msgspec.structs.replace(envelope, room=record.ref), size
        self._changed(at)

    def keep_account(self, account: Account, password: str | None, at: MessageId) -> None:
        if password is not None:
            self._passwords[account.key] = password
        self._changed(at)

    def drop_account(self, key: str, at: MessageId) -> None:
        self._passwords.pop(key, None)
        self._seen.pop(key, None)
        self._waiting.pop(key, None)
        for message, (envelope, size) in self._kept.items():
            self._kept[message] = disowned(envelope, key, at), size
        self._changed(at)

    def keep_login(self, scope: Scope, proof: Proof, at: MessageId) -> None:
        self._changed(at)  # nobody comes back to another process

    def keep_invite(self, digest: str, until: float | None, at: MessageId) -> None:
        self._changed(at)

    async def password(self, key: str) -> str | None:
        return self._passwords.get(key)

    def erase(self, account: str, room: RoomId | None, at: MessageId) -> None:
        for number, messages in self._rooms.items():
            gone = [
                message
                for message in (messages if room is None or number == room else ())
                if message < at and _account(self._kept[message][0]) == account
            ]
            for message in gone:
                messages.remove(message)
                self._drop(message)
        self._changed(at)

    def mark_time(self, account: str, target: str, time: int | None) -> None:
        pass  # the hub has it, and no other process will ask for it

    def delete(self, place: RoomId, message: MessageId, at: MessageId) -> None:
        if message in self._kept:
            self._rooms[place].remove(message)
            self._drop(message)
        self._changed(at)

    def seen(self, scopes: Mapping[Scope, str], time: float) -> None:
        pass  # nobody comes back to another process

    def ban(self, ban: Ban, at: MessageId) -> None:
        self._changed(at)  # the hub has it, and no other process will ask for it

    def unban(self, kind: BanKind, target: str, at: MessageId) -> None:
        self._changed(at)

    def set_panic(self, level: int, at: MessageId) -> None:
        self._changed(at)

    def record(self, record: AuditRecord) -> None:
        self._audit.appendleft(record)

    async def audit(self, page: int, size: int) -> tuple[tuple[AuditRecord, ...], int]:
        first = (page - 1) * size
        return tuple(itertools.islice(self._audit, first, first + size)), len(self._audit)

    def account_seen(self, account: str, time: float) -> None:
        self._seen.pop(account, None)
        self._seen[account] = time
        if len(self._seen) > MAX_SEEN:
            del self._seen[next(iter(self._seen))]

    def place_seen(self, place: KnownNetwork) -> None:
        pass  # the node knows it, and no other process will ask for it

    async def last_seen(self, account: str) -> float | None:
        return self._seen.get(account)

    def _changed(self, at: MessageId) -> None:
        self.given = at
        if self._soon is None:
            self._soon = self._clock.callLater(0, self._report)

    def _drop(self, message: MessageId) -> None:
        self._bytes -= self._kept.pop(message)[1]

    def __contains__(self, room: RoomId) -> bool:
        """Return whether something is kept of a room or a conversation."""
        return room in self._rooms

    def _report(self) -> None:
        self._soon = None
        self.kept = self.given
        if self._stored is not None:
            self._stored(self.kept)

    async def history(
        self,
        room: RoomRef,
        *,
        before: MessageId | None = None,
        after: MessageId | None = None,
        limit: int,
    ) -> Page:
        kept = self._rooms.get(room.id, deque())
        # The last ones are looked for from the end: every join asks for them.
        found = (
            message
            for message in (reversed(kept) if after is None else kept)
            if (before is None or message < before) and (after is None or message > after)
        )
        some = list(itertools.islice(found, limit + 1))
        page = some[:limit] if after is not None else some[:limit][::-1]
        return Page(tuple(self._kept[message][0] for message in page), more=len(some) > limit)

    async def start_of(
        self, room: RoomRef, *, before: MessageId | None = None, limit: int
    ) -> MessageId | None:
        kept = reversed(self._rooms.get(room.id, deque()))
        found = (message for message in kept if before is None or message < before)
        return next(itertools.islice(found, limit, None), None)

    async def last_before(self, room: RoomRef, time: float) -> MessageId:
        kept = reversed(self._rooms.get(room.id, deque()))
        earlier = (message for message in kept if self._kept[message][0].time < time)
        return next(earlier, MessageId(0))

    async def count(
        self, room: RoomRef, *, after: MessageId, before: MessageId, skip: Skip, limit: int
    ) -> int:
        page = await self.history(room, before=before, after=after, limit=MAX_LINES)
        return min(skip.left(page.envelopes), limit)

    async def search(self, query: Query) -> Page:
        matcher = Matcher(query)
        rooms = {room.id for room in query.rooms}
        found: list[Envelope] = []
        for envelope, _ in reversed(self._kept.values()):
            assert envelope.room is not None
            if envelope.room.id in rooms and matcher.fits(envelope):
                found.append(envelope)
                if len(found) > query.limit:
                    break
        return Page(tuple(found[: query.limit][::-1]), more=len(found) > query.limit)

    async def tidy(self, now: float) -> None:
        for number, room in self._rooms.items():
            keep = self._limits.get(number, KEEP_ALL).within(self._keep)
            if number < 0:
                keep = Keep(keep.days)
            while room and (
                (keep.lines and len(room) > keep.lines)
                or (keep.days and self._kept[room[0]][0].time < now - keep.days * _DAY)
            ):
                self._drop(room.popleft())

    def check(self) -> None:
        pass  # nothing of it can be removed

    def health(self) -> Health:
        return Health("memory", stored=self._taken)

    def forget(self, rooms: Sequence[RoomId], at: MessageId) -> None:
        for room in rooms:
            self._limits.pop(room, None)
            for message in self._rooms.pop(room, ()):
                self._drop(message)
        self._changed(at)


def _account(envelope: Envelope) -> str | None:
    return envelope.author.account if envelope.author is not None else None


class PassingHistory(MemoryStore):
    """Keeps what is meant to be lost: nobody waits until it is stored, and it takes less."""

    @property
    def _most(self) -> int:
        return MAX_BYTES // 8

    def _changed(self, at: MessageId) -> None:
        self.given = at


_check: type[Store] = MemoryStore
