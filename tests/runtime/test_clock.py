"""The clocks: timers that go on when somebody sets the time of day, and when that can be trusted."""

from __future__ import annotations

import time
from typing import cast

from twisted.internet.interfaces import IReactorTime
from twisted.internet.selectreactor import SelectReactor
from twisted.internet.task import Clock
from twisted.logger import formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.clocks import DAY, TurnsClock, TwoClocks
from tests.making import log_of
from twisted_chat.runtime.clock import AGREED, JUMP, Silence, Trust, clock_of, wall_of


class ClockTests(SynchronousTestCase):
    def setUp(self) -> None:
        # One of its own: not the one that runs the tests.
        self.reactor = SelectReactor()
        self.addCleanup(self.close)

    def close(self) -> None:
        for reader in self.reactor.removeAll():
            reader.connectionLost(None)

    def test_it_says_what_time_of_day_it_is_but_leaves_clocks_of_tests_alone(self) -> None:
        self.patch(time, "time", lambda: 1_700_000_000.5)
        self.assertEqual(wall_of(clock_of(self.reactor))(), 1_700_000_000.5)
        clock = Clock()
        self.assertIs(clock_of(clock), clock)
        clock.advance(5)
        self.assertEqual(wall_of(cast(IReactorTime, clock))(), 5.0)

    def test_its_seconds_and_timers_go_on_when_the_time_of_day_is_set(self) -> None:
        now = [1000.0, 1_700_000_000.0]
        asked: list[int] = []

        def gettime(which: int) -> float:
            asked.append(which)
            return now[0]

        self.patch(time, "clock_gettime", gettime)
        self.patch(time, "time", lambda: now[1])
        clock = clock_of(self.reactor)
        called: list[str] = []
        timer = clock.callLater(10, called.append, "called")
        self.assertEqual(clock.getDelayedCalls(), [timer])
        now[1] -= 3600
        self.assertEqual(clock.seconds(), 1000.0)
        self.assertEqual(self.reactor.timeout(), 10)
        now[0] += 9
        self.reactor.runUntilCurrent()
        self.assertEqual(called, [])
        now[0] += 1
        self.reactor.runUntilCurrent()
        self.assertEqual(called, ["called"])
        # The one that counts while the machine is suspended.
        self.assertEqual(set(asked), {getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)})


class TrustTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = TwoClocks()
        self.trust = Trust(self.clock)
        self.observer = log_of(self)

    def after(self, seconds: float) -> bool:
        self.clock.advance(seconds)
        return self.trust.check()

    def test_time_of_day_is_trusted_an_hour_after_the_start(self) -> None:
        self.assertFalse(self.trust.check())
        self.assertFalse(self.after(AGREED - 1))
        self.assertTrue(self.after(1))
        self.assertTrue(self.after(40 * DAY))
        self.assertEqual(list(self.observer), [])

    def test_jump_takes_an_hour_of_agreement_to_be_trusted_and_is_told_once(self) -> None:
        self.assertTrue(self.after(AGREED))
        for jump, told in (
            (40 * DAY, "set ahead by 3,456,000"),
            (-40 * DAY, "set back by 3,456,000"),
        ):
            self.clock.ahead += jump
            self.assertFalse(self.after(5))
            self.assertFalse(self.after(AGREED - 1))
            self.assertTrue(self.after(1))
            self.assertIn(told, formatEvent(self.observer[-1]))
        self.assertEqual(len(self.observer), 2)

    def test_jump_ahead_and_back_at_once_is_noticed_if_it_is_looked_at_meanwhile(self) -> None:
        self.assertTrue(self.after(AGREED))
        self.clock.ahead += 40 * DAY
        self.assertFalse(self.trust.check())
        self.clock.ahead -= 40 * DAY
        self.assertFalse(self.after(2))

    def test_jump_within_the_first_hour_begins_it_anew(self) -> None:
        self.assertFalse(self.after(AGREED - 1))
        self.clock.ahead -= 3600
        self.assertFalse(self.after(1))
        self.assertFalse(self.after(AGREED - 1))
        self.assertTrue(self.after(1))

    def test_what_a_time_server_does_all_the_time_is_no_jump(self) -> None:
        self.assertTrue(self.after(AGREED))
        for _ in range(100):
            self.clock.ahead += JUMP
            self.assertTrue(self.after(600))

    def test_suspended_machine_has_not_jumped(self) -> None:
        self.assertTrue(self.after(AGREED))
        self.assertTrue(self.after(3 * DAY))  # both clocks count that


class SilenceTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = TurnsClock()
        self.called: list[str] = []
        clock = cast(IReactorTime, self.clock)
        self.silence = Silence(clock, 5, self.called.append, "silent")

    def test_it_calls_a_turn_after_its_time(self) -> None:
        self.clock.advance(5)
        self.assertEqual(self.called, [])
        self.clock.advance(0)
        self.assertEqual(self.called, ["silent"])
        self.silence.stop()

    def test_what_is_read_in_that_turn_stops_it(self) -> None:
        for seconds in (4.9, 0.1):
            self.clock.advance(seconds)
        self.silence.stop()
        self.clock.advance(60)
        self.assertEqual((self.called, self.clock.getDelayedCalls()), ([], []))
