"""Plain mode: what is typed, what is shown, and how it ends."""

from __future__ import annotations

import getpass as getpass_module
import io
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.client.serving import FakeServer
from twisted import internet
from twisted_chat.client import events as ev
from twisted_chat.client.link.link import Identity, Link
from twisted_chat.client.link.open import Target
from twisted_chat.client.link.reconnect import LONGEST_WAIT
from twisted_chat.client.options import USAGE, Settings
from twisted_chat.client.plain import app, transcript
from twisted_chat.client.plain.app import LOST, Plain


class FakeKeyboard:
    """Types what a test wants, one piece after the other."""

    def __init__(self, _: Any, typed: Callable[[bytes], None]) -> None:
        self.typed = typed
        self.started = False
        self.waits = False

    def start(self) -> None:
        self.started = self.waits = True

    def next(self) -> None:
        self.waits = True

    def types(self, text: str | bytes) -> None:
        assert self.waits, "more was read than can be dealt with"
        self.waits = False
        self.typed(text.encode() if isinstance(text, str) else text)

    def ends(self) -> None:
        self.types(b"")


class Unread(io.StringIO):
    """A pipe behind which nobody reads."""

    def write(self, _: str) -> int:
        raise BrokenPipeError


class Base(SynchronousTestCase):
    terminal = False
    reconnect = False
    literal = quiet = False

    def setUp(self) -> None:
        self.clock = Clock()
        self.server = FakeServer()
        self.out, self.err = io.StringIO(), io.StringIO()
        self.patch(app, "open_link", self.open_link)
        self.patch(transcript, "note", lambda line: None)
        self.passwords: list[str] = []
        self.plain = Plain(
            self.clock,
            Settings(
                target=Target(identity=Identity(nick="bob"), reconnect=self.reconnect),
                literal=self.literal,
                quiet=self.quiet,
            ),
            self.out,
            self.err,
            terminal=self.terminal,
            ask=self.ask if self.terminal else None,
            keyboard=FakeKeyboard,  # type: ignore[arg-type]
        )
        self.keyboard: FakeKeyboard = self.plain._keyboard  # type: ignore[assignment]

    def open_link(self, reactor: Any, target: Target, heard: Callable[[ev.Event], None]) -> Link:
        return Link(
            reactor,
            self.server,
            target.identity,
            heard,
            reconnect=target.reconnect,
            new_secret=lambda: "s",
        )

    def ask(self, prompt: str) -> str:
        self.out.write(prompt)
        return self.passwords.pop(0)

    def tearDown(self) -> None:
        _ = self.plain.interrupt()
        self.server.hears()
        self.clock.advance(10)
        self.assertTrue(self.plain.ended.called)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def comes_in(self) -> None:
        self.plain.start()
        self.server.welcomes()
        self.server.took()
        self.shown()

    def shown(self) -> str:
        text = self.out.getvalue()
        self.out.seek(0)
        self.out.truncate()
        return text

    def complaints(self) -> list[str]:
        return self.err.getvalue().splitlines()

    def said(self) -> list[str]:
        return [each["content"] for each in self.server.took() if each["type"] == "message"]

    def acks_all(self) -> list[str]:
        """Acknowledge what was said; return it."""
        got = [each for each in self.server.took() if each["type"] == "message"]
        for each in got:
            self.server.acks(each["id"])
        return [each["content"] for each in got]

    def all_said(self) -> list[str]:
        """Acknowledge until nothing waits; return what was said."""
        said: list[str] = []
        while self.plain.link.waiting():
            said += self.acks_all()
        return said

    def ended(self, status: int) -> None:
        self.clock.advance(0)
        self.server.hears()
        self.assertTrue(self.plain.ended.called, self.out.getvalue() + self.err.getvalue())
        self.assertEqual(self.plain.status, status)


