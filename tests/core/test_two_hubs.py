"""Two hubs on a bus that delays and interleaves: what both promise together.

Sessions are on both. Each hub decides by what it knows, which is old; proposals wait for their place in the order, and then
for each hub, in any interleaving. Whatever comes of it, both must end equal, and agree on who was first.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.core.dump import dump
from tests.core.world import NOW, World, lines, nick, room, scope_of
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api.records import Remembered, RoomRecord
from twisted_chat.core.api.replies import NameRefused, PasswordNeeded, Refused
from twisted_chat.core.rules.outcomes import Applied, Duplicate, Outcome, Rejected
from twisted_chat.core.state.room import LOBBY_ID
from twisted_chat.core.state.state import State
from twisted_chat.core.values.confusables import skeleton
from twisted_chat.core.values.ids import Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.retention import KEEP_ALL, Keep
from twisted_chat.core.values.text import CleanText

A, B = Node("a"), Node("b")

#: Rooms of an earlier run, ids and names; Bob was the operator of both.
CAME_BACK = {RoomId(-2): room("lo"), RoomId(-1): room("old")}
BOBS_TOKEN = "token of bob"


def looks(name: Nick | RoomName) -> set[str]:
    return {name.skeleton, skeleton(name.key)}


class Case(SynchronousTestCase):
    def check_equal(self, world: World) -> None:
        """Check that both hubs know the same, and that the same came of everything."""
        one, other = world.hubs.values()
        self.assertEqual(dump(one.state), dump(other.state))
        self.assertEqual(world.happened(A), world.happened(B))

    def check_state(self, world: World, node: Node) -> None:
        """Check that what a hub knows fits together."""
        state = world.hubs[node].state
        taken: set[str] = set()
        for user in state.users.values():
            self.assertTrue(user.sessions)
            self.assertIs(state.user_named(user.nick), user)
            self.assertIs(state.user_in_scope(user.author.scope), user)
            self.assertFalse(taken & looks(user.nick), user.nick)
            taken |= looks(user.nick)
            for joined in user.rooms:
                self.assertIn(user.id, state.rooms[joined].members)
        taken = set()
        for found in state.rooms.values():
            self.assertIs(state.room_named(found.name), found)
            self.assertFalse(taken & looks(found.name), found.name)
            taken |= looks(found.name)
            self.assertTrue(found.members or found.ref.id in (LOBBY_ID, *CAME_BACK))
            for member in found.members:
                self.assertIn(found.ref.id, state.users[member].rooms)
        self.assertEqual(state.nick_keys, sorted(user.nick.key for user in state.users.values()))
        listed = [room.name.key for room in state.rooms.values() if not room.settings.private]
        self.assertEqual(state.listed_keys, sorted(listed))
        self._check_sessions(state, node)

    def _check_sessions(self, state: State, node: Node) -> None:
        for session in state.sessions.values():
            user = state.users.get(session.user) if session.user is not None else None
            if user is not None and (node, session.id) in user.sessions:
                talked_in = [
                    *session.before,
                    *([session.focus] if session.focus is not None else []),
                ]
                self.assertEqual(len(set(talked_in)), len(talked_in))
                self.assertLessEqual(set(talked_in), set(user.rooms))


class History:
    """What outcomes tell, followed by rules that know nothing of the hub's."""

    def __init__(self, test: SynchronousTestCase) -> None:
        self._test = test
        self.nicks: dict[UserId, Nick] = {}
        self.members: dict[RoomId, set[UserId]] = {where: set() for where in (LOBBY_ID, *CAME_BACK)}
        self.operators: dict[RoomId, UserId] = {}
        self.returning = set(CAME_BACK)
        self.names: dict[RoomId, RoomName] = {LOBBY_ID: room("lobby"), **CAME_BACK}
        self.sent: set[tuple[Scope, str]] = set()

    def follow(self, outcome: Outcome) -> None:
        """Check that something may have happened after all that happened before."""
        if isinstance(outcome, Rejected):
            self._test.assertIsInstance(
                outcome.why, Refused | PasswordNeeded | NameRefused | Duplicate
            )
            return
        envelope = outcome.envelope
        author, event = envelope.author, envelope.event
        if isinstance(event, e.Closed):
            assert envelope.room is not None and envelope.room.id in CAME_BACK
            self._test.assertEqual(self.members.pop(envelope.room.id), set())
            return
        assert author is not None
        where = envelope.room.id if envelope.room is not None else None
        user = author.user
        if isinstance(event, e.Arrived):
            if event.replaced:
                self._test.assertIn(user, self.nicks)
            else:
                self._claim(user, event.nick)
            return
        self._test.assertEqual(self.nicks[user].text, author.nick.text)
        match event:
            case e.Said() | e.Told():
                if where is not None:
                    self._test.assertIn(user, self.members[where], "said by no member")
                if envelope.tag is not None:
                    self._test.assertNotIn((author.scope, envelope.tag), self.sent, "said twice")
                    self.sent.add((author.scope, envelope.tag))
                if isinstance(event, e.Told):
                    self._test.assertEqual(self.nicks[event.to].text, event.nick.text)
            case e.Joined():
                assert where is not None
                self._enter(user, where, event)
                if where in self.returning and author.scope == scope_of(BOBS_TOKEN):
                    self.returning.remove(where)
                    self.operators[where] = user
            case e.Left():
                assert where is not None
                self._take_out(user, where)
            case e.Kicked():
                assert where is not None
                self._test.assertEqual(self.operators.get(where), user, "kicked by no operator")
                self._take_out(event.user, where)
            case e.TopicSet():
                assert where is not None
                self._test.assertIn(user, self.members[where])
            case e.KeepSet():
                assert where is not None
                self._test.assertEqual(self.operators.get(where), user, "set by no operator")
            case e.Renamed():
                self._claim(user, event.nick)
            case e.Departed():
                self._test.assertEqual(
                    set(event.rooms), {each for each in self.members if user in self.members[each]}
                )
                for each in event.rooms:
                    self._take_out(user, each)
                del self.nicks[user]
            case _:
                self._test.assertIsInstance(event, e.AwaySet)

    def _claim(self, user: UserId, name: Nick) -> None:
        others = [other for holder, other in self.nicks.items() if holder != user]
        self._test.assertNotIn(name.key, [other.key for other in others], "two of one name")
        self._test.assertFalse(
            looks(name) & {look for other in others for look in looks(other)}, "two who look alike"
        )
        self.nicks[user] = name

    def _enter(self, user: UserId, where: RoomId, event: e.Joined) -> None:
        if event.created:
            alive = {look for each in self.members for look in looks(self.names[each])}
            self._test.assertFalse(looks(event.room) & alive, "made, and there already")
            self.members[where], self.names[where] = set(), event.room
            self.operators[where] = user
        self._test.assertNotIn(user, self.members[where])
        self.members[where].add(user)

    def _take_out(self, user: UserId, where: RoomId) -> None:
        self.members[where].remove(user)
        if self.operators.get(where) == user:
            del self.operators[where]
        if not self.members[where] and where != LOBBY_ID:
            del self.members[where]


