from __future__ import annotations

import re
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.api.commands import Register
from twisted_chat.core.values.text import (
    MAX_MARKS,
    BadText,
    CleanText,
    FormattedText,
    Secret,
    decode,
    describe,
    is_formatted,
    shown,
)

# Any string, lone surrogates too; and strings that are more often trouble.
any_text = st.text(st.characters(exclude_categories=())) | st.text(
    st.sampled_from(
        "a 1,f\t\0\r\n\x02\x03\x04\x1b\x7f\x85\x9b\u200d\u202e\u2067\u0301\u2028\ud800\ufeff"
    ),
    max_size=60,
)

#: What nothing that anybody is shown may hold. Written out anew: a slip in the module must not excuse itself.
UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

#: Nine marks on one letter, and the same with characters in between that take no room on a screen.
STACK = "a" + "\u0301" * (MAX_MARKS + 1)


def refusal(raw: str) -> str | None:
    try:
        CleanText(raw)
    except BadText as bad:
        return str(bad)
    return None


class CleanTextTests(SynchronousTestCase):
    def test_plain_text_is_kept(self) -> None:
        for text in (
            "",
            " ",
            "hi",
            "  two  blanks ",
            '~!@#$%^&*()"',
            "\u00e4\u00f6\u00fc \u65e5\u672c\u8a9e",
        ):
            self.assertEqual(CleanText(text), text)

    def test_it_is_a_string_with_blanks_for_tabs(self) -> None:
        self.assertIsInstance(CleanText("hi"), str)
        self.assertIsInstance(CleanText("\u00e4"), CleanText)
        self.assertEqual(CleanText("a\tb\t\tc"), "a b  c")
        self.assertEqual(CleanText("\x03\x0204\x03\x031"), "04")

    def test_irc_formatting_is_dropped(self) -> None:
        for raw, clean in (
            ("\x02bold\x02", "bold"),
            (
                "\x1ditalic\x1f under \x1e struck \x11 mono \x16 reverse\x0f",
                "italic under  struck  mono  reverse",
            ),
            ("\x034red\x03", "red"),
            ("\x0304,12red on blue\x03", "red on blue"),
            ("\x03123", "3"),
            ("\x034,x", ",x"),
            ("\x04ff0000red\x04", "red"),
            ("\x04ff0000,00FF00red", "red"),
            ("\x04ff00red", "ff00red"),
            ("\x03", ""),
        ):
            self.assertEqual(CleanText(raw), clean, ascii(raw))

    def test_joined_emoji_and_writing_with_marks_are_kept(self) -> None:
        for text in (
            "\U0001f468\u200d\U0001f469\u200d\U0001f467",  # a family
            "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # the flag of England
            "Vie\u0302\u0323t Nam",
            "\u05d1\u05b0\u05bc\u05e8\u05b5\u05d0\u05e9\u05b4\u05c1\u05d9\u05ea",  # Hebrew with points
            "\u0e17\u0e35\u0e48",  # Thai
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian, with a non-joiner
        ):
            self.assertEqual(CleanText(text), text)

    def test_control_characters_are_refused_by_name_and_place(self) -> None:
        formatting = {0x02, 0x03, 0x04, 0x0F, 0x11, 0x16, 0x1D, 0x1E, 0x1F}
        for code in [*range(0x20), *range(0x7F, 0xA0)]:
            if code in formatting or code == 0x09:
                continue
            why = refusal(f"ab{chr(code)}c")
            self.assertIn(f"U+{code:04X}", why or "")
            self.assertIn("(character 3) cannot be sent", why or "")

    def test_what_moves_a_cursor_or_turns_a_line_around_is_refused(self) -> None:
        for bad, name in (
            ("\x1b", "U+001B ESCAPE"),
            ("\x9b", "U+009B CONTROL SEQUENCE INTRODUCER"),
            ("\r", "U+000D CARRIAGE RETURN"),
            ("\n", "U+000A LINE FEED"),
            ("\x00", "U+0000 NUL"),
            ("\x85", "U+0085, a control character,"),
            ("\u2028", "U+2028 LINE SEPARATOR"),
            ("\u202e", "U+202E RIGHT-TO-LEFT OVERRIDE"),
            ("\u2066", "U+2066 LEFT-TO-RIGHT ISOLATE"),
            ("\ufeff", "U+FEFF ZERO WIDTH NO-BREAK SPACE"),
            ("\ufffb", "U+FFFB INTERLINEAR ANNOTATION TERMINATOR"),
            ("\ud800", "U+D800, not a character,"),
            ("\uffff", "U+FFFF, not a character,"),
        ):
            self.assertEqual(refusal(f"{bad}x"), f"{name} (character 1) cannot be sent")

    def test_marks_are_capped_for_each_character(self) -> None:
        self.assertEqual(CleanText(STACK[:-1]), STACK[:-1])
        self.assertEqual(
            refusal(f"b{STACK}"),
            "more than 8 combining marks in a row (at character 11) cannot be sent",
        )
        text = STACK[:-1] * 3
        self.assertEqual(CleanText(text), text)
        self.assertIn("combining marks", refusal("a" + "\u20dd" * 9) or "")
        for unseen in "\u200b\u200c\u200d\u2060\u00ad":
            stack = "a" + ("\u0301" * 8 + unseen) * 2
            self.assertIn("combining marks", refusal(stack) or "", ascii(unseen))

    @given(any_text)
    @example(STACK)
    def test_any_string_is_clean_or_refused(self, raw: str) -> None:
        try:
            text = CleanText(raw)
        except BadText as bad:
            self.assertTrue(str(bad).isascii() and str(bad).isprintable(), ascii(str(bad)))
            return
        self.assertIsNone(UNSAFE.search(text))
        self.assertNotIn("\ufeff", text)
        self.assertEqual(CleanText(text), text)
        self.assertNotRegex(text, r"[\u0300-\u036f]{9}")
        text.encode("utf-8")


