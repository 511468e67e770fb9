"""What a person types, carried out over a link."""

from __future__ import annotations

from typing import Any

from tests.client.linked import LinkedTestCase
from twisted_chat.client import events as ev
from twisted_chat.client.commands import InvalidInput, enter
from twisted_chat.client.link.outbox import MAX_WAITING


class TypedTests(LinkedTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.comes_in()

    def enters(self, line: str, *fields: str) -> list[Any]:
        enter(self.link, line)
        return self.sent("type", *(fields or ("content",)))

    def test_a_line_for_a_bot_is_said_if_the_server_knows_one(self) -> None:
        self.assertEqual(
            self.enters("!roll 2d6", "content", "room"), [("command", "!roll 2d6", "lobby")]
        )
        sending = self.last(ev.Sending)
        self.assertEqual((sending.text, sending.room), ("!roll 2d6", "lobby"))
        for line in ("!mgs joe psst", "!lgoin pw"):
            with self.assertRaisesRegex(InvalidInput, "no command"):
                enter(self.link, line)

    def test_text_and_literal_lines_are_said_and_empty_ones_are_not(self) -> None:
        self.assertEqual(self.enters("//x"), [("message", "/x")])
        self.assertEqual(self.enters(""), [])
        said = self.enters("msg joe psst", "content", "literal")
        self.assertEqual(said, [("message", "msg joe psst", None)])
        said = self.enters("hi", "content", "room", "literal")
        self.assertEqual(said, [("message", "hi", "lobby", True)])
        for line in ("/who", "?", "/topic hello", "/no-such-command-yet x"):
            self.assertEqual(self.enters(line), [("command", line)])

    def test_messages_are_messages_however_they_are_typed(self) -> None:
        self.assertEqual(
            self.enters("/me waves", "content", "kind"), [("message", "waves", "action")]
        )
        for line in ("/msg joe psst", "psst > joe", "MSG joe:psst"):
            self.assertEqual(self.enters(line, "content", "to"), [("private", "psst", "joe")])
        self.server.says("psst", None, "joe")
        self.assertEqual(self.enters("/reply yes", "content", "to"), [("private", "yes", "joe")])

    def test_rooms_and_who_one_is_are_kept_by_the_link(self) -> None:
        self.assertEqual(
            self.enters("/join dev key", "content", "password"), [("join", "dev", "key")]
        )
        self.assertEqual(self.link.focus, "dev")
        self.assertEqual(self.enters("/leave"), [("leave", "dev")])
        self.assertEqual(self.enters("/leave lobby"), [("leave", "lobby")])
        self.assertEqual(self.enters("/nick joe"), [("nick", "joe")])
        self.assertEqual(self.enters("/register pw", "password"), [("register", "pw")])
        self.assertEqual(self.enters("/login pw2", "content", "password"), [("nick", "bob", "pw2")])
        self.assertEqual(self.enters("/login joe pw2"), [("nick", "joe")])
        self.assertEqual(self.enters("/passwd a b"), [("command", "/passwd a b")])
        self.assertEqual(self.enters("/quit bye"), [("quit", "bye")])
        self.assertEqual(self.link.state, "ended")

    def test_what_cannot_be_sent_is_rejected_with_a_reason(self) -> None:
        for line, why in (
            ("a\x1bb", "U\\+001B ESCAPE"),
            ("/kick", "NICK is missing"),
            ("/join a,b", "room name"),
            (" /quit", "must not begin with a space"),
            ("x" * 17_000, "too many to send"),
        ):
            with self.assertRaisesRegex(InvalidInput, why):
                enter(self.link, line)
        self.assertEqual(self.link.waiting(), 0)
        self.server.tells("notice", code="focus", focus=None)
        with self.assertRaisesRegex(InvalidInput, "not in any room"):
            enter(self.link, "hi")

    def test_a_full_queue_rejects(self) -> None:
        self.loses()
        for _ in range(MAX_WAITING):
            enter(self.link, "hi")
        with self.assertRaisesRegex(InvalidInput, "1,000 lines are already waiting"):
            enter(self.link, "one more")
