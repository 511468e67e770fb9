"""A server that is killed again and again under load: whether it keeps what it promised."""

from __future__ import annotations

import random
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from twisted.internet.defer import Deferred, DeferredList, gatherResults
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from bench import servers
from bench.ledger import Ledger
from bench.results import CrashResult
from bench.runs import Place, Step
from bench.servers import Started
from bench.talkers import Auditor, Talker, Typist
from bench.waiting import Event, first

_TALKERS: Final = ("ann", "ben", "cat", "dan", "eve", "fay")
_TYPISTS: Final = ("joe", "kim")
_ROOMS: Final = ("crash1", "crash2", "crash3", "crash4")
#: Lines that a talker has under way.
_WINDOW: Final = 20
# So often the server is killed while people come back, and not only when they are there.
_EARLY: Final = 1 / 3
_FAULT: Final = re.compile("^.*(?:Traceback|#critical|#error|Unhandled).*$", re.MULTILINE)


class Crash(msgspec.Struct, frozen=True, kw_only=True):
    """A load: so many kills, on average so many seconds after everybody is back; a ``seed`` repeats the moments."""

    kills: int = 30
    between: float = 2.0
    seed: int = 1


async def measure(
    reactor: Any, place: Place, load: Crash, stop: Event[bool], show: Callable[[Step], None]
) -> CrashResult:
    """Run it. Raises :class:`bench.errors.BenchError` if the server does not start. What is broken is in the result."""
    folder = Path(tempfile.mkdtemp(prefix="chat-crash-"))
    test = _Test(reactor, place, load, stop, show, folder)
    try:
        await test.run()
    finally:
        await test.close()
        if not test.result.violations:
            shutil.rmtree(folder, ignore_errors=True)
    return test.result


