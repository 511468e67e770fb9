"""Tests for twisted_chat.auth.codes."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.auth.codes import Code, new_code, read_code


class CodeTests(SynchronousTestCase):
    def test_what_is_stored_is_read_again(self) -> None:
        for used in (False, True):
            code = Code("$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA", 1234.0, used)
            self.assertEqual(read_code(code.spell()), code)

    def test_hash_of_a_password_is_no_code(self) -> None:
        for stored in (
            None,
            "",
            "$argon2id$v=19$m=1,t=1,p=1$c2FsdA$aGFzaA",
            "hash of x",
            "once x y",
        ):
            self.assertIsNone(read_code(stored))

    def test_codes_differ_and_can_be_typed_as_a_password(self) -> None:
        codes = {new_code() for _ in range(100)}
        self.assertEqual(len(codes), 100)
        for code in codes:
            self.assertRegex(code, r"\A([a-z2-7]{4}-){3}[a-z2-7]{4}\Z")
            self.assertGreaterEqual(len(code), 8)
