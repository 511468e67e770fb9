"""The outbox: the only way for bytes to a session. It keeps their order, and limits how much waits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from twisted.logger import Logger

from twisted_chat.core.values.ids import RoomId
from twisted_chat.dialects.base import Variant

log = Logger(namespace="twisted_chat.delivery")

#: An answer is pulled in pieces of about this size, so that a long one neither fills memory nor holds up the others.
PIECE: Final = 16 * 1024

#: Why a session is ended, as others see it.
TOO_SLOW: Final = "too slow to read"
FAULT: Final = "a server error"

_FAILED: Final = "handing bytes to a session failed; the session is closed"


class Sink(Protocol):
    """Where a session's bytes go: a door's transport."""

    def send(self, data: bytes) -> int:
        """Send bytes, never none, at once; return how many of them went. OSError means none."""

    def hold(self, data: bytes) -> None:
        """Take the rest of what was sent, which goes when it can. Calls the outbox's :meth:`Outbox.pause`."""

    def drained(self) -> None:
        """Nothing waits any more in the outbox, and the sink may take more."""

    def overflowed(self, reason: str) -> None:
        """End the session now, what waits is lost: for :data:`TOO_SLOW`, or :data:`FAULT` (which was logged)."""


class Slot:
    """A place in the order of a session's bytes, for an answer that is not there yet.

    What comes later waits behind it. It is filled with pieces that are made as the reader takes them, see
    :meth:`twisted_chat.delivery.engine.Delivery.fill`. If they are not all, ``more`` is called once they are taken: it sees
    to it that the slot is filled again, and until then the outbox waits.
    """

    __slots__ = ("done", "more", "outbox", "pieces")

    def __init__(self, outbox: Outbox, done: Callable[[], None] | None) -> None:
        self.outbox = outbox
        self.done = done
        self.pieces: Iterator[bytes] | None = None
        self.more: Callable[[], None] | None = None


