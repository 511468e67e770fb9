"""Tests for twisted_chat.core.state.snapshot: what outlives the server, and how it comes back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW, Seat, World, nick, room, scope_of
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api.records import Remembered, RoomRecord
from twisted_chat.core.api.replies import PasswordNeeded
from twisted_chat.core.hub import Hub
from twisted_chat.core.rules.outcomes import Rejected
from twisted_chat.core.state.room import LOBBY_ID, Room
from twisted_chat.core.state.snapshot import record as record_of
from twisted_chat.core.values.ids import Node, RoomId, Scope
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import RoomName
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.text import CleanText


def found(hub: Hub, name: str) -> Room:
    one = hub.state.room_named(room(name))
    assert one is not None
    return one


def a_record(number: int, name: str) -> RoomRecord:
    return RoomRecord(e.RoomRef(RoomId(number), room(name)), NOW)


class Case(SynchronousTestCase):
    """Bob made the locked #dev and is operator there; Alice is in it too."""

    def setUp(self) -> None:
        self.world = World()
        self.bob, self.alice = self.world.enter("bob"), self.world.enter("alice")
        for seat in (self.bob, self.alice):
            self.world.do(seat, c.Join(room("dev"), "secret"))

    def records(self) -> list[RoomRecord]:
        """What a store was told of rooms since the last call."""
        return list(self.world.hub.altered())

    def operators(self, name: str = "dev") -> tuple[Scope, ...]:
        hub = self.world.hub
        return record_of(hub.state, found(hub, name)).operators

    def restarted(self, *records: RoomRecord) -> World:
        """A world after a restart: with these rooms, or with all there are now."""
        hub = self.world.hub
        world = World(first_id=1000)
        rooms = records or tuple(record_of(hub.state, each) for each in hub.state.rooms.values())
        self.assertEqual(world.hub.restore(Remembered(rooms)), ())
        return world

    def back(self, world: World, seat: Seat, name: str) -> Seat:
        """Let the client of a seat come back with its token, and into #dev."""
        again = world.enter(name, token=seat.token)
        world.do(again, c.Join(room("dev"), "secret"))
        return again


class RecordTests(Case):
    def test_record_is_what_a_room_is(self) -> None:
        self.world.do(self.alice, c.SetTopic(CleanText("news")))
        self.world.do(self.bob, c.SetKeep(Keep(30, 1000)))
        dev = found(self.world.hub, "dev")
        self.assertEqual(
            record_of(self.world.hub.state, dev),
            RoomRecord(
                dev.ref,
                NOW,
                dev.password,
                CleanText("news"),
                nick("alice"),
                NOW,
                (scope_of(self.bob.token),),
                Keep(30, 1000),
            ),
        )

    def test_rooms_come_back_as_they_were_but_for_who_was_there(self) -> None:
        for command in (c.SetTopic(CleanText("news")), c.SetKeep(Keep(30))):
            self.world.do(self.bob, command)
        self.world.do(self.alice, c.SetTopic(CleanText("hall"), room("lobby")))
        before, after = self.world.hub, self.restarted().hub
        for each in before.state.rooms.values():
            again = after.state.rooms[each.ref.id]
            self.assertEqual(record_of(after.state, again), record_of(before.state, each))
            self.assertEqual((again.ref, dict(again.members)), (each.ref, {}))
            self.assertIs(after.state.room_named(each.name), again)
        self.assertEqual(after.state.listed_keys, ["dev", "lobby"])

    def test_what_comes_back_is_no_change(self) -> None:
        self.assertEqual(list(self.restarted().hub.altered()), [])

    def test_store_is_told_of_what_lasts_once_and_of_nothing_else(self) -> None:
        self.assertEqual([each.ref.name for each in self.records()], [room("dev")])
        for quiet in (
            c.Say((CleanText("hi"),)),
            c.Rename(nick("rob")),
            c.Away(CleanText("lunch")),
            c.Join(room("lobby")),
            c.ShowKeep(),
        ):
            self.world.do(self.bob, quiet)
            self.assertEqual(self.records(), [], quiet)
        for change in (
            c.SetTopic(CleanText("news"), room("dev")),
            c.SetKeep(Keep(30), room("dev")),
            c.Leave(room("dev")),
        ):
            self.world.do(self.bob, change)
            (told,) = self.records()
            self.assertEqual(
                told, record_of(self.world.hub.state, found(self.world.hub, "dev")), change
            )

    def test_store_is_not_told_of_a_room_that_is_gone(self) -> None:
        self.records()
        for seat in (self.alice, self.bob):
            self.world.do(seat, c.SetTopic(CleanText("last words")))
            self.world.do(seat, c.Leave(room("dev")))
        self.assertEqual(self.records(), [])


