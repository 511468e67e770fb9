"""Standard input, read by a thread: a reactor cannot watch a file, or a console of Windows."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorFromThreads

#: How many bytes are read at once: what a pipe of Linux holds.
_PIECE: Final = 64 * 1024


class Keyboard:
    """Hands over what is read, piece by piece: the next is read when :meth:`next` has been called.

    ``typed`` is called in the reactor's thread with bytes; empty bytes are the end. The thread is a daemon, for nothing but input
    ends its wait: it must not keep the program from ending.
    """

    def __init__(
        self, reactor: IReactorFromThreads, typed: Callable[[bytes], None], descriptor: int = 0
    ) -> None:
        self._reactor = reactor
        self._typed = typed
        self._descriptor = descriptor
        self._wanted = threading.Semaphore(1)

    def start(self) -> None:
        """Begin to read."""
        threading.Thread(target=self._read, name="standard input", daemon=True).start()

    def next(self) -> None:
        """What was handed over is dealt with."""
        self._wanted.release()

    def _read(self) -> None:
        data = b"-"
        while data:
            self._wanted.acquire()
            try:
                # Not sys.stdin: a program cannot end properly while a thread of it waits in that.
                data = os.read(self._descriptor, _PIECE)
            except OSError:
                data = b""  # it was closed, or a terminal has gone: there is no more
            self._reactor.callFromThread(self._typed, data)
