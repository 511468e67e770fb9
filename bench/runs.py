"""What every run needs: the server, the clients, the user's Ctrl-C, and a way to show how far it is."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import msgspec
from twisted.internet.defer import Deferred

from bench import limits, servers
from bench.errors import BenchError
from bench.processes import Processors, Usage
from bench.servers import Server
from bench.team import Team
from bench.waiting import Event, first
from bench.wire import Progress, Ready, Stop, Target


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where to run: a server to start by its kind (with options), or the address of one that runs already.

    ``processes`` is how many client processes there are; ``pid`` that of a running server, to measure it.
    """

    kind: str = "ours"
    options: tuple[str, ...] = ()
    target: Target | None = None
    pid: int | None = None
    processes: int = 1
    processors: Processors = Processors()
    timeout: float = 30.0


class Step(msgspec.Struct, frozen=True):
    """How far a run is: what it does, how much of it is done (``total`` 0: nobody knows), what came so far."""

    phase: str
    done: float
    total: float
    delivered: int


class Run:
    """One run at one place. ``stop`` happens when the user has had enough."""

    def __init__(
        self,
        reactor: Any,
        place: Place,
        stop: Event[bool],
        show: Callable[[Step], None],
    ) -> None:
        self.reactor = reactor
        self.place = place
        self.stop = stop
        #: Three hexadecimal digits that tell this run's clients and messages from others'.
        self.id = secrets.token_hex(2)[:3]
        #: The most resident memory that was seen, in bytes.
        self.most_memory = 0
        self._usage: Usage | None = None
        self._show = show
        self._phase, self._total, self._what, self._began = "", 0.0, "", 0.0
        self._server: Server | None = None
        self.team = Team(reactor, self._progress)

    def usage(self) -> Usage | None:
        """Return what the server used until now; if it is gone, until shortly before that. None if nobody knows."""
        if self._server is not None:
            self._usage = self._server.usage() or self._usage
        if self._usage is not None:
            self.most_memory = max(self.most_memory, self._usage.rss)
        return self._usage

    def _progress(self, progress: Progress) -> None:
        self.usage()
        elapsed = self.reactor.seconds() - self._began
        done = elapsed if self._what == "seconds" else getattr(progress, self._what, 0.0)
        self._show(Step(self._phase, min(done, self._total), self._total, progress.delivered))

    def begin(self, phase: str, total: float = 0.0, what: str = "") -> None:
        """Say what is being done now: ``total`` is how much, in ``seconds`` or in what a field of Progress counts."""
        self._phase, self._total, self._what = phase, total, what
        self._began = self.reactor.seconds()
        self._progress(Progress(0, 0, 0, 0))

    @property
    def server(self) -> Server:
        """The server, once :meth:`open` is through."""
        assert self._server is not None, "open() first"
        return self._server

    async def open(self, clients: int) -> None:
        """Start the server, or look that there is one. Raises :class:`BenchError`."""
        place = self.place
        limits.require(clients)
        self.begin("starting the server")
        if place.target is not None:
            self._server = servers.Elsewhere(place.target, place.pid)
        else:
            self._server = await servers.start(
                self.reactor, place.kind, clients, place.processors.server, place.options
            )

    async def log_in(self, clients: int, *, all_of_them: bool) -> list[Ready]:
        """Wait for the logins of so many. Raises :class:`BenchError` if none, or not ``all_of_them``, succeeds."""
        self.begin("logging in", clients, "ready")
        ready = Deferred.fromCoroutine(self.team.expect(Ready))
        if await self.until(ready) is not ready:
            self.team.order(Stop())
            ready = Deferred.fromCoroutine(self.team.expect(Ready))
        reports: list[Ready] = await ready
        why = next((report.why for report in reports if report.why), "")
        if self.server.ended.happened:
            raise BenchError(f"during the logins {self.server.ended.value}")
        if self.stop.happened and all_of_them:
            raise BenchError("stopped during the logins: nothing was measured")
        if why and (all_of_them or not any(report.ready for report in reports)):
            failed = sum(report.failed for report in reports)
            more = f" ({failed:,} logins failed)" if failed > 1 else ""
            raise BenchError(f"{why}{more}")
        return reports

    async def until(self, *things: Deferred[Any]) -> Deferred[Any] | None:
        """Wait for the first of these; None if the user stops the run, or the server is gone, before."""
        server = self.server
        waiting = [*things, self.stop.wait(), server.ended.wait(), self.team.gone.wait()]
        index = await first(*waiting)
        return things[index] if index < len(things) else None

    @property
    def trouble(self) -> str:
        """What became of the server, if it is gone."""
        if self.server.ended.happened:
            return f"{self.server.ended.value}"
        if self.team.gone.happened:
            return f"{self.server.name} closed all connections{self.team.gone.value}"
        return ""

    async def close(self) -> None:
        """End what was started."""
        await self.team.close()
        if self._server is not None:
            await self._server.stop()
