"""Acknowledgements: once it is stored, in order, also for who leaves."""

from __future__ import annotations

from tests.nodes import DEV, NodeCase
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.values.ids import MessageId


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
        self.node.stored(MessageId(6))
        self.assert_took(self.ann, "acked 5 [1]", "acked 6 [2]")
        self.node.stored(MessageId(7))
        self.assert_took(self.ann, "acked 7")

    def test_people_get_no_acknowledgement(self) -> None:
        self.bob.say("hi", tag="1")
        self.assert_took(self.bob)
        self.assertEqual(len(self.node._acks), 0)

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
        self.ann.asks(c.Quit())
        self.assert_took(self.ann)
        self.assertFalse(self.ann.peer.ready)
        self.node.stored(MessageId(5))
        self.assert_took(self.ann, "acked 5 [1]", "farewell")

    def test_who_leaves_waits_for_all_of_them(self) -> None:
        self.hold_back()
        self.ann.say("hi", tag="1").say("ho", tag="2")
        self.node.visits.leave(self.ann.peer, "disconnected")
        self.node.stored(MessageId(5))
        self.assert_took(self.ann, "acked 5 [1]")
        self.node.stored(MessageId(6))
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
        self.assert_took(self.ann, "refused not-in-room [1]", "acked 5 [1]")

    def test_private_message_sent_again_is_acknowledged_though_it_is_never_stored(self) -> None:
        for _ in range(2):
            self.ann.tell("bob", "psst", tag="1")
        self.assert_took(self.ann, "acked 5 [1]", "acked 5 [1]")
        self.assert_took(self.bob, "*ann* to bob: psst")

    def test_acknowledgement_for_who_is_gone_goes_to_nobody(self) -> None:
        self.hold_back()
        self.ann.say("hi", tag="1")
        self.node.visits.close(self.ann.peer, "connection lost")
        self.bob.say("ho")
        self.node.stored(MessageId(7))
        self.assert_took(self.ann)
        self.assertEqual(len(self.node._acks), 0)

    def test_those_for_who_is_gone_do_not_hold_up_the_others(self) -> None:
        self.hold_back()
        (zoe,) = self.enter("zoe", dialect=self.json)
        self.forget(self.ann, zoe)
        self.ann.say("hi", tag="1")
        for number in "123":
            zoe.say("ho", tag=number)
        self.node.visits.close(self.ann.peer, "connection lost")
        self.assertEqual(len(self.node._acks), 4)
        self.node.stored(MessageId(100))
        self.turn()
        self.assertEqual(len([line for line in zoe.take() if line.startswith("acked")]), 3)
        self.assertNotIn("acked", "".join(self.ann.take()))
        self.assertEqual((len(self.node._acks), self.node._acks._gone), (0, 0))

    def test_stored_may_be_told_twice_and_late(self) -> None:
        self.node.stored(MessageId(100))
        self.node.stored(MessageId(3))
        self.hold_back()
        self.ann.say("hi", tag="1")
        self.assert_took(self.ann, "acked 5 [1]")
