from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.model.finding import find
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
