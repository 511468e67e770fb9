"""Every message exactly once and in order, checked without being slower than the server under test.

All members of a room that do not speak get the same bytes. So the first of them to get a piece is checked line by
line, and what it got becomes the :class:`Reference`; the others' bytes are compared with it, a block at a time.
Whoever differs (a speaker, who lacks his own lines; a ping in between; a server that orders per member) is checked line by
line from there on.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from bench.speak import Marker
from bench.stats import Latencies

# The reference forgets what everybody has got, in blocks of this many bytes.
_TRIM: Final = 4 * 1024 * 1024
# Who is so far behind is no longer compared, but checked line by line, so that this is the most that is kept.
_MOST: Final = 16 * _TRIM
# Longer than any line a server sends; more without a message is no beginning of one.
_LONGEST: Final = 64 * 1024


class Ledger:
    """Which messages somebody got, by speaker."""

    def __init__(self, next_numbers: Mapping[int, int] | None = None) -> None:
        self.next = Counter(next_numbers or {})
        self.delivered = sum(self.next.values())
        self.duplicates = 0
        self.misordered = 0
        self._skipped: dict[int, set[int]] = {}

    def note(self, speaker: int, number: int) -> None:
        """Note that a message came. One that was skipped and comes later is out of order, not lost."""
        due = self.next[speaker]
        if number == due:
            self.next[speaker] = due + 1
            self.delivered += 1
            return
        skipped = self._skipped.setdefault(speaker, set())
        if number > due:
            skipped.update(range(due, number))
            self.next[speaker] = number + 1
            self.delivered += 1
        elif number in skipped:
            skipped.discard(number)
            self.misordered += 1
            self.delivered += 1
        else:
            self.duplicates += 1


class Reference:
    """What everybody in a room should get, as the first to get it did."""

    def __init__(self, marker: Marker) -> None:
        self._marker = marker
        self._next: Counter[int] = Counter()  # the number of each speaker's next message
        self._data = bytearray()
        self._base = 0  # the offset in the stream of data[0]
        self._scanned = 0  # the offset up to which whole lines were looked at
        self._first = 0  # the index of the message ends[0] belongs to
        self._ends: list[int] = []
        self._sent: list[int] = []
        self._speakers: list[int] = []
        self._before: Counter[int] = Counter()  # how many of each speaker were forgotten
        self._listeners: list[Listener] = []

    def join(self, listener: Listener) -> None:
        """Keep what this listener has not got yet."""
        self._listeners.append(listener)

    def take(self, position: int, data: bytes) -> bool:
        """Return whether ``data`` is right at ``position``; beyond the end it is added, if it is right by itself."""
        known = self._base + len(self._data) - position
        if len(data) <= known:
            return self._data.startswith(data, position - self._base)
        return self._data.startswith(data[:known], position - self._base) and self._add(
            data[known:]
        )

    def _add(self, new: bytes) -> bool:
        tail = bytes(self._data[self._scanned - self._base :]) + new
        found = self._marker.find(tail)
        due = self._next.copy()
        for delivery in found:
            if delivery.number != due[delivery.speaker]:
                return False
            due[delivery.speaker] += 1
        self._next = due
        self._ends += [self._scanned + delivery.end for delivery in found]
        self._sent += [delivery.sent for delivery in found]
        self._speakers += [delivery.speaker for delivery in found]
        self._scanned += tail.rfind(b"\n") + 1
        self._data += new
        if len(self._data) > _TRIM:
            self._trim()
        return True

    def index(self, position: int, start: int) -> int:
        """Return how many messages end at or before ``position``; ``start`` is a number known to."""
        return self._first + bisect_right(self._ends, position, start - self._first)

    def sent(self, start: int, end: int) -> list[int]:
        """Return when the messages from ``start`` to before ``end`` were sent, in µs."""
        return self._sent[start - self._first : end - self._first]

    def next_numbers(self, index: int) -> Counter[int]:
        """Return the number of each speaker's next message after ``index`` messages."""
        return self._before + Counter(self._speakers[: index - self._first])

    def line_before(self, position: int) -> bytes:
        """Return the beginning of the line in which ``position`` is."""
        start = self._data.rfind(b"\n", 0, position - self._base) + 1
        return bytes(self._data[start : position - self._base])

    def _trim(self) -> None:
        if len(self._data) > _MOST:
            for listener in self._listeners.copy():
                if listener.position - self._base < _MOST // 2:
                    listener.detach()
        position = min(each.position for each in self._listeners)
        index = min(each.index for each in self._listeners)
        # The line in which the slowest is must stay whole, for line_before.
        cut = self._data.rfind(b"\n", 0, max(0, position - self._base)) + 1
        if cut < _TRIM // 2:
            return
        self._before += Counter(self._speakers[: index - self._first])
        for values in (self._ends, self._sent, self._speakers):
            del values[: index - self._first]
        self._first = index
        del self._data[:cut]
        self._base += cut

    def leave(self, listener: Listener) -> None:
        """Keep nothing more for this listener."""
        self._listeners.remove(listener)


