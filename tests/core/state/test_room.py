from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.core.state.test_state import Case
from tests.core.world import NOW, nick, room
from twisted_chat.core.api.events import Author, RoomRef
from twisted_chat.core.state.room import LOBBY_ID, Room, room_digest
from twisted_chat.core.state.user import User
from twisted_chat.core.values.ids import RoomId, Scope, UserId


class FirstTests(SynchronousTestCase):
    """The first members of a room, which are kept."""

    @given(st.lists(st.tuples(st.sampled_from("jlrd"), st.integers(0, 7)), max_size=40))
    def test_they_are_always_those_who_are_there_by_the_names_they_have(
        self, steps: list[tuple[str, int]]
    ) -> None:
        world = Case()
        world.setUp()
        state, made = world.state, world.room("dev")
        users = [world.user(f"user-{number}") for number in range(8)]
        for turn, (step, number) in enumerate(steps):
            user = users[number]
            if step == "j":
                world.enter(user, made)
            elif step == "l":
                made = state.rooms.get(made.ref.id) or world.room("dev")
                state.take_out(user, made)
            elif step == "r":
                state.rename(user, nick(f"other-{turn}"))
            else:
                for each in list(user.rooms):
                    state.take_out(user, state.rooms[each])
            if made.ref.id not in state.rooms:
                made = world.room("dev")
            slow = [state.users[member].nick.text for member in made.members][:3]
            self.assertEqual([each.text for each in made.first(3, state.users)], slow)


class RoomTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.room = Room(RoomRef(RoomId(7), room("dev")), NOW)

    def test_roles_are_those_one_has_here_or_will_have_by_the_account(self) -> None:
        ann = Author(UserId(1), nick("ann"), Scope("s"), "ann")
        user = User(ann.user, ann, NOW, NOW, {})
        self.assertEqual(self.room.roles_of(user), frozenset())
        self.room.roles["ann"] = frozenset({"voice"})
        self.assertEqual(self.room.roles_of(user), {"voice"})
        self.room.members[user.id] = frozenset({"operator"})
        self.assertEqual(self.room.roles_of(user), {"operator"})
        guest = User(UserId(2), msgspec.structs.replace(ann, account=None), NOW, NOW, {})
        self.assertEqual(self.room.roles_of(guest), frozenset())

    def test_room_that_somebody_owns_and_the_lobby_do_not_pass(self) -> None:
        self.assertTrue(self.room.passes)
        self.room.roles["ann"] = frozenset({"owner"})
        self.assertEqual((self.room.owner, self.room.passes), ("ann", False))
        self.assertFalse(Room(RoomRef(LOBBY_ID, room("lobby")), NOW).passes)

    def test_when_everybody_spoke_is_forgotten_with_what_made_it_count(self) -> None:
        self.room.settings = msgspec.structs.replace(self.room.settings, slow=5)
        self.room.spoke["ann"] = NOW
        self.room.tighten()
        self.assertEqual((self.room.strict, self.room.spoke), (True, {"ann": NOW}))
        self.room.settings = msgspec.structs.replace(self.room.settings, slow=0)
        self.room.tighten()
        self.assertEqual((self.room.strict, self.room.spoke), (False, {}))


class RoomDigestTests(SynchronousTestCase):
    def test_room_in_another_case_is_the_same_and_any_text_will_do(self) -> None:
        self.assertEqual(room_digest(room("Dev"), "x"), room_digest(room("dEV"), "x"))
        self.assertEqual(room_digest(room("\u00c4"), "x"), room_digest(room("\u00e4"), "x"))
        for name, password in (("\u65e5" * 50, "x"), ("dev", "\u00fc\U0001f600" * 1000), ("a", "")):
            self.assertRegex(room_digest(room(name), password), "^[0-9a-f]{32}$")

    def test_another_room_or_password_is_another(self) -> None:
        some = [
            room_digest(room(name), password)
            for name, password in (
                ("dev", "x"),
                ("dew", "x"),
                ("dev", "X"),
                ("devx", ""),
                ("dev", "x "),
            )
        ]
        self.assertEqual(len(set(some)), len(some))
