"""Tests for twisted_chat.store.sql.standing; how records come back is in test_rows."""

from __future__ import annotations

import json

from twisted.trial.unittest import SynchronousTestCase

from tests.making import room
from twisted_chat.core.api.records import RoomRecord
from twisted_chat.core.values.bans import Ban, read_target
from twisted_chat.store.sql.standing import read_standing, write_standing

BARE = RoomRecord(room(3), 1.5)


class StandingTests(SynchronousTestCase):
    def test_room_as_it_was_made_takes_no_place(self) -> None:
        self.assertEqual(write_standing(BARE), "{}")
        self.assertEqual(read_standing(BARE, "{}"), BARE)

    def test_five_hundred_bans_are_a_few_bytes_each(self) -> None:
        bans = tuple(Ban(read_target(f"user{n}"), "bob", 1.5) for n in range(500))
        column = write_standing(RoomRecord(room(3), 1.5, bans=bans))
        self.assertLess(len(column), 100_000)
        self.assertEqual(read_standing(BARE, column).bans, bans)

    def test_what_a_later_version_added_is_passed_over(self) -> None:
        column = json.dumps({"invited": ["session s"], "something": {"new": 1}})
        self.assertEqual(read_standing(BARE, column).invited, ("session s",))