# --- anything at all ---

# Pairs that are the same in another case, or look the same, or only nearly so.
nicks = st.sampled_from(
    ["bob", "BOB", "b\u043eb", "bill", "BILL", "B\u0456ll", "blll", "alice", "guest1", "guestl"]
).map(nick)
rooms = st.sampled_from(["lobby", "dev", "DEV", "d\u0435v", "IO", "lo", "i\u043e", "old"]).map(room)
passwords = st.sampled_from([None, None, "x", "y"])
texts = st.sampled_from([lines("hi"), lines("ho")])
commands: st.SearchStrategy[c.Command] = st.one_of(
    st.builds(c.Login, st.none() | nicks),
    st.builds(c.Rename, nicks),
    st.builds(c.Say, texts, st.none() | rooms),
    st.builds(c.Say, texts),
    st.builds(c.PrivateMessage, nicks, texts),
    st.builds(c.ReplyPrivately, texts),
    st.builds(c.Join, rooms, passwords),
    st.builds(c.Join, rooms),
    st.builds(c.Leave, st.none() | rooms),
    st.builds(c.Kick, nicks, st.none(), st.none() | rooms),
    st.builds(c.Kick, st.sampled_from([nick("bob"), nick("alice")]), room=st.just(room("dev"))),
    st.builds(c.Kick, st.sampled_from([nick("bob"), nick("alice")])),
    st.builds(c.SetTopic, st.just(CleanText("news")), st.none() | rooms),
    st.builds(c.SetKeep, st.sampled_from([KEEP_ALL, Keep(days=30)]), st.none() | rooms),
    st.builds(c.Away, st.sampled_from([None, CleanText("lunch")])),
    st.builds(c.Ignore, nicks),
)
tags = st.sampled_from([None, None, "1", "2"])
nodes = st.sampled_from([A, B])
seats = st.integers(0, 9)

