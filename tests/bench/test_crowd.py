"""Clients that connect and log in, without a network."""

from __future__ import annotations

import errno

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import (
    ConnectBindError,
    ConnectionDone,
    ConnectionRefusedError,
    TimeoutError,
    UnknownHostError,
)
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from bench.crowd import Crowd, Talker
from bench.wire import Target


class Wire(StringTransport):
    """A transport that tells the client at once when it closes the connection."""

    talker: Talker

    def setTcpNoDelay(self, enabled: bool) -> None:
        """Nothing to delay."""

    def abortConnection(self) -> None:
        if not self.disconnected:
            self.disconnected = True
            self.talker.connectionLost(Failure(ConnectionDone()))


class CrowdTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        self.taken = 0

    def tearDown(self) -> None:
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def crowd(self, speech: str, names: str, at_once: int = 10, room: str = "bench") -> Crowd:
        target = Target("127.0.0.1", 12000, speech)
        crowd = Crowd(self.reactor, target, at_once=at_once, timeout=5.0)
        crowd.add(names.split(), room)
        crowd.start()
        return crowd

    def connect(self) -> Talker:
        """Let the next connection succeed."""
        factory = self.reactor.tcpClients[self.taken][2]
        self.taken += 1
        talker = factory.buildProtocol(IPv4Address("TCP", "127.0.0.1", 12000))
        assert isinstance(talker, Talker)
        wire = Wire()
        wire.talker = talker
        talker.makeConnection(wire)
        return talker

    def refuse(self, error: Exception) -> None:
        """Let the next connection fail."""
        factory = self.reactor.tcpClients[self.taken][2]
        connector = self.reactor.connectors[self.taken]
        self.taken += 1
        factory.clientConnectionFailed(connector, Failure(error))

    def said(self, talker: Talker) -> bytes:
        wire = talker.transport
        assert isinstance(wire, Wire)
        said: bytes = wire.value()
        wire.clear()
        return said

    def test_a_login_goes_step_by_step_at_any_cut(self) -> None:
        answers = (
            b"Welcome to x.\r\nPick a nickname.\r\n-- Welcome, bob.\r\n-- You are in #lobby. Nobody else is here.\r\n"
            b"-- You are in a new room, #bench. Nobody else is here.\r\n",
            b"-- You left #lobby. You talk in #bench now.\r\n",
        )
        for step in (1, 7, 1000):
            crowd = self.crowd("line", "bob")
            talker = self.connect()
            self.assertEqual(self.said(talker), b"bob\nJOIN bench\n")
            for answer, sends in zip(answers, (b"/leave lobby\n", b""), strict=True):
                self.assertIsNone(talker.login)
                for place in range(0, len(answer), step):
                    talker.dataReceived(answer[place : place + step])
                self.assertEqual(self.said(talker), sends)
            self.reactor.advance(0)
            self.successResultOf(crowd.done)
            self.assertEqual((crowd.ready, crowd.failures), (1, 0))
            self.assertIsNotNone(talker.login)

    def test_only_so_many_log_in_at_a_time(self) -> None:
        crowd = self.crowd("peer", "a b c", at_once=2)
        self.assertEqual(len(self.reactor.tcpClients), 2)
        self.connect().dataReceived(b"-- Welcome a\r\n")
        self.assertEqual(len(self.reactor.tcpClients), 3)
        self.connect().dataReceived(b"! full\r\n")
        self.assertNoResult(crowd.done)
        self.connect().dataReceived(b"-- Welcome c\r\n")
        self.successResultOf(crowd.done)
        self.assertEqual((crowd.ready, crowd.failures), (2, 1))
        self.assertEqual(crowd.why, "the server refused the login: full")

    def test_a_server_of_which_nothing_is_known_is_through_when_it_falls_silent(self) -> None:
        crowd = self.crowd("plain", "bob")
        talker = self.connect()
        self.assertEqual(self.said(talker), b"bob\n")
        self.reactor.advance(0.2)
        talker.dataReceived(b"hello bob")
        self.reactor.advance(0.2)
        self.assertNoResult(crowd.done)
        self.reactor.advance(0.1)
        self.successResultOf(crowd.done)
        # The silence is not part of the login.
        self.assertAlmostEqual(talker.login or 0.0, 0.2)

    def test_why_nobody_can_connect_is_told(self) -> None:
        for error, why in (
            (ConnectionRefusedError(), "nothing listens on 127.0.0.1 port 12000"),
            (TimeoutError(), "no answer from 127.0.0.1 port 12000"),
            (ConnectBindError(errno.EMFILE, "x"), "the limit on open files is too low"),
            (ConnectBindError(errno.EADDRNOTAVAIL, "x"), "no free port left"),
            (UnknownHostError(), "cannot connect to 127.0.0.1 port 12000"),
        ):
            crowd = self.crowd("line", "bob")
            self.refuse(error)
            self.successResultOf(crowd.done)
            self.assertIn(why, crowd.why)

    def test_a_login_that_takes_too_long_fails_with_what_the_server_said_last(self) -> None:
        crowd = self.crowd("line", "bob")
        talker = self.connect()
        talker.dataReceived(b"Welcome\r\n-- wait\x07 a little\r\n")
        self.reactor.pump([1.0] * 5)
        self.assertNoResult(crowd.done)
        self.reactor.advance(1.0)
        self.successResultOf(crowd.done)
        self.assertEqual(crowd.why, "not logged in within 5 s (it said: -- wait? a little)")
        self.assertFalse(talker.connected)

    def test_a_connection_that_is_closed_or_slow_during_the_login_fails(self) -> None:
        crowd = self.crowd("plain", "bob")
        self.connect().connectionLost(Failure(ConnectionDone()))
        self.successResultOf(crowd.done)
        self.assertEqual(crowd.why, "the server closed the connection during the login")
        crowd = self.crowd("peer", "bob")
        talker = self.connect()
        talker.dataReceived(b"! no\r\n")
        talker.dataReceived(b"-- Welcome bob\r\n")
        self.successResultOf(crowd.done)
        self.assertEqual((crowd.ready, crowd.failures), (0, 1))

    def test_stopping_gives_up_those_under_way_and_asks_for_no_more(self) -> None:
        crowd = self.crowd("peer", "a b c", at_once=2)
        self.connect().dataReceived(b"-- Welcome a\r\n")
        self.connect()
        crowd.stop()
        self.successResultOf(crowd.done)
        self.assertEqual((crowd.ready, crowd.failures), (1, 2))
        self.assertEqual(crowd.why, "the run was stopped")
        # The third one was on its way; it is let in too late.
        late = self.connect()
        self.assertFalse(late.connected)
        self.assertEqual(crowd.failures, 2)

    def test_pings_are_answered_and_everything_is_heard_after_the_login(self) -> None:
        self.crowd("irc", "bob")
        talker = self.connect()
        talker.dataReceived(b":x 376 bob :End\r\n:x 366 bob #bench :End\r\n")
        self.said(talker)
        heard: list[bytes] = []
        talker.hear = heard.append
        talker.dataReceived(b"PING :1\r\n")
        talker.dataReceived(b"hi\r\n")
        self.assertEqual((self.said(talker), heard), (b"PONG :1\r\n", [b"PING :1\r\n", b"hi\r\n"]))

    def test_later_losses_are_told_but_not_at_the_end(self) -> None:
        crowd = self.crowd("peer", "bob")
        lost: list[Talker] = []
        crowd.lost = lost.append
        talker = self.connect()
        talker.dataReceived(b"-- Welcome bob\r\n")
        talker.dataReceived(b"! too slow\r\n")
        talker.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(lost, [talker])
        self.assertEqual(talker.last_words, " (it said: ! too slow)")
        crowd = self.crowd("peer", "a b")
        lost.clear()
        crowd.lost = lost.append
        for _ in range(2):
            self.connect().dataReceived(b"-- Welcome x\r\n")
        crowd.end()
        self.assertEqual(
            (lost, [talker.connected for talker in crowd.talkers]), ([], [False, False])
        )

    def test_it_is_settled_when_nothing_came_for_a_while(self) -> None:
        crowd = self.crowd("peer", "a")
        talker = self.connect()
        talker.dataReceived(b"-- Welcome a\r\n")
        settled = Deferred.fromCoroutine(crowd.settled())
        for _ in range(5):
            self.reactor.advance(0.1)
            talker.dataReceived(b"-- b joined\r\n")
        self.assertNoResult(settled)
        self.reactor.pump([0.1] * 4)
        self.successResultOf(settled)

    def test_a_room_that_never_settles_is_not_waited_for_for_ever(self) -> None:
        crowd = self.crowd("peer", "a")
        talker = self.connect()
        talker.dataReceived(b"-- Welcome a\r\n")
        settled = Deferred.fromCoroutine(crowd.settled())
        for _ in range(605):
            talker.dataReceived(b"-- b joined\r\n")
            self.reactor.advance(0.1)
        self.successResultOf(settled)
