"""A terminal with a program on it: keys go in, and what is drawn is looked at."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
from collections.abc import Mapping, Sequence
from typing import Any, Final

from twisted.internet.abstract import FileDescriptor
from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from bench.waiting import Event, first

# How much of what was drawn is looked at: a screen full of colours has less.
_SEEN: Final = 200_000
# Seconds for the program to end by itself.
_PATIENCE: Final = 5.0


class _Program(ProcessProtocol):
    def __init__(self) -> None:
        self.ended: Event[bool] = Event()

    def processEnded(self, reason: Failure) -> None:
        self.ended.happen(True)


class Terminal(FileDescriptor):
    """Runs ``command`` on a terminal of ``size`` (columns, rows). ``pid`` is its process; ``drawn`` counts the bytes it drew."""

    def __init__(
        self,
        reactor: Any,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: str,
        size: tuple[int, int],
    ) -> None:
        super().__init__(reactor)
        self._clock = reactor
        self._descriptor, its = pty.openpty()
        columns, rows = size
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.set_blocking(self._descriptor, False)
        self._program = _Program()
        self._process = reactor.spawnProcess(
            self._program,
            command[0],
            command,
            env=environment,
            path=folder,
            childFDs={0: its, 1: its, 2: its},
        )
        os.close(its)
        self.pid: int = self._process.pid
        self.ended = self._program.ended
        self.drawn = 0
        self._seen = b""
        self._wanted = b""
        self._found: Event[bool] = Event()
        self.startReading()

    def fileno(self) -> int:
        return self._descriptor

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._descriptor, keys)

    def draws(self, wanted: bytes) -> Deferred[bool]:
        """Return what fires when these bytes are drawn from now on."""
        self._seen, self._wanted = b"", wanted
        self._found = Event()
        return self._found.wait()

    def doRead(self) -> None:
        try:
            data = os.read(self._descriptor, 65_536)
        except OSError:  # Linux: the program has closed its side
            self.stopReading()
            return
        self.drawn += len(data)
        self._seen = (self._seen + data)[-_SEEN:]
        if self._wanted and self._wanted in self._seen:
            self._wanted = b""
            self._found.happen(True)

    async def close(self, leave: bytes) -> None:
        """Type what lets the program leave, and end it if it does not."""
        if not self.ended.happened:
            self.press(leave)
            patience: Deferred[None] = deferLater(self._clock, _PATIENCE)
            await first(self.ended.wait(), patience)
            try:
                self._process.signalProcess("KILL")
            except ProcessExitedAlready:
                pass  # it left, as it should
            await self.ended.wait()
        self.stopReading()
        os.close(self._descriptor)
