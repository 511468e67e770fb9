"""How long a busy room's lines wait for more."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.delivery.coalesce import Pace, linger

MOST = 0.008


class LingerTests(SynchronousTestCase):
    def test_lines_that_come_often_to_many_wait(self) -> None:
        self.assertEqual(linger(200, 200, MOST), MOST)

    def test_nobody_waits_where_there_is_nothing_to_join(self) -> None:
        self.assertEqual(linger(50, 2000, MOST), 0.0)

    def test_nobody_waits_where_there_is_little_to_save(self) -> None:
        self.assertEqual(linger(200, 20, MOST), 0.0)

    def test_fast_lines_wait_for_enough_of_them_and_no_longer(self) -> None:
        self.assertAlmostEqual(linger(16_000, 200, MOST), 0.004)

    def test_nobody_waits_where_each_turn_has_many_lines_anyhow(self) -> None:
        self.assertEqual(linger(100_000, 200, MOST), 0.0)

    @given(st.floats(0, 1e6), st.integers(0, 10_000), st.floats(0, 0.05))
    def test_the_most_is_never_exceeded_and_nothing_is_none(
        self, rate: float, members: int, most: float
    ) -> None:
        self.assertLessEqual(linger(rate, members, most), most)
        self.assertEqual(linger(rate, members, 0), 0.0)


class PaceTests(SynchronousTestCase):
    def test_the_pace_is_that_of_the_last_tenth_of_a_second(self) -> None:
        pace = Pace(MOST)
        waits = []
        for tick in range(60):
            pace.note(tick * 0.005, 1 if tick < 41 else 0, 200)
            waits.append(pace.wait)
        self.assertEqual(waits[0], 0.0)
        self.assertEqual(waits[39], MOST)
        self.assertEqual(waits[59], MOST)
        pace.note(10, 1, 200)
        self.assertEqual(pace.wait, 0.0)
