"""What people and programs see of history, searches and stats, through the line door."""

from __future__ import annotations

import re

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress

from tests.doors.house import NO_FLOOD_LIMIT, STRANGER, Address, HouseTestCase
from twisted_chat.core.values.ids import spell

DAY = 24 * 60 * 60


class HistoryTests(HouseTestCase):
    limits = NO_FLOOD_LIMIT

    def test_what_was_said_can_be_read_page_by_page_without_knowing_ids(self) -> None:
        alice = self.house.enters("alice")
        alice.types(*(f"line {number}" for number in range(12)))
        seen: list[str] = []
        command = "/history 5"
        for count in (5, 5, 2):
            alice.types(command)
            first, *lines, last = alice.sees()
            self.assertEqual((first, len(lines)), ("-- Earlier in #lobby:", count))
            seen = lines + seen
            found = re.search(r"; (/history .*) shows more\.", last)
            command = found[1] if found is not None else ""
        self.assertEqual(command, "")
        self.assertEqual(
            [line[8:] for line in seen], [f"<alice> line {number}" for number in range(12)]
        )

    def test_history_of_thousands_of_lines_comes_whole_and_in_order(self) -> None:
        alice = self.house.enters("alice")
        for _ in range(15):
            alice.sends(b"".join(b"x\n" for _ in range(100)))
        alice.types("/history 10000", "?")
        first, *lines, end, who, names = alice.sees()
        self.assertEqual((len(lines), {line[8:] for line in lines}), (1500, {"<alice> x"}))
        self.assertEqual(first, "-- Earlier in #lobby:")
        self.assertEqual(end, "-- End of what was said earlier in #lobby.")
        self.assertTrue(who.startswith("-- 1 person"), (who, names))

    def test_reader_that_stops_in_the_middle_waits_alone(self) -> None:
        alice, bob = self.house.enters("alice"), self.house.enters("bob")
        for _ in range(10):
            alice.sends(b"".join(b"x" * 1000 + b"\n" for _ in range(100)))
        self.house.hush()
        bob.wire.writes.clear()
        bob.wire.takes = False
        bob.types("/history 10000")
        alice.types("still here?")
        self.assertLess(len(b"".join(bob.wire.writes)), 300_000)
        alice.types("/history 1")
        self.assertIn("still here?", alice.sees()[1])
        bob.wire.take()
        self.house.turn()
        while bob.wire._written:
            bob.wire.take()
            self.house.turn()
        lines = bob.sees()
        self.assertEqual(len([line for line in lines if line.endswith("x" * 1000)]), 1000)
        self.assertEqual(lines[-1], "<alice> still here?")

    def test_lines_of_yesterday_carry_their_date(self) -> None:
        alice = self.house.enters("alice")
        alice.types("old")
        self.house.waits(DAY)
        alice.types("new")
        alice.hears()
        alice.types("/history")
        _, old, new, _ = alice.sees()
        self.assertRegex(old, r"\A\[2025-06-1\d \d\d:\d\d\] <alice> old\Z")
        self.assertRegex(new, r"\A\[\d\d:\d\d\] <alice> new\Z")

    def test_mistakes_say_what_to_write(self) -> None:
        alice = self.house.enters("alice")
        usage = "Usage: /history [@NICK] [N] [before ID | after ID]."
        alice.types("/history many", "/history before", "/history 5 before noon")
        self.assert_sees(
            alice,
            f'! "many" is not a number of lines; it must be at least 1. {usage}',
            f"! ID is missing. {usage}",
            f'! "noon" is not the id of a message, such as 00064f3d2a1b0c9e. {usage}',
        )

    def test_program_is_told_ids_and_asks_by_them(self) -> None:
        bot = self.house.program("bot")
        bot.objects(*({"type": "message", "content": str(number)} for number in range(3)))
        ids = [each["message"] for each in bot.gets()]
        bot.objects({"type": "history", "after": ids[0], "limit": 10, "id": "7"})
        start, one, two, end = bot.gets()
        self.assertEqual((start["type"], start["count"], start["id"]), ("history_start", 2, "7"))
        self.assertEqual(
            [(each["id"], each["replay"]) for each in (one, two)], [(i, True) for i in ids[1:]]
        )
        self.assertEqual((end["type"], end["count"], end["more"]), ("history_end", 2, False))
        bot.objects({"type": "command", "content": f"/history 1 before {ids[1]}"})
        self.assertEqual(bot.gets()[1]["id"], ids[0])
        self.assertEqual(spell(int(ids[0], 16)), ids[0])


