"""The clock: what it says, and timers that go on when somebody sets it."""

from __future__ import annotations

import time

from twisted.internet.selectreactor import SelectReactor
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.clock import clock_of


class ClockTests(SynchronousTestCase):
    def setUp(self) -> None:
        # One of its own: not the one that runs the tests.
        self.reactor = SelectReactor()
        self.addCleanup(self.close)

    def close(self) -> None:
        for reader in self.reactor.removeAll():
            reader.connectionLost(None)

    def test_it_says_what_time_it_is(self) -> None:
        self.patch(time, "time", lambda: 1_700_000_000.5)
        self.assertEqual(clock_of(self.reactor).seconds(), 1_700_000_000.5)

    def test_timers_go_on_when_the_time_is_set(self) -> None:
        now = [1000.0, 1_700_000_000.0]
        self.patch(time, "monotonic", lambda: now[0])
        self.patch(time, "time", lambda: now[1])
        clock = clock_of(self.reactor)
        called: list[str] = []
        timer = clock.callLater(10, called.append, "called")
        self.assertEqual(clock.getDelayedCalls(), [timer])
        now[1] -= 3600
        self.assertEqual(self.reactor.timeout(), 10)
        now[0] += 9
        self.reactor.runUntilCurrent()
        self.assertEqual(called, [])
        now[0] += 1
        self.reactor.runUntilCurrent()
        self.assertEqual(called, ["called"])

    def test_clock_of_a_test_is_left_alone(self) -> None:
        clock = Clock()
        self.assertIs(clock_of(clock), clock)
