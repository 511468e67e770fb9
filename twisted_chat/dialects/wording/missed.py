"""What a user missed while away, as one line of text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from twisted_chat.core.api import replies as r

#: How many rooms, and people who wrote in private, are named; a line that names more is not read.
_NAMED: Final = 20


def summary(missed: r.Missed) -> str:
    """Say how much was said where, and who wrote in private."""
    parts = list(_some(map(_room, missed.rooms), "rooms"))
    if missed.private:
        count = sum(count for _, count in missed.private)
        names = ", ".join(_some((f"{name} {count}" for name, count in missed.private), "people"))
        parts.append(f"{_count(count, 'private message')} ({names})")
    return f"While you were away: {'; '.join(parts)}."


def _room(room: r.MissedRoom) -> str:
    lines = f"{_count(room.count, 'line')}{' or more' if room.more else ''}"
    mentions = f", {_count(room.mentions, 'mention')}" if room.mentions else ""
    return f"{room.room} {lines}{mentions}"


def _some(texts: Iterable[str], what: str) -> list[str]:
    found = list(texts)
    left_out = len(found) - _NAMED
    return found if left_out <= 0 else [*found[:_NAMED], f"and {left_out:,} more {what}"]


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
