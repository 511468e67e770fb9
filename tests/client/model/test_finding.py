from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.model.finding import best, find, score
from twisted_chat.client.model.lines import Line

LINES = [
    Line("say", "Hello", 1.0, nick="bob"),
    Line("say", "hello again", 2.0, nick="eve"),
    Line("say", "bye", 3.0, nick="Eve"),
]


class FindTests(SynchronousTestCase):
    def test_text_and_speakers_are_found_in_both_directions_and_any_case(self) -> None:
        self.assertEqual(find(LINES, "HELLO", 2, -1), 1)
        self.assertEqual(find(LINES, "hello", 0, 1), 0)
        self.assertEqual(find(LINES, "hello", 0, -1), 0)
        self.assertEqual(find(LINES, "eve", 2, -1), 2)
        self.assertIsNone(find(LINES, "nope", 0, 1))
        self.assertIsNone(find(LINES, "", 0, 1))
        self.assertIsNone(find(LINES, "hello", -1, -1))
        self.assertIsNone(find([], "hello", 0, 1))


class MatchingTests(SynchronousTestCase):
    def find(self, wanted: str, *names: str) -> list[str]:
        return best(wanted, names, str)

    def test_letters_in_order_match_the_closer_and_earlier_first(self) -> None:
        self.assertEqual(self.find("dvl", "lobby", "development"), ["development"])
        self.assertIsNone(score("ved", "dev"))
        self.assertEqual(self.find("ops", "orphans", "devops"), ["devops", "orphans"])
        self.assertEqual(self.find("b", "lobby", "dev-bots"), ["dev-bots", "lobby"])
        self.assertEqual(self.find("dev", "development", "dev"), ["dev", "development"])
        self.assertEqual(self.find("", "longest", "b"), ["longest", "b"])
        self.assertEqual(self.find("DEV", "Dev"), ["Dev"])
        self.assertEqual(self.find("a", "a" * 1000), ["a" * 1000])