class PipeTests(Base):
    def test_lines_are_said_and_shown_with_who_said_them(self) -> None:
        self.comes_in()
        self.keyboard.types("hi\nthere")
        self.assertEqual(self.shown(), "")
        self.acks_all()
        self.assertEqual(self.shown(), "<You> hi\n")
        self.server.says("hello")
        self.assertEqual(self.shown(), "<carol> hello\n")

    def test_nothing_is_read_before_one_is_in(self) -> None:
        self.plain.start()
        self.assertFalse(self.keyboard.started)
        self.server.welcomes()
        self.assertTrue(self.keyboard.started)

    def test_it_ends_when_all_is_acknowledged(self) -> None:
        self.comes_in()
        self.keyboard.types("one\ntwo")
        self.keyboard.ends()
        self.server.hears()
        self.assertFalse(self.plain.ended.called)
        self.acks_all()
        self.ended(0)
        self.assertIn(("quit"), [each["type"] for each in self.server.took()])
        self.assertEqual(self.complaints(), [])

    def test_without_any_line_it_comes_in_and_ends(self) -> None:
        self.comes_in()
        self.keyboard.ends()
        self.server.hears()
        self.ended(0)

    def test_a_server_that_is_not_there_is_status_1_and_one_line(self) -> None:
        self.server.down = True
        self.plain.start()
        self.ended(LOST)
        self.assertEqual(self.complaints(), ["twisted-chat: cannot connect: connection refused"])

    def test_a_server_that_is_none_is_status_1_and_one_line(self) -> None:
        self.plain.start()
        self.server.sends(b"HTTP/1.1 400 Bad Request\r\n")
        self.ended(LOST)
        self.assertEqual(
            self.complaints(), ["twisted-chat: that is not a twisted-chat server: it speaks HTTP"]
        )

    def test_a_connection_that_is_lost_before_the_last_acknowledgement_is_status_1(self) -> None:
        self.comes_in()
        self.keyboard.types("one\n")
        self.keyboard.ends()
        self.server.drops()
        self.ended(LOST)
        self.assertEqual(self.complaints(), ["twisted-chat: connection lost"])

    def test_a_name_that_is_taken_is_status_2_and_says_so(self) -> None:
        self.plain.start()
        self.server.begins()
        self.server.tells(
            "error", id="login", code="nick-taken", content='"bob" is taken.', suggestion="bob2"
        )
        self.ended(USAGE)
        self.assertEqual(self.complaints(), ['twisted-chat: "bob" is taken. Try --nick bob2.'])
        self.assertFalse(self.keyboard.started)

    def test_a_line_that_is_refused_is_status_2_and_only_the_others_are_shown_as_said(self) -> None:
        self.comes_in()
        self.keyboard.types("one\ntwo\n")
        self.keyboard.ends()
        first, second = [each["id"] for each in self.server.took() if each["type"] == "message"]
        self.server.tells("error", id=first, code="muted", content="you are muted")
        self.server.acks(second)
        self.assertEqual(self.shown(), "<You> two\n")
        self.assertEqual(self.plain._unacked, {})
        self.ended(USAGE)
        self.assertEqual(self.complaints(), ["twisted-chat: you are muted"])

    def test_what_other_programs_write_is_made_fit_to_be_said(self) -> None:
        self.comes_in()
        self.keyboard.types(
            b"\x1b[31mred\x1b[0m\n10%\r50%\r100%\npage\x0c\n\xff\n\n" + b"word " * 1000
        )
        self.keyboard.ends()
        said = self.said()
        self.assertEqual(said[:4], ["red", "100%", "page", "\ufffd"])
        self.assertEqual("".join(said[4:]), "word " * 1000)
        self.assertTrue(all(len(each) <= 4096 for each in said))
        self.assertEqual(self.complaints(), [])

    def test_private_texts_are_cut_into_private_pieces_or_not_said(self) -> None:
        self.comes_in()
        self.keyboard.types("/msg joe " + "word " * 1000 + "\nMSG all of it\n")
        got = self.server.took()
        self.assertEqual([each["type"] for each in got], ["private", "private", "message"])
        self.assertEqual({each.get("to") for each in got}, {"joe", None})
        self.keyboard.types(b"/msg joe " + b"x" * 70_000)
        self.keyboard.types(b"x" * 70_000 + b"\n/topic " + b"x" * 5_000 + b"\nok\n")
        self.assertEqual(self.said(), ["ok"])
        self.assertEqual(len(self.complaints()), 2)
        self.assertIn("To say all lines as they stand, use --literal", self.complaints()[0])

    def test_a_queue_that_is_full_of_long_lines_loses_nothing(self) -> None:
        self.comes_in()
        self.keyboard.types((("x" * 4_000) + "\n") * 600)
        self.assertEqual((len(self.all_said()), self.complaints()), (600, []))

    def test_a_long_input_waits_for_the_server(self) -> None:
        self.comes_in()
        self.keyboard.types("x\n" * 600)
        self.assertEqual(self.plain.link.waiting(), 500)
        self.assertFalse(self.keyboard.waits)
        self.acks_all()
        self.assertEqual(self.plain.link.waiting(), 100)
        self.assertTrue(self.keyboard.waits)

    def test_an_input_of_many_lines_is_said_whole(self) -> None:
        self.comes_in()
        self.keyboard.types("".join(f"{number}\n" for number in range(2_000)))
        self.assertEqual(self.all_said(), [str(number) for number in range(2_000)])

    def test_a_line_of_any_length_is_said_in_pieces_and_no_byte_order_mark(self) -> None:
        self.comes_in()
        self.keyboard.types("\ufeffhi\n")
        self.assertEqual(self.said(), ["hi"])
        for _ in range(40):
            self.keyboard.types(b"x" * 50_000)
            while not self.keyboard.waits:
                self.acks_all()
        self.keyboard.types(b"\nnext\n")
        said = self.said()
        self.assertEqual(said[-1], "next")
        self.assertEqual(self.complaints(), [])

    def test_what_comes_from_a_pipe_is_said_though_nobody_reads(self) -> None:
        self.plain._out = Unread()
        self.comes_in()
        self.keyboard.types("one\n")
        self.acks_all()
        self.keyboard.ends()
        self.server.hears()
        self.ended(0)

    def test_who_quits_leaves_properly(self) -> None:
        self.comes_in()
        self.keyboard.types("hi\n/quit bye\nnever said\n")
        self.server.hears()
        self.assertFalse(self.plain.ended.called)
        self.acks_all()
        self.ended(0)
        self.assertEqual(self.complaints(), [])
        self.assertEqual([each["content"] for each in self.server.took()], ["bye"])

    def test_an_interrupt_leaves_properly(self) -> None:
        self.comes_in()
        done = self.plain.interrupt()
        self.server.hears()
        self.assertIn("quit", [each["type"] for each in self.server.took()])
        self.ended(0)
        self.successResultOf(done)
        self.successResultOf(self.plain.interrupt())

    def test_an_interrupt_before_one_is_in_is_status_1(self) -> None:
        self.plain.start()
        _ = self.plain.interrupt()
        self.ended(LOST)

    def test_an_interrupt_before_the_last_line_is_said_is_status_1(self) -> None:
        self.patch(self.plain.link, "has_room", lambda: False)
        self.comes_in()
        self.keyboard.types("hi\n")
        self.assertEqual(self.plain.link.waiting(), 0)
        _ = self.plain.interrupt()
        self.ended(LOST)

    def test_an_interrupt_before_the_last_acknowledgement_is_status_1(self) -> None:
        self.comes_in()
        self.keyboard.types("hi\n")
        _ = self.plain.interrupt()
        self.ended(LOST)

    def test_a_server_that_does_not_let_go_is_not_waited_for(self) -> None:
        self.comes_in()
        held: Deferred[None] = Deferred()
        self.patch(self.plain.link, "when_closed", lambda: held)
        self.keyboard.ends()
        self.server.hears()
        self.assertFalse(self.plain.ended.called)
        self.clock.advance(2)
        self.ended(0)

    def test_what_is_lost_and_not_repeated_is_told(self) -> None:
        self.comes_in()
        self.keyboard.types("/kick joe\n")
        self.server.drops()
        self.ended(LOST)
        self.assertIn("/kick was answered", self.complaints()[0])


