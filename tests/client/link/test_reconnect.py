"""When a connection is tried again, and when not."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure

from tests.client.linked import LinkedTestCase
from twisted_chat.client import events as ev
from twisted_chat.client.link.connection import GREETING_TIME, Untrusted
from twisted_chat.client.link.link import Identity, Link
from twisted_chat.client.link.reconnect import LONGEST_WAIT


class ReconnectTests(LinkedTestCase):
    def test_waits_grow_to_a_limit_have_a_part_of_chance_and_each_try_is_told(self) -> None:
        self.server.down = True
        self.link.startService()
        waits = []
        for _ in range(20):
            waits.append(self.last(ev.Offline).again)
            self.clock.advance(waits[-1])
        self.assertEqual(waits, sorted(waits))
        self.assertEqual(waits[-1], LONGEST_WAIT)
        self.assertLess(waits[0], 1)
        self.assertEqual(self.last(ev.Offline).why, "cannot connect: connection refused")
        link = Link(self.clock, self.server, self.identity, self.events.append, random=lambda: 0.75)
        self.server.down = True
        link.startService()
        self.assertEqual(self.last(ev.Offline).again, 0.75 + 0.75)
        _ = link.stopService()

    def test_who_was_in_begins_with_short_waits_again(self) -> None:
        self.server.down = True
        self.link.startService()
        self.clock.advance(1000)
        self.server.down = False
        self.comes_back()
        self.loses()
        self.assertLess(self.last(ev.Offline).again, 1)

    def test_a_login_that_is_never_answered_is_no_success(self) -> None:
        self.comes_in()
        self.loses()
        waits = []
        for _ in range(4):
            waits.append(self.last(ev.Offline).again)
            self.clock.advance(waits[-1])
            self.server.begins()
            self.loses()
        self.assertEqual(waits, sorted(set(waits)))

    def test_the_session_is_taken_up_again(self) -> None:
        self.comes_in(session="first")
        self.loses()
        self.clock.advance(LONGEST_WAIT)
        self.server.begins()
        self.assertEqual(self.sent("type", "session", "password"), [("nick", "first", "pw")])

    def test_a_server_that_is_not_ours_is_not_tried_again(self) -> None:
        self.link.startService()
        self.server.sends(b"HTTP/1.1 400 Bad Request\r\n")
        self.clock.advance(0)
        self.assertEqual(
            self.last(ev.Offline),
            ev.Offline(why="that is not a twisted-chat server: it speaks HTTP"),
        )
        self.clock.advance(1000)
        self.assertEqual((self.server.tries, self.link.state), (1, "ended"))

    def test_a_server_that_was_ours_is_tried_again(self) -> None:
        self.comes_in()
        self.loses()
        self.clock.advance(LONGEST_WAIT)
        self.server.sends(b"HTTP/1.1 503 Unavailable\r\n")
        self.assertIsNotNone(self.last(ev.Offline).again)

    def test_silence_ends_in_a_reason_and_is_tried_again(self) -> None:
        """A server that is full, or a proxy before one that is not there yet, says nothing either."""
        self.link.startService()
        self.clock.advance(GREETING_TIME)
        offline = self.last(ev.Offline)
        self.assertEqual(
            offline.why,
            "that is not a twisted-chat server: it does not answer like a twisted-chat server",
        )
        self.clock.advance(offline.again)
        self.server.welcomes()
        self.assertEqual(self.link.state, "online")

    def test_a_server_that_must_not_be_trusted_is_not_tried_again(self) -> None:
        self.comes_in()
        assert self.server.wire is not None
        wire, self.server.wire = self.server.wire, None
        wire.protocol.connectionLost(Failure(Untrusted("the certificate has changed")))
        wire.connected = False
        self.clock.advance(0)
        self.assertEqual(self.last(ev.Offline), ev.Offline(why="the certificate has changed"))

    def test_the_servers_goodbye_is_the_reason(self) -> None:
        self.comes_in()
        self.server.tells("quit", content="Goodbye (the server is stopping).", reason="x")
        self.loses()
        self.assertEqual(self.last(ev.Offline).why, "Goodbye (the server is stopping).")

    def test_each_try_is_told(self) -> None:
        self.server.down = True
        self.link.startService()
        self.clock.advance(LONGEST_WAIT)
        self.assertEqual(self.kinds(), ["Connecting", "Offline"] * 2)

    def test_the_end_of_an_old_connection_does_not_touch_the_new_one(self) -> None:
        self.link.startService()
        self.server.begins()
        assert self.server.wire is not None
        old = self.server.wire
        old.loseConnection = lambda: None  # type: ignore[method-assign] # a real one ends later
        self.server.tells("error", id="login", code="nick-taken", content="taken")
        self.link.use(Identity(nick="bob2"))
        self.server.welcomes("bob2")
        old.protocol.connectionLost(Failure(ConnectionLost()))
        self.assertEqual(self.link.state, "online")
        self.forgets()
        self.link.say("hi")
        self.assertEqual(self.sent("content"), [("hi",)])

    def test_who_stops_while_it_connects_is_heard_of_no_more(self) -> None:
        self.server.slow = Deferred()
        self.link.startService()
        _ = self.link.stopService()
        self.assertEqual(self.kinds(), ["Connecting"])


class OnceTests(LinkedTestCase):
    """Without reconnecting, as in plain mode."""

    reconnect = False

    def test_no_server_is_the_end(self) -> None:
        self.server.down = True
        self.link.startService()
        self.clock.advance(0)
        self.assertEqual(
            self.last(ev.Offline), ev.Offline(why="cannot connect: connection refused")
        )
        self.assertEqual((self.server.tries, self.link.state), (1, "ended"))

    def test_a_lost_connection_is_the_end(self) -> None:
        self.comes_in()
        settled = self.link.when_settled()
        self.link.say("hi")
        self.loses()
        self.clock.advance(0)
        self.assertEqual(self.last(ev.Offline), ev.Offline(why="connection lost"))
        self.failureResultOf(settled, ConnectionError)
        self.failureResultOf(self.link.when_settled(), ConnectionError)
