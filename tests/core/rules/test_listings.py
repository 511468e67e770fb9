"""Lists, help, history and search."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.core.dump import dump
from tests.core.ruled import RuledCase, typed
from tests.core.rules.cases import ChatCase
from tests.core.world import NOW, World, lines, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.records import Query
from twisted_chat.core.api.replies import Overview, Person, Profile, RoomLine
from twisted_chat.core.grammar.table import COMMANDS
from twisted_chat.core.rules.decisions import LastSeen, Recall, RunSearch, ServerStats
from twisted_chat.core.rules.listings import cut_page, overview, people, profile, rooms
from twisted_chat.core.state.room import Room
from twisted_chat.core.values.ids import MessageId, RoomId
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.text import CleanText

HI = lines("hi")


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


class PageTests(SynchronousTestCase):
    @given(st.integers(0, 30), st.integers(1, 7))
    def test_pages_hold_everything_once(self, count: int, size: int) -> None:
        items = list(range(count))
        pages = cut_page(items, 1, size)[2]
        found = [cut_page(items, page, size) for page in range(1, pages + 1)]
        self.assertEqual([item for some, _, _ in found for item in some], items)
        self.assertEqual([page for _, page, _ in found], list(range(1, pages + 1)))
        self.assertTrue(all(len(some) <= size for some, _, _ in found))

    def test_page_past_an_end_is_the_one_at_that_end_or_empty(self) -> None:
        self.assertEqual(cut_page("abcde", 9, 2), (("e",), 3, 3))
        self.assertEqual(cut_page("abcde", 0, 2), (("a", "b"), 1, 3))
        self.assertEqual(cut_page("abcde", -1, 2), (("a", "b"), 1, 3))
        self.assertEqual(cut_page([], 1, 50), ((), 1, 1))


class PeopleTests(Case):
    def test_people_are_listed_by_name_in_any_case(self) -> None:
        for name in ("Carol", "bob", "Alice"):
            self.world.enter(name)
        asker = self.world.user(self.world.enter("dan"))
        found = people(self.state, asker, None, 1, 50, self.world.now)
        self.assertEqual(
            [str(person.nick) for person in found.people], ["Alice", "bob", "Carol", "dan"]
        )
        self.assertEqual((found.count, found.page, found.pages, found.room), (4, 1, 1, None))

    def test_people_of_a_room_are_its_members(self) -> None:
        bob = self.world.enter("bob")
        alice = self.world.enter("alice")
        self.world.do(bob, c.Join(room("Dev")))
        self.world.do(alice, c.Join(room("dev")))
        self.world.enter("eve")
        self.world.do(alice, c.Away(CleanText("lunch")))
        asker = self.world.user(bob)
        found = people(self.state, asker, self.state.room_named(room("dev")), 1, 50, NOW)
        scopes = [user.scope for user in self.state.users.values()]
        self.assertEqual(
            found.people,
            (
                Person(
                    nick("alice"),
                    CleanText("lunch"),
                    scope=scopes[1],
                    user_name="~user",
                    host="somewhere",
                ),
                Person(
                    nick("bob"),
                    operator=True,
                    roles=("operator",),
                    scope=scopes[0],
                    user_name="~user",
                    host="somewhere",
                ),
            ),
        )
        self.assertEqual((found.count, str(found.room)), (2, "#Dev"))

    def test_crowd_is_listed_in_pages(self) -> None:
        for n in range(120):
            asker = self.world.user(self.world.enter(f"user{n:03}"))
        found = people(self.state, asker, self.state.room_named(room("lobby")), 3, 50, NOW)
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
                RoomLine(room("dev"), 2, CleanText("news"), created=NOW, topic_time=NOW),
                RoomLine(room("lobby"), 2, CleanText("")),
                RoomLine(room("Zoo"), 1, CleanText(""), locked=True, created=NOW),
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
            Overview(rooms(self.state, asker, 2, 2), people(self.state, asker, None, 2, 2, NOW)),
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
                user_name="~user",
                roles=((), ("operator",)),
            ),
        )

    def test_nobody_is_silent_for_less_than_nothing(self) -> None:
        # The clock of the node where they last spoke may be ahead.
        bob = self.world.enter("bob")
        self.assertEqual(
            profile(self.state, self.world.user(bob), self.world.user(bob), NOW - 5).idle, 0.0
        )


class AskingTests(ChatCase):
    def test_lists_come_in_pages(self) -> None:
        state, bob = self.hub.state, self.world.user(self.bob)
        self.assertEqual(self.reply(self.bob, c.Who()), people(state, bob, None, 1, 50, NOW))
        self.assertEqual(
            self.reply(self.eve, c.Who(room("dev"))),
            people(state, bob, state.room_named(room("dev")), 1, 50, NOW),
        )
        self.assertEqual(self.reply(self.bob, c.ListRooms()), rooms(state, bob, 1, 50))
        self.assertEqual(self.reply(self.bob, c.ListAll(2)), overview(state, bob, 2, 50, NOW))

    def test_size_of_a_page_is_a_limit(self) -> None:
        self.world = World(limits=Limits(page_size=2))
        seats = [self.world.enter(name) for name in ("a", "b", "c")]
        found = self.reply(seats[0], c.Who(page=2))
        assert isinstance(found, r.People)
        self.assertEqual((len(found.people), found.count, found.pages), (1, 3, 2))

    def test_rooms_that_are_not_there_or_not_theirs_are_neither_listed_nor_searched(self) -> None:
        why = "There is no room #nowhere. Type /rooms to list them."
        self.refuse(self.bob, c.Who(room("nowhere")), "no-such-room", why)
        why = "You are not in #dev. Enter it with /join #dev."
        search = c.Search((c.Term("hi"),), rooms=(room("lobby"), room("dev")))
        self.refuse(self.eve, search, "not-in-room", why)
        self.world.do(self.eve, c.Leave())
        why = (
            "You are not in any room, and only your rooms are searched. Enter one with /join ROOM."
        )
        self.refuse(self.eve, c.Search((c.Term("hi"),)), "no-room", why)

    def test_whois_tells_about_somebody(self) -> None:
        self.world.now += 60
        self.assertEqual(
            self.reply(self.bob, c.Whois(nick("Alice"))),
            profile(
                self.hub.state, self.world.user(self.bob), self.world.user(self.alice), NOW + 60
            ),
        )

    def test_accounts_are_told_when_others_were_here_last_if_that_is_on(self) -> None:
        asked = c.Whois(nick("carol"))
        self.assertEqual(self.world.refusal(self.bob, asked).code, "no-such-nick")
        self.hub.state.set_account(self.world.user(self.bob), "bob")
        self.assertEqual(self.decide(self.bob, asked), LastSeen(nick("carol")))
        self.hub.limit(Limits(last_seen=0))
        self.assertEqual(self.world.refusal(self.bob, c.Whois(nick("carol"))).code, "no-such-nick")

    def test_history_is_asked_of_the_store(self) -> None:
        ref = e.RoomRef(self.dev, room("dev"))
        self.assertEqual(
            self.decide(self.bob, c.ShowHistory(room("dev"))), Recall(ref, None, None, 20)
        )
        self.assertEqual(
            self.decide(self.alice, c.ShowHistory(before=MessageId(9), limit=5)),
            Recall(ref, 9, None, 5),
        )
        self.assertEqual(
            self.decide(self.alice, c.ShowHistory(after=MessageId(9), limit=10**9)),
            Recall(ref, None, 9, 10_000),
        )

    def test_search_is_of_ones_rooms(self) -> None:
        dev, lobby = e.RoomRef(self.dev, room("dev")), e.RoomRef(RoomId(0), room("lobby"))
        terms = (c.Term("hi"),)
        search = c.Search(terms, nick("EVE"), age=60.0)
        self.assertEqual(
            self.decide(self.eve, search),
            RunSearch(Query((lobby,), terms, "eve", NOW - 60, None, 50)),
        )
        search = c.Search(terms, rooms=(room("dev"),), since=5.0, before=MessageId(9), limit=7)
        self.assertEqual(
            self.decide(self.bob, search),
            RunSearch(Query((dev,), terms, None, 5.0, MessageId(9), 7)),
        )
        found = self.decide(self.bob, c.Search(terms))
        assert isinstance(found, RunSearch)
        self.assertEqual(set(found.query.rooms), {dev, lobby})

    def test_stats_are_for_who_is_on_the_servers_machine(self) -> None:
        why = "Only server operators and people on the server's own machine can see that."
        self.refuse(self.bob, c.ShowStats(), "not-operator", why)
        self.hub.state.sessions[self.bob.session].local = True
        self.assertEqual(self.decide(self.bob, c.ShowStats()), ServerStats())
        self.refuse(self.eve, c.ShowStats(), "not-operator", why)

    def test_help_lists_what_the_person_may_be_able_to_use(self) -> None:
        everybody = [name for name, spec in COMMANDS.items() if not spec.for_server_operators]
        found = self.reply(self.bob, c.Help())
        assert isinstance(found, r.HelpText)
        self.assertEqual([line.name for line in found.lines], everybody)
        self.world.session(self.bob).operator = "root"
        found = self.reply(self.bob, c.Help())
        assert isinstance(found, r.HelpText)
        self.assertEqual([line.name for line in found.lines], list(COMMANDS))

    def test_help_knows_who_has_no_nickname_yet(self) -> None:
        for topic in (None, CleanText("msg")):
            for seat, new in ((self.bob, False), (self.world.open(), True)):
                found = self.reply(seat, c.Help(topic))
                assert isinstance(found, r.HelpText)
                self.assertIs(found.before_login, new)


class VisibilityTests(RuledCase):
    def floor(self, number: int) -> tuple[int, int]:
        """Return from which message on a user can read and search #dev."""
        seat = (self.olga, self.otto, self.eve)[number]
        recall = self.world.decide(seat, c.ShowHistory(self.dev.name))
        seek = self.world.decide(seat, c.Search((c.Term("x"),), rooms=(self.dev.name,)))
        assert isinstance(recall, Recall) and isinstance(seek, RunSearch)
        return recall.floor, dict(seek.query.floors).get(self.dev.ref.id, 0)

    def test_members_read_and_find_what_was_said_since_they_came(self) -> None:
        joined = self.dev.joined[self.world.user(self.eve).id]
        self.assertEqual(self.floor(2), (0, 0))
        self.done(self.otto, "visibility join")
        self.assertEqual(self.floor(2), (joined, joined))
        self.assertEqual((self.floor(0), self.floor(1)), ((0, 0), (0, 0)))
        self.done(self.otto, "visibility all")
        self.assertEqual(self.floor(2), (0, 0))

    def test_search_in_all_rooms_keeps_to_it(self) -> None:
        self.done(self.otto, "visibility join")
        seek = self.world.decide(self.eve, c.Search((c.Term("x"),)))
        assert isinstance(seek, RunSearch)
        self.assertEqual([room for room, _ in seek.query.floors], [self.dev.ref.id])


