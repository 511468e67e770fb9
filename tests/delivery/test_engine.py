"""From what happened to one write per session per turn: the engine, claim by claim and beside a plain model."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.delivery.fakes import Ear, View
from tests.making import author, happened, room, said
from twisted_chat.core.api import events as e
from twisted_chat.core.values.ids import RoomId
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import parse_nick
from twisted_chat.core.values.text import CleanText
from twisted_chat.delivery.engine import MAX_NAMES, Delivery
from twisted_chat.delivery.outbox import Slot

LIMITS = Limits()
R1, R2 = RoomId(1), RoomId(2)


class EngineCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.delivery = Delivery(self.clock, LIMITS)
        self.view = View()

    def tearDown(self) -> None:
        self.clock.advance(0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def ear(self, *rooms: RoomId, view: View | None = None) -> Ear:
        ear = Ear(view or self.view)
        for each in rooms:
            self.delivery.enter(ear.outbox, each)
        return ear

    def say(
        self, message: int, where: RoomId = R1, who: str = "bob", skip: Ear | None = None
    ) -> None:
        self.delivery.say(
            where, said(message, where, who=who), skip=skip.outbox if skip is not None else None
        )

    def turn(self) -> None:
        self.clock.advance(0)


class TurnTests(EngineCase):
    def test_all_of_a_turn_is_one_write_to_each_session(self) -> None:
        ann, bob = self.ear(R1, R2), self.ear(R1)
        for message in range(50):
            self.say(message, skip=bob)
            self.say(100 + message, R2)
            self.delivery.send(bob.outbox, b"ack\n")
        self.delivery.show([ann.outbox, bob.outbox], happened(200, e.Departed(CleanText("quit"))))
        self.assertEqual((ann.sink.writes, bob.sink.writes), ([], []))
        self.assertEqual(len(self.delivery._dirty), 2)
        self.turn()
        self.assertEqual((len(ann.sink.writes), len(bob.sink.writes)), (1, 1))
        self.assertEqual((len(ann.take()), len(bob.take())), (101, 51))

    def test_event_is_rendered_once_for_a_room_of_many(self) -> None:
        ears = [self.ear(R1) for _ in range(200)]
        self.say(1)
        self.turn()
        self.assertEqual(self.view.rendered, 1)
        self.assertEqual([ear.take() for ear in ears], [["#room1 <bob> m1"]] * 200)

    def test_turns_in_which_nothing_is_heard_or_shown_cost_nothing(self) -> None:
        ear = self.ear(R1)
        self.delivery.send(ear.outbox, b"")
        self.delivery.catch_up(ear.outbox)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.delivery.say(R1, said(1, R1, "VERSION", kind="ctcp"))
        self.delivery.show([ear.outbox], said(2, R1, "VERSION", kind="ctcp"))
        self.turn()
        self.assertEqual(ear.sink.writes, [])

    def test_room_where_nobody_listens_costs_nothing(self) -> None:
        self.say(1)
        self.delivery.leave(self.ear(R2).outbox, R1)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_batch_goes_out_early_when_it_is_big(self) -> None:
        ear = self.ear(R1)
        text = "x" * 1000
        for message in range(LIMITS.batch_size // 1000 - 5):
            self.delivery.say(R1, said(message, R1, text))
        self.assertEqual(ear.sink.writes, [])
        for message in range(5):
            self.delivery.say(R1, said(message, R1, text))
        self.assertEqual(len(ear.sink.writes), 1)
        self.turn()
        self.assertEqual(len(ear.take()), LIMITS.batch_size // 1000)

    def test_session_hears_what_was_said_between_its_join_and_its_leave(self) -> None:
        ann, bob = self.ear(R1), self.ear()
        for message, change in enumerate((self.delivery.enter, self.delivery.leave)):
            self.say(2 * message)
            change(bob.outbox, R1)
            self.say(2 * message + 1)
        self.turn()
        self.assertEqual(bob.take(), ["#room1 <bob> m1", "#room1 <bob> m2"])
        self.assertEqual(len(ann.take()), 4)

    def test_reply_stands_where_it_was_given(self) -> None:
        ann = self.ear(R1, R2)
        self.say(1)
        self.delivery.send(ann.outbox, b"reply\n")
        self.say(2, R2)
        self.delivery.show([ann.outbox], happened(3, e.Departed(CleanText("quit"))))
        self.say(4)
        self.turn()
        want = ["#room1 <bob> m1", "reply", "#room2 <bob> m2", "departed bob (quit)"]
        self.assertEqual(ann.take(), [*want, "#room1 <bob> m4"])

    def test_slot_stands_where_it_was_kept(self) -> None:
        ann = self.ear(R1)
        self.say(1)
        done: list[bool] = []
        slot = self.delivery.slot(ann.outbox, lambda: done.append(True))
        self.say(2)
        self.turn()
        self.assertEqual((ann.take(), done), (["#room1 <bob> m1"], []))
        self.delivery.fill(slot, [b"answer\n"])
        self.turn()
        self.assertEqual((ann.take(), done), (["answer", "#room1 <bob> m2"], [True]))

    def test_event_is_shown_once_to_who_is_near_in_several_rooms(self) -> None:
        ann, bob, cid = self.ear(R1, R2), self.ear(R2), self.ear(RoomId(3))
        near = self.delivery.near([R1, R2, RoomId(4)])
        self.assertEqual(list(near), [ann.outbox, bob.outbox])
        self.delivery.show(near, happened(1, e.Departed(CleanText("quit"))))
        self.turn()
        self.assertEqual([len(ear.take()) for ear in (ann, bob, cid)], [1, 1, 0])

    def test_event_shown_to_many_is_rendered_once_a_variant(self) -> None:
        other = View("other ")
        ears = [self.ear(view=view) for view in (self.view, other) for _ in range(5)]
        departed = happened(1, e.Departed(CleanText("quit")))
        self.delivery.show([ear.outbox for ear in ears], departed)
        self.turn()
        self.assertEqual((self.view.rendered, other.rendered), (1, 1))
        self.assertEqual(ears[-1].take(), ["other departed bob (quit)"])

    def test_focus_changes_how_lines_look_from_then_on(self) -> None:
        ann = Ear(View("here "), View("elsewhere "))
        self.delivery.enter(ann.outbox, R1)
        self.delivery.enter(ann.outbox, R2)
        for message, focus in enumerate((R1, R1, R2, None)):
            self.delivery.focus(ann.outbox, focus)
            self.say(message)
        self.turn()
        seen = ["here", "here", "elsewhere", "elsewhere"]
        self.assertEqual(ann.take(), [f"{how} #room1 <bob> m{n}" for n, how in enumerate(seen)])

    def test_closing_hands_over_at_once_what_was_for_the_session(self) -> None:
        ann, bob = self.ear(R1, R2), self.ear(R1)
        self.say(1)
        self.delivery.send(ann.outbox, b"goodbye\n")
        self.delivery.close(ann.outbox)
        self.assertEqual(ann.sink.writes, [b"#room1 <bob> m1\ngoodbye\n"])
        self.say(2)
        self.turn()
        self.assertEqual(len(ann.sink.writes), 1)
        self.assertEqual(bob.take(), ["#room1 <bob> m1", "#room1 <bob> m2"])

    def test_room_that_everybody_left_in_a_turn_can_be_entered_again(self) -> None:
        ann = self.ear(R1)
        self.say(1)
        self.delivery.leave(ann.outbox, R1)
        self.say(2)
        self.delivery.enter(ann.outbox, R1)
        self.say(3)
        self.turn()
        self.assertEqual(ann.take(), ["#room1 <bob> m1", "#room1 <bob> m3"])

    def test_nothing_is_kept_of_sessions_that_closed(self) -> None:
        ears = [self.ear(R1, R2) for _ in range(5)]
        for ear in ears:
            self.say(1, skip=ear)
            self.delivery.focus(ear.outbox, R1)
            self.delivery.gather(room(1), author("ann"), 200, joined=True)
            self.delivery.close(ear.outbox)
        kept = (self.delivery._channels, self.delivery._active, self.delivery._crowds)
        self.assertEqual(kept, ({}, {}, {}))
        self.turn()
        self.assertEqual(self.delivery._dirty, [])


class LingerTests(EngineCase):
    """Lines of a room under load wait a little; nothing else does."""

    def setUp(self) -> None:
        super().setUp()
        self.many = [self.ear(R1) for _ in range(200)]
        self.ann = self.many[0]
        for message in range(50):
            self.say(message)
            self.clock.advance(0.005)
        self.ann.take()

    def test_lines_of_a_busy_room_wait_for_more_and_go_out_together(self) -> None:
        writes = len(self.ann.sink.writes)
        for message in range(3):
            self.say(message)
            self.clock.advance(0.002)
            self.assertEqual(len(self.ann.sink.writes), writes)
        self.clock.advance(0.002)
        self.assertEqual(len(self.ann.sink.writes), writes + 1)
        self.assertEqual(self.ann.take(), [f"#room1 <bob> m{n}" for n in range(3)])

    def test_a_reply_does_not_wait_and_comes_behind_what_was_said_before(self) -> None:
        self.say(1)
        self.delivery.send(self.ann.outbox, b"reply\n")
        self.turn()
        self.assertEqual(self.ann.take(), ["#room1 <bob> m1", "reply"])
        self.assertEqual(self.many[1].sink.writes[-1:], self.many[2].sink.writes[-1:])
        self.clock.advance(0.008)
        self.assertEqual(self.ann.take(), [])
        self.assertEqual(self.many[1].take()[-1], "#room1 <bob> m1")

    def test_other_rooms_do_not_wait(self) -> None:
        bob = self.ear(R1, R2)
        self.say(1)
        self.say(2, R2)
        self.turn()
        self.assertEqual(bob.take(), ["#room2 <bob> m2"])
        self.clock.advance(0.008)
        self.assertEqual(bob.take(), ["#room1 <bob> m1"])

    def test_who_leaves_gets_what_was_said_until_then(self) -> None:
        self.say(1)
        self.delivery.close(self.ann.outbox)
        self.assertEqual(self.ann.take(), ["#room1 <bob> m1"])
        for ear in self.many[1:]:
            self.delivery.close(ear.outbox)
        self.assertEqual((self.delivery._lingering, self.delivery._active), ({}, {}))
        self.clock.advance(0.008)

    def test_a_full_batch_and_a_flush_wait_for_nothing(self) -> None:
        self.say(1)
        self.delivery.flush()
        self.assertEqual(self.ann.take(), ["#room1 <bob> m1"])
        self.assertEqual(self.clock.getDelayedCalls(), [])
        for message in range(2000):
            self.say(message)
        self.assertGreater(len(self.ann.take()), 1500)
        self.clock.advance(0.008)

    def test_without_linger_nothing_waits(self) -> None:
        self.delivery = Delivery(self.clock, Limits(linger=0))
        self.fill_room()
        for message in range(50):
            self.say(message)
            self.turn()
            self.assertEqual(self.ann.take(), [f"#room1 <bob> m{message}"])
            self.clock.advance(0.005)

    def fill_room(self) -> None:
        self.many = [self.ear(R1) for _ in range(200)]
        self.ann = self.many[0]


class RecipientTests(EngineCase):
    """One session's failure touches only that session, and the fan-out waits for nobody."""

    def test_session_whose_write_raises_ends_alone(self) -> None:
        ann, bad, bob = self.ear(R1), self.ear(R1), self.ear(R1)

        def broken() -> None:
            raise ZeroDivisionError

        bad.sink.during = broken
        self.say(1)
        self.turn()
        self.say(2)
        self.turn()
        for ear in (ann, bob):
            self.assertEqual(ear.take(), ["#room1 <bob> m1", "#room1 <bob> m2"])
        self.assertEqual((len(bad.sink.writes), bad.sink.overflows), (1, 1))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_event_that_one_variant_cannot_show_reaches_the_others(self) -> None:
        bad = View()
        bad.broken = lambda envelope: envelope.id in (1, 3)
        ann, bob = self.ear(R1, view=bad), self.ear(R1)
        self.say(1)
        self.say(2)
        self.delivery.show([ann.outbox, bob.outbox], happened(3, e.Departed(CleanText("quit"))))
        self.turn()
        self.assertEqual(ann.take(), ["#room1 <bob> m2"])
        self.assertEqual(bob.take(), ["#room1 <bob> m1", "#room1 <bob> m2", "departed bob (quit)"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)

    def test_full_reader_makes_nobody_wait(self) -> None:
        full, ann = self.ear(R1), self.ear(R1)
        full.outbox.pause()
        for message in range(3):
            self.say(message)
            self.turn()
            self.assertEqual(ann.take(), [f"#room1 <bob> m{message}"])
        full.outbox.resume()
        self.assertEqual(len(full.take()), 3)

    def test_slow_reader_that_is_closed_in_the_fan_out_departs_in_order(self) -> None:
        """The first, the middle and the last to be served, each with a departure shown to the others."""
        for slow in range(3):
            ears = [self.ear(R1) for _ in range(3)]
            ears[slow].outbox._limit = 10
            ears[slow].outbox.pause()
            self.drop_when_slow(ears[slow], ears)
            for message in (1, 2):
                self.say(message)
                self.turn()
            for ear in (ear for ear in ears if ear is not ears[slow]):
                want = ["#room1 <bob> m1", "#room1 <bob> m2", "departed bob (slow)"]
                self.assertEqual(ear.take(), want)
                self.delivery.close(ear.outbox)
            self.assertEqual(ears[slow].take(), [])
            self.assertEqual((self.delivery._channels, self.delivery._dirty), ({}, []))

    def drop_when_slow(self, ear: Ear, ears: Iterable[Ear]) -> None:
        def overflowed(reason: str) -> None:
            self.delivery.close(ear.outbox)
            departed = happened(9, e.Departed(CleanText("slow")))
            self.delivery.show(self.delivery.near([R1]), departed)

        self.patch(ear.sink, "overflowed", overflowed)

    def test_answer_that_lets_the_next_command_in_breaks_no_order(self) -> None:
        """The session's next line fills the room's batch, which goes out within the flush going on."""
        ann, bob = self.ear(R1), self.ear(R1)

        def go_on() -> None:
            self.delivery.say(R1, said(1, R1, "x" * LIMITS.batch_size), skip=ann.outbox)
            self.delivery.send(ann.outbox, b"ack\n")

        slot = self.delivery.slot(ann.outbox, go_on)
        self.say(0)
        self.delivery.fill(slot, [b"answer\n"])
        self.turn()
        self.assertEqual(ann.take(), ["answer", "#room1 <bob> m0", "ack"])
        lines = bob.take()
        self.assertEqual(lines[0], "#room1 <bob> m0")
        self.assertEqual((len(lines), lines[1][:15]), (2, "#room1 <bob> xx"))


class CrowdTests(EngineCase):
    def come(self, *names: str, members: int = 101, where: int = 1) -> None:
        for name in names:
            self.delivery.gather(room(where), author(name), members, joined=True)

    def go(self, *names: str, members: int = 101, where: int = 1) -> None:
        for name in names:
            self.delivery.gather(room(where), author(name), members, joined=False)

    def test_joins_and_leaves_are_one_line_every_five_seconds(self) -> None:
        ear = self.ear(R1)
        self.come("ann", "bob")
        self.clock.advance(3)
        self.go("cid", members=102)
        self.clock.advance(1.9)
        self.assertEqual(ear.sink.writes, [])
        self.clock.advance(0.1)
        self.assertEqual(ear.take(), ["gathered #room1 +ann +bob -cid = 102"])
        self.come("dan")
        self.clock.advance(5)
        self.assertEqual(ear.take(), ["gathered #room1 +dan = 101"])

    def test_who_came_and_went_is_not_worth_a_line(self) -> None:
        ear = self.ear(R1)
        self.come("ann", "bob")
        self.go("ann", "cid")
        self.come("cid")
        self.clock.advance(5)
        self.assertEqual(ear.take(), ["gathered #room1 +bob = 101"])
        self.come("ann")
        self.go("Ann")
        self.clock.advance(5)
        self.assertEqual(ear.sink.writes, [])

    def test_who_came_went_and_came_again_is_named_once(self) -> None:
        ear = self.ear(R1)
        self.come("ann")
        self.go("ann")
        self.come("ann")
        self.clock.advance(5)
        self.assertEqual(ear.take(), ["gathered #room1 +ann = 101"])

    def test_newcomer_gets_the_gathered_line_as_its_own_copy(self) -> None:
        old = self.ear(R1)
        self.come("ann")
        new = self.ear(R1)
        self.come("bob")
        self.clock.advance(5)
        self.assertEqual(old.take(), ["gathered #room1 +ann +bob = 101"])
        self.assertEqual(new.take(), ["own gathered #room1 +bob = 101"])
        self.come("cid")
        self.clock.advance(5)
        self.assertEqual(new.take(), ["gathered #room1 +cid = 101"])

    def test_gathered_line_is_rendered_once_for_all_newcomers_of_a_variant(self) -> None:
        self.ear(R1)
        self.come("ann")
        newcomers = [self.ear(R1) for _ in range(3)]
        own, rendered = newcomers[0].outbox.here.own, []

        def count(envelope: e.Envelope, *, acked: bool) -> bytes:
            rendered.append(envelope)
            return own(envelope, acked=acked)

        self.patch(newcomers[0].outbox.here, "own", count)
        self.come(*(f"u{n}" for n in range(MAX_NAMES + 1)))
        self.clock.advance(5)
        self.assertEqual(len(rendered), 2)  # two lines: there are more names than fit on one
        told = {newcomer.sink.data for newcomer in newcomers}
        self.assertEqual(len(told), 1)
        self.assertEqual(told.pop().count(b"\n"), 2)

    def test_newcomer_is_told_of_the_going_of_who_was_there_when_it_came(self) -> None:
        self.ear(R1)
        self.come("ann")
        new = self.ear(R1)
        self.go("ann")
        self.clock.advance(5)
        self.assertEqual(new.take(), ["own gathered #room1 -ann = 101"])

    def test_newcomer_that_is_told_of_each_by_itself_is_not_told_of_itself(self) -> None:
        self.ear(R1)
        self.view.sums = False
        self.come("ann")
        self.come("bob")
        bob = self.ear(R1)
        self.come("cid")
        cid = self.ear(R1)
        self.go("ann")
        self.clock.advance(5)
        self.assertEqual(
            bob.take(), ["own gathered #room1 +cid = 101", "own gathered #room1 -ann = 101"]
        )
        self.assertEqual(cid.take(), ["own gathered #room1 -ann = 101"])

    def test_who_left_the_chat_is_told_apart_from_who_left_the_room(self) -> None:
        seen: list[e.Event] = []

        def event(envelope: e.Envelope) -> bytes:
            seen.append(envelope.event)
            return b"x"

        self.patch(self.view, "event", event)
        self.ear(R1)
        ann, bob = author("ann", 7), author("bob", 8)
        self.delivery.gather(room(1), ann, 101, joined=False, departed=True)
        self.delivery.gather(room(1), bob, 101, joined=False)
        self.clock.advance(5)
        self.assertEqual(seen, [e.Gathered((), (ann, bob), 101, frozenset((ann.user,)))])

    @given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), max_size=60), st.booleans())
    def test_whoever_keeps_a_list_of_members_has_the_right_one(
        self, steps: list[tuple[int, int]], sums: bool
    ) -> None:
        self.setUp()
        self.view.sums = sums
        here: dict[str, Ear] = {}
        lists: dict[str, set[str]] = {}
        for number, what in [*steps, (0, 0), (1, 0)]:
            name = f"n{number}"
            if what == 0:
                self.clock.advance(5)
                for each, ear in here.items():
                    for line in ear.take():
                        for change in line.removeprefix("own ").split()[2:-2]:
                            (set.add if change[0] == "+" else set.discard)(lists[each], change[1:])
                    self.assertEqual(lists[each], set(here), each)
            elif name in here:
                self.delivery.close(here.pop(name).outbox)
                self.go(name)
            else:
                self.come(name)
                here[name] = self.ear(R1)
                lists[name] = set(here)
        for ear in here.values():
            self.delivery.close(ear.outbox)

    def test_newcomer_that_left_again_gets_nothing(self) -> None:
        self.ear(R1)
        self.come("ann")
        new = self.ear(R1)
        self.delivery.leave(new.outbox, R1)
        self.clock.advance(5)
        self.assertEqual(new.sink.writes, [])

    def test_what_happens_is_told_after_who_came(self) -> None:
        ear = self.ear(R1)
        self.come("ann")
        self.delivery.say(R1, happened(1, e.Kicked(author("cid").user, parse_nick("cid")), 1))
        self.come("dan")
        self.delivery.show(self.delivery.near([R1]), happened(2, e.Renamed(parse_nick("rob"))))
        self.turn()
        want = ["gathered #room1 +ann = 101", "kicked cid #room1 by bob"]
        want += ["gathered #room1 +dan = 101", "renamed bob rob"]
        self.assertEqual(ear.take(), want)

    def test_what_is_said_does_not_end_the_gathering(self) -> None:
        ear = self.ear(R1)
        self.come("ann")
        self.say(1)
        self.come("bob")
        self.clock.advance(5)
        self.assertEqual(ear.take(), ["#room1 <bob> m1", "gathered #room1 +ann +bob = 101"])

    def test_rooms_are_gathered_apart(self) -> None:
        ear = self.ear(R1, R2)
        self.come("ann")
        self.come("bob", where=2)
        self.clock.advance(5)
        want = ["gathered #room1 +ann = 101", "gathered #room2 +bob = 101"]
        self.assertEqual(ear.take(), want)

    def test_no_line_has_more_names_than_fit(self) -> None:
        ear = self.ear(R1)
        came = [f"a{n}" for n in range(MAX_NAMES + 150)]
        went = [f"z{n}" for n in range(2 * MAX_NAMES + 1)]
        self.come(*came)
        self.go(*went)
        self.clock.advance(5)
        lines = [line.split()[2:-2] for line in ear.take()]
        self.assertEqual([len(names) for names in lines], [200, 200, 200, 151])
        told = [name for names in lines for name in names]
        self.assertEqual(told, [f"+{name}" for name in came] + [f"-{name}" for name in went])

    def test_gathered_line_has_the_time_it_was_made_and_no_author(self) -> None:
        seen: list[e.Envelope] = []

        def event(envelope: e.Envelope) -> bytes:
            seen.append(envelope)
            return b"x"

        self.patch(self.view, "event", event)
        self.ear(R1)
        self.come("ann")
        self.clock.advance(5)
        envelope = seen[0]
        self.assertEqual((envelope.time, envelope.author, envelope.room), (5.0, None, room(1)))

    def test_rooms_without_listeners_are_not_gathered(self) -> None:
        self.come("ann")
        self.assertEqual(self.clock.getDelayedCalls(), [])
        ear = self.ear(R1)
        self.come("ann")
        self.delivery.leave(ear.outbox, R1)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.delivery._crowds, {})

    def test_all_that_was_gathered_can_be_told_at_once_and_leaves_no_timer(self) -> None:
        ear = self.ear(R1, R2)
        self.come("ann")
        self.come("bob", where=2)
        self.say(1)
        self.delivery.settle_all()
        self.delivery.flush()
        want = ["#room1 <bob> m1", "gathered #room1 +ann = 101", "gathered #room2 +bob = 101"]
        self.assertEqual(ear.take(), want)
        self.assertEqual(self.clock.getDelayedCalls(), [])


