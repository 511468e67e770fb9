"""The connections of all doors: how many may come from one address, and how all of them end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost


class Connection(Protocol):
    """One connection of any door."""

    def abort(self) -> None:
        """End it now."""

    def check(self, now: float) -> None:
        """Look after it if it is silent for long."""


class HandshakeFailed(ConnectionLost):
    """A connection ended before it was encrypted. ``str()`` says why, for the log."""

    def __str__(self) -> str:
        return str(self.args[0])


class Connections:
    """The connections that are open now, and their number by address (see :func:`.sockets.address_key`)."""

    def __init__(self, max_per_address: int) -> None:
        self.max_per_address = max_per_address
        self._open: set[Connection] = set()
        self._per_address: Counter[str] = Counter()
        self._waiting: list[Deferred[None]] = []
        #: How many descriptors connections hold, those included that are about to be refused.
        self.held = 0
        #: Called whenever there is one less.
        self.freed: Callable[[], None] = lambda: None

    def __len__(self) -> int:
        return len(self._open)

    def count(self, key: str | None) -> bool:
        """Count a connection from an address; False if it must be refused, for there are too many.

        Each connection is counted once when it is made, and once more by :meth:`discount` when it is gone.
        """
        self.held += 1
        if key is None:
            return True
        if self._per_address[key] >= self.max_per_address:
            return False
        self._per_address[key] += 1
        return True

    def discount(self, key: str | None) -> None:
        """Undo :meth:`count`; ``key`` is None for a connection that was refused."""
        self.held -= 1
        if key is not None:
            self._per_address[key] -= 1
            if not self._per_address[key]:
                del self._per_address[key]
        self.freed()

    def add(self, connection: Connection) -> None:
        """Keep a connection that was let in."""
        self._open.add(connection)

    def remove(self, connection: Connection) -> None:
        """Forget a connection that is gone."""
        self._open.discard(connection)
        if not self._open:
            waiting, self._waiting = self._waiting, []
            for each in waiting:
                each.callback(None)

    def all_gone(self) -> Deferred[None]:
        """Return a Deferred that fires when there are no connections any more."""
        gone: Deferred[None] = Deferred()
        if self._open:
            self._waiting.append(gone)
        else:
            gone.callback(None)
        return gone

    def abort(self) -> None:
        """End all connections now."""
        for connection in list(self._open):
            connection.abort()

    def check(self, now: float) -> None:
        """Look after silent connections; called every few seconds."""
        for connection in list(self._open):
            connection.check(now)
