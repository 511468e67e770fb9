"""Options of sockets, and what connections are counted by."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

from twisted.internet.abstract import FileDescriptor
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.protocol import Protocol, ServerFactory
from twisted.internet.testing import MemoryReactor
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.values.addresses import UNIX
from twisted_chat.core.values.text import shown
from twisted_chat.doors import sockets
from twisted_chat.doors.sockets import READ_SIZE, LocalTrust, is_broken, origin, read_at_most, tune


class Transport:
    """A transport, perhaps one around another."""

    def __init__(self, handle: object = None, transport: object = None) -> None:
        self._handle = handle
        self.transport = transport

    def getHandle(self) -> object:
        return self._handle


class TuneTests(SynchronousTestCase):
    def pair(self, family: int) -> socket.socket:
        """Return a connected socket."""
        if family == socket.AF_UNIX:
            here, there = socket.socketpair()
        else:
            listening = socket.create_server(
                ("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), family=family
            )
            here = socket.create_connection(listening.getsockname()[:2])
            there, _ = listening.accept()
            self.addCleanup(listening.close)
        self.addCleanup(here.close)
        self.addCleanup(there.close)
        return there

    def families(self) -> Iterator[int]:
        yield socket.AF_INET
        if socket.has_ipv6:
            yield socket.AF_INET6

    def test_a_dead_peer_is_noticed_and_the_kernel_holds_little(self) -> None:
        for family in self.families():
            handle = self.pair(family)
            tune(Transport(handle), 128 * 1024)
            tcp = socket.IPPROTO_TCP
            expected = {
                (socket.SOL_SOCKET, socket.SO_KEEPALIVE): 1,
                (socket.SOL_SOCKET, socket.SO_OOBINLINE): 1,
                (tcp, socket.TCP_NODELAY): 1,
                (tcp, socket.TCP_KEEPIDLE): 60,
                (tcp, socket.TCP_KEEPINTVL): 15,
                (tcp, socket.TCP_KEEPCNT): 6,
                (tcp, socket.TCP_USER_TIMEOUT): 150_000,
            }
            for (level, option), value in expected.items():
                self.assertEqual(handle.getsockopt(level, option), value, (level, option))
            # Linux doubles what it is asked for: room for its own book-keeping.
            buffer = handle.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
            self.assertIn(buffer, (128 * 1024, 2 * 128 * 1024))

    def test_options_that_are_missing_and_sockets_that_are_closed_are_no_error(self) -> None:
        self.patch(sockets, "_OPTIONS", (("TCP_NO_SUCH_THING", 1), ("TCP_KEEPIDLE", 60)))
        handle = self.pair(socket.AF_INET)
        tune(Transport(handle), 4096)
        self.assertEqual(handle.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE), 60)
        handle = self.pair(socket.AF_INET)
        handle.close()
        tune(Transport(handle), 4096)
        for transport in (None, object(), Transport(), Transport(object(), object())):
            tune(transport, 4096)

    def test_a_unix_socket_gets_the_buffer_only(self) -> None:
        handle = self.pair(socket.AF_UNIX)
        tune(Transport(handle), 8192)
        self.assertIn(handle.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF), (8192, 16384))
        self.assertEqual(handle.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), 0)

    def test_the_socket_is_found_under_tls(self) -> None:
        handle = self.pair(socket.AF_INET)
        tune(Transport(object(), Transport(handle)), 4096)
        self.assertEqual(handle.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), 1)


class ReadSizeTests(SynchronousTestCase):
    def test_the_size_of_a_read_is_set_where_there_is_one(self) -> None:
        connection = FileDescriptor(MemoryReactor())
        self.assertEqual(connection.bufferSize, READ_SIZE)
        wrapper = ProtocolWrapper(WrappingFactory(ServerFactory()), Protocol())
        wrapper.transport = connection
        read_at_most(Transport(transport=wrapper), 1000)
        self.assertEqual(connection.bufferSize, 1000)
        transport = Transport()
        read_at_most(transport, 1000)
        self.assertFalse(hasattr(transport, "bufferSize"))


class OriginTests(SynchronousTestCase):
    LOOPBACK = (
        IPv4Address("TCP", "127.0.0.1", 1),
        IPv4Address("TCP", "127.9.9.9", 1),
        IPv6Address("TCP", "::1", 1),
        IPv6Address("TCP", "::ffff:127.0.0.1", 1),
    )

    def test_who_counts_as_this_machine_is_what_was_set(self) -> None:
        trust: LocalTrust
        for trust, loopback, unix in (
            ("loopback", True, True),
            ("unix", False, True),
            ("none", False, False),
        ):
            for address in self.LOOPBACK:
                self.assertEqual(origin(address, trust) is None, loopback, (address, trust))
            self.assertEqual(origin(UNIXAddress(None), trust) is None, unix)

    def test_what_is_not_this_machine_has_an_address_that_is_safe_to_show(self) -> None:
        for address in self.LOOPBACK:
            self.assertEqual(origin(address, "unix"), address.host)
        self.assertEqual(origin(UNIXAddress(None), "none"), UNIX)
        self.assertEqual(origin(IPv6Address("TCP", "fe80::1%eth0", 1), "loopback"), "fe80::1%eth0")
        self.assertEqual(
            origin(IPv4Address("TCP", "\x1b[2J" + "x" * 100, 1), "loopback"),
            shown("\x1b[2J" + "x" * 100, 64),
        )


class BrokenTests(SynchronousTestCase):
    def setUp(self) -> None:
        listening = socket.create_server(("127.0.0.1", 0))
        self.there = socket.create_connection(listening.getsockname())
        self.here, _ = listening.accept()
        for each in (listening, self.here, self.there):
            self.addCleanup(each.close)

    def test_one_that_is_open_or_half_closed_is_not_broken(self) -> None:
        transport = Transport(transport=Transport(self.here))
        self.assertFalse(is_broken(transport))
        self.there.sendall(b"hi")
        self.there.shutdown(socket.SHUT_WR)
        self.assertFalse(is_broken(transport))

    def test_one_that_was_reset_is_broken_though_nobody_reads_from_it(self) -> None:
        self.there.sendall(b"hi")
        self.there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.there.close()
        self.assertTrue(is_broken(Transport(self.here)))

    def test_what_has_no_socket_is_not_broken(self) -> None:
        self.assertFalse(is_broken(Transport()))
        self.here.close()
        self.assertFalse(is_broken(Transport(self.here)))
