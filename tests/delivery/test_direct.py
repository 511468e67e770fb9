from __future__ import annotations

import errno
import socket
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.tcp import Connection
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from tests.delivery.fakes import View
from tests.making import said
from twisted_chat.core.values.ids import RoomId
from twisted_chat.core.values.limits import Limits
from twisted_chat.delivery.direct import direct
from twisted_chat.delivery.engine import Delivery
from twisted_chat.delivery.outbox import TOO_SLOW, Backlog, Outbox


class Reactor:
    """Watches for sockets that can be read or written, and never tells."""

    def __init__(self) -> None:
        self.writers: set[object] = set()

    def addReader(self, reader: object) -> None: ...
    def removeReader(self, reader: object) -> None: ...
    def addWriter(self, writer: object) -> None:
        self.writers.add(writer)

    def removeWriter(self, writer: object) -> None:
        self.writers.discard(writer)


@implementer(IPushProducer)
class Flow:
    """A producer that notes whether it is paused."""

    paused = False

    def pauseProducing(self) -> None:
        self.paused = True

    def resumeProducing(self) -> None:
        self.paused = False

    def stopProducing(self) -> None: ...


class Few(socket.socket):
    """A socket that takes few bytes at a time; after ``left`` sends none, or fails with ``error``."""

    sizes: list[int] = []
    error = errno.EAGAIN
    sends = 0

    def send(self, data: Any, flags: int = 0) -> int:
        self.sends += 1
        if not self.sizes:
            raise OSError(self.error, "this socket does not take it")
        return super().send(bytes(data)[: self.sizes.pop(0)], flags)


class DirectTests(SynchronousTestCase):
    def setUp(self) -> None:
        here, self.there = socket.socketpair()
        self.socket = Few(fileno=here.detach())
        self.socket.setblocking(False)
        self.there.setblocking(False)
        self.reactor = Reactor()
        self.transport: Any = Connection(self.socket, Protocol(), self.reactor)  # type: ignore[arg-type]
        self.transport.connected = True
        self.flow = Flow()
        self.transport.registerProducer(self.flow, True)
        self.way = direct(self.transport)

    def write(self, data: bytes) -> None:
        """Write as an outbox does."""
        try:
            sent = self.way.send(data)
        except OSError:
            sent = 0
        if sent != len(data):
            self.way.hold(data[sent:])

    def tearDown(self) -> None:
        self.socket.close()
        self.there.close()

    def received(self) -> bytes:
        try:
            return self.there.recv(1_000_000)
        except BlockingIOError:
            return b""

    def test_bytes_are_sent_at_once_and_reading_is_as_it_was(self) -> None:
        # The size of the buffer is also that of a read: a transport that buffers nothing reads nothing.
        self.assertEqual(self.transport.bufferSize, Connection.bufferSize)
        self.socket.sizes = [100]
        self.write(b"hello")
        self.assertEqual(self.received(), b"hello")
        self.assertEqual(self.reactor.writers, set())
        self.assertFalse(self.flow.paused)

    def test_what_the_kernel_does_not_take_waits_in_the_transport_and_pauses(self) -> None:
        for taken in range(5):
            self.setUp()
            self.socket.sizes = [taken] if taken else []
            self.write(b"hello")
            self.assertEqual(self.received(), b"hello"[:taken])
            self.assertTrue(self.flow.paused, taken)
            self.assertEqual(self.reactor.writers, {self.transport})
            self.socket.sizes = [100]
            self.transport.doWrite()
            self.assertEqual(self.received(), b"hello"[taken:])
            self.transport.doWrite()
            self.assertFalse(self.flow.paused)

    def test_broken_connection_is_left_to_the_transport(self) -> None:
        self.socket.error = errno.ECONNRESET
        self.write(b"hello")
        self.assertTrue(self.flow.paused)
        self.assertIsInstance(self.transport.doWrite(), Exception)

    def test_connection_that_is_gone_swallows_what_is_written(self) -> None:
        self.transport.connectionLost(Failure(ConnectionDone()))
        self.write(b"hello")
        self.assertEqual(self.received(), b"")

    @given(st.lists(st.binary(min_size=1), max_size=8), st.lists(st.integers(0, 9), max_size=40))
    def test_order_is_kept_whatever_the_kernel_takes(
        self, pieces: list[bytes], sizes: list[int]
    ) -> None:
        self.setUp()
        self.socket.sizes = sizes
        waiting = b""
        for piece in pieces:
            waiting += piece
            if not self.flow.paused:
                self.write(waiting)
                waiting = b""
        self.socket.sizes = [1_000_000] * 3
        self.transport.doWrite()
        self.transport.doWrite()
        self.write(waiting) if waiting else None
        self.assertEqual(self.received(), b"".join(pieces))
        self.tearDown()

    def test_transports_without_a_plain_socket_write_by_themselves(self) -> None:
        self.transport.getHandle = lambda: None
        self.assert_writes_by_itself()
        transport = StringTransport()
        self.assertEqual(direct(transport).send(b"hello"), 5)
        self.assertEqual(transport.value(), b"hello")
        self.transport.TLS = True
        self.assert_writes_by_itself()

    def assert_writes_by_itself(self) -> None:
        written: list[bytes] = []
        self.transport.write = written.append
        self.assertEqual(direct(self.transport).send(b"hello"), 5)
        self.assertEqual((written, self.received()), ([b"hello"], b""))


