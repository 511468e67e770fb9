"""The door for programs that parse the first bytes they get: JSON from there on, in both directions."""

from __future__ import annotations

import json
from typing import Any

from tests.doors.house import STRANGER, Guest, HouseTestCase


class JsonPortTests(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.enters("bob")
        self.house.factory = self.house.factory.for_programs()

    def all(self, guest: Guest) -> list[dict[str, Any]]:
        """Return all that came within two seconds, each line of which is an object."""
        self.house.waits(2)
        return [json.loads(line) for line in guest.sees()]

    def test_the_first_bytes_are_an_object(self) -> None:
        robot = self.house.comes()
        (greeting,) = self.all(robot)
        self.assertEqual((greeting["type"], greeting["code"]), ("notice", "greeting"))
        self.assertEqual(greeting["content"], "Welcome to twisted-chat.")
        robot.objects({"type": "nick", "content": "robot"}, {"type": "message", "content": "hi"})
        self.assertEqual(self.all(robot)[0]["type"], "welcome")
        self.assert_sees(self.bob, "-- robot joined #lobby", "<robot> hi")

    def test_what_is_no_object_is_an_error_in_json_and_no_nickname(self) -> None:
        robot = self.house.comes()
        self.all(robot)
        for line, code in (
            (b"robot", "bad-json"),
            (b"[]", "bad-json"),
            (b"{", "bad-json"),
            (b'"robot"', "bad-json"),
        ):
            robot.sends(line + b"\n")
            (error,) = self.all(robot)
            self.assertEqual((error["type"], error["code"]), ("error", code))
        robot.sends(b"\r\n")
        self.assertEqual(self.all(robot), [])
        robot.objects({"type": "nick", "content": "robot"})
        self.assertEqual(self.all(robot)[0]["type"], "welcome")

    def test_objects_need_no_line_ends_and_may_stall_at_every_byte(self) -> None:
        script = b'{"type":"nick","content":"robot","id":"1"}'
        for place in range(1, len(script)):
            robot = self.house.comes()
            robot.sends(script[:place])
            self.house.waits(2)
            robot.sends(script[place:])
            self.assertEqual(self.all(robot)[1]["type"], "welcome")
            robot.resets()

    def test_who_is_turned_away_is_told_in_json(self) -> None:
        self.house.factory.connections.max_per_address = 2
        self.all(self.house.comes())
        third = self.house.comes()
        (error,) = self.all(third)
        self.assertEqual((error["type"], error["code"]), ("error", "refused"))
        self.assertTrue(third.gone)

    def test_who_says_nothing_is_told_goodbye_in_json(self) -> None:
        robot = self.house.comes()
        self.house.waits(61)
        self.assertEqual([each["type"] for each in self.all(robot)], ["notice", "quit"])

    def test_connections_of_one_address_count_together_on_both_ports(self) -> None:
        before = self.house.factory.connections.held
        self.house.comes(STRANGER)
        self.assertEqual(self.house.factory.connections.held, before + 1)

    def test_browsers_and_tls_are_dropped_without_effect(self) -> None:
        for data in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01"):
            guest = self.house.comes()
            self.all(guest)
            guest.sends(data)
            self.assertTrue(guest.gone)
            self.assertEqual(guest.hears(), b"")
