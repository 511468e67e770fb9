"""Many logins with a password at once: how long those who talk have to wait for each other meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall, deferLater

from bench import servers
from bench.results import LoginsResult
from bench.runs import Place, Step
from bench.visitor import Visitor, come
from bench.waiting import Event, first
from bench.wire import Target

#: Somebody says a line so often, in seconds: often enough to meet every hold-up of a few milliseconds.
_EVERY: Final = 0.01
_PASSWORD: Final = "correct-horse"  # noqa: S105  of accounts that are gone with the run


class Logins(msgspec.Struct, frozen=True, kw_only=True):
    """A load: so many accounts log in at once, after so many ``seconds`` in which people only talk."""

    logins: int = 200
    seconds: float = 5.0


async def measure(
    reactor: Any, place: Place, load: Logins, stop: Event[bool], show: Callable[[Step], None]
) -> LoginsResult:
    """Run it. Raises :class:`BenchError` if the server does not start, or closes a connection."""
    server = await servers.start(
        reactor, "ours", load.logins, place.processors.server, place.options
    )
    visit = _Visit(reactor, server.target, load, show)
    try:
        done = Deferred.fromCoroutine(visit.run())
        limit: Deferred[None] = deferLater(reactor, place.timeout + load.seconds + load.logins)
        which = await first(done, stop.wait(), server.ended.wait(), limit)
        visit.result.stopped = which == 1
        visit.result.error = ("", "", "the server ended", "it took too long")[which]
        return visit.result
    finally:
        visit.close()
        await server.stop()


class _Visit:
    """One run: two people who talk, and those who log in."""

    def __init__(
        self, reactor: Any, target: Target, load: Logins, show: Callable[[Step], None]
    ) -> None:
        self._reactor = reactor
        self._target = target
        self._load = load
        self._show = show
        self._all: list[Visitor] = []
        self._sent: dict[str, float] = {}
        self._delays: list[float] = []
        self._saying = LoopingCall(self._say)
        self._saying.clock = reactor
        self.result = LoginsResult(server="ours", asked=load.logins)

    async def _come(self, heard: Callable[[str], None] = lambda line: None) -> Visitor:
        visitor = await come(self._reactor, self._target, heard)
        self._all.append(visitor)
        return visitor

    async def _enter(self, line: str, heard: Callable[[str], None] = lambda line: None) -> Visitor:
        visitor = await self._come(heard)
        here = visitor.told("/help lists the rest")
        visitor.types(line)
        await here
        return visitor

    async def run(self) -> None:
        for number in range(self._load.logins):
            self._show(Step("registering", number, self._load.logins, 0))
            visitor = await self._enter(f"account{number}_")
            done = visitor.told("is registered")
            visitor.types(f"/register {_PASSWORD}")
            await done
            visitor.leave()
        await self._enter("hearer", self._hear)
        self._speaker = await self._enter("speaker")
        visitors = [await self._come() for _ in range(self._load.logins)]
        self._show(Step("talking", 0, 1, 0))
        _ = self._saying.start(_EVERY)
        await deferLater(self._reactor, self._load.seconds)
        self.result.before, self._delays = sorted(self._delays), []
        self._show(Step("logging in", 0, 1, 0))
        began = self._reactor.seconds()
        welcomes = [visitor.told("-- Welcome, account") for visitor in visitors]
        for number, visitor in enumerate(visitors):
            visitor.types(f"account{number}_ {_PASSWORD}")
        for each in welcomes:
            await each
        self.result.seconds = self._reactor.seconds() - began
        self.result.during, self._delays = sorted(self._delays), []
        self.result.done = len(welcomes)

    def _say(self) -> None:
        text = f"line {len(self._sent)}."
        self._sent[text] = self._reactor.seconds()
        self._speaker.types(text)

    def _hear(self, line: str) -> None:
        said = self._sent.get(line.removeprefix("<speaker> ").rstrip("\r"))
        if said is not None:
            self._delays.append(self._reactor.seconds() - said)

    def close(self) -> None:
        """End what was begun."""
        if self._saying.running:
            self._saying.stop()
        for visitor in self._all:
            visitor.leave()
