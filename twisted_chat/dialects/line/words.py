"""Small words that the line dialect uses everywhere: counts, spans, times, the end of a sentence."""

from __future__ import annotations

import functools
from datetime import datetime, tzinfo

from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects.line.layout import isolated, placed


@functools.lru_cache(maxsize=4096)
def date_and_clock(minute: int, zone: tzinfo | None) -> tuple[str, str]:
    """Return date and time of a minute since 1970."""
    then = datetime.fromtimestamp(minute * 60, zone)
    return f"{then:%Y-%m-%d}", f"{then:%H:%M}"


def date(time: float, zone: tzinfo | None) -> str:
    """Write date and time of a time in seconds since 1970."""
    return " ".join(date_and_clock(int(time) // 60, zone))


def sentence(text: str) -> str:
    """End a text as a sentence."""
    return text if text.endswith((".", "?", "!", ")")) else f"{text}."


def because(reason: CleanText | None) -> str:
    """Say a reason, to stand behind what happened; nothing if there is none."""
    return f" ({placed(reason)})" if reason else ""


def some(names: tuple[Nick, ...] | tuple[RoomName, ...]) -> str:
    """Name the first few of many."""
    return ", ".join(isolated(str(name)) for name in names[:10]) + (" …" if len(names) > 10 else "")


def span(seconds: float) -> str:
    """Say how long that is, in the greatest unit that it has."""
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"


def counted(count: int, what: str) -> str:
    """Say how many there are of what."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
