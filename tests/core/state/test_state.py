from __future__ import annotations

import itertools
import json
from collections.abc import Callable

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.core.dump import dump
from tests.core.world import NOW, World, nick, room
from twisted_chat.core.api import commands as c
from twisted_chat.core.api.events import Author, RoomRef
from twisted_chat.core.state.room import LOBBY_ID, Room
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.confusables import skeleton
from twisted_chat.core.values.ids import Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import BadName, Nick, RoomName, looks, parse_nick, parse_room
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.text import CleanText

#: Two names that look alike, of which neither is the other in another case.
LOOKALIKES = (
    ("bob1", "bobl"),
    ("bob", "b\u043eb"),  # Cyrillic o
    ("NEIL", "nell"),
    ("modern", "rnodem"),
)


class Case(SynchronousTestCase):
    def setUp(self) -> None:
        self.state = State(Limits())
        self._ids = itertools.count(1)

    def user(self, name: str) -> User:
        number = next(self._ids)
        author = Author(UserId(number), nick(name), Scope(f"scope {number}"))
        user = User(author.user, author, NOW, NOW, {(Node("a"), SessionId(number)): author})
        self.state.add_user(user)
        return user

    def room(self, name: str, *members: User) -> Room:
        made = Room(RoomRef(RoomId(next(self._ids)), room(name)), NOW)
        self.state.add_room(made)
        for user in members:
            self.enter(user, made)
        return made

    def enter(self, user: User, entered: Room) -> None:
        entered.members[user.id] = frozenset()
        user.rooms[entered.ref.id] = None


class UserTests(Case):
    def test_user_is_found_by_nick_in_any_case(self) -> None:
        bob = self.user("Bob")
        self.assertIs(self.state.user_named(nick("bOB")), bob)
        self.assertIsNone(self.state.user_named(nick("rob")))
        self.assertIs(self.state.user_in_scope(bob.author.scope), bob)
        self.assertEqual(bob.nick, nick("bob"))

    def test_names_that_look_the_same_cannot_be_taken_but_like_shapes_can(self) -> None:
        bob = self.user("bob")
        self.assertIs(self.state.nick_holder(nick("BOB")), bob)
        self.user("neil")
        self.assertIsNone(self.state.nick_holder(nick("nell")))
        self.user("nell")
        self.user("bob1")
        self.assertIsNone(self.state.user_named(nick("bobl")))

    def test_name_thatlooks_the_same_cannot_be_taken(self) -> None:
        for one, other in LOOKALIKES:
            for here, wanted in ((one, other), (other, one)):
                user = self.user(here)
                self.assertIs(self.state.nick_holder(nick(wanted)), user, f"{here}, {wanted!a}")
                self.state.remove_user(user)

    def test_capital_and_small_letters_of_a_name_are_both_kept_from_others(self) -> None:
        # A capital I looks like a small L; written small, as others will write the name, it does not.
        for here, wanted in (("BILL", "B\u0456ll"), ("B\u0456ll", "BILL"), ("BILL", "b1ll")):
            user = self.user(here)
            self.assertIs(self.state.nick_holder(nick(wanted)), user, f"{here!a}, {wanted!a}")
            self.state.remove_user(user)

    def test_nobody_stands_in_their_own_way(self) -> None:
        bill = self.user("bill")
        self.assertIsNone(self.state.nick_holder(nick("BILL"), but=bill))
        self.assertIsNone(self.state.nick_holder(nick("B\u0456ll"), but=bill))

    def test_own_name_in_another_case_can_look_like_that_of_another(self) -> None:
        bill, other = self.user("bill"), self.user("blll")
        self.assertIs(self.state.nick_holder(nick("BILL"), but=bill), other)

    def test_renaming_frees_the_old_name_and_keeps_it_in_another_case(self) -> None:
        bob = self.user("bob1")
        self.state.rename(bob, nick("rob"))
        self.assertEqual(bob.nick.text, "rob")
        for old in ("bob1", "bobl"):
            self.assertIsNone(self.state.nick_holder(nick(old)))
        self.assertIs(self.state.user_named(nick("Rob")), bob)
        bill = self.user("bill")
        self.state.rename(bill, nick("BILL"))
        for wanted in ("bill", "BILL", "blll", "b\u0456ll"):
            self.assertIs(self.state.nick_holder(nick(wanted)), bill)
        self.state.rename(bill, nick("Bill"))
        self.assertIsNone(self.state.nick_holder(nick("blll")))

    def test_user_who_is_removed_leaves_nothing(self) -> None:
        before = dump(self.state)
        for name in ("bob", "BILL", "b\u043eb2"):
            self.state.remove_user(self.user(name))
        self.assertEqual(dump(self.state), before)


