"""What the server asks of a store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from twisted_chat.core.events import Envelope
from twisted_chat.core.ids import MessageId, RoomId


class Page(msgspec.Struct, frozen=True):
    """A piece of history, oldest first; ``more`` if there is more in the direction asked for."""

    envelopes: tuple[Envelope, ...]
    more: bool


class Store(Protocol):
    """Ids and history. Methods that may take long are coroutines; none blocks the reactor."""

    async def start(self, stored: Callable[[MessageId], None]) -> None:
        """Open the store. From now on it calls ``stored(id)`` when all that was appended up to ``id`` is kept."""

    async def stop(self) -> None:
        """Keep what was appended, then close."""

    async def reserve(self, count: int) -> range:
        """Commit that these ids are in use, before any of them is. Every block lies above every one before it."""

    def append(self, envelope: Envelope) -> None:
        """Take an envelope to keep. Returns at once, and never calls ``stored`` before it has returned."""

    async def history(
        self,
        room: RoomId,
        *,
        before: MessageId | None = None,
        after: MessageId | None = None,
        limit: int,
    ) -> Page:
        """Return at most ``limit`` lines of a room: the last ones before ``before``, the first ones after ``after``,
        or the last ones of all. What was appended before the call is in it, kept yet or not.
        """

    def forget(self, rooms: Sequence[RoomId]) -> None:
        """Drop the history of rooms that are gone."""