class LeakTests(RuledCase):
    """What users outside a room that is not open to everyone are told about it."""

    def setUp(self) -> None:
        super().setUp()
        self.done(self.otto, "topic our plans")

    def seen(self, who: str) -> tuple[str, ...]:
        """Return what a user learns of #dev: its members, that it exists, its topic, and that Eve is in it."""
        seat = getattr(self, who)
        people = self.world.decide(seat, c.Who(self.dev.name))
        listed = self.answer(seat, "rooms")
        overview = self.answer(seat, "list")
        profile = self.answer(seat, "whois eve")
        assert isinstance(listed, r.Rooms) and isinstance(overview, r.Overview)
        assert isinstance(profile, r.Profile)
        self.assertEqual(overview.rooms, listed)
        there = {line.name: line.topic for line in listed.rooms}
        return (
            *(["members"] if "olga" in repr(people) else []),
            *(["listed"] if self.dev.name in there else []),
            *(["topic"] if there.get(self.dev.name) else []),
            *(["whois"] if self.dev.name in profile.rooms else []),
        )

    def test_open_room_is_for_everybody_to_see_and_nothing_is_said_by_asking(self) -> None:
        self.assertEqual(self.seen("carl"), ("members", "listed", "topic", "whois"))
        before = dump(self.world.hub.state)
        self.seen("carl")
        self.world.decide(self.carl, c.Say(lines("hi"), self.dev.name))
        self.assertEqual(dump(self.world.hub.state), before)

    def test_locked_or_invite_only_room_shows_no_more_than_its_name(self) -> None:
        for line in ("lock secret", "invite-only on"):
            self.done(self.otto, line)
            self.assertEqual(self.seen("carl"), ("listed",))
            self.assertEqual(self.code(self.carl, "topic #dev"), "not-in-room")
            self.assertEqual(self.code(self.carl, "who dev"), "not-in-room")
            self.assertEqual(self.seen("eve"), ("members", "listed", "topic", "whois"))
            self.done(self.otto, "unlock" if line.startswith("lock") else "invite-only off")

    def test_private_room_is_not_there_for_others(self) -> None:
        self.done(self.otto, "private on")
        self.assertEqual(self.seen("carl"), ())
        self.assertEqual(
            self.refused(self.carl, "who dev").why,
            "There is no room #dev. Type /rooms to list them.",
        )
        self.assertEqual(self.seen("vera"), ("members", "listed", "topic", "whois"))
        listed = self.answer(self.carl, "rooms")
        assert isinstance(listed, r.Rooms)
        self.assertEqual(listed.count, 1)

    def test_who_is_in_a_room_is_marked_with_roles(self) -> None:
        people = self.answer(self.carl, "who dev")
        assert isinstance(people, r.People)
        self.assertEqual(
            [(str(each.nick), each.operator, each.roles) for each in people.people],
            [
                ("eve", False, ()),
                ("olga", True, ("operator", "owner")),
                ("otto", True, ("operator",)),
                ("vera", False, ("voice",)),
            ],
        )
