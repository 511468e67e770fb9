"""Results to show, draw and compare."""

from __future__ import annotations

from bench.results import (
    ClientResult,
    Comparison,
    CrashResult,
    FanoutResult,
    LoginsResult,
    Searched,
    SessionsResult,
    StoreResult,
    TimingResult,
    UsersResult,
)
from bench.wire import UserRow


def fanout(
    server: str = "ours", mode: str = "busy", cost: float = 1.0, error: str = ""
) -> FanoutResult:
    """Return a sound result of 1,000 deliveries at ``cost`` µs each, or one with an error."""
    return FanoutResult(
        server=server,
        error=error,
        mode=mode,
        members=11,
        speakers=4,
        idle=0,
        size=64,
        window=256,
        rate=200.0,
        seconds=2.0,
        sent=100,
        expected=1000,
        delivered=1000,
        duplicates=0,
        misordered=0,
        cpu=cost * 1e-3,
        rss=3 * 1024**2,
        clients_busy=0.5,
        latencies={10: 990, 20: 9, 40: 1},
    )


def comparison() -> Comparison:
    """Return two rounds in which ours is as dear as, then half as dear as, threads; one run failed."""
    return Comparison(
        server="ours",
        baseline="ours",
        rounds=[
            [fanout("ours", cost=2), fanout("threads", cost=2), fanout("ngircd", error="it fell")],
            [fanout("ours", cost=3), fanout("threads", cost=6), fanout("ngircd", cost=1)],
        ],
        missing={"inspircd": "inspircd is not installed"},
    )


def users() -> UsersResult:
    """Return a result in which one of three users failed."""
    return UsersResult(
        server="ours",
        error="1 of 3 users did not hear everything",
        users=3,
        messages=5,
        rows=[
            UserRow("a", 0.001, 0.010, 10, ""),
            UserRow("b", 0.001, 0.030, 10, ""),
            UserRow("c", None, None, 0, "nobody listens"),
        ],
    )


def sessions() -> SessionsResult:
    """Return a result of a thousand sessions of 8 KiB each."""
    return SessionsResult(
        server="ours",
        asked=1000,
        ready=1000,
        failed=0,
        seconds=0.5,
        logins={10: 1000},
        left=1000,
        leave_seconds=0.1,
        closed=0,
        cpu=0.25,
        idle_cpu=0.0,
        rss_before=1024**2,
        rss_after=1024**2 + 1000 * 8192,
        rss_left=1024**2,
    )


def store() -> StoreResult:
    """Return a result of a thousand messages in half a second."""
    return StoreResult(
        server="sqlite",
        asked=1000,
        stored=1000,
        seconds=0.5,
        cpu=0.01,
        commits=3,
        slowest=0.02,
        indexed=2.0,
        bytes=200_000,
        memory={"before": 1024**2, "at the end": 2 * 1024**2},
        start=0.01,
        stop=0.01,
        joins=[0.001, 0.003],
        joins_again=[0.00001, 0.00002],
        history=0.2,
        history_lines=500,
        longest_chunk=0.004,
        held_up=0.005,
        searches=[Searched("a word", 50, True, 0.006, 0.007, 0.008)],
        read=1000,
    )


def logins() -> LoginsResult:
    """Return a result of three logins."""
    return LoginsResult(
        server="ours", asked=3, done=3, seconds=0.1, before=[0.001, 0.002], during=[0.001, 0.012]
    )


def client() -> ClientResult:
    """Return a result of three keys, twice."""
    return ClientResult(
        server="client",
        lines=50_000,
        members=2_000,
        rate=200,
        start=0.7,
        filled=5.0,
        grown=2**25,
        quiet=[0.003, 0.004, 0.009],
        busy=[0.005, 0.006, 0.04],
        share=0.24,
        rss=2**27,
    )


def timing(longer: float = 0.0) -> TimingResult:
    """Return a result of a hundred tries of each kind; ``longer``: by how much unknown names took longer, in seconds."""
    wrong = [0.03 + number / 1e6 for number in range(100)]
    unknown = [each + longer for each in reversed(wrong)]
    result = TimingResult(
        server="ours", asked=100, tries={"wrong password": wrong, "unknown name": unknown}
    )
    result.error = result.told_apart
    return result


def crash(*violations: str) -> CrashResult:
    """Return a result of three kills."""
    return CrashResult(
        server="ours",
        error=f"{len(violations)} promises were broken" if violations else "",
        asked=3,
        seed=1,
        clients=8,
        kills=3,
        seconds=9.0,
        starts=[0.5, 0.75, 0.5, 0.5],
        said=1000,
        shown=3000,
        ids=1100,
        acks=990,
        resent=60,
        again=50,
        lost=10,
        history=995,
        violations=list(violations),
    )
