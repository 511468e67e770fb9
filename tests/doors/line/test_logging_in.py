"""Accounts at the line door: the password at the nickname prompt, in both dialects, and what is never said."""

from __future__ import annotations

from tests.doors.house import STRANGER, HouseTestCase
from twisted_chat.core.values.names import parse_nick

LOGIN = b'{"type": "nick", "content": "robot"}\n'
SECRET = b'{"type": "nick", "content": "bob", "password": "s3cret-s3cret"}\n'


class Case(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.enters("bob")
        self.bob.types("/register correct-horse")
        self.assertIn(
            "-- bob is registered, and is now yours. To log in from elsewhere, type bob PASSWORD.",
            self.bob.sees(),
        )
        self.bob.types("/leave")
        self.bob.resets()
        self.house.hush()


class PromptTests(Case):
    def test_a_registered_name_asks_for_its_password(self) -> None:
        bob = self.house.comes()
        bob.types("bob")
        *_, asked = bob.sees()
        self.assertEqual(
            asked,
            "-- bob is registered. Type its password (your screen may show it), or press Enter to come in as a guest.",
        )
        bob.types("correct-horse")
        self.assertIn("-- Welcome, bob.", bob.sees())

    def test_a_wrong_password_gives_a_guest_name_and_says_so(self) -> None:
        bob = self.house.comes()
        bob.types("bob", "wrong-horse")
        lines = bob.sees()
        self.assert_any(
            lines, "^! Wrong password for bob. You are guest1. Type /login bob PASSWORD"
        )
        self.assert_any(lines, "^-- Welcome, guest1")
        bob.types("/login correct-horse")
        self.assertIn("-- You are logged in as bob.", bob.sees())

    def test_a_password_that_is_typed_again_at_once_is_not_said(self) -> None:
        for typed in (("bob", "wrong-horse"), ("bob wrong-horse",)):
            self.types_again(*typed)

    def types_again(self, *typed: str) -> None:
        ann = self.house.enters("ann")
        bob = self.house.comes()
        bob.types(*typed)
        bob.sees()
        self.house.hush()
        for _ in range(2):
            bob.types("correct-horse")
            self.assert_sees(
                bob,
                "! That looks like the password of bob. The line was not sent. Type /login bob PASSWORD to try it "
                '(to say it as it is, put "// " in front).',
            )
        self.assertEqual(ann.sees(), [])
        bob.types("/login correct-horse", "wonderful")
        self.assertIn("<bob> wonderful", ann.sees())
        bob.types("/quit")
        ann.types("/quit")

    def test_a_login_that_is_typed_again_at_once_is_not_said(self) -> None:
        ann = self.house.enters("ann")
        for first in (("bob wrong-horse",), ("", "/login bob wrong-horse")):
            bob = self.house.comes()
            bob.types(*first)
            for again in ("bob correct-horse", " BOB correct-horse ", "bob correct horse"):
                bob.types(again)
                self.assertTrue(bob.sees()[-1].startswith("! That looks like the password of bob"))
            self.assertFalse([line for line in ann.sees() if "orrect" in line])

    def test_password_behind_a_nick_that_was_refused_is_not_said(self) -> None:
        ann = self.house.enters("ann")
        ann.types("/register tr0ub4dor-tr0ub4dor")
        guest = self.house.enters("eve")
        for who in (guest, ann):
            for refused in ("/nick bob", "/login bob wrong-horse"):
                who.types(refused)
                self.house.hush()
                for line in ("bob correct-horse", " BOB correct horse"):
                    who.types(line)
                    (error,) = who.sees()
                    self.assertRegex(error, "^! That looks like the password of bob")
                who.types("that is all", "bob is somebody else")
            self.assertFalse(
                [line for each in (ann, guest) for line in each.sees() if "orrect" in line]
            )

    def test_who_is_in_is_asked_for_the_password_too_and_stays_without_it(self) -> None:
        ann, eve = self.house.enters("ann"), self.house.enters("eve")
        asked = "-- bob is registered. Type its password (your screen may show it), or press Enter to stay as you are."
        for answer in (b"", b"\x1b"):
            self.assertTrue(eve.protocol.ask_password(parse_nick("bob"), wrong=False))
            self.house.turn()
            self.assert_sees(eve, asked)
            eve.sends(answer + b"\r\n")
            self.assertEqual(eve.sees()[-1], "-- You did not log in as bob.")
        self.assertTrue(eve.protocol.ask_password(parse_nick("bob"), wrong=False))
        eve.types("correct-horse")
        self.assertIn("-- You are logged in as bob.", eve.sees())
        self.assertFalse([line for line in ann.sees() if "orrect" in line])

    def test_what_follows_a_nick_that_nobody_registered_or_that_one_got_is_said(self) -> None:
        ann, eve = self.house.enters("ann"), self.house.enters("eve")
        for asked in ("/nick ann", "/nick eva", "/nick"):
            eve.types(asked)
            self.house.hush()
            eve.types("ann is here", "bob is not")
            self.assertEqual([line[-11:] for line in ann.sees()], ["ann is here", " bob is not"])

    def test_what_is_no_password_and_what_is_marked_as_none_is_said(self) -> None:
        for line, said in (
            ("hello", "hello"),
            ("here I am", "here I am"),
            ("bobby sends greetings", "bobby sends greetings"),
            ("// wonderful", "wonderful"),
        ):
            ann = self.house.enters("ann")
            bob = self.house.comes()
            bob.types("bob", "wrong-horse")
            self.house.hush()
            bob.types(line, "marvellous")
            self.assertEqual([each[-len(said) :] for each in ann.sees()][:1], [said])
            bob.types("/quit")
            ann.types("/quit")

    def test_who_gave_no_password_says_what_they_like(self) -> None:
        ann = self.house.enters("ann")
        bob = self.house.comes()
        bob.types("bob", "")
        self.house.hush()
        bob.types("marvellous")
        self.assert_any(ann.sees(), "marvellous")

    def test_names_that_are_like_words_of_commands_log_in_with_their_password(self) -> None:
        """Somebody may be called so, and has registered the name."""
        for name in ("nick", "account0", "user", "w"):
            somebody = self.house.enters(name)
            somebody.types("/register correct-horse")
            somebody.types("/leave", "/quit")
            self.house.turn()
            again = self.house.comes()
            again.types(f"{name} correct-horse")
            self.assertIn(f"-- Welcome, {name}.", again.sees())
            again.types("/quit")

    def test_enter_alone_gives_a_guest_name(self) -> None:
        bob = self.house.comes()
        bob.types("bob", "")
        self.assertIn("-- Welcome, guest1.", bob.sees())

    def test_what_came_with_the_name_is_no_password_and_is_not_said(self) -> None:
        ann = self.house.enters("ann")
        bob = self.house.comes()
        bob.sends(b"bob\r\nhello\r\n")
        self.assertTrue(bob.gone)
        self.assertNotIn("hello", "\n".join(ann.sees()))
        self.assertEqual(len(self.house.passwords.checked), 0)

    def test_name_and_password_on_one_line_come_in_and_speak(self) -> None:
        ann = self.house.enters("ann")
        bob = self.house.comes()
        bob.sends(b"bob correct-horse\nhello\n")
        bob.ends()
        self.assertIn("<bob> hello", ann.sees())

    def test_what_can_be_no_password_gives_a_guest_name(self) -> None:
        for answer in (b"\x80\xfe\r\n", b"x" * 5000 + b"\r\n"):
            bob = self.house.comes()
            bob.types("bob")
            bob.sends(answer)
            self.assert_any(bob.sees(), r"^-- Welcome, guest\d")
        self.assertEqual(len(self.house.passwords.checked), 0)

    def test_a_password_that_is_too_long_is_refused_before_it_is_hashed(self) -> None:
        bob = self.house.comes()
        bob.types("bob")
        bob.sends(b"x" * 2000 + b"\r\n")
        self.assert_any(bob.sees(), "^! A password can have at most 1,024 bytes")
        bob.types("rob")
        self.assertIn("-- Welcome, rob.", bob.sees())
        self.assertEqual(len(self.house.passwords.checked), 0)

    def test_with_telnet_the_password_is_not_shown(self) -> None:
        bob = self.house.comes()
        bob.sends(b"\xff\xfd\x01")  # DO ECHO: a client that negotiates
        bob.hears()
        bob.types("bob")
        self.assertIn(b"(it will not be shown)", bob.hears())
        bob.types("correct-horse")
        self.assertIn(b"Welcome, bob", bob.hears())


class ProgramTests(Case):
    def test_a_program_sends_name_and_password(self) -> None:
        robot = self.house.comes()
        robot.objects({"type": "nick", "content": "bob", "id": "1"})
        self.assertEqual([each.get("code") for each in robot.gets()], ["password-needed"])
        robot.objects({"type": "nick", "content": "bob", "password": "wrong-horse", "id": "2"})
        (refused,) = robot.gets()
        self.assertEqual(
            (refused["type"], refused["code"], refused["id"]), ("error", "wrong-password", "2")
        )
        robot.objects({"type": "nick", "content": "bob", "password": "correct-horse", "id": "3"})
        self.assertEqual(robot.gets()[0]["type"], "welcome")

    def test_a_program_registers_and_is_told_under_its_id(self) -> None:
        robot = self.house.program("robot")
        robot.objects({"type": "register", "password": "correct-horse", "id": "7"})
        (done,) = robot.gets()
        self.assertEqual((done["type"], done["code"], done["id"]), ("notice", "done", "7"))

    def test_accounts_and_guests_are_told_apart(self) -> None:
        self.house.comes().types("bob correct-horse")
        robot = self.house.program("robot")
        robot.objects({"type": "who"})
        (who,) = robot.gets()
        guests = {each["nick"]: (each["guest"], each["account"]) for each in who["users"]}
        self.assertEqual(guests, {"bob": (False, "bob"), "robot": (True, None)})

    def test_two_sessions_of_an_account_leave_one_by_one(self) -> None:
        one, two = (self.house.comes(STRANGER) for _ in range(2))
        for each in (one, two):
            each.types("bob correct-horse")
        ann = self.house.enters("ann")
        one.types("/quit")
        self.assertTrue(one.gone)
        self.assertEqual(ann.sees(), [])
        two.types("hi")
        self.assert_sees(ann, "<bob> hi")


class SlipTests(Case):
    def test_a_password_is_never_said_by_a_slip(self) -> None:
        ann, bob = self.house.enters("ann"), self.house.enters("eve")
        for line in (
            "register s3cret-s3cret",
            " /login bob s3cret-s3cret",
            "login bob s3cret-s3cret",
            "login s3cret-s3cret",
            "Login: bob s3cret-s3cret",
            "/regsiter s3cret-s3cret",
            "passwd s3cret-s3cret s3cret-new",
            "drop-account s3cret-s3cret",
            "dropaccount s3cret-s3cret",
            "\\login bob s3cret-s3cret",
            "!login bob s3cret-s3cret",
            "! login bob s3cret-s3cret",
            ".register s3cret-s3cret",
            "lo\u200bgin bob s3cret-s3cret",
            "(login bob s3cret-s3cret)",
            "\uff4cogin bob s3cret-s3cret",
            "/login bob s3cret-s3cret too much",
        ):
            bob.types(line)
            self.house.waits(1)
            self.assertEqual(ann.sees(), [], line)
            self.assert_any(bob.sees(), "^! ")

    def test_talk_about_logging_in_is_said(self) -> None:
        ann, eve = self.house.enters("ann"), self.house.enters("eve")
        for line in (
            "login does not work for me",
            "i cannot login today",
            "register as soon as you can",
            "logins",
            "// login bob x",
        ):
            eve.types(line)
            self.assert_sees(ann, f"<eve> {line.removeprefix('// ')}")


class LateObjectTests(HouseTestCase):
    """A program that sends a line end, or a nickname, before its first object."""

    def setUp(self) -> None:
        super().setUp()
        self.ann = self.house.enters("ann")
        self.house.hush()

    def test_after_an_empty_line_the_program_logs_in_in_the_guests_place(self) -> None:
        for guest, cuts in (("guest1", (b"\n", LOGIN)), ("guest2", (b"\r\n\r\n " + LOGIN,))):
            program = self.house.comes()
            for piece in cuts:
                program.sends(piece)
            welcome = next(each for each in program.gets() if each["type"] == "welcome")
            self.assertEqual(welcome["nick"], "robot")
            program.objects({"type": "message", "content": "hi"})
            self.assertEqual(
                self.ann.sees(),
                [
                    f"-- {guest} joined #lobby",
                    f"-- {guest} left the chat (continues as a JSON client)",
                    "-- robot joined #lobby",
                    "<robot> hi",
                ],
            )
            program.objects({"type": "quit"})
            self.house.hush()

    def test_a_name_that_is_refused_may_be_tried_again(self) -> None:
        program = self.house.comes()
        program.sends(b'\n{"type": "nick", "content": "ann"}\n')
        self.assertIn("nick-taken", [each.get("code") for each in program.gets()])
        program.sends(LOGIN)
        self.assertIn("welcome", [each["type"] for each in program.gets()])

    def test_the_end_of_input_comes_along(self) -> None:
        program = self.house.comes()
        program.sends(b"\n" + LOGIN + b'{"type": "message", "content": "hi"}\n')
        program.ends()
        self.assertIn("<robot> hi", self.ann.sees())
        self.assertTrue(program.gone)

    def test_after_a_nickname_it_is_told_in_json_and_nothing_is_said(self) -> None:
        program = self.house.comes()
        program.sends(b"bob\n")
        self.house.hush()
        for _ in range(2):
            program.sends(SECRET)
            (answer,) = program.gets()
            self.assertEqual((answer["type"], answer["code"]), ("error", "already-logged-in"))
            self.assertNotIn("s3cret", str(answer))
        program.sends(b'{"type": "private", "to": "ann", "content": "psst"}\n')
        self.assertEqual(self.ann.sees(), [])
        program.sends(b"hi\n")
        self.assert_sees(self.ann, "<bob> hi")

    def test_later_an_object_with_a_password_is_not_said_either(self) -> None:
        bob = self.house.enters("bob")
        bob.types("hi")
        self.house.hush()
        bob.sends(SECRET)
        (told,) = bob.sees()
        self.assertNotIn("s3cret", told)
        self.assertEqual(self.ann.sees(), [])

    def test_broken_objects_are_neither_said_nor_quoted(self) -> None:
        for before in (b"", b"\n", b"bob\n", b" "):
            program = self.house.comes()
            program.sends(before + b'{"type": "nick", "content": "bob", "password": "s3cret\n')
            heard = program.hears()
            self.assertNotIn(b"s3cret", heard)
            self.assertIn(b'"error"', heard)
            self.assertNotIn("s3cret", "".join(self.ann.sees()))
            program.resets()

    def test_an_object_behind_blanks_or_a_refused_name_is_an_object(self) -> None:
        for before in (b"  ", b"\t"):
            program = self.house.comes()
            program.sends(before + LOGIN)
            self.assertIn("welcome", [each["type"] for each in program.gets()])
            program.objects({"type": "quit"})
        program = self.house.comes()
        program.sends(b"ann\n")
        program.sends(LOGIN)
        self.assertIn("welcome", [each["type"] for each in program.gets()])
