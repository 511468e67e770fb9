"""The IRC door frames lines; its dialect answers each command in order, and ends it."""

from __future__ import annotations

from tests.doors.irc.house import IrcHouseTestCase
from twisted_chat.core.values.limits import Limits
from twisted_chat.dialects.irc.capabilities import OFFERED
from twisted_chat.dialects.irc.message import MAX_FRAME
from twisted_chat.dialects.irc.verbs import VERBS


class RegistrationTests(IrcHouseTestCase):
    def test_who_comes_says_so_in_several_lines_and_is_told_the_nick_in_numerics(self) -> None:
        ann = self.comes()
        ann.types("CAP LS 302", "NICK ann", "USER ann 0 * :Ann")
        listed = ann.sees()
        self.assertRegex(listed[0], r"^:server CAP \* LS \* :.*echo-message")
        self.assertRegex(listed[-1], r"^:server CAP \* LS :")
        older = self.comes()
        older.types("CAP LS")
        (only,) = older.sees()
        names = only.removeprefix(":server CAP * LS :").split()
        self.assertLessEqual(set(names), set(OFFERED))
        ann.types("CAP END")
        self.assertEqual(ann.sees()[0], ":server 001 ann :Welcome to server, ann")

    def test_lines_that_are_no_command_are_answered_before_the_login_too(self) -> None:
        ann = self.comes()
        ann.types("PING x", "JOIN #dev", "NOSUCH")
        self.assert_sees(
            ann,
            ":server PONG server :x",
            ":server 451 * :You have not registered",
            ":server 451 * :You have not registered",
        )

    def test_tls_and_requests_of_web_pages_say_nothing_here(self) -> None:
        lines = b"NICK eve\r\nUSER eve 0 * :Eve\r\nJOIN #dev\r\n"
        for first in (
            b"\x16\x03\x01\x02\x00\x01\n",
            b"POST / HTTP/1.1\r\nHost: x\r\n\r\n",
            b"POST /" + b"a" * 2_000 + b" HTTP/1.1\r\n\r\n",
            b"POST /" + b"a" * MAX_FRAME + b" HTTP/1.1\r\n\r\n",
        ):
            for size in (1, 10_000):
                client = self.comes()
                data = first + lines
                for at in range(0, len(data), size):
                    client.sends(data[at : at + size])
                self.assertNotIn(" 001 ", client.hears().decode(), first[:20])
                self.house.turn()
                self.assertTrue(client.gone)

    def test_all_may_come_at_once(self) -> None:
        ann = self.comes()
        ann.sends(b"NICK ann\r\nUSER ann 0 * :Ann\r\nJOIN #dev\r\nPING x\r\n")
        self.assertEqual(
            self.bare(ann)[-4:],
            [
                ":ann JOIN #dev",
                ":server 353 ann = #dev :@ann",
                ":server 366 ann #dev :End of /NAMES list",
                ":server PONG server :x",
            ],
        )

    def test_another_nick_may_be_tried_without_the_other_lines(self) -> None:
        self.house.enters("ann")
        ann = self.comes()
        ann.types("NICK ann", "USER ann 0 * :Ann")
        (refused,) = ann.sees()
        self.assertRegex(refused, r"^:server 433 \* ann :.*ann")
        ann.types("NICK anna")
        self.assertEqual(ann.sees()[0], ":server 001 anna :Welcome to server, anna")

    def test_who_needs_a_capability_that_there_is_not_gets_none(self) -> None:
        ann = self.comes()
        ann.types("CAP REQ :echo-message nosuch", "CAP LIST")
        self.assert_sees(ann, ":server CAP * NAK :echo-message nosuch", ":server CAP * LIST :")


class PasswordTests(IrcHouseTestCase):
    password = "sesame"

    def test_without_the_password_of_the_server_nobody_is_let_in(self) -> None:
        for given in ((), ("PASS wrong",)):
            ann = self.comes()
            ann.types(*given, "NICK ann", "USER ann 0 * :Ann")
            self.assertEqual(ann.sees()[0], ":server 464 * :Password incorrect")
            self.assertTrue(ann.gone)
        ann = self.comes()
        ann.types("PASS sesame", "NICK ann", "USER ann 0 * :Ann")
        self.assertRegex(ann.sees()[0], "^:server 001 ann ")


