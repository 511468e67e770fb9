"""Coroutines that nobody awaits: none of their failures is lost."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from twisted_chat.runtime import tasks


class StartTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.answer: Deferred[None] = Deferred()
        self.steps: list[str] = []

    async def work(self) -> None:
        self.steps.append("began")
        await self.answer
        self.steps.append("went on")

    def test_it_runs_as_far_as_it_gets_and_goes_on_later(self) -> None:
        tasks.start(self.work(), "the work")
        self.assertEqual(self.steps, ["began"])
        self.answer.callback(None)
        self.assertEqual(self.steps, ["began", "went on"])

    def test_failure_is_logged_with_what_it_was(self) -> None:
        texts: list[str] = []

        @implementer(ILogObserver)
        def observe(event: LogEvent) -> None:
            texts.append(str(event.get("log_format")).format(**event))

        globalLogPublisher.addObserver(observe)
        self.addCleanup(globalLogPublisher.removeObserver, observe)
        tasks.start(self.work(), "the work")
        self.answer.errback(ZeroDivisionError("later"))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(texts, ["the work failed"])

    def test_failure_at_once_is_logged_too(self) -> None:
        self.answer.errback(ZeroDivisionError("at once"))
        tasks.start(self.work(), "the work")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_failure_is_given_to_who_asked_for_it_and_not_logged(self) -> None:
        failures: list[Failure] = []
        tasks.start(self.work(), "the work", failures.append)
        self.answer.errback(ZeroDivisionError("later"))
        self.assertEqual([failure.type for failure in failures], [ZeroDivisionError])
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_failure_of_who_asked_for_it_is_logged(self) -> None:
        def failed(failure: Failure) -> None:
            raise KeyError("and now this")

        tasks.start(self.work(), "the work", failed)
        self.answer.errback(ZeroDivisionError("later"))
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    def test_success_calls_nobody(self) -> None:
        failures: list[Failure] = []
        self.answer.callback(None)
        tasks.start(self.work(), "the work", failures.append)
        self.assertEqual((self.steps, failures), (["began", "went on"], []))
