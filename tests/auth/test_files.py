"""``--auth argon2:FILE``: who is in the file comes in, and a file with nonsense is refused."""

from __future__ import annotations

from argon2 import PasswordHasher
from twisted.cred import strcred
from twisted.cred.checkers import AllowAnonymousAccess
from twisted.cred.credentials import UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.trial.unittest import SynchronousTestCase

from tests.auth.fakes import NowRunner
from tests.making import folder_for
from twisted_chat.auth import files
from twisted_chat.auth.files import Argon2File, names_of
from twisted_chat.auth.passwords import Passwords, Who

_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class FileTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = folder_for(self) / "passwords"
        self.write(f"# people\n\nbob: {_QUICK.hash('correct horse')}\n")

    def write(self, text: str) -> None:
        self.path.write_text(text, "utf-8")

    def come(self, name: bytes, password: bytes) -> object:
        checker = Argon2File(self.path, Passwords(NowRunner()))
        return self.successResultOf(checker.requestAvatarId(UsernamePassword(name, password)))

    def test_who_is_in_the_file_comes_in_and_nobody_else(self) -> None:
        self.assertEqual(self.come(b"bob", b"correct horse"), b"bob")
        checker = Argon2File(self.path, Passwords(NowRunner()))
        for name, password in ((b"bob", b"wrong"), (b"eve", b"correct horse"), (b" ", b"")):
            asked = checker.requestAvatarId(UsernamePassword(name, password))
            self.failureResultOf(asked, UnauthorizedLogin)
        self.assertEqual(names_of(Argon2File(self.path)), ["bob"])
        self.assertEqual(names_of(AllowAnonymousAccess()), [])
        checker = strcred.makeChecker(f"argon2:{self.path}")
        self.assertIsInstance(checker, Argon2File)

    def test_byte_order_marks_are_skipped_and_capitals_do_not_count(self) -> None:
        self.write(f"\ufeffbob: {_QUICK.hash('correct horse')}\n")
        self.assertEqual(self.come(b"bob", b"correct horse"), b"bob")
        self.write(f"Zo\u00eb: {_QUICK.hash('correct horse')}\n")
        for name in ("Zo\u00eb", "zo\u00eb", "ZO\u00cb", "Zoe\u0308"):
            self.assertEqual(self.come(name.encode(), b"correct horse"), name.encode())

    def test_who_is_not_in_the_file_is_checked_against_a_hash_of_the_file(self) -> None:
        """Theirs may have other parameters than ours, and the time would tell."""
        checked: list[tuple[str | None, str]] = []

        class Noting(Passwords):
            async def verify(
                self, stored: str | None, password: str, who: Who | None = None
            ) -> bool:
                checked.append((stored, password))
                return True

        checker = Argon2File(self.path, Noting(NowRunner()))
        asked = checker.requestAvatarId(UsernamePassword(b"eve", b"correct horse"))
        self.failureResultOf(asked, UnauthorizedLogin)
        ((stored, _),) = checked
        self.assertIn(str(stored), self.path.read_text())

    def test_a_file_with_nobody_in_it_lets_nobody_in(self) -> None:
        self.write("# nobody yet\n")
        checker = Argon2File(self.path, Passwords(NowRunner()))
        asked = checker.requestAvatarId(UsernamePassword(b"bob", b"correct horse"))
        self.failureResultOf(asked, UnauthorizedLogin)

    def test_what_cannot_be_checked_or_is_there_twice_is_refused_and_not_quoted(self) -> None:
        stored = _QUICK.hash("correct horse")
        for lines, why in (
            (f"bob:{stored}\nBOB:{stored}", "line 2: BOB is listed twice"),
            ("bob:$argon2id$nonsense", "line 1: the hash is not an argon2 hash"),
            (f"bob:{stored.replace('m=8', 'm=')}", "line 1: the hash is not an argon2 hash"),
            (f"bob:{stored} # bob", "line 1: the hash has extra text after it"),
            (f"bob:{stored}$x", "line 1: the hash has extra text after it"),
            (f"bob:{stored.replace('argon2id', 'argon2i')}", "line 1: the hash is not argon2id"),
            (
                f"bob:{stored.replace('m=8', 'm=9999999')}",
                "line 1: the hash needs too much memory or time",
            ),
        ):
            self.write(lines)
            self.assertEqual(str(self.assertRaises(ValueError, Argon2File, self.path)), why)

    def test_the_threads_are_its_own_if_it_was_given_none(self) -> None:
        self.patch(files, "RealRunner", NowRunner)
        checker = Argon2File(self.path)
        for _ in range(2):
            asked = checker.requestAvatarId(UsernamePassword(b"bob", b"correct horse"))
            self.assertEqual(self.successResultOf(asked), b"bob")

    def test_a_line_that_is_none_is_named_and_not_quoted(self) -> None:
        for line in ("bob", "bob:", "bob:secret", ":"):
            self.write(f"\n{line}\n")
            error = self.assertRaises(ValueError, Argon2File, self.path)
            self.assertEqual(str(error), "line 2 is not NAME:HASH with an argon2 hash")
