"""The file of ``--log``: what was seen, and what the program did, with the time of each line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from twisted.logger import (
    FilteringLogObserver,
    ILogObserver,
    LogEvent,
    Logger,
    LogLevel,
    LogLevelFilterPredicate,
    globalLogBeginner,
    textFileLogObserver,
)
from zope.interface import implementer

_seen = Logger("chat")


class NoLog(Exception):
    """The file cannot be written. ``str()`` is one line that says why."""


def begin(
    path: Path | None, begin_logging: Callable[..., None] = globalLogBeginner.beginLoggingTo
) -> None:
    """Log to a file, which is for its owner only. Without one, only faults are told, in one line each. Raises NoLog."""
    observer: ILogObserver
    if path is None:
        observer = FilteringLogObserver(
            _tell, [LogLevelFilterPredicate(defaultLogLevel=LogLevel.critical)]
        )
    else:
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise NoLog(f"--log {path}: {error.strerror}") from None
        observer = textFileLogObserver(open(file, "a", encoding="utf-8", errors="replace"))
    begin_logging([observer], redirectStandardIO=False, discardBuffer=True)


def note(line: str) -> None:
    """Write down a line that was seen."""
    _seen.info("{line}", line=line)


@implementer(ILogObserver)
def _tell(event: LogEvent) -> None:
    failure = event.get("log_failure")
    why = f" ({failure.type.__name__})" if failure is not None else ""
    print(
        f"twisted-chat: internal error{why}; --log FILE records the details",
        file=sys.stderr,
    )
