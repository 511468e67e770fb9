"""Answers from the store: in their place in the order of the session, and without faults for others."""

from __future__ import annotations

from tests.nodes import LateStore, NodeCase
from twisted_chat.core import commands as c
from twisted_chat.core import replies as r
from twisted_chat.core.ids import MessageId
from twisted_chat.core.names import LOBBY


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
        door.asks(c.Who())
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
        self.ann.asks(c.ShowHistory(before=MessageId(6), limit=2), tag="1")
        self.answer_all()
        lines = [f"replay #lobby <ann> {number}" for number in (1, 2)]
        want = ["history #lobby (2) [1]", *lines, "end of history #lobby, more [1]"]
        self.assert_took(self.ann, *want)

    def test_history_after_a_message(self) -> None:
        for number in range(5):
            self.ann.say(str(number))
        self.ann.asks(c.ShowHistory(after=MessageId(6), limit=10))
        self.answer_all()
        lines = ["replay #lobby <ann> 4", "end of history #lobby"]
        self.assert_took(self.ann, "history #lobby (1)", *lines)

    def test_history_of_another_room_looks_like_that(self) -> None:
        self.ann.say("hi").join("dev").asks(c.ShowHistory(LOBBY))
        self.answer_all()
        self.assertIn("(other room) replay #lobby <ann> hi", self.ann.take())

    def test_long_history_is_pulled_as_the_reader_takes_it(self) -> None:
        for number in range(100):
            self.ann.say(f"{number} " + "x" * 4000)
        self.forget(self.ann)
        self.ann.asks(c.ShowHistory(limit=100))
        self.ann.takes_one = True
        self.answer_all()
        self.assertLess(len(self.ann.written), 25_000)
        while not self.ann.peer.outbox.empty:
            self.ann.peer.outbox.resume()
        self.turn()
        self.assertEqual((len(self.ann.take()), self.ann.slow), (102, 0))

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
        self.ann.asks(c.ShowHistory(), c.Who())
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


class RepliesTests(NodeCase):
    def test_request_that_cannot_be_rendered_is_a_fault_of_its_asker(self) -> None:
        ann, bob = self.enter("ann", "bob")
        reply = self.plain.here.reply

        def broken(given: r.Reply, tag: str | None) -> bytes:
            if isinstance(given, r.People):
                raise ZeroDivisionError("this reply cannot be shown")
            return reply(given, tag)

        self.patch(self.plain.here, "reply", broken)
        ann.asks(c.Who()).say("hi")
        self.turn()
        self.assertIn("internal", ann.take()[0])
        self.assert_took(bob, "#lobby <ann> hi")
        self.fault_logged(ZeroDivisionError)
