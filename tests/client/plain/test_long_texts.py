"""Saying what may be too long for one message."""

from __future__ import annotations

from tests.client.linked import LinkedTestCase
from twisted_chat.client.commands import InvalidInput
from twisted_chat.client.plain.long_texts import enter_long, say


class SayingTests(LinkedTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.comes_in()

    def test_blank_pieces_and_what_is_no_name_or_command_are_not_said(self) -> None:
        say(self.link, "x" * 4_096 + " " * 10)
        self.assertEqual([len(text) for (text,) in self.sent("content")], [4_096])
        for line in ("/msg a:b " + "x" * 5_000, "/nothing " + "x" * 5_000, "/me " + "x" * 5_000):
            with self.assertRaises(InvalidInput):
                enter_long(self.link, line, whole=True)
        self.assertEqual(self.sent("type"), [])
        self.link._rooms.gone("lobby")
        with self.assertRaisesRegex(InvalidInput, "not in any room"):
            say(self.link, "hi")
