"""Messages of several lines on IRC."""

from __future__ import annotations

import re

from tests.doors.irc.house import IrcHouseTestCase

CAPS = "batch message-tags echo-message labeled-response draft/multiline"


class MultilineTests(IrcHouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.ann = self.enters("ann", "#dev", caps=CAPS)
        self.bob = self.enters("bob", "#dev", caps=CAPS)
        self.carl = self.enters("carl", "#dev")
        self.robot = self.house.program("robot")
        self.robot.objects({"type": "join", "content": "dev"})
        self.house.hush()

    def sends(self, *lines: str) -> list[str]:
        """Let ann send a message of these lines; return what she sees."""
        tagged = [
            f"@batch=1;draft/multiline-concat PRIVMSG #dev :{line[1:]}"
            if line.startswith("+")
            else f"@batch=1 PRIVMSG #dev :{line}"
            for line in lines
        ]
        return self.asks(self.ann, "BATCH +1 draft/multiline #dev", *tagged, "BATCH -1")

    def test_it_arrives_in_each_dialect_as_that_shows_it(self) -> None:
        self.sends("hello", "how is ", "+everyone?", "")
        start, *lines, end = self.bare(self.bob)
        found = re.fullmatch(
            r"@msgid=([0-9a-f]{16}) :ann!\S+ BATCH \+\1 draft/multiline #dev", start
        )
        assert found is not None
        name = found[1]
        self.assertEqual(
            [re.sub(r"!\S+", "", line) for line in lines],
            [
                f"@batch={name} :ann PRIVMSG #dev :hello",
                f"@batch={name} :ann PRIVMSG #dev :how is ",
                f"@batch={name};draft/multiline-concat :ann PRIVMSG #dev :everyone?",
                f"@batch={name} :ann PRIVMSG #dev :",
            ],
        )
        self.assertRegex(end, rf"^:ann BATCH -{name}$")
        self.assert_bare(
            self.carl,
            ":ann PRIVMSG #dev :hello",
            ":ann PRIVMSG #dev :how is ",
            ":ann PRIVMSG #dev :everyone?",
        )
        self.assertEqual(
            [each["content"] for each in self.robot.gets()], ["hello\nhow is everyone?\n"]
        )

    def test_the_label_of_the_beginning_is_that_of_the_answer(self) -> None:
        seen = self.asks(
            self.ann,
            "@label=7 BATCH +1 draft/multiline #dev",
            "@batch=1 PRIVMSG #dev :a",
            "@batch=1 PRIVMSG #dev :b",
            "BATCH -1",
        )
        self.assertRegex(seen[0], "^@label=7;msgid=[0-9a-f]+ :ann.* BATCH ")
        self.assertEqual(len(seen), 4)

    def test_messages_of_other_doors_come_in_one_piece(self) -> None:
        self.robot.objects({"type": "message", "content": "one\ntwo", "room": "dev"})
        self.assertEqual(len(self.bob.sees()), 4)
        self.assert_bare(self.carl, ":robot PRIVMSG #dev :one", ":robot PRIVMSG #dev :two")

    def test_what_is_no_message_is_refused_once_and_given_up(self) -> None:
        for lines, code in (
            (["+x"], "MULTILINE_INVALID"),
            (["x", "+"], "MULTILINE_INVALID"),
            (["", ""], "MULTILINE_INVALID"),
            (["x"] * 101, "MULTILINE_MAX_LINES 100"),
            (["x" * 400] * 11, "MULTILINE_MAX_BYTES 4096"),
        ):
            (refused,) = self.sends(*lines)
            self.assertRegex(refused, f"^:server FAIL BATCH {code} :.* It was not sent\\.$")
        start = "BATCH +1 draft/multiline #dev"
        for line, code in (
            ("@batch=1 PRIVMSG #other :x", "MULTILINE_INVALID_TARGET #dev #other"),
            ("@batch=2 PRIVMSG #dev :x", "MULTILINE_INVALID"),
            ("@batch=1 JOIN #dev", "MULTILINE_INVALID"),
            ("BATCH -2", "MULTILINE_INVALID"),
            ("BATCH +2 nosuch #dev", "MULTILINE_INVALID"),
        ):
            refused, *rest = self.asks(self.ann, start, line, "BATCH -1")
            self.assertRegex(refused, f"^:server FAIL BATCH {code}")
            self.assertEqual(rest, [])
        self.assertEqual(self.bob.sees(), [])
        self.assertEqual(len(self.sends("works", "again")), 4)