#: One thing that happens to a world: a method of :class:`Play`, and what it takes.
Step = tuple[str, tuple[Any, ...]]


takes: dict[str, st.SearchStrategy[tuple[Any, ...]]] = {
    "do": st.tuples(seats, commands, tags),
    "sequence": st.tuples(nodes),
    "deliver": st.tuples(nodes),
    "enter": st.tuples(nodes, nicks),
    "come_back": st.tuples(seats, nodes),
    "close": st.tuples(seats),
    "close_room": st.tuples(nodes, st.sampled_from([*CAME_BACK, LOBBY_ID]) | st.integers(1, 20)),
    "wait": st.tuples(st.integers(-60, 50_000)),
    "settle": st.tuples(),
}
# Much talk and traffic, little coming and going: else sessions do nothing but wait for their logins. Sampled, for
# one_of() counts what it is given twice once.
steps: st.SearchStrategy[Step] = st.sampled_from(
    ["do"] * 10 + ["sequence", "deliver"] * 4 + [what for what in takes if what != "do"]
).flatmap(lambda what: st.tuples(st.just(what), takes[what]))


class Play:
    """A world of two hubs in which things happen, and the checks after each."""

    def __init__(self, test: Case) -> None:
        self.test = test
        self.world = World(A, B, limits=Limits(max_rooms=3, max_ids=5))
        bob = scope_of(BOBS_TOKEN)
        records = [
            RoomRecord(e.RoomRef(number, name), NOW, operators=(bob,))
            for number, name in CAME_BACK.items()
        ]
        for hub in self.world.hubs.values():
            hub.restore(Remembered(tuple(records), ((bob, NOW, ""),)))
        self.seats = [self.world.enter("bob", A, BOBS_TOKEN), self.world.enter("alice", B)]
        for seat in self.seats:
            self.world.do(seat, c.Join(room("dev")))
        self.world.instant = False

    def do(self, number: int, command: c.Command, tag: str | None) -> None:
        ready = [seat for seat in self.seats if self.world.ready(seat)]
        if ready:
            seat = ready[number % len(ready)]
            before = dump(self.world.hubs[seat.node].state)
            self.world.decide(seat, command, tag)
            self.test.assertEqual(dump(self.world.hubs[seat.node].state), before)
            self.world.do(seat, command, tag)

    def enter(self, node: Node, name: Nick) -> None:
        seat = self.world.open(node)
        self.seats.append(seat)
        self.world.do(seat, c.Login(name))

    def come_back(self, number: int, node: Node) -> None:
        """Log in from another connection with the token of a session, dead or alive."""
        seat = self.world.open(node, self.seats[number % len(self.seats)].token)
        self.seats.append(seat)
        self.world.do(seat, c.Login(token=seat.token))

    def close(self, number: int) -> None:
        there = [seat for seat in self.seats if self.world.is_open(seat)]
        if there:
            self.world.close(there[number % len(there)])

    def close_room(self, node: Node, number: int) -> None:
        """Propose that a room is gone to which nobody came back."""
        origin = e.Origin(node, SessionId(0))
        self.world.publish(e.Proposal(e.Closed(), origin, self.world.now, room=RoomId(number)))

    def wait(self, seconds: int) -> None:
        """Let time pass; a clock can be behind the other's."""
        self.world.now += seconds

    def settle(self) -> None:
        self.world.settle()
        self.test.check_equal(self.world)

    def sequence(self, node: Node) -> None:
        self.world.sequence(node)

    def deliver(self, node: Node) -> None:
        if self.world.deliver(node):
            self.test.check_state(self.world, node)

    def end(self) -> None:
        """Bring everything to everybody, and check; then let everybody go, and check that nothing is left."""
        self.world.settle()
        self.test.check_equal(self.world)
        for node in (A, B):
            self.test.check_state(self.world, node)
        for seat in self.seats:
            self.test.assertTrue(self.world.ready(seat) or not self.world.is_open(seat))
            self.world.close(seat)
        for number in CAME_BACK:
            self.close_room(A, number)
        self.world.settle()
        self.test.check_equal(self.world)
        for hub in self.world.hubs.values():
            self.test.assertEqual((hub.state.users, hub.state.sessions), ({}, {}))
            self.test.assertEqual(list(hub.state.rooms), [LOBBY_ID])
        history = History(self.test)
        for outcome in self.world.outcomes[A]:
            history.follow(outcome)


