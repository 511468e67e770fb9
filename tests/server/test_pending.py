"""Answers that take a while."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from tests.nodes import NodeCase
from twisted_chat.core.api import replies as r
from twisted_chat.server.pending import PATIENCE
from twisted_chat.store.port import StoreError


class AnswersTests(NodeCase):
    def setUp(self) -> None:
        super().setUp()
        self.ann, self.bob = self.enter("ann", "bob")
        self.answers = self.node._presence._pending
        self.answer: Deferred[str] = Deferred()

    def ask(self) -> None:
        async def work() -> r.Reply:
            return r.Confirmed(await self.answer)

        self.answers.start(self.ann.peer.id, "7", work(), "a test")

    def test_who_asked_waits_and_nobody_else_does(self) -> None:
        self.ask()
        self.ann.say("later")
        self.bob.say("now")
        self.assert_took(self.ann, "#lobby <bob> now")
        self.assert_took(self.bob)
        self.answer.callback("done")
        self.assert_took(self.ann, "done: done [7]")
        self.assert_took(self.bob, "#lobby <ann> later")

    def test_who_is_gone_is_told_nothing(self) -> None:
        self.ask()
        self.ann.lost()
        self.answer.callback("done")
        self.assert_took(self.ann)

    def test_exception_is_a_fault_and_the_session_goes_on(self) -> None:
        self.ask()
        self.answer.errback(ZeroDivisionError("broken"))
        self.fault_logged(ZeroDivisionError)
        self.turn()
        self.fault_shown(self.ann.take())
        self.assertTrue(self.ann.peer.ready)

    def test_what_the_store_says_is_told(self) -> None:
        self.ask()
        self.answer.errback(StoreError("the disk is full"))
        self.assert_took(self.ann, "refused store-unavailable [7]")
        self.assertTrue(self.ann.peer.ready)

    def test_store_that_is_stuck_is_not_waited_for_for_ever(self) -> None:
        never: Deferred[str] = Deferred()

        async def wait() -> str:
            return await never

        async def work() -> r.Reply:
            return r.Confirmed(await self.answers.in_time(wait()))

        self.answers.start(self.ann.peer.id, None, work(), "a test")
        self.clock.advance(PATIENCE)
        self.assert_took(self.ann, "refused store-unavailable")
        self.assertTrue(self.ann.peer.ready)
