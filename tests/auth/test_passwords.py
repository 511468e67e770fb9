"""Passwords: what is stored of them, that nobody can tell who has an account, and that the queue is bounded."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Coroutine
from typing import Any, TypeVar

import argon2
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.auth.fakes import HeldRunner
from twisted_chat.auth import passwords
from twisted_chat.auth.passwords import (
    MAX_WAITING,
    THREADS,
    BusyError,
    Passwords,
    RealRunner,
    Turns,
    Who,
)
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

    def test_password_is_known_again_and_stored_differently_each_time(self) -> None:
        stored = self.now(self.passwords.hash("correct horse"))
        self.assertTrue(stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$"))
        self.assertNotIn("horse", stored)
        self.assertTrue(self.now(self.passwords.verify(stored, "correct horse")))
        for wrong in ("correct horsE", "", "x" * 1000):
            self.assertFalse(self.now(self.passwords.verify(stored, wrong)))
        first, second = (self.now(self.passwords.hash("12345678")) for _ in range(2))
        self.assertNotEqual(first, second)
        self.assertFalse(self.now(self.passwords.verify("nonsense", "x")))

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

    def test_weaker_parameters_of_earlier_are_found(self) -> None:
        weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x")
        self.assertTrue(self.passwords.outdated(weak))
        self.assertTrue(self.now(self.passwords.verify(weak, "x")))

    def test_no_more_than_some_wait(self) -> None:
        self.patch(passwords, "MAX_WAITING", 2)
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


def who(address: str | None, *, known: bool = False) -> Who:
    return Who(network_keys(address), known)


class TurnsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.turns: Turns[str] = Turns()

    def add(self, address: str | None, *ones: str, known: bool = False) -> list[str]:
        """Let some wait; return who had to go for them."""
        gone = [self.turns.add(who(address, known=known), one) for one in ones]
        return [one for one in gone if one is not None]

    def order(self) -> str:
        """Take all that wait, in the order in which they are."""
        found = ""
        while (one := self.turns.next()) is not None:
            found += one
        return found

    def test_networks_take_turns_and_so_do_the_networks_in_each(self) -> None:
        self.add("2001:db8:0:100::1", *"abc")
        self.add("2001:db8:0:101::1", "d")
        self.add("2001:db8:0:200::1", "e")
        self.add("192.0.2.7", *"12")
        self.add("192.0.2.8", "3")
        self.add(None, *"xy")
        self.assertEqual(self.order(), "xya1e3d2bc")

    def test_many_addresses_of_one_network_do_not_delay_another(self) -> None:
        for number in range(200):
            self.add(f"2001:db8:0:{number:x}::1", ".")
        self.add("2001:db8:1::1", "o")
        self.assertEqual(self.order().index("o"), 1)

    def test_who_comes_from_where_the_account_was_before_has_every_second_turn(self) -> None:
        self.add("192.0.2.7", *"abcd")
        self.add("198.51.100.7", "k", "l", known=True)
        self.assertEqual(self.order(), "kalbcd")

    def test_when_all_places_are_taken_the_last_of_the_largest_network_goes(self) -> None:
        self.patch(passwords, "MAX_WAITING", 4)
        self.assertEqual(self.add("192.0.2.7", *"abcd"), [])
        self.assertEqual(self.add("198.51.100.7", "o"), ["d"])
        self.assertEqual(self.add("192.0.2.9", "e"), ["c"])
        self.assertEqual(self.add("198.51.100.8", "p"), ["b"])
        self.assertEqual(self.add("192.0.2.9", "f"), ["f"])
        self.assertEqual(self.order(), "aoep")

    def test_in_the_largest_network_the_largest_part_gives_up(self) -> None:
        self.patch(passwords, "MAX_WAITING", 4)
        self.add("2001:db8:0:100::1", "a")
        self.add("2001:db8:0:200::1", *"bcd")
        self.assertEqual(self.add("2001:db8:0:300::1", "e"), ["d"])
        self.assertEqual(self.order(), "abec")

    def test_places_for_known_networks_are_not_taken_by_others(self) -> None:
        self.patch(passwords, "MAX_WAITING", 2)
        self.patch(passwords, "MAX_KNOWN", 2)
        self.add("192.0.2.7", *"ab")
        self.assertEqual(self.add("192.0.2.7", "c"), ["c"])
        self.assertEqual(self.add("198.51.100.7", "k", "l", known=True), [])
        self.assertEqual(self.add("198.51.100.7", "m", known=True), ["m"])

    def test_who_came_first_is_first_and_who_waits_no_longer_is_not_next(self) -> None:
        self.add("192.0.2.7", *"ab")
        self.add("192.0.2.8", "c")
        for address, one in (("192.0.2.7", "a"), ("192.0.2.8", "c"), ("203.0.113.1", "x")):
            self.turns.remove(who(address), one)
        self.turns.remove(who("192.0.2.7"), "gone")
        self.assertEqual(self.order(), "b")
        self.add("192.0.2.7", *"abc")
        self.assertEqual(self.order(), "abc")
        self.assertIsNone(self.turns.next())

    @given(
        st.lists(
            st.tuples(
                st.sampled_from([None, "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1"]),
                st.booleans(),
                st.sampled_from(["add", "remove", "next"]),
            ),
            max_size=60,
        )
    )
    def test_nobody_is_lost_or_served_twice(
        self, steps: list[tuple[str | None, bool, str]]
    ) -> None:
        self.patch(passwords, "MAX_WAITING", 5)
        self.patch(passwords, "MAX_KNOWN", 3)
        waiting: Turns[int] = Turns()
        there: dict[int, Who] = {}
        for number, (address, known, step) in enumerate(steps):
            each = who(address, known=known)
            if step == "add":
                there[number] = each
                gone = waiting.add(each, number)
                if gone is not None:
                    del there[gone]
            elif step == "remove":
                mine = next((one for one, whose in there.items() if whose == each), -1)
                waiting.remove(each, mine)
                there.pop(mine, None)
            else:
                taken = waiting.next()
                self.assertEqual(taken is None, not there)
                if taken is not None:
                    del there[taken]
            counts = Counter(each.known for each in there.values())
            self.assertLessEqual((counts[False], counts[True]), (5, 3))
        while (one := waiting.next()) is not None:
            del there[one]
        self.assertEqual(there, {})
