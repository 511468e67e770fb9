"""One client's view of one room."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from bench.ledger import Got, Ledger
from bench.reader import Reader


def spelled(number: int) -> str:
    return f"{number:016x}"


class ReaderTests(SynchronousTestCase):
    """Ben reads what ann says in "dev": line 0 has the id 1, line 1 the id 2 …"""

    def setUp(self) -> None:
        self.ledger = Ledger()
        self.ann = self.ledger.speaker("ann")
        self.ledger.speaker("ben")
        for _ in range(10):
            self.ann.says("dev")
        self.reader = Reader("dev", "ben", self.ledger)
        self.reader.comes_back()
        self.reader.asks()
        self.reader.caught_up()

    def got(self, number: int, *, replay: bool = False) -> Got:
        return Got("message", f"ann {number - 1}", "ann", "dev", spelled(number), replay=replay)

    def hears(self, *numbers: int, replay: bool = False) -> None:
        for number in numbers:
            self.reader.hears(self.got(number, replay=replay))

    def reads(self, *numbers: int) -> None:
        for number in numbers:
            self.reader.reads(self.got(number, replay=True))

    def acked(self, *numbers: int) -> None:
        for number in numbers:
            self.ann.lines[number - 1].acked = spelled(number)

    def comes_back(self, *reads: int) -> None:
        self.reader.comes_back()
        self.reader.asks()
        self.reads(*reads)
        self.reader.caught_up()

    def test_it_goes_on_behind_what_it_heard_last(self) -> None:
        self.hears(1, 2)
        self.assertEqual(self.reader.last, spelled(2))
        self.acked(1, 2, 3)
        self.comes_back(3)
        self.assertEqual(self.reader.last, spelled(3))
        self.assertEqual(self.ledger.violations, [])

    def test_what_is_acknowledged_and_never_came_is_a_gap(self) -> None:
        self.hears(1)
        self.acked(1, 2, 3)
        self.comes_back(3)
        self.assertEqual(self.ledger.violations, ["ben came back to dev, but never got ann 1"])

    def test_what_is_not_acknowledged_may_be_missing_until_it_is(self) -> None:
        self.hears(1, 3)
        self.acked(1, 3)
        self.comes_back()
        self.assertEqual(self.ledger.violations, [])
        self.acked(2)
        self.comes_back()
        self.assertEqual(self.ledger.violations, ["ben came back to dev, but never got ann 1"])

    def test_lines_in_other_rooms_and_own_ones_are_not_missed(self) -> None:
        self.ann.lines[0].room = "lobby"
        self.acked(1)
        own = self.ledger.speaker("ben")
        own.lines[own.says("dev")].acked = spelled(9)
        self.comes_back()
        self.assertEqual(self.ledger.violations, [])

    def test_what_comes_live_before_history_does_not_hide_a_gap(self) -> None:
        self.hears(1)
        self.reader.comes_back()
        self.hears(5)
        self.assertEqual(self.reader.last, spelled(1))
        self.reader.asks()
        self.reads(2, 3)
        # The connection is lost before the rest of history was here.
        self.reader.comes_back()
        self.assertEqual(self.reader.last, spelled(3))

    def test_the_lines_that_come_with_a_join_do_not_hide_a_gap_either(self) -> None:
        self.hears(1)
        self.reader.comes_back()
        self.hears(4, 5, replay=True)
        self.assertEqual(self.reader.last, spelled(1))
        self.acked(4, 5)
        self.reader.asks()
        self.reader.caught_up()
        self.assertEqual(self.ledger.violations, [])

    def test_live_lines_in_another_order_are_told(self) -> None:
        self.hears(2, 1)
        self.assertEqual(len(self.ledger.violations), 1)
        self.assertIn("ben heard 0000000000000001 after", self.ledger.violations[0])

    def test_history_from_before_the_question_is_told(self) -> None:
        self.hears(1, 2)
        self.comes_back(2)
        self.assertEqual(
            self.ledger.violations,
            [f"ben asked for messages after {spelled(2)} in dev, but got {spelled(2)}"],
        )

    def test_what_is_not_its_business_is_not_missed(self) -> None:
        self.reader.hears(Got("message", "hello", "ann", "dev", spelled(1)))
        self.assertEqual(self.ledger.violations, [])
        self.reader.comes_back()
        self.reader.asks()
        self.acked(1)
        self.reader.caught_up()
        self.assertEqual(self.ledger.violations, [])
