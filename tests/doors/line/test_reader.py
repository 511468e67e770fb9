"""Tests for twisted_chat.doors.line.reader: objects, bad input, and the stream cut anywhere."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.doors.house import NO_FLOOD_LIMIT, Guest, House, HouseTestCase, cut
from twisted_chat.doors.line.telnet import TelnetFilter

IAC, SB, SE, WILL, DO, DONT, ECHO = b"\xff", b"\xfa", b"\xf0", b"\xfb", b"\xfd", b"\xfe", b"\x01"
NOP = IAC + b"\xf1"
HIDE, SHOW = IAC + WILL + ECHO, IAC + b"\xfc" + ECHO
TOO_FAST = "-- You are sending more than 10 lines a second. The rest will be sent at that speed; nothing is lost."


class JsonTests(HouseTestCase):
    """A program is known by its first byte."""

    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.enters("bob")

    def test_a_first_byte_that_opens_an_object_is_a_program(self) -> None:
        for name, pieces in {
            "whole": [b'{"type":"nick","content":"whole"}\n'],
            "bytes": [bytes((byte,)) for byte in b'{"type":"nick","content":"bytes"}\r\n'],
            "telnet": [IAC + DO + b"\x03", NOP, b'{"type":"nick","content":"telnet"}\n'],
            "open": [b'{"type":"nick","content":"open"}'],
        }.items():
            robot = self.house.comes()
            for piece in pieces:
                robot.sends(piece)
            welcome = robot.gets()[0]
            self.assertEqual((welcome["type"], welcome["nick"]), ("welcome", name))
            self.assert_any(self.bob.sees(), f"^-- {name} joined #lobby$")

    def test_the_plain_greeting_came_first(self) -> None:
        robot = self.house.comes()
        self.assertEqual(robot.hears()[:7], b"Welcome")
        robot.objects({"type": "nick", "content": "robot"})
        self.assertTrue(all(line.startswith("{") for line in robot.sees()))

    def test_a_brace_later_on_is_text(self) -> None:
        self.bob.types("hi", '{"type":"nick","content":"robot"}')
        alice = self.house.comes()
        alice.types("alice", "hi", '{"type":"join","content":"x"}')
        self.assertEqual(self.bob.sees()[-1], '<alice> {"type":"join","content":"x"}')

    def test_objects_need_no_line_ends(self) -> None:
        robot = self.house.comes()
        robot.sends(
            b'{"type":"nick","content":"robot"}{"type":"message","content":"}{"}{"type":"quit"}'
        )
        self.assert_sees(
            self.bob, "-- robot joined #lobby", "<robot> }{", "-- robot left the chat (quit)"
        )

    def test_a_refused_name_can_be_tried_again(self) -> None:
        robot = self.house.comes()
        for ends in (b"\n", b""):
            robot.sends(b'{"type":"nick","content":"bob"}' + ends)
            self.assertEqual(robot.gets()[0]["code"], "nick-taken")
        robot.sends(b'{"type":"nick","content":"robot"}')
        self.assertEqual(robot.gets()[0]["type"], "welcome")

    def test_an_object_that_never_ended_is_an_error_at_the_end(self) -> None:
        robot = self.house.program("robot")
        robot.sends(b'{"type":"message","content":"secr')
        robot.ends()
        error, goodbye = robot.gets()
        self.assertEqual((error["code"], goodbye["type"]), ("bad-json", "quit"))
        self.assertEqual(self.bob.sees()[-1], "-- robot left the chat (disconnected)")

    def test_a_resumed_session_is_not_led_into_the_lobby_again(self) -> None:
        robot = self.house.comes()
        robot.objects({"type": "nick", "content": "robot"}, {"type": "join", "content": "dev"})
        token = robot.gets()[0]["session"]
        again = self.house.comes()
        self.house.hush()
        again.objects({"type": "nick", "content": "robot", "session": token})
        got = again.gets()
        self.assertEqual(
            [(each["type"], each.get("room")) for each in got],
            [("welcome", None), ("members", "lobby"), ("members", "dev"), ("notice", None)],
        )
        self.assertTrue(got[0]["resumed"] and robot.gone)
        self.assertEqual((got[-1]["code"], got[-1]["focus"]), ("focus", "dev"))
        self.assert_sees(self.bob)


class BadInputTests(HouseTestCase):
    """Each is an error for its sender, or a stated close; nobody else sees anything of it."""

    limits = NO_FLOOD_LIMIT

    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.enters("bob")
        self.eve = self.house.enters("eve")
        self.robot = self.house.program("robot")
        self.house.hush()

    def refused(self, data: bytes, why: str) -> None:
        """Check that a line is one error, and that the session goes on."""
        self.eve.sends(data + b"\r\nstill here\r\n")
        seen = self.eve.sees()
        self.assertEqual(len(seen), 1, (data[:40], seen))
        self.assertRegex(seen[0], f"^! .*{why}", data[:40])
        self.assert_sees(self.bob, "<eve> still here")

    def test_what_is_not_utf8(self) -> None:
        for data in (b"\x80", b"caf\xe9", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80"):
            self.refused(data, "is not UTF-8")
        self.refused(b"\xff\xff", "byte 0xFF .* is not UTF-8")
        self.refused(b"\xff", "byte 0xFF .* is not UTF-8")

    def test_a_letter_of_latin_1_does_not_join_a_private_line_to_a_public_one(self) -> None:
        self.eve.sends(b"I like \xff\n/msg robot secret\n")
        error, copy = self.eve.sees()
        self.assertRegex(error, "byte 0xFF .* is not UTF-8")
        self.assertEqual(copy, "-> *robot* secret")
        self.assert_sees(self.bob)

    def test_control_and_escape_characters(self) -> None:
        for data, name in (
            (b"a\x00b", "NUL"),
            (b"a\x1b[2Jb", "ESCAPE"),
            (b"a\x07", "BELL"),
            (b"\xc2\x9b2J", "CONTROL SEQUENCE INTRODUCER"),
            ("a\u202eb".encode(), "RIGHT-TO-LEFT OVERRIDE"),
            ("a\u2028b".encode(), "LINE SEPARATOR"),
            (("a" + "\u0301" * 9).encode(), "combining marks"),
        ):
            self.refused(data, name)

    def test_a_line_over_the_limit_is_one_error_and_skipped(self) -> None:
        for size in (4097, 4096 + 512 + 1, 5000, 1024 * 1024 - 1):
            self.refused(b"x" * size, r"4,096")

    def test_the_limit_is_that_of_the_text_in_bytes_and_longest_names_fit(self) -> None:
        for line in (b"x" * 4096, "\u00e9".encode() * 2048, b"MSG " + b"x" * 4096):
            self.eve.sends(line + b"\r\n")
            self.assert_sees(self.eve)
            self.assertEqual(self.bob.sees(), [f"<eve> {line.decode().removeprefix('MSG ')}"])
        name = "n" * 32
        other = self.house.enters(name)
        self.house.hush()
        self.eve.types(f"/msg {name} {'x' * 4096}")
        self.assert_sees(other, f"*eve* {'x' * 4096}")

    def test_a_megabyte_without_a_line_end_closes(self) -> None:
        self.eve.sends(b"x" * 1024 * 1024)
        self.assertFalse(self.eve.gone)
        self.eve.sends(b"x")
        self.assert_sees(
            self.eve,
            "! That was longer than 4,096 bytes. It was not sent.",
            "-- Goodbye (too much without a line end).",
        )
        self.assertTrue(self.eve.gone)
        self.assert_sees(self.bob, "-- eve left the chat (sent too much without a line end)")

    def test_neither_bytes_nor_telnet_without_end_take_memory(self) -> None:
        piece = b"x" * 65536
        for send in (piece, b" " * 65536, b'{"a":' * 13000, IAC + SB + piece):
            self.assertLess(self.memory(b"{", send, 1600), 256 * 1024, send[:10])
            self.assertLess(self.memory(b"x", send, 1600), 256 * 1024, send[:10])
        for send in (NOP * 500, IAC * 1000, IAC + SB + IAC * 1000, (IAC + DO + ECHO) * 300):
            self.assertLess(self.memory(b"x", send, 50), 256 * 1024, send[:10])

    def memory(self, first: bytes, send: bytes, times: int) -> int:
        """Send somebody's first bytes, then others many times; return the most memory that took."""
        guest = self.house.comes()
        guest.sends(first)
        tracemalloc.start()
        for _ in range(times):
            guest.protocol.dataReceived(send)
            self.house.clock.advance(0)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        guest.resets()
        self.assert_sees(self.bob)
        return peak

    def objects_refused(self, line: bytes, code: str) -> None:
        self.robot.sends(line + b'\n{"type":"message","content":"still here"}\n')
        got = self.robot.gets()
        self.assertEqual([each["type"] for each in got], ["error", "ack"], line[:40])
        self.assertEqual(got[0]["code"], code, line[:40])
        self.assert_sees(self.bob, "<robot> still here")

    def test_objects_that_are_none(self) -> None:
        for line, code in (
            (b"hello", "bad-json"),
            (b"[]", "bad-json"),
            (b"{", "bad-json"),
            (b'{"type":"message","content":"x"', "bad-json"),
            (b'{"type":"message","content":"\xff\xff"}', "bad-json"),
            (b'{"type":"message","type":"message","content":"x"}', "bad-json"),
            (b'{"type":"message","content":' + b"[" * 5000 + b"]" * 5000 + b"}", "bad-json"),
            (b'{"type":"message","content":' + b'{"a":' * 2000 + b"1" + b"}" * 2001, "bad-json"),
            (b'{"type":"history","limit":' + b"9" * 10_000 + b"}", "bad-json"),
            (b'{"type":"history","limit":1e999}', "bad-field"),
            (b'{"type":"message","content":NaN}', "bad-json"),
            (b'{"type":"message","content":["x"]}', "bad-field"),
            (b'{"type":["message"],"content":"x"}', "bad-field"),
            (b'{"content":"x"}', "bad-field"),
            (b'{"type":"message","content":"x","id":{}}', "bad-field"),
            (b'{"type":"message","content":"a\\u0000b"}', "bad-text"),
            (b'{"type":"message","content":"a\\u001b[2Jb"}', "bad-text"),
            (b'{"type":"message","content":"\\ud800"}', "bad-text"),
            (b'{"type":"message","content":"' + b"x" * 4097 + b'"}', "too-long"),
            (b'{"type":"message","content":"' + b"x" * 20000 + b'"}', "too-long"),
            (b'{"type":"shout","content":"x"}', "unknown-type"),
        ):
            self.objects_refused(line, code)

    def test_what_stands_behind_an_object_is_a_frame_of_its_own(self) -> None:
        self.robot.sends(b'{"type":"message","content":"x"}]\n')
        self.assertEqual({each["type"] for each in self.robot.gets()}, {"ack", "error"})
        self.assert_sees(self.bob, "<robot> x")

    def test_a_number_of_a_billion_digits_is_too_long_long_before_its_end(self) -> None:
        self.robot.sends(b'{"type":"history","limit":')
        for _ in range(20):
            self.robot.sends(b"9" * 65536)
        self.assertTrue(self.robot.gone)
        codes = [each.get("code", each["type"]) for each in self.robot.gets()]
        self.assertEqual(codes, ["too-long", "quit"])

    def test_ten_thousand_lines_in_one_packet(self) -> None:
        self.eve.sends(b"".join(b"%d\n" % number for number in range(10_000)))
        self.assertEqual(self.bob.sees(), [f"<eve> {number}" for number in range(10_000)])

    def test_a_hundred_thousand_empty_lines_are_nothing(self) -> None:
        self.eve.sends(b"\n" * 100_000 + b"hi\n")
        self.assert_sees(self.bob, "<eve> hi")

    def test_telnet_commands_without_end_are_stripped_at_every_cut(self) -> None:
        noise = (
            IAC + SB + IAC + SE,
            IAC + SB + b"\x18" + b"x" * 1024 * 1024 + IAC + SE,
            (IAC + WILL + b"\x18") * 500 + (IAC + DO + b"\x18") * 500,
            (IAC + DO + b"\x01" + IAC + DONT + b"\x01") * 500,
            NOP * 1000,
        )
        for each in noise:
            for size in (1, 2, 3) if len(each) < 10_000 else (1000, 65536):
                guest = self.house.enters("alice")
                guest.sends(b"h")
                for start in range(0, len(each), size):
                    guest.sends(each[start : start + size])
                guest.sends(b"i\r\n")
                self.house.waits(60)
                self.assert_any(self.bob.sees(), "^<alice> hi$")
                guest.resets()
                self.house.hush()


