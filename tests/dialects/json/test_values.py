"""Tests for twisted_chat.dialects.json.values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.values.retention import Keep
from twisted_chat.dialects.json.values import kept, rfc3339


class TimeTests(SynchronousTestCase):
    def test_date_and_fraction_never_disagree(self) -> None:
        # Rounding the one and cutting the other would jump back, or ahead, by a second.
        self.assertEqual(rfc3339(1.9999999), "1970-01-01T00:00:01.999Z")
        self.assertEqual(rfc3339(2.0), "1970-01-01T00:00:02.000Z")
        self.assertEqual(rfc3339(0.0), "1970-01-01T00:00:00.000Z")

    @given(st.lists(st.floats(0, 2**32), min_size=2, max_size=5).map(sorted))
    def test_later_times_are_never_written_as_earlier(self, times: list[float]) -> None:
        written = [rfc3339(time) for time in times]
        self.assertEqual(written, sorted(written))


class KeptTests(SynchronousTestCase):
    def test_no_limit_is_null(self) -> None:
        self.assertEqual(kept(Keep(7, 0)), {"days": 7, "lines": None})
        self.assertEqual(kept(Keep(0, 50)), {"days": None, "lines": 50})
