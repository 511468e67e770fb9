"""The bench's own processes: which processors they run on, how they are started, what the system says they used."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from twisted.internet.interfaces import IProcessTransport
from twisted.internet.protocol import ProcessProtocol

_APART: Final = str(Path(__file__).with_name("apart.py"))
_ROOT: Final = Path(__file__).parent.parent
_TICK: Final = os.sysconf("SC_CLK_TCK")


class Processors(msgspec.Struct, frozen=True):
    """Which processors the server and the clients run on; empty: any."""

    server: tuple[int, ...] = ()
    clients: tuple[int, ...] = ()


def share_out(available: Sequence[int], *, pin: bool) -> Processors:
    """Give the server a processor of its own and the clients the others, if there are any."""
    if not pin or len(available) < 2:
        return Processors()
    ordered = sorted(available)
    return Processors(tuple(ordered[-1:]), tuple(ordered[:-1]))


def processors(*, pin: bool) -> Processors:
    """Share out the processors that this process may use."""
    return share_out(list(os.sched_getaffinity(0)), pin=pin)


class Usage(msgspec.Struct, frozen=True):
    """What a process used until now: processor time in seconds (all its threads, user and system), resident bytes."""

    cpu: float
    rss: int


def usage(pid: int) -> Usage | None:
    """Ask the system; None if there is no such process (any more). Exact to 10 ms."""
    directory = Path("/proc") / str(pid)
    try:
        stat = (directory / "stat").read_bytes()
        status = (directory / "status").read_bytes()
    except OSError:
        return None
    # proc(5): the name, in brackets, may hold anything; utime and stime are the 12th and 13th field behind it.
    fields = stat.rpartition(b")")[2].split()
    resident = status.partition(b"VmRSS:")[2].split(maxsplit=1)
    if not resident:
        return None  # ended, but not waited for yet
    return Usage((int(fields[11]) + int(fields[12])) / _TICK, int(resident[0]) * 1024)


def spawn(
    reactor: Any,
    protocol: ProcessProtocol,
    command: Sequence[str],
    *,
    processors: Sequence[int],
    files: Mapping[int, Any],
    directory: Path | None = None,
) -> IProcessTransport:
    """Start a program, apart from the bench; Python programs find the packages of this checkout."""
    where = ",".join(map(str, processors)) or "-"
    found = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(found)}
    arguments = [sys.executable, "-I", "-S", _APART, where, *command]
    path = None if directory is None else str(directory)
    started: IProcessTransport = reactor.spawnProcess(
        protocol, sys.executable, arguments, environment, path, childFDs=dict(files)
    )
    return started
