from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.model.drafts import MOST, History


class HistoryTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.history = History()

    def test_back_and_forth_end_with_what_was_being_typed(self) -> None:
        self.history.sent("one")
        self.history.sent("two")
        self.assertEqual(self.history.back("dra"), "two")
        self.assertEqual(self.history.back("two"), "one")
        self.assertIsNone(self.history.back("one"))
        self.assertEqual(self.history.forth(), "two")
        self.assertEqual(self.history.forth(), "dra")
        self.assertIsNone(self.history.forth())

    def test_the_same_line_twice_is_remembered_once_and_sending_ends_the_look_back(self) -> None:
        self.history.sent("one")
        self.history.sent("one")
        self.assertEqual(self.history.back(""), "one")
        self.assertIsNone(self.history.back("one"))
        self.history.back("")
        self.history.sent("one")
        self.assertIsNone(self.history.forth())

    def test_only_so_many_are_remembered(self) -> None:
        for number in range(MOST + 5):
            self.history.sent(str(number))
        last = ""
        while (line := self.history.back("")) is not None:
            last = line
        self.assertEqual(last, "5")