class Outbox:
    """Bytes to one session.

    ``pending`` collects what this reactor turn adds; :meth:`flush` hands it over as one write. ``send`` sends at once, and
    is None while there is a reason not to: something waits or is pending, the session ignores somebody, or it is over. A
    room's batch goes that way to nearly everybody.

    What the sink cannot take, or what comes behind an unfilled :class:`Slot`, waits in a queue of at most ``limit`` bytes:
    an addition to an empty queue always fits, one that would take a non-empty queue over the limit ends the session. So
    does a fault of the sink, of a slot's pieces or of what is called when they are out: it must not affect other sessions that
    are served in this turn.
    """

    __slots__ = (
        "_backlog",
        "_broken",
        "_held",
        "_limit",
        "_paused",
        "_queue",
        "_send",
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
        "send",
    )

    def __init__(
        self, sink: Sink, here: Variant, elsewhere: Variant, limit: int, backlog: Backlog
    ) -> None:
        self._sink = sink
        self._send = sink.send
        self._limit = limit
        self._backlog = backlog
        self._queue: deque[bytes | Slot] = deque()
        self._paused = False
        self._writing = False
        self._broken = False
        self._held = 0
        self.send: Callable[[bytes], int] | None = self._send
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
        if self._broken:
            self._end(FAULT)
            return
        if self.pending:
            data = self.pending[0] if len(self.pending) == 1 else b"".join(self.pending)
            self.pending.clear()
            if data and not self._paused and not self._queue:
                try:
                    self._hand_over(data)
                except Exception:
                    self._fail()
                else:
                    self.refresh()
                return
            self._enqueue(data)
        self.go_on()

    def mark(self, dirty: list[Outbox]) -> None:
        """Note that there is something to flush: append this to ``dirty`` if it is not there yet."""
        if not self.dirty:
            self.dirty = True
            self.send = None
            dirty.append(self)

    def refresh(self) -> None:
        """Find out anew whether :attr:`send` may be used; needed after ``ignored`` has changed."""
        free = not (self._paused or self._queue or self.closed or self._broken)
        self.send = self._send if free and not self.dirty and not self.ignored else None

    def partly(self, data: bytes, sent: int) -> None:
        """Let the sink hold what :attr:`send` did not take of ``data``."""
        self._held = len(data) - sent
        self._sink.hold(data[sent:])
        self._count()

    def broke(self) -> None:
        """Note that :attr:`send` raised what is being handled: the next flush ends the session."""
        log.failure(_FAILED)
        self._broken = True
        self.send = None

    def _hand_over(self, data: bytes) -> None:
        try:
            sent = self._send(data)
        except OSError:
            sent = 0
        if sent != len(data):
            self.partly(data, sent)

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
            self.send = None
        return slot

    def pause(self) -> None:
        """The sink can take no more for now."""
        self._paused = True
        self.send = None

    def resume(self) -> None:
        """The sink can take more."""
        if self._paused:
            self._paused = False
            self._held = 0
            self._count()
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
                    self._hand_over(data)
                # Only now: this may let the session's next command in, and its answer comes behind this one.
                for each in done:
                    each()
                if not data and not done:
                    self._ask()
                    break
        except Exception:
            self._fail()
        finally:
            self._writing = False
        self.refresh()
        if not (self._paused or self._queue or self.closed):
            self._sink.drained()

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
                self._count()
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
                    head.pieces = None
                    if head.more is not None:
                        break
                    self._queue.popleft()
                    done += [head.done] if head.done is not None else []
        return b"".join(parts), done

    def _ask(self) -> None:
        """Ask for more of the answer that is next, if there is more.

        What comes is handed over in a later turn, even if it comes at once: a fast reader of a long answer must not keep
        the others waiting.
        """
        head = self._queue[0] if self._queue else None
        if isinstance(head, Slot) and head.more is not None:
            more, head.more = head.more, None
            more()

    def _enqueue(self, data: bytes) -> None:
        # Nothing is what a variant does not show: it must not make the queue longer, turn after turn.
        if self.closed or not data:
            return
        if self.queued and self.queued + len(data) > self._limit:
            self.end()
            return
        self._queue.append(data)
        self.send = None
        self.queued += len(data)
        self._count()
        self._backlog.relieve()

    def _count(self) -> None:
        self._backlog.note(self, self.queued + self._held)

    def _fail(self) -> None:
        """End the session for the exception that is being handled."""
        log.failure(_FAILED)
        self._end(FAULT)

    def end(self) -> None:
        """End the session, whose reader is too slow."""
        self._backlog.ended += 1
        self._end(TOO_SLOW)

    def _end(self, reason: str) -> None:
        self.close()
        try:
            self._sink.overflowed(reason)
        except Exception:
            log.failure("closing a session failed")

    @property
    def empty(self) -> bool:
        """Nothing is on its way any more that this side holds."""
        return not (self.pending or self._queue or self._held)

    def close(self) -> None:
        """Forget what waits and take nothing more."""
        self.closed = True
        self.send = None
        self.pending.clear()
        self._queue.clear()
        self.queued = self._held = 0
        self._count()


log = Logger(namespace="twisted_chat.delivery")


class Behind(Protocol):
    """A session for which bytes wait, or of which bytes wait."""

    def end(self) -> None:
        """End it now."""


class Backlog:
    """Counts the bytes that wait for all sessions of a server, and bounds them.

    A limit for each session is not enough: a thousand of them, each just within it, are more than a small machine has.
    Over ``limit`` bytes, the sessions with the most waiting are ended, until a quarter of it is free.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._of: dict[Behind, int] = {}
        #: How many bytes wait, and how many sessions were ended as too slow since the server started.
        self.bytes = 0
        self.ended = 0

    def note(self, session: Behind, waiting: int) -> None:
        """Note how many bytes wait for a session, or of it."""
        self.bytes += waiting - self._of.pop(session, 0)
        if waiting:
            self._of[session] = waiting

    def relieve(self) -> None:
        """End the sessions that are furthest behind, if too much waits."""
        if self.bytes <= self.limit:
            return
        log.warn(
            "{bytes} bytes are waiting for slow readers or from fast senders, more than {limit}; "
            "the sessions with the most are disconnected",
            bytes=self.bytes,
            limit=self.limit,
        )
        for session in sorted(self._of, key=self._of.__getitem__, reverse=True):
            if self.bytes <= self.limit * 3 // 4:
                break
            session.end()
