"""The window of a telnet client: lines are broken for its width, and for nobody else's."""

from __future__ import annotations

from tests.doors.house import HouseTestCase
from twisted_chat.doors.line.telnet import IAC, NAWS, SB, SE, WILL
from twisted_chat.doors.line.window import PAUSE

LONG = "word " * 40
FORGED = f"{'x' * 74}<bob> I quit"


def window(columns: int) -> bytes:
    """Return what a telnet client sends that has a window of so many columns."""
    offer = bytes((IAC, WILL, NAWS))
    return offer + bytes((IAC, SB, NAWS, 0, columns, 0, 24, IAC, SE))


class WindowTests(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.bob, self.carol, self.eve = [
            self.house.enters(name) for name in ("bob", "carol", "eve")
        ]

    def resizes(self, columns: int) -> None:
        self.carol.sends(window(columns))
        self.house.waits(PAUSE)
        self.carol.hears()

    def says(self, text: str) -> tuple[list[str], list[str]]:
        """Let Eve say something; return what Carol sees of it, and Bob, whose client is no telnet."""
        self.eve.types(text)
        return self.carol.sees(), self.bob.sees()

    def test_lines_and_answers_are_broken_for_who_tells_the_width_alone(self) -> None:
        self.assertEqual(*self.says(LONG))
        self.resizes(80)
        carol, bob = self.says(LONG)
        self.assertEqual((len(carol), len(bob)), (3, 1))
        self.assertTrue(all(len(line) < 80 for line in carol))
        self.resizes(40)
        self.carol.types("/help")
        self.assertTrue(all(len(line) < 40 for line in self.carol.sees()))

    def test_text_of_the_width_of_the_window_forges_no_line(self) -> None:
        self.resizes(80)
        carol, _ = self.says(FORGED)
        self.assertEqual(len(carol), 2)
        self.assertTrue(carol[1].startswith("    "))

    def test_window_may_change(self) -> None:
        self.resizes(80)
        self.resizes(40)
        carol, _ = self.says(LONG)
        self.assertTrue(all(len(line) < 40 for line in carol))
        self.resizes(250)
        carol, bob = self.says(LONG)
        self.assertEqual(carol, bob)

    def test_edge_that_is_dragged_is_looked_at_now_and_then(self) -> None:
        looks: list[object] = []
        look = self.house.sessions.delivery.look

        def counted(*arguments: object) -> None:
            looks.append(arguments)
            look(*arguments)  # type: ignore[arg-type]

        self.patch(self.house.sessions.delivery, "look", counted)
        for columns in range(100):
            self.carol.sends(window(40 + columns))
        self.assertEqual(looks, [])
        self.house.waits(PAUSE)
        self.assertEqual(len(looks), 1)

    def test_what_was_said_before_is_seen_as_it_was_then(self) -> None:
        self.carol.sends(window(40))
        self.carol.hears()
        self.eve.protocol.dataReceived(LONG.encode() + b"\r\n")
        self.house.sessions.speak(self.carol.protocol._peer, self.house.factory.line.open(40))
        self.eve.protocol.dataReceived(LONG.encode() + b"\r\n")
        self.house.turn()
        self.assertEqual([len(line) > 40 for line in self.carol.sees()].count(True), 1)

    def test_who_is_gone_by_then_has_no_window(self) -> None:
        self.carol.sends(window(40))
        self.carol.types("/quit")
        self.house.waits(PAUSE)
        self.assertTrue(self.carol.gone)
