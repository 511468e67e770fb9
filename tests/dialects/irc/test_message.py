"""Reading and writing the messages of IRC."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.dialects.irc.message import (
    MAX_LINE,
    MAX_TAGS,
    BadMessage,
    Message,
    cut,
    encode,
    middle,
    pack,
    parse,
    spell_tags,
)

_names = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)
_values = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


class ParseTests(SynchronousTestCase):
    def test_messages_are_read_as_rfc_2812_and_the_tests_of_ircdocs_say(self) -> None:
        for line, message in (
            ("foo bar baz asdf", Message("FOO", ("bar", "baz", "asdf"))),
            ("foo bar baz :asdf quux", Message("FOO", ("bar", "baz", "asdf quux"))),
            ("foo bar baz :", Message("FOO", ("bar", "baz", ""))),
            ("foo bar baz ::asdf", Message("FOO", ("bar", "baz", ":asdf"))),
            (":src foo  bar   baz", Message("FOO", ("bar", "baz"))),
            ("  foo bar ", Message("FOO", ("bar",))),
            ("foo :a :b", Message("FOO", ("a :b",))),
            ("@a=b;c;d= foo", Message("FOO", (), {"a": "b", "c": "", "d": ""})),
            (r"@a=\\\:\s\r\n\b\ foo", Message("FOO", (), {"a": "\\; \r\nb"})),
            ("@+x/y=1;+x/y=2 foo", Message("FOO", (), {"+x/y": "2"})),
        ):
            self.assertEqual(parse(line.encode()), message, line)

    def test_nothing_is_no_message(self) -> None:
        for line in (b"", b" ", b":src", b"@tag", b"@tag ", b":src "):
            self.assertIsNone(parse(line), line)

    def test_what_is_too_long_says_by_how_many_bytes(self) -> None:
        self.assertIsNotNone(parse(b"x" * MAX_LINE))
        bad = self.assertRaises(BadMessage, parse, b"x" * (MAX_LINE + 1))
        self.assertEqual((bad.code, bad.by), ("INPUT_TOO_LONG", 1))
        self.assertIn("1 byte too long", str(bad))
        self.assertIsNotNone(parse(b"@" + b"t" * MAX_TAGS + b" " + b"x" * MAX_LINE))
        bad = self.assertRaises(BadMessage, parse, b"@" + b"t" * (MAX_TAGS + 7) + b" x")
        self.assertEqual((bad.code, bad.by), ("INPUT_TOO_LONG", 7))

    def test_what_is_not_utf_8_or_could_end_a_line_is_refused(self) -> None:
        for line, code in (
            (b"\xff", "INVALID_UTF8"),
            (b"a\rb", "INVALID_LINE"),
            (b"a\0", "INVALID_LINE"),
        ):
            self.assertEqual(self.assertRaises(BadMessage, parse, line).code, code)

    def test_there_are_fifteen_parameters_at_most_before_the_rest(self) -> None:
        message = parse(b"x " + b" ".join(b"%d" % number for number in range(100)))
        assert message is not None
        self.assertEqual(len(message.params), 15)
        self.assertEqual((message.param(0), message.param(99)), ("0", ""))

    @given(st.binary(max_size=700))
    def test_any_bytes_are_a_message_or_nothing_or_one_clear_error(self, frame: bytes) -> None:
        try:
            message = parse(frame)
        except BadMessage as bad:
            self.assertTrue(str(bad).isascii())
            return
        if message is not None:
            self.assertTrue(message.verb)
            for text in (message.verb, *message.params):
                self.assertFalse(set(text) & set("\r\n\0"))


class WriteTests(SynchronousTestCase):
    @given(st.dictionaries(_names, _values, max_size=4))
    def test_tags_are_read_as_they_were_written(self, tags: dict[str, str]) -> None:
        message = parse(f"{spell_tags(tags.items())}x".encode())
        self.assertEqual(message, Message("X", (), tags))

    @given(st.text(st.characters(codec="utf-8")), st.integers(0, 40))
    def test_a_text_is_cut_between_characters_only(self, text: str, size: int) -> None:
        short = cut(text, size)
        self.assertTrue(text.startswith(short))
        self.assertLessEqual(len(short.encode()), size)
        if short != text:
            self.assertGreater(len(text[: len(short) + 1].encode()), size)

    def test_no_line_is_longer_than_others_can_read(self) -> None:
        self.assertEqual(encode(["é" * 400], "@a "), b"@a " + "é".encode() * 255 + b"\r\n")

    @given(st.lists(st.text("aé", min_size=1, max_size=9), max_size=30), st.integers(20, 60))
    def test_packing_loses_and_adds_nothing(self, words: list[str], size: int) -> None:
        rows = list(pack(words, size))
        self.assertEqual(" ".join(rows).split(), words)
        for row in rows:
            self.assertLessEqual(len(row.encode()), size)

    @given(st.text())
    def test_what_is_quoted_in_the_middle_of_a_line_is_one_parameter(self, text: str) -> None:
        quoted = middle(text)
        self.assertEqual(parse(f"x {quoted} y".encode()), Message("X", (quoted, "y")))
