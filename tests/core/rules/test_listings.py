"""Tests for twisted_chat.core.rules.listings."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.core.ruled import typed
from tests.core.world import NOW, World, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api.replies import Overview, Person, Profile, RoomLine
from twisted_chat.core.rules.listings import cut_page, overview, people, profile, rooms
from twisted_chat.core.state.room import Room
from twisted_chat.core.values.text import CleanText


class PageTests(SynchronousTestCase):
    @given(st.integers(0, 30), st.integers(1, 7))
    def test_pages_hold_everything_once(self, count: int, size: int) -> None:
        items = list(range(count))
        pages = cut_page(items, 1, size)[2]
        found = [cut_page(items, page, size) for page in range(1, pages + 1)]
        self.assertEqual([item for some, _, _ in found for item in some], items)
        self.assertEqual([page for _, page, _ in found], list(range(1, pages + 1)))
        self.assertTrue(all(len(some) <= size for some, _, _ in found))

    def test_page_past_an_end_is_the_one_at_that_end(self) -> None:
        self.assertEqual(cut_page("abcde", 9, 2), (("e",), 3, 3))
        self.assertEqual(cut_page("abcde", 0, 2), (("a", "b"), 1, 3))
        self.assertEqual(cut_page("abcde", -1, 2), (("a", "b"), 1, 3))

    def test_nothing_is_one_empty_page(self) -> None:
        self.assertEqual(cut_page([], 1, 50), ((), 1, 1))


class Counted(dict[str, Room]):
    """Rooms, and how often one was looked up."""

    looks = 0

    def __getitem__(self, key: str) -> Room:
        self.looks += 1
        return super().__getitem__(key)


class Case(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World()
        self.state = self.world.hub.state


class PeopleTests(Case):
    def test_people_are_listed_by_name_in_any_case(self) -> None:
        for name in ("Carol", "bob", "Alice"):
            self.world.enter(name)
        found = people(self.state, None, 1, 50, self.world.now)
        self.assertEqual([str(person.nick) for person in found.people], ["Alice", "bob", "Carol"])
        self.assertEqual((found.count, found.page, found.pages, found.room), (3, 1, 1, None))

    def test_people_of_a_room_are_its_members(self) -> None:
        bob = self.world.enter("bob")
        alice = self.world.enter("alice")
        self.world.do(bob, c.Join(room("Dev")))
        self.world.do(alice, c.Join(room("dev")))
        self.world.enter("eve")
        self.world.do(alice, c.Away(CleanText("lunch")))
        found = people(self.state, self.state.room_named(room("dev")), 1, 50, self.world.now)
        scopes = [user.scope for user in self.state.users.values()]
        self.assertEqual(
            found.people,
            (
                Person(nick("alice"), CleanText("lunch"), scope=scopes[1]),
                Person(nick("bob"), operator=True, roles=("operator",), scope=scopes[0]),
            ),
        )
        self.assertEqual((found.count, str(found.room)), (2, "#Dev"))

    def test_crowd_is_listed_in_pages(self) -> None:
        for n in range(120):
            self.world.enter(f"user{n:03}")
        found = people(self.state, self.state.room_named(room("lobby")), 3, 50, self.world.now)
        self.assertEqual((found.count, found.page, found.pages), (120, 3, 3))
        self.assertEqual(len(found.people), 20)
        self.assertEqual(str(found.people[0].nick), "user100")


class RoomsTests(Case):
    def test_rooms_are_listed_by_name_with_count_topic_and_lock(self) -> None:
        bob, alice = self.world.enter("bob"), self.world.enter("alice")
        self.world.do(bob, c.Join(room("Zoo"), "secret"))
        self.world.do(bob, c.Join(room("dev")))
        self.world.do(alice, c.Join(room("dev")))
        self.world.do(alice, c.SetTopic(CleanText("news")))
        found = rooms(self.state, self.world.user(bob), 1, 50)
        self.assertEqual(
            found.rooms,
            (
                RoomLine(room("dev"), 2, CleanText("news")),
                RoomLine(room("lobby"), 2, CleanText("")),
                RoomLine(room("Zoo"), 1, CleanText(""), locked=True),
            ),
        )
        self.assertEqual((found.count, found.page, found.pages), (3, 1, 1))

    def test_lobby_is_there_without_anybody(self) -> None:
        seat = self.world.enter("bob")
        self.world.do(seat, c.Leave())
        bob = self.world.user(seat)
        self.assertEqual(
            rooms(self.state, bob, 1, 50).rooms, (RoomLine(room("lobby"), 0, CleanText("")),)
        )

    def test_private_rooms_are_in_their_place_for_who_is_there(self) -> None:
        bob, eve = self.world.enter("bob"), self.world.enter("eve")
        for name in ("a", "m", "z"):
            self.world.do(bob, c.Join(room(name)))
        for line in ("private #a on", "private #m on", "private #m on", "private #z on"):
            self.world.do(bob, typed(line))
        self.world.do(bob, typed("private #z off"))
        for seat, names in ((bob, "#a #lobby #m #z"), (eve, "#lobby #z")):
            found = rooms(self.state, self.world.user(seat), 1, 50)
            self.assertEqual(" ".join(str(line.name) for line in found.rooms), names)
            self.assertEqual(found.count, len(names.split()))
        for name in ("a", "z"):
            self.world.do(bob, c.Leave(room(name)))
        found = rooms(self.state, self.world.user(bob), 1, 50)
        self.assertEqual([str(line.name) for line in found.rooms], ["#lobby", "#m"])

    def test_page_of_rooms_costs_no_look_at_the_others(self) -> None:
        bob = self.world.enter("bob")
        for n in range(20):
            self.world.do(bob, c.Join(room(f"room{n}")))
        looked = Counted(self.state.rooms_by_key)
        self.state.rooms_by_key = looked
        rooms(self.state, self.world.user(bob), 2, 3)
        self.assertEqual(looked.looks, 3)

    def test_overview_is_the_same_page_of_both(self) -> None:
        for n in range(3):
            seat = self.world.enter(f"user{n}")
            self.world.do(seat, c.Join(room(f"room{n}")))
        asker = self.world.user(seat)
        self.assertEqual(
            overview(self.state, asker, 2, 2, self.world.now),
            Overview(
                rooms(self.state, asker, 2, 2), people(self.state, None, 2, 2, self.world.now)
            ),
        )


class ProfileTests(Case):
    def test_profile_tells_rooms_since_when_and_how_long_silent(self) -> None:
        bob = self.world.enter("bob")
        self.world.do(bob, c.Join(room("dev")))
        self.world.now += 60
        self.world.say(bob, "hi")
        self.world.do(bob, c.Away(CleanText("lunch")))
        self.assertEqual(
            profile(self.state, self.world.user(bob), self.world.user(bob), NOW + 90),
            Profile(
                nick("bob"),
                None,
                (room("lobby"), room("dev")),
                NOW,
                30.0,
                CleanText("lunch"),
                host="somewhere",
            ),
        )

    def test_nobody_is_silent_for_less_than_nothing(self) -> None:
        # The clock of the node where they last spoke may be ahead.
        bob = self.world.enter("bob")
        self.assertEqual(
            profile(self.state, self.world.user(bob), self.world.user(bob), NOW - 5).idle, 0.0
        )
