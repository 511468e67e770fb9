"""A room as delivery sees it: the sessions that get its lines, and what was said in this reactor turn, or in several.

Lines of a busy room linger, so that several cost each member's socket one send. Handing a line to one member costs the server a
system call, whatever its length. Where a line comes every few milliseconds to hundreds of members, waiting a little, less than
anyone notices, saves most of those calls. If lines are rare there is nothing to combine; if members are few there is nothing to
save; and if lines come faster than the reactor turns, each turn has many anyway. In these cases lines do not wait.
"""

from __future__ import annotations

from typing import Final

from twisted.logger import Logger

from twisted_chat.core.api.events import Envelope, Said, is_hidden
from twisted_chat.core.values.ids import RoomId
from twisted_chat.delivery.outbox import Outbox
from twisted_chat.dialects.base import Variant

log = Logger(namespace="twisted_chat.delivery")

#: What stands around each line when it is shown, in bytes: at most so much of a name, and the line end.
_AROUND: Final = 32
#: Over how many seconds the pace of a room is measured.
_WINDOW: Final = 0.1
#: Sends a second from which on a room is worth it: at 2.5 µs each, a fortieth of a core.
_MANY_SENDS: Final = 10_000
#: As many lines are enough. Measured with 200 members and 256 messages in flight: 16 cost 0.13 µs a delivery, 64 0.107 at the
#: same rate and latency, 128 0.093 at a rate a seventh lower.
_ENOUGH: Final = 64
#: The reactor's own waits have no finer grain, in seconds.
_GRAIN: Final = 0.001


def linger(rate: float, members: int, most: float) -> float:
    """Return how long, in seconds, lines should wait for more: ``rate`` lines a second come to a room, ``most`` is allowed."""
    if rate * members < _MANY_SENDS or rate * most < 0.5:
        return 0.0
    wait = min(most, _ENOUGH / rate)
    return wait if wait >= _GRAIN else 0.0


class Pace:
    """How fast lines come to one room, and how long they should wait for more."""

    __slots__ = ("_lines", "_most", "_since", "wait")

    def __init__(self, most: float) -> None:
        self._most = most
        self._since = 0.0
        self._lines = 0
        self.wait = 0.0

    def note(self, now: float, lines: int, members: int) -> None:
        """Note that so many lines were handed out."""
        self._lines += lines
        span = now - self._since
        if not 0 <= span < _WINDOW:  # also when the clock was set back
            self.wait = linger(self._lines / span, members, self._most)
            self._since, self._lines = now, 0


