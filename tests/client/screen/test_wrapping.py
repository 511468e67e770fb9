from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, split_graphemes
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.screen.wrapping import cut, rows

TEXTS = st.text(st.sampled_from("ab  日本é👍🏽\u200d👩🇩🇪e\u0301-"), max_size=40)


class RowsTests(SynchronousTestCase):
    def wrap(self, text: str, width: int) -> list[str]:
        return [text[start:end] for start, end in rows(text, width)]

    def test_rows_break_between_words_or_graphemes_at_their_width(self) -> None:
        self.assertEqual(self.wrap("one two three", 8), ["one two ", "three"])
        self.assertEqual(self.wrap("four four", 4), ["four ", "four"])
        self.assertEqual(self.wrap("see abcdefgh ok", 4), ["see ", "abcd", "efgh ", "ok"])
        self.assertEqual(self.wrap("日本語", 4), ["日本", "語"])
        family = "👨‍👩‍👧"
        self.assertEqual(self.wrap(family * 2, 3), [family, family])
        self.assertEqual(self.wrap("日本", 1), ["日", "本"])
        self.assertEqual(self.wrap("\u200d\u200d日a", 2), ["\u200d\u200d日", "a"])
        self.assertEqual(self.wrap("", 5), [""])

    @given(TEXTS, st.integers(2, 12))
    def test_rows_are_the_text_and_none_is_too_wide(self, text: str, width: int) -> None:
        found = self.wrap(text, width)
        self.assertEqual("".join(found), text)
        for row in found:
            signs, _ = split_graphemes(row.rstrip())
            self.assertTrue(cell_len(row.rstrip()) <= width or len(signs) == 1, (row, width))


class CutTests(SynchronousTestCase):
    def test_what_does_not_fit_ends_in_an_ellipsis(self) -> None:
        self.assertEqual(cut("abc", 3), "abc")
        self.assertEqual(cut("abcd", 3), "ab…")
        self.assertEqual(cut("日本語", 4), "日…")
        self.assertEqual(cut("abc", 1), "…")
        self.assertEqual(cut("abc", 0), "")
        self.assertEqual(cut("\u200d\u200d日本日本", 3), "\u200d\u200d日…")

    @given(TEXTS, st.integers(0, 12))
    def test_it_is_never_too_wide(self, text: str, width: int) -> None:
        self.assertLessEqual(cell_len(cut(text, width)), width)