class AnythingTests(Case):
    # Few steps get nowhere: hypothesis makes lists of about five unless told otherwise.
    @given(st.lists(steps, min_size=25, max_size=100))
    def test_two_hubs_end_equal_whatever_happens_in_whatever_order(
        self, happening: list[Step]
    ) -> None:
        play = Play(self)
        for what, arguments in happening:
            getattr(play, what)(*arguments)
        play.end()


# --- each promise ---


class TwoHubs(Case):
    """Bob is on node a, made #dev and is operator there; Alice is on node b and in both rooms."""

    def setUp(self) -> None:
        self.world = World(A, B)
        self.bob = self.world.enter("bob", A)
        self.alice = self.world.enter("alice", B)
        self.world.do(self.bob, c.Join(room("dev")))
        self.world.do(self.alice, c.Join(room("dev")))
        self.world.instant = False
        self.before = len(self.world.order)

    def outcomes(self) -> list[Outcome]:
        """Settle; return what came of everything since the start, which is the same on both."""
        self.world.settle()
        self.check_equal(self.world)
        return self.world.outcomes[A][self.before :]

    def one_winner(self, code: str) -> Applied:
        """Check that of two the first in order won, and the other was refused; return what the first did."""
        first, second = self.outcomes()
        assert isinstance(first, Applied) and isinstance(second, Rejected), (first, second)
        assert isinstance(second.why, Refused | NameRefused)
        self.assertEqual(second.why.code, code)
        return first

    def late(self, *of: Node) -> None:
        """Give the proposals of these nodes their places, one each, in this order."""
        for node in of:
            self.assertTrue(self.world.sequence(node))


class NameTests(TwoHubs):
    def claim(self, on_a: str, on_b: str, *order: Node) -> None:
        seats = {A: self.world.open(A), B: self.world.open(B)}
        for node, name in ((A, on_a), (B, on_b)):
            self.world.do(seats[node], c.Login(nick(name)))
        self.late(*order)
        won = self.one_winner("nick-taken")
        assert won.envelope.author is not None and won.envelope.origin is not None
        self.assertEqual(won.envelope.origin.node, order[0])
        self.assertEqual(won.envelope.author.nick.text, on_a if order[0] == A else on_b)
        for node, seat in seats.items():
            found = self.world.hubs[node].user_of(seat.session)
            self.assertEqual(found is not None, node == order[0])

    def test_first_to_claim_a_name_has_it(self) -> None:
        self.claim("carol", "carol", A, B)

    def test_first_is_who_comes_first_in_the_order(self) -> None:
        self.claim("carol", "carol", B, A)

    def test_name_in_another_case_has_one_winner(self) -> None:
        self.claim("Carol", "cAROL", B, A)

    def test_names_that_look_alike_have_one_winner(self) -> None:
        self.claim("carol", "car\u043el", A, B)

    def test_names_that_look_alike_in_another_case_have_one_winner(self) -> None:
        self.claim("BILL", "B\u0456ll", A, B)

    def test_loser_is_offered_a_free_name(self) -> None:
        for node in (A, B):
            self.world.do(self.world.open(node), c.Login())
        _, second = self.outcomes()
        assert isinstance(second, Rejected) and isinstance(second.why, NameRefused)
        self.assertEqual(second.why.why, '"guest1" is taken.')
        self.assertEqual(str(second.why.suggestion), "guest12")

    def test_login_and_rename_to_one_name_have_one_winner(self) -> None:
        self.world.do(self.world.open(B), c.Login(nick("carol")))
        self.world.do(self.bob, c.Rename(nick("carol")))
        self.late(A, B)
        self.assertIsInstance(self.one_winner("nick-taken").envelope.event, e.Renamed)

    def test_name_given_up_in_time_is_free(self) -> None:
        self.world.do(self.bob, c.Rename(nick("rob")))
        self.world.sequence(A)
        self.world.deliver(B)
        self.world.do(self.world.open(B), c.Login(nick("bob")))
        self.assertTrue(all(isinstance(outcome, Applied) for outcome in self.outcomes()))