class ReconnectTests(Base):
    reconnect = True

    def test_what_is_typed_meanwhile_is_said_afterwards(self) -> None:
        self.comes_in()
        self.server.drops()
        self.assertIn("-- Not connected: connection lost. Trying again in", self.shown())
        self.keyboard.types("one\n")
        self.keyboard.ends()
        self.clock.advance(LONGEST_WAIT)
        self.server.welcomes()
        self.acks_all()
        self.ended(0)

    def test_a_name_that_is_gone_meanwhile_is_status_2(self) -> None:
        self.comes_in()
        self.server.drops()
        self.clock.advance(LONGEST_WAIT)
        self.server.begins()
        self.server.tells("error", id="login", code="nick-taken", content="taken")
        self.ended(USAGE)


class TerminalTests(Base):
    terminal = True

    def test_a_line_that_cannot_be_said_is_named_and_the_others_are_said(self) -> None:
        self.comes_in()
        self.keyboard.types(b"a\x1bb\n\xff\n" + b"x" * 9000 + b"\nok\n")
        self.assertEqual(self.said(), ["ok"])
        escape, utf8, long = (line for line in self.shown().splitlines() if "! " in line)
        self.assertIn("U+001B ESCAPE", escape)
        self.assertIn("0xFF", utf8)
        self.assertIn("8,192 bytes", long)

    def test_a_line_without_an_end_ends_the_input(self) -> None:
        self.comes_in()
        self.keyboard.types("one\n")
        for _ in range(200):
            if self.keyboard.waits:
                self.keyboard.types(b"x" * 8000)
        self.assertFalse(self.keyboard.waits)
        self.assertIn(
            "A line of more than 1 MiB was not sent, because it had no line end.", self.shown()
        )
        self.acks_all()
        self.ended(0)

    def test_one_types_behind_a_prompt(self) -> None:
        self.plain.start()
        self.server.welcomes()
        self.assertIn("\n<You> ", self.shown())
        self.keyboard.types("hi\n")
        self.assertEqual(self.shown(), "<You> ")

    def test_one_types_behind_a_prompt_that_gives_way_to_others_and_leaves_nothing(self) -> None:
        self.comes_in()
        self.plain._show("x")
        self.assertEqual(self.shown(), "\rx     \n<You> ")
        self.server.says("hello")
        self.server.tells("topic", room="x", content="", id="1" * 16, from_="a")
        self.assertEqual(
            self.shown(), "\r<carol> hello\n<You> \r-- a cleared the topic of #x\n<You> "
        )

    def test_text_of_the_width_of_the_terminal_forges_no_line(self) -> None:
        self.comes_in()
        self.patch(self.out, "fileno", lambda: 1)
        self.patch(os, "get_terminal_size", lambda fd: os.terminal_size((80, 24)))
        self.server.says("x" * 72 + "<ann> I quit")
        self.assertEqual(self.shown(), f"\r<carol> {'x' * 71}\n    x<ann> I quit\n<You> ")
        self.patch(os, "get_terminal_size", lambda fd: os.terminal_size((0, 0)))
        self.server.says("x" * 72 + "<ann> I quit")
        self.assertEqual(self.shown(), f"\r<carol> {'x' * 72}<ann> I quit\n<You> ")

    def test_what_is_refused_is_shown_and_no_failure(self) -> None:
        self.comes_in()
        self.keyboard.types("/kick\n")
        self.assertIn("! NICK is missing", self.shown())
        self.keyboard.ends()
        self.server.hears()
        self.ended(0)
        self.assertEqual(self.shown(), "\n")
        self.assertEqual(self.complaints(), [])

    def test_a_password_is_asked_for_until_it_is_right(self) -> None:
        self.passwords = ["wrong", "right"]
        self.plain.start()
        for code in ("password-needed", "wrong-password"):
            self.server.begins()
            self.server.took()
            self.server.tells("error", id="login", code=code, content="it is registered")
        self.server.hears()
        login = self.server.took()[-1]
        self.assertEqual((login["content"], login["password"]), ("bob", "right"))
        self.assertEqual(self.shown(), "Password of bob: " * 2)

    def test_who_reads_no_more_ends_it(self) -> None:
        self.comes_in()
        self.plain._out = Unread()
        self.server.says("hello")
        self.server.says("hello")
        self.ended(0)

    def test_who_gives_no_password_does_not_come_in(self) -> None:
        self.passwords = [""]
        self.plain.start()
        self.server.begins()
        self.server.tells("error", id="login", code="password-needed", content="it is registered")
        self.ended(USAGE)
        self.assertEqual(self.complaints(), ["twisted-chat: it is registered"])

    def test_passwords_are_not_asked_for_without_end(self) -> None:
        self.passwords = ["wrong"] * 9
        self.plain.start()
        while not self.plain.ended.called:
            self.server.begins()
            self.server.tells("error", id="login", code="wrong-password", content="wrong")
            self.clock.advance(0)
        self.assertEqual(len(self.passwords), 6)
        self.ended(USAGE)


