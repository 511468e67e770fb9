"""When the store has no room: who speaks waits, and nothing is lost."""

from __future__ import annotations

from typing import Any

import msgspec

from tests.nodes import DEV, FakeDoor, HeldBus, NodeCase, TellingStore
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api.records import Sent
from twisted_chat.core.values.names import parse_nick
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.text import CleanText


class Case(NodeCase):
    store: TellingStore

    def make_store(self) -> TellingStore:
        return TellingStore(self.clock)

    def setUp(self) -> None:
        super().setUp()
        self.ann, self.bob = self.enter("ann", "bob")

    def roomy(self) -> None:
        self.store.has_no_room = False
        self.node.on_drained()

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

    def test_room_that_is_told_of_when_there_is_none_frees_nobody_until_stopped(self) -> None:
        self.store.has_no_room = True
        self.ann.say("one").say("two")
        self.node.on_drained()
        self.assertFalse(self.ann.peer.ready)
        self.node.stop("the server is stopping")
        self.roomy()
        self.assertEqual((self.ann.ended, self.node._commits.held), (1, 0))
        self.assertEqual(self.bob.take()[0], "#lobby <ann> one")

    def test_session_that_is_lost_while_it_waits_is_forgotten(self) -> None:
        self.store.has_no_room = True
        self.ann.say("one").say("two")
        self.ann.lost()
        self.roomy()
        self.assert_took(self.bob, "#lobby <ann> one", "departed ann (connection lost)")
        self.assertEqual(self.node._commits.held, 0)

    def test_who_quits_behind_what_waits_is_heard_first(self) -> None:
        self.store.has_no_room = True
        self.ann.say("one").say("two").asks(c.Quit())
        self.assert_took(self.bob, "#lobby <ann> one")
        self.assertEqual(self.ann.ended, 0)
        self.roomy()
        self.assert_took(self.bob, "#lobby <ann> two", "departed ann (quit)")


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
        self.node.on_drained()
        self.assertTrue(self.ann.peer.ready)

    def test_session_that_is_gone_meanwhile_is_not_waited_for(self) -> None:
        append = self.store.append

        def lose(envelope: e.Envelope, sent: Sent | None = None) -> None:
            append(envelope, sent)
            self.ann.lost()

        self.patch(self.store, "append", lose)
        self.held.release_all()
        self.assertEqual(self.node._commits.held, 0)


class OutageTests(NodeCase):
    def setUp(self) -> None:
        super().setUp()
        self.error: str | None = None
        health = self.store.health
        self.patch(
            self.store, "health", lambda: msgspec.structs.replace(health(), error=self.error)
        )
        self.ann, self.bob = self.enter("ann", "bob")
        self.unnamed = self.door()
        self.turn()

    def tick(self) -> None:
        self.node.tick()
        self.turn()

    def told(self, *doors: FakeDoor) -> list[list[str]]:
        codes = ("notice not-stored", "notice stored-again")
        return [[line for line in door.take() if line in codes] for door in doors]

    def test_everybody_is_told_once_of_a_failing_store_and_of_its_end(
        self,
    ) -> None:
        self.error = "the disk is full"
        self.tick()
        self.assertEqual(self.told(self.ann, self.bob), [[], []])
        self.tick()
        self.tick()
        everybody = self.ann, self.bob, self.unnamed
        self.assertEqual(self.told(*everybody), [["notice not-stored"]] * 2 + [[]])
        self.error = None
        self.tick()
        self.tick()
        self.tick()
        self.assertEqual(self.told(*everybody), [["notice stored-again"]] * 2 + [[]])

    def test_one_failure_is_no_news(self) -> None:
        for self.error in ("busy", None, "busy", None, None):
            self.tick()
        self.assertEqual(self.told(self.ann), [[]])

    def test_newcomers_are_told_as_long_as_it_lasts(self) -> None:
        self.error = "the disk is full"
        self.tick()
        self.tick()
        carol = self.door().login("carol")
        self.turn()
        self.assertEqual(self.told(carol), [["notice not-stored"]])
        self.error = None
        self.tick()
        self.tick()
        dan = self.door().login("dan")
        self.turn()
        self.assertEqual(self.told(dan), [[]])
