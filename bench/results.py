"""What a run found: plain data, as it is written with ``--json``."""

from __future__ import annotations

import math
from typing import Final

import msgspec

from bench.stats import Latencies, Spread, differ, median_interval
from bench.wire import UserRow


class Result(msgspec.Struct, kw_only=True):
    """What all runs have: the server, and in ``error`` what went wrong, empty if nothing did.

    ``stopped``: the user ended it early; what is there was measured until then.
    """

    server: str
    error: str = ""
    stopped: bool = False


class UsersResult(Result, kw_only=True, tag="users"):
    """The classic benchmark."""

    users: int
    messages: int
    rows: list[UserRow]


class FanoutResult(Result, kw_only=True, tag="fanout"):
    """Messages to a room. ``cpu`` (seconds) and ``rss`` (bytes, the most there was) are the server's; None if nobody knows.

    ``clients_busy`` is the share of a processor the busiest client process used.
    """

    mode: str
    members: int
    speakers: int
    idle: int
    size: int
    window: int
    rate: float
    seconds: float
    sent: int
    expected: int
    delivered: int
    duplicates: int
    misordered: int
    cpu: float | None
    rss: int | None
    clients_busy: float
    latencies: dict[int, int]

    @property
    def per_second(self) -> float:
        """Deliveries a second."""
        return self.delivered / self.seconds if self.seconds else math.nan

    @property
    def cost(self) -> float | None:
        """The server's processor time per delivery, in µs."""
        if self.cpu is None or not self.delivered:
            return None
        return self.cpu / self.delivered * 1e6

    @property
    def lost(self) -> int:
        """Deliveries that did not come."""
        return self.expected - self.delivered

    def percentile(self, percent: float) -> float:
        """Return a latency, in seconds."""
        return self.distribution().percentile(percent) / 1e6

    def distribution(self) -> Latencies:
        """Return the latencies."""
        latencies = Latencies()
        latencies.merge(self.latencies)
        return latencies


class SessionsResult(Result, kw_only=True, tag="sessions"):
    """Sessions that come, do nothing, and go. Memory is the server's resident bytes; cpu its seconds for the logins.

    ``idle_cpu`` is the share of a processor it used while nobody did anything.
    """

    asked: int
    ready: int
    failed: int
    seconds: float
    logins: dict[int, int]
    left: int
    leave_seconds: float
    closed: int
    cpu: float | None
    idle_cpu: float | None
    rss_before: int | None
    rss_after: int | None
    rss_left: int | None

    @property
    def rate(self) -> float:
        """Logins a second."""
        return self.ready / self.seconds if self.seconds else math.nan

    @property
    def per_session(self) -> float | None:
        """Resident bytes per session."""
        if self.rss_before is None or self.rss_after is None or not self.ready:
            return None
        return (self.rss_after - self.rss_before) / self.ready

    def login_percentile(self, percent: float) -> float:
        """Return how long a login took, in seconds."""
        latencies = Latencies()
        latencies.merge(self.logins)
        return latencies.percentile(percent) / 1e6


class Comparison(Result, kw_only=True, tag="compare"):
    """The same load on several servers, in rounds; ``missing`` says which could not take part, and why.

    Each round has one result for each server and mode, in the order in which they ran.
    """

    baseline: str
    rounds: list[list[FanoutResult]]
    missing: dict[str, str]

    def column(self, server: str, mode: str) -> list[FanoutResult | None]:
        """Return the results of one server, a round each; None where it has none that is sound."""
        return [
            next(
                (
                    result
                    for result in each
                    if (result.server, result.mode) == (server, mode) and not result.error
                ),
                None,
            )
            for each in self.rounds
        ]


class Searched(msgspec.Struct, frozen=True):
    """A search, several times: how many it found, whether it looked at everything, times in seconds.

    ``held_up``: the most that the reactor was held up meanwhile.
    """

    name: str
    found: int
    whole: bool
    median: float
    longest: float
    held_up: float


