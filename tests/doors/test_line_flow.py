"""The line door: those who send too fast, or read too slowly; and passwords, which are asked for in between."""

from __future__ import annotations

from tests.doors.house import NO_FLOOD_LIMIT, House, HouseTestCase
from twisted_chat.core.limits import Limits
from twisted_chat.doors import line

IAC, SB, SE, WILL, DO, DONT, ECHO = b"\xff", b"\xfa", b"\xf0", b"\xfb", b"\xfd", b"\xfe", b"\x01"
NOP = IAC + b"\xf1"
HIDE, SHOW = IAC + WILL + ECHO, IAC + b"\xfc" + ECHO
TOO_FAST = (
    "-- you send faster than 10 lines a second; the rest follows at that speed, nothing is lost."
)


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
        self.patch(line, "is_broken", lambda transport: dead)
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

    def test_a_limit_of_one_is_told_as_one(self) -> None:
        self.house.closes()
        self.house = House(Limits(flood_burst=2, flood_rate=1))
        self.eve = self.house.enters("eve")
        self.floods()
        self.assert_any(self.eve.sees(), "^-- you send faster than 1 line a second; ")

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
        self.assertEqual(self.bob.sees(), ["<eve> a", "<eve> b"])
        self.assertEqual((self.eve.unread, self.eve.wire.reading), (1, False))
        self.house.waits(0.19)
        self.assertFalse(self.eve.wire.reading)
        self.house.waits(0.02)
        self.assert_sees(self.bob, "<eve> c")
        self.assertTrue(self.eve.wire.reading)

    def test_more_commands_meanwhile_do_not_wait_twice(self) -> None:
        self.eve.sends(NOP * 2000)
        self.eve.protocol.dataReceived(NOP * 2000)
        self.house.waits(0.21)
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


