"""Passwords: what is stored of them, that nobody can tell who has an account, and that the queue is bounded."""

from __future__ import annotations

import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import argon2
from argon2 import PasswordHasher
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.auth.fakes import HeldRunner
from twisted_chat.auth import passwords
from twisted_chat.auth.passwords import BusyError, Passwords, RealRunner

T = TypeVar("T")


class PasswordsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.runner = HeldRunner()
        self.passwords = Passwords(self.runner)

    def ask(self, work: Coroutine[Any, Any, T]) -> Deferred[T]:
        return Deferred.fromCoroutine(work)

    def now(self, work: Coroutine[Any, Any, T]) -> T:
        asked = self.ask(work)
        self.runner.go()
        return self.successResultOf(asked)

    def test_password_is_known_again_and_no_other(self) -> None:
        stored = self.now(self.passwords.hash("correct horse"))
        self.assertTrue(stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$"))
        self.assertNotIn("horse", stored)
        self.assertTrue(self.now(self.passwords.verify(stored, "correct horse")))
        for wrong in ("correct horsE", "", "x" * 1000):
            self.assertFalse(self.now(self.passwords.verify(stored, wrong)))

    def test_same_password_is_stored_differently_each_time(self) -> None:
        first, second = (self.now(self.passwords.hash("12345678")) for _ in range(2))
        self.assertNotEqual(first, second)

    def test_who_has_no_account_is_checked_all_the_same(self) -> None:
        """Else the time would tell who has one."""
        tried: list[str] = []

        def matches(stored: str, password: str) -> bool:
            tried.append(stored)
            return True

        self.patch(passwords, "_matches", matches)
        self.assertFalse(self.now(self.passwords.verify(None, "x")))
        self.assertEqual(len(tried), 1)
        self.assertFalse(self.passwords.outdated(tried[0]))

    def test_both_are_the_same_work_from_the_first_on(self) -> None:
        """One comparison, and nothing else, with a hash of the same parameters and lengths."""
        worked: list[tuple[str, argon2.Parameters | None]] = []

        class Counting:
            def hash(self, password: str) -> str:
                worked.append(("hash", None))
                return ""

            def verify(self, stored: str, password: str) -> bool:
                worked.append(("verify", argon2.extract_parameters(stored)))
                return hasher.verify(stored, password)

        hasher = passwords._HASHER
        stored = self.now(self.passwords.hash("correct horse"))
        self.patch(passwords, "_HASHER", Counting())
        for each in (stored, None):
            self.assertFalse(self.now(self.passwords.verify(each, "battery staple")))
        self.assertEqual(worked, [("verify", argon2.extract_parameters(stored))] * 2)

    def test_letters_are_the_same_however_a_keyboard_composes_them(self) -> None:
        composed, apart = "caf\u00e9-caf\u00e9", "cafe\u0301-cafe\u0301"
        for one, other in ((composed, apart), (apart, composed)):
            self.assertTrue(self.now(self.passwords.verify(passwords.hash_now(one), other)))
            stored = self.now(self.passwords.hash(one))
            self.assertTrue(self.now(self.passwords.verify(stored, other)))

    def test_what_is_stored_may_be_broken(self) -> None:
        self.assertFalse(self.now(self.passwords.verify("nonsense", "x")))

    def test_weaker_parameters_of_earlier_are_found(self) -> None:
        weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x")
        self.assertTrue(self.passwords.outdated(weak))
        self.assertTrue(self.now(self.passwords.verify(weak, "x")))

    def test_no_more_than_some_wait(self) -> None:
        self.patch(passwords, "MAX_WAITING", 2)
        stored = self.now(self.passwords.hash("x"))
        waiting = [self.ask(self.passwords.verify(stored, "x")) for _ in range(2)]
        self.failureResultOf(self.ask(self.passwords.verify(stored, "x")), BusyError)
        self.runner.go()
        self.assertEqual([self.successResultOf(each) for each in waiting], [True, True])
        self.assertTrue(self.now(self.passwords.verify(stored, "x")))

    def test_who_gave_up_waiting_takes_no_time_of_the_thread(self) -> None:
        hashed: list[str] = []

        def hashes(password: str) -> str:
            hashed.append(password)
            return ""

        self.patch(passwords, "hash_now", hashes)
        gave_up, waits = (self.ask(self.passwords.hash(each)) for each in ("first", "second"))
        gave_up.cancel()
        self.failureResultOf(gave_up, CancelledError)
        self.runner.go()
        self.successResultOf(waits)
        self.assertEqual(hashed, ["second"])

    def test_end_ends_the_threads(self) -> None:
        self.passwords.stop()
        self.assertTrue(self.runner.stopped)


class RealRunnerTests(TestCase):
    async def test_passwords_are_hashed_and_checked_off_the_reactor_which_goes_on(self) -> None:
        await deferLater(reactor, 0)
        reactors = threading.get_ident()
        runner = RealRunner(reactor)
        self.addCleanup(runner.stop)
        checked = Passwords(runner)
        over = threading.Event()
        # On the reactor's thread nobody could set the event while the work waits for it.
        worked: list[tuple[bool, bool]] = []

        def work(*_: str) -> str:
            worked.append((over.wait(5), threading.get_ident() == reactors))
            return ""

        self.patch(passwords, "hash_now", work)
        self.patch(passwords, "_matches", work)
        asked = [
            Deferred.fromCoroutine(each) for each in (checked.hash("x"), checked.verify("", "x"))
        ]
        await deferLater(reactor, 0)
        over.set()
        for each in asked:
            await each
        self.assertEqual(worked, [(True, False)] * 2)
