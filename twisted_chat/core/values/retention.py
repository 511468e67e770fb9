"""How much of a room's history is kept: as data, as people write it, and as they read it."""

from __future__ import annotations

import re
from typing import Final

import msgspec

# Nine digits are more days and lines than there will be, and fit into an integer of any database.
_PART: Final = re.compile(r"([1-9][0-9]{0,8}|[1-9][0-9]{0,2}(?:,[0-9]{3}){1,2}) *(days?|lines?)")


class Keep(msgspec.Struct, frozen=True, gc=False):
    """How much of a room's history is kept: for ``days`` days, and the last ``lines`` messages. 0 sets no limit."""

    days: int = 0
    lines: int = 0

    def within(self, most: Keep) -> Keep:
        """Return this, but nowhere more than ``most``."""
        return Keep(_less(self.days, most.days), _less(self.lines, most.lines))

    def capped(self, most: Keep) -> Keep:
        """Return this with what it limits limited to ``most``; what it leaves open stays open."""
        within = self.within(most)
        return Keep(self.days and within.days, self.lines and within.lines)

    def __str__(self) -> str:
        """Say it behind "history is kept": it can be read again, but for what sets no limit."""
        parts = [
            f"{start} {count:,} {unit}{'s' if count > 1 else ''}"
            for start, count, unit in (("for", self.days, "day"), ("up to", self.lines, "line"))
            if count
        ]
        return ", ".join(parts) or "as long as this server keeps messages"


KEEP_ALL: Final = Keep()


def read_keep(text: str) -> Keep | None:
    """Read ``30 days``, ``1000 lines`` or both in any order; ``-`` is no limit. None if it is something else."""
    if text.strip() == "-":
        return KEEP_ALL
    found: dict[str, int] = {}
    rest = text.strip().lower()
    while rest:
        part = _PART.match(rest)
        if part is None:
            return None
        unit = part[2].removesuffix("s")
        if unit in found:
            return None
        found[unit] = int(part[1].replace(",", ""))
        after = rest[part.end() :]
        rest = after.lstrip(" ,")
        if rest and rest == after:
            return None  # words that are written as one: 7 daysold
    return Keep(found.get("day", 0), found.get("line", 0)) if found else None


def _less(mine: int, most: int) -> int:
    """Return the smaller of two limits, of which 0 is none."""
    return min(mine, most) if mine and most else mine or most
