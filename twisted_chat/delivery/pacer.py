"""Pacing: objects written one at a time, for programs that take what one read returns for one object.

TCP keeps no borders between writes. A small gap between them is what it allows: a program that reads at once gets each write
by itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_chat.delivery.direct import Way
from twisted_chat.delivery.outbox import Outbox

#: How long nothing is written behind an object, in seconds. A program reads, parses and prints within that; and 20 objects of
#: 1,000 bytes a second, with several texts in each, are 300 lines a second, more than anybody reads.
GAP: Final = 0.05

#: How many lines may wait before some are joined: half a second's worth.
FEW: Final = 10
#: … and how many bytes behind those: what comes in a gap is less, unless the room is faster than the pace.
_MUCH: Final = 1_000

#: Makes one line of two, if they fit into one object.
Join = Callable[[bytes, bytes], bytes | None]


def apart(first: bytes, second: bytes) -> None:
    """Join nothing: each line is an object that only its own reader understands."""


class Pacer:
    """Stands between an outbox and the way to a transport: a sink that is full for a moment behind each line.

    It holds one hand-over of the outbox at most, about :data:`~twisted_chat.delivery.outbox.PIECE` bytes or what one turn
    added. All else waits in the outbox, whose limit is the bound: a reader that takes nothing is dropped like any other.
    """

    def __init__(self, clock: IReactorTime, way: Way) -> None:
        self._clock = clock
        self._way = way
        self._join: Join | None = None  # None: not paced
        self._held: deque[bytes] = deque()
        self._gap: IDelayedCall | None = None
        self._full = False  # the transport takes no more for now
        #: Whose bytes these are; set before any come.
        self.outbox: Outbox

    # --- for the outbox, see :class:`twisted_chat.delivery.outbox.Sink` ---

    def send(self, data: bytes) -> int:
        """Send at once if it is not paced; else nothing goes here, and :meth:`hold` gets all."""
        return self._way.send(data) if self._join is None else 0

    def hold(self, data: bytes) -> None:
        if self._join is None:
            self._way.hold(data)
            return
        self._held += data.splitlines(keepends=True)
        self.outbox.pause()
        self._next()

    # --- for the transport ---

    def pause(self) -> None:
        self._full = True
        self.outbox.pause()

    def resume(self) -> None:
        self._full = False
        self._go_on()

    # --- for the door ---

    def pace(self, join: Join) -> None:
        """Write a line at a time from now on; lines are joined while many wait."""
        self._join = join

    def free(self) -> None:
        """Write everything at once from now on."""
        if self._join is None:
            return
        self._join = None
        self.stop()
        rest = b"".join(self._held)
        self._held.clear()
        if rest and self._full:
            self._way.hold(rest)
        elif rest:
            self._write(rest)
        self._go_on()

    def stop(self) -> None:
        """Wait for nothing any more."""
        if self._gap is not None:
            self._gap.cancel()
            self._gap = None

    def _go_on(self) -> None:
        """Write the next line, or let the outbox hand over what waits, if there is no reason to wait."""
        if self._gap is not None or self._full:
            return
        if self._held:
            self._next()
        else:
            self.outbox.resume()

    def _next(self) -> None:
        if self._gap is not None or self._full:
            return
        line = self._held.popleft()
        while self._held and self._join is not None and self._is_behind:
            both = self._join(line, self._held[0])
            if both is None:
                break
            line = both
            self._held.popleft()
        self._write(line)
        self._gap = self._clock.callLater(GAP, self._over)

    @property
    def _is_behind(self) -> bool:
        return len(self._held) >= FEW or self.outbox.queued > _MUCH

    def _over(self) -> None:
        self._gap = None
        try:
            self._go_on()
        except Exception:
            self.outbox.broke()
            self.outbox.flush()

    def _write(self, data: bytes) -> None:
        try:
            sent = self._way.send(data)
        except OSError:
            sent = 0
        if sent != len(data):
            self._way.hold(data[sent:])
