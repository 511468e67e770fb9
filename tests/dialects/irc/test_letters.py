"""Tests for twisted_chat.dialects.irc.letters."""

from __future__ import annotations

from typing import get_args

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.values.room_settings import AS_MADE, Change, Setting, Settings
from twisted_chat.dialects.irc.letters import (
    LETTERS,
    NUMBERS,
    SWITCHES,
    spell_changes,
    spell_settings,
)


class LetterTests(SynchronousTestCase):
    def test_every_setting_has_a_letter_of_its_own(self) -> None:
        self.assertEqual(LETTERS.keys(), set(get_args(Setting)))
        self.assertEqual(len(set(LETTERS.values())), len(LETTERS))
        self.assertEqual(set(NUMBERS + SWITCHES), set(LETTERS.values()))

    def test_changes_are_one_word_and_their_numbers(self) -> None:
        cases: tuple[tuple[tuple[Change, ...], str], ...] = (
            ((("private", 1),), "+s"),
            ((("outside", 0),), "+n"),
            ((("outside", 1),), "-n"),
            ((("limit", 5), ("slow", 30), ("moderated", 1)), "+ldm 5 30"),
            ((("limit", 0), ("outside", 0), ("slow", 7)), "+nd-l 7"),
        )
        for changes, spelled in cases:
            self.assertEqual(spell_changes(changes), spelled)

    def test_settings_are_letters_in_order_with_what_they_take(self) -> None:
        self.assertEqual(spell_settings(AS_MADE, locked=False), "+n")
        how = Settings(private=True, limit=5, slow=30, accounts_only=True)
        self.assertEqual(spell_settings(how, locked=True), "+Rdklns 30 * 5")
        self.assertEqual(spell_settings(Settings(outside=True), locked=False), "+")
