from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.values.durations import MAX_DURATION, read_duration, spell_duration


class ReadTests(SynchronousTestCase):
    def test_units_are_seconds_to_weeks_and_can_follow_each_other(self) -> None:
        for text, seconds in (
            ("1s", 1),
            ("10m", 600),
            ("2h", 7200),
            ("7d", 604_800),
            ("1W", 604_800),
            ("1d12h", 129_600),
            ("3650d", MAX_DURATION),
        ):
            self.assertEqual(read_duration(text), seconds, text)

    def test_nonsense_is_none(self) -> None:
        for text in (
            *("", "0s", "0d0h", "10", "m", "-5m", "+5m", "1.5h", "5 m", "5y", "ten", "1h!"),
            *("3651d", "1000000d", "9" * 10_000 + "d", "1d" * 10_000, "\u0663d"),
        ):
            self.assertIsNone(read_duration(text), text[:20])

    @given(st.text(max_size=12) | st.from_regex(r"\A[0-9]{1,7}[smhdw]\Z"))
    def test_any_text_is_a_number_in_bounds_or_none(self, text: str) -> None:
        seconds = read_duration(text)
        self.assertTrue(seconds is None or 0 < seconds <= MAX_DURATION)


class SpellTests(SynchronousTestCase):
    def test_two_largest_units_are_said(self) -> None:
        for seconds, text in (
            (0.2, "1 second"),
            (-5.0, "1 second"),
            (59.6, "1 minute"),
            (61, "1 minute 1 second"),
            (7200, "2 hours"),
            (129_600 + 30, "1 day 12 hours"),
            (86_400 * 1000, "1,000 days"),
        ):
            self.assertEqual(spell_duration(seconds), text)
