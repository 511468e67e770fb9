"""What a server sends becomes events, whatever it sends; what is sent is what the server understands."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.dialects.strategies import any_text, envelopes, frames, harmless, replies, tags
from twisted_chat.client import events as ev
from twisted_chat.client.link import wire
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.ids import spell
from twisted_chat.dialects.json.events import JsonView
from twisted_chat.dialects.json.parse import JsonDialect

FIELDS = [
    *("content", "from", "room", "to", "id", "time", "names", "count"),
    *("users", "rooms", "kind", "nick", "session", "code", "focus", "reason"),
    *("away", "out", "message", "more", "joined", "left", "commands", "bans"),
    *("records", "store", "roles", "text"),
]

VIEW = JsonView(UTC, lambda: 0.0)
SERVER = JsonDialect(lambda: 0.0)


def told(type_: str, **fields: Any) -> ev.Event:
    """Decode an object; ``from_`` and the like stand for fields that are words of Python."""
    named = {name.rstrip("_"): value for name, value in fields.items()}
    return wire.decode(json.dumps({"type": type_, **named}).encode())


def texts(value: Any) -> list[str]:
    """Return every text in a value."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.items() for each in item for text in texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in texts(each)]
    return []


def understood(event: ev.Event) -> bool:
    return not isinstance(event, ev.Unknown | ev.Malformed)


class ServerTests(SynchronousTestCase):
    """The dialect of the server is the other side."""

    @given(envelopes())
    def test_every_event_of_the_server_is_understood(self, envelope: e.Envelope) -> None:
        for shown in (VIEW.event(envelope), VIEW.own(envelope, acked=False), VIEW.replay(envelope)):
            if shown:
                event = wire.decode(shown.removesuffix(b"\n"))
                self.assertTrue(understood(event), event)

    @given(envelopes())
    def test_a_message_is_what_was_said(self, envelope: e.Envelope) -> None:
        if not isinstance(envelope.event, e.Said) or envelope.author is None:
            return
        if envelope.event.kind == "tags":
            return  # of which this client shows nothing
        event = wire.decode(VIEW.event(envelope).removesuffix(b"\n"))
        assert isinstance(event, ev.Message)
        said = "\n".join(envelope.event.lines)
        self.assertEqual("\n".join(event.lines), said)
        self.assertEqual(
            (event.sender, event.kind), (envelope.author.nick.text, envelope.event.kind)
        )
        self.assertEqual(event.id, spell(envelope.id) if envelope.id else "")

    @given(replies, tags)
    def test_every_reply_of_the_server_is_understood(self, reply: r.Reply, tag: str | None) -> None:
        event = wire.decode(VIEW.reply(reply, tag).removesuffix(b"\n"))
        self.assertTrue(understood(event), event)
        if isinstance(event, ev.Answer):
            self.assertEqual(event.tag, tag)


