"""The way of a command through the node, and back to everybody it concerns."""

from __future__ import annotations

import gc
import itertools
from collections import deque
from collections.abc import Coroutine
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.delivery.fakes import FakeDialect
from twisted_chat.cluster.bus import Apply, Bus, LocalBus
from twisted_chat.core import commands as c
from twisted_chat.core import events as e
from twisted_chat.core import replies as r
from twisted_chat.core.hub import Hub
from twisted_chat.core.ids import MessageId, RoomId, Scope
from twisted_chat.core.ids import Node as NodeName
from twisted_chat.core.limits import Limits
from twisted_chat.core.names import LOBBY, RoomName, parse_nick, parse_room
from twisted_chat.core.state import LOBBY_ID
from twisted_chat.core.text import CleanText
from twisted_chat.delivery.outbox import Outbox
from twisted_chat.delivery.peer import Door, Peer
from twisted_chat.dialects.base import BadLine, Request
from twisted_chat.node import Node
from twisted_chat.store.memory import MemoryStore
from twisted_chat.store.port import Page

DEV = parse_room("dev")


class FakeDoor:
    """A door as the others are: hands in commands one after the other, joins the lobby after the login."""

    def __init__(self, node: Node, dialect: FakeDialect, host: str = "host.example") -> None:
        self.node = node
        self.written = b""
        self.writes = 0
        self.commands: deque[Request] = deque()
        self.ended = 0
        self.slow = 0
        self.asked: list[RoomName] = []
        self.hides_passwords = False
        self.broken = False
        self.logins: list[bool] = []
        self._pumping = False
        self.peer = node.open(self, dialect, host)

    # --- what a test does ---

    def send(self, *commands: c.Command, tag: str | None = None) -> FakeDoor:
        """Let the client send commands."""
        self.commands += (Request(command, tag) for command in commands)
        self.pump()
        return self

    def login(self, nick: str, token: str | None = None) -> FakeDoor:
        return self.send(c.Login(parse_nick(nick), token=token))

    def say(self, text: str, room: RoomName | None = None, tag: str | None = None) -> FakeDoor:
        return self.send(c.Say((CleanText(text),), room), tag=tag)

    def tell(self, to: str, text: str, tag: str | None = None) -> FakeDoor:
        return self.send(c.Tell(parse_nick(to), (CleanText(text),)), tag=tag)

    def join(self, *rooms: str) -> FakeDoor:
        return self.send(*(c.Join(parse_room(room)) for room in rooms))

    def lost(self) -> None:
        """Lose the connection."""
        self.peer.outbox.close()
        self.node.close(self.peer, "connection lost")

    def take(self) -> list[str]:
        """Return the lines that came since the last call."""
        lines = self.written.decode().splitlines()
        self.written, self.writes = b"", 0
        return lines

    # --- what the node asks for ---

    def pump(self) -> None:
        if self._pumping:
            return
        self._pumping = True
        try:
            while self.peer.ready and self.commands:
                self.node.submit(self.peer, self.commands.popleft())
        finally:
            self._pumping = False

    def write(self, data: bytes) -> None:
        if self.broken:
            raise ZeroDivisionError("this door is broken")
        self.written += data
        self.writes += 1

    def overflowed(self) -> None:
        self.slow += 1
        self.node.close(self.peer, "too slow to read")

    def resumed(self) -> None:
        if self.broken:
            raise ZeroDivisionError("this door is broken")
        self.pump()

    def logged_in(self, *, resumed: bool) -> None:
        self.logins.append(resumed)
        if not resumed:
            self.commands.appendleft(Request(c.Join(LOBBY)))

    def ask_password(self, room: RoomName) -> bool:
        self.asked.append(room)
        return self.hides_passwords

    def end(self) -> None:
        self.ended += 1
        if self.broken:
            raise ZeroDivisionError("this door is broken")


class HeldBus:
    """A bus that gives a proposal its place when the test says so."""

    def __init__(self) -> None:
        self.held: deque[e.Proposal] = deque()
        self.ids = itertools.count(1)

    def attach(self, apply: Apply) -> None:
        self._apply = apply

    def publish(self, proposal: e.Proposal) -> None:
        self.held.append(proposal)

    def release(self, count: int = 1) -> None:
        """Let the oldest proposals through; those they lead to are held again."""
        for _ in range(count):
            self._apply(MessageId(next(self.ids)), self.held.popleft())

    def release_all(self) -> None:
        while self.held:
            self.release()


class LateStore(MemoryStore):
    """Answers for history when the test says so, of what is there by then."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.asked: list[Deferred[None]] = []

    async def history(
        self,
        room: RoomId,
        *,
        before: MessageId | None = None,
        after: MessageId | None = None,
        limit: int,
    ) -> Page:
        now: Deferred[None] = Deferred()
        self.asked.append(now)
        await now
        return await super().history(room, before=before, after=after, limit=limit)

    def answer(self) -> None:
        """Answer the oldest question."""
        self.asked.pop(0).callback(None)

    def refuse(self) -> None:
        self.asked.pop(0).errback(OSError("the disk is gone"))


_doors: type[Door] = FakeDoor
_buses: type[Bus] = HeldBus


class NodeCase(SynchronousTestCase):
    """A node with doors, of people (``plain``) and of programs that want acknowledgements (``json``)."""

    limits = Limits()

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1_000_000)
        self.plain, self.json = FakeDialect(), FakeDialect(acks=True)
        self.store = self.make_store()
        ids = itertools.count(1)
        self.bus = self.make_bus(lambda: MessageId(next(ids)))
        tokens = (f"token-{number}" for number in itertools.count(1))
        self.node = Node(
            Hub(NodeName("here"), self.limits),
            self.bus,
            self.store,
            self.clock,
            motd=(CleanText("be nice"),),
            new_token=lambda: next(tokens),
        )
        self.run_now(self.store.start(self.node.stored))

    def make_store(self) -> MemoryStore:
        return MemoryStore(self.clock)

    def make_bus(self, take_id: Any) -> Bus:
        return LocalBus(take_id)

    def tearDown(self) -> None:
        self.node.stop("the test is over")
        self.turn()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def run_now(self, work: Coroutine[Any, Any, object]) -> None:
        self.successResultOf(Deferred.fromCoroutine(work))

    def turn(self) -> None:
        """End the reactor's turn, and those that follow at once."""
        self.clock.advance(0)

    def door(self, dialect: FakeDialect | None = None) -> FakeDoor:
        return FakeDoor(self.node, dialect or self.plain)

    def enter(self, *nicks: str, dialect: FakeDialect | None = None) -> list[FakeDoor]:
        """Let people into the lobby; what they were told about it is forgotten."""
        doors = [self.door(dialect).login(nick) for nick in nicks]
        self.turn()
        self.forget(*doors)
        return doors

    def forget(self, *doors: FakeDoor) -> None:
        self.turn()
        for door in doors:
            door.take()

    def attach(self, to: FakeDoor, dialect: FakeDialect | None = None) -> FakeDoor:
        """Give a user another session, as an account will have."""
        door = self.door(dialect)
        user = self.node.hub.user_of(to.peer.id)
        assert user is not None
        user.sessions.add((self.node.hub.node, door.peer.id))
        seat = self.node.hub.state.sessions[door.peer.id]
        seat.user = user.id
        for room in user.rooms:
            seat.focus_on(room)
            self.node.delivery.enter(door.peer.outbox, room)
        self.node.delivery.focus(door.peer.outbox, seat.focus)
        self.forget(door)
        return door

    def assert_took(self, door: FakeDoor, *lines: str) -> None:
        self.turn()
        self.assertEqual(door.take(), list(lines))

    def fault_shown(self, lines: list[str]) -> str:
        """Return the id of the one fault that these lines show."""
        (line,) = (line for line in lines if "internal" in line)
        return line.split()[-1] if "[" not in line else line.split()[-2]

    def fault_logged(self, kind: type[Exception]) -> None:
        self.assertEqual(len(self.flushLoggedErrors(kind)), 1)


