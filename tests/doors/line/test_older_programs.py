"""Older programs on a port for programs: which they are, and what they get."""

from __future__ import annotations

import json
from typing import Any

from tests.doors.house import NO_FLOOD_LIMIT, Guest, HouseTestCase
from twisted_chat.core.values.limits import Limits

NICK = {"type": "nick", "content": "olga"}


def old(kind: str, content: str = "", **more: str) -> dict[str, str]:
    return {"type": kind, "content": content, **more}


class Strict(Guest):
    """A program that takes what one read returns for one object."""

    def reads(self) -> list[dict[str, Any]]:
        """Return what each write since the last time was, which must be an object."""
        self._house.waits(2)
        new, self.wire.writes = self.wire.writes, []
        assert all(len(each) <= 1000 for each in new), new
        return [json.loads(each.decode()) for each in new]

    def shown(self) -> list[tuple[str, str]]:
        """Return type and content of what such a program is sent."""
        found = self.reads()
        for each in found:
            assert set(each) == {"type", "content", "timestamp"}, each
        return [(each["type"], each["content"]) for each in found]

    def bare(self, *objects: dict[str, str]) -> None:
        """Send objects without line ends, a read each."""
        for each in objects:
            self.sends(json.dumps(each).encode())


class OlderProgramCase(HouseTestCase):
    limits: Limits | None = NO_FLOOD_LIMIT

    def setUp(self) -> None:
        super().setUp()
        self.bob = self.house.enters("bob")
        self.house.factory = self.house.factory.for_programs()

    def strict(self) -> Strict:
        program = Strict(self.house, self.bob.wire.getPeer())
        (greeting,) = program.reads()
        self.assertEqual(greeting["content"], "Welcome to twisted-chat.")
        return program

    def olga(self) -> Strict:
        """An older program that is in, and has read so."""
        program = self.strict()
        program.bare(NICK)
        program.shown()
        self.house.hush()
        return program


class WhichTests(OlderProgramCase):
    WELCOME = [
        ("NOTICE", "Welcome, olga."),
        ("JOIN", "You are in #lobby. 2 people are here:\n  bob, olga"),
    ]

    def test_nick_without_a_line_end_is_of_an_older_program(self) -> None:
        program = self.strict()
        program.bare(NICK)
        self.assertEqual(program.shown(), self.WELCOME)

    def test_nick_with_a_time_is_of_an_older_program(self) -> None:
        program = self.strict()
        program.objects(NICK | {"timestamp": "12:00:00"})
        self.assertEqual(program.shown(), self.WELCOME)

    def test_nick_in_capitals_is_of_an_older_program(self) -> None:
        program = self.strict()
        program.objects(old("NICK", "olga"))
        self.assertEqual(program.shown(), self.WELCOME)

    def test_verb_first_makes_a_guest_who_is_told_so(self) -> None:
        for ends in (b"", b"\n", b"\r\n"):
            program = self.strict()
            program.sends(json.dumps(old("JOIN", "dev")).encode() + ends)
            welcome, _, dev = program.shown()
            self.assertRegex(welcome[1], r"^Welcome, guest\d\.$")
            self.assertRegex(dev[1], r"^You are in (a new room, )?#dev\.")

    def test_message_first_is_said_by_the_guest(self) -> None:
        self.house.hush()
        program = self.strict()
        program.bare(old("MSG", "hello"))
        self.assertEqual(len(program.shown()), 2)
        self.assert_sees(self.bob, "-- guest1 joined #lobby", "<guest1> hello")

    def test_quit_first_makes_no_guest(self) -> None:
        self.house.hush()
        program = self.strict()
        program.bare(old("QUIT"))
        self.assertEqual(program.shown(), [("QUIT", "Goodbye.")])
        self.assertTrue(program.gone)
        self.assert_sees(self.bob)

    def test_line_end_that_comes_a_little_later_is_one(self) -> None:
        program = self.strict()
        program.bare(NICK)
        self.house.waits(0.1)
        program.sends(b"\n")
        self.assertIn("session", program.reads()[0])

    def test_object_right_behind_another_is_of_an_older_program(self) -> None:
        program = self.strict()
        program.sends(json.dumps(NICK).encode() + json.dumps(old("LIST")).encode())
        self.assertEqual([kind for kind, _ in program.shown()], ["NOTICE", "JOIN", "LIST"])

    def test_program_that_ends_its_side_at_once_is_answered(self) -> None:
        self.house.hush()
        program = self.strict()
        program.bare(NICK)
        program.ends()
        self.assertEqual(program.shown()[0], self.WELCOME[0])
        self.assertTrue(program.gone)
        self.assertEqual(self.bob.sees()[0], "-- olga joined #lobby")

    def test_plain_nick_is_left_open_and_a_verb_behind_it_tells(self) -> None:
        program = self.strict()
        program.objects(NICK)
        self.assertEqual(
            [each["type"] for each in program.reads()],
            ["welcome", "members", "history_start", "history_end", "notice"],
        )
        self.bob.types("hi")
        (hi,) = program.reads()
        self.assertEqual((hi["from"], hi["content"]), ("bob", "hi"))
        program.objects(old("LIST"))
        self.assertEqual([kind for kind, _ in program.shown()], ["LIST"])
        self.bob.types("hi")
        self.assertEqual(program.shown(), [("MSG", "bob: hi")])

    def test_program_that_only_listens_is_not_paced_for_ever(self) -> None:
        program = self.strict()
        program.objects(NICK)
        program.reads()
        self.bob.types("one", "two")
        self.assertEqual(len(program.wire.writes), 2)
        self.assertEqual([each["content"] for each in program.gets()][-2:], ["one", "two"])

    def test_refused_nick_may_be_sent_again(self) -> None:
        for ends in ("bare", "objects"):
            program = self.strict()
            getattr(program, ends)(old("nick", "bob"))
            (error,) = program.reads()
            self.assertIn('"bob" is taken.', error["content"])
            getattr(program, ends)(old("nick", f"olga_{ends}"))
            self.assertEqual(program.reads()[0]["content"], f"Welcome, olga_{ends}.")

    def test_field_of_today_shows_a_program_of_today(self) -> None:
        for first in (
            NICK | {"id": "1"},
            NICK | {"session": "", "timestamp": "12:00:00"},
            NICK | {"password": ""},
        ):
            program = self.strict()
            program.bare(first)
            kinds = [json.loads(line)["type"] for line in program.hears().splitlines()]
            self.assertEqual(kinds[:3], ["notice", "welcome", "members"])
            program.resets()

    def test_type_in_small_letters_behind_a_nick_shows_a_program_of_today(self) -> None:
        program = self.strict()
        program.objects(NICK, old("message", "hi"), old("MSG", "hello"), old("list"))
        program.hears()
        self.house.waits(1)
        program.objects(old("LIST"))
        (answer,) = program.gets()
        self.assertIn("rooms", answer)

    def test_other_ports_have_no_older_form(self) -> None:
        self.house.factory = self.house.factory.forwarded()
        self.house.factory.short, self.house.factory.first = None, self.house.factory.line
        program = self.house.comes()
        program.sends(json.dumps(old("nick", "olga", timestamp="12:00:00")).encode())
        self.assertIn("session", program.gets()[0])


