"""How long the reactor was held up."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from bench.ticks import Ticks


class TicksTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()

    def tearDown(self) -> None:
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_the_latest_tick_counts_even_if_it_never_came(self) -> None:
        with Ticks(self.clock) as ticks:
            self.clock.pump([0.001] * 50)
        self.assertAlmostEqual(ticks.most, 0)
        with Ticks(self.clock) as ticks:
            self.clock.pump([0.001, 0.201, 0.001, 0.101])
        self.assertAlmostEqual(ticks.most, 0.2)
        with Ticks(self.clock) as ticks:
            self.clock.rightNow += 0.5
        self.assertAlmostEqual(ticks.most, 0.499)
