"""The throttle: few tries at a time, and it forgets in bounds."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW
from twisted_chat.core.values import throttle
from twisted_chat.core.values.throttle import Throttle


class ThrottleTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.throttle = Throttle(3, 60.0)

    def tries(self, key: str, count: int, now: float = NOW) -> None:
        for _ in range(count):
            self.throttle.count(key, now)

    def test_a_few_tries_are_free_then_one_for_each_wait(self) -> None:
        for _ in range(3):
            self.assertEqual(self.throttle.wait("bob", NOW), 0.0)
            self.throttle.count("bob", NOW)
        self.assertAlmostEqual(self.throttle.wait("bob", NOW), 20.0)
        self.assertEqual(self.throttle.wait("eve", NOW), 0.0)
        self.tries("bob", 3)
        later = NOW + self.throttle.wait("bob", NOW)
        self.assertEqual(self.throttle.wait("bob", later), 0.0)
        self.tries("bob", 1, later)
        self.assertAlmostEqual(self.throttle.wait("bob", later), 20.0, 3)

    def test_what_was_no_guess_is_taken_back_and_leaves_nothing(self) -> None:
        self.tries("bob", 1)
        self.throttle.forgive("bob", NOW)
        self.throttle.forgive("bob", NOW)
        self.assertEqual((self.throttle.wait("bob", NOW), len(self.throttle)), (0.0, 0))
        self.tries("bob", 3)
        self.throttle.forgive("bob", NOW)
        self.assertEqual((self.throttle.wait("bob", NOW), len(self.throttle)), (0.0, 1))

    def test_a_clock_that_jumps_back_gives_no_tries(self) -> None:
        self.tries("bob", 3)
        self.assertAlmostEqual(self.throttle.wait("bob", NOW - 1000), 20.0)
        self.tries("eve", 1)
        self.tries("eve", 2, NOW - 1000)
        self.assertAlmostEqual(self.throttle.wait("eve", NOW - 1000), 20.0)

    def test_a_clock_that_jumps_back_keeps_nobody_out_until_it_is_where_it_was(self) -> None:
        self.tries("bob", 3)
        self.throttle.wait("bob", NOW - 1000)
        self.assertEqual(self.throttle.wait("bob", NOW - 980), 0.0)
        self.tries("eve", 2)
        self.tries("eve", 1, NOW - 1000)
        self.assertEqual(self.throttle.wait("eve", NOW - 980), 0.0)

    def test_it_remembers_a_bounded_number_and_forgets_the_oldest(self) -> None:
        self.patch(throttle, "MAX_KEYS", 10)
        self.tries("bob", 3)
        for number in range(10):
            self.tries(f"name {number}", 1)
        self.assertEqual((len(self.throttle), self.throttle.wait("bob", NOW)), (10, 0.0))
