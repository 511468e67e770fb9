"""Tests for twisted_chat.core.grammar.arguments; each kind of argument is tested with the commands that take it."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.api import commands as c
from twisted_chat.core.grammar.arguments import KINDS, BadArguments, Spec


def spec(grammar: str) -> Spec:
    """Return a command whose help topic is what it was given."""
    return Spec("test", grammar, "be tested", lambda *given: c.Help(repr(given)))


class SpecTests(SynchronousTestCase):
    def given(self, grammar: str, rest: str) -> str | None:
        command = spec(grammar).parse(rest)
        assert isinstance(command, c.Help)
        return command.topic

    def test_what_is_left_out_is_none_or_the_first_page(self) -> None:
        self.assertEqual(self.given("[PAGE]", ""), "(1,)")
        self.assertEqual(self.given("[NICK]", ""), "(None,)")
        self.assertEqual(self.given("[N] [SIDE ID]", "5"), "(5, None, None)")
        self.assertEqual(self.given("[DURATION] [TEXT]", "too loud"), "(None, 'too loud')")
        self.assertEqual(self.given("[DURATION] [TEXT]", "2h too loud"), "(7200, 'too loud')")

    def test_too_little_and_too_much_are_named_in_capitals(self) -> None:
        for rest, why in (("", "SECONDS is missing"), ("1 2", 'unexpected argument "2"')):
            bad = self.assertRaises(BadArguments, spec("SECONDS").parse, rest)
            self.assertEqual(str(bad), why)
        for kind in KINDS:
            self.assertRegex(kind, r"\A[#@]?[A-Z]+(\|all)?\Z")
