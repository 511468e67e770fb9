"""What is read ahead of sessions that have not logged in: a little of each, and of all together so much."""

from __future__ import annotations

from typing import Final, Protocol

#: What is always read of a session, in bytes: a nickname with its password, or a login object, and then some.
FLOOR: Final = 1024
#: What may be read of all of them beyond that, in bytes: 500 of the longest objects. Nobody needs it to log in.
POOL: Final = 8 * 1024 * 1024


class Reader(Protocol):
    """A session that has not logged in."""

    def granted(self) -> None:
        """There is room for what :meth:`ReadAhead.grant` refused."""


class ReadAhead:
    """Gives out the room for frames that are longer than :data:`FLOOR`, to those who came first."""

    def __init__(self, pool: int = POOL) -> None:
        self._free = pool
        self._given: dict[Reader, int] = {}
        self._waiting: dict[Reader, int] = {}

    def grant(self, reader: Reader, size: int) -> bool:
        """Give a session room for so many bytes; if there is none, it is told when there is."""
        if reader in self._given:
            return True
        if size > self._free or self._waiting:
            self._waiting.setdefault(reader, size)
            return False
        self._give(reader, size)
        return True

    def give_back(self, reader: Reader) -> None:
        """Take back what a session was given, or waits for."""
        self._waiting.pop(reader, None)
        self._free += self._given.pop(reader, 0)
        while self._waiting:
            first, size = next(iter(self._waiting.items()))
            if size > self._free:
                break
            del self._waiting[first]
            self._give(first, size)
            first.granted()

    def _give(self, reader: Reader, size: int) -> None:
        self._free -= size
        self._given[reader] = size
