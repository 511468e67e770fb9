"""Results as tables, for people; bench.document has them for programs."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Final

from rich.box import SIMPLE
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from bench.compare import compared
from bench.results import (
    ClientResult,
    Comparison,
    CrashResult,
    FanoutResult,
    LoginsResult,
    Outcome,
    SessionsResult,
    StoreResult,
    TimingResult,
    UsersResult,
)
from bench.stats import Spread, percentile, spread

_NONE: Final = "–"
_WIDTH: Final = 110
# From this share of a processor on it was rather the client that was slow.
_BUSY: Final = 0.95


def seconds(value: float | None) -> str:
    """Return a time in the unit that fits."""
    if value is None or math.isnan(value):
        return _NONE
    if value < 0.001:
        return f"{value * 1e6:.0f} µs"
    return f"{value * 1e3:.3g} ms" if value < 1 else f"{value:.3g} s"


def size(value: float | None) -> str:
    """Return a size in KiB or MiB."""
    if value is None:
        return _NONE
    return f"{value / 1024:,.1f} KiB" if abs(value) < 1024**2 else f"{value / 1024**2:,.1f} MiB"


def micros(value: float | None) -> str:
    """Return µs of processor time."""
    return _NONE if value is None else f"{value:.3g} µs"


def number(value: float | None, digits: int = 0) -> str:
    """Return a number with its thousands apart."""
    return _NONE if value is None or math.isnan(value) else f"{value:,.{digits}f}"


def spans(value: Spread | None) -> str:
    """Return a ratio with the lowest and highest of the rounds."""
    if value is None:
        return _NONE
    if value.low == value.high:
        return f"{value.median:.2f}"
    return f"{value.median:.2f} ({value.low:.2f}–{value.high:.2f})"


def _titled(title: str, table: Table) -> RenderableType:
    return Group(Text(title, style="bold"), table)


def _pairs(rows: Sequence[tuple[str, str]]) -> Table:
    table = Table("", "", box=SIMPLE, show_header=False, padding=(0, 1))
    table.columns[1].justify = "right"
    for row in rows:
        table.add_row(*row)
    return table


def _grid(first: str, *others: str) -> Table:
    table = Table(box=SIMPLE, padding=0, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _users(result: UsersResult) -> RenderableType:
    table = _grid("user", "login", "time to hear all", "heard", "")
    for row in result.rows:
        table.add_row(
            row.nick, seconds(row.login), seconds(row.seconds), number(row.delivered), row.error
        )
    times = [row.seconds for row in result.rows if row.seconds is not None and not row.error]
    summary = _pairs(
        [
            ("users without an error", f"{len(times):,} of {result.users:,}"),
            ("time to hear all: average", seconds(sum(times) / len(times) if times else None)),
            *((f"p{each}", seconds(percentile(times, each))) for each in (50, 90, 99)),
            ("time to hear all: slowest", seconds(max(times, default=None))),
            ("messages heard", number(sum(row.delivered for row in result.rows))),
        ],
    )
    title = f"{result.users:,} users × {result.messages:,} messages on {result.server}"
    return Group(_titled(title, table), summary)


def _load(result: FanoutResult) -> str:
    how = (
        f"{result.window:,} messages in flight"
        if result.mode == "busy"
        else f"{result.rate:,g} messages a second"
    )
    idle = f", {result.idle:,} more idle sessions" if result.idle else ""
    return f"{result.members:,} members{idle}, {how}, {result.size:,} bytes, {result.speakers:,} speakers"


def _fanout(result: FanoutResult) -> RenderableType:
    rows = _pairs(
        [
            ("messages sent", number(result.sent)),
            ("deliveries", f"{result.delivered:,} of {result.expected:,}"),
            ("arrived twice, out of order", f"{result.duplicates:,}, {result.misordered:,}"),
            ("time", seconds(result.seconds)),
            ("deliveries a second", number(result.per_second)),
            ("server: processor time per delivery", micros(result.cost)),
            ("server: processor used", _share(result.cpu, result.seconds)),
            ("server: resident memory", size(result.rss)),
            *((f"latency p{each:g}", seconds(result.percentile(each))) for each in (50, 99, 99.9)),
            ("clients: processor used", f"{result.clients_busy:.0%}"),
        ],
    )
    return _titled(f"{result.mode} room on {result.server}: {_load(result)}", rows)


def _share(cpu: float | None, time: float) -> str:
    return _NONE if cpu is None or not time else f"{cpu / time:.0%}"


def _sessions(result: SessionsResult) -> RenderableType:
    cpu = result.cpu / result.ready * 1e6 if result.cpu is not None and result.ready else None
    rows = _pairs(
        [
            ("logged in", f"{result.ready:,} of {result.asked:,}"),
            ("time", seconds(result.seconds)),
            ("logins a second", number(result.rate)),
            *(
                (f"login p{each:g}", seconds(result.login_percentile(each)))
                for each in (50, 99, 99.9)
            ),
            ("server: processor time per login", micros(cpu)),
            ("server: processor used while idle", _share(result.idle_cpu, 1.0)),
            ("server: resident memory before", size(result.rss_before)),
            ("server: resident memory with all", size(result.rss_after)),
            ("server: resident memory per session", size(result.per_session)),
            ("server: resident memory after they left", size(result.rss_left)),
            ("left when asked to", f"{result.left:,} in {seconds(result.leave_seconds)}"),
        ],
    )
    return _titled(f"{result.asked:,} sessions on {result.server}", rows)


def _logins(result: LoginsResult) -> RenderableType:
    def slow(delays: list[float], share: float) -> str:
        return seconds(delays[int(share * (len(delays) - 1))]) if delays else _NONE

    rows = _pairs(
        [
            ("logged in", f"{result.done:,} of {result.asked:,}"),
            ("time", seconds(result.seconds)),
            ("a line of others, before the logins: p50", slow(result.before, 0.5)),
            ("p99", slow(result.before, 0.99)),
            ("the slowest", slow(result.before, 1.0)),
            ("a line of others, during the logins: p50", slow(result.during, 0.5)),
            ("p99", slow(result.during, 0.99)),
            ("the slowest", slow(result.during, 1.0)),
        ]
    )
    return _titled(f"{result.asked:,} logins at once on {result.server}", rows)


def _client(result: ClientResult) -> RenderableType:
    keys = [
        (
            f"time to show a typed key ({when}): p50, p99, longest",
            " ".join(seconds(percentile(took, share)) for share in (50, 99, 100))
            if took
            else _NONE,
        )
        for when, took in (("quiet", result.quiet), (f"{result.rate:,} lines/s", result.busy))
    ]
    share = _NONE if result.share is None else f"{result.share:.0%}"
    return _pairs(
        [
            ("lines, people in the room", f"{result.lines:,}, {result.members:,}"),
            ("from the start until it is logged in", seconds(result.start)),
            ("until all lines are there, and the last is shown", seconds(result.filled)),
            ("memory for these lines and people", size(result.grown)),
            *keys,
            ("share of a processor while lines arrive", share),
            ("resident memory at the end", size(result.rss)),
        ]
    )


def _timing(result: TimingResult) -> RenderableType:
    first, *_ = result.tries
    table = Table(
        *("login with", "median", "p5", "p95", f"median longer than {first}", "told apart"),
        box=SIMPLE,
    )
    for kind, took in result.tries.items():
        longer = told = ""
        if kind != first:
            found = result.difference(kind)
            longer = f"{_signed(found.median)} ({_signed(found.low)} to {_signed(found.high)})"
            told = "yes" if result.is_told(kind) else "no"
        table.add_row(
            kind, *(seconds(percentile(took, each)) for each in (50, 5, 95)), longer, told
        )
    done = len(result.tries[first])
    return _titled(
        f"{done:,} of {result.asked:,} wrong logins of each kind on {result.server}", table
    )


def _signed(value: float) -> str:
    """Return a difference in µs."""
    return f"{value * 1e6:+,.0f} µs" if math.isfinite(value) else "?"


def _store(result: StoreResult) -> RenderableType:
    each = result.bytes / result.stored if result.bytes and result.stored else None
    cpu = result.cpu / result.stored * 1e6 if result.cpu and result.stored else None
    rows = _pairs(
        [
            ("stored", f"{result.stored:,} of {result.asked:,}"),
            ("stored a second", number(result.rate)),
            ("commits", number(result.commits)),
            ("slowest commit", seconds(result.slowest)),
            ("processor time per message", micros(cpu)),
            ("size of the database", size(result.bytes)),
            ("bytes per message", number(each)),
            ("all words indexed after", seconds(result.indexed)),
            ("indexed a second", number(result.index_rate)),
            *((f"resident memory {when}", size(rss)) for when, rss in result.memory.items()),
            ("starting with this database", seconds(result.start)),
            (
                "history at a join: first in a room, longest",
                seconds(max(result.joins, default=None)),
            ),
            ("history at a join: later, longest", seconds(max(result.joins_again, default=None))),
            (f"/history {result.history_lines}", seconds(result.history)),
            ("the longest read of 100 lines", seconds(result.longest_chunk)),
            ("the reactor was held up meanwhile, at most", seconds(result.held_up)),
            ("read back unchanged", f"{result.read:,} of {result.asked:,}"),
        ]
    )
    table = _grid("searching for", "found", "complete", "median", "longest", "held up")
    for search in result.searches:
        table.add_row(
            search.name,
            number(search.found),
            "yes" if search.whole else "no",
            seconds(search.median),
            seconds(search.longest),
            seconds(search.held_up),
        )
    return Group(_titled(f"{result.asked:,} messages in {result.server}", rows), table)


def _crash(result: CrashResult) -> RenderableType:
    rows = _pairs(
        [
            ("killed", f"{result.kills:,} of {result.asked:,} times"),
            ("time", seconds(result.seconds)),
            ("the longest start", seconds(max(result.starts, default=None))),
            ("lines said", number(result.said)),
            ("acknowledgements", number(result.acks)),
            ("said again after a restart", number(result.resent)),
            ("of these, already stored", number(result.again)),
            ("shown, lost, and said again", number(result.lost)),
            ("shown to anyone", number(result.shown)),
            ("different ids", number(result.ids)),
            ("messages in history at the end", number(result.history)),
            ("promises broken", number(len(result.violations))),
        ]
    )
    title = f"{result.server}, killed repeatedly while {result.clients} clients talk (seed {result.seed})"
    return Group(_titled(title, rows), *map(Text, result.violations))


def _median(values: Sequence[float | None]) -> float | None:
    found = spread([value for value in values if value is not None])
    return None if found is None else found.median


def _compare(result: Comparison) -> RenderableType:
    everything = [each for ran in result.rounds for each in ran]
    ours = result.baseline
    parts: list[RenderableType] = [
        _comparison(result, mode) for mode in dict.fromkeys(each.mode for each in everything)
    ]
    parts.append(
        Text(
            "CPU: the server's processor time per delivery. Ratios: the median of all rounds, with the lowest and "
            f"the highest; below 1, {ours} needs less. Everything else: medians of the runs without an error."
        )
    )
    notes = [f"Not compared: {name}: {why}" for name, why in result.missing.items()]
    notes += [
        f"Not counted: {each.server}, {each.mode}: {each.error}"
        for each in everything
        if each.error
    ]
    notes += [
        f"Note: {each.server}, {each.mode}: the clients were at their limit, so the server could deliver more"
        for each in everything
        if each.clients_busy > _BUSY and not each.error
    ]
    return Group(*parts, *map(Text, dict.fromkeys(notes)))


def _comparison(result: Comparison, mode: str) -> RenderableType:
    runs = [each for ran in result.rounds for each in ran if each.mode == mode]
    names = sorted({run.server: None for run in runs}, key=lambda name: name != result.baseline)
    rounds = f"{len(result.rounds)} round{'s' if len(result.rounds) > 1 else ''}"
    table = _grid(
        "server",
        "CPU µs",
        f"{result.baseline} ÷ it",
        "deliveries/s",
        "p99",
        f"{result.baseline} ÷ it",
        "MiB",
    )
    for ratio in compared(result, names, mode):
        sound = [each for each in result.column(ratio.server, mode) if each is not None]
        table.add_row(
            ratio.server,
            micros(_median([run.cost for run in sound])).removesuffix(" µs"),
            spans(ratio.cost),
            number(_median([run.per_second for run in sound])),
            seconds(_median([run.percentile(99) for run in sound])),
            spans(ratio.p99),
            size(_median([run.rss for run in sound])).removesuffix(" MiB"),
        )
    return _titled(f"{mode} room: {_load(runs[0])}; {rounds}", table)


def console() -> Console:
    """Return where results go: as wide as the terminal, or as a comparison needs if it is none."""
    out = Console()
    return out if out.is_terminal or "COLUMNS" in os.environ else Console(width=_WIDTH)


def table(result: Outcome) -> RenderableType:
    """Return a result as a table."""
    match result:
        case UsersResult():
            return _users(result)
        case FanoutResult():
            return _fanout(result)
        case SessionsResult():
            return _sessions(result)
        case LoginsResult():
            return _logins(result)
        case TimingResult():
            return _timing(result)
        case StoreResult():
            return _store(result)
        case CrashResult():
            return _crash(result)
        case ClientResult():
            return _client(result)
        case Comparison():
            return _compare(result)


def show(console: Console, result: Outcome) -> None:
    """Print a result, and what was wrong with it."""
    console.print(table(result))
    if result.stopped:
        console.print("Stopped early: these are the measurements so far.", style="yellow")
    if result.error:
        console.print(Text(f"bench: {result.error}"), style="red")
