"""The lines of one conversation, in the server's order, each once."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from operator import attrgetter
from typing import Final

import msgspec

from twisted_chat.client.model.lines import UNSETTLED, Line, StateDir, weight

_place: Final[Callable[[Line], StateDir]] = attrgetter("place")

# One numbering for all buffers: what is drawn of a line is found again under its number.
_serials: Final = itertools.count(1)


class Buffer:
    """Lines sorted by place. What has an id stands where that says, and is taken once; what has none stands behind what
    was last when it came; what waits for its acknowledgement stands at the end.
    """

    def __init__(self) -> None:
        self.lines: list[Line] = []
        #: There may be older lines, which the server can be asked for.
        self.more = True
        #: Grows with every change of the lines.
        self.changes = 0
        #: The highest id that was ever here; empty if none was.
        self.last_id = ""
        #: How many bytes the lines take, about.
        self.weight = 0
        # Of lines that were folded into others too.
        self._ids: set[str] = set()
        self._waiting: dict[str, Line] = {}

    def __len__(self) -> int:
        return len(self.lines)

    def __contains__(self, message: str) -> bool:
        return message in self._ids

    @property
    def first_id(self) -> str:
        """The id of the oldest line that has one; empty if none has."""
        return next((line.id for line in self.lines if line.id), "")

    def index(self, place: StateDir) -> int:
        """Return where the first line is that stands at ``place`` or behind it."""
        return bisect_left(self.lines, place, key=_place)

    def add(self, line: Line) -> Line | None:
        """Put a line where it belongs, and return it as it stands there; None if it is there already."""
        if line.id:
            if line.id in self._ids:
                return None
            place = (line.id, 0)
            if line.tag:
                self._forget(line.tag)
        elif line.waiting:
            if line.tag in self._waiting:
                return None
            place = (UNSETTLED, next(_serials))
        else:
            place = (self.last_id, next(_serials))
        return self._insert(line, place)

    def settle(self, tag: str, message: str, time: float) -> Line | None:
        """Give what was sent as ``tag`` the id and the place that the server gave it; None if nothing waits for that."""
        line = self._forget(tag)
        if line is None or message in self._ids:
            return None
        return self._insert(msgspec.structs.replace(line, id=message, time=time), (message, 0))

    def refuse(self, tag: str, why: str) -> Line | None:
        """Show what was sent as ``tag`` as an error with the reason; None if nothing waits for that."""
        line = self._forget(tag)
        if line is None:
            return None
        text = f"{why} (not sent: {line.text})"
        refused = msgspec.structs.replace(line, kind="error", text=text, tag="")
        return self._insert(refused, (self.last_id, next(_serials)))

    def replace(self, index: int, line: Line) -> Line:
        """Put another line in the place of one; the ids it stands for are taken from then on."""
        self.changes += 1
        changed = msgspec.structs.replace(
            line, place=self.lines[index].place, serial=next(_serials)
        )
        self.weight += weight(changed) - weight(self.lines[index])
        self.lines[index] = changed
        self._ids.update(line.ids)
        self.last_id = max(self.last_id, *line.ids, "")
        return changed

    def drop(self, count: int, heavy: int = 0) -> int:
        """Forget the oldest lines, so many or until they had ``heavy`` bytes, but none that waits for its acknowledgement.

        Return how many.
        """
        settled = len(self.lines) - len(self._waiting)
        while heavy > 0 and count < settled:
            heavy -= weight(self.lines[count])
            count += 1
        count = min(count, settled)
        if count <= 0:
            return 0
        for line in self.lines[:count]:
            self._ids.difference_update((line.id, *line.ids))
            self.weight -= weight(line)
        self.changes += 1
        del self.lines[:count]
        self.more = True
        return count

    def remove(self, unwanted: Callable[[Line], bool]) -> int:
        """Forget the lines that are unwanted, and never take them again; return how many."""
        self.changes += 1
        before = len(self.lines)
        self.lines = [line for line in self.lines if not unwanted(line)]
        self.weight = sum(map(weight, self.lines))
        return before - len(self.lines)

    def _insert(self, line: Line, place: StateDir) -> Line:
        self.changes += 1
        line = msgspec.structs.replace(line, place=place, serial=next(_serials))
        self.lines.insert(bisect_right(self.lines, place, key=_place), line)
        self.weight += weight(line)
        if line.id:
            self._ids.add(line.id)
            self.last_id = max(self.last_id, line.id)
        elif line.waiting:
            self._waiting[line.tag] = line
        return line

    def _forget(self, tag: str) -> Line | None:
        """Take out the line that waits under ``tag``."""
        line = self._waiting.pop(tag, None)
        if line is not None:
            self.changes += 1
            self.weight -= weight(line)
            del self.lines[self.index(line.place)]
        return line
