"""Become another program, apart from the bench: in a session of its own, on given processors, no longer than the bench lives.

Run as ``python apart.py PROCESSORS PROGRAM [ARGUMENT …]`` with PROCESSORS like ``0,2``, or ``-`` for any. The process
keeps its id. Ctrl-C at the terminal does not reach it: the bench decides when it ends.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

# prctl(2): the signal this process gets when its parent ends.
_PR_SET_PDEATHSIG: Final = 1


def main(arguments: list[str]) -> None:
    """Become the program, or end with a message."""
    processors, *program = arguments
    os.setsid()
    if processors != "-":
        os.sched_setaffinity(0, map(int, processors.split(",")))
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    try:
        os.execvp(program[0], program)  # noqa: S606  it starts what it is told to
    except OSError as error:
        sys.exit(f"cannot run {program[0]}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
