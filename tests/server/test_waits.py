"""Tests of twisted_chat.server.waits. When the store is behind: who speaks waits, nothing is dropped, what is due has a limit."""

from __future__ import annotations

from typing import Any

from tests.nodes import DEV, FakeDoor, HeldBus, NodeCase, TellingStore
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api.records import Sent
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.names import parse_nick
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.text import CleanText
from twisted_chat.delivery.session import MAX_UNACKED


class Case(NodeCase):
    store: TellingStore

    def make_store(self) -> TellingStore:
        return TellingStore(self.clock)

    def setUp(self) -> None:
        super().setUp()
        self.ann, self.bob = self.enter("ann", "bob")

    def roomy(self) -> None:
        self.store.has_no_room = False
        self.node.roomy()

    def heard(self, door: FakeDoor) -> list[str]:
        self.turn()
        return door.take()


class FullTests(Case):
    def test_who_speaks_waits_until_there_is_room_and_nothing_is_lost(self) -> None:
        self.store.has_no_room = True
        for text in ("one", "two", "three"):
            self.ann.say(text)
        self.assertFalse(self.ann.peer.ready)
        self.assert_took(self.bob, "#lobby <ann> one")
        self.roomy()
        self.assertTrue(self.ann.peer.ready)
        self.assert_took(self.bob, "#lobby <ann> two", "#lobby <ann> three")

    def test_who_only_listens_or_asks_does_not_wait(self) -> None:
        self.store.has_no_room = True
        self.ann.say("hi")
        self.bob.asks(c.Who(), c.Rename(parse_nick("rob")), c.Away(CleanText("lunch")))
        self.bob.asks(c.Leave())
        self.assertTrue(self.bob.peer.ready)
        self.assertEqual(self.heard(self.bob)[:2], ["#lobby <ann> hi", "people"])

    def test_who_changes_what_is_kept_of_a_room_waits(self) -> None:
        for command in (c.Join(DEV), c.SetTopic(CleanText("news")), c.SetKeep(Keep(30))):
            self.store.has_no_room = True
            self.ann.asks(command)
            self.assertFalse(self.ann.peer.ready, command)
            self.roomy()
            self.turn()
            self.assertTrue(self.ann.peer.ready, command)

    def test_those_who_wait_go_on_in_their_order_while_there_is_room(self) -> None:
        self.store.has_no_room = True
        for door in (self.ann, self.bob):
            door.say("one").say("two")
        (cid,) = self.enter("cid")
        append = self.store.append

        def fill(*change: object) -> None:
            append(*change)  # type: ignore[arg-type]
            self.store.has_no_room = True

        self.patch(self.store, "append", fill)
        self.roomy()
        self.assert_took(cid, "#lobby <ann> two")
        self.assertEqual((self.ann.peer.ready, self.bob.peer.ready), (False, False))
        self.roomy()
        self.assert_took(cid, "#lobby <bob> two")
        self.roomy()
        self.roomy()
        self.assertEqual((self.ann.peer.ready, self.bob.peer.ready), (True, True))

    def test_room_that_is_told_of_when_there_is_none_frees_nobody(self) -> None:
        self.store.has_no_room = True
        self.ann.say("one").say("two")
        self.node.roomy()
        self.assertFalse(self.ann.peer.ready)

    def test_session_that_is_lost_while_it_waits_is_forgotten(self) -> None:
        self.store.has_no_room = True
        self.ann.say("one").say("two")
        self.ann.lost()
        self.roomy()
        self.assert_took(self.bob, "#lobby <ann> one", "departed ann (connection lost)")
        self.assertEqual(len(self.node._waits), 0)

    def test_who_quits_behind_what_waits_is_heard_first(self) -> None:
        self.store.has_no_room = True
        self.ann.say("one").say("two").asks(c.Quit())
        self.assert_took(self.bob, "#lobby <ann> one")
        self.assertEqual(self.ann.ended, 0)
        self.roomy()
        self.assert_took(self.bob, "#lobby <ann> two", "departed ann (quit)")

    def test_stop_lets_nobody_wait(self) -> None:
        self.store.has_no_room = True
        self.ann.say("one").say("two")
        self.node.stop("the server is stopping")
        self.roomy()
        self.assertEqual((self.ann.ended, len(self.node._waits)), (1, 0))
        self.assertEqual(self.bob.take()[0], "#lobby <ann> one")


