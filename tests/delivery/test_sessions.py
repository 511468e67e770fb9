"""Sessions: when the next line may be handed in, and acknowledgements, in order once stored."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.delivery.fakes import FakeDialect, FakeSink
from tests.nodes import DEV, FakeDoor, NodeCase, TellingStore
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.values.ids import MessageId, SessionId
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.delivery.outbox import Backlog, Outbox
from twisted_chat.delivery.sessions import MAX_UNACKED, Door, Session


class Mute(FakeSink):
    """A door that does nothing."""

    def resumed(self) -> None:
        raise NotImplementedError

    def logged_in(self, *, resumed: bool) -> None:
        raise NotImplementedError

    def ask_password(self, name: RoomName | Nick, *, wrong: bool) -> bool:
        raise NotImplementedError

    private = True

    def end(self) -> None:
        raise NotImplementedError


_check: type[Door] = Mute


class PeerTests(SynchronousTestCase):
    def setUp(self) -> None:
        door, dialect = Mute(), FakeDialect()
        outbox = Outbox(door, dialect.here, dialect.elsewhere, 1, Backlog(1))
        self.peer = Session(SessionId(7), door, dialect.open(), outbox)

    def test_new_session_is_ready(self) -> None:
        self.assertTrue(self.peer.ready)
        self.assertEqual((self.peer.id, self.peer.claims), (7, False))

    def test_each_answer_it_waits_for_holds_it_up(self) -> None:
        self.peer.waits = 2
        self.assertFalse(self.peer.ready)
        self.peer.waits -= 1
        self.assertFalse(self.peer.ready)
        self.peer.waits -= 1
        self.assertTrue(self.peer.ready)

    def test_while_only_the_store_is_waited_for_it_is_placed_and_not_ready(self) -> None:
        self.peer.waits, self.peer.claims = 2, True
        self.assertFalse(self.peer.placed)
        self.peer.waits, self.peer.claims = 1, False
        self.assertEqual((self.peer.placed, self.peer.ready), (True, False))

    def test_closing_session_is_never_ready(self) -> None:
        self.peer.closing = True
        self.assertFalse(self.peer.ready)
        self.assertFalse(self.peer.placed)


class UnacknowledgedTests(NodeCase):
    """The store has room, and commits nothing."""

    store: TellingStore

    def make_store(self) -> TellingStore:
        return TellingStore(self.clock)

    def roomy(self) -> None:
        self.store.has_no_room = False
        self.node.on_drained()

    def heard(self, door: FakeDoor) -> list[str]:
        self.turn()
        return door.take()

    def setUp(self) -> None:
        super().setUp()
        self.ann, self.bob = self.enter("ann", "bob")
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
        self.assertEqual(self.sessions.unacked, MAX_UNACKED)
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
        self.assertEqual(self.sessions.unacked, 0)

    def test_resends_over_ever_new_connections_do_not_pile_up(self) -> None:
        # The token takes the session over each time; what was due to the one before goes with it.
        for _ in range(10):
            for _ in range(MAX_UNACKED):
                self.robot.say("hi", tag="1")
            self.assertLessEqual(self.sessions.unacked, 3 * MAX_UNACKED)
            self.robot = self.door(self.json).login("robot", self.robot.token)
        self.robot.say("hi", tag="1")
        self.turn()
        self.robot.take()
        message = next(change[1] for change in self.store.changes if change[0] == "append")
        self.store.stored(message)
        self.assert_took(self.robot, f"acked {message} [1]")
        self.assertEqual((self.sessions.unacked, self.sessions._gone), (0, 0))


class AckTests(NodeCase):
    def setUp(self) -> None:
        super().setUp()
        (self.ann,) = self.enter("ann", dialect=self.json)
        (self.bob,) = self.enter("bob")
        self.forget(self.ann)

    def hold_back(self) -> None:
        """Let the store tell nothing by itself from now on."""
        self.run_now(self.store.start(lambda message: None, lambda: None))

    def test_message_is_acknowledged_when_it_is_stored_and_not_before(self) -> None:
        self.hold_back()
        self.ann.say("one", tag="1").say("two", tag="2").say("three")
        self.assert_took(self.bob, *[f"#lobby <ann> {text}" for text in ("one", "two", "three")])
        self.assert_took(self.ann)
        self.node.on_committed(MessageId(6))
        self.assert_took(self.ann, "acked 5 [1]", "acked 6 [2]")
        self.node.on_committed(MessageId(7))
        self.assert_took(self.ann, "acked 7")

    def test_people_get_no_acknowledgement(self) -> None:
        self.bob.say("hi", tag="1")
        self.assert_took(self.bob)
        self.assertEqual(self.sessions.unacked, 0)

    def test_message_that_the_store_did_not_take_is_not_acknowledged(self) -> None:
        def append(envelope: e.Envelope, sent: object = None) -> None:
            raise OSError("no space left")

        self.patch(self.store, "append", append)
        self.ann.say("lost", tag="1")
        self.turn()
        lines = self.ann.take()
        self.assertEqual(len(lines), 1)
        self.assertIn("internal", lines[0])
        self.fault_logged(OSError)
        self.node.on_committed(MessageId(100))
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
        self.node.on_committed(MessageId(5))
        self.assert_took(self.ann, "acked 5 [1]", "acked 5 [1]")

    def test_who_quits_gets_the_acknowledgements_first(self) -> None:
        self.hold_back()
        self.ann.say("hi", tag="1")
        self.ann.asks(c.Quit())
        self.assert_took(self.ann)
        self.assertFalse(self.ann.peer.ready)
        self.node.on_committed(MessageId(5))
        self.assert_took(self.ann, "acked 5 [1]", "farewell")

    def test_who_leaves_waits_for_all_of_them(self) -> None:
        self.hold_back()
        self.ann.say("hi", tag="1").say("ho", tag="2")
        self.sessions.leave(self.ann.peer, "disconnected")
        self.node.on_committed(MessageId(5))
        self.assert_took(self.ann, "acked 5 [1]")
        self.node.on_committed(MessageId(6))
        self.assert_took(self.ann, "acked 6 [2]", "farewell")
        self.assert_took(
            self.bob, "#lobby <ann> hi", "#lobby <ann> ho", "departed ann (disconnected)"
        )

    def test_same_id_for_something_else_is_an_error(self) -> None:
        self.ann.say("hi", tag="1").say("ho", tag="1")
        self.assert_took(self.ann, "refused id-reused [1]", "acked 5 [1]")
        self.assert_took(self.bob, "#lobby <ann> hi")

    def test_refused_message_uses_up_no_id(self) -> None:
        self.ann.say("hi", DEV, tag="1")
        self.ann.say("hi", tag="1")
        self.assert_took(self.ann, "refused no-such-room [1]", "acked 5 [1]")

    def test_private_message_sent_again_is_acknowledged_though_it_is_never_stored(self) -> None:
        for _ in range(2):
            self.ann.tell("bob", "psst", tag="1")
        self.assert_took(self.ann, "acked 5 [1]", "acked 5 [1]")
        self.assert_took(self.bob, "*ann* to bob: psst")

    def test_acknowledgement_for_who_is_gone_goes_to_nobody(self) -> None:
        self.hold_back()
        self.ann.say("hi", tag="1")
        self.sessions.close(self.ann.peer, "connection lost")
        self.bob.say("ho")
        self.node.on_committed(MessageId(7))
        self.assert_took(self.ann)
        self.assertEqual(self.sessions.unacked, 0)

    def test_those_for_who_is_gone_do_not_hold_up_the_others(self) -> None:
        self.hold_back()
        (zoe,) = self.enter("zoe", dialect=self.json)
        self.forget(self.ann, zoe)
        self.ann.say("hi", tag="1")
        for number in "123":
            zoe.say("ho", tag=number)
        self.sessions.close(self.ann.peer, "connection lost")
        self.assertEqual(self.sessions.unacked, 4)
        self.node.on_committed(MessageId(100))
        self.turn()
        self.assertEqual(len([line for line in zoe.take() if line.startswith("acked")]), 3)
        self.assertNotIn("acked", "".join(self.ann.take()))
        self.assertEqual((self.sessions.unacked, self.sessions._gone), (0, 0))

    def test_stored_may_be_told_twice_and_late(self) -> None:
        self.node.on_committed(MessageId(100))
        self.node.on_committed(MessageId(3))
        self.hold_back()
        self.ann.say("hi", tag="1")
        self.assert_took(self.ann, "acked 5 [1]")