class SearchTests(HouseTestCase):
    def test_lines_are_found_with_date_and_room(self) -> None:
        alice, bob = self.house.enters("alice"), self.house.enters("bob")
        alice.types("the Release is out", "/join dev", "release notes?", "nothing here")
        self.house.hush()
        alice.types("/search release")
        first, lobby, dev, last = alice.sees()
        stamp = r"\[2025-06-15 \d\d:\d\d\]"
        self.assertEqual(first, "-- Found:")
        self.assertRegex(lobby, rf"\A{stamp} #lobby <alice> the Release is out\Z")
        self.assertRegex(dev, rf"\A{stamp} <alice> release notes\?\Z")
        self.assertEqual(last, "-- 2 messages, and that is all.")
        bob.types("/search notes", "/search rel* from:alice", "/search in:dev notes")
        nothing, found, one, end, refused = bob.sees()
        self.assertEqual((nothing, found), ("-- Nothing was found.", "-- Found:"))
        self.assertTrue(one.endswith("<alice> the Release is out"), one)
        self.assertEqual(end, "-- 1 message, and that is all.")
        self.assertEqual(refused, "! You are not in #dev. Enter it with /join #dev.")

    def test_search_for_nothing_says_what_to_write(self) -> None:
        alice = self.house.enters("alice")
        alice.types("/search ???", "/search")
        usage = "Usage: /search WORDS [from:NICK] [in:ROOM] [since:DATE]."
        self.assert_sees(
            alice,
            f"! Nothing to search for: type a word of letters or digits, or from:NICK. {usage}",
            f"! WORDS is missing. {usage}",
        )

    def test_program_pages_back_by_id(self) -> None:
        bot = self.house.program("bot")
        bot.objects(*({"type": "message", "content": f"red {n}"} for n in range(3)))
        bot.hears()
        bot.objects({"type": "search", "content": "red", "limit": 2, "id": "1"})
        start, one, two, end = bot.gets()
        self.assertEqual((start["type"], start["count"], start["id"]), ("search_start", 2, "1"))
        self.assertEqual([one["content"], two["content"]], ["red 1", "red 2"])
        self.assertTrue(one["replay"])
        want = ("search_end", 2, True, True)
        self.assertEqual((end["type"], end["count"], end["more"], end["whole"]), want)
        bot.objects({"type": "search", "content": "red", "before": one["id"]})
        self.assertEqual(
            [each["type"] for each in bot.gets()], ["search_start", "message", "search_end"]
        )


class StatsTests(HouseTestCase):
    def asks(self, address: Address) -> list[str]:
        guest = self.house.enters("alice", address)
        guest.types("/stats")
        lines = guest.sees()
        guest.resets()
        return lines

    def test_who_is_on_this_machine_sees_them(self) -> None:
        for address in (
            IPv4Address("TCP", "127.0.0.1", 40000),
            IPv6Address("TCP", "::1", 40000),
            UNIXAddress(None),
        ):
            first, _, second, _ = self.asks(address)
            self.assertEqual(first, "-- 1 session, 1 user, 1 room.")
            self.assertTrue(second.startswith("-- Store (memory): "), second)

    def test_others_are_told_who_may(self) -> None:
        for address in (STRANGER, IPv6Address("TCP", "2001:db8::1", 40000)):
            (line,) = self.asks(address)
            want = "! Only server operators and people on the server's own machine can see that."
            self.assertEqual(line, want)

    def test_program_gets_values(self) -> None:
        bot = self.house.comes(UNIXAddress(None))
        bot.objects({"type": "nick", "content": "bot"}, {"type": "message", "content": "hi"})
        bot.hears()
        bot.objects({"type": "command", "content": "/stats", "id": "7"})
        (stats,) = bot.gets()
        self.assertEqual((stats["type"], stats["id"], stats["sessions"]), ("stats", "7", 1))
        self.assertEqual((stats["store"]["kind"], stats["store"]["stored"]), ("memory", 1))
