from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW
from twisted_chat.core.values import ratelimit
from twisted_chat.core.values.ratelimit import Bucket, Throttle

BURST, RATE = 20, 10


class Case(SynchronousTestCase):
    def setUp(self) -> None:
        self.bucket = Bucket(BURST, 0.0)

    def take(self, now: float) -> float:
        return self.bucket.take(BURST, RATE, now)

    def drain(self, now: float = 0.0) -> int:
        """Take what there is; return how much that was."""
        taken = 0
        while not self.take(now):
            taken += 1
        return taken


class BucketTests(Case):
    def test_a_burst_is_taken_at_once(self) -> None:
        self.assertEqual(self.drain(), BURST)

    def test_after_a_burst_lines_wait_for_the_rate(self) -> None:
        self.drain()
        self.assertEqual(self.take(0.0), 0.1)
        self.assertAlmostEqual(self.take(0.04), 0.06)
        self.assertEqual(self.take(0.1), 0.0)
        self.assertAlmostEqual(self.take(0.1), 0.1)

    def test_asking_takes_nothing(self) -> None:
        self.drain()
        for _ in range(100):
            self.take(0.0)
        self.assertEqual(self.take(0.1), 0.0)

    def test_silence_saves_up_no_more_than_a_burst(self) -> None:
        self.drain()
        self.assertEqual(self.drain(1e6), BURST)

    def test_clock_that_jumps_back_stands_still_and_counts_from_there(self) -> None:
        self.bucket = Bucket(BURST, 1000.0)
        self.drain(1000.0)
        self.assertEqual(self.take(10.0), 0.1)
        self.assertEqual(self.take(10.1), 0.0)
        self.bucket = Bucket(BURST, 1e9)
        self.drain(1e9)
        self.take(5.0)
        self.assertEqual(self.drain(6.0), RATE)

    def test_full_means_that_nobody_was_slowed_down_lately(self) -> None:
        self.assertTrue(self.bucket.full(BURST))
        self.take(0.0)
        self.assertTrue(self.bucket.full(BURST))
        self.take(0.0)
        self.assertFalse(self.bucket.full(BURST))

    @given(st.integers(1, 1000), st.integers(1, 10_000), st.floats(0, 2**32))
    @example(BURST, RATE, NOW)
    @example(1, 3, NOW + 0.3)
    def test_who_waits_as_asked_is_let_in(self, burst: int, rate: int, now: float) -> None:
        bucket = Bucket(burst, now)
        for _ in range(burst + 3):
            wait = bucket.take(burst, rate, now)
            if wait:
                now += wait
                self.assertEqual(bucket.take(burst, rate, now), 0.0)

    @given(
        st.lists(
            st.tuples(st.floats(0, 3) | st.sampled_from([0.0, 1e-9, 0.1]), st.integers(1, 30)),
            max_size=50,
        )
    )
    def test_no_one_gets_more_than_burst_and_rate(self, asking: list[tuple[float, int]]) -> None:
        bucket, now, taken = Bucket(BURST, NOW), NOW, 0
        for pause, tries in asking:
            now += pause
            taken += sum(not bucket.take(BURST, RATE, now) for _ in range(tries))
            self.assertLessEqual(taken, BURST + RATE * (now - NOW) + 0.01)

    @given(st.lists(st.floats(0, 1e10), max_size=50))
    def test_any_clock_gives_a_bounded_wait(self, readings: list[float]) -> None:
        bucket = Bucket(BURST, NOW)
        for now in readings:
            self.assertTrue(0.0 <= bucket.take(BURST, RATE, now) <= 1.0 / RATE + 1e-5)


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
        self.patch(ratelimit, "MAX_KEYS", 10)
        self.tries("bob", 3)
        for number in range(10):
            self.tries(f"name {number}", 1)
        self.assertEqual((len(self.throttle), self.throttle.wait("bob", NOW)), (10, 0.0))