class OperatorTests(Case):
    def test_operator_who_comes_back_is_that_again(self) -> None:
        world = self.restarted()
        bob = self.back(world, self.bob, "bob")
        self.assertEqual(found(world.hub, "dev").members[world.user(bob).id], {"operator"})
        self.assertEqual(found(world.hub, "dev").returning, set())

    def test_others_are_not_whatever_their_name(self) -> None:
        world = self.restarted()
        for seat in (
            self.back(world, self.alice, "alice"),
            self.back(world, world.open(token="another"), "bob"),
        ):
            self.assertEqual(found(world.hub, "dev").members[world.user(seat).id], frozenset())

    def test_operator_needs_the_password_all_the_same(self) -> None:
        world = self.restarted()
        bob = world.enter("bob", token=self.bob.token)
        outcome = world.decide(bob, c.Join(room("dev"), "wrong"))
        self.assertEqual(getattr(outcome, "reply", None), PasswordNeeded(room("dev"), wrong=True))

    def test_who_left_or_lost_the_connection_before_is_not_that_again(self) -> None:
        for ends in (
            lambda: self.world.do(self.bob, c.Leave(room("dev"))),
            lambda: self.world.close(self.bob),
        ):
            self.setUp()
            ends()
            self.assertEqual(self.operators(), ())
            world = self.restarted()
            bob = self.back(world, self.bob, "bob")
            self.assertEqual(found(world.hub, "dev").members[world.user(bob).id], frozenset())

    def test_who_was_not_back_at_the_next_restart_is_that_later(self) -> None:
        self.world = self.restarted()
        self.assertEqual(self.operators(), (scope_of(self.bob.token),))
        world = self.restarted()
        bob = self.back(world, self.bob, "bob")
        self.assertEqual(found(world.hub, "dev").members[world.user(bob).id], {"operator"})

    def test_who_came_back_and_left_is_that_no_more(self) -> None:
        self.world = self.restarted()
        self.back(self.world, self.alice, "alice")
        bob = self.back(self.world, self.bob, "bob")
        self.records()
        self.world.do(bob, c.Leave())
        (told,) = self.records()
        self.assertEqual(told.operators, ())


