"""What the tests of the assembled server share."""

from __future__ import annotations

import gc
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.auth.fakes import NowRunner
from tests.doors.house import Guest, House
from tests.making import log_of
from twisted_chat.app import service
from twisted_chat.app.service import ChatService
from twisted_chat.app.settings import Settings


class Reactor(MemoryReactorClock):
    """A reactor in memory, whose ports can fail to open or be slow to close."""

    fails: Exception | None = None
    closing: Deferred[None] | None = None

    def listenTCP(self, *arguments: Any, **options: Any) -> Any:
        if self.fails is not None:
            raise self.fails
        port = super().listenTCP(*arguments, **options)
        closing = self.closing
        port.stopListening = lambda: closing
        return port

    def callFromThread(self, f: Callable[[], None]) -> None:
        self.callLater(0, f)


class Served(House):
    """A house whose server is the assembled service."""

    def __init__(self, served: ChatService, reactor: Reactor) -> None:
        self.clock = reactor
        self.node = served.node
        self.factory = served.doors.lines
        self.guests: list[Guest] = []


class FakeWatchdog:
    """Watches nothing, and notes what it is told."""

    told: list[str] = []

    def __init__(self, reactor: object) -> None: ...

    def start(self) -> None:
        self.told.append("start")

    def started(self) -> None:
        self.told.append("started")

    def stopping(self) -> None:
        self.told.append("stopping")

    def stop(self) -> None:
        self.told.append("stop")


class ServiceTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = Reactor()
        self.services: list[ChatService] = []
        self.houses: list[Served] = []
        self.handlers: dict[int, Callable[[int, object], None]] = {}
        self.patch(signal, "signal", self.handlers.__setitem__)
        self.patch(sys, "excepthook", sys.excepthook)
        self.limits: list[object] = []
        self.patch(resource, "getrlimit", lambda which: (10, 20))
        self.patch(resource, "setrlimit", lambda which, limits: self.limits.append(limits))
        # Those of the process that runs the tests stay as they are.
        self.collector: list[object] = []
        self.patch(gc, "freeze", lambda: self.collector.append("freeze"))
        self.patch(gc, "set_threshold", self.collector.append)
        self.patch(service, "RealRunner", NowRunner)
        self.patch(service, "Watchdog", FakeWatchdog)
        self.watched = FakeWatchdog.told
        self.watched.clear()
        self.logged = log_of(self)

    def tearDown(self) -> None:
        for served in [each for each in self.services if each.running]:
            for house in [each for each in self.houses if each.node is served.node]:
                house.empties()
            self.stops(served)
        self.assertEqual(self.reactor.getDelayedCalls(), [])

    def log(self) -> str:
        return "\n".join(filter(None, map(formatEvent, self.logged)))

    def made(self, **settings: Any) -> ChatService:
        """Make a server. It keeps nothing, unless the settings say otherwise."""
        served = ChatService(Settings(**{"database": ":memory:", **settings}), self.reactor)
        self.services.append(served)
        return served

    def house(self, served: ChatService) -> Served:
        self.houses.append(Served(served, self.reactor))
        return self.houses[-1]

    def starts(self, **settings: Any) -> ChatService:
        served = self.made(**settings)
        served.startService()
        return served

    def stops(self, served: ChatService) -> None:
        self.services.remove(served)
        stopped = served.stopService()
        self.reactor.advance(0)
        self.successResultOf(stopped)
