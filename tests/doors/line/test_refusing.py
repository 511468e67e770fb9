"""What people are told when a line cannot be carried out: what became of it, and what to type instead."""

from __future__ import annotations

from tests.doors.house import HouseTestCase
from twisted_chat.core.grammar.table import COMMANDS

#: The commands that say something to somebody.
SAYING = {"msg", "reply", "me", "announce"}


class Case(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.enters("bob")
        self.house.hush()

    def told(self, line: str) -> str:
        self.house.waits(1)
        self.bob.types(line)
        return "\n".join(self.bob.sees())


class FateTests(Case):
    def test_no_command_that_says_nothing_claims_that_nothing_was_said(self) -> None:
        refused = 0
        for name in sorted(set(COMMANDS) - SAYING - {"quit", "logout"}):
            for rest in ("", " a b c d e f", " \x07", " \x07 x", " ,", " #, ,", " a:b", " \xad"):
                told = self.told(f"/{name}{rest}")
                self.assertNotIn("nothing was said", told.lower(), f"/{name}{rest!a}")
                self.assertNotIn("message was not sent", told.lower(), f"/{name}{rest!a}")
                refused += told.startswith("!")
        self.assertGreater(refused, 100)
        for line in ("JOIN ,", "JOIN", "JOIN a:b c", "JOIN \x07", "!who \x07"):
            told = self.told(line)
            self.assertTrue(told.startswith("! "), line)
            self.assertNotIn("nothing was said", told.lower(), line)

    def test_every_line_that_would_say_something_tells_that_it_was_not_sent(self) -> None:
        for line in (
            "/msg",
            "/msg bob",
            "/msg b:b hi",
            "/reply",
            "/me",
            "!msg bob",
            "!msg b:b hi",
            "hi \x07",
            "/me waves \x07",
            "/msg bob \x07",
            "MSG hi \x07",
            "MSG bob:",
            "MSG b!b:hi",
        ):
            told = self.told(line)
            self.assertTrue(told.startswith("! "), line)
            self.assertIn("message was not sent", told.lower(), line)

    def test_a_topic_that_a_muted_person_may_not_set_is_no_talk(self) -> None:
        eve = self.house.enters("eve")
        for each in (self.bob, eve):
            each.types("/join dev")
        self.bob.types("/moderated on")
        self.house.hush()
        eve.types("/topic mine")
        self.assert_sees(eve, "! #dev is moderated. Only members with voice can speak there.")
        eve.types("mine")
        self.assert_sees(
            eve,
            "! #dev is moderated. Only members with voice can speak there. The message was not sent.",
        )


class UsageTests(Case):
    def test_arguments_beyond_those_of_a_command_are_named(self) -> None:
        self.assertEqual(self.told("/whois a b"), '! Unexpected argument "b". Usage: /whois NICK.')
        self.assertEqual(
            self.told("/moderated x"),
            '! "x" is neither on nor off. Usage: /moderated [#ROOM] on|off.',
        )
        self.assertEqual(
            self.told("/me"), "! TEXT is missing. The message was not sent. Usage: /me TEXT."
        )
        self.assertEqual(
            self.told("/who x y"),
            '! "y" is not a page number; the first page is 1. Usage: /who [ROOM] [PAGE].',
        )

    def test_arguments_are_not_quoted_but_the_usage_is(self) -> None:
        self.assertEqual(
            self.told("/login bob my pass phrase"),
            "! Too many words: a password cannot contain spaces. Usage: /login [NICK] PASSWORD.",
        )
        self.assertEqual(
            self.told("/nick a:b"),
            '! ":" cannot be in a nickname; leave it out. Usage: /nick NICK.',
        )

    def test_help_explains_what_has_no_name(self) -> None:
        for topic, words in (
            ("?", "-- ? lists who is here (the same as /who)."),
            ("//", "-- // TEXT says TEXT exactly as it stands."),
            (">", "-- TEXT > NICK says TEXT to NICK in private (the same as /msg NICK TEXT)."),
            ("MSG", "-- /msg NICK TEXT: send a private message to one person."),
            ("jion", '! There is no command "jion". Did you mean /join?'),
            ("zzzzz", '! There is no command "zzzzz". /help lists the commands.'),
        ):
            self.assertEqual(self.told(f"/help {topic}").rstrip("."), words.rstrip("."))


class WrongPasswordTests(Case):
    def setUp(self) -> None:
        super().setUp()
        self.bob.types("/register correct-horse")
        self.house.hush()

    def test_wrong_passwords_and_names_are_told_as_such(self) -> None:
        eve = self.house.enters("eve")
        eve.types("/login bob wrong-horse")
        self.assert_sees(eve, "! Wrong password for bob. Type /login bob PASSWORD to try again.")
        eve.types("/login rob wrong-horse")
        self.assert_sees(
            eve, "! rob is not registered. To log in to an account, type /login NICK PASSWORD."
        )

    def test_a_wrong_password_at_the_prompt_tells_the_guest_name(self) -> None:
        eve = self.house.comes()
        eve.types("bob wrong-horse")
        told = eve.sees()
        self.assertIn(
            "! Wrong password for bob. You are guest1. Type /login bob PASSWORD to try again.", told
        )
        self.assertIn("-- Welcome, guest1.", told)

    def test_a_wrong_old_password_says_that_nothing_was_changed(self) -> None:
        self.bob.types("/passwd wrong-horse correct-horse-2")
        self.assert_sees(self.bob, "! Wrong password for bob. Nothing was changed.")
        self.bob.types("/drop-account wrong-horse")
        self.assert_sees(self.bob, "! Wrong password for bob. Nothing was changed.")