# --- the engine beside a model ---


class Hole:
    """An answer that is not there yet, or its text."""

    text: bytes | None = None


@dataclasses.dataclass(eq=False)
class Listener:
    """What the model knows of a session: ``stream`` in order, and lines of this turn ``waiting`` by room."""

    ear: Ear
    rooms: dict[RoomId, None] = dataclasses.field(default_factory=dict)
    waiting: dict[RoomId, list[bytes]] = dataclasses.field(default_factory=dict)
    stream: list[bytes | Hole] = dataclasses.field(default_factory=list)
    holes: list[tuple[Hole, Slot]] = dataclasses.field(default_factory=list)
    paused: bool = False
    closed: bool = False
    #: It may be ended, for it reads slowly or its connection fails; and that it was.
    weak: bool = False
    ended: bool = False

    def catch_up(self) -> None:
        for each in self.rooms:
            self.stream += self.waiting.pop(each, [])

    def due(self) -> bytes:
        """Return all that must have come by the end of the turn."""
        text = b""
        for item in self.stream:
            if isinstance(item, Hole):
                if item.text is None:
                    break
                text += item.text
            else:
                text += item
        return text


class Model:
    """A chat without batches: each line goes to each listener as it is said.

    Lines of *different* rooms may change places within a turn: at its end the rooms come in the order in which
    they were first talked in, and when a session catches up in the order in which it entered them. Nothing else may.
    """

    def __init__(self) -> None:
        self.listeners: list[Listener] = []
        self.talked: dict[RoomId, None] = {}

    def within(self, where: RoomId) -> list[Listener]:
        return [listener for listener in self.listeners if where in listener.rooms]

    def leave(self, listener: Listener, where: RoomId) -> None:
        listener.catch_up()
        del listener.rooms[where]
        if not self.within(where):
            self.talked.pop(where, None)

    def say(self, where: RoomId, envelope: e.Envelope, skip: Listener | None) -> None:
        if not self.within(where):
            return
        assert envelope.author is not None
        self.talked[where] = None
        for listener in self.within(where):
            outbox = listener.ear.outbox
            hidden = (
                isinstance(envelope.event, e.Said) and envelope.author.nick.key in outbox.ignored
            )
            if listener is not skip and not hidden:
                view = listener.ear.here if outbox.focus == where else listener.ear.elsewhere
                listener.waiting.setdefault(where, []).append(view.event(envelope))

    def hand_out(self, rooms: list[RoomId]) -> None:
        for where in rooms:
            self.talked.pop(where, None)
            for listener in self.within(where):
                listener.stream += listener.waiting.pop(where, [])


