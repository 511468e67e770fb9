"""Results as JSON, for programs: with everything they were made from."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

import msgspec

from bench.compare import compared
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


def machine() -> dict[str, Any]:
    """Return what the numbers depend on besides the programs."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "processors": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
    }


def write_json(path: Path, result: Outcome) -> None:
    """Write a result, with all it was made from. Raises :class:`BenchError`."""
    document = {"machine": machine(), "result": msgspec.to_builtins(result, str_keys=True)}
    match result:
        case FanoutResult():
            document["summary"] = _summary(result)
        case Comparison():
            servers = list(dict.fromkeys(each.server for ran in result.rounds for each in ran))
            modes = dict.fromkeys(each.mode for ran in result.rounds for each in ran)
            document["ratios"] = [
                msgspec.to_builtins(ratio)
                for mode in modes
                for ratio in compared(result, servers, mode)
            ]
        case TimingResult():
            document["told_apart"] = result.told_apart
        case (
            LoginsResult()
            | UsersResult()
            | SessionsResult()
            | StoreResult()
            | CrashResult()
            | ClientResult()
        ):
            pass  # what it holds is said already
    try:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(document)) + b"\n")
    except OSError as error:
        raise BenchError(f"cannot write {path}: {error.strerror}") from None


def _summary(result: FanoutResult) -> dict[str, float | None]:
    return {
        "deliveries_per_second": result.per_second,
        "cpu_us_per_delivery": result.cost,
        "lost": result.lost,
        **{f"p{each:g}_seconds": result.percentile(each) for each in (50, 99, 99.9)},
    }
