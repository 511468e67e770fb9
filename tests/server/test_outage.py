"""Tests of twisted_chat.server.outage: nobody talks into a store that fails without being told."""

from __future__ import annotations

import msgspec

from tests.nodes import FakeDoor, NodeCase


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
