"""Ids in blocks: the store commits a block before the first id of it is used, so that none is ever used twice."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from twisted_chat import background
from twisted_chat.core.ids import MessageId
from twisted_chat.store.port import Store

#: How many ids are committed at once. The next block is asked for when half of one is left: at 100,000 messages a second
#: the store has 50 ms for it, and a crash wastes nothing that matters of 2**63 ids.
BLOCK: Final = 10_000


class Ids:
    """The ids of one node."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._blocks: deque[range] = deque()
        self._next = 0
        self._left = 0
        self._asked = False
        self._refilled: Callable[[], None] = lambda: None

    async def start(self, refilled: Callable[[], None]) -> None:
        """Get the first block. ``refilled`` is called whenever there are ids again."""
        self._refilled = refilled
        await self._refill()

    def take(self) -> MessageId | None:
        """Return the next id, or None while there is none."""
        if self._left <= BLOCK // 2 and not self._asked:
            self._asked = True
            background.start(self._refill(), "getting ids from the store")
        if not self._left:
            return None
        if self._next == self._blocks[0].stop:
            self._blocks.popleft()
            self._next = self._blocks[0].start
        message = MessageId(self._next)
        self._next += 1
        self._left -= 1
        return message

    async def _refill(self) -> None:
        self._asked = True
        try:
            block = await self._store.reserve(BLOCK)
        finally:
            self._asked = False
        if not self._blocks:
            self._next = block.start
        self._blocks.append(block)
        self._left += len(block)
        self._refilled()
