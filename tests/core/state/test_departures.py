"""Who was here."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import nick
from twisted_chat.core.api.events import Author
from twisted_chat.core.state.departures import MAX_DEPARTURES, MAX_OF_NAME, Departures
from twisted_chat.core.values.ids import MessageId, Scope, UserId


class DeparturesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.departures = Departures()
        self.count = 0

    def leave(self, name: str) -> None:
        self.count += 1
        author = Author(UserId(1), nick(name), Scope("s"))
        self.departures.add(MessageId(self.count), author, float(self.count))

    def times(self, key: str) -> list[float]:
        return [each.time for each in self.departures.of(key)]

    def test_latest_comes_first_in_any_case_of_letters(self) -> None:
        for name in ("Bob", "eve", "bob"):
            self.leave(name)
        self.assertEqual(self.times("bob"), [3.0, 1.0])
        self.assertEqual(self.times("dan"), [])

    def test_of_one_name_the_last_ten_are_remembered(self) -> None:
        for _ in range(MAX_OF_NAME + 2):
            self.leave("bob")
        self.assertEqual(self.times("bob"), [float(n) for n in range(12, 2, -1)])

    def test_of_all_the_last_thousand_are_remembered(self) -> None:
        for n in range(MAX_DEPARTURES + 1):
            self.leave(f"user{n}")
        self.assertEqual((self.times("user0"), self.times("user1")), ([], [2.0]))
        self.assertEqual(len(self.departures.dump()), MAX_DEPARTURES)
