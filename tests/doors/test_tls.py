"""TLS around the line door: what differs from a plain connection."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Any

from OpenSSL import SSL
from twisted.logger import formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.doors.house import NO_FLOOD_LIMIT, House
from tests.making import folder_for, log_of
from tests.tls import certs
from tests.tls.certs import Client
from twisted_chat.core.values.limits import Limits
from twisted_chat.doors.proxy import ProxyFactory, Trusted
from twisted_chat.doors.tls import TlsFactory
from twisted_chat.tls import certificates
from twisted_chat.tls.certificates import Certificates, find


class TlsCase(SynchronousTestCase):
    limits: Limits | None = None

    def setUp(self) -> None:
        self.house = House(self.limits)
        self.clock = self.house.clock
        self.folder = folder_for(self)
        self.files = certs.write(self.folder, "chat.example")
        self.factory = self.serves(*self.files)
        self.clients: list[Client] = []
        self.logged = log_of(self)

    def tearDown(self) -> None:
        for client in self.clients:
            client.wire.abortConnection()
        self.clock.advance(0)
        self.house.closes()
        self.assertEqual(self.house.factory.connections.held, 0)
        self.assertEqual(self.factory.protocols, {})

    def serves(self, cert: Path, key: Path) -> TlsFactory:
        return TlsFactory(Certificates(find(cert, key, None)), self.house.factory, self.clock)

    def connects(self, **options: Any) -> Client:
        client = Client(self.factory, self.clock, **options)
        self.clients.append(client)
        return client

    def comes(self, **options: Any) -> Client:
        client = self.connects(**options)
        client.shakes_hands()
        return client

    def enters(self, name: str) -> Client:
        client = self.comes()
        client.types(name)
        client.sees()
        return client

    def left(self) -> list[str]:
        """What the log says of those who left without a nickname."""
        lines = [formatEvent(event) for event in self.logged]
        return [line.partition("nickname: ")[2] for line in lines if "without a nickname" in line]


class TlsTests(TlsCase):
    def test_people_with_and_without_tls_talk_with_each_other(self) -> None:
        alice, bob = self.enters("alice"), self.house.enters("bob")
        alice.types("hi", "/me waves")
        self.assertEqual(bob.sees(), ["<alice> hi", "* alice waves"])
        alice.sees()
        bob.types("hello")
        self.assertEqual(alice.sees(), ["<bob> hello"])

    def test_it_greets_when_the_handshake_is_done(self) -> None:
        client = self.comes()
        self.assertEqual(
            client.sees(),
            ["Welcome to twisted-chat.", "Pick a nickname, or press Enter for a guest name."],
        )

    def test_programs_and_goodbye_work_as_ever(self) -> None:
        robot = self.comes()
        robot.types('{"type": "nick", "content": "robot"}')
        self.assertIn('"welcome"', "".join(robot.sees()))
        robot.types('{"type": "quit"}')
        self.assertTrue(robot.over)
        robot.ends()
        robot.wire.take()
        self.clock.advance(0)
        self.assertEqual(len(self.house.sessions), 0)

    def test_nobody_can_read_along(self) -> None:
        self.enters("bob")
        (peer,) = self.house.sessions.values()
        self.assertTrue(peer.door.private)

    def test_older_versions_of_tls_are_refused(self) -> None:
        old = self.connects(newest=SSL.TLS1_1_VERSION)
        self.assertRaises(SSL.Error, old.shakes_hands)
        self.comes(newest=SSL.TLS1_2_VERSION)
        self.assertEqual(self.left(), ["no TLS handshake: unsupported protocol"])

    def test_minimum_holds_though_all_ciphers_were_taken(self) -> None:
        self.patch(certificates, "_CIPHERS", b"ALL:@SECLEVEL=0")
        self.factory = self.serves(*certs.write_rsa(self.folder))
        old = self.connects(newest=SSL.TLS1_1_VERSION)
        self.assertRaises(SSL.Error, old.shakes_hands)
        self.comes(newest=SSL.TLS1_2_VERSION, ciphers=b"AES128-SHA:@SECLEVEL=0")

    def test_tls_1_2_has_forward_secrecy_and_authenticated_encryption_or_is_refused(self) -> None:
        for files, kind in ((certs.write_rsa(self.folder), "RSA"), (self.files, "ECDSA")):
            self.factory = self.serves(*files)
            for good in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"):
                name = f"ECDHE-{kind}-{good}"
                offer = f"{name}:@SECLEVEL=0".encode()
                client = self.comes(newest=SSL.TLS1_2_VERSION, ciphers=offer)
                self.assertEqual(client.ssl.get_cipher_name(), name)
            for bad in (
                "kRSA",
                f"ECDHE-{kind}-AES128-SHA256",
                f"ECDHE-{kind}-AES256-SHA384",
                f"ECDHE-{kind}-AES128-SHA",
                "kDHE",
                "eNULL",
                "aNULL",
                "AESCCM",
            ):
                offer = f"{bad}:@SECLEVEL=0".encode()
                client = self.connects(newest=SSL.TLS1_2_VERSION, ciphers=offer)
                self.assertRaises(SSL.Error, client.shakes_hands)

    def test_header_of_a_proxy_stands_before_tls(self) -> None:
        connections, sums = self.house.factory.connections, self.house.sessions.log_sums
        door = self.house.factory.forwarded()
        behind = TlsFactory(Certificates(find(*self.files, None)), door, self.clock)
        trusted = Trusted((ip_network("192.0.2.0/24"),), unix=False)
        client = Client(ProxyFactory(behind, trusted, connections, self.clock, sums), self.clock)
        self.clients.append(client)
        client.protocol.dataReceived(b"PROXY TCP4 198.51.100.9 192.0.2.7 1 2\r\n")
        client.protocol = client.wire.protocol
        client.shakes_hands()
        client.types("bob")
        self.assertIn("-- Welcome, bob.", client.sees())
        lines = [formatEvent(event) for event in self.logged]
        self.assertIn("bob arrived from 198.51.100.9 (session 1)", lines)

    def test_http_inside_of_tls_has_no_effect(self) -> None:
        browser = self.comes()
        browser.types("GET / HTTP/1.1\r")
        self.assertTrue(browser.wire.lost)
        self.assertEqual(self.left(), ["it speaks HTTP"])

    def test_what_came_before_the_end_of_input_is_said(self) -> None:
        bob, alice = self.house.enters("bob"), self.comes()
        alice.ssl.send(b"alice\nhi\nand more without an end")
        alice.ends()
        self.clock.advance(0)
        self.assertIn("<alice> hi", bob.sees())
        self.assertTrue(alice.wire.disconnecting)


class NotTlsTests(TlsCase):
    def test_what_is_no_tls_is_closed_without_effect(self) -> None:
        bob = self.house.enters("bob")
        for data, why in (
            (b"alice\nhi\n", "wrong version number"),
            (b"GET / HTTP/1.1\r\n\r\n", "http request"),
            (b'{"type": "nick", "content": "alice"}\n', ""),
            (b"\x00" * 100, ""),
            (b"\xff" * 100_000, ""),
            (b"\x16\x03\x01\x00\x05hello", ""),
            (b"\x16\x03\x01\xff\xff" + b"x" * 100_000, ""),
        ):
            self.logged.clear()
            client = self.connects()
            client.protocol.dataReceived(data)
            self.clock.advance(0)
            client.wire.take()
            self.clock.advance(0)
            self.assertTrue(client.wire.lost, data[:20])
            self.assertRegex(self.left()[0], f"^no TLS handshake: .*{why}")
        self.assertEqual(bob.sees(), [])
        self.assertEqual(len(self.house.sessions), 1)

    def test_handshake_that_is_cut_off_is_logged_as_that(self) -> None:
        client = self.connects()
        with self.assertRaises(SSL.WantReadError):
            client.ssl.do_handshake()
        hello = client.ssl.bio_read(10_000)
        client.protocol.dataReceived(hello[:50])
        client.wire.lose()
        self.clock.advance(0)
        self.assertEqual(self.left(), ["no TLS handshake"])

    def test_handshake_has_no_more_time_than_the_login(self) -> None:
        silent, half = self.connects(), self.connects()
        with self.assertRaises(SSL.WantReadError):
            half.ssl.do_handshake()
        half.protocol.dataReceived(half.ssl.bio_read(10_000)[:50])
        self.house.waits(59)
        self.assertFalse(silent.wire.lost or half.wire.lost)
        self.house.waits(7)
        self.assertTrue(silent.wire.lost and half.wire.lost)
        self.assertEqual(self.left(), ["no nickname within 60 seconds"] * 2)


class FewTests(TlsCase):
    limits = Limits(max_per_address=2)

    def test_connections_without_a_handshake_count_for_their_address(self) -> None:
        self.connects()
        self.house.comes()
        refused = self.comes()
        self.assertIn("Too many connections", refused.seen.decode())
        self.comes(host="192.0.2.99")

    def test_refused_one_that_never_shakes_hands_is_closed(self) -> None:
        self.house.comes()
        self.house.comes()
        refused = self.connects()
        self.house.waits(6)
        self.assertTrue(refused.wire.lost)


class DeafTests(TlsCase):
    limits = NO_FLOOD_LIMIT

    def fill(self, deaf: Client, until: Any) -> int:
        """Let somebody talk to a deaf one; return the most bytes that waited for it."""
        bob, most = self.house.enters("bob"), 0
        for _ in range(1_000):
            if until():
                return most
            bob.types("x" * 4_000)
            self.clock.advance(0.01)
            most = max(most, len(deaf.wire.written) + self.house.sessions.delivery.backlog.bytes)
        raise AssertionError("nobody ended it")

    def test_deaf_reader_is_ended_at_its_limit(self) -> None:
        deaf = self.enters("deaf")
        deaf.wire.takes = False
        most = self.fill(deaf, lambda: deaf.wire.aborted)
        # Its queue, and what its transport holds before it says that this is enough, and one batch.
        self.assertLess(most, (256 + 64 + 64) * 1024)
        self.assertGreater(most, 256 * 1024)

    def test_reader_that_is_only_slow_gets_all_in_order(self) -> None:
        slow, bob = self.enters("slow"), self.house.enters("bob")
        slow.sees()
        slow.wire.takes = False
        for number in range(50):
            bob.types(f"{number} " + "x" * 4_000)
            self.clock.advance(0.01)
        slow.wire.takes = True
        seen: list[str] = []
        while heard := slow.sees():
            seen += heard
        self.assertEqual([line.split()[1] for line in seen], [str(each) for each in range(50)])

    def test_deaf_one_that_ends_tls_is_no_ghost(self) -> None:
        for paused in (False, True):
            deaf = self.enters("deaf")
            deaf.wire.takes = False
            if paused:
                self.fill(deaf, lambda deaf=deaf: deaf.wire.paused)
            deaf.ends()
            self.assertTrue(deaf.wire.disconnecting)
            self.house.waits(6)
            self.assertTrue(deaf.wire.lost, paused)
            self.house.empties()

    def test_one_that_breaks_tls_with_a_full_buffer_goes_when_it_is_taken(self) -> None:
        deaf = self.enters("deaf")
        deaf.wire.takes = False
        self.fill(deaf, lambda: deaf.wire.paused)
        deaf.protocol.dataReceived(b"\xff" * 100)
        deaf.wire.take()
        self.clock.advance(0)
        self.assertTrue(deaf.wire.lost)