class Watched(Delivery):
    """Tells the model when a batch goes out, for whatever reason."""

    model: Model

    def _hand_out(self) -> None:
        self.model.hand_out([channel.room for channel in self._active])
        super()._hand_out()


class Both:
    """Does everything in the engine and in the model."""

    def __init__(self, test: SynchronousTestCase, batch_size: int, max_queue: int) -> None:
        self.test = test
        self.clock = Clock()
        self.model = Model()
        self.delivery = Watched(self.clock, Limits(batch_size=batch_size, max_queue=10**9))
        self.delivery.model = self.model
        views = [(View("a "), View("A ")), (View("b "), View("B ")), (shared := View("c "), shared)]
        for number in range(5):
            ear = Ear(*views[number % 3], limit=max_queue)
            listener = Listener(ear)
            test.patch(ear.sink, "overflowed", functools.partial(self.ended, listener))
            self.model.listeners.append(listener)
        self.message = 0

    def ended(self, listener: Listener, reason: str) -> None:
        self.test.assertTrue(listener.weak, reason)
        listener.ended = True
        self.close(listener, R1, 0)

    def step(self, what: str, who: int, where: int, more: int) -> None:
        listener = self.model.listeners[who]
        if what == "turn":
            self.clock.advance(0)
            self.check()
        elif not listener.closed:
            act: Callable[[Listener, RoomId, int], None] = getattr(self, what)
            act(listener, RoomId(where), more)

    def linger(self, listener: Listener, where: RoomId, more: int) -> None:
        """Let the room's lines wait for more from now on, or no longer."""
        channel = self.delivery._channels.get(where)
        if channel is not None and not channel.entries:
            channel.pace.wait = 0.005 if more else 0.0

    def later(self, listener: Listener, where: RoomId, more: int) -> None:
        self.clock.advance(0.005)
        self.check()

    def enter(self, listener: Listener, where: RoomId, more: int) -> None:
        if where not in listener.rooms:
            self.delivery.enter(listener.ear.outbox, where)
            listener.rooms[where] = None

    def leave(self, listener: Listener, where: RoomId, more: int) -> None:
        self.delivery.leave(listener.ear.outbox, where)
        if where in listener.rooms:
            self.model.leave(listener, where)

    def focus(self, listener: Listener, where: RoomId, more: int) -> None:
        room = where if where in listener.rooms and more else None
        if room != listener.ear.outbox.focus:
            listener.catch_up()
        self.delivery.focus(listener.ear.outbox, room)

    def ignore(self, listener: Listener, where: RoomId, more: int) -> None:
        self.delivery.catch_up(listener.ear.outbox)
        listener.catch_up()
        ignored, name = listener.ear.outbox.ignored, f"n{more}"
        if ignored.pop(name, None) is None:
            ignored[name] = name
        listener.ear.outbox.refresh()

    def say(self, listener: Listener, where: RoomId, more: int) -> None:
        self.message += 1
        envelope = said(self.message, where, who=f"n{more}")
        skip = listener if more else None
        self.model.say(where, envelope, skip)
        self.delivery.say(where, envelope, skip=skip.ear.outbox if skip is not None else None)

    def topic(self, listener: Listener, where: RoomId, more: int) -> None:
        self.message += 1
        envelope = happened(self.message, e.TopicSet(CleanText("topic")), where, who=f"n{more}")
        self.model.say(where, envelope, None)
        self.delivery.say(where, envelope)

    def send(self, listener: Listener, where: RoomId, more: int) -> None:
        self.message += 1
        data = b"reply %d\n" % self.message
        listener.catch_up()
        listener.stream.append(data)
        self.delivery.send(listener.ear.outbox, data)

    def show(self, listener: Listener, where: RoomId, more: int) -> None:
        self.message += 1
        envelope = happened(self.message, e.Departed(CleanText("quit")), None)
        for each in self.model.within(where):
            each.catch_up()
            each.stream.append(each.ear.here.event(envelope))
        self.delivery.show(self.delivery.near([where]), envelope)

    def slot(self, listener: Listener, where: RoomId, more: int) -> None:
        def go_on() -> None:
            # Whoever waits for the answer goes on when it is out: with a line, or the next question.
            if not listener.closed:
                (self.say, self.slot, self.send)[more - 1](listener, where, more - 1)

        hole = Hole()
        listener.weak = True  # what is said meanwhile waits behind it
        listener.catch_up()
        listener.stream.append(hole)
        listener.holes.append(
            (hole, self.delivery.slot(listener.ear.outbox, go_on if more else None))
        )

    def fill(self, listener: Listener, where: RoomId, more: int) -> None:
        if listener.holes:
            self.message += 1
            hole, slot = listener.holes.pop(more % len(listener.holes))
            pieces = [b"answer %d.%d\n" % (self.message, n) for n in range(more)]
            hole.text = b"".join(pieces)
            self.delivery.fill(slot, pieces)

    def flush(self, listener: Listener, where: RoomId, more: int) -> None:
        # Nothing to check: who goes on after an answer may add what comes with the next turn.
        self.delivery.flush()

    def pause(self, listener: Listener, where: RoomId, more: int) -> None:
        """Take no more, from now on or from the middle of the next write on."""

        def full() -> None:
            listener.paused = True
            listener.ear.outbox.pause()

        listener.weak = True
        if more == 1:
            listener.ear.sink.during = full
        elif more > 1:  # a write of which only some goes at once
            listener.ear.sink.part, listener.ear.sink.full = more, full
        else:
            full()

    def breaks(self, listener: Listener, where: RoomId, more: int) -> None:
        """Fail in the next write."""

        def fails() -> None:
            raise ZeroDivisionError("the connection fails")

        listener.weak = True
        listener.ear.sink.during = fails

    def resume(self, listener: Listener, where: RoomId, more: int) -> None:
        listener.ear.sink.during, listener.ear.sink.part = lambda: None, None
        listener.paused = False
        listener.ear.outbox.resume()

    def close(self, listener: Listener, where: RoomId, more: int) -> None:
        if more:  # seldom
            return
        for each in list(listener.rooms):
            self.model.leave(listener, each)
        listener.closed = True
        self.delivery.close(listener.ear.outbox)

    def check(self, *, end: bool = False) -> None:
        for listener in self.model.listeners:
            got, due = listener.ear.sink.data, listener.due()
            if listener.ended or (listener.paused and not end):
                self.test.assertEqual(got, due[: len(got)])
            else:
                self.test.assertEqual(got, due)

    def end(self) -> None:
        for listener in self.model.listeners:
            while listener.holes:
                self.fill(listener, R1, 1)
                self.clock.advance(0)
            self.resume(listener, R1, 0)
        while self.clock.getDelayedCalls():
            self.clock.advance(0.005)
        for listener in self.model.listeners:
            while listener.holes:
                self.fill(listener, R1, 0)
                self.clock.advance(0.005)
        while self.clock.getDelayedCalls():
            self.clock.advance(0.005)
        self.check(end=True)
        self.test.assertEqual(self.clock.getDelayedCalls(), [])


OFTEN = ["say"] * 6 + ["turn"] * 3 + ["enter"] * 4 + ["send", "slot", "fill", "fill", "topic"]
steps = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *OFTEN,
                "leave",
                "focus",
                "ignore",
                "show",
                "flush",
                "pause",
                "resume",
                "close",
                "linger",
                "linger",
                "breaks",
                "later",
            ]
        ),
        st.integers(0, 4),
        st.integers(1, 3),
        st.integers(0, 3),
    ),
    max_size=60,
)


class ModelTests(SynchronousTestCase):
    @given(steps, st.sampled_from([1, 100, 64 * 1024]), st.sampled_from([10**9, 100]))
    def test_each_session_gets_exactly_what_the_model_says_in_that_order(
        self, steps: list[tuple[str, int, int, int]], batch_size: int, max_queue: int
    ) -> None:
        both = Both(self, batch_size, max_queue)
        # People who talk to each other: everybody is in the first room, and half of them in the second.
        for number, listener in enumerate(both.model.listeners):
            both.enter(listener, R1, 0)
            if number % 2:
                both.enter(listener, R2, 0)
        for step in steps:
            both.step(*step)
        both.end()
        self.flushLoggedErrors(ZeroDivisionError)
