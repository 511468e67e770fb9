"""What results tell of themselves."""

from __future__ import annotations

import random

from twisted.trial.unittest import SynchronousTestCase

from bench.results import TimingResult


class TimingResultTests(SynchronousTestCase):
    def result(self, wrong: list[float], unknown: list[float]) -> TimingResult:
        return TimingResult(
            server="ours", asked=len(wrong), tries={"wrong one": wrong, "unknown one": unknown}
        )

    def test_times_of_one_kind_are_not_told_apart(self) -> None:
        dice = random.Random(1)
        wrong, unknown = ([dice.gauss(0.03, 0.002) for _ in range(300)] for _ in range(2))
        result = self.result(wrong, unknown)
        self.assertFalse(result.is_told("unknown one"))
        self.assertEqual(result.told_apart, "")

    def test_a_difference_that_is_small_beside_the_noise_is_found(self) -> None:
        dice = random.Random(1)
        wrong = [dice.gauss(0.03, 0.002) for _ in range(300)]
        result = self.result(wrong, [each + dice.gauss(0.001, 0.002) for each in wrong])
        self.assertTrue(result.is_told("unknown one"))
        self.assertEqual(result.told_apart, "the time distinguishes unknown one from wrong one")
        self.assertGreater(result.difference("unknown one").low, 0)

    def test_what_takes_as_long_in_the_middle_and_not_at_the_ends_is_told_apart(self) -> None:
        dice = random.Random(1)
        wrong = [dice.gauss(0.03, 0.0001) for _ in range(300)]
        unknown = [dice.gauss(0.03, 0.005) for _ in range(300)]
        self.assertTrue(self.result(wrong, unknown).is_told("unknown one"))

    def test_a_few_tries_tell_nothing(self) -> None:
        self.assertEqual(self.result([1.0] * 5, [2.0] * 5).told_apart, "")
        self.assertEqual(self.result([], []).told_apart, "")
