"""What the objects of a client mean."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.cost import cost
from tests.dialects.line.test_parse import MEANINGS, NEAR_MISSES, sample_arguments
from tests.dialects.strategies import any_text
from twisted_chat.core.api import commands as c
from twisted_chat.core.grammar.table import COMMANDS
from twisted_chat.core.values.about import About
from twisted_chat.core.values.extras import Extras
from twisted_chat.core.values.ids import MessageId, spell
from twisted_chat.core.values.names import parse_nick, parse_room
from twisted_chat.core.values.text import BadText, CleanText
from twisted_chat.dialects.base import BadLine, Request
from twisted_chat.dialects.json.decode import MAX_ID
from twisted_chat.dialects.json.fields import MAX_LINES
from twisted_chat.dialects.json.parse import MAX_PING, JsonDialect
from twisted_chat.dialects.schema.base import Incoming

BOB, DEV = parse_nick("bob"), parse_room("dev")
HI = (CleanText("hi"),)

DIALECT = JsonDialect(lambda: 0.0)

#: What a program may say in a message: nothing in it is a command, and nothing private.
ORDINARY = [
    "/quit",
    "!logout",
    "?",
    "//x",
    " /x",
    "",
    "!roll",
    "/me waves",
    "/join dev",
    "JOIN dev",
    "LIST",
    "MSG",
    "5 > 3",
    "@bob hi",
    "login does not work for me",
    "{not json",
    "// /msg bob hi",
]
#: Private or secret forms, as people type them.
LOOKS_PRIVATE = [
    "s3cret > mary",
    "s3cret > bob",
    "s3cret -> bob",
    "s3cret \u2192 bob",
    "s3cret &gt; bob",
    "s3cret > ",
    "!msg bob s3cret",
    "/msg bob s3cret",
    "/MSG bob s3cret",
    "/mgs bob s3cret",
    "/msgbob s3cret",
    "! msg bob s3cret",
    "!!msg bob s3cret",
    " /msg bob s3cret",
    "\u200b/msg bob s3cret",
    "\\msg bob s3cret",
    "/tell bob s3cret",
    "/reply s3cret",
    "MSG bob:s3cret",
    "msg bob:s3cret",
    "MSG b@b:s3cret",
    "/login bob s3cret",
    "/login:bob:s3cret",
    "login bob s3cret",
    "/register s3cret",
    "/passwd s3cret s3cret2",
    "/oper root s3cret",
    "/lock s3cret",
    "/join dev s3cret",
    "JOIN dev s3cret",
    '{"type": "nick", "content": "bob", "password": "s3cret"}',
]


def request(frame: bytes, *, logged_in: bool = True) -> Request:
    found = DIALECT.parse(frame, logged_in=logged_in)
    assert found is not None
    return found


def parse(kind: str, /, **fields: object) -> c.Command:
    """Parse an object of somebody who is logged in."""
    return request(json.dumps({"type": kind, **fields}).encode()).command


def log_in(**fields: object) -> c.Command:
    """Parse a ``nick`` of somebody who is not."""
    return request(json.dumps({"type": "nick", **fields}).encode(), logged_in=False).command


class Case(SynchronousTestCase):
    def refused(
        self, frame: bytes | dict[str, Any], code: str, *, logged_in: bool = True
    ) -> BadLine:
        """Return the error that a frame is, after checking its code."""
        raw = frame if isinstance(frame, bytes) else json.dumps(frame).encode()
        bad: BadLine = self.assertRaises(BadLine, DIALECT.parse, raw, logged_in=logged_in)
        self.assertEqual(bad.code, code, f"{raw!r}: {bad}")
        return bad


class CommandTests(Case):
    def test_message(self) -> None:
        self.assertEqual(parse("message", content="hi"), c.Say(HI))
        self.assertEqual(parse("message", content="hi", room="dev"), c.Say(HI, DEV))
        self.assertEqual(parse("message", content="hi", room="#dev"), c.Say(HI, DEV))
        self.assertEqual(parse("message", content="hi", room=""), c.Say(HI))
        self.assertEqual(parse("message", content="hi", room=None), c.Say(HI))
        self.assertEqual(parse("message", content="hi", kind="action"), c.Say(HI, kind="action"))

    def test_message_is_never_read_as_a_line_of_the_grammar(self) -> None:
        texts = [*ORDINARY, *LOOKS_PRIVATE]
        for text in texts:
            said = parse("message", content=text, literal=True)
            self.assertEqual(said, c.Say((CleanText(text),)), ascii(text))
        for text in ORDINARY:
            self.assertEqual(parse("message", content=text), c.Say((CleanText(text),)), ascii(text))

    def test_private_and_secret_forms_in_a_message_are_refused_and_not_quoted(self) -> None:
        for text in LOOKS_PRIVATE:
            for content in (text, f"hi\n{text}"):
                why = str(self.refused({"type": "message", "content": content}, "looks-private"))
                self.assertIn('"command"', why)
                self.assertIn('"literal": true', why)
                self.assertNotIn("s3cret", why)

    def test_slip_of_a_private_form_in_a_message_depends_on_who_is_here(self) -> None:
        said = parse("message", content="hi\nmsg bob s3cret\njoin dev s3cret\nbye")
        assert isinstance(said, c.Say)
        self.assertEqual(said.unless, (BOB, DEV))
        self.assertTrue(said.program)

    def test_actions_and_notices_are_looked_at_too(self) -> None:
        for kind in ("action", "notice", "ctcp", "ctcp-reply"):
            for text in LOOKS_PRIVATE:
                self.refused({"type": "message", "content": text, "kind": kind}, "looks-private")
            said = parse("message", content="waves", kind=kind)
            self.assertEqual(said, c.Say((CleanText("waves"),), kind=kind))
            said = parse("message", content="psst > bob", kind=kind, literal=True)
            self.assertEqual(said, c.Say((CleanText("psst > bob"),), kind=kind))

    def test_tags_come_with_a_message_or_alone(self) -> None:
        tags = {"reply": "0a", "v.org/x": ""}
        extras = Extras((("reply", "0a"), ("v.org/x", "")))
        said = parse("message", content="hi", tags=tags)
        self.assertEqual(said, c.Say(HI, extras=extras))
        told = parse("private", to="bob", content="hi", tags=tags)
        self.assertEqual(told, c.PrivateMessage(BOB, HI, extras=extras))
        alone = parse("tags", room="dev", tags=tags)
        self.assertEqual(alone, c.Say((), DEV, "tags", program=True, extras=extras))
        alone = parse("tags", to="bob", tags=tags)
        self.assertEqual(alone, c.PrivateMessage(BOB, (), "tags", extras=extras))
        self.assertEqual(parse("message", content="hi", tags={}), c.Say(HI))

    def test_tags_that_no_program_could_read_are_refused(self) -> None:
        for tags in ({"re ply": "1"}, {"": ""}, {"a": "\0"}, {"a": "x" * 5_000}):
            self.refused({"type": "tags", "tags": tags}, "bad-tags")
        wrong: object
        for wrong in ({"a": 1}, [], "a", {}, None):
            self.refused({"type": "tags", "tags": wrong}, "bad-field")

    def test_read_may_have_a_time_or_ask_for_one(self) -> None:
        for fields, command in (
            ({"room": "dev", "time": ""}, c.ShowReadUntil(DEV)),
            ({"with": "bob", "time": ""}, c.ShowReadUntil(BOB)),
            (
                {"room": "dev", "time": "2019-01-04T14:33:26.123Z"},
                c.MarkReadUntil(DEV, 1_546_612_406_123),
            ),
        ):
            self.assertEqual(parse("read", **fields), command)
        for fields in ({"time": "x", "room": "dev"}, {"time": ""}):
            self.refused({"type": "read", **fields}, "bad-field")

    def test_what_is_recent_is_asked_for_between_two_times(self) -> None:
        time = "2019-01-04T14:33:26.123Z"
        self.assertEqual(
            parse("recent", after=time, before=time, limit=5),
            c.ShowRecent(1_546_612_406_123, 1_546_612_406_123, 5),
        )
        everything = parse("recent")
        assert isinstance(everything, c.ShowRecent)
        self.assertLess(everything.after, 0)
        self.assertGreater(everything.before, 253_402_300_799_999)
        for name in ("after", "before"):
            self.refused({"type": "recent", name: "yesterday"}, "bad-field")

    def test_a_message_is_deleted_in_a_room_or_in_private(self) -> None:
        message = spell(MessageId(7))
        for fields, command in (
            ({}, c.DeleteMessage(MessageId(7))),
            (
                {"room": "dev", "content": "spam"},
                c.DeleteMessage(MessageId(7), DEV, reason=CleanText("spam")),
            ),
            ({"with": "bob", "room": "dev"}, c.DeleteMessage(MessageId(7), partner=BOB)),
        ):
            self.assertEqual(parse("redact", message=message, **fields), command)
        for fields in ({}, {"message": "x"}):
            self.refused({"type": "redact", **fields}, "bad-field")

    def test_verbs_of_older_programs_do_what_they_did_there(self) -> None:
        for msg in ("MSG", "msg"):
            self.assertEqual(parse(msg, content="hi"), c.Say(HI))
            self.assertEqual(parse(msg, content="bob:hi"), c.PrivateMessage(BOB, HI))
            self.assertEqual(parse(msg, content="bob : hi"), c.PrivateMessage(BOB, HI))
            self.assertEqual(parse(msg, content="hi", to="bob"), c.PrivateMessage(BOB, HI))
            self.assertEqual(parse(msg, content="hi", room="dev"), c.Say(HI, DEV))
            self.refused({"type": msg, "content": "b@b:s3cret"}, "bad-nick")
        self.assertEqual(parse("MSG", content="a\nb"), c.Say((CleanText("a"), CleanText("b"))))
        for told in ("\nbob:hi", "bob\n:hi", "bob:\nhi"):
            self.assertEqual(parse("MSG", content=told), c.PrivateMessage(BOB, HI), told)
        lines = (CleanText("a"), CleanText("b"))
        self.assertEqual(parse("MSG", content="bob: a\nb"), c.PrivateMessage(BOB, lines))
        self.refused({"type": "MSG", "content": "/login ann s3cret"}, "looks-private")
        self.assertEqual(parse("JOIN", content="dev"), c.Join(DEV))
        self.assertEqual(parse("JOIN", content="dev  s3cret "), c.Join(DEV, "s3cret"))
        self.assertEqual(parse("JOIN", content="dev", password="s3cret"), c.Join(DEV, "s3cret"))
        self.assertEqual(parse("LEAVE"), c.Leave())
        self.assertEqual(parse("LEAVE", content="dev"), c.Leave(DEV))
        self.assertEqual(parse("LIST"), c.ListAll(1))
        self.assertEqual(parse("HELP"), c.Help())
        self.assertEqual(parse("QUIT"), c.Quit())

    def test_private_and_message_are_never_mixed_up(self) -> None:
        self.assertEqual(parse("private", to="bob", content="hi"), c.PrivateMessage(BOB, HI))
        self.assertEqual(
            parse("private", to="bob", content="hi", kind="notice"),
            c.PrivateMessage(BOB, HI, "notice"),
        )
        for field in ("to", "with"):
            bad = self.refused({"type": "message", "content": "psst", field: "bob"}, "bad-field")
            self.assertIn(f'"{field}" must have the type "private"', str(bad))
        self.refused({"type": "private", "content": "psst", "with": "bob"}, "bad-field")
        frame = {"type": "message", "content": "psst", "to": "bob", "id": "7"}
        bad = self.refused(frame, "bad-field")
        self.assertEqual(bad.tag, "7")
        self.assertIn("Nothing was sent.", str(bad))

    def test_lines_of_the_content_are_lines_of_the_message_up_to_a_hundred(self) -> None:
        said = c.Say((CleanText("a"), CleanText(""), CleanText("b")))
        self.assertEqual(parse("message", content="a\n\nb"), said)
        self.assertEqual(parse("message", content="a\r\n\r\nb"), said)
        self.assertEqual(parse("message", content="a\n\nb\n"), said)
        self.assertEqual(parse("message", content="hi\n"), c.Say(HI))
        self.assertEqual(parse("message", content="hi\r\n"), c.Say(HI))
        self.assertEqual(parse("message", content="\n"), c.Say((CleanText(""),)))
        longest = parse("message", content="\n".join("x" * MAX_LINES))
        assert isinstance(longest, c.Say)
        self.assertEqual(len(longest.lines), MAX_LINES)
        bad = self.refused({"type": "message", "content": "x\n" * MAX_LINES + "x"}, "too-long")
        self.assertIn("at most 100 lines", str(bad))

    def test_nick_takes_password_and_session_and_renames_later(self) -> None:
        self.assertEqual(log_in(content="bob"), c.Login(BOB))
        self.assertEqual(parse("nick", content="bob"), c.Rename(BOB))
        self.assertEqual(log_in(content=" bob "), c.Login(BOB))
        fields = {"content": "bob", "password": "pw", "session": "tok"}
        self.assertEqual(log_in(**fields), c.Login(BOB, "pw", "tok"))
        self.assertEqual(parse("nick", **fields), c.Login(BOB, "pw", "tok"))
        self.assertEqual(log_in(content=""), c.Login())
        self.assertEqual(log_in(), c.Login())
        empty = {"password": "", "session": ""}
        self.assertEqual(log_in(content="bob", **empty), c.Login(BOB))
        self.assertEqual(parse("nick", content="bob", **empty), c.Rename(BOB))

    def test_who_logs_in_may_say_something_about_themselves(self) -> None:
        about = About(real_name="Bob B.", bot=True)
        told = log_in(content="bob", real_name="Bob B.", bot=True)
        self.assertEqual(told, c.Login(BOB, about=about))
        bad = self.refused({"type": "nick", "content": "bob", "bot": 1}, "bad-field")
        self.assertIn("true or false", str(bad))

    def test_watch_adds_and_removes_names(self) -> None:
        self.assertEqual(parse("watch"), c.ShowWatched())
        told = parse("watch", add=["bob"], remove=["eve"])
        self.assertEqual(told, c.Watch((BOB,), (parse_nick("eve"),)))
        bad = self.refused({"type": "watch", "add": "bob"}, "bad-field")
        self.assertIn("list of strings", str(bad))

    def test_join_leave_and_who_take_the_room_as_content_or_room(self) -> None:
        for field in ("content", "room"):
            self.assertEqual(parse("join", **{field: "#dev"}), c.Join(DEV))
            self.assertEqual(parse("leave", **{field: "dev"}), c.Leave(DEV))
            self.assertEqual(parse("who", **{field: "dev"}), c.Who(DEV))
        self.assertEqual(parse("join", content="dev", password="pw"), c.Join(DEV, "pw"))
        self.assertEqual(parse("join", content="dev", password=""), c.Join(DEV))
        self.assertEqual(parse("leave"), c.Leave())
        self.assertEqual(parse("who", page=2), c.Who(None, 2))

    def test_history_is_of_a_room_or_with_somebody(self) -> None:
        self.assertEqual(parse("history"), c.ShowHistory())
        self.assertEqual(
            parse("history", room="dev", before="00000000000000ff", limit=5),
            c.ShowHistory(DEV, MessageId(255), None, 5),
        )
        self.assertEqual(
            parse("history", after="0000000000000001"), c.ShowHistory(None, None, MessageId(1))
        )
        got = parse("history", limit=7, **{"with": "bob"})
        self.assertEqual(got, c.ShowHistory(limit=7, partner=parse_nick("bob")))
        self.refused({"type": "history", "with": 7}, "bad-field")

    def test_search_takes_a_room_and_nothing_to_search_for_is_an_error(self) -> None:
        words = (c.Term("two"), c.Term("words"))
        self.assertEqual(parse("search", content="two words"), c.Search(words))
        self.assertEqual(
            parse("search", content="two words", room="#dev", before="00000000000000ff", limit=5),
            c.Search(words, rooms=(DEV,), before=MessageId(255), limit=5),
        )
        found = parse("search", content="in:lobby in:dev from:bob", room="dev")
        self.assertEqual(found, c.Search((), parse_nick("bob"), (parse_room("lobby"), DEV)))
        for content in ("", "*", "from:", "in:dev"):
            bad = self.refused({"type": "search", "content": content, "id": "7"}, "usage")
            self.assertEqual(bad.tag, "7")
            self.assertIn("WORDS [from:NICK]", str(bad))

    def test_topic_ping_and_the_rest(self) -> None:
        self.assertEqual(parse("topic", room="dev"), c.ShowTopic(DEV))
        self.assertEqual(parse("topic", content="Release"), c.SetTopic(CleanText("Release")))
        self.assertEqual(parse("list"), c.ListAll())
        self.assertEqual(parse("list", page=3), c.ListAll(3))
        self.assertEqual(parse("ping", content="x"), c.Ping(CleanText("x")))
        self.assertEqual(parse("ping"), c.Ping())
        self.assertEqual(parse("pong"), c.Pong())
        self.assertEqual(parse("help"), c.Help())
        self.assertEqual(parse("help", content="who"), c.Help("who"))
        self.assertEqual(parse("quit"), c.Quit())
        self.assertEqual(parse("quit", content="bye"), c.Quit(CleanText("bye")))
        self.assertEqual(parse("pong", content="x", extra={"deep": [1, 2]}, to="bob"), c.Pong())
        text = "x" * MAX_PING
        self.assertEqual(parse("ping", content=text), c.Ping(CleanText(text)))
        self.refused({"type": "ping", "content": text + "x"}, "too-long")

    def test_read_says_where_and_up_to_which_message(self) -> None:
        seven = MessageId(7)
        self.assertEqual(parse("read", message=spell(7)), c.MarkRead(seven))
        self.assertEqual(
            parse("read", message=spell(7), room="dev"), c.MarkRead(seven, parse_room("dev"))
        )
        # Of the two only one can be meant.
        with_bob = parse("read", message=spell(7), room="dev", **{"with": "bob"})
        self.assertEqual(with_bob, c.MarkRead(seven, partner=parse_nick("bob")))
        self.refused({"type": "read", "room": "dev"}, "bad-field")
        self.refused({"type": "read", "message": "seven"}, "bad-field")
        self.refused({"type": "read", "message": spell(7), "with": "a b"}, "bad-name")

    def test_profile_is_asked_for_or_changed(self) -> None:
        self.assertEqual(parse("profile"), c.ShowProfile())
        self.assertEqual(parse("profile", **{"with": "bob"}), c.ShowProfile(BOB))
        self.assertEqual(parse("profile", room="dev"), c.ShowProfile(None, DEV))
        changes = (("color", CleanText("blue")), ("avatar", None))
        values = {"Color": "blue", "avatar": None}
        self.assertEqual(parse("profile", values=values), c.ChangeProfile(changes))
        in_dev = c.ChangeProfile(changes, True, DEV)
        self.assertEqual(parse("profile", values=values, room="dev"), in_dev)
        for bad in ('{"a b": "x"}', '{"color": 7}', "[]"):
            self.refused(f'{{"type": "profile", "values": {bad}}}'.encode(), "bad-field")

    def test_register_takes_a_password_and_perhaps_an_invitation(self) -> None:
        self.assertEqual(parse("register", password="correct horse"), c.Register("correct horse"))
        with_code = parse("register", password="correct horse", content="abc")
        self.assertEqual(with_code, c.Register("correct horse", "abc"))
        self.refused({"type": "register", "content": "correct horse"}, "bad-field")

    def test_every_type_of_the_design_parses_in_any_case_of_letters(self) -> None:
        types = "nick register join leave message private history search list who read ping command help quit"
        for kind in types.split():
            content = "/who" if kind == "command" else "dev"
            for spelled in (kind, kind.upper(), kind.title()):
                to = {"to": "bob"} if kind == "private" else {"password": "correct horse"}
                to |= {"message": spell(7)} if kind == "read" else {}
                command = parse(spelled, content=content, **to)
                self.assertEqual(command, parse(kind, content=content, **to))
        self.assertEqual(parse("MSG", content="hi"), c.Say(HI))


class LineGrammarTests(Case):
    def test_command_is_one_line_of_the_grammar(self) -> None:
        for line, command in MEANINGS:
            if command is not None:
                self.assertEqual(parse("command", content=line), command, ascii(line))
        for fields in ({}, {"content": ""}, {"content": " "}):
            self.refused({"type": "command", **fields}, "bad-field")
        self.refused({"type": "command", "content": "/who\n/quit"}, "bad-text")

    def test_a_line_that_names_no_room_can_be_about_any(self) -> None:
        for line, about in (
            ("hi", c.Say(HI, DEV)),
            ("/topic", c.ShowTopic(DEV)),
            ("/topic #ops", c.ShowTopic(parse_room("ops"))),
            ("/settings", c.ShowSettings(DEV)),
            ("/who", c.Who()),
            ("/history @bob", c.ShowHistory(partner=BOB)),
            ("/back", c.Away(None)),
        ):
            self.assertEqual(parse("command", content=line, room="dev"), about)

    def test_near_misses_are_the_same_errors_with_the_senders_id(self) -> None:
        for line, code in NEAR_MISSES:
            bad = self.refused({"type": "command", "content": line, "id": "7"}, code)
            self.assertEqual(bad.tag, "7")

    def test_every_command_of_the_table_is_reachable(self) -> None:
        for name, spec in COMMANDS.items():
            arguments = sample_arguments(spec)
            self.assertEqual(
                parse("command", content=f"/{name} {arguments}"), spec.parse(arguments)
            )


class IdTests(Case):
    def test_id_is_the_tag_of_the_request_and_has_at_most_64_characters(self) -> None:
        self.assertEqual(request(b'{"type":"who","id":"my 7"}').tag, "my 7")
        self.assertIsNone(request(b'{"type":"who"}').tag)
        self.assertIsNone(request(b'{"type":"who","id":null}').tag)
        longest = "\u00e9" * MAX_ID
        self.assertEqual(request(json.dumps({"type": "who", "id": longest}).encode()).tag, longest)
        for tag in ("x" * 65, ""):
            bad = self.refused({"type": "who", "id": tag}, "bad-id")
            self.assertIsNone(bad.tag)
            self.assertIn("1 to 64", str(bad))

    def test_id_that_could_not_be_sent_back_is_refused_and_not_carried(self) -> None:
        # TAB would come back as a blank, bold would be gone, and half of a pair is no character at all.
        for tag in ("a\tb", "\x02b", "a\nb", "\ud800", "\x1b[2J", "\u202e"):
            self.assertIsNone(self.refused({"type": "who", "id": tag}, "bad-id").tag)
        for wrong in (5, None, ["x"], "", "x" * 65, "\ud800", "a\tb"):
            self.assertIsNone(self.refused({"type": 5, "id": wrong}, "bad-field").tag)

    def test_errors_carry_the_id(self) -> None:
        for fields, code in (
            ({"type": "nope"}, "unknown-type"),
            ({"type": "message", "content": "\x1b"}, "bad-text"),
            ({"type": "message", "content": "x", "room": "a b"}, "bad-name"),
            ({"type": "private", "content": "x"}, "bad-field"),
            ({"type": "nick"}, "bad-field"),
            ({"type": "command", "content": "/nope"}, "unknown-command"),
            ({"type": "nick", "content": "a b"}, "bad-nick"),
            ({"type": "message", "content": 5}, "bad-field"),
            ({}, "bad-field"),
        ):
            self.assertEqual(self.refused({**fields, "id": "my 7"}, code).tag, "my 7")


class ErrorTests(Case):
    def test_missing_fields_are_named(self) -> None:
        self.assertEqual(str(self.refused({}, "bad-field")), 'Every object needs a "type".')
        self.assertIn('"to"', str(self.refused({"type": "private", "content": "x"}, "bad-field")))
        self.assertIn('"content"', str(self.refused({"type": "join"}, "bad-field")))

    def test_unknown_type_is_quoted_short_and_clean_and_lists_what_there_is(self) -> None:
        for kind in ("x" * 9000, "\x1b[2J", "\ud800", "a\nb", "e" + "\u0301" * 50):
            why = str(self.refused({"type": kind}, "unknown-type"))
            self.assertLess(len(why), 250)
            self.assertEqual(CleanText(why), why)
        self.assertNotIn("s3cret", str(self.refused({"type": "s3cret"}, "unknown-type")))
        why = str(self.refused({"type": "mesage"}, "unknown-type"))
        self.assertIn('Did you mean "message"?', why)
        words = (
            "nick join leave message private history search list who topic ping command help quit"
        )
        for kind in words.split():
            self.assertIn(kind, why)

    def test_numbers_count_from_one(self) -> None:
        for kind, field in (
            ("history", "limit"),
            ("search", "limit"),
            ("list", "page"),
            ("who", "page"),
        ):
            for number in (0, -1, -(10**30)):
                request = {"type": kind, "content": "lobby", field: number}
                bad = self.refused(request, "bad-field")
                self.assertEqual(str(bad), f"{field} must be at least 1.")

    def test_ids_and_kinds_must_be_those_of_the_server(self) -> None:
        for field in ("before", "after"):
            for text in ("", "1", "00000000000000FF", "0" * 17, "my 7", "\uff10" * 16):
                self.refused({"type": "history", field: text}, "bad-field")
        self.refused({"type": "message", "content": "x", "kind": "shout"}, "bad-field")
        self.refused({"type": "private", "to": "bob", "content": "x", "kind": ""}, "bad-field")

    def test_names_are_checked(self) -> None:
        for frame in (
            {"type": "private", "to": "b b", "content": "x"},
            {"type": "private", "to": "", "content": "x"},
            {"type": "join", "content": "a,b"},
            {"type": "message", "content": "x", "room": "\u202e"},
        ):
            bad = self.refused(frame, "bad-name")
            talks = frame["type"] != "join"
            self.assertEqual(str(bad).endswith("The message was not sent."), talks, bad)
        bad = self.refused({"type": "nick", "content": "b@b"}, "bad-nick", logged_in=False)
        self.assertTrue(str(bad).startswith("That cannot be your nickname: "), bad)
        self.assertEqual(
            str(self.refused({"type": "message", "content": "x", "literal": 1}, "bad-field")),
            '"literal" must be true or false.',
        )

    def test_texts_and_passwords_must_be_clean(self) -> None:
        # Half of a surrogate pair cannot even be digested.
        for password in ("\ud800", "\x00", "a\nb"):
            self.refused({"type": "join", "content": "dev", "password": password}, "bad-text")
            self.refused({"type": "nick", "content": "bob", "password": password}, "bad-text")
        for kind in ("message", "topic", "ping", "help", "quit", "command"):
            bad = self.refused({"type": kind, "content": "a\x00b"}, "bad-text")
            self.assertIn("U+0000 NUL (character 2)", str(bad))

    @given(any_text)
    @example("a\nb\x1b")
    def test_message_is_said_clean_or_not_at_all(self, text: str) -> None:
        try:
            expected = tuple(
                CleanText(line.removesuffix("\r")) for line in text.removesuffix("\n").split("\n")
            )
        except BadText as bad:
            why = str(self.refused({"type": "message", "content": text}, "bad-text"))
            self.assertEqual(why, f"{bad}. The message was not sent.")
        else:
            self.assertEqual(parse("message", content=text, literal=True), c.Say(expected))
            with contextlib.suppress(BadLine):
                said = parse("message", content=text)
                assert isinstance(said, c.Say)
                self.assertEqual(said.lines, expected)


class JsonTests(Case):
    @given(st.dictionaries(st.text(max_size=5), st.integers(), max_size=3))
    def test_other_fields_change_nothing(self, fields: dict[str, int]) -> None:
        taken = {field.encode_name for field in msgspec.structs.fields(Incoming)}
        more = {key: value for key, value in fields.items() if key not in taken}
        self.assertEqual(parse("pong", **more), c.Pong())

    def test_no_object_takes_more_than_time_in_proportion_to_its_length(self) -> None:
        size = 16 * 1024
        for head, fill, tail in (
            (b'{"type":"who","x":', b"9", b"}"),
            (b'{"type":"who","x":"', b"\\u0000", b'"}'),
            (b'{"type":"message","content":"', b"\\n", b'"}'),
            (b'{"type":"message","content":"', "\u0301x".encode(), b'"}'),
            (b'{"type":"command","content":"x', b" >", b'"}'),
            (b'{"type":"nick","content":"', b"x", b'"}'),
            (b"", b"[", b""),
            (b'{"type":"who","x":[', b"{},", b"0]}"),
            (b'{"type":"who"', b" ", b"}"),
        ):
            frame = head + fill * ((size - len(head) - len(tail)) // len(fill)) + tail

            def parse_it(frame: bytes = frame) -> None:
                with contextlib.suppress(BadLine):
                    DIALECT.parse(frame, logged_in=True)

            self.assertLess(cost(parse_it), 0.1, frame[:40])