class PasswordTests(HouseTestCase):
    """``/join ROOM`` of a locked room: with telnet, the password is asked for and not shown."""

    ASKED = "-- type the password of #dev; it is not shown (Enter alone: give up)"
    AGAIN = (
        "! that is not the password of #dev; type it again; it is not shown (Enter alone: give up)"
    )
    WRONG = "! that is not the password of #dev; try again with /join #dev PASSWORD."
    TOLD = "! #dev is locked. To enter it, type all of this on one line: /join #dev PASSWORD"

    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.enters("bob")
        self.bob.types("/join dev secret")
        self.eve = self.house.comes()
        self.eve.sends(NOP + b"eve\r\n")
        self.house.hush()

    def asked(self) -> None:
        """Be asked for the password."""
        self.eve.types("/join dev")
        self.assertEqual(self.eve.hears(), self.ASKED.encode() + b"\r\n" + HIDE)

    def asked_again(self) -> None:
        """Be asked once more, after a wrong answer."""
        self.assertEqual(self.eve.hears(), SHOW + b"\r\n" + self.AGAIN.encode() + b"\r\n" + HIDE)

    def shown(self) -> list[str]:
        """Return what is seen after the answer: typing is shown again before it."""
        heard = self.eve.hears()
        self.assertEqual(heard[:5], SHOW + b"\r\n")
        return heard[5:].decode().splitlines()

    def test_the_right_password_opens_the_room(self) -> None:
        self.asked()
        self.eve.types(" secret ")
        self.assertEqual(
            self.shown(),
            ["-- You are in #dev, locked with a password. 2 people are here:", "--   bob, eve"],
        )
        self.assert_sees(self.bob, "-- eve joined #dev")

    def test_a_wrong_password_is_said_nowhere_and_asked_for_again(self) -> None:
        self.asked()
        self.eve.types("swordfish")
        self.asked_again()
        self.eve.types("secret")
        self.assertEqual(self.shown()[1:], ["--   bob, eve"])
        self.assert_sees(self.bob, "-- eve joined #dev")

    def test_it_is_asked_for_three_times_in_all(self) -> None:
        for _ in range(2):
            self.asked()
            for wrong in ("swordfish", "sesame"):
                self.eve.types(wrong)
                self.asked_again()
            self.eve.types("password")
            self.assertEqual(self.shown(), [self.WRONG])
            self.eve.types("?")
            self.assertEqual(self.eve.sees()[0], "-- 2 people are here:")
        self.assert_sees(self.bob)

    def test_a_wrong_password_that_was_typed_openly_is_asked_for_hidden(self) -> None:
        for give_up in (False, True):
            self.eve.types("/join dev swordfish")
            self.assertEqual(self.eve.hears(), f"{self.AGAIN}\r\n".encode() + HIDE)
            for wrong in ("sesame", "password"):
                self.eve.types(wrong)
                self.asked_again()
            self.eve.types("" if give_up else "1234")
            said = "-- you did not enter #dev." if give_up else self.WRONG
            self.assertEqual(self.shown(), [said])
        self.assert_sees(self.bob)

    def test_questions_are_counted_anew_after_any_other_line(self) -> None:
        for _ in range(5):
            self.asked()
            self.eve.types("swordfish")
            self.asked_again()
            self.eve.types("")
            self.assertEqual(self.shown(), ["-- you did not enter #dev."])

    def test_lines_sent_along_with_a_wrong_password_are_tries_too(self) -> None:
        # The second may be the right one, sent before the answer to the first was there.
        watcher = self.house.enters("watcher")
        self.eve.hears()
        self.asked()
        self.eve.sends(b"swordfish\r\nsecret\r\n")
        self.assertIn(b"You are in #dev", self.eve.hears())
        self.assert_sees(watcher)

    def test_a_password_that_was_changed_meanwhile_is_asked_for_again(self) -> None:
        self.eve.types("/join dev swordfish")
        self.eve.hears()
        self.bob.types("/leave dev", "/join dev other")
        self.eve.types("secret")
        self.asked_again()
        self.eve.types("other")
        self.assertEqual(self.shown()[1:], ["--   bob, eve"])

    def test_enter_alone_gives_up(self) -> None:
        self.asked()
        self.eve.types("")
        self.assertEqual(self.shown(), ["-- you did not enter #dev."])
        self.eve.types("?")
        self.assertEqual(self.eve.sees()[0], "-- 2 people are here:")

    def test_what_cannot_be_a_password_is_an_error_and_asked_for_again(self) -> None:
        watcher = self.house.enters("watcher")
        self.eve.hears()
        for bad in (b"a\x1bb", b"\x80", b"x" * 5000):
            self.asked()
            for _ in range(2):
                self.eve.sends(bad + b"\r\n")
                heard = self.eve.hears()
                self.assertRegex(heard, b"^" + SHOW + b"\r\n! ")
                self.assertTrue(heard.endswith(self.ASKED.encode() + b"\r\n" + HIDE), heard)
            self.eve.sends(bad + b"\r\n")
            error, gave_up = self.shown()
            self.assertRegex(error, "^! ")
            self.assertEqual(gave_up, "-- you did not enter #dev.")
            self.eve.types("?")
            self.assertEqual(self.eve.sees()[0], "-- 3 people are here:")
        self.assert_sees(watcher)

    def test_nc_is_told_how_instead(self) -> None:
        nc = self.house.enters("alice")
        nc.types("/join dev")
        self.assert_sees(nc, self.TOLD)
        nc.types("/join dev swordfish")
        self.assert_sees(nc, self.WRONG)

    def test_who_refused_to_hide_is_told_how_instead(self) -> None:
        self.asked()
        self.eve.sends(IAC + DONT + ECHO + b"\r\n")
        self.eve.hears()
        self.eve.types("/join dev")
        self.assert_sees(self.eve, self.TOLD)
        self.eve.types("/join dev swordfish")
        self.assert_sees(self.eve, self.WRONG)

    def test_lines_that_came_already_are_no_password(self) -> None:
        for pieces, told in (
            ((b"/join dev\r\nhi all\r\n",), self.TOLD),
            ((b"/join dev\r\nhi ", b"all\r\n"), self.TOLD),
            ((b"/join dev swordfish\r\nhi all\r\n",), self.WRONG),
        ):
            watcher = self.house.enters("watcher")
            self.eve.hears()
            for piece in pieces:
                self.eve.sends(piece)
            self.assert_sees(self.eve, told)
            self.assert_sees(watcher, "<eve> hi all")
            watcher.resets()
            self.house.hush()

    def test_a_program_is_told_in_its_own_words(self) -> None:
        robot = self.house.comes()
        robot.sends(NOP)
        robot.objects({"type": "nick", "content": "robot"}, {"type": "join", "content": "dev"})
        self.assertEqual(robot.gets()[-1]["code"], "password-needed")
        robot.objects({"type": "join", "content": "dev", "password": "swordfish"})
        self.assertEqual(robot.gets()[-1]["code"], "wrong-password")

    def test_nobody_is_asked_who_is_gone(self) -> None:
        self.asked()
        self.eve.resets()
        self.assert_sees(self.bob, "-- eve left the chat (connection lost)")


class SlipTests(HouseTestCase):
    """What was meant for one person, or holds a password, does not reach a room by a slip."""

    SLIPS = (
        *(" msg bob psst", "\u200bmsg bob psst", "msg bob, psst", "msg @bob psst", "mSG bob psst"),
        *("msg:bob psst", "MSG:bob:psst", "psst > bob !", "psst > bob :)", "psst > bob\u3002"),
        *("psst \uff1e bob", "psst > <bob>", "psst > 'bob'", "psst > bob >", "psst > bob\u200b"),
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
            self.assertIn("! that looks like a private message to bob, mistyped;", said)
            self.assertEqual((self.zoe.hears(), self.bob.hears()), (b"", b""), ascii(typed))

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
            self.assert_any(self.eve.sees(), "^! a command must not begin with a blank, or ")
        self.assert_sees(self.zoe)

    def test_a_fullwidth_colon_is_a_colon(self) -> None:
        self.eve.types("MSG bob\uff1apsst")
        self.assert_sees(self.bob, "*eve* psst")
        self.assert_sees(self.zoe)

    def test_classic_message_to_everybody_stays_one(self) -> None:
        self.eve.types("MSG bob psst")
        self.assert_sees(self.zoe, "<eve> bob psst")

    def test_the_password_of_a_locked_room_is_not_said(self) -> None:
        for typed in ("join vault swordfish", "Join #VAULT swordfish", ".join vault swordfish"):
            self.eve.types(typed)
            (said,) = self.eve.sees()
            self.assertIn("! that looks like the password of #vault, mistyped; nothing was", said)
        self.assert_sees(self.zoe)
        self.eve.types("join lobby now", "join nowhere now", "join vault")
        self.assertEqual(len(self.zoe.sees()), 3)


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