class FlyingTests(NodeCase):
    """Messages that are on their way over the bus when the store gets full."""

    store: TellingStore

    def make_store(self) -> TellingStore:
        return TellingStore(self.clock)

    def make_bus(self, take_id: Any) -> HeldBus:
        self.held = HeldBus()
        return self.held

    def setUp(self) -> None:
        super().setUp()
        self.ann = self.door().login("ann")
        self.held.release_all()
        self.forget(self.ann)
        self.ann.say("one").say("two")
        self.store.has_no_room = True

    def test_they_land_and_the_session_waits_once(self) -> None:
        self.held.release_all()
        self.assertEqual((self.ann.peer.waits, len(self.store._kept)), (1, 2))
        self.store.has_no_room = False
        self.node.roomy()
        self.assertTrue(self.ann.peer.ready)

    def test_session_that_is_gone_meanwhile_is_not_waited_for(self) -> None:
        append = self.store.append

        def lose(envelope: e.Envelope, sent: Sent | None = None) -> None:
            append(envelope, sent)
            self.ann.lost()

        self.patch(self.store, "append", lose)
        self.held.release_all()
        self.assertEqual(len(self.node._waits), 0)


class UnacknowledgedTests(Case):
    """The store has room, and commits nothing."""

    def setUp(self) -> None:
        super().setUp()
        (self.robot,) = self.enter("robot", dialect=self.json)
        self.forget(self.ann, self.bob, self.robot)

    def test_so_many_acknowledgements_may_be_due_and_no_more(self) -> None:
        for number in range(MAX_UNACKED + 5):
            self.robot.say(str(number), tag=str(number))
        self.assertFalse(self.robot.peer.ready)
        self.assertEqual((len(self.heard(self.bob)), self.heard(self.robot)), (MAX_UNACKED, []))
        first = self.store.changes[-MAX_UNACKED][1]
        self.store.stored(first)
        self.assertEqual(len(self.heard(self.bob)), 1)
        self.assertFalse(self.robot.peer.ready)
        self.store.stored(MessageId(first + MAX_UNACKED + 4))
        self.assertTrue(self.robot.peer.ready)
        self.store.stored(MessageId(first + MAX_UNACKED + 5))
        acked = [line for line in self.heard(self.robot) if line.startswith("acked")]
        want = [f"acked {first + number} [{number}]" for number in range(MAX_UNACKED + 5)]
        self.assertEqual(acked, want)

    def test_resends_of_one_id_count_too(self) -> None:
        for _ in range(MAX_UNACKED + 5):
            self.robot.say("hi", tag="1")
        self.assertFalse(self.robot.peer.ready)
        self.assertEqual(len(self.node._acks), MAX_UNACKED)
        self.assert_took(self.bob, "#lobby <robot> hi")
        self.store.stored(self.store.changes[-1][1])
        self.assertEqual(len(self.heard(self.robot)), MAX_UNACKED + 5)
        self.assertTrue(self.robot.peer.ready)

    def test_who_waits_for_the_store_as_well_goes_on_when_that_has_room(self) -> None:
        for number in range(MAX_UNACKED):
            self.robot.say(str(number), tag=str(number))
            self.store.has_no_room = number == MAX_UNACKED - 2
        self.assertFalse(self.robot.peer.ready)
        self.store.stored(self.store.changes[-1][1])
        self.assertFalse(self.robot.peer.ready)
        self.roomy()
        self.assertTrue(self.robot.peer.ready)

    def test_people_who_get_none_do_not_wait(self) -> None:
        for number in range(MAX_UNACKED + 5):
            self.ann.say(str(number))
        self.assertTrue(self.ann.peer.ready)
        self.assertEqual(len(self.node._acks), 0)

    def test_resends_over_ever_new_connections_do_not_pile_up(self) -> None:
        # The token takes the session over each time; what was due to the one before goes with it.
        for _ in range(10):
            for _ in range(MAX_UNACKED):
                self.robot.say("hi", tag="1")
            self.assertLessEqual(len(self.node._acks), 3 * MAX_UNACKED)
            self.robot = self.door(self.json).login("robot", self.robot.peer.token)
        self.robot.say("hi", tag="1")
        self.turn()
        self.robot.take()
        message = next(change[1] for change in self.store.changes if change[0] == "append")
        self.store.stored(message)
        self.assert_took(self.robot, f"acked {message} [1]")
        self.assertEqual((len(self.node._acks), self.node._acks._gone), (0, 0))
