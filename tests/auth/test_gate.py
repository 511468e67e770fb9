"""The gate: every checker is asked in turn, and an unknown name is checked like a wrong password."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from twisted.cred.checkers import ICredentialsChecker, InMemoryUsernamePasswordDatabaseDontUse
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.auth.fakes import OpenPasswords
from twisted_chat.auth.gate import Code, Gate, Verdict, new_code, read_code
from twisted_chat.auth.passwords import BusyError


class GateTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.passwords = OpenPasswords()
        self.time = 1000.0
        self.stored: dict[str, str] = {"bob": "hash of correct horse"}

    def gate(self, *others: ICredentialsChecker) -> Gate:
        async def stored(key: str) -> str | None:
            return self.stored.get(key)

        return Gate(self.passwords, stored, others, lambda: self.time)

    T = TypeVar("T")

    def now(self, work: Coroutine[Any, Any, T]) -> T:
        return self.successResultOf(Deferred.fromCoroutine(work))

    def check(self, gate: Gate, name: str, password: str) -> Verdict:
        return self.now(gate.check(name, name.casefold(), password))

    def test_a_password_is_right_or_wrong_for_the_names_it_knows(self) -> None:
        gate = self.gate()
        self.assertIs(self.check(gate, "Bob", "correct horse"), Verdict.OURS)
        self.assertIs(self.check(gate, "bob", "battery staple"), Verdict.WRONG)
        self.stored["bob"] = self.now(gate.hash("cafe\u0301-cafe\u0301"))
        self.assertIs(self.check(gate, "bob", "caf\u00e9-caf\u00e9"), Verdict.OURS)

    def test_parameters_of_earlier_are_told_if_the_password_is_right(self) -> None:
        gate = self.gate()
        self.passwords.old.add("hash of correct horse")
        self.assertIs(self.check(gate, "bob", "battery staple"), Verdict.WRONG)
        self.assertIs(self.check(gate, "bob", "correct horse"), Verdict.AGED)
        self.passwords.old.clear()
        self.assertIs(self.check(gate, "bob", "correct horse"), Verdict.OURS)

    def test_code_is_good_for_one_login_and_for_setting_a_password(self) -> None:
        gate = self.gate()
        self.stored["bob"] = Code("hash of abcd-efgh", 2000.0).spell()
        self.assertIs(self.check(gate, "bob", "correct horse"), Verdict.WRONG)
        for _ in range(2):
            self.assertIs(self.check(gate, "bob", "abcd-efgh"), Verdict.CODE)
        used = gate.spend("bob")
        assert used is not None
        # Before that is stored, and after.
        for stored in (self.stored["bob"], used):
            self.stored["bob"] = stored
            self.assertIs(self.check(gate, "bob", "abcd-efgh"), Verdict.CODE)
            self.assertIsNone(gate.spend("bob"))
            self.assertIsNone(gate.spend("bob"))

    def test_code_is_good_for_as_long_as_it_says_and_checked_all_the_same_after(self) -> None:
        gate = self.gate()
        self.stored["bob"] = Code("hash of abcd-efgh", 2000.0).spell()
        self.time = 2000.0
        self.assertIs(self.check(gate, "bob", "abcd-efgh"), Verdict.WRONG)
        self.assertEqual(self.passwords.checked, [(None, "abcd-efgh")])
        self.assertIsNone(gate.spend("bob"))

    def test_a_name_that_nobody_has_is_checked_all_the_same(self) -> None:
        self.assertIs(self.check(self.gate(), "eve", "correct horse"), Verdict.WRONG)
        self.assertEqual(self.passwords.checked, [(None, "correct horse")])

    def test_others_are_asked_by_the_name_as_it_is_written(self) -> None:
        other = InMemoryUsernamePasswordDatabaseDontUse(Eve=b"secret")
        gate = self.gate(other)
        self.assertIs(self.check(gate, "Eve", "secret"), Verdict.OUTSIDE)
        self.assertIs(self.check(gate, "eve", "secret"), Verdict.WRONG)
        self.assertIs(self.check(gate, "Eve", "wrong"), Verdict.WRONG)
        self.assertIs(self.check(gate, "bob", "correct horse"), Verdict.OURS)

    def test_too_many_at_once_are_no_wrong_password_and_threads_are_stopped(self) -> None:
        stopped: list[bool] = []
        self.patch(self.passwords, "stop", lambda: stopped.append(True))
        self.gate().stop()
        self.assertEqual(stopped, [True])
        self.passwords.busy = True
        asked = Deferred.fromCoroutine(self.gate().check("bob", "bob", "correct horse"))
        self.failureResultOf(asked, BusyError)


class CodeTests(SynchronousTestCase):
    def test_codes_differ_and_are_read_again_from_the_store(self) -> None:
        for used in (False, True):
            code = Code("$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA", 1234.0, used)
            self.assertEqual(read_code(code.spell()), code)
        codes = {new_code() for _ in range(100)}
        self.assertEqual(len(codes), 100)
        for typed in codes:
            self.assertRegex(typed, r"\A([a-z2-7]{4}-){3}[a-z2-7]{4}\Z")
            self.assertGreaterEqual(len(typed), 8)

    def test_hash_of_a_password_is_no_code(self) -> None:
        for stored in (
            None,
            "",
            "$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA",
            "hash of x",
            "once x y",
        ):
            self.assertIsNone(read_code(stored))
