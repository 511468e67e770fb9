"""The client processes of a run, as the bench sees them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IProcessTransport
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from bench import wire
from bench.errors import BenchError
from bench.processes import spawn
from bench.waiting import Event, first

_Kind = TypeVar("_Kind", bound=msgspec.Struct)

# A client process ends when its standard input does; how long that may take, in seconds.
_END: Final = 5.0
# What is kept of a client process's error output, in bytes.
_ERRORS: Final = 4096


class Helper(ProcessProtocol):
    """One client process."""

    def __init__(self, team: Team) -> None:
        self._team = team
        self._buffer = b""
        self._errors = b""
        self._reports: list[msgspec.Struct] = []
        self._waiting: Deferred[Any] | None = None
        self._wanted: type[msgspec.Struct] | None = None
        self._failed: BenchError | None = None
        self._process: IProcessTransport | None = None
        self.ended: Event[bool] = Event()
        self.progress = wire.Progress(0, 0, 0, 0)
        self.gone = False

    def run(self, reactor: Any, processors: Sequence[int]) -> None:
        """Start the process."""
        command = [sys.executable, "-m", "bench.worker"]
        files = {0: "w", 1: "r", 2: "r"}
        self._process = spawn(reactor, self, command, processors=processors, files=files)

    def order(self, order: wire.Order) -> None:
        """Tell it what to do."""
        if self._process is not None and not self.ended.happened:
            self._process.writeToChild(0, wire.encode(order))

    def expect(self, kind: type[_Kind]) -> Deferred[_Kind]:
        """Return its next report of a kind; others are passed over. Fails if there will be none."""
        waiting: Deferred[_Kind] = Deferred(self._forget)
        self._waiting, self._wanted = waiting, kind
        self._serve()
        return waiting

    def _forget(self, waiting: Deferred[Any]) -> None:
        self._waiting = None

    def _serve(self) -> None:
        while self._waiting is not None and self._reports:
            report = self._reports.pop(0)
            if self._wanted is not None and isinstance(report, self._wanted):
                waiting, self._waiting = self._waiting, None
                waiting.callback(report)
        if self._waiting is not None and self._failed is not None:
            waiting, self._waiting = self._waiting, None
            waiting.errback(Failure(self._failed))

    def outReceived(self, data: bytes) -> None:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._take(wire.report(line))

    def _take(self, report: wire.Report) -> None:
        match report:
            case wire.Progress():
                self.progress = report
                self._team.tell_progress()
            case wire.Gone(why=why):
                self.gone = True
                self._team.look_if_gone(why)
            case wire.Failed(why=why):
                self._fail(why)
            case _:
                self._reports.append(report)
                self._serve()

    def _fail(self, why: str) -> None:
        self._failed = self._failed or BenchError(why)
        self._serve()

    def errReceived(self, data: bytes) -> None:
        self._errors = (self._errors + data)[-_ERRORS:]

    def processEnded(self, reason: Failure) -> None:
        said = self._errors.decode("utf-8", "replace").strip().rpartition("\n")[2]
        self._fail(f"a client process ended unexpectedly{f': {said}' if said else ''}")
        self.ended.happen(True)

    async def close(self, reactor: Any) -> None:
        """End the process."""
        if self._process is None or self.ended.happened:
            return
        self._process.closeChildFD(0)
        await first(self.ended.wait(), deferLater(reactor, _END))
        if not self.ended.happened:
            self._process.signalProcess("KILL")
            await self.ended.wait()


class Team:
    """The client processes of a run. ``gone`` happens when the server has ended the connections of all of them."""

    def __init__(self, reactor: Any, on_progress: Callable[[wire.Progress], None]) -> None:
        self._reactor = reactor
        self._on_progress = on_progress
        self._helpers: list[Helper] = []
        self.gone: Event[str] = Event()

    def start(self, jobs: Sequence[wire.Order], processors: Sequence[int]) -> None:
        """Start a process for each job; without clients to be, none."""
        for job in jobs:
            helper = Helper(self)
            self._helpers.append(helper)
            helper.run(self._reactor, processors)
            helper.order(job)

    def order(self, order: wire.Order) -> None:
        """Tell all of them what to do."""
        for helper in self._helpers:
            helper.order(order)

    async def expect(self, kind: type[_Kind]) -> list[_Kind]:
        """Return the next report of a kind from each. Raises :class:`BenchError` if one cannot give it."""
        waiting = [helper.expect(kind) for helper in self._helpers]
        try:
            return [await each for each in waiting]
        finally:
            for each in waiting:
                _ = each.addErrback(lambda failure: None)
                each.cancel()

    def tell_progress(self) -> None:
        """Add up how far all are."""
        all_of_them = [helper.progress for helper in self._helpers]
        self._on_progress(
            wire.Progress(
                sum(each.ready for each in all_of_them),
                sum(each.sent for each in all_of_them),
                sum(each.delivered for each in all_of_them),
                sum(each.left for each in all_of_them),
            )
        )

    def look_if_gone(self, why: str) -> None:
        """One has no connections left."""
        if all(helper.gone for helper in self._helpers):
            self.gone.happen(why)

    async def close(self) -> None:
        """End all processes."""
        for helper in self._helpers:
            await helper.close(self._reactor)


def split(count: int, parts: int) -> list[int]:
    """Split a number of clients as evenly as can be."""
    return [count // parts + (index < count % parts) for index in range(parts)]
