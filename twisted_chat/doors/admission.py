"""Admission: limits on connections in total, per address and network, and before login.

Accepting pauses before the process runs out of file descriptors and resumes as connections close. Meanwhile new clients wait in
the kernel's backlog: to them the connection looks established. Descriptors are held back for the store and the log.
"""

from __future__ import annotations

import os
import resource
import select
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final, Protocol, cast

from twisted.internet import tcp
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import IDelayedCall, IListeningPort, IReactorTime
from twisted.logger import Logger

from twisted_chat.doors.read_limits import NetworkRates

log = Logger(namespace="twisted_chat.doors")

#: The limit for the networks around an address (/24, /56, /48), as a multiple of the limit for one address: a campus or a small
#: provider can have 512 connections by default. Sites that need more raise the limit for one address.
WIDER: Final = 8
#: An address may make as many connections in this many seconds as it may have open: 4 a second by default. The burst is worth
#: twice that time: after a restart a whole class reconnects at once, and some try twice.
_RATE_TIME: Final = 16.0
_BURST: Final = 2 * _RATE_TIME
#: The most connections before login at one time, at 8 KiB each: enough for a crowd that reconnects after a restart.
MOST_HALF_OPEN: Final = 4096
# With fewer than this, people would be disconnected while they type their nickname.
_FEWEST: Final = 16
#: File descriptors held back for the store and its journals, the log and its rotation, and name lookups.
RESERVE: Final = 32
#: The most connections accepted in one batch. Greeting that many takes about 3 ms, during which everyone else waits. Twisted's
#: own limit grows by 20 with every full batch.
BATCH: Final = 10
#: Seconds to wait before accepting again when the system refused although there should be room.
RETRY: Final = 1.0
# Assumed number of open descriptors where the system does not list them.
_ASSUMED_OPEN: Final = 32


class HalfOpenConnection(Protocol):
    """A connection that has not logged in."""

    def make_room(self) -> None:
        """Close it to make room for others."""


