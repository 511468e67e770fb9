"""The classic chatroom benchmark: N users say M messages each, and each waits until it has heard all the others."""

from __future__ import annotations

import msgspec
from twisted.internet.defer import Deferred

from bench.errors import BenchError
from bench.results import UsersResult
from bench.runs import Run
from bench.speak import LEAST_SIZE, LOBBY
from bench.team import split
from bench.wire import Finish, Go, UsersJob, UsersPart


class Users(msgspec.Struct, frozen=True, kw_only=True):
    """A load."""

    users: int = 10
    messages: int = 5
    size: int = 64

    def check(self) -> None:
        """Raise :class:`BenchError` if it makes no sense."""
        if self.users < 2:
            raise BenchError("at least 2 users are needed: each waits for what the others say")
        if self.size < LEAST_SIZE:
            raise BenchError(f"a message needs at least {LEAST_SIZE} bytes, to be recognised")

    def jobs(self, run: Run) -> list[UsersJob]:
        """Return a job for each client process."""
        parts = split(self.users, min(run.place.processes, self.users))
        return [
            UsersJob(
                target=run.server.target,
                run=run.id,
                room=LOBBY,
                clients=clients,
                first=sum(parts[:number]),
                timeout=run.place.timeout,
                messages=self.messages,
                size=self.size,
                total=self.users,
            )
            for number, clients in enumerate(parts)
        ]


async def measure(run: Run, load: Users) -> UsersResult:
    """Run the benchmark. Raises :class:`BenchError` if nobody could log in."""
    load.check()
    try:
        await run.open(load.users)
        run.team.start(load.jobs(run), run.place.processors.clients)
        await run.log_in(load.users, all_of_them=False)
        return await _measure(run, load)
    finally:
        await run.close()


async def _measure(run: Run, load: Users) -> UsersResult:
    total = load.users * (load.users - 1) * load.messages
    run.begin(f"{load.users:,} users × {load.messages:,} messages", total, "delivered")
    run.team.order(Go())
    run.team.order(Finish([], run.place.timeout))
    parts = Deferred.fromCoroutine(run.team.expect(UsersPart))
    if await run.until(parts) is not parts:
        # The same report, without waiting for more.
        parts = Deferred.fromCoroutine(run.team.expect(UsersPart))
        run.team.order(Finish([], 0.0))
    rows = [row for part in await parts for row in part.rows]
    failed = [row for row in rows if row.error]
    error = run.trouble
    if failed:
        count = f"{len(failed):,} of {load.users:,} users did not hear everything"
        error = f"{error}; {count}" if error else count
    return UsersResult(
        server=run.server.name,
        error=error,
        stopped=run.stop.happened,
        users=load.users,
        messages=load.messages,
        rows=rows,
    )
