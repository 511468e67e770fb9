from __future__ import annotations

import errno
from functools import partial
from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.internet.defer import Deferred
from twisted.internet.error import CannotListenError
from twisted.internet.protocol import ServerFactory
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.app import listen


class OpenedTests(SynchronousTestCase):
    def opened(self, address: object) -> str:
        return listen.opened(address, "the:endpoint").removeprefix("the chat is open on ")

    def test_it_says_how_to_join_and_how_to_open_it_to_others(self) -> None:
        for host in ("127.0.0.1", "::1", "127.0.0.5"):
            kind = IPv6Address if ":" in host else IPv4Address
            self.assertEqual(
                self.opened(kind("TCP", host, 12000)),
                f"{host} port 12000, for this machine only: nc {host} 12000 joins it; "
                "--interface 0.0.0.0 opens it to others",
            )

    def test_it_says_when_it_is_open_to_others(self) -> None:
        for host in ("0.0.0.0", "::", "192.0.2.1", "fe80::1%eth0"):
            kind = IPv6Address if ":" in host else IPv4Address
            self.assertEqual(
                self.opened(kind("TCP", host, 12000)),
                f"{host} port 12000, for everyone who can reach this machine",
            )

    def test_with_tls_it_says_how_to_join_with_that(self) -> None:
        for address, place in (
            (IPv4Address("TCP", "127.0.0.1", 9), "127.0.0.1:9"),
            (IPv6Address("TCP", "::1", 9), "[::1]:9"),
        ):
            self.assertIn(
                f"only: openssl s_client -quiet -connect {place} joins it;",
                listen.opened(address, "", tls=True),
            )

    def test_ports_for_programs_and_other_endpoints_are_named(self) -> None:
        self.assertEqual(
            listen.opened(IPv4Address("TCP", "127.0.0.1", 55555), "", "json"),
            "the chat is open for programs that speak JSON on 127.0.0.1 port 55555, for this machine only: "
            "--interface 0.0.0.0 opens it to others",
        )
        self.assertEqual(self.opened(UNIXAddress("/run/chat.sock")), "/run/chat.sock")
        self.assertEqual(self.opened(UNIXAddress(None)), "the:endpoint")
        self.assertEqual(self.opened(object()), "the:endpoint")


class OpenTests(SynchronousTestCase):
    """What goes wrong is told by the server itself, see the tests of twisted_chat.app.service."""

    def test_port_is_open_and_can_be_closed_again(self) -> None:
        reactor = MemoryReactorClock()
        factory = ServerFactory()
        port = self.successResultOf(
            Deferred.fromCoroutine(
                listen.open_port(reactor, "tcp:7", lambda endpoint: endpoint.listen(factory))
            )
        )
        self.assertEqual(reactor.tcpServers[0][:2], (7, factory))
        self.successResultOf(Deferred.fromCoroutine(listen.close_port(port)))

    def refuse(self, error: Exception, endpoint: object) -> Any:
        raise error

    def test_reason_is_one_error_whatever_the_endpoint_raised(self) -> None:
        for error, why in (
            (
                CannotListenError("", 7, OSError(errno.EADDRINUSE, "in use")),
                "any address port 7: in use;",
            ),
            (ValueError("no such thing"), "'tcp:7': ValueError: no such thing"),
        ):
            work = listen.open_port(MemoryReactorClock(), "tcp:7", partial(self.refuse, error))
            failed = self.failureResultOf(Deferred.fromCoroutine(work), listen.CannotOpen)
            self.assertTrue(str(failed.value).startswith(f"cannot listen on {why}"), failed)
