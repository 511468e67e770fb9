"""History on IRC, asked for by message or by time."""

from __future__ import annotations

import re

from tests.doors.house import Guest
from tests.doors.irc.house import IrcHouseTestCase

CAPS = "batch message-tags server-time echo-message labeled-response draft/chathistory"


class ChatHistoryTests(IrcHouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.ann: Guest = self.enters("ann", "#dev", caps=CAPS)
        self.ids: list[str] = []
        self.times: list[str] = []
        for number in range(6):
            (echo,) = self.asks(self.ann, f"PRIVMSG #dev :{number}")
            tags = dict(each.partition("=")[::2] for each in echo.split()[0][1:].split(";"))
            self.ids.append(tags["msgid"])
            self.times.append(tags["time"])
            self.house.waits(0.25)

    def history(self, asked: str) -> str:
        """Return the numbers that were said, as they come in the batch that answers."""
        start, *lines, end = self.asks(self.ann, f"CHATHISTORY {asked}")
        self.assertRegex(start, r"^:server BATCH \+[0-9]+ chathistory #dev$")
        name = start.split()[2][1:]
        self.assertEqual(end, f":server BATCH -{name}")
        for line in lines:
            self.assertRegex(
                line, rf"^@batch={name};msgid=[0-9a-f]+;time=[^ ]+Z :ann![^ ]+ PRIVMSG"
            )
        return "".join(line[-1] for line in lines)

    def test_each_part_is_found_by_message_and_by_time(self) -> None:
        for refs in (
            [f"msgid={each}" for each in self.ids],
            [f"timestamp={each}" for each in self.times],
        ):
            for asked, found in (
                ("LATEST #dev * 2", "45"),
                ("LATEST #dev * 50", "012345"),
                (f"LATEST #dev {refs[2]} 2", "45"),
                (f"LATEST #dev {refs[2]} 50", "345"),
                (f"BEFORE #dev {refs[3]} 2", "12"),
                (f"BEFORE #dev {refs[0]} 2", ""),
                (f"AFTER #dev {refs[3]} 9", "45"),
                (f"AFTER #dev {refs[1]} 2", "23"),
                (f"AROUND #dev {refs[3]} 3", "234"),
                (f"AROUND #dev {refs[3]} 1", "3"),
                (f"BETWEEN #dev {refs[1]} {refs[4]} 9", "23"),
                (f"BETWEEN #dev {refs[4]} {refs[1]} 1", "3"),
                (f"BETWEEN #dev {refs[1]} {refs[4]} 1", "2"),
            ):
                self.assertEqual(self.history(asked), found, asked)

    def test_what_cannot_be_asked_says_why(self) -> None:
        bob = self.enters("bob")
        for asked, code in (
            ("", "NEED_MORE_PARAMS|461"),
            ("NOSUCH #dev * 5", "INVALID_PARAMS NOSUCH"),
            ("LATEST #dev", "NEED_MORE_PARAMS LATEST"),
            ("LATEST #dev * x", "INVALID_PARAMS LATEST x"),
            ("LATEST #dev * 5", "INVALID_TARGET LATEST #dev"),
            ("LATEST #nowhere * 5", "INVALID_TARGET LATEST #nowhere"),
            ("LATEST a!b * 5", "INVALID_TARGET LATEST a!b"),
            ("BEFORE #dev time=1 5", "INVALID_PARAMS BEFORE #dev"),
            ("BEFORE #dev timestamp=2026-99-01T00:00:00.000Z 5", "INVALID_PARAMS BEFORE #dev"),
        ):
            (refused,) = self.asks(bob, f"CHATHISTORY {asked}")
            self.assertRegex(
                refused,
                code.replace("|", ".*|")
                if "|" in code
                else f"FAIL CHATHISTORY {re.escape(code)} :",
            )

    def test_with_a_label_the_batch_is_the_answer(self) -> None:
        start, *lines, end = self.asks(self.ann, "@label=x CHATHISTORY LATEST #dev * 1")
        self.assertRegex(start, r"^@label=x :server BATCH \+[0-9]+ chathistory #dev$")
        self.assertEqual(len(lines), 1)
        self.assertRegex(end, r"^:server BATCH -[0-9]+$")


class TargetTests(IrcHouseTestCase):
    def test_rooms_and_people_with_something_between_two_times_are_one_batch(self) -> None:
        ann = self.enters("ann", "#dev", caps="batch draft/chathistory message-tags server-time")
        bob = self.enters("bob", "#dev", caps="message-tags server-time")
        ann.types("PRIVMSG #dev :hi")
        self.house.waits(10)
        ann.types("PRIVMSG bob :psst")
        times = [line.partition("time=")[2].split(";")[0].split(" ")[0] for line in bob.sees()]
        after, before = "timestamp=2020-01-01T00:00:00.000Z", "timestamp=2262-01-01T00:00:00.000Z"
        for first, last in ((after, before), (before, after)):
            begin, *lines, end = self.asks(ann, f"CHATHISTORY TARGETS {first} {last} 10")
            name = begin.partition(" +")[2].split(" ")[0]
            self.assertEqual(begin, f":server BATCH +{name} draft/chathistory-targets")
            self.assertEqual(end, f":server BATCH -{name}")
            self.assertEqual(
                lines,
                [
                    f"@batch={name} :server CHATHISTORY TARGETS {target} {time}"
                    for target, time in zip(("#dev", "bob"), times, strict=True)
                ],
            )
        lines = self.asks(ann, f"CHATHISTORY TARGETS timestamp={times[0]} {before} 10")
        self.assertEqual(len(lines), 3)

    def test_what_is_no_time_or_number_is_refused(self) -> None:
        ann = self.enters("ann", caps="batch draft/chathistory standard-replies")
        time = "timestamp=2020-01-01T00:00:00.000Z"
        for line, code in (
            (f"{time} {time}", "NEED_MORE_PARAMS"),
            (f"{time} {time} x", "INVALID_PARAMS"),
            (f"{time} * 5", "INVALID_PARAMS"),
            (f"msgid=7 {time} 5", "INVALID_PARAMS"),
        ):
            (told,) = self.asks(ann, f"CHATHISTORY TARGETS {line}")
            self.assertTrue(told.startswith(f":server FAIL CHATHISTORY {code} TARGETS :"), told)
