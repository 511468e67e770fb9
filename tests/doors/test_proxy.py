"""Connections that a proxy forwards: whose header is believed, what is in it, and who the client is then."""

from __future__ import annotations

import socket
import struct

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.logger import formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.doors.house import Address, Guest, HouseTestCase
from tests.making import log_of
from twisted_chat.core.values.addresses import read_network
from twisted_chat.doors.proxy import (
    DEADLINE,
    BadHeader,
    ProxyFactory,
    Trusted,
    read_header,
    without_proxy,
)

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
PROXY = IPv4Address("TCP", "10.0.0.1", 50000)
HOME = "192.0.2.7"


def text(host: str = HOME, kind: str = "TCP4", to: str = "198.51.100.1") -> bytes:
    return f"PROXY {kind} {host} {to} 40000 12000\r\n".encode()


def binary(rest: bytes, family: int = 0x11, command: int = 0x21) -> bytes:
    return SIGNATURE + struct.pack("!BBH", command, family, len(rest)) + rest


def tcp4(host: str = HOME, more: bytes = b"") -> bytes:
    ends = socket.inet_aton(host) + socket.inet_aton("198.51.100.1")
    return binary(ends + struct.pack("!HH", 40000, 12000) + more)


def tcp6(host: str) -> bytes:
    ends = socket.inet_pton(socket.AF_INET6, host) * 2
    return binary(ends + struct.pack("!HH", 40000, 12000), 0x21)


GOOD = {
    text(): IPv4Address("TCP", HOME, 40000),
    text("2001:db8::1", "TCP6", "::1"): IPv6Address("TCP", "2001:db8::1", 40000),
    b"PROXY UNKNOWN\r\n": None,
    b"PROXY UNKNOWN ffff::1 what ever 70000\r\n": None,
    tcp4(): IPv4Address("TCP", HOME, 40000),
    tcp4(more=b"\x03\x00\x04abcd"): IPv4Address("TCP", HOME, 40000),
    tcp6("2001:db8::1"): IPv6Address("TCP", "2001:db8::1", 40000),
    binary(b"", 0x00, 0x20): None,
    binary(b"x" * 12, 0x11, 0x20): None,
    binary(b"", 0x00): None,
    binary(b"x" * 216, 0x31): None,
}

BAD = (
    b"hello\r\n",
    b"{",
    b"\x16\x03\x01",
    b"PROXY TCP4\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 40000\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 70000\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 -1 12000\r\n",
    b"PROXY TCP4 192.0.2.7 198.51.100.1 40000 12000 1\r\n",
    b"PROXY TCP4  192.0.2.7 198.51.100.1 40000\r\n",
    b"PROXY TCP4 localhost 198.51.100.1 40000 12000\r\n",
    b"PROXY TCP4 2001:db8::1 ::1 40000 12000\r\n",
    b"PROXY TCP6 192.0.2.7 198.51.100.1 40000 12000\r\n",
    b"PROXY UDP4 192.0.2.7 198.51.100.1 40000 12000\r\n",
    b"PROXY \xff\xfe\r\n",
    b"PROXY \r\n",
    b"PROXY UNKNOWN" + b" " * 200,
    SIGNATURE + b"\x31\x11\x00\x0c" + b"x" * 12,
    SIGNATURE + b"\x22\x11\x00\x0c" + b"x" * 12,
    SIGNATURE + b"\x21\x12\x00\x0c" + b"x" * 12,
    SIGNATURE + b"\x21\x11\x00\x0b" + b"x" * 11,
    SIGNATURE + b"\x21\x21\x00\x0c" + b"x" * 12,
    SIGNATURE + b"\x21\x11\xff\xff",
)


class HeaderTests(SynchronousTestCase):
    def test_header_is_read_wherever_it_is_cut_and_nothing_else_is(self) -> None:
        for header, source in GOOD.items():
            for cut in range(len(header)):
                self.assertIsNone(read_header(header[:cut]), header)
            for more in (b"", b"bob\r\n", header):
                self.assertEqual(read_header(header + more), (len(header), source), header)
        for data in BAD:
            self.assertRaises(BadHeader, read_header, data)
        self.assertEqual(without_proxy("haproxy:tcp:12000"), "tcp:12000")
        self.assertIsNone(without_proxy("tcp:12000"))

    @given(st.binary() | st.binary().map(b"PROXY ".__add__) | st.binary().map(SIGNATURE.__add__))
    def test_any_bytes_are_a_header_or_none(self, data: bytes) -> None:
        try:
            header = read_header(data)
        except BadHeader:
            return
        assert header is None or header.size <= len(data)


