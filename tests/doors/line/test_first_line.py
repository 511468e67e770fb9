"""A first line that is no nickname: it is held, or refused without being quoted, and never lost without a word."""

from __future__ import annotations

from tests.doors.house import HouseTestCase

HELLO = "Hello everyone, how are you"
HELD = (
    "-- You are {}. Your first line has not been sent yet, because it could be a name and a password. "
    "Send another line to send both, or /no to discard it."
)
DISCARDED = "-- Your first line was discarded."


class Case(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.zoe = self.house.enters("zoe")
        self.zoe.types("/register correct-horse")
        self.house.hush()

    def held(self, line: str = HELLO) -> None:
        self.max = self.house.comes()
        self.max.types(line)
        told = self.max.sees()[-1]
        self.name = told.removeprefix("-- You are ").partition(".")[0]
        self.assertEqual(told, HELD.format(self.name), line)
        self.house.hush()


class HeldTests(Case):
    def test_first_line_of_three_words_makes_a_guest_and_is_held(self) -> None:
        for line in (
            HELLO,
            "Hi! I am Max",
            "I'm new here",
            "3 people online now?",
            "  hello   my\tfriends ",
            "// /msg zoe hi",
        ):
            self.held(line)
            self.assert_sees(self.zoe)
            self.max.types("/quit")
            self.house.hush()

    def test_next_plain_line_releases_it_in_order(self) -> None:
        self.held()
        self.max.types("anybody?", "well")
        self.assert_sees(
            self.zoe, f"<{self.name}> {HELLO}", f"<{self.name}> anybody?", f"<{self.name}> well"
        )
        self.assert_sees(self.max)

    def test_what_is_said_literally_is_held_as_it_will_be_said(self) -> None:
        self.held("// /msg zoe hi")
        self.max.types("anybody?")
        self.assert_sees(self.zoe, f"<{self.name}> /msg zoe hi", f"<{self.name}> anybody?")

    def test_empty_lines_change_nothing(self) -> None:
        self.held()
        self.max.types("", "  ")
        self.assert_sees(self.max)
        self.assert_sees(self.zoe)
        self.max.types("anybody?")
        self.assert_sees(self.zoe, f"<{self.name}> {HELLO}", f"<{self.name}> anybody?")

    def test_no_discards_it(self) -> None:
        for no in ("/no", "/No "):
            self.held()
            self.max.types(no, "hi")
            self.assertEqual(self.max.sees(), [DISCARDED])
            self.assert_sees(self.zoe, f"<{self.name}> hi")
            self.max.types("/quit")

    def test_a_command_discards_it_and_is_carried_out(self) -> None:
        for line, answer in (
            ("/rooms", "-- 1 room"),
            ("!who", "-- 2 people"),
            ("?", "-- 2 people"),
            ("/me waves", ""),
            ("psst > zoe", "-> "),
            ("/xyzzy", "! There is no command"),
            ("/login zoe correct-horse", "-- You are logged in as zoe."),
        ):
            self.held()
            self.max.types(line)
            told = self.max.sees()
            self.assertEqual(told[0], DISCARDED, line)
            self.assertIn(answer, "\n".join(told[1:]))
            self.assertNotIn(HELLO, "\n".join(self.zoe.sees()), line)
            self.max.types("/quit")
            self.house.hush()

    def test_a_login_form_discards_it_and_is_not_said(self) -> None:
        for line in (
            "zoe s3cret",
            "Zoe my s3cret phrase",
            "login zoe s3cret",
            "register s3cret",
            "NICK zoe s3cret",
            "PASS s3cret",
            '{"type": "nick", "content": "zoe", "password": "s3cret"}',
        ):
            self.held()
            self.max.types(line)
            told = "\n".join(self.max.sees())
            self.assertIn(DISCARDED, told, line)
            self.assertNotIn("s3cret", told, line)
            self.max.types("hi")
            said = "\n".join(self.zoe.sees())
            self.assertNotIn("s3cret", said, line)
            self.assertNotIn(HELLO, said, line)
            self.max.types("/quit")
            self.house.hush()

    def test_a_line_that_is_too_long_discards_it(self) -> None:
        self.held()
        self.max.types("x" * 5000, "hi")
        self.assertEqual(self.max.sees()[0], DISCARDED)
        self.assert_sees(self.zoe, f"<{self.name}> hi")

    def test_talk_to_somebody_by_name_releases_it(self) -> None:
        self.held()
        self.max.types("zoe: hello")
        self.assert_sees(self.zoe, f"<{self.name}> {HELLO}", f"<{self.name}> zoe: hello")

    def test_the_end_of_input_discards_it(self) -> None:
        self.held()
        self.max.ends()
        self.assertTrue(self.max.gone)
        self.assertNotIn(HELLO, "\n".join(self.zoe.sees()))

    def test_a_pipe_says_all_of_its_lines_in_order(self) -> None:
        pipe = self.house.comes()
        pipe.sends(f"{HELLO}\nanybody?\n".encode())
        pipe.ends()
        said = [line for line in self.zoe.sees() if line.startswith("<")]
        self.assertEqual(said, [f"<guest1> {HELLO}", "<guest1> anybody?"])


class RefusedTests(Case):
    def refused(self, line: str) -> str:
        self.house.waits(1)
        max_ = self.house.comes()
        max_.sees()
        max_.types(line)
        told = max_.sees()
        self.assertTrue(told[0].startswith("! "), (line, told))
        self.assertEqual(told[-1], "Pick a nickname, or press Enter for a guest name.", line)
        self.assertNotIn("s3cret", "\n".join(told), line)
        self.assert_sees(self.zoe)
        max_.types("max")
        self.assertIn("-- Welcome, max.", max_.sees())
        max_.types("/quit")
        self.house.hush()
        return told[0]

    def test_what_may_be_a_login_is_refused_and_not_quoted(self) -> None:
        for line in (
            "login zoe s3cret",
            "LOGIN zoe s3cret",
            "/login zoe s3cret",
            "!login zoe s3cret",
            "\\login zoe s3cret",
            "login: zoe s3cret",
            "lgoin zoe s3cret",
            "/l0gin zoe s3cret",
            "register s3cret code x",
            "NICK zoe s3cret",
            "/nick zoe s3cret",
            "USER zoe 0 * :s3cret",
            "PASS s3cret s3cret s3cret",
            "auth zoe s3cret",
            "connect zoe s3cret",
            "identify zoe s3cret",
            "username zoe s3cret",
            "msg zoe s3cret",
            "MSG zoe:my s3cret text",
            "!msg zoe s3cret",
            "oper root s3cret",
            "CAP LS 302",
        ):
            self.assertIn("command", self.refused(line), line)

    def test_a_name_that_is_in_use_is_refused_with_what_stands_behind_it(self) -> None:
        eve = self.house.enters("eve")
        self.house.hush()
        for line in (
            "zoe my s3cret phrase",
            "Zoe my s3cret phrase",
            "zoe\u00a0my\u00a0s3cret",
            "zoe: my s3cret",
            "eve my s3cret phrase",
            "z\u043ee my s3cret phrase",
            "\u200bzoe my s3cret phrase",
        ):
            self.assertIn("in use", self.refused(line), ascii(line))
        eve.types("/quit")

    def test_a_reserved_name_is_refused(self) -> None:
        for line in ("admin my s3cret phrase", "server my s3cret", "NickServ identify s3cret"):
            self.refused(line)

    def test_a_private_form_is_refused(self) -> None:
        for line in (
            "my s3cret text > zoe",
            "my s3cret \u2192 zoe",
            "hello my s3cret >",
            "=zoe my s3cret",
        ):
            self.refused(line)

    def test_two_words_without_a_registered_name_are_refused_with_a_suggestion(self) -> None:
        told = self.refused("bob s3cret")
        self.assertEqual(
            told, "! bob is not registered, so it has no password. A nickname is one word. Try bob."
        )
        eve = self.house.enters("eve")
        self.house.hush()
        self.assertTrue(self.refused("eve s3cret").endswith("A nickname is one word. Try eve2."))
        eve.types("/quit")

    def test_two_words_of_which_the_first_is_a_command_are_refused(self) -> None:
        for line in (
            "NICK s3cret",
            "login s3cret",
            "/login:zoe:s3cret x",
            "/login:zoe:s3cret",
            "PASS s3cret",
        ):
            self.refused(line)


class ElsewhereTests(Case):
    """A server that asks others about passwords does not know which names they know, nor whether passwords have blanks."""

    def asks_others(self) -> None:
        self.house.node.hub.ask_others(True)
        self.house.node._login._gate.asks_others = True

    def test_what_may_be_a_password_there_is_tried_and_never_said(self) -> None:
        self.asks_others()
        max_ = self.house.comes()
        max_.types("max my s3cret phrase")
        told = "\n".join(max_.sees())
        self.assertIn("! Wrong password for max, or max is not registered. You are guest1.", told)
        max_.types("hi")
        self.assert_any(self.zoe.sees(), "^<guest1> hi")
        self.assertEqual(len(self.house.passwords.checked), 1)

    def test_what_can_be_no_name_is_held(self) -> None:
        self.asks_others()
        self.held("I'm new here")
