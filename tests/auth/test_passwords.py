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
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.auth.fakes import HeldRunner
from twisted_chat.auth import passwords, turns
from twisted_chat.auth.passwords import THREADS, BusyError, Passwords, RealRunner
from twisted_chat.auth.turns import MAX_WAITING, Who
from twisted_chat.core.values.addresses import network_keys

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
        self.patch(turns, "MAX_WAITING", 2)
        stored = self.now(self.passwords.hash("x"))
        waiting = [self.ask(self.passwords.verify(stored, "x")) for _ in range(3)]
        self.failureResultOf(self.ask(self.passwords.verify(stored, "x")), BusyError)
        self.runner.go()
        self.assertEqual([self.successResultOf(each) for each in waiting], [True] * 3)
        self.assertTrue(self.now(self.passwords.verify(stored, "x")))

    def test_who_gave_up_waiting_takes_no_time_of_the_thread(self) -> None:
        hashed: list[str] = []

        def hashes(password: str) -> str:
            hashed.append(password)
            return ""

        self.patch(passwords, "hash_now", hashes)
        first, gave_up, waits = (self.ask(self.passwords.hash(each)) for each in "abc")
        gave_up.cancel()
        self.failureResultOf(gave_up, CancelledError)
        self.runner.go()
        for each in (first, waits):
            self.successResultOf(each)
        self.assertEqual(hashed, ["a", "c"])

    def test_who_gives_up_does_not_get_another_into_the_threads_at_the_same_time(self) -> None:
        self.patch(passwords, "hash_now", lambda password: "")
        gave_up, waits = (self.ask(self.passwords.hash(each)) for each in "ab")
        gave_up.cancel()
        self.failureResultOf(gave_up, CancelledError)
        self.assertEqual(len(self.runner.held), 1)
        self.runner.go()
        self.assertEqual(self.successResultOf(waits), "")

    def test_fault_in_a_thread_is_told_and_the_next_is_checked(self) -> None:
        self.patch(passwords, "hash_now", self.breaks)
        broken = self.ask(self.passwords.hash("a"))
        self.patch(passwords, "_matches", lambda stored, password: True)
        checked = self.ask(self.passwords.verify("stored", "b"))
        self.runner.go()
        self.failureResultOf(broken, ZeroDivisionError)
        self.assertTrue(self.successResultOf(checked))

    def breaks(self, password: str) -> str:
        raise ZeroDivisionError("this is broken")

    def test_networks_take_turns(self) -> None:
        """A crowd of a thousand addresses of one network, and one who comes after it."""
        checked: list[str] = []
        self.patch(passwords, "_matches", lambda stored, password: checked.append(password))
        crowd = [
            self.ask(
                self.passwords.verify(
                    "x", f"{number}", Who(network_keys(f"2001:db8:0:{number:x}::"))
                )
            )
            for number in range(1000)
        ]
        owner = self.ask(self.passwords.verify("stored", "owner", Who(network_keys("192.0.2.7"))))
        self.runner.go()
        self.successResultOf(owner)
        self.assertLess(checked.index("owner"), 3)
        busy = [each for each in crowd if isinstance(each.result, Failure)]
        for each in busy:
            self.failureResultOf(each, BusyError)
        self.assertEqual(len(crowd) - len(busy) + 1, MAX_WAITING + THREADS)

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
