"""A link over connections of memory, for tests."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.client.serving import FakeServer
from twisted_chat.client import events as ev
from twisted_chat.client.link.link import Identity, Link
from twisted_chat.client.link.reconnect import LONGEST_WAIT


class LinkedTestCase(SynchronousTestCase):
    rooms: tuple[tuple[str, str | None], ...] = ()
    reconnect = True
    identity = Identity(nick="bob", password="pw")

    def setUp(self) -> None:
        self.clock = Clock()
        self.server = FakeServer()
        self.events: list[ev.Event] = []
        self.link = Link(
            self.clock,
            self.server,
            self.identity,
            self.events.append,
            rooms=self.rooms,
            reconnect=self.reconnect,
            new_secret=lambda: "s",
            random=lambda: 0.0,
        )

    def tearDown(self) -> None:
        _ = self.link.stopService()
        self.clock.advance(0)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def comes_in(self, **fields: Any) -> None:
        self.link.startService()
        self.server.welcomes(**fields)
        self.forgets()

    def forgets(self) -> None:
        """Look no longer at what came and went so far."""
        self.server.took()
        self.events.clear()

    def loses(self) -> None:
        self.server.drops()

    def comes_back(self, **fields: Any) -> None:
        self.clock.advance(LONGEST_WAIT)
        self.server.welcomes(**fields)

    def kinds(self) -> list[str]:
        return [type(each).__name__ for each in self.events]

    def texts(self) -> list[str]:
        return [each.text for each in self.events if isinstance(each, ev.Message)]

    def last(self, kind: type[ev.Event]) -> Any:
        return [each for each in self.events if isinstance(each, kind)][-1]

    def sent(self, *fields: str) -> list[Any]:
        """Return these fields of what the client sent since the last time."""
        got = self.server.took()
        return [tuple(each.get(field) for field in fields) for each in got]
