"""Clients that send no line ends, and those that must not be taken for them."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from tests.clocks import TurnsClock
from tests.doors.house import Guest, House, HouseTestCase
from twisted_chat.doors.line.pauses import FIRST, LATER, PRIVATE

IAC = b"\xff"
NOP = IAC + b"\xf1"


class Case(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.enters("bob")
        self.house.waits(10)

    def sends(self, guest: Guest, *pieces: bytes, every: float) -> None:
        for piece in pieces:
            guest.sends(piece)
            self.house.waits(every)

    def comes(self, name: bytes = b"Max") -> Guest:
        """Somebody comes who sends no line ends."""
        guest = self.house.comes()
        self.sends(guest, name, every=FIRST)
        self.assertTrue(guest.protocol._reader.inside)
        self.house.hush()
        return guest


class WithoutLineEndsTests(Case):
    """The usual student's client: ``send(input().encode())``."""

    def test_a_name_is_answered_and_each_piece_is_a_line(self) -> None:
        guest = self.house.comes()
        self.sends(guest, b"Max", every=FIRST)
        self.assertIn("-- Welcome, Max.", guest.sees())
        self.sends(guest, b"hello", b"x", b"how are you all", every=1)
        self.assert_sees(
            self.bob, "-- Max joined #lobby", "<Max> hello", "<Max> x", "<Max> how are you all"
        )

    def test_a_name_and_a_line_at_the_end_are_not_one_name(self) -> None:
        guest = self.house.comes()
        self.sends(guest, b"Max", b"hello", every=0.4)
        guest.ends()
        self.assert_sees(
            self.bob, "-- Max joined #lobby", "<Max> hello", "-- Max left the chat (disconnected)"
        )

    def test_pieces_come_at_their_pause_and_not_before(self) -> None:
        guest = self.comes()
        guest.sends(b"hel")
        self.house.waits(LATER / 2)
        guest.sends(b"lo")
        self.house.waits(LATER * 0.9)
        self.assert_sees(self.bob)
        self.house.waits(LATER * 0.2)
        self.assert_sees(self.bob, "<Max> hello")

    def test_commands_are_commands(self) -> None:
        guest = self.comes()
        self.sends(guest, b"?", every=2)
        self.assert_any(guest.sees(), "bob")
        self.sends(guest, b"/msg bob psst", b"psst > bob", b"MSG bob:psst", every=PRIVATE)
        self.assert_sees(self.bob, *["*Max* psst"] * 3)
        self.sends(guest, b"/quit", every=1)
        self.assertTrue(guest.gone)

    def test_private_form_does_not_become_public_by_what_follows_too_soon(self) -> None:
        guest = self.comes()
        long = b"x" * 600
        for private in (b"psst > bob", b"psst > ", b"msg bob psst", long + b" > bob"):
            self.sends(guest, private, b"public line", every=0.5)
            self.house.waits(PRIVATE)
            self.assert_sees(self.bob)
            self.assert_any(guest.sees(), "It was not sent|was not sent")
        self.sends(guest, b"and so on", every=1)
        self.assert_sees(self.bob, "<Max> and so on")

    def test_long_line_in_two_reads_is_said(self) -> None:
        guest = self.comes()
        self.sends(guest, b"x" * 600, b"y", every=0.5)
        self.house.waits(PRIVATE)
        self.assert_sees(self.bob, f"<Max> {'x' * 600}y")

    def test_what_follows_a_private_form_within_a_second_belongs_to_it(self) -> None:
        guest = self.comes()
        for form in (b"/msg bob my ", b"!msg bob my ", b"MSG bob:my ", b"/ms", b"my > bo"):
            self.sends(guest, form, b"secret", every=0.9)
            self.house.waits(1)
            for line in self.bob.sees():
                self.assertNotIn("<Max>", line)

    def test_half_a_character_waits_for_its_other_half(self) -> None:
        guest = self.comes()
        self.sends(guest, b"caf\xc3", every=0.5)
        self.assert_sees(self.bob)
        self.sends(guest, b"\xa9", every=0.5)
        self.assert_sees(self.bob, "<Max> caf\u00e9")

    def test_more_than_a_line_may_have_is_one_error_and_nothing_of_it_is_said(self) -> None:
        guest = self.comes()
        for size in (4097, 4096 + 600, 100_000):
            self.sends(guest, b"x" * size, every=2)
            (error,) = guest.sees()
            self.assertRegex(error, "4,096")
            self.sends(guest, b"still here", every=1)
            self.assert_sees(self.bob, "<Max> still here")

    def test_a_long_piece_waits_for_more_of_it(self) -> None:
        guest = self.comes()
        self.sends(guest, b"x" * 600, b"y" * 10, every=0.9)
        self.assert_sees(self.bob)
        self.house.waits(0.2)
        self.assert_sees(self.bob, f"<Max> {'x' * 600}{'y' * 10}")

    def test_a_name_that_is_taken_is_refused_and_another_one_can_be_sent(self) -> None:
        guest = self.house.comes()
        self.sends(guest, b"bob", every=FIRST)
        self.assert_any(guest.sees(), '"bob" is taken.')
        self.sends(guest, b"Max", b"hello", every=FIRST)
        self.assert_sees(self.bob, "-- Max joined #lobby", "<Max> hello")

    def test_a_name_of_two_letters_and_one_of_another_script(self) -> None:
        for name in ("Al", "\u5f20\u4f1f"):
            self.comes(name.encode())

    def test_nothing_is_lost_that_comes_too_fast(self) -> None:
        guest = self.comes()
        self.sends(guest, *(b"%d" % number for number in range(30)), every=LATER * 1.01)
        self.house.waits(10)
        said = "".join(line.removeprefix("<Max> ") for line in self.bob.sees())
        self.assertEqual(said, "".join(map(str, range(30))))