class RoomTests(TwoHubs):
    def claim(self, on_a: str, on_b: str) -> tuple[Outcome, Outcome]:
        self.world.do(self.bob, c.Join(room(on_a)))
        self.world.do(self.alice, c.Join(room(on_b)))
        self.late(B, A)
        first, second = self.outcomes()
        return first, second

    def test_room_made_on_both_has_one_operator(self) -> None:
        first, second = self.claim("new", "NEW")
        assert isinstance(first, Applied) and isinstance(second, Applied)
        self.assertEqual(first.envelope.event, e.Joined(room("NEW"), created=True))
        self.assertEqual(second.envelope.event, e.Joined(room("NEW")))
        self.assertEqual(first.envelope.room, second.envelope.room)
        made = self.world.hubs[A].state.room_named(room("new"))
        assert made is not None
        self.assertEqual(
            [bool(roles) for roles in made.members.values()], [True, False], "bob was second"
        )

    def test_of_rooms_that_look_alike_one_is_made(self) -> None:
        first, second = self.claim("new", "n\u0435w")
        assert isinstance(second, Rejected) and isinstance(second.why, Refused)
        self.assertIsInstance(first, Applied)
        self.assertEqual(second.why.code, "lookalike")

    def test_of_two_passwords_the_first_locks_the_room(self) -> None:
        self.world.do(self.bob, c.Join(room("vault"), "x"))
        self.world.do(self.alice, c.Join(room("vault"), "y"))
        self.late(A, B)
        first, second = self.outcomes()
        assert isinstance(first, Applied) and isinstance(second, Rejected), (first, second)
        self.assertEqual(second.why, PasswordNeeded(room("vault"), wrong=True))

    def test_room_locked_meanwhile_asks_for_its_password(self) -> None:
        self.world.do(self.bob, c.Join(room("vault"), "x"))
        self.world.do(self.alice, c.Join(room("vault")))
        _, second = self.outcomes()
        assert isinstance(second, Rejected)
        self.assertEqual(second.why, PasswordNeeded(room("vault")))


class ClosedTests(TwoHubs):
    def setUp(self) -> None:
        super().setUp()
        ref = e.RoomRef(RoomId(-1), room("old"))
        for hub in self.world.hubs.values():
            hub.restore(Remembered((RoomRecord(ref, NOW),)))
        origin = e.Origin(A, SessionId(0))
        self.closing = e.Proposal(e.Closed(), origin, self.world.now, room=ref.id)

    def test_room_that_somebody_enters_in_time_stays_on_both(self) -> None:
        self.world.do(self.alice, c.Join(room("old")))
        self.world.publish(self.closing)
        self.late(B, A)
        self.one_winner("in-use")

    def test_room_that_somebody_enters_too_late_is_made_anew_on_both(self) -> None:
        self.world.do(self.alice, c.Join(room("old")))
        self.world.publish(self.closing)
        self.late(A, B)
        closed, joined = self.outcomes()
        assert isinstance(closed, Applied) and isinstance(joined, Applied)
        self.assertEqual(closed.envelope.event, e.Closed())
        self.assertEqual(joined.envelope.event, e.Joined(room("old"), created=True))