class TalkTests(OlderProgramCase):
    def test_messages_name_their_sender_and_private_ones_reach_one_alone(self) -> None:
        olga, ivan = self.olga(), self.strict()
        ivan.objects(old("NICK", "ivan"))
        ivan.shown()
        self.assertEqual(olga.shown(), [("JOIN", "ivan joined #lobby.")])
        self.house.hush()
        olga.bare(old("MSG", "hello"), old("MSG", "ivan:psst"), old("MSG", "bob: and you"))
        self.assertEqual(olga.shown(), [])
        self.assertEqual(ivan.shown(), [("MSG", "olga: hello"), ("MSG", "olga (private): psst")])
        self.assert_sees(self.bob, "<olga> hello", "*olga* and you")

    def test_verbs_of_older_programs(self) -> None:
        olga = self.olga()
        olga.bare(old("JOIN", "dev"))
        self.assertEqual(
            olga.shown(), [("JOIN", "You are in a new room, #dev. Nobody else is here.")]
        )
        olga.bare(old("LIST"), old("HELP"))
        (_, listed), (_, helped) = olga.shown()
        for word in ("#dev", "#lobby", "olga", "bob"):
            self.assertIn(word, listed)
        self.assertIn("MSG USER:TEXT", helped)
        self.bob.types("hi")
        self.assertEqual(olga.shown(), [("MSG", "#lobby bob: hi")])
        olga.bare(old("LEAVE"))
        self.assertEqual(olga.shown(), [("LEAVE", "You left #dev. You talk in #lobby now.")])
        olga.bare(old("QUIT"))
        self.assertEqual(olga.shown(), [("QUIT", "Goodbye.")])
        self.assertTrue(olga.gone)

    def test_busy_room_comes_in_few_objects_and_in_order(self) -> None:
        olga = self.olga()
        self.bob.types(*[f"line {turn}" for turn in range(60)])
        contents = [content for _, content in olga.shown()]
        self.assertLess(len(contents), 30)
        self.assertEqual(
            "\n".join(contents).split("\n"), [f"bob: line {turn}" for turn in range(60)]
        )

    def test_errors_are_objects_and_silent_programs_are_not_pinged(self) -> None:
        olga = self.olga()
        self.house.factory.connections.check(self.house.clock.seconds() + 10_000)
        self.assertEqual(olga.shown(), [])
        olga.bare(old("MSG", "nobody:psst"), old("SING"), old("MSG"))
        self.assertEqual([kind for kind, _ in olga.shown()], ["ERROR"] * 3)

    def test_gone_program_leaves_nothing_to_be_done(self) -> None:
        olga = self.olga()
        self.bob.types("one")
        self.bob.types("two")
        olga.resets()

    def test_reader_that_takes_nothing_is_dropped(self) -> None:
        olga = self.olga()
        olga.wire.takes = False
        olga.wire.HIGH = 0
        for _ in range(2 * self.house.limits.max_queue // 4000):
            self.bob.types("x" * 4000)
            self.house.waits(2)
            if olga.gone:
                break
        self.assertTrue(olga.gone)
        self.house.hush()