class TypedTests(HouseTestCase):
    """Line ends of any kind, and characters that were taken back, as terminals and old programs send them."""

    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.enters("bob")

    def test_a_visit_with_any_line_end(self) -> None:
        for end in (b"\n", b"\r\n", b"\r", b"\r\0", b"\n\r", b"\r\r\n"):
            for size in (1, 2, 1000):
                script = end.join((b"eve", b"hi", b"/msg bob psst", b"/quit", b""))
                guest = self.house.comes()
                for start in range(0, len(script), size):
                    guest.sends(script[start : start + size])
                self.assert_sees(
                    self.bob,
                    "-- eve joined #lobby",
                    "<eve> hi",
                    "*eve* psst",
                    "-- eve left the chat (quit)",
                )

    def test_a_lone_line_end_of_any_kind_makes_a_guest(self) -> None:
        for end in (b"\n", b"\r\n", b"\r", b"\r\0", b"\n\r", b"\r\r\n"):
            guest = self.house.comes()
            guest.sends(end)
            guest.types("hi")
            self.assert_any(self.bob.sees(), "^<guest[0-9]+> hi$")

    def test_what_was_taken_back_is_not_in_a_nick_a_password_or_a_private_text(self) -> None:
        for back in (b"\x08", b"\x7f"):
            guest = self.house.comes()
            guest.sends(b"evx" + back + b"e\r\n/register horsx" + back + b"e-horse\r\n")
            guest.sends(b"/msg bib" + back * 2 + b"ob secret!" + back + b"\r\nsecret \x15hi\r\n")
            self.assert_sees(self.bob, "-- eve joined #lobby", "*eve* secret", "<eve> hi")
            guest.types("/leave", "/quit")
            again = self.house.comes()
            again.types("eve horse-horse")
            self.assertIn("-- Welcome, eve.", again.sees())
            again.types("/drop-account horse-horse", "/quit")
            self.house.hush()

    def test_so_it_is_with_the_erase_keys_of_telnet(self) -> None:
        erase, erase_line = IAC + b"\xf7", IAC + b"\xf8"
        guest = self.house.comes()
        guest.sends(
            b"xx" + erase_line + b"evx" + erase + b"e\r\0my secret" + erase_line + b"hi\r\0"
        )
        self.assert_sees(self.bob, "-- eve joined #lobby", "<eve> hi")


