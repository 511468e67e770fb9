"""Tests of twisted_chat.client.model.matching."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.model.matching import best, score


class MatchingTests(SynchronousTestCase):
    def find(self, wanted: str, *names: str) -> list[str]:
        return best(wanted, names, str)

    def test_letters_need_not_be_side_by_side(self) -> None:
        self.assertEqual(self.find("dvl", "lobby", "development"), ["development"])

    def test_letters_must_come_in_their_order(self) -> None:
        self.assertIsNone(score("ved", "dev"))

    def test_letters_side_by_side_come_first(self) -> None:
        self.assertEqual(self.find("ops", "orphans", "devops"), ["devops", "orphans"])

    def test_the_beginning_of_a_word_comes_first(self) -> None:
        self.assertEqual(self.find("b", "lobby", "dev-bots"), ["dev-bots", "lobby"])

    def test_of_two_alike_the_shorter_comes_first(self) -> None:
        self.assertEqual(self.find("dev", "development", "dev"), ["dev", "development"])

    def test_nothing_wanted_finds_all_in_their_order(self) -> None:
        self.assertEqual(self.find("", "longest", "b"), ["longest", "b"])

    def test_case_makes_no_difference(self) -> None:
        self.assertEqual(self.find("DEV", "Dev"), ["Dev"])

    def test_a_very_long_name_is_found_all_the_same(self) -> None:
        self.assertEqual(self.find("a", "a" * 1000), ["a" * 1000])
