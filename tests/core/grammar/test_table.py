from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import lines, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.grammar import table
from twisted_chat.core.grammar.table import COMMANDS, KINDS, BadArguments, nearest
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.names import BadName
from twisted_chat.core.values.retention import KEEP_ALL, Keep
from twisted_chat.core.values.text import BadText, CleanText

TEXT = CleanText


def parse(line: str) -> c.Command:
    name, _, rest = line.partition(" ")
    return COMMANDS[name].parse(rest)


class TableTests(SynchronousTestCase):
    def test_names_are_what_a_person_can_type_and_help_is_short(self) -> None:
        promised = "help nick join leave msg reply me who rooms list topic away back ignore unignore whois quit"
        self.assertEqual(set(promised.split()) - set(COMMANDS), set())
        for name, spec in COMMANDS.items():
            self.assertEqual(name, spec.name)
            self.assertTrue(re.fullmatch(r"[a-z]+(-[a-z]+)?", name), name)
        for spec in COMMANDS.values():
            self.assertTrue(spec.help and not spec.help.endswith("."), spec.name)
            self.assertLessEqual(len(spec.help), 60, spec.name)

    def test_usage_is_made_of_known_arguments(self) -> None:
        for spec in COMMANDS.values():
            words = spec.arguments
            for place, word in enumerate(words):
                self.assertIn(word.strip("[]"), KINDS)
                if word.strip("[]") in ("TEXT", "WORDS", "LIMIT", "PASSPHRASE"):
                    self.assertEqual(place, len(words) - 1, f"{spec.name}: it takes the rest")

    def test_duration_is_told_from_a_reason(self) -> None:
        eve = c.BanTarget("account", "eve", nick("eve"))
        for rest, duration, reason in (
            ("eve", None, None),
            ("eve 90s", 90, None),
            ("eve 1h30m being rude", 5400, CleanText("being rude")),
            ("eve being rude 1h", None, CleanText("being rude 1h")),
        ):
            self.assertEqual(parse(f"server-ban {rest}"), c.PutServerBan(eve, duration, reason))
        bad = self.assertRaises(BadArguments, parse, "server-ban eve 3 times rude")
        self.assertIn('"3" is not a duration', str(bad))

    def test_password_of_an_operator_may_have_blanks(self) -> None:
        self.assertEqual(parse("oper root  some  words"), c.Oper("root", "some  words"))
        bad = self.assertRaises(BadArguments, parse, "oper root")
        self.assertEqual(str(bad), "PASSWORD is missing")

    def test_commands_of_rooms_take_a_room_first_by_their_type(self) -> None:
        first = (
            "delete ban unban bans mute unmute except unexcept "
            "op deop voice devoice moderated slow invite lock unlock private invite-only "
            "topic-lock visibility set profile settings register-room transfer export"
        )
        self.assertEqual(
            {name for name, spec in COMMANDS.items() if spec.takes_room}, {*first.split()}
        )

    def test_help_says_what_a_command_needs(self) -> None:
        rooms = (
            "kick ban unban mute unmute except unexcept op deop voice devoice lock unlock private invite-only moderated slow "
            "topic-lock visibility rename-room"
        )
        server = (
            "deoper kill server-ban server-unban server-bans suspend unsuspend announce panic audit "
            "accounts reset-password remove-account wallops"
        )
        here = "only server operators and people on the server's own machine"
        self.assertEqual(
            {name: spec.who_may for name, spec in COMMANDS.items() if spec.who_may},
            {
                **dict.fromkeys(("register", "login"), "guests only"),
                **dict.fromkeys(("passwd", "drop-account", "privacy"), "needs an account"),
                "forget-me": "needs an account",
                **dict.fromkeys(("invite-code", "stats"), here),
                **dict.fromkeys(("keep", "set"), "only room operators can set it"),
                **dict.fromkeys(server.split(), "server operators only"),
                "register-room": "room operators only; needs an account",
                **dict.fromkeys(rooms.split(), "room operators only"),
                **dict.fromkeys(("transfer", "export", "drop-room"), "the owner of the room only"),
            },
        )


