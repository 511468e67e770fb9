"""Sessions that come, do nothing, and go: how fast they come, and what each costs the server in memory."""

from __future__ import annotations

import msgspec
from twisted.internet.task import deferLater

from bench.errors import BenchError
from bench.results import SessionsResult
from bench.runs import Run
from bench.speak import LOBBY
from bench.stats import Latencies
from bench.team import split
from bench.wire import Leave, Ready, SessionsJob, SessionsPart


class Sessions(msgspec.Struct, frozen=True, kw_only=True):
    """A load: so many sessions, ``at_once`` of which log in at a time; then they are idle for so many seconds."""

    sessions: int = 10_000
    at_once: int = 200
    seconds: float = 10.0

    def check(self) -> None:
        """Raise :class:`BenchError` if it makes no sense."""
        if self.sessions < 1 or self.at_once < 1:
            raise BenchError("at least one session is needed, and one login at a time")

    def jobs(self, run: Run) -> list[SessionsJob]:
        """Return a job for each client process."""
        parts = split(self.sessions, min(run.place.processes, self.sessions))
        return [
            SessionsJob(
                target=run.server.target,
                run=run.id,
                room=LOBBY,
                clients=clients,
                first=sum(parts[:number]),
                at_once=-(-self.at_once // len(parts)),
                timeout=run.place.timeout,
            )
            for number, clients in enumerate(parts)
        ]


async def measure(run: Run, load: Sessions) -> SessionsResult:
    """Run it. Raises :class:`BenchError` if nobody could log in."""
    load.check()
    try:
        await run.open(load.sessions)
        return await _measure(run, load)
    finally:
        await run.close()


async def _measure(run: Run, load: Sessions) -> SessionsResult:
    before = run.usage()
    run.team.start(load.jobs(run), run.place.processors.clients)
    ready = await run.log_in(load.sessions, all_of_them=False)
    came = run.usage()
    began = run.reactor.seconds()
    run.begin(f"{sum(each.ready for each in ready):,} sessions are idle", load.seconds, "seconds")
    if not run.stop.happened:
        await run.until(deferLater(run.reactor, load.seconds))
    idle = run.reactor.seconds() - began
    after = run.usage()
    run.begin("logging out", load.sessions, "left")
    run.team.order(Leave())
    parts = await run.team.expect(SessionsPart)
    left = run.usage()
    logins = Latencies()
    for each in ready:
        logins.merge(each.logins)
    return SessionsResult(
        server=run.server.name,
        error=_error(run, ready, parts),
        stopped=run.stop.happened,
        asked=load.sessions,
        ready=sum(each.ready for each in ready),
        failed=sum(each.failed for each in ready),
        seconds=max(each.seconds for each in ready),
        logins=logins.counts(),
        left=sum(part.left for part in parts),
        leave_seconds=max(part.seconds for part in parts),
        closed=sum(part.closed for part in parts),
        cpu=came.cpu - before.cpu if before and came else None,
        idle_cpu=(after.cpu - came.cpu) / idle if after and came and idle else None,
        rss_before=before.rss if before else None,
        rss_after=after.rss if after else None,
        rss_left=left.rss if left else None,
    )


def _error(run: Run, ready: list[Ready], parts: list[SessionsPart]) -> str:
    """Say what went wrong; empty if all came, stayed, and went."""
    if run.trouble:
        return run.trouble
    wrong: list[str] = []
    failed = sum(each.failed for each in ready)
    if failed and not run.stop.happened:
        why = next(each.why for each in ready if each.why)
        wrong.append(f"{failed:,} logins failed, the first because {why}")
    closed = sum(part.closed for part in parts)
    if closed:
        why = next((part.why for part in parts if part.why), "")
        wrong.append(f"{run.server.name} closed {closed:,} sessions{why}")
    stayed = sum(each.ready for each in ready) - closed - sum(part.left for part in parts)
    if stayed:
        wrong.append(f"{stayed:,} sessions were not closed")
    return "; ".join(wrong)
