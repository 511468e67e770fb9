"""How the JSON dialect writes values: times, names, how much is kept."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, tzinfo
from typing import Any

from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.retention import Keep


@functools.lru_cache(maxsize=4096)
def time_of_day(second: int, zone: tzinfo | None) -> str:
    """Write the time of day of a second since 1970."""
    return datetime.fromtimestamp(second, zone).strftime("%H:%M:%S")


def rfc3339(time: float) -> str:
    """Write a time, in seconds since 1970, as RFC 3339 has it: UTC, with milliseconds (cut, not rounded)."""
    second, thousandth = divmod(int(time * 1000), 1000)
    return f"{_date(second)}.{thousandth:03d}Z"


@functools.lru_cache(maxsize=4096)
def _date(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def kept(keep: Keep) -> dict[str, Any]:
    """Say how much of a history is kept; null is no limit."""
    return {"days": keep.days or None, "lines": keep.lines or None}


def nick_texts(nicks: tuple[Nick, ...]) -> list[str]:
    return [nick.text for nick in nicks]
