"""Where the log goes under ``twistd``, from which level on, and how its file is reopened after it was moved away."""

from __future__ import annotations

import sys
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any, Final, TextIO

from twisted.logger import (
    FilteringLogObserver,
    ILogObserver,
    LegacyLogObserverWrapper,
    Logger,
    LogLevel,
    LogLevelFilterPredicate,
    textFileLogObserver,
)

log = Logger(namespace="twisted_chat.service")

LEVELS: Final = tuple(level.name for level in LogLevel.iterconstants())
# What Twisted logs under, itself and for programs that use its older interface.
_TWISTED: Final = ("twisted", "log_legacy")
_GRAVE: Final = (LogLevel.error, LogLevel.critical)
#: What twistd calls it.
_FILE: Final = "twistd.log"


class LogFile:
    """A file of the log, to which another program that rotates it may have given another name."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._file = self._open()

    def _open(self) -> TextIO:
        return self._path.open("a", encoding="utf-8", errors="backslashreplace")

    def write(self, text: str) -> None:
        self._file.write(text)

    def flush(self) -> None:
        self._file.flush()

    def reopen(self) -> None:
        """Write to the file that has the name now, or to a new one; if that cannot be, go on with the old one."""
        try:
            file = self._open()
        except OSError as error:
            log.error(
                "cannot reopen the log: {path}: {why}",
                path=self._path,
                why=error.strerror,
            )
            return
        self._file, old = file, self._file
        old.close()


class Logs:
    """The log of one server."""

    def __init__(self, level: str) -> None:
        self._threshold = LogLevelFilterPredicate()
        self._file: LogFile | None = None
        self.set_level(level)

    def set_level(self, level: str) -> None:
        """Leave out what is less than that, from now on."""
        least = LogLevel.levelWithName(level)
        self._threshold.setLogLevelForNamespace("", least)
        # Of Twisted itself only warnings and errors, unless everything is asked for: an operator has no use for the names of
        # its reactor and factories.
        for noisy in _TWISTED:
            quiet = least if least in (LogLevel.debug, *_GRAVE) else LogLevel.warn
            self._threshold.setLogLevelForNamespace(noisy, quiet)

    def observer(self, twistd: Mapping[str, Any]) -> ILogObserver | None:
        """Return what writes the log where the options of twistd say; None if they name an observer of their own."""
        if twistd.get("logger"):
            return None
        inner: Any
        if twistd.get("syslog"):
            from twisted.python import syslog

            emit: Any = syslog.SyslogObserver(twistd.get("prefix", "")).emit
            inner = LegacyLogObserverWrapper(emit)
        elif twistd.get("logfile") == "-" or (twistd.get("nodaemon") and not twistd.get("logfile")):
            inner = textFileLogObserver(sys.stdout)
        else:
            self._file = LogFile(Path(twistd.get("logfile") or _FILE))
            inner = textFileLogObserver(self._file)  # type: ignore[arg-type]
        return FilteringLogObserver(inner, [self._threshold])

    def quieten(self, twist: MutableMapping[str, Any]) -> None:
        """Let the log that ``twist`` writes, which has these options, leave out what Twisted has to say of itself."""
        make, level = twist.get("fileLogObserverFactory"), twist.get("logLevel")
        if make is not None and level is not LogLevel.debug:
            twist["fileLogObserverFactory"] = lambda file: FilteringLogObserver(
                make(file), [self._threshold]
            )

    def reopen(self) -> None:
        """Open the file again, if the log is in one; called at SIGUSR1."""
        if self._file is None:
            log.info("the log is not written to a file; nothing to reopen")
        else:
            self._file.reopen()
            log.info("reopened the log")
