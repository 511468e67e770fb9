"""The grammar of plain lines, rule by rule."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.cost import cost
from tests.dialects.strategies import LINE_TOKENS
from twisted_chat.core.api import commands as c
from twisted_chat.core.grammar.table import COMMANDS, Spec
from twisted_chat.core.values.ids import spell
from twisted_chat.core.values.names import parse_nick, parse_room
from twisted_chat.core.values.text import BadText, CleanText, Secret
from twisted_chat.dialects.base import BadLine
from twisted_chat.dialects.line import parse as module
from twisted_chat.dialects.line.parse import LineDialect, read

BOB = parse_nick("bob")

DIALECT = LineDialect(lambda: 0.0)


def parse(line: str | bytes, *, logged_in: bool = True) -> c.Command | None:
    frame = line.encode() if isinstance(line, str) else line
    request = DIALECT.parse(frame, logged_in=logged_in)
    return request.command if request is not None else None


def say(text: str) -> c.Say:
    return c.Say((CleanText(text),))


def tell(nick: str, text: str) -> c.PrivateMessage:
    return c.PrivateMessage(parse_nick(nick), (CleanText(text),))


def perhaps_for(nick: str, text: str) -> c.Say:
    return c.Say((CleanText(text),), unless=(parse_nick(nick),))


def join(room: str, password: str | None = None) -> c.Join:
    return c.Join(parse_room(room), password)


#: What a line means, in the order of the rules: the first that fits wins.
MEANINGS: list[tuple[str, c.Command | None]] = [
    # 1. nothing; said literally; blanks in front
    ("", None),
    (" ", None),
    (" \t ", None),
    ("\u3000\u00a0", None),
    ("\x02\x0f", None),
    ("//x", say("/x")),
    ("//", say("/")),
    ("// ", say("/ ")),
    ("//msg bob hi", say("/msg bob hi")),
    ("// MSG bob:hi", say("MSG bob:hi")),
    ("// psst > bob", say("psst > bob")),
    ("// !msg bob hi", say("!msg bob hi")),
    ("// // x", say("// x")),
    ("//  x", say(" x")),
    ("///", say("//")),
    ("  indented", say("  indented")),
    ("\u3000indented", say("\u3000indented")),
    ("\tindented", say(" indented")),
    (" LIST of things", say(" LIST of things")),
    (" MSGR", say(" MSGR")),
    (" msg me later", perhaps_for("me", " msg me later")),
    (" msg http://x", say(" msg http://x")),
    (" ?", say(" ?")),
    # 2. slash
    ("/who", c.Who()),
    ("/WHO", c.Who()),
    ("/who  ", c.Who()),
    ("/who\t", c.Who()),
    ("/who dev 2", c.Who(parse_room("dev"), 2)),
    ("/who 2", c.Who(None, 2)),
    ("/msg bob hi", tell("bob", "hi")),
    ("/msg  bob  hi  there ", tell("bob", "hi  there")),
    ("/msg bob psst > alice", tell("bob", "psst > alice")),
    ("/me waves", c.Say((CleanText("waves"),), kind="action")),
    ("/join dev", join("dev")),
    ("/join #dev secret", join("dev", "secret")),
    # 3. bang
    ("!who", c.Who()),
    ("!WHO ", c.Who()),
    ("!msg bob hi", tell("bob", "hi")),
    ("!Msg bob  hi", tell("bob", "hi")),
    ("!logout", c.Quit()),
    (
        "!roll 2d6",
        c.AskBot(
            "!roll",
            CleanText("!roll 2d6"),
            "There is no command !roll. The commands with ! are !who, !msg NICK TEXT, !logout and !help. "
            'The line was not sent (to say it as it is, put "// " in front).',
        ),
    ),
    ("!help", c.Help()),
    ("!", say("!")),
    ("!!", say("!!")),
    ("!!!wow", say("!!!wow")),
    ("! wow", say("! wow")),
    ("! psst > bob", tell("bob", "! psst")),
    ("! psst>bob", perhaps_for("bob", "! psst>bob")),
    ("!5", say("!5")),
    ("!?", say("!?")),
    # 4. upper-case verbs
    ("JOIN dev", join("dev")),
    ("JOIN #dev", join("dev")),
    ("JOIN dev secret", join("dev", "secret")),
    ("JOIN  dev ", join("dev")),
    ("JOIN\tdev", join("dev")),
    ("MSG hi", say("hi")),
    ("MSG  hi there ", say("hi there")),
    ("MSG bob:hi", tell("bob", "hi")),
    ("MSG bob: hi ", tell("bob", "hi")),
    ("MSG bob\uff1ahi", tell("bob", "hi")),
    ("msg bob \uff1a hi", tell("bob", "hi")),
    ("MSG bob psst", say("bob psst")),
    ("MSG bob, psst", say("bob, psst")),
    ("MSG bob;psst", perhaps_for("bob", "bob;psst")),
    ("MSG /who", say("/who")),
    ("7msg bob psst", perhaps_for("bob", "7msg bob psst")),
    ("bob << psst", perhaps_for("bob", "bob << psst")),
    ("\uff1dbob psst", perhaps_for("bob", "\uff1dbob psst")),
    ("NICK", say("NICK")),
    ("7 of 9", say("7 of 9")),
    ("nice day", say("nice day")),
    ("the password: it is long", say("the password: it is long")),
    ('"quoted": yes', say('"quoted": yes')),
    ('{"type": "object"}', say('{"type": "object"}')),
    ("@bob> psst there", perhaps_for("bob", "@bob> psst there")),
    ("='bob' psst", perhaps_for("bob", "='bob' psst")),
    ("MSG bob :hi", tell("bob", "hi")),
    ("MSG bob : hi", tell("bob", "hi")),
    ("MSG  bob:hi", tell("bob", "hi")),
    ("MSG\u00a0bob:hi", tell("bob", "hi")),
    ("MSG bob:hi > alice", tell("bob", "hi > alice")),
    ("MSG bob::-)", tell("bob", ":-)")),
    ("MSG bob: http://x", tell("bob", "http://x")),
    ("msg bob: hi", tell("bob", "hi")),
    ("Msg bob:hi", tell("bob", "hi")),
    ("MSG http://x", say("http://x")),
    ("MSG http://x:80/", say("http://x:80/")),
    ("msg http://x", say("msg http://x")),
    ("MSG bob://x", say("bob://x")),
    ("MSG to all: hi", say("to all: hi")),
    ("LEAVE", c.Leave()),
    ("LEAVE ", c.Leave()),
    ("LEAVE\u00a0", c.Leave()),
    ("LIST", c.ListAll()),
    ("HELP", c.Help()),
    ("QUIT", c.Quit()),
    ("QUIT\t", c.Quit()),
    ("LEAVE me alone", say("LEAVE me alone")),
    ("LIST of things", say("LIST of things")),
    ("HELP me", say("HELP me")),
    ("QUIT it", say("QUIT it")),
    ("join dev", say("join dev")),
    ("Join dev", say("Join dev")),
    ("join dev x", c.Say((CleanText("join dev x"),), unless=(parse_room("dev"),))),
    ("Join #dev x", c.Say((CleanText("Join #dev x"),), unless=(parse_room("dev"),))),
    ("JOINED dev", say("JOINED dev")),
    ("quit", say("quit")),
    ("msg me later", perhaps_for("me", "msg me later")),
    ("msg is down", perhaps_for("is", "msg is down")),
    ("psst > bob.", perhaps_for("bob", "psst > bob.")),
    ("psst > @bob", perhaps_for("bob", "psst > @bob")),
    ("psst > bob, carol", perhaps_for("bob", "psst > bob, carol")),
    ("MSG psst > bob", perhaps_for("bob", "psst > bob")),
    ("5 > 3, as ever", say("5 > 3, as ever")),
    # 5. who is here
    ("?", c.Who()),
    ("? ", c.Who()),
    ("?\u3000", c.Who()),
    ("??", say("??")),
    ("? what", say("? what")),
    # 6. text > name
    ("psst > bob", tell("bob", "psst")),
    ("psst >bob", tell("bob", "psst")),
    ("psst> bob", tell("bob", "psst")),
    ("psst > bob  ", tell("bob", "psst")),
    ("psst  >  bob", tell("bob", "psst")),
    ("psst\u00a0>\u3000bob", tell("bob", "psst")),
    ("text > absent", tell("absent", "text")),
    ("a > b > bob", tell("bob", "a > b")),
    (" psst > bob", tell("bob", " psst")),
    (" x > y > bob", tell("bob", " x > y")),
    ("LIST > bob", tell("bob", "LIST")),
    ("http://x > bob", tell("bob", "http://x")),
    ("5 > 3", say("5 > 3")),
    ("5 > x > 3", say("5 > x > 3")),
    ("a->b", perhaps_for("b", "a->b")),
    ("privmsg bob :psst", perhaps_for("bob", "privmsg bob :psst")),
    ("psst>bob", perhaps_for("bob", "psst>bob")),
    ("> bob", say("> bob")),
    ("x > bob said so", say("x > bob said so")),
    ("<html>", say("<html>")),
    ("x >= y", perhaps_for("y", "x >= y")),
    ("> >", say("> >")),
    ("psst\u2192bob", perhaps_for("bob", "psst\u2192bob")),
    ("psst \u2192 bob!", perhaps_for("bob", "psst \u2192 bob!")),
    ("psst&gt;bob", perhaps_for("bob", "psst&gt;bob")),
    ("=bob psst", perhaps_for("bob", "=bob psst")),
    ("=@bob, psst", perhaps_for("bob", "=@bob, psst")),
    ("bob <- psst", perhaps_for("bob", "bob <- psst")),
    ("bob \u2190 psst", perhaps_for("bob", "bob \u2190 psst")),
    ("bob < psst", perhaps_for("bob", "bob < psst")),
    ("@bob psst", say("@bob psst")),
    ("== bob", say("== bob")),
    ("a & b", say("a & b")),
    ("5 < 6", say("5 < 6")),
    # 7. anything else
    ("hi", say("hi")),
    ("hi ", say("hi ")),
    ("hi\tthere", say("hi there")),
    ("\x02bold\x02 and \x0304,5red\x03", say("bold and red")),
    ("#dev is down", say("#dev is down")),
    ("{not json", say("{not json")),
    ("\U0001f469\u200d\U0001f4bb", say("\U0001f469\u200d\U0001f4bb")),
]

#: Slips of a private form, or of a command that would have been hidden: an error, and nothing is said.
NEAR_MISSES = [
    (" /msg bob hi", "leading-blank"),
    ("\t/msg bob hi", "leading-blank"),
    ("\u00a0/msg bob hi", "leading-blank"),
    ("\u3000/msg bob hi", "leading-blank"),
    ("\u200b/msg bob hi", "leading-blank"),
    ("\u200e \u2060/msg bob hi", "leading-blank"),
    ("\u00ad/msg bob hi", "leading-blank"),
    ("\u2063/msg bob hi", "leading-blank"),
    ("\u3164MSG bob:hi", "leading-blank"),
    ("\u2063JOIN dev secret", "leading-blank"),
    (" MSG bob\uff1ahi", "leading-blank"),
    (" //x", "leading-blank"),
    (" !msg bob hi", "leading-blank"),
    (" !", "leading-blank"),
    (" MSG bob:hi", "leading-blank"),
    (" MSG bob :hi", "leading-blank"),
    (" msg bob:hi", "leading-blank"),
    (" MSG hi", "leading-blank"),
    (" MSG", "leading-blank"),
    (" JOIN dev secret", "leading-blank"),
    (" LEAVE", "leading-blank"),
    ("  QUIT ", "leading-blank"),
    ("/ msg bob hi", "usage"),
    ("/", "usage"),
    ("/msg", "usage"),
    ("/msg bob", "usage"),
    ("/msg bob ", "usage"),
    ("/msg bob: hi", "bad-name"),
    ("/msg\u00a0bob hi", "unknown-command"),
    ("/msgbob hi", "unknown-command"),
    ("/mgs bob hi", "unknown-command"),
    ("/!msg bob hi", "unknown-command"),
    ("/5", "unknown-command"),
    ("/home/bob/x is the path", "unknown-command"),
    ("!mgs bob hi", "unknown-command"),
    ("!msgbob hi", "unknown-command"),
    ("!join dev", "unknown-command"),
    ("!\u00e9t\u00e9", "unknown-command"),
    ("! msg bob hi", "usage"),
    ("!  MSG bob hi", "usage"),
    ("!\u3000msg bob hi", "usage"),
    ("!!msg bob hi", "usage"),
    ("!/msg bob hi", "usage"),
    ("! who", "usage"),
    ("!\u200b msg bob hi", "usage"),
    ("!\u200bmsg bob hi", "unknown-command"),
    ("!msg", "usage"),
    ("!msg bob", "usage"),
    ("!msg bob: hi", "bad-name"),
    ("!msg b@b hi", "bad-name"),
    ("!who dev", "usage"),
    ("!logout now", "usage"),
    ("!help me", "usage"),
    ("\\msg bob hi", "unknown-command"),
    ("\uff0fmsg bob hi", "unknown-command"),
    ("\uff01 MSG bob hi", "unknown-command"),
    ("\\reply hi", "unknown-command"),
    ("\\join dev secret", "unknown-command"),
    (" \\msg bob hi", "unknown-command"),
    (".reply hi", "unknown-command"),
    # an arrow in any other form, or one that points at nobody
    ("psst -> bob", "looks-private"),
    ("psst --> bob", "looks-private"),
    ("psst => bob", "looks-private"),
    ("psst ~> bob", "looks-private"),
    ("psst >> bob", "looks-private"),
    ("psst \u2192 bob", "looks-private"),
    ("psst \u21d2 bob", "looks-private"),
    ("psst \u279c bob", "looks-private"),
    ("psst \u27a1\ufe0f bob", "looks-private"),
    ("psst \u2014> bob", "looks-private"),
    ("psst \uff1e bob", "looks-private"),
    ("psst &gt; bob", "looks-private"),
    ("psst &GT; bob", "looks-private"),
    ("psst -&gt; bob", "looks-private"),
    ("x >", "looks-private"),
    ("x > ", "looks-private"),
    ("x ->", "looks-private"),
    ("x \u2192 ", "looks-private"),
    ("psst > bob >", "looks-private"),
    # an object of a program, or a part of one
    ('\u200b{"type": "nick", "password": "s3cret"}', "looks-private"),
    ('  "password": "s3cret"', "looks-private"),
    ('{ password: "s3cret" }', "looks-private"),
    (
        "{\u201ctype\u201d:\u201cnick\u201d,\u201cpassword\u201d:\u201cs3cret\u201d}",
        "looks-private",
    ),
    ('[{"type":"nick","password":"s3cret"}]', "looks-private"),
    ('{"type":"command","content":"/login ann s3cret"}', "looks-private"),
    ('{"type": "MSG", "content": "bob:psst"}', "looks-private"),
    ('{"to":"bob","content":"psst"}', "looks-private"),
    # marks without Shift, or of another kind; verbs of other chats
    ("7login ann s3cret", "looks-private"),
    ("1login ann s3cret", "looks-private"),
    ("\u2215login ann s3cret", "looks-private"),
    ("\u201c/login ann s3cret\u201d", "looks-private"),
    ("NICK ann s3cret", "looks-private"),
    ("PASS s3cret", "looks-private"),
    ("Password: s3cret", "looks-private"),
    ('{"type": "nick", "content": "bob", "password": "s3cret"}', "looks-private"),
    ('{"type": "nick", "content": "bob", "password": "s3cr', "looks-private"),
    ("{'password':'s3cret'}", "looks-private"),
    ('{"type": "private", "to": "bob", "content": "psst"}', "looks-private"),
    ("MSG", "usage"),
    ("MSG  ", "usage"),
    ("MSG bob:", "usage"),
    ("MSG bob: ", "usage"),
    ("MSG bob :", "usage"),
    ("MSG :hi", "usage"),
    ("MSG bob\uff1a", "usage"),
    ("MSG \uff1ahi", "usage"),
    ("msg :hi", "usage"),
    ("MSG b@b:hi", "bad-nick"),
    ("MSG #dev:hi", "bad-nick"),
    ("MSG 12:30 is fine", "bad-nick"),
    ("JOIN", "usage"),
    ("JOIN a b c", "usage"),
    ("JOIN a,b", "bad-name"),
    ("JOIN\u00a0dev", "bad-name"),
    ("/rooms x", "usage"),
    ("/back now", "usage"),
]


class PlainTests(SynchronousTestCase):
    def test_no_command_with_a_password_is_said_at_first_sight(self) -> None:
        words = [name for name, spec in COMMANDS.items() if spec.secret]
        for word in words:
            for line in (
                f"{word} s3cret",
                f"{word.upper()} s3cret",
                f"({word} s3cret",
                f"{word[0]}\u200b{word[1:]} s3cret",
            ):
                self.assertFalse(module.is_plain(line), ascii(line))

    @given(
        st.lists(
            st.sampled_from([*b"a m M p J j 5 join = ( ' @".split(), *LINE_TOKENS]), max_size=5
        )
    )
    def test_what_is_said_at_first_sight_would_be_said_by_the_rules_too(
        self, tokens: list[bytes]
    ) -> None:
        try:
            line = CleanText(b"".join(tokens).decode("utf-8", "replace"))
        except BadText:
            return
        if module.is_plain(line):
            self.assertEqual(module.read(line), module._read(line))


class GrammarTests(SynchronousTestCase):
    def test_every_line_means_what_the_first_fitting_rule_says(self) -> None:
        for line, command in MEANINGS:
            self.assertEqual(parse(line), command, ascii(line))

    def test_near_misses_are_errors_that_say_so_or_what_to_write(self) -> None:
        for line, code in NEAR_MISSES:
            bad = self.assertRaises(BadLine, parse, line)
            self.assertEqual(bad.code, code, ascii(line))
            self.assertIsNone(bad.tag)
        for line, _ in NEAR_MISSES:
            why = str(self.assertRaises(BadLine, parse, line))
            told = "was not sent" in why or "Usage: " in why
            self.assertTrue(told, f"{line!a}: {why}")

    def test_no_error_quotes_what_may_be_a_password_or_a_private_text(self) -> None:
        for line in (
            "/login:ann:s3cret",
            "/loginann s3cret",
            "/logins3cret",
            "/login\u00a0ann\u00a0s3cret",
            "/l0gin:s3cret",
            "/login ann s3cret s3cret2",
            "/register s3cret code s3cret",
            "/join dev s3cret s3cret",
            "JOIN dev s3cret s3cret",
            "/msg:bob:s3cret",
            "/msgbobs3cret",
            "!login:s3cret",
            "!msg\u00a0bob\u00a0s3cret",
            "login ann s3cret",
            "psst \u2192 s3cret",
            '{"type": "nick", "password": "s3cret"}',
            '{"password": "s3cr',
            # Programs that send all that is typed behind MSG.
            "MSG /login ann s3cret",
            "msg /msg bob s3cret",
            "MSG login ann s3cret",
            "MSG !oper root s3cret",
        ):
            why = str(self.assertRaises(BadLine, parse, line))
            self.assertNotIn("s3cr", why, line)
        for first in (
            '{"type":"nick","password":"s3cret"',
            '["s3cret"',
            '\u200b{"type": "nick", "content": "ann", "password": "s3cret"}',
            "msg\uff1abob\uff1as3cret",
        ):
            why = str(self.assertRaises(BadLine, parse, first, logged_in=False))
            self.assertNotIn("s3cr", why)

    def test_every_line_can_be_said_literally(self) -> None:
        lines = [line for line, _ in [*MEANINGS, *NEAR_MISSES]]
        for line in lines:
            text = str(CleanText(line))
            if text.strip():
                self.assertEqual(parse(f"// {line}"), say(text), ascii(line))

    @given(st.text(max_size=20))
    def test_nobody_says_what_begins_with_a_mark_and_a_letter(self, text: str) -> None:
        for mark in ("/", "!", " /", " !"):
            line = f"{mark}x{text}"
            try:
                command = parse(line)
            except BadLine:
                continue
            self.assertFalse(command is None or isinstance(command, c.Say), ascii(line))

    @given(
        st.sampled_from(["/msg ", "!msg ", "/MSG ", "! msg ", "/ msg ", " /msg ", "!!msg "]),
        st.text(),
    )
    def test_private_form_is_never_said_to_a_room(self, form: str, text: str) -> None:
        try:
            command = parse(f"{form}{text}")
        except BadLine:
            return
        self.assertIsInstance(command, c.PrivateMessage, ascii(text))

    @given(
        st.from_regex(r"[^\s:]{0,9}[ ]?:(?!//)", fullmatch=True),
        st.text(),
        st.sampled_from(["MSG", "msg", "mSg"]),
    )
    def test_msg_with_a_target_is_never_said_to_a_room(
        self, word: str, text: str, verb: str
    ) -> None:
        line = f"{verb} {word}x{text}"
        try:
            command = parse(line)
        except BadLine:
            return
        self.assertIsInstance(command, c.PrivateMessage, ascii(line))

    @given(st.lists(st.sampled_from(LINE_TOKENS), max_size=12).map(b"".join))
    def test_what_is_said_stands_in_the_line(self, line: bytes) -> None:
        try:
            command = parse(line)
        except BadLine:
            return
        if isinstance(command, c.Say | c.PrivateMessage):
            (text,) = command.lines
            self.assertIn(text, CleanText(line.decode()))


class ErrorTextTests(SynchronousTestCase):
    def why(self, line: str | bytes) -> str:
        return str(self.assertRaises(BadLine, parse, line))

    def test_unknown_command_suggests_the_nearest_or_help(self) -> None:
        self.assertEqual(
            self.why("/jion dev"),
            "There is no command /jion. Did you mean /join? "
            "The line was not sent (to say it as it is, type //jion).",
        )
        self.assertIn("Did you mean !msg?", self.why("!mgs bob hi"))
        self.assertIn("Did you mean /join?", self.why("!join dev"))
        self.assertIn("/help lists the commands.", self.why("/xyzzy"))
        self.assertIn(
            "The commands with ! are !who, !msg NICK TEXT, !logout and !help.",
            self.why("!xyzzy\u00e9"),
        )

    def test_errors_of_rule_three_name_the_literal_form(self) -> None:
        for line in (
            "!xyzzy\u00e9",
            "! msg bob hi",
            "!who dev",
            " /who",
            "MSG :hi",
            "MSG b@b:hi",
            "/ who",
        ):
            self.assertIn('put "// " in front', self.why(line))

    def test_wrong_arguments_show_the_usage_as_it_was_spelled(self) -> None:
        self.assertIn("Usage: JOIN ROOM [PASSWORD]", self.why("JOIN a b c"))
        self.assertIn("Usage: /join ROOM [PASSWORD]", self.why("/join a b c"))
        self.assertIn("Usage: !msg NICK TEXT", self.why("!msg bob"))
        self.assertIn("Usage: /back", self.why("/back now"))
        self.assertIn("The message was not sent. Usage: MSG bob:TEXT", self.why("MSG bob: "))

    def test_bad_bytes_are_named_and_quoted_words_are_short_and_clean(self) -> None:
        self.assertIn("byte 0xFF (byte 3) is not UTF-8", self.why(b"hi\xff"))
        self.assertIn("U+001B ESCAPE (character 1)", self.why("\x1b[2J"))
        for line in (b"a\x00b", b"a\rb", b"\xc3", b"\x9b2J", "\u202eevil".encode()):
            self.assertEqual(self.assertRaises(BadLine, parse, line).code, "bad-text")
        for mark in ("/", "!"):
            why = self.why(f"{mark}{'x' * 4000}")
            self.assertLess(len(why), 250)
            self.assertEqual(CleanText(why), why)


class LoginTests(SynchronousTestCase):
    def login(self, line: str | bytes) -> c.Command | None:
        return parse(line, logged_in=False)

    def test_first_line_is_a_name_or_empty_with_or_without_password(self) -> None:
        self.assertEqual(self.login("bob"), c.Login(BOB))
        self.assertEqual(self.login("  bob \t"), c.Login(BOB))
        self.assertEqual(self.login("bob secret"), c.Login(BOB, "secret", or_guest=True))
        self.assertEqual(self.login("bob\u00a0secret "), c.Login(BOB, "secret", or_guest=True))
        self.assertEqual(self.login("bob "), c.Login(BOB))
        for line in ("", " ", "\t "):
            self.assertEqual(self.login(line), c.Login())

    def test_line_of_three_words_is_perhaps_said_and_no_log_shows_it(self) -> None:
        login = self.login("bob two words")
        said = c.Login(BOB, "two words", or_guest=True, said=Secret("bob two words"))
        self.assertEqual(login, said)
        self.assertNotIn("two", repr(login))
        self.assertEqual(
            self.login("I'm new here"), c.Login(parse_nick("I"), said=Secret("I'm new here"))
        )
        self.assertEqual(self.login("3 more people"), c.Login(said=Secret("3 more people")))

    def test_one_can_leave_and_ask_for_help_before_login(self) -> None:
        for line in ("/quit", "/QUIT", "!logout", "QUIT", "/quit bye"):
            self.assertEqual(self.login(line), c.Quit())
        for line in ("/help", "/Help", "!help", "HELP", "?", "/"):
            self.assertEqual(self.login(line), c.Help())
        self.assertEqual(self.login("/help  register "), c.Help("register"))

    def test_refused_names_commands_and_passwords_are_told_as_such(self) -> None:
        bad = self.assertRaises(BadLine, self.login, "b@b")
        self.assertEqual(bad.code, "bad-nick")
        self.assertTrue(str(bad).startswith('"b@b" cannot be your nickname: "@" cannot be in'), bad)
        for line in ("/join dev", "!who", "JOIN dev", "list", "MSG hi", "MSG bob:hi", "{"):
            bad = self.assertRaises(BadLine, self.login, line)
            self.assertIn("cannot be your nickname", str(bad))
        self.assertEqual(self.assertRaises(BadLine, self.login, "bob \x1bx").code, "bad-text")
        self.assertEqual(self.assertRaises(BadLine, self.login, b"bob \xff").code, "bad-text")


def sample_arguments(spec: Spec) -> str:
    """Return arguments that fit a command of the table."""
    samples = {"NICK": "bob", "ROOM": "dev", "#ROOM": "#dev", "PASSWORD": "secret", "PAGE": "2"}
    samples |= {
        "TEXT": "some words",
        "WORDS": "some words",
        "COMMAND": "who",
        "CODE": "abc",
        "OLD": "old-secret",
        "NEW": "new-secret",
        "WHO": "accounts",
        "LIMIT": "7 days 500 lines",
        "N": "5",
        "@NICK": "@bob",
        "SIDE": "before",
        "ID": spell(9),
        "TARGET": "*spam*",
        "EXEMPT": "mutes",
        "DURATION": "2h",
        "SECONDS": "30",
        "KEY": "color",
        "SETTINGS": "limit 5 outside on",
        "SWITCH": "on",
        "OWN": "hidden",
        "VISIBILITY": "join",
        "ROOM|all": "all",
        "NAME": "root",
        "PASSPHRASE": "some words",
        "ACCOUNT": "bob",
        "LEVEL": "1",
        "MASK": "b*",
        "WHOM": "192.0.2.0/24",
    }
    return " ".join(samples[word.strip("[]")] for word in spec.arguments)


class TableTests(SynchronousTestCase):
    def test_every_command_of_the_table_is_reachable_without_its_options_too(self) -> None:
        for name, spec in COMMANDS.items():
            arguments = sample_arguments(spec)
            command = parse(f"/{name} {arguments}")
            self.assertEqual(command, spec.parse(arguments))
            self.assertEqual(parse(f"/{name.upper()} {arguments}"), command)
        for name, spec in COMMANDS.items():
            words = spec.arguments
            if all(word.startswith("[") or word.endswith("]") for word in words):
                self.assertEqual(parse(f"/{name}"), spec.parse(""))
        self.assertEqual(read(CleanText("/who")), c.Who())
        self.assertIsNone(read(CleanText(" ")))


class SpeedTests(SynchronousTestCase):
    def test_no_line_takes_more_than_time_in_proportion_to_its_length(self) -> None:
        # The door lets 4,608 bytes through. Quadratic matching would take a second on these; linear
        # takes a millisecond.
        size = 4608
        for head, fill, tail in (
            ("", " ", "x"),
            (" ", "\u200b", "x"),
            ("", " ", "MSG"),
            ("MSG", " ", "x"),
            ("MSG", " ", "x y"),
            (" MSG", " ", "x"),
            (" msg ", "x", ""),
            ("MSG ", "x", " y"),
            ("MSG x", " ", "y"),
            ("LIST", " ", "x"),
            (" LIST", " ", "x"),
            ("!", " ", "x"),
            ("!", "!", "x"),
            ("\\", " ", "x"),
            ("/", " ", "x"),
            ("x", " ", ">"),
            ("x > ", " ", "y z"),
            ("x", " > ", ""),
            ("x", " >", ""),
            ("x", "> ", "!"),
            ("x >", "y ", ""),
            ("x > bob", " ", "!"),
            ("x", ">", " "),
            ("x > ", "y", "!"),
            ("x ", "\uff1e", "!"),
            ("x ", "\uff1e ", "y"),
            ("x > y", "\u0301x", "!"),
            ("x > ", "\U0001f600", "y"),
            ("x > ", "(", "y"),
            ("x > y", ")", " z"),
            ("x > `", "y`", " z"),
            ("x > y", "' ", "z"),
            (">", ">", "y z"),
            ("> ", "- ", "y"),
            ("> ", "-> ", "y, z"),
            ("> y", ".", ""),
            ("msg", " ", "y"),
            ("msg", ".", "y z"),
            ("msg ", "y", ":"),
            ("msg y", " ", ":z"),
            ("msg y", ",", " "),
            ("msg", "y", " :"),
            ("msg ", "\u00ad", "y z"),
            (" ", "\u00ad", "msg y z"),
            (".", ".", "msg"),
            ("m", ".", "sg"),
            ("m\u3164", "\u3164", "x"),
            ("\u3164", "\u3164", "x"),
            ("MSG y", " ", ";z"),
            ("MSG ", "y;", "z"),
            ("MSG ", "\uff1a", ""),
            ("MSG ", "y\uff1a", ""),
            ("join", " ", "x"),
            ("join ", "#", ""),
            ("join ", "#", "x y"),
            ("join ", "x", " "),
            ("join x", ",", ""),
            ("j", "\u200b", "oin"),
            ("\uff0f", " ", "msg"),
            (".reply", " ", ""),
            ("\u2800", "\u2800", "/"),
            ("/", "x", ""),
            ("!", "x", ""),
            ("", "\u0301x", ""),
            ("", "\x03", ""),
        ):
            fits = (size - len(head) - len(tail)) // len(fill.encode())
            line = f"{head}{fill * fits}{tail}".encode()

            def parse_it(line: bytes = line) -> None:
                for logged_in in (True, False):
                    with contextlib.suppress(BadLine):
                        DIALECT.parse(line, logged_in=logged_in)

            self.assertLess(cost(parse_it), 0.1, f"{head}{fill}…{tail}")
