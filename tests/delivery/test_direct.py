"""Tests for twisted_chat.delivery.direct."""

from __future__ import annotations

import errno
import socket
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Protocol
from twisted.internet.tcp import Connection
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from twisted_chat.delivery.direct import direct


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
        self.write = direct(self.transport)

    def tearDown(self) -> None:
        self.socket.close()
        self.there.close()

    def received(self) -> bytes:
        try:
            return self.there.recv(1_000_000)
        except BlockingIOError:
            return b""

    def test_bytes_are_sent_at_once(self) -> None:
        self.socket.sizes = [100]
        self.write(b"hello")
        self.assertEqual(self.received(), b"hello")
        self.assertEqual(self.reactor.writers, set())
        self.assertFalse(self.flow.paused)

    def test_reading_is_as_it_was(self) -> None:
        # The size of the buffer is also that of a read: a transport that buffers nothing reads nothing.
        self.assertEqual(self.transport.bufferSize, Connection.bufferSize)

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

    def test_other_transports_write_by_themselves(self) -> None:
        transport = StringTransport()
        direct(transport)(b"hello")
        self.assertEqual(transport.value(), b"hello")
        self.transport.TLS = True
        self.assertEqual(direct(self.transport), self.transport.write)

    def test_connection_without_a_socket_writes_by_itself(self) -> None:
        self.transport.getHandle = lambda: None
        self.assertEqual(direct(self.transport), self.transport.write)
