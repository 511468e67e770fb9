"""Tests of what is told of missed lines: behind everybody's back, whatever the store and the session do."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from tests.nodes import FakeDoor, NodeCase
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.names import LOBBY, parse_nick
from twisted_chat.server.pending import PATIENCE
from twisted_chat.store.memory import MemoryStore
from twisted_chat.store.port import Skip, StoreError


class HeldStore(MemoryStore):
    """Says what waits, and counts, when the test says so."""

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]
        self.held: list[Deferred[None]] = []
        self.holds = False
        self.searched = 0

    async def _turn(self) -> None:
        if self.holds:
            turn: Deferred[None] = Deferred()
            self.held.append(turn)
            await turn

    async def waiting(self, account: str) -> tuple[e.Envelope, ...]:
        await self._turn()
        return await super().waiting(account)

    async def count(
        self, room: e.RoomRef, *, after: MessageId, before: MessageId, skip: Skip, limit: int
    ) -> int:
        await self._turn()
        return await super().count(room, after=after, before=before, skip=skip, limit=limit)

    def go(self) -> None:
        """Answer the oldest question."""
        self.held.pop(0).callback(None)

    def refuse(self) -> None:
        self.held.pop(0).errback(StoreError("the disk is gone"))


class ReturnsTests(NodeCase):
    def make_store(self) -> MemoryStore:
        self.held = HeldStore(self.clock)
        return self.held

    def setUp(self) -> None:
        super().setUp()
        (self.ann,) = self.enter("ann")
        for name in ("bob", "_"):
            (door,) = self.enter(name)
            door.asks(c.Register("correct horse"))
            door.lost()
        self.turn()
        self.held.holds = True

    def back(self, name: str = "bob") -> FakeDoor:
        door = self.door()
        door.asks(c.Login(parse_nick(name), "correct horse"))
        self.turn()
        return door

    def told(self, door: FakeDoor) -> list[str]:
        """Return what was told of what was missed since the last call."""
        self.turn()
        marks = ("waiting", "missed", "*ann*", "notice missed")
        return [line for line in door.take() if any(mark in line for mark in marks)]

    def test_login_waits_for_nothing(self) -> None:
        self.ann.tell("bob", "psst").say("hello")
        self.forget(self.ann)
        bob = self.back()
        bob.say("I am here")
        self.turn()
        self.assertIn("#lobby <bob> I am here", self.ann.take())
        self.assertEqual(self.told(bob), [])
        self.held.go()
        self.assertEqual(self.told(bob), ["waitingstart", "found *ann* to bob: psst", "waitingend"])
        self.held.go()
        self.assertEqual(self.told(bob), ["missed"])

    def test_store_that_cannot_be_read_is_told_and_asked_again_at_the_next_return(self) -> None:
        self.ann.tell("bob", "psst")
        bob = self.back()
        self.held.refuse()
        self.assertEqual(self.told(bob), ["notice missed-unavailable"])
        bob.lost()
        bob = self.back()
        self.held.go()
        self.assertEqual(len(self.told(bob)), 3)
        self.held.go()

    def test_store_that_does_not_answer_is_not_waited_for_for_ever(self) -> None:
        self.ann.tell("bob", "psst")
        bob = self.back()
        self.clock.advance(PATIENCE)
        self.assertEqual(self.told(bob), ["notice missed-unavailable"])

    def test_who_is_gone_before_it_was_read_gets_it_the_next_time(self) -> None:
        self.ann.tell("bob", "psst")
        bob = self.back()
        bob.lost()
        self.held.go()
        self.assertEqual(self.told(bob), [])
        bob = self.back()
        self.held.go()
        self.assertEqual(len(self.told(bob)), 3)
        self.held.go()

    def test_store_that_fails_when_nobody_is_there_any_more_is_told_to_nobody(self) -> None:
        self.ann.tell("bob", "psst")
        bob = self.back()
        bob.lost()
        self.held.refuse()
        self.assertEqual(self.told(bob), [])

    def test_only_one_of_two_sessions_is_told(self) -> None:
        self.ann.tell("bob", "psst")
        one, two = self.back(), self.back()
        self.assertEqual(len(self.held.held), 1)
        self.held.go()
        self.assertEqual((len(self.told(one)), self.told(two)), (3, []))
        self.held.go()
        self.assertEqual(self.node.hub.state.conversations.waiting("bob"), 0)

    def test_second_is_told_when_the_first_is_gone_before_it_took_it(self) -> None:
        self.ann.tell("bob", "psst")
        one, two = self.back(), self.back()
        one.takes_one = True
        one.peer.outbox.pause()
        self.held.go()
        self.held.go()
        self.assertEqual(self.told(one), [])
        one.lost()
        self.assertEqual(self.told(two), [])
        three = self.back()
        self.held.go()
        self.assertEqual(len(self.told(three)), 4)

    def test_who_has_another_account_by_now_is_told_what_waits_for_that_one(self) -> None:
        self.ann.tell("bob", "psst").tell("_", "for another")
        bob = self.back()
        bob.asks(c.DropAccount("correct horse"))
        bob.asks(c.Login(parse_nick("_"), "correct horse"))
        self.held.go()
        self.assertEqual(self.told(bob), [])
        self.assertEqual(self.node.hub.state.conversations.waiting("_"), 1)
        self.held.go()
        self.assertIn("found *ann* to _: for another", self.told(bob))
        self.assertEqual(self.node.hub.state.conversations.waiting("_"), 0)

    def test_account_that_is_deleted_while_it_is_told_has_received_nothing(self) -> None:
        self.ann.tell("bob", "psst")
        one, two = self.back(), self.back()
        published: list[e.Proposal] = []
        one.peer.outbox.pause()
        self.held.go()
        two.asks(c.DropAccount("correct horse"))
        self.turn()
        self.patch(self.bus, "publish", published.append)
        one.peer.outbox.resume()
        self.assertIn("found *ann* to bob: psst", self.told(one))
        self.assertEqual(published, [])

    def test_account_of_somebody_else_by_now_is_not_told_to_who_had_it(self) -> None:
        self.ann.tell("bob", "psst")
        before = self.back()
        before.asks(c.DropAccount("correct horse"))
        before.asks(c.Rename(parse_nick("robert")))
        (after,) = self.enter("bob")
        after.asks(c.Register("battery staple"))
        after.lost()
        self.ann.tell("bob", "for the new one")
        while self.held.held:
            self.held.go()
        self.assertEqual(self.told(before), [])
        self.assertEqual(self.node.hub.state.conversations.waiting("bob"), 1)

    def test_who_was_put_out_while_it_was_counted_is_not_told(self) -> None:
        self.held.holds = False
        bob = self.back()
        self.ann.join("dev")
        bob.join("dev")
        bob.lost()
        self.ann.say("secret")
        self.held.holds = True
        bob = self.back()
        bob.join("dev")
        self.ann.asks(c.Kick(parse_nick("bob")))
        self.forget(bob)
        while self.held.held:
            self.held.go()
        self.assertEqual(self.told(bob), [])

    def test_store_counts_for_few_at_once(self) -> None:
        (carl,) = self.enter("carl")
        carl.asks(c.Register("correct horse"))
        carl.lost()
        self.ann.say("hello")
        doors = [self.back(name) for name in ("bob", "_", "carl")]
        self.assertEqual(len(self.held.held), 2)
        doors[2].lost()
        while self.held.held:
            self.held.go()
        self.assertEqual([self.told(door) for door in doors], [["missed"], ["missed"], []])

    def test_who_is_gone_before_their_turn_is_not_asked_for(self) -> None:
        (carl,) = self.enter("carl")
        carl.asks(c.Register("correct horse"))
        carl.lost()
        for name in ("bob", "_", "carl"):
            self.ann.tell(name, "psst")
        doors = [self.back(name) for name in ("bob", "_", "carl")]
        self.assertEqual(len(self.held.held), 2)
        for door in doors:
            door.lost()
        self.held.go()
        self.held.go()
        self.assertEqual(self.held.held, [])

    def test_private_messages_wait_for_no_counts_of_others(self) -> None:
        (carl,) = self.enter("carl")
        carl.asks(c.Register("correct horse"))
        carl.lost()
        self.ann.say("hello").tell("carl", "psst")
        self.back("bob")
        self.back("_")
        self.assertEqual(len(self.held.held), 2)
        carl = self.back("carl")
        self.held.held.pop().callback(None)
        self.assertEqual(
            self.told(carl), ["waitingstart", "found *ann* to carl: psst", "waitingend"]
        )
        while self.held.held:
            self.held.go()

    def test_name_without_a_word_is_never_mentioned(self) -> None:
        self.ann.say("_ _ _")
        self.held.holds = False
        bob = self.back("_")
        self.assertEqual(self.told(bob), ["missed"])

    def test_end_of_the_server_ends_the_asking(self) -> None:
        self.ann.tell("bob", "psst")
        bob = self.back()
        self.node.stop("the test is over")
        self.assertEqual(self.told(bob), [])

    def test_what_was_read_is_kept_now_and_then_and_at_the_end(self) -> None:
        self.held.holds = False
        marked: list[tuple[str, int, int]] = []
        self.patch(self.held, "mark", lambda *args: marked.append(args))
        bob = self.back()
        self.assertEqual([each[:2] for each in marked], [])
        self.node.housekeep()
        self.ann.say("hello")
        self.node.housekeep()
        (_, _, one), (_, _, two) = marked
        self.assertEqual(two, self.node.hub.latest)
        self.assertLess(one, two)
        bob.asks(c.MarkRead(MessageId(1), LOBBY))
        marked.clear()
        self.node.housekeep()
        self.assertEqual(marked, [])
        # Guests have no markers.
        bob.lost()
        self.assertEqual(marked, [])