@implementer(IPushProducer)
class Line:
    """A session whose bytes go straight to a socket: its sink, its outbox and the other end."""

    def __init__(self, reactor: Reactor, backlog: Backlog) -> None:
        here, self.there = socket.socketpair()
        here.setblocking(False)
        self.there.setblocking(False)
        self.transport: Any = Connection(here, Protocol(), reactor)  # type: ignore[arg-type]
        self.transport.connected = True
        self.transport.registerProducer(self, True)
        self.send, self.hold = direct(self.transport)
        self.ended: list[str] = []
        view = View()
        self.outbox = Outbox(self, view, view, 256 * 1024, backlog)

    def pauseProducing(self) -> None:
        self.outbox.pause()

    def resumeProducing(self) -> None:
        self.outbox.resume()

    def stopProducing(self) -> None: ...
    def drained(self) -> None: ...
    def overflowed(self, reason: str) -> None:
        self.ended.append(reason)

    def received(self) -> list[str]:
        text = b""
        while True:
            try:
                text += self.there.recv(1_000_000)
            except BlockingIOError:
                return text.decode().splitlines()
            self.transport.doWrite()

    def close(self) -> None:
        self.transport.socket.close()
        self.there.close()


class BatchTests(SynchronousTestCase):
    """A room's batch on real sockets, some of which fail in the middle of it."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.delivery = Delivery(self.clock, Limits(linger=0))
        reactor = Reactor()
        self.lines = [Line(reactor, self.delivery.backlog) for _ in range(5)]
        for line in self.lines:
            self.addCleanup(line.close)
            self.delivery.enter(line.outbox, RoomId(1))
        self.messages = 0

    def say(self, count: int = 1, size: int = 10) -> None:
        for _ in range(count):
            self.messages += 1
            self.delivery.say(RoomId(1), said(self.messages, 1, f"{self.messages} " + "x" * size))
            self.clock.advance(0)

    def heard(self, line: Line) -> list[int]:
        return [int(text.split()[2]) for text in line.received()]

    def test_peer_that_is_gone_in_the_middle_of_a_batch_costs_the_others_nothing(self) -> None:
        self.say()
        self.lines[2].there.close()
        self.say(10)
        for line in (*self.lines[:2], *self.lines[3:]):
            self.assertEqual(self.heard(line), list(range(1, 12)))
        # The transport tells of it, as it does of every lost connection; nothing is ended twice.
        self.assertEqual(self.lines[2].ended, [])
        self.assertIsInstance(self.lines[2].transport.doWrite(), Exception)

    def test_reader_that_never_reads_is_ended_at_its_limit_and_the_others_hear_all(self) -> None:
        heard: dict[Line, list[int]] = {line: [] for line in self.lines[1:]}
        most = 0
        while not self.lines[0].ended:
            self.say(size=4000)
            for line, numbers in heard.items():
                numbers += self.heard(line)
            most = max(most, self.delivery.backlog.bytes)
            self.assertLess(self.messages, 1000)
        # Its queue of 256 KiB, and what its transport held of one write.
        self.assertLess(most, (256 + 5) * 1024)
        self.assertEqual((self.lines[0].ended, self.delivery.backlog.ended), ([TOO_SLOW], 1))
        self.assertEqual(self.delivery.backlog.bytes, 0)
        for numbers in heard.values():
            self.assertEqual(numbers, list(range(1, self.messages + 1)))