class WithLineEndsTests(Case):
    """They are what they were, however slowly they send."""

    def check(self, *pieces: bytes, every: float, seen: list[str]) -> None:
        guest = self.house.comes()
        self.sends(guest, *pieces, every=every)
        self.assertEqual(self.bob.sees(), seen)
        guest.resets()
        self.house.hush()

    def test_keys_at_any_speed_are_no_lines(self) -> None:
        script = b"eve\rhi all\rx\r"
        for end in (b"\r", b"\r\n", b"\n", b"\r\0"):
            for every in (0.1, 0.29, 0.31, 0.5, 1, 2):
                keys = [bytes((key,)) for key in script.replace(b"\r", end)]
                self.check(
                    *keys, every=every, seen=["-- eve joined #lobby", "<eve> hi all", "<eve> x"]
                )

    def test_so_it_is_with_keys_of_several_bytes(self) -> None:
        keys = [each.encode() for each in "\u00e9va\rh\u00e9\r"]
        self.check(*keys, every=1, seen=["-- \u00e9va joined #lobby", "<\u00e9va> h\u00e9"])

    def test_so_it_is_behind_telnet(self) -> None:
        keys = [NOP, b"eve", b"lyn\r\0", b"h", b"i", b"\r\0"]
        self.check(*keys, every=1, seen=["-- evelyn joined #lobby", "<evelyn> hi"])

    def test_so_it_is_when_telnet_comes_with_or_behind_the_first_piece(self) -> None:
        for keys in ([b"eve" + NOP, b"lyn\r\0"], [b"eve", NOP, b"lyn\r\0"]):
            self.check(*keys, every=0.2, seen=["-- evelyn joined #lobby"])

    def test_a_line_in_pieces_is_one_if_they_follow_each_other(self) -> None:
        seen = ["-- evelyn joined #lobby", "<evelyn> hi all"]
        self.check(b"ev", b"elyn\n", b"hi ", b"all\n", every=0.29, seen=seen)

    def test_a_line_end_at_any_time_ends_it(self) -> None:
        guest = self.comes()
        self.sends(guest, b"one", b"two\n", b"thr", b"ee\n", b"x", every=1)
        self.assert_sees(self.bob, "<Max> one", "<Max> two", "<Max> three")

    def test_what_is_no_free_name_alone_waits_for_its_line_end(self) -> None:
        ann = self.house.enters("ann")
        ann.types("/register correct-horse", "/quit")
        self.house.hush()
        for first in (b"ann", b"Max Power", b"Max ", b" Max", b"/help", b"HELP", b"GET / HTTP/1.0", b"caf\xc3"):  # fmt: skip
            guest = self.house.comes()
            guest.hears()
            self.sends(guest, first, every=50)
            self.assertEqual(guest.hears(), b"", first)
            guest.resets()
        self.assert_sees(self.bob)

    def test_an_object_may_stall_at_every_byte(self) -> None:
        script = json.dumps({"type": "nick", "content": "robot"}).encode() + b"\n"
        for every in (0.06, 0.4, 1.1):
            for place in range(1, len(script)):
                self.check(
                    script[:place], script[place:], every=every, seen=["-- robot joined #lobby"]
                )
        self.check(*(bytes((byte,)) for byte in script), every=0.4, seen=["-- robot joined #lobby"])

    def test_an_empty_line_of_cr_alone_counts_after_a_pause(self) -> None:
        guest = self.house.comes()
        guest.sends(b"\r")
        self.assertTrue(guest.protocol._reader.inside)
        ann = self.house.enters("ann")
        ann.types("/register correct-horse", "/quit")
        guest = self.house.comes()
        guest.sends(b"ann\r")
        guest.sends(b"\r")
        self.assertFalse(guest.protocol._reader.inside)
        self.house.waits(LATER)
        self.assertTrue(guest.protocol._reader.inside)

    def test_the_end_of_input_needs_no_pause(self) -> None:
        guest = self.house.comes()
        guest.sends(b"eve")
        guest.ends()
        self.assert_sees(self.bob, "-- eve joined #lobby", "-- eve left the chat (disconnected)")
        self.assertEqual([], self.house.clock.getDelayedCalls())


class PausedServerTests(SynchronousTestCase):
    def test_what_has_arrived_is_read_before_a_pause_ends_a_line(self) -> None:
        house = House(clock=TurnsClock())
        house.enters("bob")
        guest = house.comes()
        guest.hears()
        for piece, rest in ((b"Max", b"ine\n"), (b"hel", b"lo\n")):
            guest.sends(piece)
            # As after a pause of the process: the timers are due before anything is read.
            guest._waiting.append(rest)
            house.clock.advance(FIRST)
            guest.arrive()
            house.turn()
        self.assertIn("-- Welcome, Maxine.", guest.sees())
        house.turn()
        self.assertEqual(house.guests[0].sees()[-1], "<Maxine> hello")
        house.empties()
        house.closes()
