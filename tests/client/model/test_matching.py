from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.model.matching import best, score


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
