"""The line door: those who send too fast, or read too slowly; and passwords, which are asked for in between."""

from __future__ import annotations

import json

from twisted.internet.address import IPv4Address

from tests.doors.house import NO_FLOOD_LIMIT, House, HouseTestCase
from twisted_chat.core.values.limits import Limits
from twisted_chat.doors import reader

IAC, SB, SE, WILL, DO, DONT, ECHO = b"\xff", b"\xfa", b"\xf0", b"\xfb", b"\xfd", b"\xfe", b"\x01"
NOP = IAC + b"\xf1"
HIDE, SHOW = IAC + WILL + ECHO, IAC + b"\xfc" + ECHO
TOO_FAST = "-- You are sending more than 10 lines a second. The rest will be sent at that speed; nothing is lost."
CROWDED = "-- Many people are writing from your network or in this room. Your lines will be sent a little later; nothing is lost."


class FloodTests(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.enters("bob")
        self.eve = self.house.enters("eve")
        self.bob.hears()
        self.house.waits(60)
        self.lines = [f"{number}" for number in range(100)]
        self.said = [f"<eve> {number}" for number in range(100)]

    def floods(self) -> None:
        self.eve.sends("".join(f"{line}\n" for line in self.lines).encode())

    def test_twenty_lines_at_once_then_ten_a_second_and_none_is_lost(self) -> None:
        self.floods()
        self.assertEqual(self.bob.sees(), self.said[:20])
        self.house.waits(1.01)
        self.assertEqual(self.bob.sees(), self.said[20:30])
        self.house.waits(4)
        self.assertEqual(self.bob.sees(), self.said[30:70])
        self.house.waits(60)
        self.assertEqual(self.bob.sees(), self.said[70:])
        self.assert_sees(self.eve, TOO_FAST)

    def test_the_door_reads_on_only_when_nothing_waits(self) -> None:
        self.floods()
        self.assertFalse(self.eve.wire.reading)
        self.eve.sends(b"later\n")
        self.house.waits(7.5)
        self.assertEqual((self.eve.unread, self.eve.wire.reading), (1, False))
        self.house.waits(1)
        self.assertEqual((self.eve.unread, self.eve.wire.reading), (0, True))
        self.assertEqual(self.bob.sees(), [*self.said, "<eve> later"])

    def test_who_is_dead_does_not_go_on_talking(self) -> None:
        dead = False
        self.patch(reader, "is_broken", lambda transport: dead)
        self.floods()
        self.bob.hears()
        dead = True
        self.house.waits(1)
        self.assertTrue(self.eve.gone)
        self.assert_sees(self.bob, "-- eve left the chat (connection lost)")

    def test_there_is_one_notice_until_a_rest(self) -> None:
        self.floods()
        self.house.waits(9)
        self.floods()
        self.house.waits(15)
        self.assert_sees(self.eve, TOO_FAST)
        self.floods()
        self.assert_sees(self.eve, TOO_FAST)

    def test_others_are_not_slowed_down(self) -> None:
        self.floods()
        self.bob.hears()
        self.bob.types("hi")
        self.assertEqual(self.eve.sees(), [TOO_FAST, "<bob> hi"])

    def test_a_program_gets_its_acknowledgements_at_that_speed(self) -> None:
        robot = self.house.program("robot")
        self.house.waits(60)
        robot.objects(*({"type": "message", "content": "x", "id": f"{n}"} for n in range(30)))
        robot.sends(b'{"type":"quit"}')
        self.house.waits(10)
        ids = [each["id"] for each in robot.gets() if each["type"] == "ack"]
        self.assertEqual(ids, [f"{n}" for n in range(30)])
        self.assertTrue(robot.gone)

    def test_crowd_of_one_address_delays_itself_and_nobody_else_and_loses_nothing(self) -> None:
        crowd = [self.house.enters(f"user{number}") for number in range(40)]
        ann = self.house.enters("ann", IPv4Address("TCP", "198.51.100.7", 1))
        self.house.waits(60)
        self.house.hush()
        for guest in crowd:
            guest.sends(b"hi\n" * 20)
        ann.types("hello")
        seen = self.bob.sees()
        self.assertIn("<ann> hello", seen)
        self.assertLess(len(seen), 500)
        self.assertEqual([line for line in ann.sees() if not line.startswith("<")], [])
        self.house.waits(60)
        self.assertEqual(len(seen) + len(self.bob.sees()), 801)
        told = [line for line in crowd[-1].sees() if not line.startswith("<")]
        self.assertEqual(told, [CROWDED])

    def test_a_limit_of_one_is_told_as_one(self) -> None:
        self.house.closes()
        self.house = House(Limits(flood_burst=2, flood_rate=1))
        self.eve = self.house.enters("eve")
        self.floods()
        self.assert_any(self.eve.sees(), "^-- You are sending more than 1 line a second")

    def test_without_the_limit_nobody_waits(self) -> None:
        self.house.closes()
        self.house = House(NO_FLOOD_LIMIT)
        self.bob, self.eve = self.house.enters("bob"), self.house.enters("eve")
        self.bob.hears()
        self.floods()
        self.assertEqual(self.bob.sees(), self.said)
        self.assert_sees(self.eve)

    def test_telnet_commands_slow_reading_down_but_lose_nothing(self) -> None:
        self.eve.sends(NOP * 63 + b"a\n")
        self.assertTrue(self.eve.wire.reading)
        self.eve.sends(NOP * 2000 + b"b\n")
        self.eve.sends(b"c\n")
        self.assertEqual(self.bob.sees(), ["<eve> a"])
        self.assertEqual((self.eve.unread, self.eve.wire.reading), (1, False))
        self.house.waits(0.19)
        self.assert_sees(self.bob, "<eve> b")
        self.assertFalse(self.eve.wire.reading)
        self.house.waits(0.02)
        self.assert_sees(self.bob, "<eve> c")
        self.assertTrue(self.eve.wire.reading)

    def test_more_commands_meanwhile_wait_behind_them(self) -> None:
        self.eve.sends(NOP * 2000)
        self.eve.protocol.dataReceived(NOP * 2000)
        self.house.waits(0.39)
        self.assertFalse(self.eve.wire.reading)
        self.house.waits(0.02)
        self.assertTrue(self.eve.wire.reading)

    def test_escapes_slow_it_down_as_well(self) -> None:
        for noise in (IAC * 128, IAC + SB + IAC * 128, b"\xffa" * 64):
            guest = self.house.comes()
            guest.sends(noise)
            self.assertFalse(guest.wire.reading)

    def test_the_slower_of_the_two_waits_counts(self) -> None:
        self.eve.sends(NOP * 64 + b"x\n" * 100)
        self.house.waits(0.05)
        self.assertEqual(len(self.house.clock.getDelayedCalls()), 1)
        self.house.waits(5)
        self.assertFalse(self.eve.wire.reading)
        self.house.waits(5)
        self.assertTrue(self.eve.wire.reading)


class SlipTests(HouseTestCase):
    """What was meant for one person, or holds a password, does not reach a room by a slip."""

    SLIPS = (
        *(" msg bob psst", "\u200bmsg bob psst", "msg bob, psst", "msg @bob psst", "mSG bob psst"),
        *("msg:bob psst", "MSG:bob:psst", "psst > bob !", "psst > bob :)", "psst > bob\u3002"),
        *("psst\uff1ebob", "psst > <bob>", "psst > 'bob'", "psst\u2192bob", "psst > bob\u200b"),
        *("> bob psst", ".msg bob psst", "MSG bob;psst", "psst > b\u043eb!"),
    )

    def setUp(self) -> None:
        super().setUp()
        self.bob, self.eve, self.zoe = map(self.house.enters, ("bob", "eve", "zoe"))
        self.bob.types("/join vault swordfish", "/join lobby")
        self.house.hush()

    def test_nobody_hears_what_was_perhaps_for_somebody_here(self) -> None:
        for typed in self.SLIPS:
            self.house.waits(1)
            self.eve.types(typed)
            (said,) = self.eve.sees()
            self.assertIn("! That looks like a mistyped private message to bob.", said)
            self.assertEqual((self.zoe.hears(), self.bob.hears()), (b"", b""), ascii(typed))

    def test_nobody_hears_what_came_by_another_arrow_whoever_is_here(self) -> None:
        arrows = ("->", "=>", "\u2192", "\uff1e", "&gt;")
        for typed in (*(f"psst {arrow} bob" for arrow in arrows), "psst > ", "psst > bob >"):
            self.house.waits(1)
            self.eve.types(typed)
            (said,) = self.eve.sees()
            self.assertIn("! That looks like a private message. It was not sent.", said)
            self.assertEqual((self.zoe.hears(), self.bob.hears()), (b"", b""), ascii(typed))

    def test_nobody_hears_what_a_program_passed_on_as_a_message(self) -> None:
        robot = self.house.comes()
        robot.types('{"type": "nick", "content": "robot"}')
        self.house.hush()
        for text in ("psst > bob", "/msg bob psst", "!msg bob psst", "msg bob psst", "login bob x"):
            robot.types(json.dumps({"type": "message", "content": text}))
            self.assertIn(b'"looks-private"', robot.hears())
            robot.types(json.dumps({"type": "MSG", "content": "bob:psst"}))
            robot.hears()
            self.assert_sees(self.bob, "*robot* psst")
            self.assertEqual(self.zoe.hears(), b"", text)
            robot.types(json.dumps({"type": "message", "content": text, "literal": True}))
            self.assert_sees(self.zoe, f"<robot> {text}")
            self.house.hush()
            self.house.waits(1)

    def test_all_hear_it_when_nobody_has_that_name(self) -> None:
        self.bob.resets()
        self.house.hush()
        for typed in self.SLIPS:
            self.house.waits(1)
            self.eve.types(typed)
            self.assert_sees(self.zoe, f"<eve> {typed.removeprefix('MSG ')}")

    def test_hidden_characters_before_a_command_are_an_error(self) -> None:
        for typed in ("\u00ad/msg bob psst", "\u2063/msg bob psst"):
            self.eve.types(typed)
            self.assert_any(
                self.eve.sees(),
                "^! A command must not begin with a space or an invisible character. ",
            )
        self.assert_sees(self.zoe)

    def test_a_fullwidth_colon_is_a_colon_and_a_message_to_everybody_stays_one(self) -> None:
        self.eve.types("MSG bob\uff1apsst")
        self.assert_sees(self.bob, "*eve* psst")
        self.assert_sees(self.zoe)
        self.eve.types("MSG bob psst")
        self.assert_sees(self.zoe, "<eve> bob psst")

    def test_the_password_of_a_locked_room_is_not_said(self) -> None:
        for typed in ("join vault swordfish", "Join #VAULT swordfish", ".join vault swordfish"):
            self.eve.types(typed)
            (said,) = self.eve.sees()
            self.assertIn(
                "! That looks like a mistyped command with the password of #vault. It was not", said
            )
        self.assert_sees(self.zoe)
        self.eve.types("join lobby now", "join vault")
        self.assertEqual(len(self.zoe.sees()), 2)


class SlowReaderTests(HouseTestCase):
    limits = NO_FLOOD_LIMIT

    def setUp(self) -> None:
        super().setUp()
        self.bob, self.eve, self.zoe = map(self.house.enters, ("bob", "eve", "zoe"))
        self.house.hush()
        self.eve.wire.takes = False

    def talks(self, times: int) -> None:
        for _ in range(times):
            self.bob.types("x" * 4000)

    def test_a_reader_that_never_reads_is_dropped_at_the_limit(self) -> None:
        self.talks(80)
        self.assertFalse(self.eve.gone)
        self.talks(10)
        self.assertTrue(self.eve.gone and self.eve.wire.aborted)
        self.assert_sees(self.bob, "-- eve left the chat (too slow to read)")
        seen = self.zoe.sees()
        self.assertEqual(len(seen), 91)
        self.assert_any(seen, r"^-- eve left the chat \(too slow to read\)$")

    def test_nobody_else_waits_for_it(self) -> None:
        self.talks(50)
        self.assertEqual(len(self.zoe.sees()), 50)

    def test_who_reads_on_in_time_gets_everything_in_order(self) -> None:
        for number in range(70):
            self.bob.types(f"{number} " + "x" * 4000)
        self.eve.wire.take()
        self.assertEqual([line.split()[1] for line in self.eve.sees()], [str(n) for n in range(70)])
        self.bob.types("hi")
        self.assert_sees(self.eve, "<bob> hi")

    def test_long_answers_are_pulled_and_never_too_slow(self) -> None:
        robot = self.house.program("robot")
        self.talks(300)
        self.assertTrue(self.eve.gone)
        robot.hears()
        robot.wire.takes = False
        robot.objects({"type": "history", "limit": 300}, {"type": "ping"})
        self.house.waits(60)
        self.assertFalse(robot.gone)
        robot.wire.take()
        self.house.turn()
        robot.wire.take()
        types = [each["type"] for each in robot.gets()]
        self.assertEqual(types, ["history_start", *["message"] * 300, "history_end", "pong"])

    def test_no_line_is_read_while_an_answer_is_on_its_way(self) -> None:
        robot = self.house.program("robot")
        self.talks(60)
        robot.hears()
        robot.wire.takes = False
        robot.sends(b'{"type":"history","limit":50}\n{"type":"message","content":"after"}\n')
        self.zoe.hears()
        self.house.waits(60)
        self.assertFalse(robot.wire.reading)
        self.assert_sees(self.zoe)
        robot.wire.take()
        self.house.turn()
        self.assertTrue(robot.wire.reading)
        self.assert_sees(self.zoe, "<robot> after")
