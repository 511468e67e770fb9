"""The watchdog: a thread that ends the process when the reactor no longer turns, and that reports to the service manager.

It counts its own ticks, of a second each, since the reactor last turned. A process or a machine that is paused has no ticks:
however long that takes, there is only one more of them afterwards. If the thread cannot even tick, because something holds the
interpreter, it tells the service manager nothing, which then ends the process (``WatchdogSec=``).
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Final

from twisted.internet.task import LoopingCall
from twisted.logger import Logger

log = Logger(namespace="twisted_chat.watchdog")

#: How long a tick takes, in seconds; and how often the reactor says that it turns.
TICK: Final = 1.0
#: After so many ticks without a turn the process ends. The longest turn that was ever measured took less than one.
MOST: Final = 30
#: For how many seconds more the service manager waits, as it is told at each tick of a long start or end.
EXTENSION: Final = 30
#: For how many ticks it is told so. Moving a hundred million messages to a new schema takes less.
LONGEST: Final = 3600
#: How long writing the stack to the log may take, in seconds: what the reactor hangs in may be the log.
_LOGGING: Final = 2.0
#: sysexits.h: an internal software error. A service manager starts the server again.
STATUS: Final = 70


class Notifier:
    """Tells the service manager how the server is doing: sd_notify(3), without the library."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        #: A name that begins with @ stands for one in Linux's abstract namespace.
        self._address = f"\0{address[1:]}" if address.startswith("@") else address

    def tell(self, *assignments: str) -> None:
        """Send such as ``READY=1``; to nobody if no service manager asked for it. Never waits, and never fails."""
        if not self._address:
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            out.sendto("\n".join(assignments).encode(), self._address)


class Watchdog:
    """Watches one reactor from its start to its end. Between, the start and the end of the server may hold it up for long."""

    def __init__(
        self,
        reactor: Any,
        notifier: Notifier | None = None,
        end: Callable[[int], None] | None = None,
    ) -> None:
        """``end`` ends the process, and is told after how many ticks."""
        self._notifier = notifier or Notifier()
        self._end = end or end_process
        self._stopped = threading.Event()
        self._turns = LoopingCall(self._turned)
        self._turns.clock = reactor
        #: Ticks since the reactor turned last, or since a start or an end began.
        self._ticks = 0
        self._long = True
        self._watched = threading.main_thread().ident

    def start(self) -> None:
        """Begin to tick: the server starts, which may take long. Called in the thread of the reactor, after any fork."""
        self._watched = threading.get_ident()
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    def started(self) -> None:
        """The server is ready: from now on the reactor has to turn."""
        self._ticks, self._long = 0, False
        _ = self._turns.start(TICK)
        self._notifier.tell("READY=1")

    def stopping(self) -> None:
        """The server ends, which may take long."""
        self._ticks, self._long = 0, True
        self._notifier.tell("STOPPING=1")

    def stop(self) -> None:
        """Watch no longer."""
        self._stopped.set()
        if self._turns.running:
            self._turns.stop()

    def _turned(self) -> None:
        if not self._long:
            self._ticks = 0

    def _run(self) -> None:
        while not self._stopped.wait(TICK):
            self.tick()

    def tick(self) -> None:
        """A second of this thread has passed."""
        self._ticks += 1
        if self._long:
            if self._ticks <= LONGEST:
                self._notifier.tell(f"EXTEND_TIMEOUT_USEC={EXTENSION * 1_000_000}")
        elif self._ticks == 1:
            self._notifier.tell("WATCHDOG=1")
        elif self._ticks >= MOST:
            self._end(self._watched or 0)


def end_process(hung: int, leave: Callable[[int], object] = os._exit) -> None:
    """End the process at once, with the stack of the thread that hangs on standard error and in the log."""
    with contextlib.suppress(Exception):  # it may be closed
        faulthandler.dump_traceback(sys.__stderr__ or 2)
    logging = threading.Thread(target=_log_stack, args=(hung,), daemon=True)
    logging.start()
    logging.join(_LOGGING)
    leave(STATUS)


def _log_stack(hung: int) -> None:
    frame = sys._current_frames().get(hung)
    stack = "".join(traceback.format_stack(frame)) if frame is not None else "no stack"
    log.critical(
        "the reactor has not run for {ticks} ticks of {tick:.0f} second; the process exits; it hangs in\n{stack}",
        ticks=MOST,
        tick=TICK,
        stack=stack,
    )