class ForwardedCase(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        networks = [read_network(each) for each in ("10.0.0.0/8", "2001:db8:1::/48")]
        trusted = Trusted(tuple(each for each in networks if each is not None), unix=False)
        factory = self.house.factory
        self.factory = ProxyFactory(
            factory.forwarded(),
            trusted,
            factory.connections,
            self.house.clock,
            self.house.sessions.log_sums,
        )
        self.logged = log_of(self)

    def comes(self, data: bytes = b"", proxy: Address = PROXY) -> Guest:
        guest = Guest(self.house, proxy, self.factory)
        if data:
            guest.sends(data)
        return guest

    def log(self) -> list[str]:
        assert not [event for event in self.logged if "log_failure" in event]
        return [str(formatEvent(event)) for event in self.logged]


class ForwardedTests(ForwardedCase):
    def test_greeting_waits_for_the_header(self) -> None:
        guest = self.comes()
        self.assertEqual(guest.sees(), [])
        for piece in (text()[:3], text()[3:20], text()[20:]):
            self.assertEqual(guest.sees(), [])
            guest.sends(piece)
        self.assert_any(guest.sees(), "^Welcome to ")

    def test_client_is_who_the_header_says(self) -> None:
        for header in (text(), tcp4()):
            guest = self.comes(header + b"bob\r\n")
            self.assert_any(guest.sees(), "Welcome, bob")
            self.assertIn(f"bob arrived from {HOME} ", self.log()[-1])
            guest.types("/quit")
            self.assertTrue(guest.gone)

    def test_limits_are_counted_after_the_header(self) -> None:
        self.house.factory.connections.max_per_address = 2
        mine = [self.comes(text()) for _ in range(3)]
        self.assertEqual([guest.gone for guest in mine], [False, False, True])
        others = [self.comes(text("198.51.100.9")) for _ in range(2)]
        self.assertFalse(any(guest.gone for guest in others))

    def test_nobody_is_this_machine_because_a_header_says_so(self) -> None:
        self.house.factory.connections.max_per_address = 2
        headers = (text("127.0.0.1"), tcp4("127.0.0.1"), text("::1", "TCP6", "::1"), tcp6("::1"))
        for header in headers:
            guest = self.comes(header + b"eve\r\n")
            guest.hears()
            for command in ("/invite-code", "/stats"):
                guest.types(command)
                self.assert_any(guest.sees(), "^! .*machine")
            guest.resets()
        here = [self.comes(text("127.0.0.1")) for _ in range(3)]
        self.assertEqual([guest.gone for guest in here], [False, False, True])

    def test_client_of_whom_the_proxy_knows_nothing_counts_as_the_proxy(self) -> None:
        self.house.factory.connections.max_per_address = 1
        guest = self.comes(b"PROXY UNKNOWN\r\nbob\r\n")
        self.assert_any(guest.sees(), "Welcome, bob")
        self.assertIn("bob arrived from 10.0.0.1 ", self.log()[-1])
        self.assertTrue(self.comes(binary(b"", 0, 0x20)).gone)

    def test_header_counts_only_of_a_trusted_proxy(self) -> None:
        for address in (
            IPv4Address("TCP", "192.0.2.1", 1),
            IPv4Address("TCP", "127.0.0.1", 1),
            IPv6Address("TCP", "2001:db8:2::1", 1),
            UNIXAddress(None),
        ):
            self.assertIsNone(self.factory.buildProtocol(address))
        self.assertIn("refused a connection from 192.0.2.1 to a proxy port", self.log()[0])
        for address in (
            IPv6Address("TCP", "::ffff:10.1.1.1", 1),
            IPv6Address("TCP", "2001:db8:1::1", 1),
        ):
            self.assertFalse(self.comes(text(), address).gone)
        self.factory.trusted = Trusted((), unix=True)
        self.assertIsNone(self.factory.buildProtocol(PROXY))
        self.assertIsNotNone(self.factory.buildProtocol(UNIXAddress(None)))

    def test_malformed_header_is_one_line_and_no_traceback(self) -> None:
        for data in BAD:
            guest = self.comes(data + b"secret")
            self.assertTrue(guest.gone)
            self.assertEqual(guest.sees(), [])
            (line,) = self.log()
            self.assertRegex(line, r"\Ano valid PROXY header from 10\.0\.0\.1: [^\n]+\Z")
            self.assertNotIn("secret", line)
            self.logged.clear()

    def test_header_that_does_not_come_is_waited_for_only_so_long(self) -> None:
        guest = self.comes(text()[:-1])
        self.house.waits(DEADLINE - 0.1)
        self.assertFalse(guest.gone)
        self.assertEqual(self.house.factory.connections.held, 1)
        self.house.waits(0.2)
        self.assertTrue(guest.gone)
        self.assertEqual(self.house.factory.connections.held, 0)

    def test_one_that_goes_before_its_header_leaves_nothing(self) -> None:
        self.comes(text()[:9]).resets()
        self.assertEqual((self.log(), self.house.factory.connections.held), ([], 0))

    def test_server_that_stops_does_not_wait_for_headers(self) -> None:
        guest = self.comes()
        self.house.factory.connections.check(self.house.clock.seconds())
        self.house.factory.connections.abort()
        self.house.turn()
        self.assertTrue(guest.gone)

    def test_end_of_input_behind_the_header_is_handled(self) -> None:
        guest = self.comes(text() + b"bob\r\n")
        guest.ends()
        self.assert_any(guest.sees(), "Welcome, bob")
        self.assertTrue(guest.gone)
