"""Results as pictures: how latencies are distributed, and what each server delivers. Needs matplotlib."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.errors import BenchError
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
from bench.stats import Latencies, spread

#: What the name of a picture's file may end with.
ENDINGS = (".png", ".svg")


def check(path: Path) -> None:
    """Find out before a long run whether there can be a picture. Raises :class:`BenchError`."""
    if path.suffix not in ENDINGS:
        raise BenchError(f"{path}: a plot's name ends with {' or '.join(ENDINGS)}")
    if importlib.util.find_spec("matplotlib") is None:
        raise BenchError("--plot needs matplotlib: pip install matplotlib")


def draw(path: Path, result: Outcome) -> None:
    """Draw a result into a file. Raises :class:`BenchError`."""
    from matplotlib.figure import Figure  # noqa: PLC0415  most runs do without

    figure = Figure(figsize=(9, 5), layout="constrained")
    match result:
        case FanoutResult():
            _curves(figure.subplots(), [(result.server, result.distribution())])
        case SessionsResult():
            logins = Latencies()
            logins.merge(result.logins)
            _curves(figure.subplots(), [("logins", logins)])
        case UsersResult():
            _bars(
                figure.subplots(),
                "seconds until all messages were heard",
                [(row.nick, row.seconds or 0.0) for row in result.rows],
            )
        case LoginsResult():
            both = {"before": result.before, "meanwhile": result.during}
            _curves(figure.subplots(), _counted(both))
        case TimingResult():
            _curves(figure.subplots(), _counted(result.tries))
        case ClientResult():
            both = {"quiet": result.quiet, "others talk": result.busy}
            _curves(figure.subplots(), _counted(both))
        case StoreResult():
            _bars(
                figure.subplots(),
                "seconds until a search was answered (median)",
                [(each.name, each.median) for each in result.searches],
            )
        case CrashResult():
            starts = [(f"start {number}", each) for number, each in enumerate(result.starts)]
            _bars(figure.subplots(), "seconds until the server was up again", starts)
        case Comparison():
            _comparison(figure, result)
    try:
        figure.savefig(path)
    except OSError as error:
        raise BenchError(f"cannot write {path}: {error.strerror}") from None


def _counted(times: Mapping[str, Iterable[float]]) -> list[tuple[str, Latencies]]:
    """Return times in seconds, by their name, as curves."""
    curves = []
    for name, values in times.items():
        latencies = Latencies()
        for value in values:
            latencies.add(round(value * 1e6))
        curves.append((name, latencies))
    return curves


def _comparison(figure: Any, found: Comparison) -> None:
    everything = [each for ran in found.rounds for each in ran if not each.error]
    modes = list(dict.fromkeys(each.mode for each in everything))
    servers = list(dict.fromkeys(each.server for each in everything))
    if not modes:
        return
    figure.set_size_inches(12, 4.5 * len(modes))
    for (rate, latency), mode in zip(
        figure.subplots(len(modes), 2, squeeze=False), modes, strict=True
    ):
        bars: list[tuple[str, float]] = []
        curves: list[tuple[str, Latencies]] = []
        for server in servers:
            runs = [each for each in found.column(server, mode) if each is not None]
            middle = spread([_bar(run) for run in runs])
            together = Latencies()
            for run in runs:
                together.merge(run.latencies)
            bars.append((server, middle.median if middle is not None else 0.0))
            curves.append((server, together))
        what = "deliveries a second" if mode == "busy" else "server's CPU µs per delivery"
        _bars(rate, f"{mode}: {what} (median)", bars)
        _curves(latency, curves)


def _bar(run: FanoutResult) -> float:
    """Return what tells servers apart: who takes all they can deliver that, else what they need for the same."""
    return run.per_second if run.mode == "busy" else run.cost or 0.0


def _curves(axes: Any, curves: Sequence[tuple[str, Latencies]]) -> None:
    """Draw which share of all took how long; the shares' axis stretches the slow end."""
    for name, latencies in curves:
        # Half of one is what a logarithmic axis has for none.
        least = 0.5 / max(1, latencies.total)
        points = [(micros / 1000, max(least, 1 - share)) for micros, share in latencies.curve()]
        if points:
            points.insert(0, (points[0][0], 1.0))
            axes.step([x for x, _ in points], [y for _, y in points], where="post", label=name)
            axes.set_xscale("log")
            axes.set_yscale("log")
    axes.set_xlabel("milliseconds")
    axes.set_ylabel("share that took longer")
    axes.grid(visible=True, which="both", alpha=0.3)
    if axes.lines:
        axes.legend()


def _bars(axes: Any, title: str, bars: Sequence[tuple[str, float]]) -> None:
    axes.barh([name for name, _ in bars], [value for _, value in bars])
    axes.invert_yaxis()
    axes.set_title(title)
    if len(bars) > 30:
        axes.set_yticks([])
