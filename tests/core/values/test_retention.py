from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.values.retention import KEEP_ALL, Keep, read_keep

counts = st.integers(0, 999_999_999)
keeps = st.builds(Keep, counts, counts)


class ReadTests(SynchronousTestCase):
    def test_what_people_write_is_read(self) -> None:
        for text, keep in (
            ("30 days", Keep(30)),
            ("1 day", Keep(1)),
            ("30days", Keep(30)),
            ("1000 lines", Keep(lines=1000)),
            ("1,000 Lines", Keep(lines=1000)),
            ("1 LINE", Keep(lines=1)),
            ("7 days 500 lines", Keep(7, 500)),
            ("500 lines, 7 days", Keep(7, 500)),
            (" 7 days  500 lines ", Keep(7, 500)),
            ("-", KEEP_ALL),
        ):
            self.assertEqual(read_keep(text), keep, text)

    def test_anything_else_is_not(self) -> None:
        for text in (
            *("", " ", "x", "30", "days", "0 days", "007 days", "-1 days", "- -", "30 days -"),
            *("1.5 days", "30 weeks", "30 days 7 days", "30 daysold", "30 days500 lines"),
            *("1,00 lines", "1,000,000,000 lines", "1000000000 lines", "\u0663 days", "9" * 5000),
        ):
            self.assertIsNone(read_keep(text), text)

    @given(st.text() | st.text("0123456789, -daylines"))
    def test_any_text_is_read_or_not(self, text: str) -> None:
        keep = read_keep(text)
        if keep is not None and keep != KEEP_ALL:
            self.assertEqual(read_keep(str(keep).replace("for ", "").replace("up to ", "")), keep)


class KeepTests(SynchronousTestCase):
    def test_it_says_what_is_kept(self) -> None:
        for keep, text in (
            (Keep(30), "for 30 days"),
            (Keep(1), "for 1 day"),
            (Keep(lines=1000), "up to 1,000 lines"),
            (Keep(7, 500), "for 7 days, up to 500 lines"),
            (KEEP_ALL, "as long as this server keeps messages"),
        ):
            self.assertEqual(str(keep), text)

    @given(keeps, keeps)
    def test_within_is_never_more_than_either(self, mine: Keep, most: Keep) -> None:
        within = mine.within(most)
        for got, one, other in (
            (within.days, mine.days, most.days),
            (within.lines, mine.lines, most.lines),
        ):
            self.assertEqual(got, min((each for each in (one, other) if each), default=0))

    @given(keeps, keeps)
    def test_capped_sets_no_limit_that_was_not_asked_for(self, mine: Keep, most: Keep) -> None:
        capped = mine.capped(most)
        self.assertEqual(
            (bool(capped.days), bool(capped.lines)), (bool(mine.days), bool(mine.lines))
        )
        self.assertEqual(capped.within(most), mine.within(most))