class AstrayTests(HouseTestCase):
    def test_text_that_looks_like_an_endless_telnet_command_ends_with_a_hint(self) -> None:
        bob, alice = self.house.enters("bob"), self.house.enters("alice")
        self.house.hush()
        alice.sends("\u00ff\u00fa hi\n".encode("latin-1"))
        alice.types("hello?", "/quit")
        (goodbye,) = alice.sees()
        self.assertIn("set your terminal or client to UTF-8", goodbye)
        self.assertTrue(alice.gone)
        self.assert_sees(bob, "-- alice left the chat (sent something that is not UTF-8)")


class CutTests(SynchronousTestCase):
    """However the network cuts what somebody sends, everybody sees the same."""

    LINES = [
        *(
            "hi",
            "",
            "?",
            "//x",
            "/me waves",
            "/nope",
            "!who",
            "JOIN dev",
            "LEAVE",
            "LIST",
            "MSG bob:x",
        ),
        *(
            "bob hi > bob",
            "\u00e9\U0001f600",
            "a\rb",
            " /x",
            "x" * 5000,
            "/topic T",
            "{",
            "/nick z",
        ),
    ]
    OBJECTS: list[dict[str, Any]] = [
        {"type": "message", "content": "hi", "id": "1"},
        {"type": "message", "content": '}"{\\', "id": "2"},
        {"type": "message", "content": "x" * 5000},
        {"type": "message", "content": "x" * 20000},
        {"type": "private", "to": "bob", "content": "psst \u00e9"},
        {"type": "join", "content": "dev"},
        {"type": "history", "room": "lobby"},
        {"type": "who"},
        {"type": "nope"},
        {"type": "message", "content": ["x"]},
        {"type": "leave"},
    ]
    TELNET = [
        b"",
        b"",
        b"",
        NOP,
        IAC + WILL + b"\x1f",
        # A window so wide that no line is broken: what is broken for one depends on when it is told.
        IAC + SB + b"\x1f\1\x04\0\x16" + IAC + SE,
        b"\xff\xff",
    ]

    def visit(self, pieces: list[bytes]) -> list[list[object]]:
        """Return what a guest and another one see of a visit.

        Not where in it the answers to telnet commands stand, which come with each read, nor the acknowledgements, which
        come when a message is stored.
        """
        house = House(NO_FLOOD_LIMIT)
        other = house.enters("bob")
        guest = house.comes()
        for piece in pieces:
            guest.sends(piece)
            house.waits(0.1)
        guest.ends()
        house.turn()
        seen = [*self.seen(guest), *self.seen(other)]
        house.closes()
        return seen

    def seen(self, guest: Guest) -> list[list[object]]:
        """Return the acknowledgements, and all else that came, without the times and random names that stand in it."""
        acks: list[object] = []
        others: list[object] = []
        for line in TelnetFilter().receive(guest.hears())[0].splitlines():
            if line.startswith(b"{"):
                told = json.loads(line)
                del told["timestamp"]
                told.pop("time", None)
                told.pop("scope", None)
                told.pop("session", None)
                for user in told.get("users", ()):
                    del user["idle"], user["scope"]
                (acks if told["type"] == "ack" else others).append(told)
            else:
                others.append(line)
        return [sorted(acks, key=str), others]

    def assert_same(self, script: bytes, places: list[int]) -> None:
        whole = self.visit([script])
        self.assertEqual(self.visit(cut(script, places)), whole)

    @given(
        st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from(TELNET)), max_size=8),
        st.sampled_from(["\n", "\r\n"]),
        st.lists(st.integers(0, 10**6), max_size=6),
        st.booleans(),
    )
    def test_of_lines(
        self, lines: list[tuple[str, bytes]], end: str, places: list[int], whole: bool
    ) -> None:
        script = b"alice" + end.encode()
        for line, noise in lines:
            half = len(line) // 2
            script += line[:half].encode() + noise + line[half:].encode() + end.encode()
        self.assert_same(script if whole else script[:-1], places)

    @given(
        st.lists(
            st.tuples(st.sampled_from(OBJECTS), st.sampled_from(["", "\n", "\r\n"])), max_size=8
        ),
        st.lists(st.integers(0, 10**6), max_size=6),
    )
    def test_of_objects(self, objects: list[tuple[dict[str, Any], str]], places: list[int]) -> None:
        # An object that is too long ends with its line, so that one has an end.
        script = '{"type":"nick","content":"robot"}' + "".join(
            json.dumps(each) + (end or "\n" * (len(str(each)) > 16000)) for each, end in objects
        )
        self.assert_same(script.encode(), places)

    def test_of_a_visit_byte_by_byte(self) -> None:
        script = NOP + b"alice\r\nhi\r\n" + IAC + WILL + b"\x1f\xc3\xa9\r\n/nick carol\r\nlast"
        self.assert_same(script, list(range(len(script))))

    @given(st.binary(max_size=200), st.lists(st.integers(0, 10**6), max_size=6))
    def test_any_bytes_do_no_harm(self, data: bytes, places: list[int]) -> None:
        house = House(NO_FLOOD_LIMIT)
        bob, guest = house.enters("bob"), house.enters("alice")
        for piece in cut(data, places):
            guest.sends(piece)
        house.waits(10)
        bob.hears()
        bob.types("MSG all is well")
        self.assertEqual(bob.sees(), [])
        house.closes()
        self.assertEqual(self.flushLoggedErrors(), [])