class Listener:
    """One member's bytes: counts and checks the messages in them.

    ``delivered`` is called with the number of messages in each piece, ``now`` gives the time in µs; ``latencies`` is None
    for a member whose deliveries are counted but not timed.
    """

    def __init__(
        self,
        marker: Marker,
        delivered: Callable[[int], None],
        now: Callable[[], int],
        latencies: Latencies | None,
        reference: Reference | None = None,
    ) -> None:
        self._marker = marker
        self._delivered = delivered
        self._now = now
        self._latencies = latencies
        self._reference = reference
        self._begun = False
        self._rest = b""
        self._ledger = Ledger()
        self.position = 0
        self.index = 0
        if reference is not None:
            reference.join(self)

    def receive(self, data: bytes) -> None:
        """Look at the next piece of the stream."""
        reference = self._reference
        if reference is None:
            self._by_line(data)
        elif not self._begun:
            self._begin(data)
        elif reference.take(self.position, data):
            self.position += len(data)
            before = self.index
            index = self.index = reference.index(self.position, before)
            if index > before:
                if self._latencies is not None:
                    now = self._now()
                    # What was sent with one write was sent at one time: few different ones.
                    for sent, times in Counter(reference.sent(before, index)).items():
                        self._latencies.add(now - sent, times)
                self._delivered(index - before)
        else:
            self.detach()
            self._by_line(data)

    def _begin(self, data: bytes) -> None:
        """Wait for the first message; what comes before it is not the same for all, nor need it be."""
        data = self._rest + data
        found = self._marker.find(data)
        if found:
            self._begun = True
            self._rest = b""
            self.receive(data[data.rfind(b"\n", 0, found[0].end - 1) + 1 :])
        else:
            self._rest = data[data.rfind(b"\n") + 1 :][-_LONGEST:]

    def detach(self) -> None:
        """Go on line by line from here."""
        reference, self._reference = self._reference, None
        assert reference is not None, "already detached"
        reference.leave(self)
        self._ledger = Ledger(reference.next_numbers(self.index))
        if self._begun:
            self._rest = reference.line_before(self.position)

    def _by_line(self, data: bytes) -> None:
        data = self._rest + data
        self._rest = data[data.rfind(b"\n") + 1 :][-_LONGEST:]
        before = self._ledger.delivered
        now = self._now()
        for delivery in self._marker.find(data):
            self._ledger.note(delivery.speaker, delivery.number)
            if self._latencies is not None:
                self._latencies.add(now - delivery.sent)
        if self._ledger.delivered > before:
            self._delivered(self._ledger.delivered - before)

    def result(self) -> Ledger:
        """Return what came until now."""
        if self._reference is not None:
            return Ledger(self._reference.next_numbers(self.index))
        return self._ledger
