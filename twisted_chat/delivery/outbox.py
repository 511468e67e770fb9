"""The outbox: the one way for bytes to a session, which keeps their order and bounds what waits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from twisted.logger import Logger

from twisted_chat.core.ids import RoomId
from twisted_chat.dialects.base import Variant

log = Logger()

#: An answer is pulled in pieces of about this size, so that a long one neither fills memory nor holds up the others.
PIECE: Final = 16 * 1024


class Sink(Protocol):
    """Where a session's bytes go: a door's transport."""

    def write(self, data: bytes) -> None:
        """Take bytes, never none. May call the outbox's :meth:`Outbox.pause` before it returns."""

    def overflowed(self) -> None:
        """End the session now, what waits is lost: the reader was too slow, or handing over failed (that was logged)."""


class Slot:
    """A place in the order of a session's bytes, for an answer that is not there yet.

    What comes later waits behind it. It is filled once, with pieces that are made as the reader takes them, see
    :meth:`twisted_chat.delivery.engine.Delivery.fill`.
    """

    __slots__ = ("done", "outbox", "pieces")

    def __init__(self, outbox: Outbox, done: Callable[[], None] | None) -> None:
        self.outbox = outbox
        self.done = done
        self.pieces: Iterator[bytes] | None = None


class Outbox:
    """Bytes to one session.

    ``pending`` collects what this reactor turn adds; :meth:`flush` hands it over as one write. What the sink cannot take,
    or what comes behind an unfilled :class:`Slot`, waits in a queue of at most ``limit`` bytes: an addition to an empty
    queue always fits, one that would take a non-empty queue over the limit ends the session. So does a fault of the sink,
    of a slot's pieces or of what is called when they are out: it must not reach whoever else is served in this turn.
    """

    __slots__ = (
        "_limit",
        "_paused",
        "_queue",
        "_sink",
        "_writing",
        "closed",
        "dirty",
        "elsewhere",
        "focus",
        "here",
        "ignored",
        "pending",
        "queued",
        "rooms",
    )

    def __init__(self, sink: Sink, here: Variant, elsewhere: Variant, limit: int) -> None:
        self._sink = sink
        self._limit = limit
        self._queue: deque[bytes | Slot] = deque()
        self._paused = False
        self._writing = False
        self.here = here
        self.elsewhere = elsewhere
        self.focus: RoomId | None = None
        self.pending: list[bytes] = []
        self.dirty = False
        self.closed = False
        self.queued = 0
        #: The rooms whose lines this session gets, in the order of entering; kept by the engine.
        self.rooms: dict[RoomId, None] = {}
        #: The nick keys of authors whose lines it does not get; the hub's own dictionary, read only.
        self.ignored: dict[str, str] = {}

    def flush(self) -> None:
        """Hand over what is pending, as one write if the way is free."""
        self.dirty = False
        if self.closed:
            self.pending.clear()
            return
        if self.pending:
            data = self.pending[0] if len(self.pending) == 1 else b"".join(self.pending)
            self.pending.clear()
            if data and not self._paused and not self._queue:
                try:
                    self._sink.write(data)
                except Exception:
                    self._fail()
                return
            self._enqueue(data)
        self.go_on()

    def slot(self, done: Callable[[], None] | None = None) -> Slot:
        """Keep a place, behind all that was added before, for an answer that comes later.

        ``done`` is called when the last of the answer is on its way.
        """
        if self.pending:
            self._enqueue(b"".join(self.pending))
            self.pending.clear()
        slot = Slot(self, done)
        if not self.closed:
            self._queue.append(slot)
        return slot

    def pause(self) -> None:
        """The sink can take no more for now."""
        self._paused = True

    def resume(self) -> None:
        """The sink can take more."""
        self._paused = False
        self.go_on()

    def go_on(self) -> None:
        """Hand over what waits, a piece at a time, until the sink is full or a slot is not filled yet."""
        if self._writing:
            return  # the sink made room while it was written to: the loop below goes on by itself
        self._writing = True
        try:
            while self._queue and not self._paused:
                data, done = self._next_piece()
                if data:
                    self._sink.write(data)
                # Only now: this may let the session's next command in, and its answer comes behind this one.
                for each in done:
                    each()
                if not data and not done:
                    break
        except Exception:
            self._fail()
        finally:
            self._writing = False

    def _next_piece(self) -> tuple[bytes, list[Callable[[], None]]]:
        """Take about :data:`PIECE` bytes from the queue; also what to call for the slots that are used up by it."""
        parts: list[bytes] = []
        done: list[Callable[[], None]] = []
        size = 0
        while self._queue and size < PIECE:
            head = self._queue[0]
            if isinstance(head, bytes):
                self._queue.popleft()
                self.queued -= len(head)
                parts.append(head)
                size += len(head)
            elif head.pieces is None:
                break
            else:
                for line in head.pieces:
                    parts.append(line)
                    size += len(line)
                    if size >= PIECE:
                        break
                else:
                    self._queue.popleft()
                    done += [head.done] if head.done is not None else []
        return b"".join(parts), done

    def _enqueue(self, data: bytes) -> None:
        # Nothing is what a variant does not show: it must not make the queue longer, turn after turn.
        if self.closed or not data:
            return
        if self.queued and self.queued + len(data) > self._limit:
            self._end()
            return
        self._queue.append(data)
        self.queued += len(data)

    def _fail(self) -> None:
        """End the session for the exception that is being handled."""
        log.failure("handing bytes to a session failed, it is closed")
        self._end()

    def _end(self) -> None:
        self.close()
        try:
            self._sink.overflowed()
        except Exception:
            log.failure("closing a session failed")

    @property
    def empty(self) -> bool:
        """Nothing is on its way any more that this side holds."""
        return not self.pending and not self._queue

    def close(self) -> None:
        """Forget what waits and take nothing more."""
        self.closed = True
        self.pending.clear()
        self._queue.clear()
        self.queued = 0