class DescribeTests(SynchronousTestCase):
    def test_every_character_is_named_in_ascii_and_only_controls_are_called_so(self) -> None:
        for code in [*range(0x3000), 0xD800, 0xE000, 0xFFFF, 0x10FFFF]:
            name = describe(chr(code))
            self.assertTrue(name.isascii() and name.isprintable(), name)
            self.assertTrue(name.startswith(f"U+{code:04X}"), name)
        for code in range(0x11000):
            called = "a control character" in describe(chr(code))
            self.assertLessEqual(called, unicodedata.category(chr(code)) == "Cc")


class DecodeTests(SynchronousTestCase):
    def test_utf8_is_read(self) -> None:
        self.assertEqual(decode(b"h\xc3\xa4"), "h\u00e4")

    def test_what_is_not_utf8_is_refused_by_byte_and_place(self) -> None:
        for raw, where in (
            (b"ab\xff", "byte 0xFF (byte 3)"),
            (b"\xc3", "byte 0xC3 (byte 1)"),
            (b"\xc0\x80", "byte 0xC0 (byte 1)"),  # NUL, overlong
            (b"a\xed\xa0\x80", "byte 0xED (byte 2)"),  # a surrogate
            (b"\xf5\x80\x80\x80", "byte 0xF5 (byte 1)"),  # past U+10FFFF
        ):
            bad = self.assertRaises(BadText, decode, raw)
            self.assertEqual(
                str(bad), f"{where} is not UTF-8; set your terminal or client to UTF-8"
            )

    @given(st.binary())
    def test_any_bytes_are_read_or_refused(self, raw: bytes) -> None:
        try:
            text = decode(raw)
        except BadText as bad:
            self.assertTrue(str(bad).isascii() and str(bad).isprintable())
        else:
            self.assertEqual(text.encode(), raw)


class ShownTests(SynchronousTestCase):
    def test_what_is_forbidden_becomes_a_question_mark(self) -> None:
        self.assertEqual(shown("/shuot\u00e4 x"), "/shuot\u00e4 x")
        self.assertEqual(shown("a\x1b[2J\u202e\ud800\nb"), "a?[2J???b")
        self.assertEqual(shown("a\t\x02b\x0304c\u0301"), "a bc")

    def test_long_text_is_cut_where_it_is_visible(self) -> None:
        self.assertEqual(shown("x" * 40), "x" * 40)
        self.assertEqual(shown("x" * 41), "x" * 39 + "\u2026")
        self.assertEqual(shown("x" * 11, 10), "x" * 9 + "\u2026")
        self.assertEqual(shown("\x02" * 100 + "x" * 100, 30), "x" * 20 + "\u2026")

    @given(any_text, st.integers(1, 50))
    @example("\u0301" * 500, 40)
    def test_any_string_can_be_shown(self, raw: str, limit: int) -> None:
        text = shown(raw, limit)
        self.assertIsInstance(text, CleanText)
        self.assertLessEqual(len(text), limit)
        self.assertIsNone(UNSAFE.search(text))
        self.assertFalse(any(unicodedata.category(c) in ("Mn", "Me") for c in text))


class FormattedTextTests(SynchronousTestCase):
    def test_colours_stay_and_nothing_else_gets_in_with_them(self) -> None:
        text = FormattedText("\x02bold\x02 \x0304,12red\x0f\tx")
        self.assertEqual(text, "\x02bold\x02 \x0304,12red\x0f x")
        self.assertEqual(text.plain, CleanText("bold red x"))
        self.assertTrue(is_formatted(text))
        self.assertFalse(is_formatted(text.plain))
        for raw in ("\x02\x1b[2J", "\x03\r\nQUIT", "\x02\0", "\x02\u202e", "\x01ACTION\x01"):
            self.assertRaises(BadText, FormattedText, raw)


class SecretTests(SynchronousTestCase):
    def test_password_is_shown_in_nothing_that_is_made_of_it_for_a_log(self) -> None:
        secret = Secret("correct horse")
        self.assertEqual(secret, "correct horse")
        for shows in (repr(secret), repr([secret]), repr(Register(secret)), f"{Register(secret)}"):
            self.assertNotIn("horse", shows)
