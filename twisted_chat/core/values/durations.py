"""Durations as people write them: ``10m``, ``2h``, ``7d``, ``1d12h``."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
# Six digits of each unit: no number here is large enough to be trouble anywhere.
_WRITTEN: Final = re.compile(r"(?:[0-9]{1,6}[smhdw]){1,5}")
_PART: Final = re.compile(r"([0-9]+)([smhdw])")

#: The longest duration. What is to last longer is meant to have no end.
MAX_DURATION: Final = 3650 * 86_400

_NAMES: Final = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def read_duration(text: str) -> int | None:
    """Return the seconds that a duration has, 1 to :data:`MAX_DURATION`; None if it is none or another."""
    text = text.lower()
    if not _WRITTEN.fullmatch(text):
        return None
    seconds = sum(int(count) * _UNITS[unit] for count, unit in _PART.findall(text))
    return seconds if 0 < seconds <= MAX_DURATION else None


def spell_duration(seconds: float) -> str:
    """Say a duration in the two largest units that it has: ``1 day 12 hours``; no less than a second."""
    left = max(1, round(seconds))
    parts = []
    for size, name in _NAMES:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count:,} {name}{'s' if count > 1 else ''}")
        if len(parts) == 2:
            break
    return " ".join(parts)
