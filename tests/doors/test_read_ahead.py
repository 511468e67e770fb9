"""What is read of whom, and how much work and memory that takes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.doors.house import NO_FLOOD_LIMIT, Guest, HouseTestCase
from twisted_chat.core.values.limits import Limits
from twisted_chat.dialects.framing import Frame, Framer, JsonFramer
from twisted_chat.dialects.terminal import TerminalFramer
from twisted_chat.doors.read_limits import FLOOR, ReadAhead

KIB = 1024
IAC = b"\xff"
NOP = IAC + b"\xf1"
#: What Twisted reads at a time.
READ = 64 * KIB

LINES = {
    "one-letter lines": b"x\n" * (READ // 2),
    "empty lines": b"\n" * READ,
    "lines with CR": b"x\r" * (READ // 2),
    "characters taken back": b"x\x7f" * 2000 + b"\n" + b"\x08\n" * (READ // 4),
    "lines without text": b" \n" * (READ // 2),
}
OBJECTS = {
    "empty objects": b"{}" * (READ // 2),
    "objects on lines": b"{}\n" * (READ // 3),
    "no objects": b"{}" + b"x\n" * (READ // 2),
}
COMMANDS = {
    "commands": NOP * (READ // 2),
    "answered commands": (IAC + b"\xfd\x01") * (READ // 3),
    "escapes": (b"a" + IAC + IAC) * (READ // 3),
    "subnegotiations": (IAC + b"\xfa" + IAC + b"\xf0") * (READ // 4),
}


class WorkTests(HouseTestCase):
    """One read takes a bounded number of steps, whatever is in it; each is some 10 microseconds at most."""

    #: Frames that are cut, and telnet commands that are carried out, at once.
    MOST_FRAMES = 150
    MOST_COMMANDS = 600

    def setUp(self) -> None:
        super().setUp()
        self.frames = 0
        self.patch(TerminalFramer, "next", self.counting(TerminalFramer.next))
        self.patch(JsonFramer, "next", self.counting(JsonFramer.next))

    def counting(self, cut: Callable[[Any], Frame | None]) -> Callable[[Framer], Frame | None]:
        def counted(framer: Framer) -> Frame | None:
            frame = cut(framer)
            self.frames += frame is not None
            return frame

        return counted

    def reads(self, guest: Guest, data: bytes) -> tuple[int, int]:
        """Let the door take one read of data at once; return how many frames and commands that was."""
        commands = guest.protocol._reader._frames.telnet.commands
        self.frames = 0
        guest.protocol.dataReceived(data)
        return self.frames, guest.protocol._reader._frames.telnet.commands - commands

    def check(self, name: str, guest: Guest, data: bytes) -> None:
        frames, commands = self.reads(guest, data)
        self.assertLessEqual(frames, self.MOST_FRAMES, name)
        self.assertLessEqual(commands, self.MOST_COMMANDS, name)
        guest.resets()

    def test_a_read_before_login_is_a_bounded_number_of_steps(self) -> None:
        for name, data in (LINES | OBJECTS | COMMANDS).items():
            self.check(name, self.house.comes(), data)

    def test_a_read_of_who_is_in_is_a_bounded_number_of_steps(self) -> None:
        for name, data in (LINES | COMMANDS).items():
            self.check(name, self.house.enters("eve"), data)
        for name, data in OBJECTS.items():
            self.check(name, self.house.program("robot"), data)

    def test_so_it_is_without_a_flood_limit(self) -> None:
        self.house.closes()
        self.house = type(self.house)(NO_FLOOD_LIMIT)
        self.test_a_read_of_who_is_in_is_a_bounded_number_of_steps()

    def test_a_long_line_is_many_steps_of_a_turn(self) -> None:
        self.house.closes()
        self.house = type(self.house)(NO_FLOOD_LIMIT)
        eve = self.house.enters("eve")
        for line in (b"x" * 4000, b"x\x08" * 2000):
            frames, _ = self.reads(eve, (line + b"\n") * 16)
            self.assertLessEqual(frames, 4, line[:4])
            self.house.turn()

    def test_others_have_their_turn_in_between_and_nothing_is_lost(self) -> None:
        self.house.closes()
        self.house = type(self.house)(NO_FLOOD_LIMIT)
        bob, eve, alice = (self.house.enters(name) for name in ("bob", "eve", "alice"))
        self.house.hush()
        eve.protocol.dataReceived(b"".join(b"%d\n" % number for number in range(1000)))
        alice.protocol.dataReceived(b"hi\n")
        self.house.turn()
        seen = bob.sees()
        self.assertLess(seen.index("<alice> hi"), 500)
        seen.remove("<alice> hi")
        self.assertEqual(seen, [f"<eve> {number}" for number in range(1000)])

    def test_telnet_commands_that_wait_are_all_carried_out(self) -> None:
        bob, eve = self.house.enters("bob"), self.house.enters("eve")
        self.house.hush()
        eve.sends(NOP * 5000 + b"hi\n")
        self.house.waits(0.4)
        self.assert_sees(bob)
        self.house.waits(0.2)
        self.assert_sees(bob, "<eve> hi")
        self.assertEqual(eve.protocol._reader._frames.telnet.commands, 5000)

    def test_nobody_sends_a_thousand_commands_before_a_nickname(self) -> None:
        eve = self.house.comes()
        eve.sends((IAC + b"\xfd\x01") * 490)
        self.house.waits(1)
        eve.types("eve")
        self.assertIn("-- Welcome, eve.", eve.hears().decode("latin-1"))
        for commands in (NOP, IAC + IAC, IAC + b"\xfa" + IAC + b"\xf0"):
            guest = self.house.comes()
            guest.sends(commands * 5000 + b"guest\n")
            self.house.waits(1)
            self.assertTrue(guest.gone)
            self.assertIn("(too many telnet commands before the login)", guest.sees()[-1])


class BeforeLoginTests(HouseTestCase):
    """Of somebody without a nickname the longest frame is read, and 1 KiB more."""

    def held(self, guest: Guest) -> int:
        waiting: int = guest.protocol._reader._frames.framer.waiting
        return waiting

    def test_a_pipe_of_any_length_arrives_whole(self) -> None:
        for name, limits in (("slow", Limits()), ("fast", NO_FLOOD_LIMIT)):
            self.house.closes()
            self.house = type(self.house)(limits)
            bob = self.house.enters("bob")
            guest = self.house.comes()
            guest.sends(f"{name}\n".encode() + b"".join(b"%d\n" % each for each in range(30_000)))
            self.house.waits(3600)
            said = [line for line in bob.sees() if line.startswith("<")]
            self.assertEqual(said, [f"<{name}> {each}" for each in range(30_000)])

    def test_no_more_is_read_than_the_longest_frame_and_a_little(self) -> None:
        for first, most in ((b"x", 4096 + 512 + KIB), (b"{", 16 * KIB + KIB)):
            guest = self.house.comes()
            guest.sends(first)
            guest.sends(b"a" * (most - 200))
            for _ in range(100):
                room = guest.wire.bufferSize
                self.assertLessEqual(self.held(guest) + room, most)
                guest.sends(b"b")
            guest.resets()

    def test_what_follows_waits_in_the_kernel_while_a_password_is_checked(self) -> None:
        ann = self.house.enters("ann")
        ann.types("/register correct-horse")
        ann.resets()
        self.house.passwords.hold = True
        guest = self.house.comes()
        guest.sends(b"ann correct-horse\n" + b"line\n" * 20_000)
        self.assertFalse(guest.wire.reading)
        self.assertLessEqual(self.held(guest), FLOOR)
        self.assertEqual(guest.unread, 1)
        while self.house.passwords.hold and self.house.passwords._held:
            self.house.passwords.go()

    def test_after_login_reads_are_as_large_as_ever(self) -> None:
        guest = self.house.comes()
        self.assertEqual(guest.wire.bufferSize, FLOOR)
        guest.types("alice")
        self.assertEqual(guest.wire.bufferSize, READ)

    def test_all_together_have_one_pool_and_short_logins_need_none_of_it(self) -> None:
        self.house.factory.read_limits.ahead = ReadAhead(10 * KIB)
        fat = [self.house.comes() for _ in range(4)]
        for guest in fat:
            guest.sends(b"x" * 4000)
        # Two of them are read, the others wait for the room of these.
        self.assertEqual([guest.wire.reading for guest in fat], [True, True, False, False])
        self.assertEqual([self.held(guest) for guest in fat], [4000, 4000, FLOOR, FLOOR])
        quick = self.house.enters("quick")
        self.assertTrue(quick.protocol._reader.inside)
        fat[0].resets()
        self.assertEqual(self.held(fat[2]), 4000)
        self.house.waits(61)
        self.assertTrue(all(guest.gone for guest in fat))

    def test_room_is_given_back_with_the_end_of_the_line(self) -> None:
        self.house.factory.read_limits.ahead = ahead = ReadAhead(5 * KIB)
        one, two = self.house.comes(), self.house.comes()
        one.sends(b"x" * 2000)
        two.sends(b"y" * 2000)
        self.assertEqual((self.held(one), self.held(two)), (2000, FLOOR))
        one.sends(b"\n")
        self.assertEqual((self.held(one), self.held(two)), (0, 2000))
        two.resets()
        self.assertEqual(ahead._free, 5 * KIB)


class ReadAheadTests(SynchronousTestCase):
    """The pool by itself."""

    def setUp(self) -> None:
        self.pool = ReadAhead(10)
        self.told: list[str] = []

    def reader(self, name: str) -> Waiter:
        return Waiter(name, self.told)

    def test_who_came_first_is_first(self) -> None:
        one, two, three = map(self.reader, ("one", "two", "three"))
        self.assertTrue(self.pool.grant(one, 8))
        self.assertTrue(self.pool.grant(one, 8))
        self.assertFalse(self.pool.grant(two, 8))
        self.assertFalse(self.pool.grant(three, 1))
        self.pool.give_back(one)
        self.assertEqual(self.told, ["two", "three"])
        self.assertTrue(self.pool.grant(two, 8))

    def test_who_goes_waits_no_more(self) -> None:
        one, two = self.reader("one"), self.reader("two")
        self.pool.grant(one, 8)
        self.pool.grant(two, 8)
        self.pool.give_back(two)
        self.pool.give_back(one)
        self.assertEqual((self.told, self.pool._free), ([], 10))


class Waiter:
    def __init__(self, name: str, told: list[str]) -> None:
        self.name = name
        self.told = told

    def granted(self) -> None:
        self.told.append(self.name)


class MemoryTests(HouseTestCase):
    """What waits is the bytes that came, and counts as what waits for slow readers does."""

    def setUp(self) -> None:
        super().setUp()
        self.backlog = self.house.sessions.delivery.backlog

    def test_a_paste_that_waits_takes_no_more_than_its_bytes(self) -> None:
        for data in (b"x\n" * READ * 2, b"\n" * READ * 4):
            guests = [self.house.enters(f"eve{number}") for number in range(5)]
            tracemalloc.start()
            for guest in guests:
                guest.protocol.dataReceived(bytes(bytearray(data[:READ])))
            held = tracemalloc.get_traced_memory()[0] / len(guests)
            tracemalloc.stop()
            self.assertLess(held, 100 * KIB)
            for guest in guests:
                self.assertLessEqual(guest.protocol._reader._counted, READ)
                self.assertGreater(guest.protocol._reader._counted, READ - KIB)
                guest.resets()
        self.assertEqual(self.backlog.bytes, 0)

    def test_what_was_handed_in_is_kept_no_longer(self) -> None:
        eve = self.house.enters("eve")
        eve.sends(b"x" * 1000 + b"\n" + b"y" * 10)
        self.assertEqual(self.backlog.bytes, 10)
        eve.sends(b"\n")
        self.assertEqual(self.backlog.bytes, 0)
        self.assertEqual(eve.protocol._reader._frames.framer._data, b"")

    def test_over_the_limit_who_sent_most_is_ended(self) -> None:
        self.backlog.limit = 100 * KIB
        bob = self.house.enters("bob")
        small, large = self.house.enters("small"), self.house.enters("large")
        self.house.hush()
        small.sends(b"x\n" * 15 * KIB)
        large.sends(b"x\n" * 30 * KIB)
        self.assertEqual(self.backlog.ended, 0)
        other = self.house.enters("other")
        other.sends(b"x\n" * 10 * KIB)
        self.assertTrue(large.gone)
        self.assertFalse(small.gone or other.gone)
        self.assertIn("the rest was discarded", large.sees()[-1])
        self.assert_any(bob.sees(), r"^-- large left the chat \(sent too much at once\)$")
        self.assertEqual(self.backlog.ended, 1)