class CommandTests(IrcHouseTestCase):
    def test_commands_of_one_line_are_answered_one_after_the_other_each_with_its_end(self) -> None:
        bob, ann = self.enters("bob", "#a", "#b"), self.enters("ann", "#a")
        ann.sends(b"JOIN #b,#c\r\nNAMES #a,#nowhere,#b\r\nPING behind\r\n")
        self.assert_bare(
            ann,
            ":ann JOIN #b",
            ":server 353 ann = #b :@bob ann",
            ":server 366 ann #b :End of /NAMES list",
            ":ann JOIN #c",
            ":server 353 ann = #c :@ann",
            ":server 366 ann #c :End of /NAMES list",
            ":server 353 ann = #a :@bob ann",
            ":server 353 ann = #b :@bob ann",
            ":server 366 ann #a,#nowhere,#b :End of /NAMES list",
            ":server PONG server :behind",
        )
        self.assertEqual(self.bare(bob)[-1], ":ann JOIN #b")

    def test_own_lines_come_back_to_a_session_that_asked_for_that_and_to_no_other(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob", "#dev", caps="echo-message")
        self.assertEqual(
            self.asks(bob, "PRIVMSG #dev :hi", "PRIVMSG #dev,ann :both"),
            [":bob PRIVMSG #dev :hi", ":bob PRIVMSG #dev :both", ":bob PRIVMSG ann :both"],
        )
        self.assertEqual(self.asks(ann, "PRIVMSG #dev :hello"), [])

    def test_capabilities_count_from_the_line_in_which_they_are_asked_for(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob")
        ann.types("CAP REQ extended-join")
        ann.hears()
        bob.types("JOIN #dev")
        (joined,) = self.bare(ann)
        self.assertRegex(joined, r"^:bob JOIN #dev \* :")

    def test_numerics_carry_the_nick_that_the_session_has_now(self) -> None:
        ann = self.enters("ann", "#dev")
        self.assertEqual(
            self.asks(ann, "NICK anna", "NOSUCH"),
            [":ann NICK anna", ":server 421 anna NOSUCH :Unknown command"],
        )

    def test_the_case_of_ones_own_nick_may_change_and_no_change_is_not_answered(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob", "#dev")
        (refused,) = self.asks(bob, "NICK Ann")
        self.assertRegex(refused, "^:server 433 bob Ann ")
        self.assertEqual(self.asks(ann, "NICK Ann", "NICK Ann"), [":ann NICK Ann"])
        self.assert_bare(bob, ":ann NICK Ann")

    def test_what_is_for_operators_and_names_no_room_is_refused_as_that(self) -> None:
        ann = self.enters("ann")
        (told, _) = self.asks(ann, "STATS")
        self.assertTrue(told.startswith(":server 481 ann :"), told)

    def test_help_names_the_verbs_and_explains_them_and_the_other_commands(self) -> None:
        ann = self.enters("ann")
        shown = " ".join(line.partition(" :")[2] for line in self.asks(ann, "HELP"))
        self.assertLessEqual({*VERBS, "/quote"}, set(shown.split()))
        self.assertIn(":server 704 ann JOIN :JOIN #ROOM", self.asks(ann, "HELP JOIN")[0])
        for group in ("talk", "people", "rooms", "account", "moderation", "search"):
            first = self.asks(ann, f"HELP {group}")[0]
            self.assertIn(f" 704 ann {group} :", first)
        self.assertIn("/quote SEARCH ", first)

    def test_bad_line_is_an_error_and_what_follows_counts(self) -> None:
        ann = self.enters("ann", "#dev")
        ann.sends(b"\xff\r\n" + b"x" * (MAX_FRAME + 1) + b"\r\nPING x\r\n")
        bad, long, pong = ann.sees()
        self.assertRegex(bad, r"^:server FAIL \* INVALID_UTF8 :.*UTF-8")
        self.assertRegex(long, "^:server 417 ann :.*4,606 bytes")
        self.assertEqual(pong, ":server PONG server :x")

    def test_other_doors_hear_the_same(self) -> None:
        ann, eve = self.enters("ann", "#lobby"), self.house.enters("eve")
        self.assertEqual(self.asks(ann, "PRIVMSG #lobby :hi"), [])
        self.assert_sees(eve, "<ann> hi")
        eve.types("hello")
        self.assert_bare(ann, ":eve PRIVMSG #lobby :hello")

    def test_commands_of_the_other_doors_are_understood(self) -> None:
        ann = self.enters("ann", "#dev")
        (shown,) = self.asks(ann, "KEEP #dev")
        self.assertRegex(shown, "^:server NOTICE ann :The history of #dev is kept ")

    def test_commands_of_the_other_doors_change_no_room_that_they_do_not_name(self) -> None:
        ann = self.enters("ann", "#dev,#ops")
        for line in ("LOCK secret", "ME waves", "LEAVE", "INVITE-ONLY on"):
            (told,) = self.asks(ann, line)
            self.assertTrue(
                told.startswith(f":server 461 ann {line.split()[0]} :Name the room"), told
            )
        self.assertEqual(self.asks(ann, "LOCK #dev secret"), [":ann MODE #dev +k *"])


class ListTests(IrcHouseTestCase):
    def test_all_members_are_listed_however_many_there_are(self) -> None:
        ann = self.enters("ann", "#dev")
        nicks = [f"member{number}" for number in range(120)]
        for nick in nicks:
            self.enters(nick, "#dev")
        *rows, end = self.asks(ann, "NAMES #dev")
        self.assertEqual(end, ":server 366 ann #dev :End of /NAMES list")
        listed = [name for row in rows for name in row.partition(" :")[2].split()]
        self.assertEqual(sorted(listed), sorted(["@ann", *nicks]))
        self.assertLess(max(map(len, rows)), 511)


class EndTests(IrcHouseTestCase):
    def test_end_of_input_handles_what_is_there_and_leaves(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob", "#dev")
        ann.sends(b"PRIVMSG #dev :last\r\nPING x")
        ann.ends()
        self.assertTrue(ann.gone)
        self.assertEqual(ann.sees()[-2:], [":server PONG server :x", "ERROR :Goodbye."])
        self.assert_bare(bob, ":ann PRIVMSG #dev :last", ":ann QUIT :disconnected")

    def test_who_quits_says_why(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob", "#dev")
        ann.types("QUIT :so long")
        self.assertTrue(ann.gone)
        self.assert_bare(bob, ":ann QUIT :so long")

    def test_nobody_is_kept_for_the_words_they_leave_with(self) -> None:
        ann, bob = self.enters("ann", "#dev"), self.enters("bob", "#dev")
        ann.types("PART #dev :\x1b[2Jbye", "QUIT :\x01")
        self.assert_bare(bob, ":ann PART #dev :?[2Jbye")
        self.assertTrue(ann.gone)

    def test_too_much_without_a_line_end_closes(self) -> None:
        ann = self.enters("ann", "#dev")
        ann.sends(b"x" * (self.house.sessions.limits.max_endless + 2))
        self.assertTrue(ann.gone)

    def test_who_takes_too_long_to_register_is_refused(self) -> None:
        ann = self.comes()
        ann.types("NICK ann")
        self.house.waits(self.house.sessions.limits.login_time)
        self.assertTrue(ann.gone)


class FloodTests(IrcHouseTestCase):
    limits = Limits(flood_burst=5, flood_rate=1)

    def test_who_sends_too_much_before_the_login_is_refused(self) -> None:
        ann = self.comes()
        ann.sends(b"PING x\r\n" * 10)
        self.assertTrue(ann.gone)
        self.assertEqual(ann.sees(), [*[":server PONG server :x"] * 5, "ERROR :too many tries"])

    def test_commands_of_one_line_count_as_one(self) -> None:
        ann = self.enters("ann", "#dev")
        seen = self.asks(ann, "JOIN #a,#b,#c,#d,#e,#f")
        self.assertEqual(len([line for line in seen if " JOIN " in line]), 6)
        ann.sends(b"PING x\r\n" * 4)
        self.assertEqual(len(ann.sees()), 2)
        self.house.waits(10)
        self.assertEqual(len(ann.sees()), 3)
