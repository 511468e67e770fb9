"""Events, and waiting for the first of several."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from bench.waiting import Event, first


class EventTests(SynchronousTestCase):
    def test_everybody_who_waits_is_told_before_and_after(self) -> None:
        event: Event[str] = Event()
        early = [event.wait(), event.wait()]
        event.happen("now")
        event.happen("again")
        self.assertEqual(
            [self.successResultOf(each) for each in (*early, event.wait())], ["now"] * 3
        )
        self.assertTrue(event.happened)

    def test_who_gives_up_waiting_is_forgotten(self) -> None:
        event: Event[str] = Event()
        waiting = event.wait()
        waiting.cancel()
        self.failureResultOf(waiting)
        event.happen("now")


class FirstTests(SynchronousTestCase):
    def test_the_first_is_told_and_the_others_are_cancelled(self) -> None:
        things: list[Deferred[None]] = [Deferred(), Deferred(), Deferred()]
        result = Deferred.fromCoroutine(first(*things))
        self.assertNoResult(result)
        things[1].callback(None)
        self.assertEqual(self.successResultOf(result), 1)
        self.assertTrue(things[0].called and things[2].called)

    def test_an_error_is_raised_as_it_is(self) -> None:
        things: list[Deferred[None]] = [Deferred(), Deferred()]
        result = Deferred.fromCoroutine(first(*things))
        things[0].errback(KeyError("x"))
        self.failureResultOf(result, KeyError)
        self.assertTrue(things[1].called)
