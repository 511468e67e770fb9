"""Ids in blocks: the store commits a block before the first id of it is used, so that none is ever used twice."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from twisted_chat.core.values.ids import MessageId
from twisted_chat.runtime import tasks
from twisted_chat.store.port import Store

log = Logger(namespace="twisted_chat.store")

#: How many ids are committed at once. The next block is asked for when half of one is left: at 100,000 messages a second
#: the store has half a second for it, and a crash wastes nothing that matters of 2**63 ids. While the store cannot be written
#: the half that is left must last until its queue is full and speakers wait (at 20,000 changes): without ids nobody could even
#: join or leave.
BLOCK: Final = 100_000
#: How long to wait before a store that refused a block is asked again, in seconds: the first time, and at most.
_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 30.0


class IdAllocator:
    """The ids of one node."""

    def __init__(self, store: Store, clock: IReactorTime) -> None:
        self._store = store
        self._clock = clock
        self._halves: deque[range] = deque()
        self._ids: Iterator[int] = iter(())
        self._asked = False
        self._wait = 0.0  # before asking again; 0 unless the store refused the last time
        self._again: IDelayedCall | None = None
        self._refilled: Callable[[], None] = lambda: None

    async def start(self, refilled: Callable[[], None]) -> None:
        """Get the first block. ``refilled`` is called whenever there are ids again."""
        self._refilled = refilled
        self._asked = True
        self._add(await self._store.reserve(BLOCK))

    def stop(self) -> None:
        """Ask for no more."""
        if self._again is not None and self._again.active():
            self._again.cancel()

    def take(self) -> MessageId | None:
        """Return the next id, or None while there is none."""
        number = next(self._ids, None)
        return MessageId(number) if number is not None else self._begin_half()

    def _begin_half(self) -> MessageId | None:
        """Take the first id of the next half of a block; at the last half another block is asked for."""
        if not self._halves:
            return None
        self._ids = iter(self._halves.popleft())
        if not self._halves and not self._asked:
            self._ask()
        return self.take()

    def _ask(self) -> None:
        self._asked = True
        tasks.start(self._refill(), "getting ids from the store")

    async def _refill(self) -> None:
        try:
            block = await self._store.reserve(BLOCK)
        except Exception:
            if not self._wait:
                log.failure("the store cannot allocate message ids now; retrying")
            self._wait = min(max(_FIRST_WAIT, 2 * self._wait), _LONGEST_WAIT)
            self._again = self._clock.callLater(self._wait, self._ask)
            return
        if self._wait:
            self._wait = 0.0
            log.info("the store allocates message ids again")
        self._add(block)

    def _add(self, block: range) -> None:
        self._asked = False
        half = len(block) // 2
        self._halves += block[:half], block[half:]
        self._refilled()