class VoidTests(TwoHubs):
    def test_line_of_somebody_kicked_is_void_on_both(self) -> None:
        self.world.do(self.bob, c.Kick(nick("alice")))
        self.world.do(self.alice, c.Say(lines("you will not dare")))
        self.late(A, B)
        self.one_winner("not-in-room")

    def test_line_said_before_the_kick_stands_on_both(self) -> None:
        self.world.do(self.bob, c.Kick(nick("alice")))
        self.world.do(self.alice, c.Say(lines("you will not dare")))
        self.late(B, A)
        self.assertTrue(all(isinstance(outcome, Applied) for outcome in self.outcomes()))

    def test_private_line_to_somebody_gone_is_void_on_both(self) -> None:
        self.world.close(self.alice)
        self.world.do(self.bob, c.PrivateMessage(nick("alice"), lines("psst")))
        self.late(B, A)
        self.one_winner("no-such-nick")

    def test_line_of_a_session_that_was_replaced_is_void_on_both(self) -> None:
        self.world.do(self.alice, c.Say(lines("still here")))
        back = self.world.open(A, self.alice.token)
        self.world.do(back, c.Login(token=back.token))
        self.late(A, B)
        self.world.settle()
        self.check_equal(self.world)
        first, second, *_ = self.world.outcomes[A][self.before :]
        assert isinstance(first, Applied) and isinstance(second, Rejected)
        assert isinstance(second.why, Refused)
        self.assertEqual(second.why.code, "gone")
        self.assertEqual(self.world.user(back).nick, nick("alice"))
        self.assertFalse(self.world.is_open(self.alice))

    def test_line_for_a_room_that_was_made_anew_is_void_on_both(self) -> None:
        self.world.do(self.alice, c.Leave())
        self.world.settle()
        self.before += 1
        self.world.do(self.bob, c.Say(lines("mine"), room("dev")))
        said = self.world.waiting[A].pop()
        self.world.do(self.bob, c.Leave())
        self.late(A)
        self.world.settle()
        self.world.do(self.bob, c.Join(room("dev")))
        self.world.publish(said)
        *_, joined, late = self.outcomes()
        assert isinstance(joined, Applied) and isinstance(late, Rejected)
        self.assertEqual(joined.envelope.event, e.Joined(room("dev"), created=True))

    def test_operator_who_was_put_out_puts_nobody_out(self) -> None:
        carol = self.world.open(B)
        self.world.do(carol, c.Login(nick("carol")))
        self.world.do(self.bob, c.Leave())
        self.world.settle()
        self.before = len(self.world.order)
        self.world.do(self.alice, c.Leave())
        self.world.do(self.bob, c.Join(room("dev")))
        self.late(A, B)
        joined, left = self.outcomes()
        assert isinstance(joined, Applied) and isinstance(left, Applied)
        self.before += 2
        self.world.do(self.alice, c.Join(room("dev")))
        self.world.settle()
        self.assertEqual(self.world.refusal(self.bob, c.Kick(nick("alice"))).code, "not-operator")


class OnceTests(TwoHubs):
    def test_line_sent_again_through_the_other_node_is_said_once(self) -> None:
        # Cut off from node a before the line was acknowledged, the client tries node b.
        say = c.Say(lines("hi"), room("dev"))
        self.world.do(self.bob, say, "1")
        back = self.world.open(B, self.bob.token)
        self.world.do(back, c.Login(token=back.token))
        self.world.sequence(B)
        self.world.deliver(B)
        self.world.do(back, say, "1")
        self.world.settle()
        self.check_equal(self.world)
        said = [
            outcome
            for outcome in self.world.outcomes[B]
            if isinstance(outcome, Applied) and isinstance(outcome.envelope.event, e.Said)
        ]
        self.assertEqual([outcome.envelope.tag for outcome in said], ["1"])

    def test_line_that_got_through_is_acknowledged_again(self) -> None:
        say = c.Say(lines("hi"), room("dev"))
        self.world.do(self.bob, say, "1")
        again = self.world.waiting[A][0]
        self.world.publish(again)
        first, second = self.outcomes()
        assert isinstance(first, Applied) and isinstance(second, Rejected)
        self.assertEqual(second.why, Duplicate(first.envelope.id, first.envelope.time))

    def test_other_line_under_the_same_id_is_void_on_both(self) -> None:
        self.world.do(self.bob, c.Say(lines("hi")), "1")
        self.world.do(self.bob, c.Say(lines("ho")), "1")
        self.one_winner("id-reused")
