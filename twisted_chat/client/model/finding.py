"""Searching in the lines of a conversation."""

from __future__ import annotations

from collections.abc import Sequence

from twisted_chat.client.model.lines import Line


def find(lines: Sequence[Line], wanted: str, start: int, step: int) -> int | None:
    """Return the index of the next line that has ``wanted`` in its text or as the beginning of its nickname.

    Upper and lower case are the same. It goes from ``start`` on, itself included, by ``step`` (1 or -1).
    """
    wanted = wanted.casefold()
    if not wanted:
        return None
    index = start
    while 0 <= index < len(lines):
        line = lines[index]
        if wanted in line.text.casefold() or line.nick.casefold().startswith(wanted):
            return index
        index += step
    return None
