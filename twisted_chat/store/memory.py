"""A store that keeps everything in memory and nothing beyond the process: for tests, and until there is a better one."""

from __future__ import annotations

import itertools
import sys
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_chat.core.events import Envelope, Said
from twisted_chat.core.ids import MessageId, RoomId
from twisted_chat.store.port import Page, Store

#: Messages kept of one room (as Ergo does), and bytes of memory for them in all; the oldest go.
MAX_LINES: Final = 2048
MAX_BYTES: Final = 64 * 1024 * 1024
# What a message costs beside its lines (envelope, event, origin, indexes), measured with tracemalloc; and a line in its tuple.
_OVERHEAD: Final = 600
_PER_LINE: Final = 8


class MemoryStore:
    """Keeps the last :data:`MAX_LINES` messages of each room, and no more than :data:`MAX_BYTES` of them in all."""

    def __init__(self, clock: IReactorTime, *, first_id: int = 1) -> None:
        """``first_id``: ids start here; the caller sees to it that this lies above the ids of an earlier run."""
        self._clock = clock
        self._next = first_id
        self._rooms: dict[RoomId, deque[MessageId]] = {}
        self._kept: OrderedDict[MessageId, tuple[Envelope, int]] = OrderedDict()
        self._bytes = 0
        self._stored: Callable[[MessageId], None] | None = None
        self._last = MessageId(0)
        self._soon: IDelayedCall | None = None

    async def start(self, stored: Callable[[MessageId], None]) -> None:
        self._stored = stored

    async def stop(self) -> None:
        if self._soon is not None:
            self._soon.cancel()
            self._report()

    async def reserve(self, count: int) -> range:
        block = range(self._next, self._next + count)
        self._next += count
        return block

    def append(self, envelope: Envelope) -> None:
        assert envelope.room is not None and isinstance(envelope.event, Said)
        # Not the length of the text: a message of a hundred short lines takes twenty times that.
        size = _OVERHEAD
        for line in envelope.event.lines:
            size += _PER_LINE + sys.getsizeof(line)
        self._kept[envelope.id] = envelope, size
        self._bytes += size
        room = self._rooms.setdefault(envelope.room.id, deque())
        room.append(envelope.id)
        if len(room) > MAX_LINES:
            self._drop(room.popleft())
        while self._bytes > MAX_BYTES:
            oldest, _ = next(iter(self._kept.values()))
            assert oldest.room is not None
            self._drop(self._rooms[oldest.room.id].popleft())
        self._last = envelope.id
        if self._soon is None:
            self._soon = self._clock.callLater(0, self._report)

    def _drop(self, message: MessageId) -> None:
        self._bytes -= self._kept.pop(message)[1]

    def _report(self) -> None:
        self._soon = None
        if self._stored is not None:
            self._stored(self._last)

    async def history(
        self,
        room: RoomId,
        *,
        before: MessageId | None = None,
        after: MessageId | None = None,
        limit: int,
    ) -> Page:
        kept = self._rooms.get(room, deque())
        # The last ones are looked for from the end: every join asks for them.
        found = (
            message
            for message in (reversed(kept) if after is None else kept)
            if (before is None or message < before) and (after is None or message > after)
        )
        some = list(itertools.islice(found, limit + 1))
        page = some[:limit] if after is not None else some[:limit][::-1]
        return Page(tuple(self._kept[message][0] for message in page), more=len(some) > limit)

    def forget(self, rooms: Sequence[RoomId]) -> None:
        for room in rooms:
            for message in self._rooms.pop(room, ()):
                self._drop(message)


_check: type[Store] = MemoryStore
