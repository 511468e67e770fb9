"""What the tests of the doors share: a whole server but for its sockets, and people who come to its line door."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC
from itertools import pairwise
from typing import Any, Final

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IDelayedCall, IProtocol, IProtocolFactory, IPushProducer
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.auth.fakes import HeldRunner, open_gate
from tests.seam.packed import to_connections, to_hub
from twisted_chat.core.bus import LocalBus
from twisted_chat.core.hub import Hub
from twisted_chat.core.values.ids import Node as NodeName
from twisted_chat.core.values.limits import Limits
from twisted_chat.delivery.port import SessionsById
from twisted_chat.delivery.sessions import Sessions
from twisted_chat.dialects.json.parse import JsonDialect
from twisted_chat.dialects.line.parse import LineDialect
from twisted_chat.doors.line.protocol import ChatFactory
from twisted_chat.doors.line.telnet import TelnetFilter
from twisted_chat.runtime.log_sums import LogSums
from twisted_chat.server.node import Node
from twisted_chat.store.id_blocks import IdAllocator
from twisted_chat.store.memory import MemoryStore

#: When the clock starts: some day in 2025, for times of today have the grain that a server meets.
NOW: Final = 1_750_000_000.0

#: Somebody from elsewhere, whom the limit on connections counts.
STRANGER: Final = IPv4Address("TCP", "192.0.2.7", 40000)

Address = IPv4Address | IPv6Address | UNIXAddress


class Wire:
    """A transport without a network, which does what those of Twisted do and a string transport does not.

    It reads on or not, holds what was written until that is taken, tells its producer when that is too much, closes only
    when all was taken and no producer is left, and then tells the protocol, in another turn.
    """

    #: As ``FileDescriptor.bufferSize``.
    HIGH = 64 * 1024

    def __init__(self, clock: Clock, protocol: IProtocol, peer: Address) -> None:
        self._clock = clock
        #: Who gets what comes in, as a transport of Twisted names it.
        self.protocol = protocol
        self._peer = peer
        self._written = bytearray()
        self._producer: IPushProducer | None = None
        self._producer_paused = False
        self._closing: IDelayedCall | None = None
        #: Takes what is written at once, or leaves it where it is.
        self.takes = True
        self.taken = bytearray()
        self.writes: list[bytes] = []
        self.reading = True
        self.bufferSize = 2**16
        self.disconnecting = False
        self.aborted = False
        self.lost = False

    # --- what a door sees ---

    def getPeer(self) -> Address:
        return self._peer

    def write(self, data: bytes) -> None:
        assert data, "nothing was written"
        if self.disconnecting or self.lost:
            return
        self.writes.append(data)
        self._written += data
        if self.takes:
            self.taken += self._written
            self._written.clear()
        elif len(self._written) > self.HIGH and self._producer and not self._producer_paused:
            self._producer_paused = True
            self._producer.pauseProducing()

    def registerProducer(self, producer: IPushProducer, streaming: bool) -> None:
        assert streaming and self._producer is None
        self._producer = producer

    def unregisterProducer(self) -> None:
        self._producer = None
        self._close_when_done()

    def loseConnection(self) -> None:
        self.disconnecting = True
        self._close_when_done()

    def abortConnection(self) -> None:
        self.aborted = True
        self._close(ConnectionAborted())

    def pauseProducing(self) -> None:
        self.reading = False

    def resumeProducing(self) -> None:
        self.reading = not self.disconnecting

    # --- what the other side does ---

    def take(self) -> None:
        """Take all that was written, and all that the producer then writes, until there is no more."""
        self.takes = True
        while self._written:
            self.taken += self._written
            self._written.clear()
            if self._producer is not None and self._producer_paused:
                self._producer_paused = False
                self._producer.resumeProducing()
        self._close_when_done()

    def reset(self, why: Exception | None = None) -> None:
        """Lose the connection, as when the other side resets it."""
        self._close(why or ConnectionLost())

    def _close_when_done(self) -> None:
        if self.disconnecting and not self._written and self._producer is None:
            self._close(ConnectionDone())

    def _close(self, why: Exception) -> None:
        if self._closing is None:
            self._closing = self._clock.callLater(0, self._end, why)

    def _end(self, why: Exception) -> None:
        self.lost = True
        self.reading = False
        if self._producer is not None:
            self._producer.stopProducing()
        self.protocol.connectionLost(Failure(why))


class Guest:
    """Somebody at the line door, or a program."""

    def __init__(
        self, house: House, address: Address, factory: IProtocolFactory | None = None
    ) -> None:
        """``factory``: of the port they come to, if it is not the line door's."""
        self._house = house
        self._waiting: list[bytes] = []
        self._read = 0
        protocol = (factory or house.factory).buildProtocol(address)
        assert protocol is not None
        self.wire = Wire(house.clock, protocol, address)
        protocol.makeConnection(self.wire)  # type: ignore[arg-type]
        house.guests.append(self)
        house.turn()

    @property
    def protocol(self) -> Any:
        """Who gets what they send: a session of the line door, sooner or later."""
        return self.wire.protocol

    # --- sending ---

    def sends(self, data: bytes) -> None:
        """Send bytes, which arrive as soon as the server reads: as one piece, if it reads that much at a time."""
        self._waiting.append(data)
        self._house.turn()

    def types(self, *lines: str) -> None:
        """Send lines, one after the other."""
        for line in lines:
            self.sends(line.encode() + b"\r\n")

    def objects(self, *objects: dict[str, Any]) -> None:
        """Send JSON objects, one after the other."""
        for each in objects:
            self.sends(json.dumps(each).encode() + b"\n")

    def ends(self) -> None:
        """Send no more, and still read."""
        assert not self._waiting, "the server has not read all yet"
        self.protocol.readConnectionLost()
        self._house.turn()

    def resets(self) -> None:
        """Be gone without a word."""
        self.wire.reset()
        self._house.turn()

    def arrive(self) -> bool:
        """Hand over a piece that was sent, if there is one and the server reads; tell whether that was so."""
        if not self._waiting or not self.wire.reading or self.wire.lost:
            return False
        size = self.wire.bufferSize
        piece = self._waiting[0]
        self._waiting[0:1] = [piece[size:]] if len(piece) > size else []
        self.protocol.dataReceived(piece[:size])
        return True

    @property
    def unread(self) -> int:
        """How many of the pieces that were sent the server did not read yet."""
        return len(self._waiting)

    # --- receiving ---

    def hears(self) -> bytes:
        """Return the bytes that came since the last time."""
        new = bytes(self.wire.taken[self._read :])
        self._read = len(self.wire.taken)
        return new

    def sees(self) -> list[str]:
        """Return the lines that came since the last time; each is whole."""
        text = self.hears().decode()
        assert not text or text.endswith("\n"), text[-100:]
        return text.replace("\r\n", "\n").splitlines()

    def gets(self) -> list[dict[str, Any]]:
        """Return the JSON objects that came since the last time; the plain greeting and telnet are passed over."""
        text = TelnetFilter().receive(self.hears())[0].decode()
        lines = [line for line in text.splitlines() if line.startswith("{")]
        return [json.loads(line) for line in lines]

    @property
    def gone(self) -> bool:
        return self.wire.lost


