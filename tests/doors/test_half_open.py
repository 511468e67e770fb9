"""Connections that have not logged in: a flood of them makes room for itself."""

from __future__ import annotations

import sys

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress
from twisted.trial.unittest import SynchronousTestCase

from tests.doors.house import Guest, HouseTestCase
from tests.doors.test_tls import TlsCase
from twisted_chat.doors.admission import MOST_HALF_OPEN, share


class ShareTests(SynchronousTestCase):
    def test_it_is_half_of_the_room_and_never_more_than_so_many(self) -> None:
        for room, most in ((1, 16), (40, 20), (655, 327), (sys.maxsize, MOST_HALF_OPEN)):
            self.assertEqual(share(room), most)


class FloodTests(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.half_open = self.house.factory.connections.half_open
        self.half_open.most = 20

    def come(self, count: int, host: str) -> list[Guest]:
        kind = IPv6Address if ":" in host else IPv4Address
        return [self.house.comes(kind("TCP", host.format(n), 40000)) for n in range(count)]

    def test_half_open_connections_keep_nobody_out(self) -> None:
        flood = [guest for net in range(14) for guest in self.come(10, f"198.51.{net}.{{}}")]
        self.assertEqual(len(self.half_open), 20)
        self.assertEqual(len([guest for guest in flood if not guest.gone]), 20)
        (bob,) = self.come(1, "192.0.2.7")
        bob.types("bob")
        self.assertIn("-- Welcome, bob.", bob.sees())

    def test_flood_does_not_throw_out_who_is_typing_a_nickname(self) -> None:
        (bob,) = self.come(1, "192.0.2.7")
        bob.sends(b"bo")
        flood = self.come(100, "2001:db8:1:{:x}::1")
        self.assertFalse(bob.gone)
        self.assertEqual([guest.gone for guest in flood], [True] * 81 + [False] * 19)
        self.assertIn("closed to make room", flood[0].sees()[-1])
        bob.sends(b"b\r\n")
        self.assertIn("-- Welcome, bob.", bob.sees())

    def test_who_has_logged_in_is_not_counted_with_them(self) -> None:
        inside = []
        for number in range(30):
            inside += self.come(1, "192.0.2.7")
            inside[-1].types(f"bob{number}")
        self.assertEqual(len(self.half_open), 0)
        self.come(30, "192.0.2.{}")
        self.assertEqual(len(self.half_open), 20)
        self.assertFalse(any(guest.gone for guest in inside))

    def test_without_a_flood_the_one_that_came_first_goes(self) -> None:
        crowd = [guest for net in range(22) for guest in self.come(1, f"198.51.{net}.1")]
        self.assertEqual([guest.gone for guest in crowd], [True] * 2 + [False] * 20)

    def test_this_machine_is_not_counted(self) -> None:
        here = [self.house.comes(UNIXAddress(None)) for _ in range(30)]
        self.assertFalse(any(guest.gone for guest in here))
        self.assertEqual(len(self.half_open), 0)

    def test_nothing_is_kept_of_those_who_are_gone(self) -> None:
        for guest in self.come(5, "192.0.2.{}"):
            guest.resets()
        self.assertEqual((self.half_open._network, self.half_open._by_network), ({}, {}))

    def test_program_that_takes_the_place_of_its_guest_is_counted_again(self) -> None:
        (bot,) = self.come(1, "192.0.2.7")
        bot.types("")
        self.assertEqual(len(self.half_open), 0)
        bot.sends(b'{"type": "nick", "content": "x y"}\n')
        self.assertEqual(len(self.half_open), 1)


class TlsFloodTests(TlsCase):
    def test_connection_with_tls_makes_room_at_once(self) -> None:
        half_open = self.house.factory.connections.half_open
        half_open.most = 1
        first, second = self.comes(), self.comes()
        self.clock.advance(0)
        self.assertEqual(len(half_open), 1)
        self.assertEqual(len(self.house.factory.connections), 1)
        del first, second
