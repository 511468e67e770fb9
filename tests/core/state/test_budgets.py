"""Tests of budgets: many sessions are no way around the limit of a user, and a crowd delays only its own."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW, Seat, World, lines, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.rules.decisions import Propose
from twisted_chat.core.state import budgets
from twisted_chat.core.values.extras import Extras
from twisted_chat.core.values.ids import RoomId
from twisted_chat.core.values.limits import Limits

SHORT, LONG = "hi", "x" * 4096


class Case(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World()
        self.hub = self.world.hub
        self.names = itertools.count()

    def come(self, address: str | None, *rooms: str) -> Seat:
        seat = self.world.open(address=address)
        self.world.do(seat, c.Login(nick(f"user{next(self.names)}_")))
        for each in rooms or ("lobby",):
            self.world.do(seat, c.Join(room(each)))
        return seat

    def crowd(self, count: int, address: str, where: str = "lobby") -> list[Seat]:
        return [self.come(address.format(number), where) for number in range(count)]

    def say(self, seat: Seat, now: float, text: str = SHORT, where: str | None = None) -> float:
        """Say a line if that may be done now; else return the seconds to wait."""
        wait = self.hub.admit(seat.session, now)
        if not wait:
            said = c.Say(lines(text), room(where) if where is not None else None)
            self.assertIsInstance(self.world.decide(seat, said), Propose)
        return wait

    def flood(
        self, seats: list[Seat], seconds: float, text: str = SHORT, *, pause: float = 0.0
    ) -> tuple[Counter[Seat], dict[Seat, float]]:
        """Let all say as much as they may; return how many lines each said, and the longest that it waited for one.

        ``pause``: how long each thinks between two lines.
        """
        said: Counter[Seat] = Counter()
        longest: dict[Seat, float] = dict.fromkeys(seats, 0.0)
        turns = [(NOW + pause * number / len(seats), number) for number in range(len(seats))]
        wanted = [time for time, _ in turns]
        heapq.heapify(turns)
        while turns and turns[0][0] < NOW + seconds:
            now, number = heapq.heappop(turns)
            seat = seats[number]
            wait = self.say(seat, now, text)
            if wait:
                heapq.heappush(turns, (now + wait, number))
                continue
            said[seat] += 1
            longest[seat] = max(longest[seat], now - wanted[number])
            wanted[number] = now + pause
            heapq.heappush(turns, (now + pause, number))
        return said, longest


class AddressTests(Case):
    def test_users_of_one_address_together_send_ten_times_as_much_as_one(self) -> None:
        said, _ = self.flood(self.crowd(64, "192.0.2.7"), 60)
        self.assertLessEqual(said.total(), 400 + 60 * 100 + 64)
        self.assertGreaterEqual(said.total(), 60 * 100)
        self.assertLess(max(said.values()), 3 * min(said.values()))

    def test_network_sends_twice_as_much_from_wherever_in_it(self) -> None:
        for address in ("192.0.2.{}", "2001:db8:0:{}::1"):
            crowds = self.crowd(64, address)
            for number, seat in enumerate(crowds):
                self.world.do(seat, c.Join(room(f"room{number}")))
            said, _ = self.flood(crowds, 60)
            self.assertLessEqual(said.total(), 800 + 60 * 200 + 64)

    def test_slow_long_lines_fill_no_server(self) -> None:
        """Each below the limit of a user: five lines of 4 KB a second."""
        said, _ = self.flood(self.crowd(64, "192.0.2.7"), 60, LONG, pause=0.2)
        self.assertLess(said.total() * len(LONG), 4_000_000)

    def test_texts_of_other_scripts_count_by_their_bytes(self) -> None:
        said, _ = self.flood(self.crowd(64, "192.0.2.7"), 60, "\u4f60" * 1365, pause=0.2)
        self.assertLess(said.total() * 4095, 4_000_000)

    def test_school_behind_one_address_says_hello_at_once(self) -> None:
        pupils = self.crowd(200, "192.0.2.7")
        self.assertEqual([self.say(each, NOW) for each in pupils], [0.0] * 200)

    def test_school_behind_one_address_talks_all_day(self) -> None:
        """Each of 200 people a line in three seconds."""
        said, longest = self.flood(self.crowd(200, "192.0.2.7"), 300, pause=3.0)
        self.assertEqual(said.total(), 200 * 100)
        self.assertEqual(max(longest.values()), 0.0)

    def test_who_connects_anew_waits_with_the_others_of_the_address(self) -> None:
        crowd = self.crowd(64, "192.0.2.7")
        self.flood(crowd, 30)
        waits = []
        for _ in range(20):
            seat = self.come("192.0.2.7")
            waits.append(self.say(seat, NOW + 30))
            self.world.close(seat)
        self.assertNotIn(0.0, waits)
        # Nor does leaving make those who stay wait longer.
        self.assertLess(max(waits), 2 * min(waits))

    def test_all_else_that_is_sent_counts_too(self) -> None:
        seats = self.crowd(64, "192.0.2.7")
        said = sum(not self.hub.admit(seat.session, NOW) for seat in seats for _ in range(20))
        self.assertLessEqual(said, 400 + 64)

    def test_long_private_lines_count_as_much(self) -> None:
        seats = self.crowd(64, "192.0.2.7")
        bob, sent = nick("user0_"), 0
        for _ in range(20):
            for seat in seats[1:]:
                if not self.hub.admit(seat.session, NOW):
                    sent += 1
                    self.world.decide(seat, c.PrivateMessage(bob, lines(LONG)))
        self.assertLessEqual(sent, 200)

    def test_tags_count_as_much_as_text(self) -> None:
        tags = Extras((("typing", LONG),))
        seats, sent = self.crowd(64, "192.0.2.7"), 0
        for _ in range(20):
            for seat in seats:
                if not self.hub.admit(seat.session, NOW):
                    sent += 1
                    self.world.decide(seat, c.Say((), kind="tags", extras=tags))
        self.assertLessEqual(sent, 200)

    def test_this_machine_shares_nothing_but_rooms(self) -> None:
        seats = [self.come(None) for _ in range(30)]
        self.assertEqual([self.say(each, NOW) for each in seats * 20], [0.0] * 600)

    def test_who_has_not_logged_in_waits_for_nobody(self) -> None:
        self.flood(self.crowd(64, "192.0.2.7"), 10)
        self.assertEqual(self.hub.admit(self.world.open(address="192.0.2.7").session, NOW), 0.0)

    def test_who_waits_for_others_can_be_told_so(self) -> None:
        seats = self.crowd(64, "192.0.2.7")
        self.flood(seats, 20)
        seat = seats[0]
        wait = self.hub.admit(seat.session, NOW + 20)
        self.assertTrue(wait)
        self.assertTrue(self.hub.crowded(seat.session, NOW + 20))
        self.assertFalse(self.hub.rested(seat.session))
        self.assertFalse(self.hub.crowded(seat.session, NOW + 21 + wait))
        self.hub.admit(seat.session, NOW + 60)
        self.assertTrue(self.hub.rested(seat.session))

    def test_budgets_of_who_is_gone_are_forgotten_when_there_are_many(self) -> None:
        self.patch(budgets, "MANY", 10)
        self.hub._budgets = budgets.Budgets(Limits())
        stays = self.come("198.51.100.7")
        for number in range(200):
            self.world.close(self.come(f"10.0.{number}.1"))
        pools = self.hub._budgets._pools
        self.assertLessEqual(len(pools), 14)
        self.assertIn("address 198.51.100.7", pools)
        self.assertEqual(self.say(stays, NOW), 0.0)


class RoomTests(Case):
    def test_flood_of_one_network_makes_nobody_else_in_the_room_wait(self) -> None:
        crowd = self.crowd(200, "192.0.2.{}")
        ann = self.come("198.51.100.7")
        said, longest = self.flood([*crowd, ann], 60, pause=0.1)
        self.assertEqual(longest[ann], 0.0)
        self.assertGreater(said[ann], 500)

    def test_flood_of_many_networks_leaves_each_as_much(self) -> None:
        crowd = self.crowd(200, "10.0.{}.7")
        ann = self.come("198.51.100.7")
        said, _ = self.flood([*crowd, ann], 60)
        self.assertLess(max(said[each] for each in crowd), 2 * min(said[each] for each in crowd))
        self.assertGreater(said[ann], 60)

    def test_room_has_twenty_times_as_much_as_one_user(self) -> None:
        said, _ = self.flood(self.crowd(200, "10.0.{}.7"), 60)
        self.assertGreater(said.total(), 60 * 180)
        self.assertLess(said.total(), 800 + 60 * 200 + 200 * (20 + 16))

    def test_who_speaks_in_turn_in_two_rooms_counts_in_both(self) -> None:
        crowd = [seat for net in range(4) for seat in self.crowd(50, f"10.0.{net}.{{}}")]
        for each in crowd:
            self.world.do(each, c.Join(room("dev")))
        said = 0
        for number in range(20):
            where = "dev" if number % 2 else "lobby"
            said += sum(not self.say(each, NOW, where=where) for each in crowd)
        self.assertLess(said, 2 * (800 + 4 * 20) + 200 * 2)

    def test_shares_of_who_does_not_write_any_more_are_forgotten(self) -> None:
        self.flood(self.crowd(200, "10.0.{}.7"), 20)
        budget = self.hub._budgets._rooms[RoomId(0)]
        self.assertGreater(len(budget._shares), 100)
        for number in range(500):
            budget.spend(f"net{number}", 10_000, Limits(), NOW + 100 + number)
        self.assertLess(len(budget._shares), 60)

    def test_budgets_of_rooms_are_forgotten_when_there_are_many(self) -> None:
        self.patch(budgets, "MANY", 10)
        self.hub._budgets = budgets.Budgets(Limits())
        seat = self.come(None)
        for number in range(90):
            self.world.do(seat, c.Join(room(f"room{number}")))
            self.assertEqual(self.say(seat, NOW + 60 * number), 0.0)
        self.assertLessEqual(len(self.hub._budgets._rooms), 11)
        # Those who still speak in one that was forgotten begin anew.
        self.hub._budgets._rooms.clear()
        for number in range(40):
            self.assertEqual(self.say(seat, NOW + 6000 + number), 0.0)
        self.assertEqual(len(self.hub._budgets._rooms), 1)
