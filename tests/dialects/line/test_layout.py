"""How lines stand on a screen: nobody's text reaches the first column of another row, or turns around what is beside it."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.dialects.line_shown import ALICE, DEV, NOON, by_alice, lines_of, text
from tests.dialects.strategies import harmless, unisolated
from twisted_chat.core.api import events as e
from twisted_chat.core.values.ids import Scope, UserId
from twisted_chat.core.values.names import parse_nick
from twisted_chat.dialects.json.parse import JsonDialect
from twisted_chat.dialects.line.layout import INDENT, MAX_BLANKS, WIDTHS, isolated, rows, width_for
from twisted_chat.dialects.line.parse import LineDialect

FORGED = "<bob> I quit"
#: What shows as a blank, or as nothing.
BLANKS = (" ", "\u00a0", "\u2003", "\u3000", "\u2800", "\u3164", " \u200b", "\u2009\u2060")
HEBREW, ARABIC = "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627"
#: A flag of tags, an emoji newer than Python's tables, one for private use, marks for Hebrew and Arabic.
KEPT = (
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "\U0001fae9",
    "\ue000",
    f"{HEBREW}\u200f!",
    f"{ARABIC}\u061c?",
    "\u200ea",
)


def said(line: str, columns: int | None = None) -> list[str]:
    """Return what is shown of a line that Alice says, in a window of so many columns."""
    here = LineDialect(lambda: NOON).open(columns).here
    return lines_of(here.event(by_alice(e.Said("say", text(line)))))


class BlankTests(SynchronousTestCase):
    def test_padded_text_does_not_reach_the_next_row_and_programs_get_it(self) -> None:
        for blank in BLANKS:
            for before in ("", "hi"):
                (line,) = said(f"{before}{blank * 80}{FORGED}")
                self.assertLess(line.index(FORGED), 60, ascii(blank))
        line = f"hi{' ' * 80}{FORGED}"
        shown = JsonDialect(lambda: NOON).open().here.event(by_alice(e.Said("say", text(line))))
        self.assertIn(line.encode(), shown)
        line = "a" + "\u200d" * 60 + "b"
        self.assertEqual(said(line), [f"<alice> {line}"])

    def test_indentation_and_columns_stay(self) -> None:
        for line in (
            "    if x:",
            " " * MAX_BLANKS + "x",
            "a" + " " * MAX_BLANKS + "b",
            "a \u3000 b",
            "\u3000" * 20 + "x",
        ):
            self.assertEqual(said(line), [f"<alice> {line}"])


class WrapTests(SynchronousTestCase):
    def test_long_lines_are_broken_with_an_indent_and_nothing_is_lost(self) -> None:
        words = " ".join(["word"] * 30)
        shown = said(words, 80)
        self.assertEqual(len(shown), 3)
        self.assertTrue(all(len(line) < 80 for line in shown))
        self.assertTrue(all(line.startswith(f"{INDENT}word") for line in shown[1:]))
        self.assertEqual(" ".join(line.strip() for line in shown), f"<alice> {words}")
        shown = said("x" * 200, 80)
        self.assertEqual(
            "".join(line.removeprefix(INDENT) for line in shown), f"<alice> {'x' * 200}"
        )
        self.assertEqual([len(line) for line in shown], [79, 79, 58])
        shown = said("e\u0301" * 100, 40)
        self.assertGreater(len(shown), 2)
        for row in shown[1:]:
            self.assertTrue(row.startswith(f"{INDENT}e\u0301"))

    def test_text_of_exact_length_forges_no_line(self) -> None:
        for columns in (20, 80, 81, 83, 120, 200):
            for length in range(columns - 12, columns + 4):
                for filler in ("x", "\u6f22", "\U0001fae9", "\ue000"):
                    line = f"{filler * (length // (1 if filler == 'x' else 2))}{FORGED}"
                    for row in said(line, columns)[1:]:
                        self.assertTrue(row.startswith(INDENT), (columns, ascii(row)))

    def test_short_lines_and_great_widths_break_nothing(self) -> None:
        for columns in (None, WIDTHS[-1] + 1, 500):
            self.assertEqual(len(said("word " * 800, columns)), 1)
        for line in ("hi", "x" * 70, "\u6f22" * 10):
            self.assertEqual(said(line, 80), [f"<alice> {line}"])
        dialect = LineDialect(lambda: NOON)
        sessions = [dialect.open(columns) for columns in (None, *range(1, 1000))]
        self.assertEqual(len({session.here for session in sessions}), len(WIDTHS) + 1)
        self.assertEqual(len({session.elsewhere for session in sessions}), len(WIDTHS) + 1)
        self.assertEqual([width_for(columns) for columns in (1, 79, 80, 99)], [20, 60, 80, 80])

    @given(
        st.text(st.sampled_from("ab  \u6f22\u0301\u200d\u3000\u05d0\u2068\u2069"), max_size=200),
        st.sampled_from(WIDTHS),
    )
    def test_rows_have_all_that_is_no_blank_in_order(self, line: str, width: int) -> None:
        def bare(shown: str) -> str:
            return shown.translate(dict.fromkeys(map(ord, " \u3000\u200d")))

        shown = rows(line, width)
        self.assertEqual(bare("".join(shown)), bare(line))
        for row in shown[1:]:
            self.assertTrue(row.startswith(INDENT))


class IsolateTests(SynchronousTestCase):
    def test_only_what_is_written_from_right_to_left_is_isolated(self) -> None:
        for line in (HEBREW, f"{ARABIC} 123", f"abc {HEBREW}", *KEPT[3:]):
            self.assertEqual(said(line), [f"<alice> \u2068{line}\u2069"])
        for line in ("hi", "h\u00e9", "\u6f22\u5b57", *KEPT[:3]):
            self.assertEqual(said(line), [f"<alice> {line}"])

    def test_names_stand_in_isolates(self) -> None:
        nick = parse_nick(HEBREW)
        author = e.Author(UserId(1), nick, Scope("s"))
        here = LineDialect(lambda: NOON).open().here
        for event, shown in (
            (e.Said("say", text("hi")), f"<{isolated(HEBREW)}> hi"),
            (e.Said("action", text("waves")), f"* {isolated(HEBREW)} waves"),
            (e.Joined(DEV), f"-- {isolated(HEBREW)} joined #dev"),
            (e.Renamed(ALICE), f"-- {isolated(HEBREW)} is now called alice"),
        ):
            envelope = msgspec.structs.replace(by_alice(event), author=author)
            self.assertEqual(lines_of(here.event(envelope)), [shown])
        (line,) = lines_of(here.event(by_alice(e.Renamed(nick))))
        self.assertEqual(line, f"-- alice is now called {isolated(HEBREW)}")
        self.assertTrue(harmless(unisolated(line)))
