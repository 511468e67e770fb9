"""The same load on several servers, in turn and repeated: what ours costs as a ratio to each of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from bench import fanout
from bench.errors import BenchError
from bench.fanout import Fanout
from bench.results import Comparison, FanoutResult, Ratio
from bench.runs import Run
from bench.servers import KINDS
from bench.stats import ratios


class Compare(msgspec.Struct, frozen=True, kw_only=True):
    """Loads to put on servers, ``repeat`` times; ratios are the first server's to each of the others."""

    loads: tuple[Fanout, ...]
    servers: tuple[str, ...] = tuple(KINDS)
    repeat: int = 3


def order(servers: Sequence[str], number: int) -> list[str]:
    """Return the order for a round: each server comes first, and last, in turn."""
    start = number % len(servers)
    return [*servers[start:], *servers[:start]]


async def measure(
    comparison: Compare,
    new_run: Callable[[str], Run],
    stopped: Callable[[], bool],
    on_result: Callable[[FanoutResult], None],
) -> Comparison:
    """Run all rounds; ``new_run`` gives a run on a kind of server. What fails is in the results, not raised."""
    present = [name for name in comparison.servers if not KINDS[name].missing()]
    if not present:
        raise BenchError(f"none of these servers is installed: {', '.join(comparison.servers)}")
    found = Comparison(
        server=present[0],
        baseline=present[0],
        rounds=[],
        missing={name: KINDS[name].missing() for name in comparison.servers if name not in present},
    )
    for number in range(comparison.repeat):
        found.rounds.append([])
        for name in order(present, number):
            for load in comparison.loads:
                if stopped():
                    found.stopped = True
                    return found
                result = await _one(new_run(name), load, name)
                found.rounds[-1].append(result)
                on_result(result)
    errors = {result.server for each in found.rounds for result in each if result.error}
    if errors:
        found.error = f"not every run was valid: {', '.join(sorted(errors))}"
    return found


async def _one(run: Run, load: Fanout, name: str) -> FanoutResult:
    try:
        return await fanout.measure(run, load)
    except BenchError as error:
        return fanout.nothing(name, load, str(error), stopped=run.stop.happened)


def compared(found: Comparison, servers: Sequence[str], mode: str) -> list[Ratio]:
    """Return what the baseline needs of what each server needs."""
    ours = found.column(found.baseline, mode)
    return [
        Ratio(
            server,
            mode,
            ratios(_costs(ours), _costs(theirs)),
            ratios(_p99s(ours), _p99s(theirs)),
        )
        for server in servers
        for theirs in [found.column(server, mode)]
    ]


def _costs(column: list[FanoutResult | None]) -> list[float | None]:
    return [None if result is None else result.cost for result in column]


def _p99s(column: list[FanoutResult | None]) -> list[float | None]:
    return [None if result is None else result.percentile(99) for result in column]
