"""Waiting until the server has seen and answered everything."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.link.flush import Settling


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
