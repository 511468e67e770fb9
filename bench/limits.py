"""How many files, and so connections, a process may have open."""

from __future__ import annotations

import resource
from typing import Final

from bench.errors import BenchError

# Besides its connections a process has its standard streams, the reactor's, log files, libraries being loaded.
_BESIDES: Final = 64


def raise_file_limit(least: int = 0) -> int:
    """Allow this process, and those it starts, as many open files as the system lets it have; return how many.

    If that is less than ``least``, an administrator's process raises that bound too.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (hard if hard == resource.RLIM_INFINITY else max(hard, least), hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
        except (ValueError, OSError):
            continue  # not allowed, or more than the system has
        return wanted
    return soft


def require(connections: int) -> None:
    """Make room for so many connections in one process. Raises :class:`BenchError`."""
    needed = connections + _BESIDES
    got = raise_file_limit(needed)
    if got != resource.RLIM_INFINITY and got < needed:
        raise BenchError(
            f"{connections:,} connections need {needed:,} open files in one process, but {got:,} are allowed here: "
            f"raise the hard limit (ulimit -Hn {needed}, as root), or ask for fewer"
        )
