"""Tests for twisted_chat.core.values.profile."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.values.profile import BadKey, changed, parse_key
from twisted_chat.core.values.text import CleanText


class KeyTests(SynchronousTestCase):
    def test_keys_are_small_letters_digits_and_some_signs(self) -> None:
        for text in ("display-name", "a", "vendor.example/Key_1", "x" * 40):
            self.assertEqual(parse_key(text), text.lower())

    def test_anything_else_is_none(self) -> None:
        for text in ("", "a b", "a:b", "\u00e4", "x" * 41, "*", "a\n"):
            self.assertRaises(BadKey, parse_key, text)

    def test_changes_set_and_take_out(self) -> None:
        before = {"a": CleanText("1"), "b": CleanText("2")}
        after = changed(before, (("a", None), ("c", CleanText("3")), ("d", None)))
        self.assertEqual(after, {"b": "2", "c": "3"})
        self.assertEqual(list(before), ["a", "b"])