class AskTests(SynchronousTestCase):
    def asks(self, getpass: Callable[[str], str]) -> str:
        self.patch(getpass_module, "getpass", getpass)
        self.patch(sys, "stderr", io.StringIO())
        before = signal.getsignal(signal.SIGINT)
        password = app._ask("Password of bob: ")
        self.assertIs(signal.getsignal(signal.SIGINT), before)
        return password

    def test_the_password_is_what_is_typed_or_none(self) -> None:
        self.assertEqual(self.asks(lambda prompt: prompt), "Password of bob: ")

        def end(_: str) -> str:
            raise EOFError

        self.assertEqual(self.asks(end), "")

        def interrupted(_: str) -> str:
            signal.raise_signal(signal.SIGINT)
            return "never"

        self.assertEqual(self.asks(interrupted), "")


class FakeReactor(Clock):
    """A reactor that runs until it is stopped."""

    def __init__(self, interrupt: bool) -> None:
        super().__init__()
        self.interrupt = interrupt
        self.triggers: list[Any] = []
        self.stops = 0

    def callWhenRunning(self, begin: Any) -> None:
        self.callLater(0, begin)

    def addSystemEventTrigger(self, phase: str, event: str, leave: Any) -> None:
        self.triggers.append(leave)

    def run(self) -> None:
        self.advance(0)
        if self.interrupt:
            self.waited = [trigger() for trigger in self.triggers]
        self.advance(0)

    def stop(self) -> None:
        self.stops += 1


class RunTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        self.err = io.StringIO()
        self.begun: list[Path | None] = []
        self.patch(sys, "stdin", io.StringIO())
        self.patch(sys, "stdout", self.out)
        self.patch(sys, "stderr", self.err)
        self.patch(transcript, "begin", self.begun.append)
        self.server = FakeServer()
        self.patch(app, "open_link", self.open_link)

    def open_link(self, reactor: Any, target: Target, heard: Callable[[ev.Event], None]) -> Link:
        return Link(reactor, self.server, target.identity, heard, reconnect=target.reconnect)

    def runs(self, *, interrupt: bool = False) -> int:
        self.reactor = FakeReactor(interrupt)
        # It may be that nothing has imported a reactor yet.
        with patch.object(internet, "reactor", self.reactor, create=True):
            return app.run(Settings(target=Target(reconnect=False), log=Path("x")))

    def test_it_returns_the_status_of_the_visit(self) -> None:
        self.server.down = True
        self.assertEqual(self.runs(), LOST)
        self.assertEqual((self.begun, self.reactor.stops), ([Path("x")], 1))
        self.assertEqual(self.out.errors, "replace")

    def test_an_interrupt_ends_it(self) -> None:
        self.server.slow = Deferred()
        self.assertEqual(self.runs(interrupt=True), LOST)
        self.successResultOf(self.reactor.waited[0])
        self.assertEqual(self.reactor.stops, 0)

    def test_a_log_that_cannot_be_written_is_one_line(self) -> None:
        def begin(_: object) -> None:
            raise transcript.NoLog("--log x: Is a directory")

        self.patch(transcript, "begin", begin)
        self.assertEqual(self.runs(), USAGE)
        self.assertEqual(self.err.getvalue(), "twisted-chat: --log x: Is a directory\n")


class LiteralTests(Base):
    literal = True

    def test_every_line_is_said_as_it_stands(self) -> None:
        self.comes_in()
        lines = ["/quit", "psst > bob", "MSG bob:psst", "!who", "  indented", "//x", "?"]
        self.keyboard.types("\n".join(lines) + "\n\n")
        got = [each for each in self.server.took() if each["type"] == "message"]
        self.assertEqual([each["content"] for each in got], lines)
        self.assertEqual({each.get("literal") for each in got}, {True})


class QuietTests(Base):
    quiet = True

    def test_only_what_is_said_and_asked_for_is_shown(self) -> None:
        self.comes_in()
        self.assertEqual(self.shown(), "")
        self.server.tells("history_start", room="lobby", count=1)
        self.server.says("old", replay=True)
        self.server.tells("history_end", room="lobby", count=1, more=False)
        self.server.tells("join", from_="joe", room="lobby", id="0a", time="2026-01-01T00:00:00Z")
        self.server.says("hi")
        self.server.says("waited", None, replay=True)
        self.server.tells("who", users=[], count=0)
        shown = self.shown().splitlines()
        self.assertEqual(
            [shown[0], shown[1][-14:], *shown[2:]],
            ["<carol> hi", "*carol* waited", "-- Nobody is here."],
        )
