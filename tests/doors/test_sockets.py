"""Options of sockets, and what connections are counted by."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.abstract import FileDescriptor
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.interfaces import IAddress, ISSLTransport
from twisted.internet.protocol import Protocol, ServerFactory
from twisted.internet.testing import MemoryReactor
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import directlyProvides

from twisted_chat.doors import sockets
from twisted_chat.doors.sockets import (
    READ_SIZE,
    address_key,
    is_broken,
    is_private,
    read_at_most,
    tune,
)


class Transport:
    """A transport, perhaps one around another."""

    def __init__(self, handle: object = None, transport: object = None) -> None:
        self._handle = handle
        self.transport = transport

    def getHandle(self) -> object:
        return self._handle


class From:
    """A transport whose other side has an address."""

    def __init__(self, address: IAddress) -> None:
        self._address = address

    def getPeer(self) -> IAddress:
        return self._address


class PrivateTests(SynchronousTestCase):
    def test_nobody_reads_along_on_this_machine(self) -> None:
        for address, private in (
            (IPv4Address("TCP", "127.0.0.1", 1), True),
            (IPv6Address("TCP", "::1", 1), True),
            (IPv6Address("TCP", "::ffff:127.0.0.1", 1), True),
            (UNIXAddress(None), True),
            (IPv4Address("TCP", "192.0.2.7", 1), False),
            (IPv6Address("TCP", "2001:db8::1", 1), False),
            (object(), False),
        ):
            self.assertEqual(is_private(From(address)), private, address)  # type: ignore[arg-type]

    def test_nor_under_tls(self) -> None:
        transport = From(IPv4Address("TCP", "192.0.2.7", 1))
        directlyProvides(transport, ISSLTransport)
        self.assertTrue(is_private(transport))


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

    def test_an_option_that_a_system_does_not_have_is_left_out(self) -> None:
        self.patch(sockets, "_OPTIONS", (("TCP_NO_SUCH_THING", 1), ("TCP_KEEPIDLE", 60)))
        handle = self.pair(socket.AF_INET)
        tune(Transport(handle), 4096)
        self.assertEqual(handle.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE), 60)

    def test_a_unix_socket_gets_the_buffer_only(self) -> None:
        handle = self.pair(socket.AF_UNIX)
        tune(Transport(handle), 8192)
        self.assertIn(handle.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF), (8192, 16384))
        self.assertEqual(handle.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), 0)

    def test_the_socket_is_found_under_tls(self) -> None:
        handle = self.pair(socket.AF_INET)
        tune(Transport(object(), Transport(handle)), 4096)
        self.assertEqual(handle.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), 1)

    def test_without_a_socket_nothing_is_done(self) -> None:
        for transport in (None, object(), Transport(), Transport(object(), object())):
            tune(transport, 4096)

    def test_a_socket_that_is_closed_already_is_no_error(self) -> None:
        handle = self.pair(socket.AF_INET)
        handle.close()
        tune(Transport(handle), 4096)


class ReadSizeTests(SynchronousTestCase):
    def test_the_size_of_a_read_is_set_under_all_wrappers(self) -> None:
        connection = FileDescriptor(MemoryReactor())
        self.assertEqual(connection.bufferSize, READ_SIZE)
        wrapper = ProtocolWrapper(WrappingFactory(ServerFactory()), Protocol())
        wrapper.transport = connection
        read_at_most(Transport(transport=wrapper), 1000)
        self.assertEqual(connection.bufferSize, 1000)

    def test_what_has_no_such_size_is_left_as_it_is(self) -> None:
        transport = Transport()
        read_at_most(transport, 1000)
        self.assertFalse(hasattr(transport, "bufferSize"))


class AddressTests(SynchronousTestCase):
    def test_an_ipv4_address_counts_alone(self) -> None:
        self.assertEqual(address_key("192.0.2.1"), "192.0.2.1")
        self.assertEqual(address_key("10.0.0.1"), "10.0.0.1")

    def test_an_ipv6_address_counts_with_its_network(self) -> None:
        for host in ("2001:db8:1:2::", "2001:db8:1:2:3:4:5:6", "2001:DB8:1:2::1%eth0"):
            self.assertEqual(address_key(host), "2001:db8:1:2::/64")
        self.assertEqual(address_key("2001:db8:1:3::"), "2001:db8:1:3::/64")

    def test_an_ipv4_address_in_the_form_of_ipv6_is_an_ipv4_address(self) -> None:
        self.assertEqual(address_key("::ffff:192.0.2.1"), "192.0.2.1")

    def test_this_machine_is_not_counted(self) -> None:
        for host in (None, "127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1"):
            self.assertIsNone(address_key(host), host)

    def test_what_is_no_address_counts_as_it_stands(self) -> None:
        for host in ("", "localhost", "somewhere.example"):
            self.assertEqual(address_key(host), host)

    @given(st.ip_addresses(v=6))
    def test_a_key_is_its_own_key(self, address: object) -> None:
        key = address_key(str(address))
        if key is not None:
            self.assertEqual(address_key(key.removesuffix("/64")), key)

    @given(st.text())
    def test_any_text_has_a_key(self, host: str) -> None:
        address_key(host)


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
