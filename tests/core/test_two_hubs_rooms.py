"""Two hubs in which people rule rooms at once: they agree in the end, and each room fits together all the way."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.core.dump import dump
from tests.core.ruled import DEV, give_account, typed
from tests.core.world import World, lines, nick
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api.commands import Command
from twisted_chat.core.rules.outcomes import Applied, Rejected
from twisted_chat.core.state.room import LOBBY_ID, Room
from twisted_chat.core.state.state import State
from twisted_chat.core.values.bans import hits
from twisted_chat.core.values.ids import Node
from twisted_chat.core.values.limits import Limits

A, B = Node("a"), Node("b")
NAMES = ("olga", "otto", "eve", "mallory")

_nicks = st.sampled_from([*NAMES, "spammer"])
_targets = st.sampled_from(
    [*NAMES, "spam*", "*", "!*", "!*o*", "10.0.0.0/8", "!10.0.0.1", "address:eve", "address:otto"]
)
_commands: st.SearchStrategy[Command] = st.one_of(
    *(
        st.sampled_from([f"{word} on", f"{word} off"]).map(typed)
        for word in ("private", "invite-only", "moderated", "topic-lock")
    ),
    *(
        _nicks.map(lambda name, word=word: typed(f"{word} {name}"))  # type: ignore[misc]
        for word in ("op", "deop", "voice", "devoice", "invite", "kick", "transfer", "unmute")
    ),
    *(
        st.builds(lambda target, word=word: typed(f"{word} {target}"), _targets)
        for word in ("ban", "unban")
    ),
    st.builds(
        lambda name, time: typed(f"mute {name} {time}"), _nicks, st.sampled_from(["1s", "2h"])
    ),
    st.builds(
        lambda name, time: typed(f"ban {name} {time}"), _nicks, st.sampled_from(["1s", "2h"])
    ),
    st.sampled_from(["slow 30", "slow 0", "lock x", "unlock", "visibility join", "topic news"]).map(
        typed
    ),
    st.sampled_from(["register-room", "register-room", "drop-room dev", "forget-me all"]).map(
        typed
    ),
    st.builds(c.Say, st.just(lines("hi")), st.just(DEV)),
    st.builds(c.Join, st.just(DEV), st.sampled_from([None, "x"])),
    st.builds(c.Join, st.just(DEV), st.sampled_from([None, "x"])),
    st.just(c.Leave(DEV)),
    _nicks.map(lambda name: typed(f"nick {name}")),
)
_steps = st.one_of(
    *[st.tuples(st.just("do"), st.integers(0, 3), _commands)] * 6,
    st.tuples(st.just("sequence"), st.sampled_from([A, B])),
    st.tuples(st.just("deliver"), st.sampled_from([A, B])),
    st.tuples(st.just("wait"), st.integers(-5, 100)),
    st.tuples(st.just("settle")),
)


class RuleTests(SynchronousTestCase):
    @given(st.lists(_steps, min_size=25, max_size=100))
    def test_two_hubs_end_equal_whatever_is_ruled_in_whatever_order(
        self, happening: list[tuple[Any, ...]]
    ) -> None:
        self.world = World(A, B, limits=Limits(max_bans=3))
        self.seats = []
        for number, name in enumerate(NAMES):
            seat = self.world.open((A, B)[number % 2])
            self.world.session(seat).address = f"10.0.0.{number}"
            self.world.do(seat, c.Login(nick(name)))
            if name != "mallory":
                give_account(self.world, seat, name)
            self.world.do(seat, c.Join(DEV))
            self.seats.append(seat)
        self.world.instant = False
        for what, *arguments in happening:
            getattr(self, f"_{what}")(*arguments)
        self._settle()
        for outcome in self.world.outcomes[A]:
            self.check_outcome(outcome)

    def _do(self, number: int, command: Command) -> None:
        seat = self.seats[number]
        if self.world.ready(seat):
            before = dump(self.world.hubs[seat.node].state)
            self.world.decide(seat, command)
            self.assertEqual(dump(self.world.hubs[seat.node].state), before)
            self.world.do(seat, command)

    def _sequence(self, node: Node) -> None:
        self.world.sequence(node)

    def _deliver(self, node: Node) -> None:
        if self.world.deliver(node):
            self.check_state(self.world.hubs[node].state)

    def _wait(self, seconds: int) -> None:
        self.world.now += seconds

    def _settle(self) -> None:
        self.world.settle()
        one, other = self.world.hubs.values()
        self.assertEqual(dump(one.state), dump(other.state))
        self.assertEqual(self.world.happened(A), self.world.happened(B))
        self.check_state(one.state)

    def check_state(self, state: State) -> None:
        """Check that rooms and people fit together."""
        for room in state.rooms.values():
            self.check_room(state, room)
        for number in state.altered:
            self.assertIn(number, state.rooms)
        for session in state.sessions.values():
            if session.focus is not None and session.user is not None:
                self.assertIn(session.focus, state.users[session.user].rooms)

    def check_room(self, state: State, room: Room) -> None:
        self.assertTrue(room.members or room.owner is not None or room.ref.id == LOBBY_ID)
        self.assertEqual(set(room.joined), set(room.members))
        owners = [account for account, roles in room.roles.items() if "owner" in roles]
        self.assertLessEqual(len(owners), 1)
        self.assertTrue(owners or not room.roles, "roles are kept where nobody owns")
        self.assertTrue(all(room.roles.values()))
        self.assertLessEqual(max(len(room.bans), len(room.mutes)), 3)
        mutes_or_so = room.mutes or room.settings.slow or room.settings.moderated
        self.assertEqual(room.strict, bool(mutes_or_so))
        for member, roles in room.members.items():
            user = state.users[member]
            self.assertIn(room.ref.id, user.rooms)
            if owners and user.account is not None:
                self.assertEqual(roles, room.roles.get(user.account, frozenset()))
            self.assertTrue("owner" not in roles or user.account == room.owner)

    def check_outcome(self, outcome: Applied | Rejected) -> None:
        """Check what was shown."""
        if isinstance(outcome, Applied):
            event = outcome.envelope.event
            if isinstance(event, e.Banned | e.Muted):
                self.assertEqual((event.ban.scope, event.ban.address), (None, None))
            if isinstance(event, e.RoomPasswordSet):
                self.assertIsNone(event.password)
            if isinstance(event, e.Banned):
                self.assertNotIn("10.0.0", repr(event))

    def test_ban_that_is_made_leaves_nobody_inside_whom_it_hits(self) -> None:
        world = World(A, B)
        seats = [
            world.enter(name, node) for name, node in (("olga", A), ("spam1", B), ("spam2", B))
        ]
        for seat in seats:
            world.do(seat, c.Join(DEV))
        world.do(seats[0], typed("ban spam*"))
        for hub in world.hubs.values():
            room = hub.state.room_named(DEV)
            assert room is not None
            (ban,) = room.bans.values()
            self.assertFalse([each for each in room.members if hits(ban, hub.state.users[each])])
