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

    def test_only_enough_different_times_are_told_apart(self) -> None:
        self.assertEqual(self.result([1.0] * 5, [2.0] * 5).told_apart, "")
        self.assertEqual(self.result([], []).told_apart, "")
        dice = random.Random(1)
        wrong, unknown = ([dice.gauss(0.03, 0.002) for _ in range(300)] for _ in range(2))
        result = self.result(wrong, unknown)
        self.assertFalse(result.is_told("unknown one"))
        self.assertEqual(result.told_apart, "")
        dice = random.Random(1)
        wrong = [dice.gauss(0.03, 0.002) for _ in range(300)]
        result = self.result(wrong, [each + dice.gauss(0.001, 0.002) for each in wrong])
        self.assertTrue(result.is_told("unknown one"))
        self.assertEqual(result.told_apart, "the time distinguishes unknown one from wrong one")
        self.assertGreater(result.difference("unknown one").low, 0)
        dice = random.Random(1)
        wrong = [dice.gauss(0.03, 0.0001) for _ in range(300)]
        unknown = [dice.gauss(0.03, 0.005) for _ in range(300)]
        self.assertTrue(self.result(wrong, unknown).is_told("unknown one"))
