"""What is promised of every dialect, checked on each of them."""

from __future__ import annotations

from datetime import UTC
from typing import get_args

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.dialects.strategies import (
    EVENTS,
    REPLIES,
    envelopes,
    frames,
    harmless,
    replies,
    tags,
    unisolated,
)
from twisted_chat.core.api import commands as c
from twisted_chat.core.api.events import Envelope, Event
from twisted_chat.core.api.replies import Reply
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects.base import BadLine, Dialect, DialectSession, Request, Variant
from twisted_chat.dialects.json.parse import JsonDialect
from twisted_chat.dialects.json.short import ShortJson
from twisted_chat.dialects.line.parse import LineDialect

NOW = 1_800_000_000.25

JSON = JsonDialect(lambda: NOW, UTC)
DIALECTS: tuple[Dialect, ...] = (LineDialect(lambda: NOW, UTC), JSON, ShortJson(JSON))
SESSIONS: tuple[DialectSession, ...] = tuple(dialect.open() for dialect in DIALECTS)
VARIANTS: tuple[Variant, ...] = (
    *(session.here for session in SESSIONS),
    *(session.elsewhere for session in SESSIONS),
)


class ValueTests(SynchronousTestCase):
    def test_bad_lines_show_their_reason_and_requests_may_have_an_id(self) -> None:
        plain, full = BadLine("no such thing"), BadLine("no", "bad-field", "id7")
        self.assertEqual((str(plain), plain.code, plain.tag), ("no such thing", "bad-line", None))
        self.assertEqual((str(full), full.code, full.tag), ("no", "bad-field", "id7"))
        self.assertIsNone(Request(c.Pong()).tag)
        self.assertEqual(Request(c.Pong(), "x"), Request(c.Pong(), "x"))


class EveryDialectTests(SynchronousTestCase):
    @given(frames, st.booleans())
    @example(b"", True)
    @example(b'{"type":"message","content":"hi","id":"\\ud800"}', True)
    @example(b'{"type":3,"id":"\\ud800"}', True)
    @example(b'{"type":"join","content":"dev","password":"\\ud800"}', True)
    @example(b"[" * 16_000, True)
    @example(b'{"type":"who","page":' + b"9" * 5000 + b"}", True)
    @example("\u0301".encode() * 40, False)
    def test_any_bytes_are_a_request_or_nothing_or_one_clear_error(
        self, frame: bytes, logged_in: bool
    ) -> None:
        for session in SESSIONS:
            steps = session.take(frame, logged_in=logged_in)
            if not steps:
                continue
            (step,) = steps
            if isinstance(step, BadLine):
                # The error is shown to its sender as it is: one clean line, and not the sender's own novel.
                self.assertTrue(str(step).strip(), frame)
                self.assertTrue(harmless(str(step)), ascii(str(step)))
                self.assertEqual(CleanText(str(step)), str(step))
                self.assertLess(len(str(step)), 400)
                self.assertRegex(step.code, r"\A[a-z]+(-[a-z]+)*\Z")
            else:
                assert isinstance(step, Request)
                self.assertIsInstance(step.command, c.Command)
            tag = step.tag
            # It is sent back as it came: nothing in it may break the answer.
            self.assertTrue(tag is None or (0 < len(tag) <= 64 and harmless(tag)), ascii(tag))

    @given(frames)
    def test_every_text_of_a_command_is_clean(self, frame: bytes) -> None:
        for session in SESSIONS:
            steps = session.take(frame, logged_in=True)
            step = next(iter(steps), None)
            match step.command if isinstance(step, Request) else None:
                case (
                    c.Say(lines=lines)
                    | c.PrivateMessage(lines=lines)
                    | c.ReplyPrivately(lines=lines)
                ):
                    self.assertTrue(lines)
                    texts = list(lines)
                case (
                    c.Join(password=CleanText() as password)
                    | c.Login(password=CleanText() as password)
                ):
                    texts = [password]
                case c.SetTopic(topic=topic):
                    texts = [topic]
                case c.Quit(reason=CleanText() as reason) | c.Kick(reason=CleanText() as reason):
                    texts = [reason]
                case c.Join(password=None) | c.Login(password=None):
                    texts = []
                case c.Join(password=unclean) | c.Login(password=unclean):
                    self.fail(f"{unclean!a} did not pass through CleanText")
                case _:
                    texts = []
            for text in texts:
                self.assertIsInstance(text, CleanText)
                self.assertTrue(harmless(text), ascii(text))

    @given(envelopes(), st.booleans())
    def test_events_are_whole_clean_lines_or_nothing(self, envelope: Envelope, acked: bool) -> None:
        for view in VARIANTS:
            self._check(view.event(envelope))
            self._check(view.own(envelope, acked=acked))
        for session in SESSIONS:
            self._check(session.own(envelope, acked=acked))
            for here in (True, False):
                self._check(session.replay(envelope, here=here))
                self._check(session.found(envelope, here=here))

    @given(replies, st.none() | tags)
    def test_replies_are_whole_clean_lines_or_nothing(self, reply: Reply, tag: str | None) -> None:
        for session in SESSIONS:
            self._check(session.reply(reply, tag))

    def _check(self, shown: bytes) -> None:
        if not shown:
            return
        self.assertTrue(shown.endswith(b"\n"))
        for line in shown.decode().removesuffix("\n").split("\n"):
            line = line.removesuffix("\r")
            self.assertTrue(line)
            self.assertTrue(harmless(unisolated(line)), ascii(line))

    def test_every_event_has_a_sample_and_json_alone_looks_alike_and_acknowledges(self) -> None:
        # The tests of rendering go through these tables: what is missing there is not tested.
        self.assertEqual(set(EVENTS), set(get_args(Event)))
        self.assertEqual(set(REPLIES), set(get_args(Reply)))
        self.assertEqual([session.acks for session in SESSIONS], [False, True, False])
        line, json, _ = SESSIONS
        self.assertIsNot(line.here, line.elsewhere)
        self.assertIs(json.here, json.elsewhere)
