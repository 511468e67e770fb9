"""Tests for twisted_chat.doors.line.password_prompt: the password of a room. That of a nick is in test_logging_in."""

from __future__ import annotations

from tests.doors.house import HouseTestCase

IAC, SB, SE, WILL, DO, DONT, ECHO = b"\xff", b"\xfa", b"\xf0", b"\xfb", b"\xfd", b"\xfe", b"\x01"
NOP = IAC + b"\xf1"
HIDE, SHOW = IAC + WILL + ECHO, IAC + b"\xfc" + ECHO
TOO_FAST = "-- You are sending more than 10 lines a second. The rest will be sent at that speed; nothing is lost."


class PasswordTests(HouseTestCase):
    """``/join ROOM`` of a locked room: with telnet, the password is asked for and not shown."""

    ASKED = "-- Type the password of #dev (it will not be shown), or press Enter to give up."
    AGAIN = "! Wrong password for #dev. Type it again (it will not be shown), or press Enter to give up."
    WRONG = "! Wrong password for #dev. You did not enter it. Type /join #dev PASSWORD."
    TOLD = "! #dev is locked with a password. You did not enter it. Type /join #dev PASSWORD."

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
            said = "-- You did not enter #dev." if give_up else self.WRONG
            self.assertEqual(self.shown(), [said])
        self.assert_sees(self.bob)

    def test_questions_are_counted_anew_after_any_other_line(self) -> None:
        for _ in range(5):
            self.asked()
            self.eve.types("swordfish")
            self.asked_again()
            self.eve.types("")
            self.assertEqual(self.shown(), ["-- You did not enter #dev."])

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
        self.assertEqual(self.shown(), ["-- You did not enter #dev."])
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
            self.assertEqual(gave_up, "-- You did not enter #dev.")
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