def share(room: int) -> int:
    """Return how many of ``room`` connections may be ones that have not logged in.

    The rest is reserved for logged-in users, so that idle connections cannot crowd them out.
    """
    return max(_FEWEST, min(MOST_HALF_OPEN, room // 2))


class HalfOpen:
    """The connections that have not logged in, grouped by the widest network they are counted under.

    When there are too many, the oldest one of the network with the most is closed: a flood displaces itself, and people who are
    typing a nickname elsewhere are not affected.
    """

    def __init__(self) -> None:
        self.most = share(sys.maxsize)
        # Both in order of arrival.
        self._by_network: dict[str, dict[HalfOpenConnection, None]] = {}
        self._network: dict[HalfOpenConnection, str] = {}

    def __len__(self) -> int:
        return len(self._network)

    def add(self, connection: HalfOpenConnection, network: str) -> None:
        """Add a new connection; if there are too many now, close one."""
        self._network[connection] = network
        self._by_network.setdefault(network, {})[connection] = None
        if len(self) > self.most:
            self._end_one()

    def discard(self, connection: HalfOpenConnection) -> None:
        """Forget a connection that has logged in or closed."""
        network = self._network.pop(connection, None)
        if network is not None:
            mine = self._by_network[network]
            del mine[connection]
            if not mine:
                del self._by_network[network]

    def make_room(self) -> None:
        """Close one if some network has more than one; if each has only one, every one may be a person, and new clients wait."""
        if len(self._network) > len(self._by_network):
            self._end_one()

    def _end_one(self) -> None:
        # Among networks with equally many: the one with the earliest arrival.
        largest = max(self._by_network.values(), key=len)
        oldest = next(iter(largest))
        self.discard(oldest)
        oldest.make_room()


class Connection(Protocol):
    """One connection of any door."""

    def abort(self) -> None:
        """Close it now."""

    def check(self, now: float) -> None:
        """Ping or close it if it has been silent for a long time."""


class HandshakeFailed(ConnectionLost):
    """A connection closed before the TLS handshake was complete. ``str()`` is the reason, for the log."""

    def __str__(self) -> str:
        return str(self.args[0])


class Connections:
    """The open connections of all doors, counted by network (see :func:`.addresses.network_keys`)."""

    def __init__(self, max_per_address: int) -> None:
        self.max_per_address = max_per_address
        self.half_open = HalfOpen()
        self._open: set[Connection] = set()
        self._per_network: Counter[str] = Counter()
        self._rates = NetworkRates(lambda: self.max_per_address / _RATE_TIME, _BURST)
        self._waiting: list[Deferred[None]] = []
        #: How many descriptors connections hold, including those that are about to be refused.
        self.held = 0
        #: Called whenever one has been released.
        self.freed: Callable[[], None] = lambda: None

    def __len__(self) -> int:
        return len(self._open)

    def count(self, networks: Sequence[str], now: float) -> str:
        """Count a new connection from these networks; return why it must be refused, or an empty string.

        Every call is matched by one call of :meth:`discount` when the connection is gone.
        """
        self.held += 1
        most = self.max_per_address
        for network in networks:
            if self._per_network[network] >= most:
                whose = "address" if network == networks[0] else "network"
                return f"Too many connections from your {whose} are open. Close one, or try again later."
            most = self.max_per_address * WIDER
        # Refused connections do not count; otherwise one client that keeps trying would lock out its whole network.
        if self._rates.spend(networks, 0, now) > 0:
            return "Your address or network has opened too many connections. Wait a minute, then connect again."
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
        """Add a connection that was admitted."""
        self._open.add(connection)

    def remove(self, connection: Connection) -> None:
        """Forget a connection that is gone."""
        self._open.discard(connection)
        if not self._open:
            waiting, self._waiting = self._waiting, []
            for each in waiting:
                each.callback(None)

    def all_gone(self) -> Deferred[None]:
        """Return a Deferred that fires when the last connection is gone."""
        gone: Deferred[None] = Deferred()
        if self._open:
            self._waiting.append(gone)
        else:
            gone.callback(None)
        return gone

    def abort(self) -> None:
        """Close all connections now."""
        for connection in list(self._open):
            connection.abort()

    def check(self, now: float) -> None:
        """Check for silent connections; called every few seconds."""
        for connection in list(self._open):
            connection.check(now)


def room_for_connections() -> int:
    """Return how many connections fit under the limit on file descriptors, besides those in use already; at least one."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit == resource.RLIM_INFINITY:
        return sys.maxsize
    try:
        taken = len(os.listdir("/dev/fd")) - 1  # without the one that this listing takes
    except OSError:
        taken = _ASSUMED_OPEN
    return max(1, limit - taken - RESERVE)


class AcceptLimit:
    """Lets ports accept connections only while there is room for them.

    It counts the server's own connections. If the system refuses anyway (something else took the descriptors, or the machine has
    none left), accepting pauses for a second at a time: the waiting client keeps the port readable, and without the pause the
    reactor would spin.
    """

    def __init__(self, connections: Connections, clock: IReactorTime) -> None:
        self._connections = connections
        self._clock = clock
        self._most = sys.maxsize
        self._ports: list[tcp.Port] = []
        self._reading = True
        self._refused = False  # by the system, at the last try
        self._retry: IDelayedCall | None = None
        #: How many connections were open when the log said that no more are accepted.
        self._told: int | None = None

    def guard(self, ports: Iterable[IListeningPort], most: int) -> None:
        """Control these ports from now on; ports of a kind that cannot be paused are left alone."""
        self._most = most
        self._connections.half_open.most = share(most)
        self._connections.freed = self._freed
        for port in ports:
            if isinstance(port, tcp.Port):  # those of UNIX sockets are too
                self._ports.append(port)
                # A pause takes effect only after the current batch, so its size must be limited in advance.
                cast(Any, port).doRead = partial(self._accept, port, port.doRead)

    def stop(self) -> None:
        """Release the ports; called before they are closed."""
        self._ports.clear()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def _accept(self, port: tcp.Port, accept: Callable[[], object]) -> None:
        """Accept a batch of waiting clients; called when a port is readable."""
        free = self._most - self._connections.held
        if free > 0:
            spare = _spare(port, min(port.numberAccepts, free, BATCH))
            before = port.sessionno
            if spare:
                port.numberAccepts = spare
                accept()
            if port.sessionno == before and _somebody_waits(port):
                self._rest(
                    "the system has no file descriptors left"
                    if not spare
                    else "the system refuses further connections"
                )
                return
            self._refused = False
        if self._connections.held >= self._most:
            self._read(False)
            self._connections.half_open.make_room()
            self._tell("the limit is reached")
        else:
            self._untell()

    def _rest(self, why: str) -> None:
        self._refused = True
        self._read(False)
        self._tell(why)
        if self._retry is None:
            self._retry = self._clock.callLater(RETRY, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        self._read(True)

    def _freed(self) -> None:
        """Resume if accepting was paused for lack of room; called when a connection is gone."""
        if self._refused:
            return
        if not self._reading and self._connections.held < self._most:
            self._read(True)
        self._untell()

    def _read(self, on: bool) -> None:
        self._reading = on
        for port in self._ports:
            if on:
                port.startReading()
            else:
                port.stopReading()

    def _tell(self, why: str) -> None:
        if self._told is None:
            self._told = self._connections.held
            log.warn(
                "{held:,} connections are open; new ones wait until one closes: {why}",
                held=self._told,
                why=why,
            )

    def _untell(self) -> None:
        """Log that connections are accepted again, once a good part of them has closed, or more than before fit after all.

        Otherwise a server at its limit would log two lines for every connection that closes and is replaced.
        """
        held, told = self._connections.held, self._told
        if told is not None and not told - max(1, told // 16) < held <= told:
            self._told = None
            log.info("accepting connections again; {held:,} are open", held=held)


def _spare(port: tcp.Port, wanted: int) -> int:
    """Return how many file descriptors are available, up to ``wanted``.

    It tries them out: when accepting fails because there is none, Twisted closes the waiting connections and logs each of them.
    """
    had: list[int] = []
    try:
        for _ in range(wanted):
            had.append(os.dup(port.fileno()))
    except OSError:
        pass  # EMFILE: these are all
    for each in had:
        os.close(each)
    return len(had)


def _somebody_waits(port: tcp.Port) -> bool:
    waiting = select.poll()
    waiting.register(port.fileno(), select.POLLIN)
    return bool(waiting.poll(0))
