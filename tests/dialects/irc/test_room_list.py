"""Tests for twisted_chat.dialects.irc.room_list: LIST, and its conditions."""

from __future__ import annotations

from tests.doors.house import Guest
from tests.doors.irc.house import IrcHouseTestCase


class ListTests(IrcHouseTestCase):
    def found(self, guest: Guest, line: str) -> list[str]:
        """Return the names of the rooms that are listed."""
        lines = self.asks(guest, line)
        self.assertEqual(lines[0], ":server 321 eve Channel :Users  Name")
        self.assertEqual(lines[-1], ":server 323 eve :End of /LIST")
        return [each.split()[3] for each in lines[1:-1]]

    def test_new_server_has_no_room_to_show(self) -> None:
        self.assertEqual(self.found(self.enters("eve"), "LIST"), [])

    def test_rooms_have_a_count_and_a_topic(self) -> None:
        ann, eve = self.enters("ann", "#dev"), self.enters("eve")
        ann.types("TOPIC #dev :two words")
        self.assertIn(":server 322 eve #dev 1 :two words", self.asks(eve, "LIST"))

    def test_each_condition_leaves_rooms_out(self) -> None:
        eve = self.enters("eve")
        ann = self.enters("ann", "#dev")
        self.enters("bob", "#dev")
        ann.types("TOPIC #dev :news")
        self.house.clock.advance(300)
        self.enters("joe", "#ops")
        for line, names in (
            ("", ["#dev", "#ops"]),
            ("#DEV", ["#dev"]),
            ("*s", ["#ops"]),
            ("#dev,#o*", ["#dev", "#ops"]),
            ("!*s", ["#dev"]),
            ("#*,!#dev", ["#ops"]),
            (">1", ["#dev"]),
            ("<2", ["#ops"]),
            ("C>3", ["#dev"]),
            ("C<3", ["#ops"]),
            ("c>3,>0", ["#dev"]),
            ("C<0", []),
            ("T>3", ["#dev"]),
            ("T<3", []),
            ("C>x", []),
            ("#nowhere", []),
        ):
            self.assertEqual(self.found(eve, f"LIST {line}"), names, line)

    def test_private_rooms_are_for_their_members(self) -> None:
        ann, eve = self.enters("ann", "#dev"), self.enters("eve")
        ann.types("MODE #dev +s")
        self.assertEqual(self.found(eve, "LIST"), [])
        self.assertIn(":server 322 ann #dev 1 :", self.asks(ann, "LIST"))