class LeftOutTests(SynchronousTestCase):
    def restore(self, *records: RoomRecord) -> tuple[Hub, list[tuple[str, str]]]:
        hub = Hub(Node("a"), Limits())
        left_out = hub.restore(Remembered(records))
        return hub, [(str(each.record.ref.name), each.why) for each in left_out]

    def test_of_rooms_that_clash_the_first_comes_back(self) -> None:
        hub, left_out = self.restore(
            a_record(5, "dev"),
            a_record(6, "DEV"),
            a_record(7, "d\u0435v"),
            a_record(8, "lobby"),
            a_record(5, "other"),
            a_record(9, "ops"),
        )
        self.assertEqual(set(hub.state.rooms), {LOBBY_ID, 5, 9})
        self.assertEqual(
            left_out,
            [
                ("#DEV", "#dev already exists"),
                ("#d\u0435v", "it looks too much like #dev"),
                ("#lobby", "#lobby already exists"),
                ("#other", "#dev already exists"),
            ],
        )

    def test_name_against_the_rules_does_not_come_back(self) -> None:
        for text, key in (("a b", "a b"), ("", ""), ("dev", "another key")):
            name = RoomName(text, key, text)
            record = structs.replace(a_record(5, "dev"), ref=e.RoomRef(RoomId(5), name))
            hub, left_out = self.restore(record, a_record(9, "ops"))
            self.assertEqual(left_out, [(f"#{text}", "its name is no longer allowed")])
            self.assertEqual(set(hub.state.rooms), {LOBBY_ID, 9})

    def test_lobby_takes_back_its_topic_and_limits_only(self) -> None:
        record = RoomRecord(
            e.RoomRef(LOBBY_ID, room("lobby")),
            5.0,
            "a password",
            CleanText("hall"),
            nick("bob"),
            NOW,
            (Scope("s"),),
            Keep(30),
        )
        hub, left_out = self.restore(record)
        lobby = hub.state.rooms[LOBBY_ID]
        self.assertEqual(left_out, [])
        self.assertEqual(
            (lobby.topic, lobby.topic_by, lobby.topic_time), ("hall", nick("bob"), NOW)
        )
        self.assertEqual(lobby.keep, Keep(30))
        self.assertEqual((lobby.password, lobby.created, lobby.returning), (None, 0.0, set()))

    names = st.sampled_from(["dev", "DEV", "d\u0435v", "IO", "lo", "i\u043e", "lobby", "ops"])

    @given(st.lists(st.tuples(st.integers(0, 5), names), max_size=8))
    def test_whatever_is_remembered_the_rooms_fit_together(
        self, given: list[tuple[int, str]]
    ) -> None:
        hub, left_out = self.restore(*(a_record(number, name) for number, name in given))
        rooms = hub.state.rooms
        self.assertEqual(len(rooms) - 1 + len(left_out), len([n for n, _ in given if n]))
        for each in rooms.values():
            self.assertIs(hub.state.room_named(each.name), each)
            self.assertIsNone(hub.state.lookalike(each.name))
        self.assertEqual(hub.state.listed_keys, sorted(each.name.key for each in rooms.values()))


class ScopeTests(SynchronousTestCase):
    def test_tokens_and_ids_are_known_again(self) -> None:
        world = World()
        bob = world.enter("bob")
        said = world.say(bob, "hi", tag="1")
        scope, state = scope_of(bob.token), world.hub.state
        sent = state.client_ids.find(scope, "1")
        assert sent is not None
        after = World(first_id=1000)
        after.hub.restore(Remembered((), ((scope, NOW, ""),), ((scope, "1", sent),)))
        self.assertTrue(after.hub.knows(scope_of(bob.token)))
        self.assertFalse(after.hub.knows(scope_of("another")))
        again = after.enter("bob", token=bob.token)
        self.assertEqual(after.hub.state.client_ids.find(scope, "1"), sent)
        self.assertFalse(isinstance(said, Rejected))
        repeat = after.decide(again, c.Say((CleanText("hi"),)), "1")
        self.assertEqual(getattr(repeat, "message", None), sent.message)

    def test_talks_what_waits_and_what_was_read_come_back(self) -> None:
        world = World()
        ann = world.register("ann")
        world.close(world.register("bob"))
        for who in (ann, world.enter("eve")):
            world.do(who, c.PrivateMessage(nick("bob"), (CleanText("psst"),)))
        state = world.hub.state
        conversations = [("ann", "bob"), ("", "bob")]
        after = World(first_id=1000)
        after.hub.restore(
            Remembered(
                conversations=tuple(
                    (*pair, state.conversations.find(*pair) or RoomId(0)) for pair in conversations
                ),
                waiting=(("bob", "ann", 1), ("bob", "", 1)),
                read_markers=tuple(
                    (account, place, message)
                    for account in ("ann", "bob")
                    for place, message in state.read_markers.of(account).items()
                ),
            )
        )
        self.assertEqual(after.hub.state.conversations.dump(), state.conversations.dump())
        self.assertEqual(after.hub.state.read_markers.dump(), state.read_markers.dump())
