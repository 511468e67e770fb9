"""Numbers from numbers."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from bench.stats import Latencies, Spread, differ, median_interval, percentile, ratios, spread

micros = st.integers(0, 2**39)


class LatenciesTests(SynchronousTestCase):
    @given(st.lists(micros, min_size=1, max_size=200), st.floats(0.1, 100))
    def test_percentiles_are_exact_to_three_percent_and_never_too_small(
        self, values: list[int], percent: float
    ) -> None:
        latencies = Latencies()
        for value in values:
            latencies.add(value)
        exact = percentile(values, percent)
        self.assertLessEqual(exact, latencies.percentile(percent))
        self.assertLessEqual(latencies.percentile(percent), exact * (1 + 1 / 32))

    @given(st.lists(micros, max_size=50), st.lists(micros, max_size=50))
    def test_what_two_counted_adds_up(self, some: list[int], others: list[int]) -> None:
        parts = [Latencies(), Latencies()]
        together = Latencies()
        for part, values in zip(parts, (some, others), strict=True):
            for value in values:
                part.add(value)
                together.add(value)
        merged = Latencies()
        for part in parts:
            merged.merge(part.counts())
        self.assertEqual(merged.counts(), together.counts())
        self.assertEqual(merged.total, len(some) + len(others))

    def test_several_equal_ones_are_counted_at_once(self) -> None:
        latencies = Latencies()
        latencies.add(7, 3)
        self.assertEqual((latencies.total, latencies.counts()), (3, {7: 3}))

    def test_a_clock_that_steps_back_counts_as_zero(self) -> None:
        latencies = Latencies()
        latencies.add(-5)
        self.assertEqual(latencies.percentile(100), 0)

    def test_what_takes_weeks_is_counted_in_the_last_bucket(self) -> None:
        latencies = Latencies()
        latencies.add(2**60)
        self.assertEqual(latencies.total, 1)
        self.assertGreater(latencies.percentile(50), 2**38)

    def test_nothing_has_no_percentile(self) -> None:
        self.assertTrue(math.isnan(Latencies().percentile(50)))
        self.assertEqual(list(Latencies().curve()), [])

    def test_the_curve_rises_to_all(self) -> None:
        latencies = Latencies()
        for value in (1, 1, 2, 10):
            latencies.add(value)
        self.assertEqual(list(latencies.curve()), [(1, 0.5), (2, 0.75), (10, 1)])


class NumbersTests(SynchronousTestCase):
    def test_percentiles_and_spreads_leave_out_what_is_no_number(self) -> None:
        values = [float(value) for value in range(100, 0, -1)]
        self.assertEqual(
            [percentile(values, p) for p in (1, 50, 99, 99.9, 100)], [1, 50, 99, 100, 100]
        )
        self.assertEqual(percentile([3.0], 1), 3)
        self.assertTrue(math.isnan(percentile([], 50)))
        self.assertEqual(spread([3.0, math.nan, 1.0, 2.0, math.inf]), Spread(2, 1, 3))
        self.assertIsNone(spread([math.nan]))

    def test_each_ratio_comes_from_one_round_in_which_both_are(self) -> None:
        # The medians are equal; the rounds are not.
        self.assertEqual(ratios([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]), Spread(1, 1 / 3, 3))
        self.assertEqual(
            ratios([1.0, None, 4.0, 9.0], [2.0, 2.0, None, 0.0]), Spread(0.5, 0.5, 0.5)
        )
        self.assertIsNone(ratios([None], [1.0]))


class SamplesTests(SynchronousTestCase):
    def test_the_interval_of_a_median_is_what_a_coin_says(self) -> None:
        # Of ten falls, none or one of heads or of tails are 22 of 1,024.
        values = [float(each) for each in range(10)]
        self.assertEqual(median_interval(values, 22 / 1024), Spread(4.5, 1, 8))
        self.assertEqual(median_interval(values, 21 / 1024), Spread(4.5, 0, 9))
        self.assertEqual(median_interval(values, 1 / 1024), Spread(4.5, -math.inf, math.inf))
        found = median_interval([float(each) for each in range(10_000)], 0.001)
        self.assertEqual((9_999 - found.low, found.median), (found.high, 4_999.5))
        self.assertTrue(4_800 < found.low < 4_900)
        found = median_interval([], 0.001)
        self.assertTrue(math.isnan(found.median) and found.low < found.high)

    def test_samples_differ_if_chance_does_not_explain_it(self) -> None:
        values = [float(each) for each in range(100)]
        self.assertFalse(differ(values, values, 0.001))
        self.assertFalse(differ(values, [each + 20 for each in values], 0.001))
        self.assertTrue(differ(values, [each + 40 for each in values], 0.001))
        self.assertTrue(differ(values, [49.5] * 100, 0.001))
        self.assertFalse(differ(values, [], 0.001))
        self.assertFalse(differ([1.0], [9.0], 0.001))
