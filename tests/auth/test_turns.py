"""Tests for twisted_chat.auth.turns."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.auth import turns
from twisted_chat.auth.turns import Turns, Who
from twisted_chat.core.values.addresses import network_keys


def who(address: str | None, *, known: bool = False) -> Who:
    return Who(network_keys(address), known)


class TurnsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.turns: Turns[str] = Turns()

    def add(self, address: str | None, *ones: str, known: bool = False) -> list[str]:
        """Let some wait; return who had to go for them."""
        gone = [self.turns.add(who(address, known=known), one) for one in ones]
        return [one for one in gone if one is not None]

    def order(self) -> str:
        """Take all that wait, in the order in which they are."""
        found = ""
        while (one := self.turns.next()) is not None:
            found += one
        return found

    def test_of_one_address_who_came_first_is_first(self) -> None:
        self.add("192.0.2.7", *"abc")
        self.assertEqual(self.order(), "abc")
        self.assertIsNone(self.turns.next())

    def test_networks_take_turns_and_so_do_the_networks_in_each(self) -> None:
        self.add("2001:db8:0:100::1", *"abc")
        self.add("2001:db8:0:101::1", "d")
        self.add("2001:db8:0:200::1", "e")
        self.add("192.0.2.7", *"12")
        self.add("192.0.2.8", "3")
        self.add(None, *"xy")
        self.assertEqual(self.order(), "xya1e3d2bc")

    def test_many_addresses_of_one_network_do_not_delay_another(self) -> None:
        for number in range(200):
            self.add(f"2001:db8:0:{number:x}::1", ".")
        self.add("2001:db8:1::1", "o")
        self.assertEqual(self.order().index("o"), 1)

    def test_who_comes_from_where_the_account_was_before_has_every_second_turn(self) -> None:
        self.add("192.0.2.7", *"abcd")
        self.add("198.51.100.7", "k", "l", known=True)
        self.assertEqual(self.order(), "kalbcd")

    def test_when_all_places_are_taken_the_last_of_the_largest_network_goes(self) -> None:
        self.patch(turns, "MAX_WAITING", 4)
        self.assertEqual(self.add("192.0.2.7", *"abcd"), [])
        self.assertEqual(self.add("198.51.100.7", "o"), ["d"])
        self.assertEqual(self.add("192.0.2.9", "e"), ["c"])
        self.assertEqual(self.add("198.51.100.8", "p"), ["b"])
        self.assertEqual(self.add("192.0.2.9", "f"), ["f"])
        self.assertEqual(self.order(), "aoep")

    def test_in_the_largest_network_the_largest_part_gives_up(self) -> None:
        self.patch(turns, "MAX_WAITING", 4)
        self.add("2001:db8:0:100::1", "a")
        self.add("2001:db8:0:200::1", *"bcd")
        self.assertEqual(self.add("2001:db8:0:300::1", "e"), ["d"])
        self.assertEqual(self.order(), "abec")

    def test_places_for_known_networks_are_not_taken_by_others(self) -> None:
        self.patch(turns, "MAX_WAITING", 2)
        self.patch(turns, "MAX_KNOWN", 2)
        self.add("192.0.2.7", *"ab")
        self.assertEqual(self.add("192.0.2.7", "c"), ["c"])
        self.assertEqual(self.add("198.51.100.7", "k", "l", known=True), [])
        self.assertEqual(self.add("198.51.100.7", "m", known=True), ["m"])

    def test_who_waits_no_longer_is_not_next(self) -> None:
        self.add("192.0.2.7", *"ab")
        self.add("192.0.2.8", "c")
        for address, one in (("192.0.2.7", "a"), ("192.0.2.8", "c"), ("203.0.113.1", "x")):
            self.turns.remove(who(address), one)
        self.turns.remove(who("192.0.2.7"), "gone")
        self.assertEqual(self.order(), "b")

    @given(
        st.lists(
            st.tuples(
                st.sampled_from([None, "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1"]),
                st.booleans(),
                st.sampled_from(["add", "remove", "next"]),
            ),
            max_size=60,
        )
    )
    def test_nobody_is_lost_or_served_twice(
        self, steps: list[tuple[str | None, bool, str]]
    ) -> None:
        self.patch(turns, "MAX_WAITING", 5)
        self.patch(turns, "MAX_KNOWN", 3)
        waiting: Turns[int] = Turns()
        there: dict[int, Who] = {}
        for number, (address, known, step) in enumerate(steps):
            each = who(address, known=known)
            if step == "add":
                there[number] = each
                gone = waiting.add(each, number)
                if gone is not None:
                    del there[gone]
            elif step == "remove":
                mine = next((one for one, whose in there.items() if whose == each), -1)
                waiting.remove(each, mine)
                there.pop(mine, None)
            else:
                taken = waiting.next()
                self.assertEqual(taken is None, not there)
                if taken is not None:
                    del there[taken]
            counts = Counter(each.known for each in there.values())
            self.assertLessEqual((counts[False], counts[True]), (5, 3))
        while (one := waiting.next()) is not None:
            del there[one]
        self.assertEqual(there, {})