class RoomBatch:
    """The batch of a room and the sessions that get it.

    Every session in the room gets every entry of the batch, rendered once per variant, but for two kinds. A session that
    entered, or was handed something else during this turn, has a *cursor*: it got (or must not get) the entries before
    that. A session that spoke *skips* its own entries. ``size`` is about how many bytes of what people said wait in the
    batch.
    """

    __slots__ = (
        "_cursors",
        "_groups",
        "_rendered",
        "_skips",
        "_speakers",
        "entries",
        "pace",
        "room",
        "size",
    )

    def __init__(self, room: RoomId, most: float) -> None:
        """``most``: how long lines may linger, in seconds."""
        self.room = room
        self.pace = Pace(most)
        self.entries: list[Envelope] = []
        self.size = 0
        self._groups: dict[Variant, dict[Outbox, None]] = {}
        self._cursors: dict[Outbox, int] = {}
        self._skips: dict[Outbox, list[int]] = {}
        self._rendered: dict[Variant, list[bytes]] = {}
        self._speakers: set[str] = set()

    def __len__(self) -> int:
        return sum(map(len, self._groups.values()))

    def outboxes(self) -> list[Outbox]:
        """Return the sessions that get this room's lines."""
        return [outbox for group in self._groups.values() for outbox in group]

    def _variant(self, outbox: Outbox) -> Variant:
        return outbox.here if outbox.focus == self.room else outbox.elsewhere

    def enter(self, outbox: Outbox) -> None:
        """Let a session hear what is said from now on."""
        self._groups.setdefault(self._variant(outbox), {})[outbox] = None
        if self.entries:
            self._cursors[outbox] = len(self.entries)

    def leave(self, outbox: Outbox) -> None:
        """Take a session out; the caller has let it catch up."""
        variant = self._variant(outbox)
        group = self._groups[variant]
        del group[outbox]
        if not group:
            del self._groups[variant]
        self._cursors.pop(outbox, None)
        self._skips.pop(outbox, None)

    def add(self, envelope: Envelope, skip: Outbox | None = None) -> None:
        """Add to the batch; ``skip`` is the session that must not get it."""
        if skip is not None and self.room in skip.rooms:
            self._skips.setdefault(skip, []).append(len(self.entries))
        self.entries.append(envelope)
        event = envelope.event
        if isinstance(event, Said):
            for line in event.lines:
                self.size += len(line.encode()) + _AROUND
            if event.extras is not None:
                self.size += event.extras.size
            assert envelope.author is not None
            self._speakers.add(envelope.author.nick.key)

    def move_on(self, outbox: Outbox) -> None:
        """Let a session get nothing of what is in the batch now; the caller has let it catch up with what it should."""
        self._cursors[outbox] = len(self.entries)

    def catch_up(self, outbox: Outbox) -> bool:
        """Append to ``outbox.pending`` what it has not got of the batch; return whether that was anything."""
        if self._cursors.get(outbox, 0) == len(self.entries):
            return False
        lines = self._lines(outbox)
        outbox.pending += lines
        self._cursors[outbox] = len(self.entries)
        return bool(lines)

    def _lines(self, outbox: Outbox) -> list[bytes]:
        """Return what a session has not got of the batch, and should."""
        rendered, start = self._render(self._variant(outbox)), self._cursors.get(outbox, 0)
        skips = self._skips.get(outbox, ())
        if outbox.ignored and not self._speakers.isdisjoint(outbox.ignored):
            return [
                rendered[index]
                for index in range(start, len(rendered))
                if index not in skips and not is_hidden(self.entries[index], outbox.ignored)
            ]
        lines: list[bytes] = []
        for index in skips:
            if index >= start:
                lines += rendered[start:index]
                start = index + 1
        return lines + rendered[start:]

    def _add_to(self, outbox: Outbox, joined: bytes) -> None:
        """Append to ``outbox.pending`` what it gets of the batch, which is ``joined`` in its variant."""
        if (
            outbox in self._cursors
            or outbox in self._skips
            or (outbox.ignored and not self._speakers.isdisjoint(outbox.ignored))
        ):
            outbox.pending += self._lines(outbox)
        else:
            outbox.pending.append(joined)

    def _render(self, variant: Variant) -> list[bytes]:
        """Return the batch as this variant sees it; what is rendered once is kept until the batch is out."""
        lines = self._rendered.setdefault(variant, [])
        if len(lines) < len(self.entries):
            lines += [shown(variant, entry) for entry in self.entries[len(lines) :]]
        return lines

    def spill(self, dirty: list[Outbox], now: float, *, alone: bool) -> None:
        """Hand the batch to every session at the time ``now``, and start anew.

        ``alone``: no other room has a batch in this turn, so that it is sent at once to the sessions that can take it. The
        others get it as ``pending``, and are marked ``dirty``.
        """
        self.pace.note(now, len(self.entries), len(self))
        for outbox in (*self._cursors, *self._skips):
            outbox.send = None  # these do not get all of it
        for variant, group in self._groups.items():
            joined = b"".join(self._render(variant))
            size = len(joined)
            at_once = alone and size > 0
            for outbox in group:
                # The one place where something is done for each recipient: keep it short.
                send = outbox.send
                if send is None or not at_once:
                    self._add_to(outbox, joined)
                    if outbox.pending:
                        outbox.mark(dirty)
                    else:
                        outbox.refresh()
                    continue
                try:
                    sent = send(joined)
                except OSError:
                    sent = 0
                except Exception:
                    outbox.broke()
                    outbox.mark(dirty)
                    continue
                if sent != size:
                    outbox.partly(joined, sent)
        self.entries.clear()
        self.size = 0
        self._cursors.clear()
        self._skips.clear()
        self._rendered.clear()
        self._speakers.clear()


def shown(variant: Variant, envelope: Envelope) -> bytes:
    """Render an event. A fault in that is logged under the event's id, and costs nobody anything but this event."""
    try:
        return variant.event(envelope)
    except Exception:
        what = type(envelope.event).__name__
        log.failure("showing event {id} ({what}) failed", id=envelope.id, what=what)
        return b""