class _Test:
    """One run; :attr:`result` is what was found."""

    def __init__(
        self,
        reactor: Any,
        place: Place,
        load: Crash,
        stop: Event[bool],
        show: Callable[[Step], None],
        folder: Path,
    ) -> None:
        self._reactor = reactor
        self._place = place
        self._load = load
        self._stop = stop
        self._show = show
        self._folder = folder
        self._dice = random.Random(load.seed)  # noqa: S311  no secret
        self._ledger = Ledger()
        rooms = len(_ROOMS)
        self._talkers = [
            Talker(name, [_ROOMS[i % rooms], _ROOMS[(i + 1) % rooms]], self._ledger, _WINDOW)
            for i, name in enumerate(_TALKERS)
        ]
        self._typists = [
            Typist(reactor, name, _ROOMS[i], self._ledger) for i, name in enumerate(_TYPISTS)
        ]
        self._visitors: list[Talker | Typist] = [*self._talkers, *self._typists]
        self._server: Started | None = None
        self._visits: list[Deferred[None]] = []
        # A fault of the bench itself.
        self._failed: Event[Failure] = Event()
        self.result = CrashResult(
            server="ours", asked=load.kills, seed=load.seed, clients=len(self._visitors)
        )

    async def run(self) -> None:
        """Kill the server as often as asked, then look at all that is left."""
        result = self.result
        began = self._reactor.seconds()
        while await self._round(last=self._stop.happened or result.kills >= self._load.kills - 1):
            pass
        if not self._ledger.violations:
            await self._audit()
        result.stopped = self._stop.happened
        result.seconds = self._reactor.seconds() - began
        self._sum_up()

    async def _round(self, *, last: bool) -> bool:
        """Start the server, let everybody talk, kill it; return whether to go on."""
        first = not self.result.kills
        # In the first round the rooms are made, by those who see to it that they are as they should be.
        await self._start(self._talkers if first else self._visitors)
        if first:
            self._step("coming back")
            if not await self._all([each.back for each in self._talkers], "back"):
                return False
            self._visits += [self._begin(each) for each in self._typists]
        # And they must be there to stay before there is anything to lose.
        if last or first or self._dice.random() >= _EARLY:
            self._step("coming back")
            if not await self._all([each.back for each in self._visitors], "back"):
                return False
        self._step("talking")
        wait = self._dice.uniform(0, 2 * self._load.between)
        await self._first(deferLater(self._reactor, wait), self._stop.wait())
        if last and not self._ledger.violations:
            for each in self._visitors:
                each.stop()
            await self._all([each.finished for each in self._visitors], "done")
        await self._kill()
        return not last and not self._ledger.violations

    async def _audit(self) -> None:
        """Read the whole history of all rooms after the last restart."""
        auditor = Auditor("zoe", list(_ROOMS), self._ledger)
        await self._start([*self._visitors, auditor])
        self._step("reading all")
        if await self._all([each.back for each in (*self._visitors, auditor)], "back"):
            for room, history in auditor.history.items():
                self._ledger.audit(room, history)
                self.result.history += len(history)
        self._look_at_server()

    # --- the server, and those who visit it ---

    async def _start(self, visitors: Sequence[Talker | Typist]) -> None:
        self._step("starting the server")
        began = self._reactor.seconds()
        self._server = await servers.start(
            self._reactor,
            "ours",
            len(self._visitors) + 1,
            self._place.processors.server,
            ("--state-dir", str(self._folder), *self._place.options),
        )
        self.result.starts.append(self._reactor.seconds() - began)
        self._visits = [self._begin(each) for each in visitors]

    def _begin(self, visitor: Talker | Typist) -> Deferred[None]:
        assert self._server is not None
        visit = Deferred.fromCoroutine(visitor.visit(self._reactor, self._server.target))
        return visit.addErrback(self._failed.happen)

    async def _kill(self) -> None:
        assert self._server is not None
        self._look_at_server()
        server, self._server = self._server, None
        await server.kill()
        self.result.kills += 1
        await self._all_gone()
        self._ledger.killed()
        await server.stop()

    def _look_at_server(self) -> None:
        """Note it if the server ended by itself, or logged a fault."""
        assert self._server is not None
        fault = _FAULT.search(self._server.said)
        if fault is not None:
            self._ledger.violated(f"the server logged: {fault.group()[:300]}")
        ended = self._server.ended
        if ended.happened:
            self._ledger.violated(f"it ended by itself: {ended.value}")

    async def _all_gone(self) -> None:
        """Wait until everybody has read what the server sent before it was killed."""
        gone = DeferredList(self._visits)
        self._visits = []
        await first(gone, deferLater(self._reactor, self._place.timeout))

    async def _all(self, events: Sequence[Event[bool]], what: str) -> bool:
        """Wait until all of this happened; if it does not, a promise is broken."""
        everything = gatherResults([each.wait() for each in events], consumeErrors=True)
        late: Deferred[None] = deferLater(self._reactor, self._place.timeout)
        if await self._first(everything, late) == 0:
            return True
        self._look_at_server()
        if self._ledger.violations:
            return False
        names = [*(each.name for each in self._visitors), "the auditor"]
        missing = [name for name, event in zip(names, events, strict=False) if not event.happened]
        self._ledger.violated(
            f"after {self._place.timeout:g} s {', '.join(missing)} are still not {what}"
        )
        return False

    async def _first(self, *things: Deferred[Any]) -> int:
        """Wait for the first of these, or for something that must not happen."""
        assert self._server is not None
        bad = self._server.ended.wait(), self._ledger.broken.wait(), self._failed.wait()
        index = await first(*things, *bad)
        if self._failed.value is not None:
            self._failed.value.raiseException()
        return index

    async def close(self) -> None:
        """End what was started."""
        for each in self._visitors:
            each.stop()
            each.leave()
        if self._server is not None:
            await self._server.stop()
        await self._all_gone()

    # --- the result ---

    def _step(self, phase: str) -> None:
        done, ledger = self.result.kills, self._ledger
        self._show(Step(f"{done} kills: {phase}", done, self._load.kills, ledger.shown))

    def _sum_up(self) -> None:
        result, ledger = self.result, self._ledger
        result.said = sum(len(each.lines) for each in ledger.speakers.values())
        result.shown = ledger.shown
        result.acks = ledger.acks
        result.resent = sum(each.resent for each in self._talkers)
        result.again = ledger.again
        result.lost = ledger.lost
        result.ids = len(ledger.ids)
        result.violations = ledger.violations
        if ledger.violations:
            result.error = (
                f"{len(ledger.violations)} promises were broken, the first: {ledger.violations[0]}; "
                f"the server's state folder is kept: {self._folder}"
            )