class StoreResult(Result, kw_only=True, tag="store"):
    """The store alone. Times are seconds; None or nothing if it did not come to that.

    ``seconds``: until all was ``stored``; ``indexed``: until all of that could be searched; ``cpu``: the processor time of the
    whole process for the first. ``start``: the start with all of it there; ``joins``: the end of each room's history for
    the first time after that, ``joins_again`` for the second. ``history``: the last ``history_lines`` of one room in chunks;
    ``held_up``: the most that the reactor was held up meanwhile. ``memory``: resident bytes, and when. ``read``: how many
    messages were read again, all as they were said.
    """

    asked: int = 0
    stored: int = 0
    seconds: float | None = None
    cpu: float | None = None
    commits: int = 0
    slowest: float = 0.0
    indexed: float | None = None
    bytes: int | None = None
    memory: dict[str, int] = {}
    start: float | None = None
    stop: float | None = None
    joins: list[float] = []
    joins_again: list[float] = []
    history: float | None = None
    history_lines: int = 0
    longest_chunk: float = 0.0
    held_up: float = 0.0
    searches: list[Searched] = []
    read: int = 0

    @property
    def rate(self) -> float | None:
        """Messages stored a second."""
        return self.stored / self.seconds if self.seconds else None

    @property
    def index_rate(self) -> float | None:
        """Messages indexed a second."""
        return self.stored / self.indexed if self.indexed else None


class CrashResult(Result, kw_only=True, tag="crash"):
    """A server that was killed again and again. ``starts``: how long it took to start each time, in seconds.

    ``said`` lines, ``resent`` of them more than once; ``acks``, ``again`` of them for what was stored before the server was
    killed; ``lost``: lines that were shown, lost, and said again under another id; ``shown``: how often somebody was shown
    something, under ``ids`` different ids; ``history``: the messages that were there at the end.
    """

    asked: int
    seed: int
    clients: int
    kills: int = 0
    seconds: float = 0.0
    starts: list[float] = []
    said: int = 0
    shown: int = 0
    ids: int = 0
    acks: int = 0
    resent: int = 0
    again: int = 0
    lost: int = 0
    history: int = 0
    violations: list[str] = []


class LoginsResult(Result, kw_only=True, tag="logins"):
    """Logins with a password, all at once, of accounts of their own.

    ``before`` and ``during`` are how long lines of others took to be shown, in seconds, the shortest first.
    """

    asked: int
    done: int = 0
    seconds: float = 0.0
    before: list[float] = []
    during: list[float] = []

    @property
    def added(self) -> float:
        """By how much the slowest line was slower while people logged in, in seconds."""
        return max(self.during, default=math.nan) - max(self.before, default=math.nan)


#: The chance that one comparison of times finds a difference where there is none: one run in 500 does, of four.
_DOUBT: Final = 0.0005


class TimingResult(Result, kw_only=True, tag="timing"):
    """Wrong tries to log in. ``tries``: by the kind of try, how long each answer took, in seconds, in the order of the rounds.

    A round has one of each kind; the first kind is what the others are compared with.
    """

    asked: int
    tries: dict[str, list[float]]

    def difference(self, kind: str) -> Spread:
        """Return by how much a kind took longer than the first kind: the median of the rounds, and where the true one lies."""
        return median_interval(
            [one - other for one, other in zip(self.tries[kind], self._first, strict=True)], _DOUBT
        )

    def is_told(self, kind: str) -> bool:
        """Return whether the times of a kind and of the first kind differ by more than chance explains."""
        found = self.difference(kind)
        return found.low > 0 or found.high < 0 or differ(self.tries[kind], self._first, _DOUBT)

    @property
    def told_apart(self) -> str:
        """Which kinds the time tells apart; empty if it tells none."""
        first, *others = self.tries
        told = [f"{kind} from {first}" for kind in others if self.is_told(kind)]
        return f"the time distinguishes {' and '.join(told)}" if told else ""

    @property
    def _first(self) -> list[float]:
        return next(iter(self.tries.values()))


#: What a run of the bench can find.
class ClientResult(Result, kw_only=True, tag="client"):
    """The client on a full screen. Times are in seconds; None or nothing if it did not come to that.

    ``start``: until it was in, and knew who is there; ``filled``: until the last of ``lines`` was drawn, and ``grown`` by
    how many bytes of memory. ``quiet`` and ``busy``: how long each key took until it was drawn, without and with ``rate`` lines
    a second, the shortest first; ``share`` of a processor that it used then; ``rss`` in bytes, at the end.
    """

    lines: int
    members: int
    rate: int
    start: float | None = None
    filled: float | None = None
    grown: int | None = None
    quiet: list[float] = []
    busy: list[float] = []
    share: float | None = None
    rss: int | None = None


Outcome = (
    LoginsResult
    | ClientResult
    | TimingResult
    | UsersResult
    | FanoutResult
    | SessionsResult
    | StoreResult
    | CrashResult
    | Comparison
)


class Ratio(msgspec.Struct, frozen=True):
    """What the baseline needs of what another server needs, from the same rounds."""

    server: str
    mode: str
    cost: Spread | None
    p99: Spread | None
