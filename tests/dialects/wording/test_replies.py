"""Tests for twisted_chat.dialects.wording.replies, as plain lines show it."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.dialects.line_shown import ALICE, BOB, DEV, LOBBY, NONE, NOON, reply
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.names import parse_nick
from twisted_chat.core.values.room_settings import AS_MADE, Settings
from twisted_chat.core.values.text import CleanText


class ListTests(SynchronousTestCase):
    def test_entering_a_room_tells_who_is_there(self) -> None:
        self.assertEqual(
            reply(r.Entered(DEV, 2, (ALICE, BOB), NONE)),
            ["-- You are in #dev. 2 people are here:", "--   alice, bob"],
        )
        self.assertEqual(
            reply(r.Entered(DEV, 1, (BOB,), NONE, created=True)),
            ["-- You are in a new room, #dev. Nobody else is here."],
        )
        self.assertEqual(
            reply(r.Entered(DEV, 1, (BOB,), CleanText("Release"), locked=True)),
            [
                "-- You are in #dev, locked with a password. Nobody else is here.",
                "-- Topic of #dev: Release",
            ],
        )

    def test_entering_a_crowded_room_shows_a_page_of_names_and_counts_the_rest(self) -> None:
        names = tuple(parse_nick(f"somebody{i}") for i in range(50))
        head, *rows = reply(r.Entered(DEV, 5000, names, NONE))
        self.assertEqual(head, "-- You are in #dev. 5,000 people are here:")
        self.assertTrue(rows[-2].endswith("somebody48, somebody49"), rows)
        self.assertEqual(rows[-1], "--   … and 4,950 more; /who #dev lists them.")
        for row in rows[:-1]:
            self.assertTrue(row.startswith("--   somebody") and len(row) <= 78, row)

    def test_people_are_counted_and_listed(self) -> None:
        people = (r.Person(ALICE, operator=True), r.Person(BOB, CleanText("lunch")))
        self.assertEqual(
            reply(r.People(people, 2, 1, 1, DEV)),
            ["-- 2 people are in #dev:", "--   @alice (guest), bob (guest; away)"],
        )
        self.assertEqual(
            reply(r.People(people[1:], 1, 1, 1)), ["-- 1 person is here:", "--   bob (guest; away)"]
        )
        self.assertEqual(reply(r.People((), 0, 1, 1, LOBBY)), ["-- Nobody is in #lobby."])

    def test_pages_name_the_command_for_the_next(self) -> None:
        one = (r.Person(BOB),)
        head = reply(r.People(one, 5000, 1, 100, DEV))[0]
        self.assertEqual(
            head, "-- 5,000 people are in #dev (page 1 of 100; /who #dev 2 shows the next):"
        )
        head = reply(r.People(one, 5000, 2, 100))[0]
        self.assertEqual(head, "-- 5,000 people are here (page 2 of 100; /who 3 shows the next):")
        head = reply(r.People(one, 5000, 100, 100))[0]
        self.assertEqual(head, "-- 5,000 people are here (page 100 of 100):")

    def test_rooms_stand_in_columns(self) -> None:
        rooms = (
            r.RoomLine(LOBBY, 1234, NONE),
            r.RoomLine(DEV, 3, CleanText("Release"), locked=True),
        )
        self.assertEqual(
            reply(r.Rooms(rooms, 2, 1, 1)),
            ["-- 2 rooms:", "--   #lobby 1,234", "--   #dev       3 locked  Release"],
        )
        self.assertEqual(reply(r.Rooms(rooms[:1], 1, 1, 1))[0], "-- 1 room:")
        self.assertIn("(page 1 of 2; /rooms 2 shows the next)", reply(r.Rooms(rooms, 60, 1, 2))[0])
        self.assertEqual(reply(r.Rooms((), 60, 2, 2)), ["-- 60 rooms (page 2 of 2):"])

    def test_overview_is_rooms_and_people_with_one_page_number(self) -> None:
        rooms = r.Rooms((r.RoomLine(LOBBY, 60, NONE),), 60, 1, 2)
        people = r.People((r.Person(BOB),), 60, 1, 2)
        self.assertEqual(
            reply(r.Overview(rooms, people)),
            [
                "-- 60 rooms (page 1 of 2; /list 2 shows the next):",
                "--   #lobby    60",
                "-- 60 people are here (page 1 of 2; /list 2 shows the next):",
                "--   bob (guest)",
            ],
        )

    def test_ignored(self) -> None:
        self.assertEqual(reply(r.Ignored(())), ["-- You are not ignoring anyone."])
        self.assertEqual(reply(r.Ignored(("alice", "bob"))), ["-- You ignore:", "--   alice, bob"])
        self.assertGreater(len(reply(r.Ignored(("somebody",) * 500))), 50)


class RoomTests(SynchronousTestCase):
    def test_settings_name_owner_and_roles(self) -> None:
        how = Settings(True, True, True, True, 30, True)
        kept = (("bob", ("owner",)), ("eve", ("operator", "voice")))
        self.assertEqual(
            reply(r.RoomSettings(DEV, how, True, "bob", kept, 0.0)),  # type: ignore[arg-type]
            [
                "-- #dev belongs to bob; locked with a password, private, invite-only, moderated, "
                "slow (30 seconds), topic locked, history from the time of joining.",
                "--   eve: operator, voice",
            ],
        )

    def test_room_as_it_was_made_is_open(self) -> None:
        self.assertEqual(
            reply(r.RoomSettings(DEV, AS_MADE, False, None, (), 0.0)),
            ["-- #dev belongs to nobody; open to everyone."],
        )

    def test_bans_tell_by_whom_how_long_and_why(self) -> None:
        lines = (
            r.BanLine(False, "*spam*", "bob", NOON, 7200.0, CleanText("spam")),
            r.BanLine(True, "eve", "bob", NOON, None, None),
            r.BanLine(False, "*!*@eve.user", "bob", NOON, None, None, "invites"),
        )
        self.assertEqual(
            reply(r.Bans(DEV, lines, 52, 1, 2)),
            [
                "-- #dev has 52 bans, mutes and exceptions (page 1 of 2; /bans #dev 2 shows the next):",
                "--   *spam*, by bob, 2 hours left: spam",
                "--   eve (muted), by bob",
                "--   *!*@eve.user (exempt from the invites), by bob",
            ],
        )
        self.assertEqual(reply(r.Bans(DEV, (), 0, 1, 1)), ["-- Nobody is banned or muted in #dev."])
