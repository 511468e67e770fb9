"""How many connections there is room for: accepting pauses before the descriptors run out, and goes on as they come free.

Who comes meanwhile waits in the kernel's backlog, connected as far as they can see. The store and the log keep what
they need of the table of descriptors.
"""

from __future__ import annotations

import os
import resource
import select
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, cast

from twisted.internet import tcp
from twisted.internet.interfaces import IDelayedCall, IListeningPort, IReactorTime
from twisted.logger import Logger

from twisted_chat.doors.admission import Connections
from twisted_chat.doors.half_open import share

log = Logger(namespace="twisted_chat.doors")

#: Descriptors that connections never take: for the store and its journals, the log and its rotation, a look-up of names.
RESERVE: Final = 32
#: The most connections accepted at once: to greet those takes some 3 ms, for which everybody else waits. Twisted's own number
#: grows by 20 with every full batch.
BATCH: Final = 10
#: How long accepting rests when the system refused although there should be room, in seconds.
RETRY: Final = 1.0
# What is taken for open where the system does not tell.
_ASSUMED_OPEN: Final = 32


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


class Capacity:
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
                    "the system has no descriptors left" if not spare else "the system refuses them"
                )
                return
            self._refused = False
        if self._connections.held >= self._most:
            self._read(False)
            self._connections.half_open.make_room()
            self._tell("these are all there is room for")
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
                "{held:,} connections are open, and no more are accepted: {why}; who comes now waits until somebody leaves",
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
            log.info("connections are accepted again; {held:,} are open", held=held)


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