class VisitTests(NodeCase):
    def test_session_is_greeted_then_welcomed_and_joins_what_its_door_says(self) -> None:
        door = self.door()
        self.assert_took(door, "greeting")
        door.login("ann")
        self.assertEqual(door.logins, [False])
        lines = ["welcome ann", "entered #lobby (1)", "history #lobby (0)", "end of history #lobby"]
        self.assert_took(door, *lines)

    def test_login_by_itself_joins_nothing(self) -> None:
        (ann,) = self.enter("ann")
        irc = self.door()
        self.patch(irc, "logged_in", lambda resumed: None)
        irc.login("bob")
        self.assert_took(irc, "greeting", "welcome bob")
        self.assert_took(ann)

    def test_all_that_a_login_is_told_is_one_write(self) -> None:
        door = self.door().login("ann")
        self.turn()
        self.assertEqual(door.writes, 1)

    def test_refused_name_comes_with_a_suggestion_and_may_be_asked_for_again(self) -> None:
        self.enter("ann")
        door = self.door(self.json).send(c.Login(parse_nick("Ann")), tag="a")
        self.assert_took(door, "greeting", "name refused nick-taken, try Ann2 [a]")
        door.login("bob")
        self.turn()
        self.assertIn("welcome bob", door.take())

    def test_line_that_is_no_command_is_refused(self) -> None:
        door = self.door()
        self.node.refuse(door.peer, BadLine("no name", "bad-name", "a"))
        self.assert_took(door, "greeting", "name refused bad-name, try None [a]")
        door.login("ann")
        self.forget(door)
        self.node.refuse(door.peer, BadLine("no command", "bad-line", "b"))
        self.assert_took(door, "refused bad-line [b]")

    def test_session_may_change_its_dialect_before_it_logs_in(self) -> None:
        (ann,) = self.enter("ann")
        door = self.door()
        self.node.speak(door.peer, self.json)
        door.login("bob").say("hi", tag="1")
        self.turn()
        self.assertIn("acked 5 [1]", door.take())
        self.assert_took(ann, "joined bob #lobby", "#lobby <bob> hi")

    def test_flood_limit_is_one_for_all_doors(self) -> None:
        (ann,) = self.enter("ann")
        self.assertTrue(self.node.rested(ann.peer))
        waits = [self.node.admit(ann.peer) for _ in range(self.limits.flood_burst + 1)]
        self.assertEqual(waits[:-1], [0.0] * self.limits.flood_burst)
        self.assertAlmostEqual(waits[-1], 1 / self.limits.flood_rate)
        self.assertFalse(self.node.rested(ann.peer))

    def test_quit_says_goodbye_and_others_see_the_reason(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.send(c.Quit(CleanText("dinner")))
        self.assert_took(ann, "farewell")
        self.assertEqual((ann.ended, ann.peer.closing, self.node.sessions), (1, True, 1))
        self.assert_took(bob, "departed ann (dinner)")

    def test_lost_connection_is_a_departure_like_any_other(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.lost()
        ann.lost()
        self.assert_took(bob, "departed ann (connection lost)")
        self.node.say_goodbye(ann.peer, "too late", "too late")
        self.assertEqual((ann.take(), ann.ended), ([], 0))

    def test_session_that_never_logged_in_departs_from_nowhere(self) -> None:
        (ann,) = self.enter("ann")
        self.door().lost()
        self.assert_took(ann)
        self.assertEqual(self.node.sessions, 1)

    def test_departure_is_told_once_to_a_session_that_shares_rooms(self) -> None:
        ann, bob, cid, dan = self.enter("ann", "bob", "cid", "dan")
        ann.join("dev", "ops")
        bob.join("dev", "ops")
        cid.send(c.Leave()).join("dev")
        dan.send(c.Leave())
        self.forget(ann, bob, cid, dan)
        ann.send(c.Quit())
        for door in (bob, cid):
            self.assert_took(door, "departed ann (quit)")
        self.assert_took(dan)

    def test_rename_is_told_once_and_the_author_has_a_copy(self) -> None:
        ann, bob, cid = self.enter("ann", "bob", "cid")
        for door in (ann, bob):
            door.join("dev")
        cid.send(c.Leave())
        self.forget(ann, bob, cid)
        ann.send(c.Rename(parse_nick("zoe")), tag="1")
        self.assert_took(bob, "renamed ann zoe")
        self.assert_took(ann, "own renamed ann zoe")
        self.assert_took(cid)

    def test_second_login_is_a_rename_and_keeps_the_token(self) -> None:
        ann, bob = self.enter("ann", "bob")
        token = ann.peer.token
        ann.login("zoe")
        self.assert_took(bob, "renamed ann zoe")
        self.assertEqual(ann.peer.token, token)


class SayTests(NodeCase):
    def test_line_goes_to_all_but_its_speaker(self) -> None:
        ann, bob, cid = self.enter("ann", "bob", "cid")
        ann.say("hi")
        self.assert_took(ann)
        for door in (bob, cid):
            self.assert_took(door, "#lobby <ann> hi")

    def test_line_goes_to_the_other_sessions_of_its_speaker(self) -> None:
        (ann,) = self.enter("ann")
        second, third = self.attach(ann), self.attach(ann, self.json)
        second.say("hi", tag="1")
        for door in (ann, third):
            self.assert_took(door, "#lobby <ann> hi")
        self.assert_took(second)

    def test_line_for_another_room_than_the_focus_looks_like_that(self) -> None:
        ann, bob, cid = self.enter("ann", "bob", "cid")
        for door in (ann, bob):
            door.join("dev")
        bob.join("lobby")
        self.forget(ann, bob, cid)
        ann.say("to the focus").say("by name", LOBBY)
        want = ("(other room) #dev <ann> to the focus", "#lobby <ann> by name")
        self.assert_took(bob, *want)
        self.assert_took(cid, "#lobby <ann> by name")

    def test_conversation_keeps_its_order_for_everybody(self) -> None:
        ann, bob, cid = self.enter("ann", "bob", "cid")
        for number in range(5):
            for door, name in ((ann, "ann"), (bob, "bob")):
                door.say(f"{name} {number}")
        both = [
            f"#lobby <{name}> {name} {number}" for number in range(5) for name in ("ann", "bob")
        ]
        self.assert_took(cid, *both)
        self.assert_took(ann, *both[1::2])
        self.assert_took(bob, *both[::2])

    def test_nobody_hears_live_what_was_said_before_they_came_or_after_they_went(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.join("dev")
        self.turn()
        ann.say("alone")
        bob.join("dev")
        ann.say("together")
        self.turn()
        ann.say("still")
        bob.send(c.Leave())
        ann.say("alone again")
        self.turn()
        heard = [line for line in bob.take() if "<ann>" in line]
        want = ["replay #dev <ann> alone", "#dev <ann> together", "#dev <ann> still"]
        self.assertEqual(heard, want)

    def test_refusal_comes_with_the_tag(self) -> None:
        (ann,) = self.enter("ann", dialect=self.json)
        ann.say("hi", DEV, tag="1")
        self.assert_took(ann, "refused not-in-room [1]")

    def test_topic_is_shown_to_all_and_confirmed_to_programs(self) -> None:
        (ann,) = self.enter("ann", dialect=self.json)
        (bob,) = self.enter("bob")
        self.forget(ann)
        for topic, tag in (("one", "1"), ("two", None)):
            ann.send(c.SetTopic(CleanText(topic)), tag=tag)
        self.assert_took(ann, "topicset ann #lobby", "acked 5 [1]", "topicset ann #lobby")
        self.assert_took(bob, *["topicset ann #lobby"] * 2)

    def test_away_is_told_to_who_is_near_and_the_author_has_a_copy(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.send(c.Away(CleanText("lunch")))
        self.assert_took(bob, "awayset ann")
        self.assert_took(ann, "own awayset ann")

    def test_what_asks_for_no_answer_gets_none(self) -> None:
        (ann,) = self.enter("ann")
        ann.send(c.Pong())
        self.assert_took(ann)

    def test_lines_of_a_turn_are_one_write_to_each_session(self) -> None:
        ann, bob, cid = self.enter("ann", "bob", "cid")
        bob.join("dev")
        cid.join("dev")
        self.forget(ann, bob, cid)
        for number in range(10):
            ann.say(f"a{number}")
            cid.say(f"c{number}")
            cid.tell("bob", "psst")
            bob.send(c.Who())
        self.turn()
        self.assertEqual(bob.writes, 1)
        self.assertEqual(len(bob.take()), 40)


class PrivateTests(NodeCase):
    def test_private_line_goes_to_its_target_and_the_sender_sees_a_copy(self) -> None:
        ann, bob, cid = self.enter("ann", "bob", "cid")
        ann.tell("bob", "psst")
        self.assert_took(ann, "own *ann* to bob: psst")
        self.assert_took(bob, "*ann* to bob: psst")
        self.assert_took(cid)

    def test_private_line_to_somebody_absent_is_an_error_and_shown_to_nobody(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.tell("cid", "psst")
        self.assert_took(ann, "refused no-such-nick")
        self.assert_took(bob)

    def test_private_line_goes_to_all_sessions_of_its_target_and_of_its_sender(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann2, bob2 = self.attach(ann, self.json), self.attach(bob)
        ann.tell("bob", "psst")
        for door in (ann, ann2):
            self.assert_took(door, "own *ann* to bob: psst")
        for door in (bob, bob2):
            self.assert_took(door, "*ann* to bob: psst")

    def test_program_that_sends_a_private_line_gets_an_acknowledgement_instead(self) -> None:
        (ann,) = self.enter("ann", dialect=self.json)
        (bob,) = self.enter("bob")
        self.forget(ann)
        ann.tell("bob", "psst", tag="1")
        ann.tell("bob", "psst again")
        self.assert_took(ann, "acked 5 [1]", "acked 6")
        self.assert_took(bob, "*ann* to bob: psst", "*ann* to bob: psst again")

    def test_private_line_of_who_is_ignored_is_hidden_and_the_sender_is_not_told(self) -> None:
        ann, mal = self.enter("ann", "mal")
        ann2 = self.attach(ann)
        ann.send(c.Ignore(parse_nick("mal")))
        self.forget(ann)
        mal.tell("ann", "psst")
        self.assert_took(ann)
        self.assert_took(ann2, "*mal* to ann: psst")
        self.assert_took(mal, "own *mal* to ann: psst")

    def test_who_writes_to_somebody_away_is_told_so(self) -> None:
        ann, bob = self.enter("ann", "bob")
        bob.send(c.Away(CleanText("lunch")))
        self.forget(ann, bob)
        ann.tell("bob", "psst")
        self.assert_took(ann, "own *ann* to bob: psst", "notice away")
        self.assert_took(bob, "*ann* to bob: psst")

    def test_private_lines_are_not_stored(self) -> None:
        ann, _ = self.enter("ann", "bob")
        ann.tell("bob", "psst")
        self.turn()
        self.assertEqual(len(self.store._kept), 0)


class IgnoreTests(NodeCase):
    def test_ignored_author_is_hidden_from_then_on(self) -> None:
        ann, mal, bob = self.enter("ann", "mal", "bob")
        mal.say("before")
        ann.send(c.Ignore(parse_nick("mal")))
        mal.say("while")
        ann.send(c.Unignore(parse_nick("mal")))
        mal.say("after")
        want = ["#lobby <mal> before", "confirmed", "confirmed", "#lobby <mal> after"]
        self.assert_took(ann, *want)
        self.assert_took(bob, *[f"#lobby <mal> {when}" for when in ("before", "while", "after")])

    def test_ignoring_somebody_writes_to_nobody_else(self) -> None:
        ann, mal, bob = self.enter("ann", "mal", "bob")
        mal.say("hi")
        ann.send(c.Ignore(parse_nick("mal")))
        self.assertEqual((bob.writes, mal.writes), (0, 0))
        self.assert_took(bob, "#lobby <mal> hi")

    def test_ignored_author_stays_hidden_after_a_rename(self) -> None:
        ann, mal, bob = self.enter("ann", "mal", "bob")
        ann.send(c.Ignore(parse_nick("mal")))
        self.forget(ann, mal, bob)
        mal.say("before").send(c.Rename(parse_nick("evil"))).say("after")
        self.assert_took(ann, "renamed mal evil")
        want = ["#lobby <mal> before", "renamed mal evil", "#lobby <evil> after"]
        self.assert_took(bob, *want)

    def test_ignored_author_is_hidden_in_history(self) -> None:
        ann, mal, bob = self.enter("ann", "mal", "bob")
        mal.say("bad")
        bob.say("good")
        ann.send(c.Ignore(parse_nick("mal")))
        self.forget(ann, mal, bob)
        ann.send(c.ShowHistory())
        self.turn()
        self.assertEqual(ann.take()[:2], ["history #lobby (1)", "replay #lobby <bob> good"])

    def test_slow_reader_that_ignores_somebody_is_no_fault(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.peer.outbox.pause()
        for _ in range(8):
            for _ in range(10):
                bob.send(c.Say((CleanText("x" * 4000),)))
            ann.send(c.Ignore(parse_nick("bob")), c.Unignore(parse_nick("bob")))
        self.turn()
        self.assertEqual((ann.slow, ann.peer.closing), (1, True))
        self.assert_took(bob, "departed ann (too slow to read)")


class AckTests(NodeCase):
    def setUp(self) -> None:
        super().setUp()
        (self.ann,) = self.enter("ann", dialect=self.json)
        (self.bob,) = self.enter("bob")
        self.forget(self.ann)

    def hold_back(self) -> None:
        """Let the store tell nothing by itself from now on."""
        self.run_now(self.store.start(lambda message: None))

    def test_message_is_acknowledged_when_it_is_stored_and_not_before(self) -> None:
        self.hold_back()
        self.ann.say("one", tag="1").say("two", tag="2").say("three")
        self.assert_took(self.bob, *[f"#lobby <ann> {text}" for text in ("one", "two", "three")])
        self.assert_took(self.ann)
        self.node.stored(MessageId(6))
        self.assert_took(self.ann, "acked 5 [1]", "acked 6 [2]")
        self.node.stored(MessageId(7))
        self.assert_took(self.ann, "acked 7")

    def test_people_get_no_acknowledgement(self) -> None:
        self.bob.say("hi", tag="1")
        self.assert_took(self.bob)
        self.assertEqual(len(self.node._unstored), 0)

    def test_message_that_the_store_did_not_take_is_not_acknowledged(self) -> None:
        def append(envelope: e.Envelope) -> None:
            raise OSError("no space left")

        self.patch(self.store, "append", append)
        self.ann.say("lost", tag="1")
        self.turn()
        lines = self.ann.take()
        self.assertEqual(len(lines), 1)
        self.assertIn("internal", lines[0])
        self.fault_logged(OSError)
        self.node.stored(MessageId(100))
        self.assert_took(self.ann)

    def test_same_id_again_is_acknowledged_again_and_not_said_twice(self) -> None:
        self.ann.say("hi", tag="1")
        self.assert_took(self.ann, "acked 5 [1]")
        self.ann.say("hi", tag="1")
        self.assert_took(self.ann, "acked 5 [1]")
        self.assert_took(self.bob, "#lobby <ann> hi")

    def test_same_id_again_is_acknowledged_when_the_first_is_stored(self) -> None:
        self.hold_back()
        self.ann.say("hi", tag="1").say("hi", tag="1")
        self.assert_took(self.ann)
        self.node.stored(MessageId(5))
        self.assert_took(self.ann, "acked 5 [1]", "acked 5 [1]")

    def test_who_quits_gets_the_acknowledgements_first(self) -> None:
        self.hold_back()
        self.ann.say("hi", tag="1")
        self.ann.send(c.Quit())
        self.assert_took(self.ann)
        self.assertFalse(self.ann.peer.ready)
        self.node.stored(MessageId(5))
        self.assert_took(self.ann, "acked 5 [1]", "farewell")

    def test_door_is_told_when_the_last_acknowledgement_is_out(self) -> None:
        self.hold_back()
        self.ann.say("hi", tag="1").say("ho", tag="2")
        self.assertEqual(self.ann.peer.unacked, 2)
        self.node.stored(MessageId(5))
        self.assertEqual(self.ann.peer.unacked, 1)
        self.node.stored(MessageId(6))
        self.assertEqual(self.ann.peer.unacked, 0)

    def test_same_id_for_something_else_is_an_error(self) -> None:
        self.ann.say("hi", tag="1").say("ho", tag="1")
        self.assert_took(self.ann, "refused id-reused [1]", "acked 5 [1]")
        self.assert_took(self.bob, "#lobby <ann> hi")

    def test_refused_message_uses_up_no_id(self) -> None:
        self.ann.say("hi", DEV, tag="1")
        self.ann.say("hi", tag="1")
        self.assert_took(self.ann, "refused not-in-room [1]", "acked 5 [1]")

    def test_private_message_sent_again_is_acknowledged_though_it_is_never_stored(self) -> None:
        for _ in range(2):
            self.ann.tell("bob", "psst", tag="1")
        self.assert_took(self.ann, "acked 5 [1]", "acked 5 [1]")
        self.assert_took(self.bob, "*ann* to bob: psst")

    def test_acknowledgement_for_who_is_gone_goes_to_nobody(self) -> None:
        self.hold_back()
        self.ann.say("hi", tag="1")
        self.node.close(self.ann.peer, "connection lost")
        self.bob.say("ho")
        self.node.stored(MessageId(7))
        self.assert_took(self.ann)
        self.assertEqual(len(self.node._unstored), 0)

    def test_stored_may_be_told_twice_and_late(self) -> None:
        self.node.stored(MessageId(100))
        self.node.stored(MessageId(3))
        self.hold_back()
        self.ann.say("hi", tag="1")
        self.assert_took(self.ann, "acked 5 [1]")


class RoomTests(NodeCase):
    def test_join_is_told_to_the_room_and_described_to_who_came(self) -> None:
        ann, bob, cid = self.enter("ann", "bob", "cid")
        ann.join("dev")
        self.forget(ann)
        bob.send(c.Join(DEV), tag="1")
        self.assert_took(ann, "joined bob #dev")
        lines = ["entered #dev (2) [1]", "history #dev (0)", "end of history #dev"]
        self.assert_took(bob, *lines)
        self.assert_took(cid)

    def test_join_takes_all_sessions_of_a_user_along(self) -> None:
        ann, bob = self.enter("ann", "bob")
        second = self.attach(ann)
        ann.join("dev")
        self.assert_took(second, "own joined ann #dev")
        bob.join("dev").say("hi")
        self.assert_took(second, "(other room) joined bob #dev", "(other room) #dev <bob> hi")

    def test_leave_is_told_to_the_room_and_says_where_one_talks_then(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.join("dev")
        bob.join("dev")
        self.forget(ann, bob)
        ann.say("bye").send(c.Leave(), tag="1")
        ann.say("here again")
        self.assert_took(
            bob, "#dev <ann> bye", "left ann #dev", "(other room) #lobby <ann> here again"
        )
        self.assert_took(ann, "focus #lobby, left #dev [1]")

    def test_leave_takes_all_sessions_of_a_user_along(self) -> None:
        ann, bob = self.enter("ann", "bob")
        second = self.attach(ann)
        ann.send(c.Leave())
        self.assert_took(second, "own left ann #lobby")
        bob.say("hi")
        self.assert_took(second)

    def test_without_a_room_one_talks_nowhere(self) -> None:
        (ann,) = self.enter("ann")
        ann.send(c.Leave()).say("hi")
        self.assert_took(ann, "focus None, left #lobby", "refused no-room")

    def test_returning_to_a_room_moves_the_focus_only(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.join("dev")
        self.forget(ann, bob)
        bob.say("elsewhere")
        ann.join("lobby")
        bob.say("here")
        want = ["(other room) #lobby <bob> elsewhere", "focus #lobby", "#lobby <bob> here"]
        self.assert_took(ann, *want)

    def test_operator_puts_somebody_out(self) -> None:
        ann, bob, cid = self.enter("ann", "bob", "cid")
        second = self.attach(bob)
        for door in (ann, bob, cid):
            door.join("dev")
        self.forget(ann, bob, cid, second)
        ann.send(c.Kick(parse_nick("bob")), tag="1")
        cid.say("gone?")
        self.assert_took(bob, "kicked bob #dev by ann", "notice kicked")
        self.assert_took(second, "(other room) kicked bob #dev by ann", "notice kicked")
        for door in (ann, cid):
            lines = ["kicked bob #dev by ann", *["#dev <cid> gone?"] * (door is ann)]
            self.assert_took(door, *lines)
        bob.say("hello?")
        self.assert_took(bob, "refused no-room")

    def test_programs_are_told_that_a_kick_is_done(self) -> None:
        (ann,) = self.enter("ann", dialect=self.json)
        (bob,) = self.enter("bob")
        for door in (ann, bob):
            door.join("dev")
        self.forget(ann, bob)
        ann.send(c.Kick(parse_nick("bob")), tag="1")
        self.turn()
        lines = ann.take()
        self.assertEqual(lines[0], "kicked bob #dev by ann")
        self.assertRegex(lines[1], r"^acked \d+ \[1\]$")

    def test_only_operators_put_somebody_out(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.send(c.Kick(parse_nick("bob")))
        self.assert_took(ann, "refused not-operator")
        self.assert_took(bob)

    def test_room_vanishes_with_its_history_whatever_its_last_member_does(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ways: list[tuple[str, Any]] = [
            ("leave", lambda door: door.send(c.Leave())),
            ("kick", lambda door: door.send(c.Kick(parse_nick("cid")))),
            ("quit", lambda door: door.send(c.Quit())),
            ("lost", FakeDoor.lost),
        ]
        for name, way in ways:
            (cid,) = self.enter("cid")
            cid.join("dev").say(f"secret of {name}")
            room = self.node.hub.state.room_named(DEV)
            assert room is not None
            way(cid)
            self.turn()
            if name in ("leave", "kick"):
                cid.lost()
            self.forget(ann, bob)
            bob.join("dev")
            lines = ["entered #dev (1)", "history #dev (0)", "end of history #dev"]
            self.assert_took(bob, *lines)
            bob.send(c.Leave())
            self.forget(bob)
        self.assertEqual((set(self.store._rooms), self.store._bytes), (set(), 0))

    def test_lobby_keeps_its_history_when_it_is_empty(self) -> None:
        (ann,) = self.enter("ann")
        ann.say("hi").send(c.Quit())
        door = self.door().login("bob")
        self.turn()
        self.assertIn("replay #lobby <ann> hi", door.take())

    def test_password_is_asked_for_where_it_can_be_hidden(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.send(c.Join(DEV, "secret"))
        bob.join("dev")
        self.turn()
        self.assertEqual((bob.take(), bob.asked), (["passwordneeded"], [DEV]))
        bob.hides_passwords = True
        bob.join("dev")
        self.turn()
        self.assertEqual((bob.take(), bob.asked), ([], [DEV, DEV]))
        bob.send(c.Join(DEV, "secret"))
        self.turn()
        self.assertEqual(bob.take()[0], "entered #dev (2)")


class CrowdTests(NodeCase):
    limits = Limits(crowd_size=3)

    def test_joins_and_leaves_of_a_crowded_room_are_gathered(self) -> None:
        ann, bob, cid, dan = self.enter("ann", "bob", "cid", "dan")
        self.clock.advance(5)
        self.forget(ann, bob, cid, dan)
        eve, fay, gus = self.enter("eve", "fay", "gus")
        self.assert_took(ann)
        eve.send(c.Leave())
        gus.send(c.Quit())
        dan.lost()
        self.assert_took(ann)
        self.clock.advance(5)
        self.assert_took(ann, "gathered #lobby +fay -dan = 4")
        self.forget(fay)
        fay.lost()
        self.assert_took(bob, "gathered #lobby +fay -dan = 4", "departed fay (connection lost)")

    def test_crowd_that_shrinks_is_told_of_at_once_after_what_was_gathered(self) -> None:
        ann, *_, dan = self.enter("ann", "bob", "cid", "dan")
        self.forget(ann)
        dan.send(c.Leave())
        self.assert_took(ann, "gathered #lobby +dan = 4", "left dan #lobby")

    def test_rename_in_a_crowd_comes_after_the_join(self) -> None:
        (ann, *_) = self.enter("ann", "bob", "cid")
        self.forget(ann)
        self.door().login("dan").send(c.Rename(parse_nick("don")))
        self.assert_took(ann, "gathered #lobby +dan = 4", "renamed dan don")


class HistoryTests(NodeCase):
    def make_store(self) -> LateStore:
        self.late = LateStore(self.clock)
        return self.late

    def answer_all(self) -> None:
        while self.late.asked:
            self.late.answer()
            self.turn()

    def setUp(self) -> None:
        super().setUp()
        (self.ann,) = self.enter("ann")
        self.answer_all()
        self.forget(self.ann)

    def test_history_ends_exactly_where_live_begins_though_the_store_is_late(self) -> None:
        self.ann.say("1").say("2")
        door = self.door().login("bob")
        self.ann.say("3")
        self.assert_took(door, "greeting", "welcome bob", "entered #lobby (2)")
        self.ann.say("4")
        door.send(c.Who())
        self.assert_took(door)
        self.late.answer()
        history = ["history #lobby (2)", "replay #lobby <ann> 1", "replay #lobby <ann> 2"]
        live = ["end of history #lobby", "#lobby <ann> 3", "#lobby <ann> 4", "people"]
        self.assert_took(door, *history, *live)

    def test_session_waits_for_its_history_and_goes_on_in_order(self) -> None:
        door = self.door().login("bob").say("hi").tell("ann", "psst")
        self.assert_took(self.ann, "joined bob #lobby")
        self.assertFalse(door.peer.ready)
        self.late.answer()
        self.assertFalse(door.peer.ready)
        self.assert_took(self.ann, "#lobby <bob> hi", "*bob* to ann: psst")
        self.assertTrue(door.peer.ready)

    def test_others_do_not_wait(self) -> None:
        door = self.door().login("bob")
        cid = self.door().login("cid")
        self.ann.say("hi")
        self.forget(door, cid)
        late, self.late.asked = self.late.asked[0], self.late.asked[1:]
        self.late.answer()
        self.turn()
        self.assertEqual(cid.take()[-1], "#lobby <ann> hi")
        self.assertEqual(door.take(), [])
        self.late.asked = [late]
        self.answer_all()
        self.assertEqual(door.take()[-1], "#lobby <ann> hi")

    def test_history_can_be_asked_for(self) -> None:
        for number in range(5):
            self.ann.say(str(number))
        self.ann.send(c.ShowHistory(before=MessageId(6), limit=2), tag="1")
        self.answer_all()
        lines = [f"replay #lobby <ann> {number}" for number in (1, 2)]
        want = ["history #lobby (2) [1]", *lines, "end of history #lobby, more [1]"]
        self.assert_took(self.ann, *want)

    def test_history_after_a_message(self) -> None:
        for number in range(5):
            self.ann.say(str(number))
        self.ann.send(c.ShowHistory(after=MessageId(6), limit=10))
        self.answer_all()
        lines = ["replay #lobby <ann> 4", "end of history #lobby"]
        self.assert_took(self.ann, "history #lobby (1)", *lines)

    def test_history_of_another_room_looks_like_that(self) -> None:
        self.ann.say("hi").join("dev").send(c.ShowHistory(LOBBY))
        self.answer_all()
        self.assertIn("(other room) replay #lobby <ann> hi", self.ann.take())

    def test_long_history_is_pulled_as_the_reader_takes_it(self) -> None:
        for number in range(100):
            self.ann.say(f"{number} " + "x" * 4000)
        self.forget(self.ann)
        self.ann.send(c.ShowHistory(limit=100))
        self.patch(self.ann, "write", self.taking(self.ann))
        self.answer_all()
        self.assertLess(len(self.ann.written), 25_000)
        while not self.ann.peer.outbox.empty:
            self.ann.peer.outbox.resume()
        self.turn()
        self.assertEqual((len(self.ann.take()), self.ann.slow), (102, 0))

    def taking(self, door: FakeDoor) -> Any:
        def write(data: bytes) -> None:
            door.written += data
            door.peer.outbox.pause()

        return write

    def test_store_that_fails_is_a_fault_that_the_asker_alone_is_told_of(self) -> None:
        door = self.door().login("bob").say("hi")
        self.forget(self.ann, door)
        self.late.refuse()
        self.turn()
        (line,) = door.take()
        self.assertIn("internal", line)
        (failure,) = self.flushLoggedErrors(OSError)
        self.assertTrue(failure)
        self.assert_took(self.ann, "#lobby <bob> hi")

    def test_line_of_history_that_cannot_be_shown_is_a_fault_of_that_answer(self) -> None:
        self.ann.say("1").say("2").say("3")
        self.forget(self.ann)
        self.plain.here.broken = lambda envelope: envelope.id == 4
        self.ann.send(c.ShowHistory(), c.Who())
        self.answer_all()
        lines = self.ann.take()
        self.assertEqual(lines[:2], ["history #lobby (3)", "replay #lobby <ann> 1"])
        self.assertIn("internal", lines[2])
        self.assertEqual(lines[3:], ["people"])
        self.fault_logged(ZeroDivisionError)

    def test_answer_for_who_is_gone_goes_to_nobody(self) -> None:
        door = self.door().login("bob")
        self.forget(door)
        door.lost()
        self.late.answer()
        self.assert_took(door)
        self.assertTrue(door.peer.outbox.empty)

    def test_failure_for_who_is_gone_is_logged(self) -> None:
        door = self.door().login("bob")
        self.forget(door)
        door.lost()
        self.late.refuse()
        self.assert_took(door)
        self.fault_logged(OSError)


class WaitingTests(NodeCase):
    """Claims come back over the bus; until then the session waits."""

    def make_bus(self, take_id: Any) -> HeldBus:
        self.held = HeldBus()
        return self.held

    def arrive(self, nick: str) -> FakeDoor:
        door = self.door().login(nick)
        self.held.release_all()
        self.forget(door)
        return door

    def test_what_follows_a_claim_waits_until_it_came_back(self) -> None:
        door = self.door().login("ann").say("hi").join("dev").say("ho")
        for proposal in (e.Arrived, e.Joined, e.Said):
            self.assertEqual([type(each.event) for each in self.held.held][:1], [proposal])
            if proposal is not e.Said:
                self.assertEqual(len(self.held.held), 1)
                self.assertFalse(door.peer.ready)
                self.held.release()
                self.turn()
        # Said is no claim: the next command went on its way behind it.
        self.assertEqual([type(each.event) for each in self.held.held], [e.Said, e.Joined])
        self.held.release()
        self.assertFalse(door.peer.ready)
        self.held.release_all()
        self.turn()
        self.held.release_all()
        self.turn()
        self.assertEqual([envelope.id for envelope, _ in self.store._kept.values()], [3, 5])

    def test_claim_that_lost_is_told_why_and_lets_the_session_go_on(self) -> None:
        first, second = self.door().login("ann"), self.door().login("Ann").login("bob")
        self.held.release_all()
        self.turn()
        self.held.release_all()
        self.assertIn("welcome ann", first.take())
        lines = second.take()
        self.assertEqual(
            lines[:3], ["greeting", "name refused nick-taken, try Ann2", "welcome bob"]
        )

    def test_message_of_who_was_put_out_meanwhile_is_void(self) -> None:
        ann, bob = self.arrive("ann"), self.arrive("bob")
        for door in (ann, bob):
            door.join("dev")
            self.held.release_all()
        self.forget(ann, bob)
        ann.send(c.Kick(parse_nick("bob")))
        bob.say("hello?")
        self.held.release_all()
        self.assert_took(ann, "kicked bob #dev by ann")
        self.assert_took(bob, "kicked bob #dev by ann", "notice kicked", "refused not-in-room")

    def test_private_message_to_who_left_meanwhile_is_void(self) -> None:
        ann, bob, cid = (self.arrive(nick) for nick in ("ann", "bob", "cid"))
        self.forget(ann, bob, cid)
        bob.lost()
        ann.tell("bob", "psst")
        self.held.release_all()
        self.assert_took(ann, "departed bob (connection lost)", "refused no-such-nick")
        self.assert_took(cid, "departed bob (connection lost)")

    def test_same_id_again_while_the_first_is_on_its_way_is_said_once(self) -> None:
        ann = self.arrive("ann")
        program = self.door(self.json).login("bob")
        self.held.release_all()
        self.forget(ann, program)
        program.say("hi", tag="1").say("hi", tag="1").say("ho", tag="1")
        self.held.release_all()
        self.assert_took(ann, "#lobby <bob> hi")
        acked = f"acked {next(iter(self.store._kept))} [1]"
        self.assert_took(program, "refused id-reused [1]", acked, acked)

    def test_login_that_comes_back_when_the_connection_is_gone_leaves_no_ghost(self) -> None:
        ann = self.arrive("ann")
        door = self.door().login("bob")
        door.lost()
        self.held.release_all()
        self.assertEqual(self.node.hub.state.user_named(parse_nick("bob")), None)
        self.assert_took(ann)

    def test_takeover_that_comes_back_when_the_connection_is_gone_ends_the_user(self) -> None:
        ann, bob = self.arrive("ann"), self.arrive("bob")
        self.forget(ann, bob)
        door = self.door().login("x", bob.peer.token)
        door.lost()
        self.held.release_all()
        self.assertEqual(self.node.hub.state.user_named(parse_nick("bob")), None)
        self.assert_took(ann, "departed bob (connection lost)")
        self.assertEqual(bob.ended, 1)

    def test_takeover_of_a_session_that_is_lost_meanwhile_keeps_the_user(self) -> None:
        ann, bob = self.arrive("ann"), self.arrive("bob")
        self.forget(ann, bob)
        again = self.door().login("bob", bob.peer.token)
        bob.lost()
        self.held.release_all()
        again.say("still me")
        self.held.release_all()
        self.assert_took(ann, "#lobby <bob> still me")

    def test_what_another_node_did_is_shown_and_answered_to_nobody_here(self) -> None:
        ann = self.arrive("ann")
        # Sessions of two nodes may have one number.
        origin = e.Origin(NodeName("there"), ann.peer.id)
        arrived = e.Arrived(parse_nick("zoe"), Scope("scope of zoe"), "far.example")
        self.held.publish(e.Proposal(arrived, origin, 5.0))
        self.held.release()
        zoe = self.node.hub.state.user_named(parse_nick("zoe"))
        assert zoe is not None
        for event, where in (
            (e.Joined(LOBBY), None),
            (e.Said("say", (CleanText("hi"),)), LOBBY_ID),
            (e.Said("say", (CleanText("to a room that is gone"),)), RoomId(999)),
            (e.Told(ann_id(self.node), parse_nick("ann"), "say", (CleanText("psst"),)), None),
            (e.Left(), LOBBY_ID),
            (e.Joined(DEV), None),
        ):
            self.held.publish(e.Proposal(event, origin, 5.0, zoe.id, where))
        self.held.release_all()
        lines = ["joined zoe #lobby", "#lobby <zoe> hi", "*zoe* to ann: psst", "left zoe #lobby"]
        self.assert_took(ann, *lines)


def ann_id(node: Node) -> Any:
    user = node.hub.state.user_named(parse_nick("ann"))
    assert user is not None
    return user.id


class TakeoverTests(NodeCase):
    def test_token_takes_over_nick_rooms_and_focus_and_shows_no_departure(self) -> None:
        ann, bob = self.enter("ann", "bob")
        ann.join("dev")
        bob.join("dev")
        self.forget(ann, bob)
        again = self.door().login("anything", ann.peer.token)
        self.turn()
        self.assertEqual(ann.take(), ["farewell your session goes on in another connection"])
        self.assertEqual((ann.ended, again.logins, self.node.sessions), (1, [True], 2))
        want = ["greeting", "welcome back ann", "entered #lobby (2)", "entered #dev (2)"]
        self.assertEqual(again.take(), want)
        again.say("here I am")
        self.assert_took(bob, "#dev <ann> here I am")
        ann.lost()
        self.assert_took(bob)
        bob.say("wb")
        self.assert_took(again, "#dev <bob> wb")

    def test_ids_count_on_in_the_new_connection(self) -> None:
        (ann,) = self.enter("ann", dialect=self.json)
        (bob,) = self.enter("bob")
        ann.say("hi", tag="1")
        self.forget(ann, bob)
        again = self.door(self.json).login("ann", ann.peer.token)
        self.forget(again)
        again.say("hi", tag="1")
        self.assert_took(again, "acked 5 [1]")
        self.assert_took(bob)

    def test_token_that_nobody_was_given_takes_over_nothing(self) -> None:
        (ann,) = self.enter("ann")
        door = self.door().login("bob", "token-guessed")
        self.turn()
        self.assertIn("welcome bob", door.take())
        self.assertNotEqual(door.peer.token, "token-guessed")
        self.assertEqual(ann.ended, 0)

    def test_door_that_fails_to_end_the_old_session_does_not_hurt_the_new_one(self) -> None:
        (ann,) = self.enter("ann")
        ann.broken = True
        again = self.door().login("ann", ann.peer.token)
        self.turn()
        self.assertIn("welcome back ann", again.take())
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)


class FaultTests(NodeCase):
    def fail(self, *args: object, **more: object) -> Any:
        raise ZeroDivisionError("this is broken")

    def assert_fault(self, door: FakeDoor, tag: str = "") -> None:
        """The session is shown the id under which the one fault is logged."""
        self.turn()
        (line,) = door.take()
        self.assertRegex(line, rf"^refused internal: .* as [0-9a-f]{{8}}{tag}$")
        self.fault_logged(ZeroDivisionError)

    def test_fault_in_decide_is_told_to_the_asker_alone(self) -> None:
        ann, bob = self.enter("ann", "bob")
        self.patch(self.node.hub, "decide", self.fail)
        ann.say("hi", tag="1")
        self.assert_fault(ann, r" \[1\]")
        self.assert_took(bob)

    def test_fault_in_apply_is_told_to_the_asker_who_goes_on(self) -> None:
        ann, bob = self.enter("ann", "bob")
        apply = self.node.hub.apply
        self.patch(self.node.hub, "apply", self.fail)
        ann.join("dev")
        self.assert_fault(ann)
        self.patch(self.node.hub, "apply", apply)
        self.assertTrue(ann.peer.ready)
        ann.say("hi")
        self.assert_took(bob, "#lobby <ann> hi")

    def test_fault_in_what_another_did_is_told_to_nobody(self) -> None:
        ann, bob = self.enter("ann", "bob")
        self.patch(self.node.hub, "apply", self.fail)
        ann.lost()
        self.assert_took(bob)
        self.fault_logged(ZeroDivisionError)

    def test_door_that_fails_to_go_on_hurts_nobody_else(self) -> None:
        ann, bob = self.enter("ann", "bob")
        self.patch(ann, "resumed", self.fail)
        ann.send(c.Away(None))
        bob.say("hi")
        self.turn()
        lines = ann.take()
        self.assertEqual((lines[0], lines[-1]), ("own awayset ann", "#lobby <bob> hi"))
        self.fault_logged(ZeroDivisionError)

    def test_door_that_fails_to_write_ends_its_session_alone(self) -> None:
        ann, bob, cid = self.enter("ann", "bob", "cid")
        bob.broken = True
        ann.say("hi")
        self.turn()
        self.assertEqual((bob.slow, self.node.sessions), (1, 2))
        self.assert_took(cid, "#lobby <ann> hi", "departed bob (too slow to read)")
        self.fault_logged(ZeroDivisionError)

    def test_log_names_the_fault_that_was_shown(self) -> None:
        events: list[dict[str, Any]] = []
        (ann,) = self.enter("ann")
        self.patch(self.node.hub, "decide", self.fail)
        from twisted_chat import node

        self.patch(node.log, "failure", lambda text, why, **more: events.append(more))
        ann.say("secret words")
        self.turn()
        (line,) = ann.take()
        self.assertEqual(events, [{"fault": line.split()[-1], "what": "a command"}])


class SlowReaderTests(NodeCase):
    def test_slow_reader_is_dropped_and_departs_while_the_room_goes_on(self) -> None:
        ann, bob, cid = self.enter("ann", "bob", "cid")
        bob.peer.outbox.pause()
        said = 0
        while not bob.slow:
            for _ in range(10):
                ann.say("x" * 4000)
                said += 1
            self.turn()
            self.assertLess(bob.peer.outbox.queued, 400_000)
        self.assertTrue(60 <= said <= 80, said)
        ann.say("still here")
        self.turn()
        lines = cid.take()
        self.assertEqual(len([line for line in lines if "xxx" in line]), said)
        self.assertEqual(lines[-2:], ["departed bob (too slow to read)", "#lobby <ann> still here"])
        self.assertEqual((bob.slow, bob.take(), self.node.sessions), (1, [], 2))

    def test_slow_readers_that_fall_at_once_do_not_disturb_each_other(self) -> None:
        ann, *slow = self.enter("ann", *(f"slow{n}" for n in range(20)))
        for door in slow:
            door.peer.outbox.pause()
        self.forget(ann)
        for _ in range(80):
            ann.say("x" * 4000)
            self.turn()
        self.assertEqual([door.slow for door in slow], [1] * 20)
        departed = [f"departed slow{n} (too slow to read)" for n in range(20)]
        self.assertEqual(sorted(ann.take()), sorted(departed))

    def test_join_that_overflows_the_queue_ends_in_a_departure(self) -> None:
        (ann,) = self.enter("ann")
        (bob,) = self.enter("bob")
        bob.peer.outbox.pause()
        for _ in range(61):
            ann.say("x" * 4000)
            self.turn()
        for _ in range(6):
            ann.say("y" * 4000)
        bob.join("dev")
        self.turn()
        self.assertEqual(bob.slow, 1)
        self.assertNotIn(DEV, [room.name for room in self.node.hub.state.rooms.values()])
        self.assertEqual(ann.take()[-1], "departed bob (too slow to read)")


class StopTests(NodeCase):
    def test_everybody_is_told_goodbye_in_one_write_and_nothing_of_the_others(self) -> None:
        doors = self.enter(*(f"n{number}" for number in range(50)))
        for door in doors:
            self.forget(door)
        doors[0].say("last words")
        self.node.stop("the server is stopping")
        self.assertEqual([door.writes for door in doors], [1] * 50)
        self.assertEqual(doors[0].take(), ["farewell the server is stopping"])
        want = ["#lobby <n0> last words", "farewell the server is stopping"]
        for door in doors[1:]:
            self.assertEqual((door.take(), door.ended, door.peer.ready), (want, 1, False))
            door.lost()
        self.turn()
        self.assertEqual([door.take() for door in doors], [[]] * 50)

    def test_door_that_fails_to_end_keeps_nobody_from_leaving(self) -> None:
        ann, bob = self.enter("ann", "bob")
        self.patch(ann, "end", FaultTests.fail.__get__(self))
        self.node.stop("the server is stopping")
        self.assertEqual(bob.ended, 1)
        self.fault_logged(ZeroDivisionError)

    def test_what_was_gathered_is_told_and_no_timer_is_left(self) -> None:
        doors = self.enter(*(f"n{number}" for number in range(102)))
        self.forget(*doors)
        self.door().login("late")
        self.node.stop("the server is stopping")
        self.assertEqual(doors[0].take()[0].split()[:3], ["gathered", "#lobby", "+n100"])
        self.assertEqual(len(self.clock.getDelayedCalls()), 0)


class LeakTests(NodeCase):
    def test_nothing_is_kept_of_sessions_that_are_gone(self) -> None:
        doors = [
            door
            for number in range(10)
            for dialect in (self.plain, self.json)
            for door in self.enter(f"n{number}{'j' * dialect.acks}", dialect=dialect)
        ]
        for number, door in enumerate(doors):
            door.join("dev", f"own{number}").say("hi", tag="1").say("hi", DEV).tell("n1", "psst")
            door.send(c.Ignore(parse_nick("n2")), c.ShowHistory(DEV), c.Away(CleanText("away")))
            door.send(c.Rename(parse_nick(f"m{number}")))
        self.door().login("x")
        doors.append(self.door())
        self.turn()
        for number, door in enumerate(doors):
            if number % 3 == 0:
                door.lost()
            elif number % 3 == 1:
                door.send(c.Quit())
            else:
                self.node.say_goodbye(door.peer, "no answer to a ping", "timed out")
        for peer in list(self.node._peers.values()):
            self.node.close(peer, "connection lost")
        self.turn()
        self.clock.advance(5)
        node, delivery, state = self.node, self.node.delivery, self.node.hub.state
        self.assertEqual((node.sessions, len(node._unstored)), (0, 0))
        left = (delivery._channels, delivery._active, delivery._crowds, delivery._dirty)
        self.assertEqual(left, ({}, {}, {}, []))
        self.assertEqual((state.users, state.sessions, list(state.rooms)), ({}, {}, [LOBBY_ID]))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        del doors, door, peer
        gc.collect()
        kept = [
            thing
            for thing in gc.get_objects()
            if (isinstance(thing, Peer) and getattr(thing.door, "node", None) is node)
            or (isinstance(thing, Outbox) and getattr(thing._sink, "node", None) is node)
        ]
        self.assertEqual(kept, [])


class RepliesTests(NodeCase):
    def test_request_that_cannot_be_rendered_is_a_fault_of_its_asker(self) -> None:
        ann, bob = self.enter("ann", "bob")
        reply = self.plain.here.reply

        def broken(given: r.Reply, tag: str | None) -> bytes:
            if isinstance(given, r.People):
                raise ZeroDivisionError("this reply cannot be shown")
            return reply(given, tag)

        self.patch(self.plain.here, "reply", broken)
        ann.send(c.Who()).say("hi")
        self.turn()
        self.assertIn("internal", ann.take()[0])
        self.assert_took(bob, "#lobby <ann> hi")
        self.fault_logged(ZeroDivisionError)
