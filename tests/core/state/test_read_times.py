"""Until when people have read, by the names of rooms and people."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import nick, room
from twisted_chat.core.state.read_times import MAX_TIMES, ReadTimes

ANN, GUEST = "account ann", "session s"


class ReadTimeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.times = ReadTimes()

    def test_time_only_moves_forward(self) -> None:
        self.assertIsNone(self.times.get(ANN, room("dev")))
        for given, now in ((5, 5), (3, 5), (9, 9)):
            self.assertEqual(self.times.read(ANN, room("dev"), given), now)
            self.assertEqual(self.times.get(ANN, room("DEV")), now)

    def test_room_and_person_of_one_name_are_two(self) -> None:
        self.times.read(ANN, room("bob"), 5)
        self.assertIsNone(self.times.get(ANN, nick("bob")))

    def test_what_was_set_longest_ago_goes_when_there_are_too_many(self) -> None:
        for number in range(MAX_TIMES):
            self.times.read(ANN, room(f"r{number}"), 1)
        self.times.read(ANN, room("r0"), 2)
        self.times.take_altered()
        self.times.read(ANN, room("more"), 1)
        self.assertEqual(self.times.get(ANN, room("r0")), 2)
        self.assertIsNone(self.times.get(ANN, room("r1")))
        self.assertEqual(self.times.take_altered(), {("ann", "#more"): 1, ("ann", "#r1"): None})

    def test_store_is_told_of_accounts_only(self) -> None:
        self.times.read(GUEST, room("dev"), 5)
        self.assertEqual(self.times.take_altered(), {})
        self.times.read(ANN, room("dev"), 5)
        self.times.read(ANN, room("dev"), 4)
        self.assertEqual(self.times.take_altered(), {("ann", "#dev"): 5})
        self.assertEqual(self.times.take_altered(), {})

    def test_guest_who_is_gone_is_forgotten_and_an_account_is_not(self) -> None:
        for owner in (ANN, GUEST):
            self.times.read(owner, room("dev"), 5)
            self.times.leave(owner)
        self.assertEqual(self.times.dump(), {ANN: [("#dev", 5)]})
        self.times.drop("ann")
        self.assertEqual((self.times.dump(), self.times.take_altered()), ({}, {}))

    def test_account_has_what_its_user_read_as_a_guest(self) -> None:
        self.times.read(GUEST, room("dev"), 5)
        self.times.read(GUEST, room("new"), 5)
        self.times.read(ANN, room("dev"), 9)
        self.times.adopt(ANN, GUEST)
        self.assertEqual(self.times.dump(), {ANN: [("#dev", 9), ("#new", 5)]})

    def test_it_is_as_the_store_remembers_it(self) -> None:
        self.times.restore([("ann", "#dev", 5), ("ann", "bob", 6)])
        self.assertEqual(self.times.get(ANN, nick("Bob")), 6)
        self.assertEqual(self.times.take_altered(), {})
