"""Who gets in: how many connections there may be, in all, from one address and without a nickname; and how all of them end.

Accepting pauses before the descriptors run out, and goes on as they come free. Who comes meanwhile waits in the kernel's
backlog, connected as far as they can see. The store and the log keep what they need of the table of descriptors.
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

#: How many times what one address may have open, the networks around it may (/24, /56, /48): a campus, or a small provider, has
#: 512 by default. Whoever needs more raises the limit of one address.
WIDER: Final = 8
#: In how many seconds as many connections may come as one address may have open: 4 a second, by default. And how many seconds'
#: worth may come at once, twice as many as may be open: all of a class come back after a restart, and some try twice.
_RATE_TIME: Final = 16.0
_BURST: Final = 2 * _RATE_TIME
#: The most connections that have not logged in at a time: a crowd that comes back after a restart, at 8 KiB each.
MOST_HALF_OPEN: Final = 4096
# A share of less would end people who type their nicknames, where there is hardly room for anybody.
_FEWEST: Final = 16
#: Descriptors that connections never take: for the store and its journals, the log and its rotation, a look-up of names.
RESERVE: Final = 32
#: The most connections accepted at once: to greet those takes some 3 ms, for which everybody else waits. Twisted's own number
#: grows by 20 with every full batch.
BATCH: Final = 10
#: How long accepting rests when the system refused although there should be room, in seconds.
RETRY: Final = 1.0
# What is taken for open where the system does not tell.
_ASSUMED_OPEN: Final = 32


class HalfOpenConnection(Protocol):
    """A connection that has not logged in."""

    def make_room(self) -> None:
        """End it, for others have no room."""


def share(room: int) -> int:
    """Return how many of all connections there is room for may be ones that have not logged in.

    The rest is for people who have: whoever opens connections and says nothing cannot take it from them.
    """
    return max(_FEWEST, min(MOST_HALF_OPEN, room // 2))


class HalfOpen:
    """The connections that have not logged in, by the widest network that they are counted by.

    The one that goes first is the oldest of the network with most of them: a flood makes room for itself, and whoever is typing a
    nickname elsewhere stays.
    """

    def __init__(self) -> None:
        self.most = share(sys.maxsize)
        # Both in the order in which they came.
        self._by_network: dict[str, dict[HalfOpenConnection, None]] = {}
        self._network: dict[HalfOpenConnection, str] = {}

    def __len__(self) -> int:
        return len(self._network)

    def add(self, connection: HalfOpenConnection, network: str) -> None:
        """Note a connection that was made; another one goes if there are too many."""
        self._network[connection] = network
        self._by_network.setdefault(network, {})[connection] = None
        if len(self) > self.most:
            self._end_one()

    def discard(self, connection: HalfOpenConnection) -> None:
        """Forget a connection that has logged in, or is gone."""
        network = self._network.pop(connection, None)
        if network is not None:
            mine = self._by_network[network]
            del mine[connection]
            if not mine:
                del self._by_network[network]

    def make_room(self) -> None:
        """End one if a network has more than one of them; else each may be a person, and the others have to wait."""
        if len(self._network) > len(self._by_network):
            self._end_one()

    def _end_one(self) -> None:
        # Of networks that have as many, the one from which somebody came first.
        largest = max(self._by_network.values(), key=len)
        oldest = next(iter(largest))
        self.discard(oldest)
        oldest.make_room()


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
                return f"Too many connections from your {whose} are open. Close one, or try again later."
            most = self.max_per_address * WIDER
        # Those that are refused do not count, or nobody would come in for as long as somebody tries.
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


def room_for_connections() -> int:
    """Return for how many connections the limit on descriptors leaves room, beside what is open already; one at least."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit == resource.RLIM_INFINITY:
        return sys.maxsize
    try:
        taken = len(os.listdir("/dev/fd")) - 1  # without the one that this listing takes
    except OSError:
        taken = _ASSUMED_OPEN
    return max(1, limit - taken - RESERVE)


class AcceptLimit:
    """Lets ports accept as many connections as there is room for, and no more.

    The count is that of our own connections. Should the system refuse all the same (something else took the descriptors, or
    the whole machine has none), accepting rests for a second at a time: the client that waits makes the port readable all
    the while, and the reactor would spin.
    """

    def __init__(self, connections: Connections, clock: IReactorTime) -> None:
        self._connections = connections
        self._clock = clock
        self._most = sys.maxsize
        self._ports: list[tcp.Port] = []
        self._reading = True
        self._refused = False  # by the system, at the last try
        self._retry: IDelayedCall | None = None
        #: How many were open when the log said that no more are accepted.
        self._told: int | None = None

    def guard(self, ports: Iterable[IListeningPort], most: int) -> None:
        """Watch over these ports from now on; those of a kind that cannot be paused are left as they are."""
        self._most = most
        self._connections.half_open.most = share(most)
        self._connections.freed = self._freed
        for port in ports:
            if isinstance(port, tcp.Port):  # those of UNIX sockets are too
                self._ports.append(port)
                # A pause takes effect only after the batch under way, whose size must therefore be known before.
                cast(Any, port).doRead = partial(self._accept, port, port.doRead)

    def stop(self) -> None:
        """Leave the ports alone; called before they are closed."""
        self._ports.clear()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def _accept(self, port: tcp.Port, accept: Callable[[], object]) -> None:
        """Accept a batch of those who wait at a port; called when there are any."""
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
                    else "the system refuses more"
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
        """Go on if it was for want of room that nobody was let in; called when a connection is gone."""
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
        """Say that people are let in again, once there is room to spare, or was found for more than before.

        Where one comes whenever one goes, two lines for each of them would fill the log.
        """
        held, told = self._connections.held, self._told
        if told is not None and not told - max(1, told // 16) < held <= told:
            self._told = None
            log.info("accepting connections again; {held:,} are open", held=held)


def _spare(port: tcp.Port, wanted: int) -> int:
    """Return how many descriptors can be had, up to ``wanted``.

    Tried out, for when accepting fails for want of one Twisted closes those who wait, and says so once for each.
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