class DecodeTests(SynchronousTestCase):
    @given(frames | st.binary(max_size=300))
    def test_any_bytes_give_an_event(self, line: bytes) -> None:
        self.assertIsInstance(wire.decode(line), ev.Event)

    @given(
        st.sampled_from([*wire._BY_TYPE, *wire._BY_FIELD]),
        st.dictionaries(
            st.sampled_from(FIELDS),
            any_text
            | st.none()
            | st.booleans()
            | st.integers()
            | st.floats()
            | st.lists(any_text | st.integers() | st.dictionaries(any_text, any_text), max_size=3),
        ),
    )
    def test_any_fields_give_an_event_whose_texts_are_harmless(
        self, kind: str, fields: dict[str, Any]
    ) -> None:
        line = json.dumps({**fields, "type": kind}).encode("utf-8", "surrogatepass")
        event = wire.decode(line)
        for text in texts(msgspec.to_builtins(event)):
            self.assertTrue(harmless(text), text)

    def test_escape_sequences_in_every_field_are_taken_out(self) -> None:
        evil = "\x1b]0;owned\x07\u202egnp\r\x9b2J"
        event = told(
            "message", content=evil, from_=evil, room=evil, to=evil, account=evil, scope=evil
        )
        for text in texts(msgspec.to_builtins(event)):
            self.assertTrue(harmless(text), text)

    def test_contents_may_have_several_lines_but_nothing_else(self) -> None:
        self.assertEqual(told("message", content="a\nb", from_="bob").lines, ("a", "b"))
        self.assertEqual(told("notice", content="a\nb").text, "a b")
        thai = "ที่นี่"
        self.assertEqual(told("notice", content=thai).lines, (thai,))
        event = told("message", content="hi", from_="bob\n<carol> no")
        assert isinstance(event, ev.Message)
        self.assertEqual(event.sender, "bob?<carol> no")

    def test_what_is_no_object_or_nests_deeply_is_malformed(self) -> None:
        self.assertEqual(told("hologram", content="x"), ev.Unknown(type="hologram"))
        for line in (
            b"",
            b"[]",
            b"{}",
            b'{"type": 3}',
            b"HTTP/1.1 400",
            b"\xff\xfe",
            b"[" * 100_000,
        ):
            self.assertIsInstance(wire.decode(line), ev.Malformed)
        deep: Any = "x"
        for _ in range(50):
            deep = [deep]
        self.assertIsInstance(told("notice", content="", more=deep), ev.Malformed)

    def test_a_wrong_type_of_a_field_is_malformed_and_no_exception(self) -> None:
        for event in (
            told("message", content=5, from_="bob"),
            told("message", content="hi", from_=["bob"]),
            told("message", content="hi"),
            told("ack", message=7),
            told("who", users="everybody", count=1),
            told("message", content="hi", from_="bob", time="yesterday"),
            told("message", content="hi", from_="bob", time="2026-01-01T00:00:00"),
            told("message", content="hi", from_="bob", time=1e300),
            told("whois", nick="bob", since=-1),
            told("message", content="hi", from_="bob", kind="shout"),
        ):
            self.assertIsInstance(event, ev.Malformed)

    def test_a_name_or_a_value_that_is_too_long_is_malformed(self) -> None:
        for field, size in (("from", 257), ("room", 257), ("reason", 20_000)):
            given = {"type": "leave", "from": "a", "room": "b", field: "x" * size}
            event = wire.decode(json.dumps(given).encode())
            assert isinstance(event, ev.Malformed)
            self.assertIn("too long", event.why)
        long = {"type": "nick", "from": "a", "content": "x" * 257}
        self.assertIsInstance(wire.decode(json.dumps(long).encode()), ev.Malformed)
        long = {"type": "message", "from": "a", "content": "x" * 20_000}
        self.assertIsInstance(wire.decode(json.dumps(long).encode()), ev.Message)

    def test_a_time_that_no_calendar_has_is_brought_into_one(self) -> None:
        event = told("message", content="", from_="bob", time="9999-12-31T23:59:59-12:00")
        assert isinstance(event, ev.Message)
        self.assertEqual(event.time, wire._LATEST)
        event = told("message", content="", from_="bob", time="0001-01-01T00:00:00+12:00")
        assert isinstance(event, ev.Message)
        self.assertEqual(event.time, 0.0)

    def test_two_things_of_one_type_are_told_apart(self) -> None:
        self.assertIsInstance(told("members", room="a", names=[], count=1), ev.Entered)
        self.assertIsInstance(told("members", room="a", joined=[], left=[], count=1), ev.Gathered)
        self.assertIsInstance(told("leave", room="a", from_="bob"), ev.Left)
        self.assertIsInstance(told("leave", room="a", focus=None), ev.Gone)
        self.assertIsInstance(told("quit", from_="bob"), ev.Quit)
        self.assertIsInstance(told("quit", content="Goodbye."), ev.Farewell)
        self.assertIsInstance(told("notice", focus="a", code="focus"), ev.Focus)
        self.assertIsInstance(told("notice", code="done"), ev.Notice)


class EncodeTests(SynchronousTestCase):
    """The server reads what is sent as what it was meant to be."""

    def reads(self, data: bytes, *, logged_in: bool = True) -> tuple[c.Command, str | None]:
        self.assertTrue(data.endswith(b"\n") and data.count(b"\n") == 1)
        request = SERVER.parse(data.removesuffix(b"\n"), logged_in=logged_in)
        assert request is not None
        return request.command, request.tag

    def test_the_server_understands_all_of_it(self) -> None:
        for data, expected in (
            (wire.message(("a", "b"), "dev", "action", "t"), c.Say),
            (wire.private("bob", ("a",), "say", "t"), c.PrivateMessage),
            (wire.join("dev", "secret", "t"), c.Join),
            (wire.leave("dev", "t"), c.Leave),
            (wire.history("dev", "t", after="0" * 16, limit=5), c.ShowHistory),
            (wire.history(None, "t", partner="bob", limit=5), c.ShowHistory),
            (wire.read("dev", None, "0" * 16, "t"), c.MarkRead),
            (wire.read(None, "bob", "0" * 16, "t"), c.MarkRead),
            (wire.command("/topic hi", "t"), c.SetTopic),
            (wire.nick("bob", "t"), c.Rename),
            (wire.nick("bob", "t", password="secret"), c.Login),
            (wire.register("secret", None, "t"), c.Register),
        ):
            command, tag = self.reads(data)
            self.assertIsInstance(command, expected)
            self.assertEqual(tag, "t")
        self.assertIsInstance(self.reads(wire.ping("1"))[0], c.Ping)
        self.assertIsInstance(self.reads(wire.pong())[0], c.Pong)
        self.assertIsInstance(self.reads(wire.quit_("bye"))[0], c.Quit)

    def test_logins_and_messages_keep_all_they_have(self) -> None:
        data = wire.nick("bob", "t", password="secret", session="token")
        command, _ = self.reads(data, logged_in=False)
        assert isinstance(command, c.Login)
        self.assertEqual((command.password, command.token), ("secret", "token"))
        command, _ = self.reads(wire.message(("a", "", "b"), "dev", "say", "t"))
        assert isinstance(command, c.Say)
        self.assertEqual(command.lines, ("a", "", "b"))
        with self.assertRaises(wire.TooLong):
            wire.message(("x" * wire.MAX_OBJECT,), "dev", "say", "t")