class House:
    """A server but for its sockets: hub, bus, store, node, line door."""

    def __init__(self, limits: Limits | None = None, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.clock.advance(NOW)
        self.limits = limits or Limits()
        store = MemoryStore(self.clock, first_id=1)
        ids = IdAllocator(store, self.clock)
        bus = LocalBus(ids.take)
        self.runner = HeldRunner()
        gate, self.passwords = open_gate(store, self.runner)
        log_sums = LogSums(self.clock)
        self.sessions = Sessions(self.clock, self.limits, log_sums)
        hub = Hub(NodeName("local"), self.limits)
        self.node = Node(
            hub, bus, store, self.clock, gate, to_connections(SessionsById(self.sessions)), log_sums
        )
        self.sessions.attach(to_hub(self.node))
        for start in (
            store.start(self.node.on_committed, self.node.on_drained),
            ids.start(bus.drain),
        ):
            _finish(start)
        json_dialect = JsonDialect(self.clock.seconds, UTC)
        self.factory = ChatFactory(
            self.sessions, LineDialect(self.clock.seconds, UTC), json_dialect
        )
        self.guests: list[Guest] = []

    def turn(self) -> None:
        """Let everything happen that needs no time."""
        moved = True
        while moved:
            self.clock.advance(0)
            arrived = [guest.arrive() for guest in self.guests]
            moved = any(arrived)

    def waits(self, seconds: float) -> None:
        """Let time pass, from one thing that is due to the next."""
        end = self.clock.seconds() + seconds
        while due := [call.getTime() for call in self.clock.getDelayedCalls()]:
            step = min(due) - self.clock.seconds()
            if min(due) > end:
                break
            self.clock.advance(max(step, 0.0))
            self.turn()
        self.clock.advance(max(end - self.clock.seconds(), 0.0))
        self.turn()

    def comes(self, address: Address = STRANGER) -> Guest:
        """Somebody connects."""
        return Guest(self, address)

    def enters(self, name: str, address: Address = STRANGER) -> Guest:
        """Somebody connects and logs in; what they saw by that is passed over, for those before them too."""
        guest = self.comes(address)
        guest.types(name)
        self.hush()
        return guest

    def program(self, name: str, **fields: str | bool) -> Guest:
        """A program connects and logs in; what it got by that is passed over, for those before it too."""
        guest = self.comes()
        guest.objects({"type": "nick", "content": name, **fields})
        self.hush()
        return guest

    def hush(self) -> None:
        """Pass over what everybody saw until now."""
        for guest in self.guests:
            guest.hears()

    def empties(self) -> None:
        """Everybody goes."""
        for guest in self.guests:
            guest.wire.reset()
        self.turn()

    def closes(self) -> None:
        """Everybody goes. Nothing must be left to be done then, and nobody left."""
        self.empties()
        assert not self.clock.getDelayedCalls(), self.clock.getDelayedCalls()
        assert not len(self.factory.connections) and not self.sessions


class HouseTestCase(SynchronousTestCase):
    """A test with one house, where nothing is left in the end."""

    limits: Limits | None = None

    def setUp(self) -> None:
        self.house = House(self.limits)

    def tearDown(self) -> None:
        self.house.closes()

    def assert_sees(self, guest: Guest, *expected: str) -> None:
        """Check all that came since the last time, line by line."""
        self.assertEqual(guest.sees(), list(expected))

    def assert_any(self, lines: Iterable[str], pattern: str) -> None:
        """Check that one of the lines, no more and no less, matches."""
        lines = list(lines)
        self.assertEqual(len([line for line in lines if re.search(pattern, line)]), 1, lines)


def _finish(work: Any) -> None:
    """Run a coroutine that waits for nothing."""
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits for something")


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    """Cut bytes at these places."""
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in pairwise(edges)]


#: For a house in which nobody is slowed down.
NO_FLOOD_LIMIT: Final = Limits(flood_burst=10**9, flood_rate=10**9)
