from __future__ import annotations

from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW, lines
from twisted_chat.core.api.commands import Lines
from twisted_chat.core.api.events import Origin, Proposal, Said
from twisted_chat.core.bus import LocalBus
from twisted_chat.core.values.ids import MessageId, Node, SessionId


def proposal(text: str) -> Proposal:
    return Proposal(Said("say", lines(text)), Origin(Node("a"), SessionId(1)), NOW)


def said(proposed: Proposal) -> Lines:
    assert isinstance(proposed.event, Said)
    return proposed.event.lines


class LocalBusTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.ids = list(range(1, 100))
        self.applied: list[tuple[int, str]] = []
        self.meanwhile: dict[str, Callable[[], None]] = {}
        self.bus = LocalBus(self.take_id)
        self.bus.attach(self.apply)

    def take_id(self) -> MessageId | None:
        return MessageId(self.ids.pop(0)) if self.ids else None

    def apply(self, message: MessageId, proposed: Proposal) -> None:
        [text] = said(proposed)
        self.meanwhile.get(text, lambda: None)()
        self.applied.append((message, str(text)))

    def publish(self, *texts: str) -> None:
        for text in texts:
            self.bus.publish(proposal(text))

    def test_proposal_comes_back_before_publish_returns(self) -> None:
        self.publish("one")
        self.assertEqual(self.applied, [(1, "one")])

    def test_proposals_keep_their_order_and_ids_grow(self) -> None:
        self.publish("one", "two", "three")
        self.assertEqual(self.applied, [(1, "one"), (2, "two"), (3, "three")])

    def test_what_is_published_meanwhile_waits_until_the_other_is_applied(self) -> None:
        self.meanwhile["one"] = lambda: self.publish("two", "three")
        self.meanwhile["two"] = lambda: self.publish("four")
        self.publish("one")
        self.assertEqual(self.applied, [(1, "one"), (2, "two"), (3, "three"), (4, "four")])

    def test_chain_of_proposals_needs_no_stack(self) -> None:
        self.ids = list(range(1, 10_001))
        self.meanwhile["again"] = lambda: self.publish("again") if self.ids else None
        self.publish("again")
        self.assertEqual(len(self.applied), 10_000)

    def test_without_ids_proposals_wait_in_order(self) -> None:
        self.ids = [1]
        self.publish("one", "two", "three")
        self.assertEqual(self.applied, [(1, "one")])
        self.ids = [7, 8, 9]
        self.bus.drain()
        self.assertEqual(self.applied, [(1, "one"), (7, "two"), (8, "three")])
        self.publish("four")
        self.assertEqual(self.applied[-1], (9, "four"))

    def test_no_id_is_taken_for_nothing_and_somebody_must_listen(self) -> None:
        self.bus.drain()
        self.assertEqual(self.ids[0], 1)
        self.assertRaises(AssertionError, LocalBus(self.take_id).publish, proposal("one"))

    def test_ids_that_come_while_one_is_taken_are_used_once(self) -> None:
        # A store that answers at once calls drain() from within take_id().
        def take_id() -> MessageId | None:
            self.bus.drain()
            return self.take_id()

        self.bus = LocalBus(take_id)
        self.bus.attach(self.apply)
        self.publish("one", "two")
        self.assertEqual(self.applied, [(1, "one"), (2, "two")])

    def test_bug_in_one_proposal_does_not_stop_the_bus(self) -> None:
        def fail() -> None:
            self.publish("after")
            raise RuntimeError("a bug")

        self.meanwhile["bad"] = fail
        self.assertRaises(RuntimeError, self.publish, "bad")
        self.publish("next")
        self.assertEqual(self.applied, [(2, "after"), (3, "next")])
