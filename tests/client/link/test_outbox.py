"""What waits for its acknowledgement: each once, in order, and not without end."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.link.outbox import MAX_SEEN, Item, Outgoing, QueueFull, Settling


def item(tag: str, *, again: bool = True) -> Item:
    return Item(tag, tag.encode(), f"/{tag}", again)


class OutgoingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.outgoing = Outgoing()

    def add(self, *tags: str, again: bool = True) -> None:
        for tag in tags:
            self.outgoing.add(item(tag, again=again))

    def test_what_is_typed_is_sent_once_in_order_and_waits_for_its_acknowledgement(self) -> None:
        self.add("a", "b")
        self.assertEqual(self.outgoing.send(1), [b"a", b"b"])
        self.add("c")
        self.assertEqual(self.outgoing.send(1), [b"c"])
        self.add("a")
        self.outgoing.send(1)
        self.outgoing.passed(9)
        self.assertIn("a", self.outgoing)

    def test_acknowledgements_come_once_and_what_waits_is_sent_again_in_order(self) -> None:
        self.add("a")
        self.assertTrue(self.outgoing.answered("a"))
        self.assertFalse(self.outgoing.answered("a"))
        self.assertEqual(len(self.outgoing), 0)
        self.add("a", "b", "c")
        self.outgoing.send(1)
        self.outgoing.answered("b")
        self.assertEqual(self.outgoing.lost(), [])
        self.add("d")
        self.assertEqual(self.outgoing.send(1), [b"a", b"c", b"d"])

    def test_a_command_typed_without_a_connection_is_kept_and_not_sent_twice(self) -> None:
        self.add("a", again=False)
        self.assertEqual(self.outgoing.lost(), [])
        self.assertEqual(self.outgoing.send(1), [b"a"])
        self.outgoing.send(1)
        self.assertEqual([undone.tag for undone in self.outgoing.lost()], ["a"])
        self.assertEqual(self.outgoing.send(1), [])

    def test_a_command_without_an_answer_is_done_when_a_later_ping_is_answered(self) -> None:
        self.add("a", again=False)
        self.outgoing.send(3)
        self.outgoing.passed(2)
        self.assertIn("a", self.outgoing)
        self.outgoing.passed(3)
        self.assertNotIn("a", self.outgoing)

    def test_a_late_acknowledgement_of_a_command_counts_once(self) -> None:
        self.add("a", again=False)
        self.outgoing.send(1)
        self.outgoing.passed(1)
        self.assertTrue(self.outgoing.answered("a"))
        self.assertFalse(self.outgoing.answered("a"))

    def test_late_acknowledgements_are_not_expected_for_ever(self) -> None:
        for number in range(MAX_SEEN + 1):
            self.add(f"t{number}", again=False)
            self.outgoing.send(1)
            self.outgoing.passed(1)
        self.assertFalse(self.outgoing.answered("t0"))
        self.assertTrue(self.outgoing.answered("t1"))

    def test_a_full_queue_refuses_the_next_and_bytes_count_too(self) -> None:
        self.outgoing = Outgoing(max_waiting=2)
        self.add("a", "b")
        with self.assertRaises(QueueFull):
            self.add("c")
        self.assertEqual(self.outgoing.send(1), [b"a", b"b"])
        self.outgoing = Outgoing(max_bytes=3)
        self.add("ab")
        with self.assertRaises(QueueFull):
            self.add("cd")
        self.outgoing.answered("ab")
        self.add("cd")


class SettlingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.settling = Settling()
        self.waiting = self.settling.wait()

    def test_it_is_settled_when_the_barrier_is_answered_and_nothing_is_outstanding(self) -> None:
        self.assertTrue(self.settling)
        self.settling.asked(7)
        self.settling.answered(6)
        self.settling.look(outstanding=False)
        self.assertNoResult(self.waiting)
        self.settling.answered(7)
        self.settling.look(outstanding=True)
        self.assertNoResult(self.waiting)
        self.settling.look(outstanding=False)
        self.successResultOf(self.waiting)
        self.assertFalse(self.settling)

    def test_a_later_answer_does_not_undo_the_barriers(self) -> None:
        self.settling.asked(7)
        self.settling.answered(7)
        self.settling.answered(8)
        self.settling.look(outstanding=False)
        self.successResultOf(self.waiting)

    def test_with_the_connection_the_barrier_is_lost(self) -> None:
        self.settling.asked(7)
        self.settling.answered(7)
        self.settling.lost()
        self.settling.look(outstanding=False)
        self.assertNoResult(self.waiting)
        self.settling.fail("gone")
        self.failureResultOf(self.waiting, ConnectionError)