class ParseTests(SynchronousTestCase):
    def test_every_command_is_read(self) -> None:
        for line, command in (
            ("help", c.Help()),
            ("help msg", c.Help("msg")),
            ("nick bob", c.Rename(nick("bob"))),
            ("register secret-1", c.Register("secret-1")),
            ("register secret-1 code", c.Register("secret-1", "code")),
            ("login secret-1", c.Login(None, "secret-1")),
            ("login bob secret-1", c.Login(nick("bob"), "secret-1")),
            ("logout", c.Quit()),
            ("passwd secret-1 secret-2", c.ChangePassword("secret-1", "secret-2")),
            ("drop-account secret-1", c.DropAccount("secret-1")),
            ("invite-code", c.MakeInviteCode()),
            ("privacy", c.SetPrivacy()),
            ("privacy Rooms", c.SetPrivacy("rooms")),
            ("join dev", c.Join(room("dev"))),
            ("join #dev secret", c.Join(room("dev"), "secret")),
            ("leave", c.Leave()),
            ("leave dev", c.Leave(room("dev"))),
            ("msg bob hi  there", c.PrivateMessage(nick("bob"), lines("hi  there"))),
            ("reply yes, do", c.ReplyPrivately(lines("yes, do"))),
            ("me waves", c.Say(lines("waves"), kind="action")),
            ("whowas bob", c.Whowas(nick("bob"))),
            ("realname Bob B.", c.SetRealName(CleanText("Bob B."))),
            ("realname -", c.SetRealName(CleanText(""))),
            ("self", c.ShowUser()),
            ("self Hidden on", c.ChangeUser((("hidden", True),))),
            ("self bot off", c.ChangeUser((("bot", False),))),
            ("counts", c.ShowCounts()),
            ("watch", c.ShowWatched()),
            ("watch bob", c.Watch((nick("bob"),))),
            ("unwatch bob", c.Watch(remove=(nick("bob"),))),
            ("wallops tea", c.Announce(lines("tea"), wallops=True)),
            ("who", c.Who()),
            ("who dev", c.Who(room("dev"))),
            ("who 2", c.Who(page=2)),
            ("who dev 2", c.Who(room("dev"), 2)),
            ("who #2", c.Who(room("2"))),
            ("rooms", c.ListRooms()),
            ("rooms 3", c.ListRooms(3)),
            ("invites", c.ShowInvitations()),
            ("invites 2", c.ShowInvitations(2)),
            ("list", c.ListAll()),
            ("list 3", c.ListAll(3)),
            ("history", c.ShowHistory()),
            ("history 500", c.ShowHistory(limit=500)),
            ("history before 00000000000000ff", c.ShowHistory(before=MessageId(255))),
            ("history AFTER 00000000000000FF", c.ShowHistory(after=MessageId(255))),
            ("history 5 after 00000000000000ff", c.ShowHistory(after=MessageId(255), limit=5)),
            ("delete 000000000000000a", c.DeleteMessage(MessageId(10))),
            (
                "delete #dev 000000000000000a my mistake",
                c.DeleteMessage(MessageId(10), room("dev"), reason=CleanText("my mistake")),
            ),
            ("delete @bob 000000000000000a", c.DeleteMessage(MessageId(10), partner=nick("bob"))),
            ("search two words", c.Search((c.Term("two"), c.Term("words")))),
            ("search FROM:eve", c.Search((), nick("eve"))),
            ("stats", c.ShowStats()),
            ("topic", c.ShowTopic()),
            ("topic #dev", c.ShowTopic(room("dev"))),
            ("topic good news", c.SetTopic(TEXT("good news"))),
            ("topic -", c.SetTopic(TEXT(""))),
            ("topic #dev -", c.SetTopic(TEXT(""), room("dev"))),
            ("topic - -", c.SetTopic(TEXT("- -"))),
            ("topic #dev good news", c.SetTopic(TEXT("good news"), room("dev"))),
            ("away", c.Away(TEXT("away"))),
            ("away at lunch", c.Away(TEXT("at lunch"))),
            ("back", c.Away(None)),
            ("ignore", c.Ignore()),
            ("ignore eve", c.Ignore(nick("eve"))),
            ("unignore eve", c.Unignore(nick("eve"))),
            ("whois eve", c.Whois(nick("eve"))),
            ("kick eve", c.Kick(nick("eve"))),
            ("kick eve too loud", c.Kick(nick("eve"), TEXT("too loud"))),
            ("keep", c.ShowKeep()),
            ("keep #dev", c.ShowKeep(room("dev"))),
            ("keep 30 days", c.SetKeep(Keep(days=30))),
            ("keep #dev 7 days 500 lines", c.SetKeep(Keep(7, 500), room("dev"))),
            ("keep -", c.SetKeep(KEEP_ALL)),
            ("keep #dev -", c.SetKeep(KEEP_ALL, room("dev"))),
            ("quit", c.Quit()),
            ("quit good night", c.Quit(TEXT("good night"))),
        ):
            self.assertEqual(parse(line), command, line)

    def test_blanks_around_arguments_do_not_matter(self) -> None:
        self.assertEqual(parse("msg   bob   hi there  "), parse("msg bob hi there"))
        self.assertEqual(parse("back   "), parse("back"))
        self.assertEqual(parse("who   dev   2 "), parse("who dev 2"))

    def test_missing_argument_is_named(self) -> None:
        for line, missing in (
            ("nick", "NICK"),
            ("join  ", "ROOM"),
            ("msg", "NICK"),
            ("msg bob", "TEXT"),
            ("reply", "TEXT"),
            ("me ", "TEXT"),
            ("unignore", "NICK"),
            ("kick", "NICK"),
            ("history before", "ID"),
            ("history 5 after", "ID"),
            ("search", "WORDS"),
        ):
            bad = self.assertRaises(BadArguments, parse, line)
            self.assertEqual(str(bad), f"{missing} is missing")

    def test_arguments_too_many_are_quoted_safely_and_never_passwords(self) -> None:
        for line, rest in (("back now", "now"), ("nick bob smith", "smith"), ("rooms 2 3", "3")):
            bad = self.assertRaises(BadArguments, parse, line)
            self.assertEqual(str(bad), f'unexpected argument "{rest}"')
        for line in (
            "join dev my s3cret",
            "lock my s3cret",
            "login ann my s3cret",
            "passwd a b s3cret",
        ):
            bad = self.assertRaises(BadArguments, parse, line)
            self.assertEqual(str(bad), "too many words: a password cannot contain spaces")
        bad = self.assertRaises(BadArguments, parse, "back \x1b[2J" + "x" * 100)
        self.assertTrue(str(bad).startswith('unexpected argument "?[2Jxxx'))
        self.assertLess(len(str(bad)), 80)

    def test_pages_count_from_one(self) -> None:
        for word in ("0", "-1", "1.5", "x", "\u00b2", "\u0663", "1" * 7):
            bad = self.assertRaises(BadArguments, parse, f"rooms {word}")
            self.assertEqual(str(bad), f'"{word}" is not a page number; the first page is 1')
        self.assertEqual(parse("rooms 999999"), c.ListRooms(999999))

    def test_history_is_counted_and_asked_for_before_or_after_an_id(self) -> None:
        for rest, why in (
            ("0", '"0" is not a number of lines; it must be at least 1'),
            ("\u0663", '"\u0663" is not a number of lines; it must be at least 1'),
            ("000", '"000" is not a number of lines; it must be at least 1'),
            ("\u00b2", '"\u00b2" is not a number of lines; it must be at least 1'),
            ("5 since 00000000000000ff", '"since" is neither before nor after'),
            ("dev", '"dev" is not a number of lines; it must be at least 1'),
            ("before noon", '"noon" is not the id of a message, such as 00064f3d2a1b0c9e'),
            (
                "5 before ffffffffffffffff",
                '"ffffffffffffffff" is not the id of a message, such as 00064f3d2a1b0c9e',
            ),
            ("00000000000000ff", 'unexpected argument "00000000000000ff"'),
            ("before 00000000000000ff 5", 'unexpected argument "5"'),
        ):
            bad = self.assertRaises(BadArguments, parse, f"history {rest}")
            self.assertEqual(str(bad), why, rest)

    def test_more_lines_than_anybody_has_are_a_number_too(self) -> None:
        for digits in (9, 10, 20, 5000):
            asked = parse(f"history {'9' * digits}")
            self.assertEqual(asked, c.ShowHistory(limit=999_999_999), digits)
        self.assertEqual(parse("history 0020"), c.ShowHistory(limit=20))

    def test_limit_that_is_none_says_what_is_one(self) -> None:
        for what in ("1 week", "forever", "5"):
            bad = self.assertRaises(BadArguments, parse, f"keep {what}")
            self.assertEqual(
                str(bad),
                f'"{what}" is not a limit; use 30 days, 1000 lines, both, or - for no limit',
            )

    def test_bad_names_texts_and_searches_are_refused_by_those_who_know(self) -> None:
        for rest in ("*", "in:dev", "from: bob", "since:never x", "from:a,b"):
            self.assertRaises(BadArguments, parse, f"search {rest}")
        self.assertRaises(BadName, parse, "nick 1bob")
        self.assertRaises(BadName, parse, "join a,b")
        self.assertRaises(BadText, parse, "me \x1b[2J")
        self.assertRaises(BadText, parse, "join dev \x07")

    @given(
        st.sampled_from(sorted(COMMANDS)),
        st.text()
        | st.lists(
            st.sampled_from(
                [
                    "bob",
                    "#dev",
                    "dev",
                    "2",
                    "0",
                    "#",
                    "\u00b2",
                    "",
                    "\x1b",
                    "before",
                    "00000000000000ff",
                ]
            )
        ).map(" ".join),
    )
    def test_any_arguments_make_a_command_or_an_error_of_one_line(
        self, name: str, rest: str
    ) -> None:
        try:
            command = COMMANDS[name].parse(rest)
        except BadArguments as bad:
            self.assertEqual(CleanText(str(bad)), str(bad))
        except (BadName, BadText):
            pass
        else:
            self.assertIsInstance(command, c.Command)


class NearestTests(SynchronousTestCase):
    def test_slips_and_names_of_other_chats_find_ours_and_nothing_else_does(self) -> None:
        for typed, meant in (
            ("jion", "join"),
            ("mgs", "msg"),
            ("NICKS", "nick"),
            ("ignroe", "ignore"),
            ("room", "rooms"),
            ("quiit", "quit"),
        ):
            self.assertEqual(nearest(typed), meant)
        for typed, meant in (
            ("exit", "quit"),
            ("NAMES", "who"),
            ("part", "leave"),
            ("tell", "msg"),
        ):
            self.assertEqual(nearest(typed), meant)
        self.assertLessEqual(set(table._ELSEWHERE.values()), set(COMMANDS))
        self.assertFalse(set(table._ELSEWHERE) & set(COMMANDS))
        for typed in ("", "xyzzy", "plugh", "\U0001f600"):
            self.assertIsNone(nearest(typed))
        self.assertIsNone(nearest("x" * 1_000_000))
