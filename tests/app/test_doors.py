from __future__ import annotations

import errno
import sys
from typing import Any, cast

from twisted.internet.address import IPv4Address
from twisted.internet.error import CannotListenError

from tests.app.cases import ServiceTestCase
from tests.doors.house import Guest
from twisted_chat.app import doors
from twisted_chat.app.startup import StartError


class DoorsTests(ServiceTestCase):
    def test_a_port_for_programs_greets_with_an_object(self) -> None:
        served = self.starts(json_port=(55555, "haproxy:tcp:5556"), trusted_proxy=("10.0.0.0/8",))
        plain, door, behind = (cast(Any, factory) for _, factory, *_ in self.reactor.tcpServers)
        self.assertIs(plain, served.doors.lines)
        self.assertIs(door.first, served.doors.lines.json)
        self.assertIs(door.connections, served.doors.connections)
        self.assertIs(behind.door.first, served.doors.lines.json)
        self.assertIn("open for programs that speak JSON on 0.0.0.0 port 55555", self.log())

    def test_a_port_for_irc_speaks_that_and_counts_its_connections_with_the_others(self) -> None:
        served = self.starts(irc_port=6667, irc_password="sesame")
        _, door = (cast(Any, factory) for _, factory, *_ in self.reactor.tcpServers)
        self.assertTrue(door.first.closed)
        self.assertTrue(door.first.opens("sesame"))
        self.assertIs(door.connections, served.doors.connections)
        self.assertIs(door.read_limits, served.doors.lines.read_limits)
        self.assertIn("open for IRC clients on 0.0.0.0 port 6667", self.log())

    def test_it_listens_on_every_port_and_says_so(self) -> None:
        self.starts(port=(12000, "55555", "unix:/run/chat.sock"), interface="::1")
        self.assertEqual(
            [(port, backlog, at) for port, _, backlog, at in self.reactor.tcpServers],
            [(12000, 1024, "::1"), (55555, 1024, "::1")],
        )
        self.assertEqual(self.reactor.unixServers[0][0], "/run/chat.sock")
        for place in ("::1 port 12000, for this machine only", "::1 port 55555", "/run/chat.sock"):
            self.assertIn(f"the chat is open on {place}", self.log())

    def test_it_says_who_counts_as_this_machine(self) -> None:
        for trust in ("none", "unix", "loopback"):
            self.stops(self.starts(local_trust=trust))
            self.assertIn(f"(local-trust: {trust})", self.log())
            self.logged.clear()

    def test_port_for_proxies_reads_headers_and_trusts_nobody_behind_them(self) -> None:
        served = self.starts(port="haproxy:tcp:1", trusted_proxy=("10.0.0.0/8",))
        ((number, factory, *_),) = self.reactor.tcpServers
        self.assertEqual(number, 1)
        house = self.house(served)
        guest = Guest(house, IPv4Address("TCP", "10.0.0.1", 5), factory)
        self.assertEqual(guest.sees(), [])
        guest.sends(b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\nbob\r\n/stats\r\n")
        self.assertIn("! Only server operators", guest.sees()[-1])

    def test_it_says_for_how_many_connections_there_is_room(self) -> None:
        for most, said in (
            (
                1,
                "there is room for up to 1 connection; LimitNOFILE= (systemd) or ulimit -Hn (a shell) sets this limit",
            ),
            (19_950, "there is room for up to 19,950 connections; LimitNOFILE="),
            (sys.maxsize, "no limit on the number of connections"),
        ):
            self.patch(doors, "room_for_connections", lambda most=most: most)
            self.logged.clear()
            self.stops(self.starts())
            self.assertEqual(self.log().count(said), 1)


class CannotListenTests(ServiceTestCase):
    def reason(self, error: Exception, port: str = "tcp:12000") -> str:
        self.reactor.fails = error
        served = self.made(port=port)
        return str(self.assertRaises(StartError, served.startService))

    def test_the_reason_says_where_why_and_what_to_do(self) -> None:
        taken = OSError(errno.EADDRINUSE, "Address already in use")
        denied = PermissionError(errno.EACCES, "Permission denied")
        for error, reason in (
            (
                CannotListenError("127.0.0.1", 12000, taken),
                "127.0.0.1 port 12000: Address already in use; stop the program that uses it, or choose another port with --port",
            ),
            (
                CannotListenError("", 12000, taken),
                "any address port 12000: Address already in use; stop the program that uses it, "
                "or choose another port with --port",
            ),
            (
                CannotListenError("::1", 80, denied),
                "::1 port 80: Permission denied; choose another address with --port or --interface",
            ),
            (
                CannotListenError(None, b"/run/chat.sock", "Cannot acquire lock"),
                "/run/chat.sock: Cannot acquire lock; stop the program that uses it, or choose another port with --port",
            ),
            (
                OverflowError("bind(): port must be 0-65535."),
                "'tcp:12000': OverflowError: bind(): port must be 0-65535.",
            ),
            (FileNotFoundError(errno.ENOENT, "No such file", "x"), "'tcp:12000': No such file"),
        ):
            self.assertEqual(self.reason(error), f"cannot listen on {reason}")

    def test_an_endpoint_that_is_none_is_a_reason_too(self) -> None:
        for bad in [
            "nope:1",
            "tcp:x",
            "tcp:",
            "80:",
            "systemd:domain=INET:index=99",
            "tcp:1:2:3:4:5:6",
        ]:
            served = self.made(port=(bad,))
            error = self.assertRaises(StartError, served.startService)
            self.assertTrue(str(error).startswith(f"cannot listen on {bad!r}: "), error)
