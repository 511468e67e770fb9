"""Messages to a room: how many a server delivers, what that costs it, and how long each takes."""

from __future__ import annotations

from typing import Final

import msgspec
from twisted.internet.task import deferLater

from bench.errors import BenchError
from bench.processes import Usage
from bench.results import FanoutResult
from bench.runs import Run
from bench.speak import LEAST_SIZE
from bench.stats import Latencies
from bench.team import split
from bench.wire import FanoutJob, FanoutPart, Finish, Go, Leave, Sent, Stop

#: The room that is spoken in; nobody else is there.
ROOM: Final = "bench"
# How long the last deliveries may keep one waiting without any of them, in seconds; and one who is in a hurry.
_PATIENCE: Final = 10.0
_HURRY: Final = 1.0


class Fanout(msgspec.Struct, frozen=True, kw_only=True):
    """A load. Busy: ``window`` messages in flight; sparse: ``rate`` messages a second; for so many ``seconds``.

    The first ``speakers`` of the ``members`` speak, by turns; ``idle`` clients more are in the lobby. Deliveries are timed
    at ``timed`` members: in the other ones they are counted and checked, which costs the client less.
    """

    members: int = 200
    mode: str = "busy"
    rate: float = 200.0
    window: int = 256
    speakers: int = 4
    size: int = 64
    seconds: float = 10.0
    idle: int = 0
    timed: int = 100

    def check(self) -> None:
        """Raise :class:`BenchError` if it makes no sense."""
        if self.members < 2:
            raise BenchError("a room needs at least 2 members: one to speak and one to hear")
        if self.size < LEAST_SIZE:
            raise BenchError(f"a message needs at least {LEAST_SIZE} bytes, to be recognised")

    def jobs(self, run: Run) -> list[FanoutJob]:
        """Return a job for each client process; all speakers are in the first one."""
        parts = split(self.members, min(run.place.processes, self.members // 2))
        idle = split(self.idle, len(parts))
        jobs: list[FanoutJob] = []
        first = 0
        for number, (clients, more) in enumerate(zip(parts, idle, strict=True)):
            jobs.append(
                FanoutJob(
                    target=run.server.target,
                    run=run.id,
                    room=ROOM,
                    clients=clients,
                    first=first,
                    timeout=run.place.timeout,
                    speakers=min(self.speakers, clients) if number == 0 else 0,
                    window=self.window,
                    rate=self.rate if self.mode == "sparse" else 0.0,
                    size=self.size,
                    timed=-(-self.timed // len(parts)),
                    idle=more,
                )
            )
            first += clients + more
        return jobs


async def measure(run: Run, load: Fanout) -> FanoutResult:
    """Put a load on a server and return what came of it. Raises :class:`BenchError` if nothing was measured."""
    load.check()
    try:
        await run.open(load.members + load.idle)
        run.team.start(load.jobs(run), run.place.processors.clients)
        await run.log_in(load.members + load.idle, all_of_them=True)
        return await _measure(run, load)
    finally:
        await run.close()


async def _measure(run: Run, load: Fanout) -> FanoutResult:
    before = run.usage()
    run.begin(f"{run.server.name}, {load.mode} room of {load.members:,}", load.seconds, "seconds")
    run.team.order(Go())
    await run.until(deferLater(run.reactor, load.seconds))
    run.team.order(Stop())
    sent = [number for report in await run.team.expect(Sent) for number in report.sent]
    run.begin("waiting for the last deliveries")
    patience = _HURRY if run.stop.happened else min(run.place.timeout, _PATIENCE)
    run.team.order(Finish(sent, patience))
    parts = await run.team.expect(FanoutPart)
    after = run.usage()
    run.team.order(Leave())
    return _result(run, load, parts, sum(sent), before, after)


def _result(
    run: Run,
    load: Fanout,
    parts: list[FanoutPart],
    sent: int,
    before: Usage | None,
    after: Usage | None,
) -> FanoutResult:
    latencies = Latencies()
    for part in parts:
        latencies.merge(part.latencies)
    result = FanoutResult(
        server=run.server.name,
        stopped=run.stop.happened,
        mode=load.mode,
        members=load.members,
        speakers=min(load.speakers, load.members),
        idle=load.idle,
        size=load.size,
        window=load.window,
        rate=load.rate,
        seconds=max(part.seconds for part in parts),
        sent=sent,
        expected=sum(part.expected for part in parts),
        delivered=sum(part.delivered for part in parts),
        duplicates=sum(part.duplicates for part in parts),
        misordered=sum(part.misordered for part in parts),
        cpu=after.cpu - before.cpu if before and after else None,
        rss=run.most_memory or None,
        clients_busy=max(part.busy for part in parts),
        latencies=latencies.counts(),
    )
    result.error = _error(run, result, parts)
    return result


def nothing(server: str, load: Fanout, error: str, *, stopped: bool) -> FanoutResult:
    """Return the result of a run that came to nothing."""
    return FanoutResult(
        server=server,
        error=error,
        stopped=stopped,
        mode=load.mode,
        members=load.members,
        speakers=load.speakers,
        idle=load.idle,
        size=load.size,
        window=load.window,
        rate=load.rate,
        seconds=0.0,
        sent=0,
        expected=0,
        delivered=0,
        duplicates=0,
        misordered=0,
        cpu=None,
        rss=None,
        clients_busy=0.0,
        latencies={},
    )


def _error(run: Run, result: FanoutResult, parts: list[FanoutPart]) -> str:
    """Say what went wrong; empty if every message was delivered to everybody, once and in order."""
    wrong: list[str] = []
    if run.trouble:
        wrong.append(run.trouble)
    else:
        closed = sum(part.closed for part in parts)
        if closed:
            why = next((part.why for part in parts if part.why), "")
            wrong.append(f"{result.server} closed {closed:,} connections{why}")
    if result.lost:
        wrong.append(f"{result.delivered:,} of {result.expected:,} deliveries arrived")
    if result.duplicates:
        wrong.append(f"{result.duplicates:,} arrived twice")
    if result.misordered:
        wrong.append(f"{result.misordered:,} arrived out of order")
    return "; ".join(wrong)
