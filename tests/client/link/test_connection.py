"""One connection: whether it is a server of ours, and whether it is still there."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet import error
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransportWithDisconnection
from twisted.logger import capturedLogs
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client import events as ev
from twisted_chat.client.link import connection, wire
from twisted_chat.client.link.connection import (
    GREETING_TIME,
    LOGIN_TIME,
    PING_EVERY,
    SILENCE,
    Conversation,
    Untrusted,
    reason_of,
)


class FakeOwner:
    def __init__(self) -> None:
        self.greetings = 0
        self.events: list[ev.Event] = []
        self.lags: list[tuple[float, int]] = []
        self.end: tuple[str, bool, bool] | None = None

    def greeted(self) -> None:
        self.greetings += 1

    def heard(self, event: ev.Event) -> None:
        self.events.append(event)

    def measured(self, lag: float, number: int) -> None:
        self.lags.append((lag, number))

    def lost(self, conversation: Conversation, why: str, *, ours: bool, trusted: bool) -> None:
        assert self.end is None
        self.end = why, ours, trusted


class Base(SynchronousTestCase):
    def setUp(self) -> None:
        self.begin()

    def begin(self) -> None:
        self.clock = Clock()
        self.owner = FakeOwner()
        self.conversation = Conversation(self.clock, self.owner)
        self.wire = StringTransportWithDisconnection()
        self.wire.protocol = self.conversation
        self.conversation.makeConnection(self.wire)

    def tearDown(self) -> None:
        if self.wire.connected:
            self.wire.loseConnection()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def receives(self, data: bytes) -> None:
        self.conversation.dataReceived(data)

    def sent(self) -> list[Any]:
        data = self.wire.value()
        self.wire.clear()
        return [json.loads(line) for line in data.splitlines()]

    def tells(self, **fields: Any) -> None:
        self.receives(json.dumps({"content": "", **fields}).encode() + b"\n")

    def why(self) -> str:
        assert self.owner.end is not None
        return self.owner.end[0]


class GreetingTests(Base):
    def test_a_stranger_is_told_a_ping_and_what_comes_before_objects_is_passed_over(self) -> None:
        self.assertEqual(self.sent(), [{"type": "ping", "content": "1"}])
        self.receives(b"Welcome to twisted-chat.\r\nPick a nickname.\r\n")
        self.assertEqual(self.owner.greetings, 0)
        self.tells(type="pong", content="1")
        self.assertEqual(self.owner.greetings, 1)
        self.tells(type="pong", content="2")
        self.assertEqual(self.owner.greetings, 1)

    @given(st.lists(st.integers(1, 200), max_size=20))
    def test_any_cut_of_the_stream_gives_the_same(self, cuts: list[int]) -> None:
        self.begin()
        data = b'Welcome.\r\n{"type":"pong","content":"1"}\n{"type":"error","code":"x","content":"y"}\r\n'
        for size in cuts:
            self.receives(data[:size])
            data = data[size:]
        self.receives(data)
        self.assertEqual(self.owner.greetings, 1)
        self.assertEqual(self.owner.events, [ev.Refused(code="x", content="y")])
        self.wire.loseConnection()

    def test_another_kind_of_server_is_named(self) -> None:
        for begin, what in (
            (b"HTTP/1.1 400 Bad Request\r\n", "it speaks HTTP"),
            (b"<!DOCTYPE HTML>\n", "it speaks HTTP"),
            (b"SSH-2.0-OpenSSH_9.2\r\n", "it speaks SSH"),
            (b"220 mail.example ESMTP\r\n", "it is a mail or file server"),
            (b":irc.example NOTICE * :hi\r\n", "it speaks IRC"),
            (b"\x15\x03\x03\n", "it speaks TLS: try --tls"),
        ):
            self.begin()
            self.receives(begin)
            self.assertEqual(self.owner.end, (what, False, True))
            self.assertEqual(self.owner.greetings, 0)

    def test_who_is_turned_away_in_plain_words_hears_them(self) -> None:
        self.receives(b"! You are banned\x1b[2J.\r\n")
        self.assertEqual(
            self.owner.events, [ev.Refused(code="turned-away", content="You are banned?[2J.")]
        )

    def test_silence_is_no_server_of_ours(self) -> None:
        self.clock.advance(GREETING_TIME)
        self.assertEqual(self.why(), "it does not answer like a twisted-chat server")

    def test_random_bytes_are_no_server_of_ours(self) -> None:
        noise = bytes(range(1, 256)) * 80
        self.receives(noise.replace(b"\n", b""))
        self.assertEqual(self.why(), "it does not speak the twisted-chat protocol")

    def test_many_short_lines_are_no_server_of_ours(self) -> None:
        self.receives(b"x\n" * 65)
        self.assertEqual(self.why(), "it does not speak the twisted-chat protocol")

    def test_json_of_something_else_is_no_server_of_ours(self) -> None:
        self.receives(b'{"jsonrpc": "2.0"}\n')
        self.assertEqual(self.why(), "it does not speak the twisted-chat protocol")
        self.assertEqual(self.owner.greetings, 0)

    def test_who_closes_at_once_is_told_so(self) -> None:
        self.wire.loseConnection()
        self.assertEqual(self.why(), "it closed the connection at once")

    def test_a_broken_connection_is_told_as_it_is(self) -> None:
        self.conversation.connectionLost(Failure(error.ConnectionLost()))
        self.wire.connected = False
        self.assertEqual(self.owner.end, ("connection lost", False, True))

    def test_a_server_that_must_not_be_trusted_is_told_apart(self) -> None:
        self.conversation.connectionLost(Failure(Untrusted("it changed")))
        self.wire.connected = False
        self.assertEqual(self.owner.end, ("it changed", False, False))


class OursTests(Base):
    def setUp(self) -> None:
        super().setUp()
        self.tells(type="pong", content="1")
        self.sent()

    def test_pings_are_answered_and_measure_the_lag(self) -> None:
        self.tells(type="notice", code="x", content="hi")
        self.assertEqual(self.owner.events, [ev.Notice(code="x", content="hi")])
        self.tells(type="ping")
        self.assertEqual(self.sent(), [{"type": "pong"}])
        number = self.conversation.ping()
        self.clock.advance(0.25)
        self.tells(type="pong", content=str(number))
        self.assertEqual(self.owner.lags[-1], (0.25, number))
        self.owner.lags.clear()
        for content in ("99", "x", "", "²", "9" * 5_000):
            self.tells(type="pong", content=content)
        self.assertEqual(self.owner.lags, [])

    def test_a_login_without_an_answer_ends(self) -> None:
        self.clock.advance(LOGIN_TIME)
        self.assertEqual(self.owner.end, ("it did not answer the login", True, True))

    def test_a_server_that_goes_silent_is_left(self) -> None:
        self.conversation.logged_in()
        self.assertEqual([each["type"] for each in self.sent()], ["ping"])
        self.clock.advance(PING_EVERY)
        self.assertIsNone(self.owner.end)
        self.clock.advance(SILENCE - PING_EVERY)
        self.assertEqual(self.why(), "it has said nothing for 45 seconds")

    def test_a_server_that_answers_is_not_left(self) -> None:
        self.conversation.logged_in()
        for _ in range(10):
            self.clock.advance(PING_EVERY)
            self.tells(type="notice", code="x")
        self.assertIsNone(self.owner.end)

    def test_a_huge_line_is_passed_over_and_one_without_an_end_ends_the_connection(self) -> None:
        self.receives(b'{"type":"notice","content":"' + b"x" * wire.MAX_LINE + b'"}\n')
        self.tells(type="notice", code="x")
        self.assertEqual(self.owner.events, [ev.Notice(code="x")])
        for _ in range(5):
            self.receives(b"x" * wire.MAX_LINE)
        self.assertEqual(self.owner.end, ("it sent a line without an end", True, True))

    def test_what_is_not_known_is_logged_once_and_passed_over(self) -> None:
        with capturedLogs() as logs:
            for _ in range(3):
                self.tells(type="hologram")
                self.tells(type="message", content=5)
        self.assertEqual(len(logs), 2)
        self.assertEqual(self.owner.events, [])

    def test_a_server_cannot_fill_the_log_with_types_of_its_own(self) -> None:
        self.patch(connection, "_MAX_UNKNOWN", 3)
        with capturedLogs() as logs:
            for number in range(9):
                self.tells(type=f"t{number}")
        self.assertEqual(len(logs), 3)

    def test_nothing_is_heard_after_the_end(self) -> None:
        line = b'{"type":"notice","code":"x","content":""}\n'
        owner = self.owner
        heard = owner.heard

        def once(event: ev.Event) -> None:
            heard(event)
            self.conversation.close("enough")

        owner.heard = once  # type: ignore[method-assign]
        self.receives(line * 3)
        self.assertEqual(len(owner.events), 1)
        self.assertEqual(owner.end, ("enough", True, True))

    def test_the_first_reason_counts_and_nothing_is_sent_after_the_end(self) -> None:
        self.wire.loseConnection()
        self.conversation.close("too late")
        self.wire.clear()
        self.conversation.send(b"x")
        self.assertEqual(self.wire.value(), b"")
        self.assertEqual(self.why(), "the server closed the connection")


class ReasonTests(SynchronousTestCase):
    def test_each_has_few_words(self) -> None:
        for exception, words in (
            (error.ConnectionRefusedError(), "connection refused"),
            (error.DNSLookupError(), "no such host"),
            (error.TimeoutError(), "no answer"),
            (error.TCPTimedOutError(), "no answer"),
            (error.NoRouteError(), "no route to the host"),
            (error.ConnectionDone(), "the server closed the connection"),
            (error.ConnectionLost(), "connection lost"),
            (error.ConnectionAborted(), "connection lost"),
            (Untrusted("changed"), "changed"),
            (ValueError("a\x1b[2Jb"), "a?[2Jb"),
            (ValueError(), "ValueError"),
        ):
            self.assertEqual(reason_of(Failure(exception)), words)
