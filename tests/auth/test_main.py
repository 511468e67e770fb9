"""The command that makes a hash: a password comes from a terminal or a pipe, and is shown nowhere."""

from __future__ import annotations

import subprocess
import sys
from io import StringIO
from unittest.mock import patch

from argon2 import PasswordHasher
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.auth.__main__ import main


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


class HashTests(SynchronousTestCase):
    def hash(self, source: StringIO, *typed: str | type[BaseException]) -> tuple[int, str, str]:
        """Run the command; return its status, and what it printed to its two outputs."""
        answers = iter(typed)

        def ask(prompt: str) -> str:
            answer = next(answers)
            if isinstance(answer, str):
                return answer
            raise answer

        out, err = StringIO(), StringIO()
        with patch("sys.stdout", out), patch("sys.stderr", err):
            status = main(["hash"], source, ask)
        return status, out.getvalue(), err.getvalue()

    def test_password_of_a_pipe_is_its_first_line_without_a_byte_order_mark(self) -> None:
        status, printed, _ = self.hash(StringIO("correct horse\r\nmore\n"))
        self.assertEqual(status, 0)
        self.assertTrue(PasswordHasher().verify(printed.strip(), "correct horse"))
        _, printed, _ = self.hash(StringIO("\ufeffcorrect horse\n"))
        self.assertTrue(PasswordHasher().verify(printed.strip(), "correct horse"))

    def test_terminal_is_asked_twice(self) -> None:
        status, printed, _ = self.hash(Terminal(), "correct horse", "correct horse")
        self.assertEqual((status, printed[:10]), (0, "$argon2id$"))
        status, printed, why = self.hash(Terminal(), "correct horse", "correct house")
        self.assertEqual((status, printed), (1, ""))
        self.assertEqual(why, "hash: the passwords do not match; no hash was made\n")

    def test_stopping_it_makes_nothing(self) -> None:
        for way in (KeyboardInterrupt, EOFError):
            self.assertEqual(self.hash(Terminal(), way), (130, "", "hash: interrupted\n"))

    def test_password_is_no_argument_and_bad_ones_are_not_quoted(self) -> None:
        self.assertRaises(SystemExit, self.refused, ["hash", "secret"])
        self.assertRaises(SystemExit, self.refused, [])
        for text in ("short", "", "x" * 5000, " begins so", "é" * 600):
            status, printed, why = self.hash(StringIO(text + "\n"))
            self.assertEqual((status, printed), (1, ""))
            self.assertFalse(text and text in why, why)

    def refused(self, arguments: list[str]) -> None:
        with patch("sys.stderr", StringIO()):
            main(arguments)

    def test_it_is_a_program(self) -> None:
        command = [sys.executable, "-m", "twisted_chat.auth", "hash"]
        done = subprocess.run(command, input=b"correct horse\n", capture_output=True, check=True)
        self.assertTrue(done.stdout.startswith(b"$argon2id$"))