class RoomTests(Case):
    def test_lobby_is_always_there(self) -> None:
        lobby = self.state.room_named(room("Lobby"))
        assert lobby is not None
        self.assertEqual((lobby.ref.id, str(lobby.name)), (LOBBY_ID, "#lobby"))
        bob = self.user("bob")
        self.enter(bob, lobby)
        self.state.take_out(bob, lobby)
        self.assertIs(self.state.room_named(room("lobby")), lobby)
        self.assertEqual((lobby.members, bob.rooms), ({}, {}))

    def test_room_is_found_in_any_case_and_its_lookalikes_too(self) -> None:
        dev = self.room("Dev")
        self.assertIs(self.state.room_named(room("#dEV")), dev)
        self.assertIsNone(self.state.lookalike(room("dEV")))
        made = self.room("BILL")
        self.assertIs(self.state.lookalike(room("b\u0456ll")), made)
        self.room("neil")
        self.assertIsNone(self.state.lookalike(room("nell")))

    def test_lookalike_is_another_room(self) -> None:
        for one, other in LOOKALIKES:
            for here, wanted in ((one, other), (other, one)):
                bob = self.user("ann")
                made = self.room(here, bob)
                self.assertIs(self.state.lookalike(room(wanted)), made, f"{here}, {wanted!a}")
                self.assertIsNone(self.state.lookalike(room(here)))
                self.state.take_out(bob, made)
                self.state.remove_user(bob)

    def test_room_vanishes_with_its_last_member(self) -> None:
        bob, alice = self.user("bob"), self.user("alice")
        before = dump(self.state)
        for name in ("dev", "BILL", "d\u0435v"):
            made = self.room(name, bob, alice)
            self.state.take_out(bob, made)
            self.assertIs(self.state.room_named(room(name)), made)
            self.state.take_out(alice, made)
            self.assertIsNone(self.state.room_named(room(name)))
        self.assertEqual(dump(self.state), before)


class LooksTests(SynchronousTestCase):
    @given(st.text(max_size=40), st.sampled_from((parse_nick, parse_room)))
    @example("BILL", parse_nick)
    @example("b\u0435b", parse_nick)
    @example("\u0421\u0415", parse_room)
    def test_the_short_way_is_the_same_as_the_long_one(
        self, raw: str, parse: Callable[[str], Nick | RoomName]
    ) -> None:
        try:
            name = parse(raw)
        except BadName:
            return
        self.assertEqual(name.skeleton, skeleton(name.text))
        both = dict.fromkeys((name.skeleton, skeleton(name.key)))
        self.assertEqual(looks(name), tuple(both))


class DumpTests(SynchronousTestCase):
    def test_dump_is_plain_data_without_the_secret_of_a_room(self) -> None:
        world = World()
        bob = world.enter("bob")
        world.do(bob, c.Join(room("dev"), "secret"))
        world.do(bob, c.SetTopic(CleanText("news")))
        world.say(bob, "hi", tag="1")
        json.dumps(dump(world.hub.state))
        world.do(world.enter("bob"), c.Join(room("dev"), "swordfish"))
        self.assertNotIn("swordfish", repr(dump(world.hub.state)))
        world.enter("bob")
        before = dump(world.hub.state)
        world.open()
        self.assertEqual(dump(world.hub.state), before)

    def test_every_shared_change_shows(self) -> None:
        # Each step changes one thing that another node would decide by, or show.
        world = World()
        seen = [dump(world.hub.state)]
        bob = world.enter("bob")
        eve = world.enter("eve")
        world.do(bob, c.Join(room("dev"), "secret"))
        world.do(eve, c.Join(room("dev"), "secret"))

        def changed(what: str) -> None:
            now = dump(world.hub.state)
            self.assertNotIn(now, seen, what)
            seen.append(now)

        changed("entering")
        for command in (
            c.Rename(nick("Bob")),
            c.Away(CleanText("lunch")),
            c.Away(None),
            c.SetTopic(CleanText("news")),
            c.SetKeep(Keep(days=30)),
            c.Kick(nick("eve")),
        ):
            world.now += 1
            world.propose(bob, command)
            if command != c.Away(None):
                changed(repr(command))
        for text in ("one", "two"):
            world.now += 1
            world.say(bob, text)
            changed("when somebody spoke last")
        world.say(bob, "two", tag="1")
        changed("an id")
        world.enter("rob", token=bob.token)
        changed("another session of a user")
        user = world.hub.state.user_named(nick("bob"))
        assert user is not None
        for field in ("account", "host", "real_name"):
            user.author = msgspec.structs.replace(user.author, **{field: "x"})
            changed(field)
        found = world.hub.state.room_named(room("dev"))
        assert found is not None
        found.returning.add(Scope("s"))
        changed("who is operator when they come back")
