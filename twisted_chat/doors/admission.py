"""The connections of all doors: how many may come from one address or network, and how all of them end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost

from twisted_chat.doors.byte_rates import NetworkRates
from twisted_chat.doors.half_open import HalfOpen

#: How many times what one address may have open, the networks around it may (/24, /56, /48): a campus, or a small provider, has
#: 512 by default. Whoever needs more raises the limit of one address.
WIDER: Final = 8
#: In how many seconds as many connections may come as one address may have open: 4 a second, by default. And how many seconds'
#: worth may come at once, twice as many as may be open: all of a class come back after a restart, and some try twice.
_RATE_TIME: Final = 16.0
_BURST: Final = 2 * _RATE_TIME


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
    """The connections that are open now, and their number by network (see :func:`.addresses.network_keys`)."""

    def __init__(self, max_per_address: int) -> None:
        self.max_per_address = max_per_address
        self.half_open = HalfOpen()
        self._open: set[Connection] = set()
        self._per_network: Counter[str] = Counter()
        self._rates = NetworkRates(lambda: self.max_per_address / _RATE_TIME, _BURST)
        self._waiting: list[Deferred[None]] = []
        #: How many descriptors connections hold, those included that are about to be refused.
        self.held = 0
        #: Called whenever there is one less.
        self.freed: Callable[[], None] = lambda: None

    def __len__(self) -> int:
        return len(self._open)

    def count(self, networks: Sequence[str], now: float) -> str:
        """Count a connection from these networks; return why it must be refused, or nothing.

        Each connection is counted once when it is made, and once more by :meth:`discount` when it is gone.
        """
        self.held += 1
        most = self.max_per_address
        for network in networks:
            if self._per_network[network] >= most:
                whose = "address" if network == networks[0] else "network"
                return f"There are too many connections from your {whose}; close one, or try again later."
            most = self.max_per_address * WIDER
        # Those that are refused do not count, or nobody would come in for as long as somebody tries.
        if self._rates.spend(networks, 0, now) > 0:
            return "Too many connections came from your address or network; wait a minute, then connect again."
        self._rates.spend(networks, 1, now)
        self._per_network.update(networks)
        return ""

    def discount(self, networks: Sequence[str]) -> None:
        """Undo :meth:`count`; without networks for a connection that was refused."""
        self.held -= 1
        for network in networks:
            self._per_network[network] -= 1
            if not self._per_network[network]:
                del self._per_network[network]
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
