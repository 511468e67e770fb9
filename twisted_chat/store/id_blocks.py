"""Ids in blocks: the store commits a block before the first id of it is used, so that none is ever used twice."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
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
        self._blocks: deque[range] = deque()
        self._next = 0
        self._left = 0
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
        if self._left <= BLOCK // 2 and not self._asked:
            self._ask()
        if not self._left:
            return None
        if self._next == self._blocks[0].stop:
            self._blocks.popleft()
            self._next = self._blocks[0].start
        message = MessageId(self._next)
        self._next += 1
        self._left -= 1
        return message

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
        if not self._blocks:
            self._next = block.start
        self._blocks.append(block)
        self._left += len(block)
        self._refilled()
