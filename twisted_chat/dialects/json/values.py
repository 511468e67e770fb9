"""How the JSON dialect writes values: the time of day, and names."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import datetime, tzinfo

from twisted_chat.core.values.names import Nick


@functools.lru_cache(maxsize=4096)
def time_of_day(second: int, zone: tzinfo | None) -> str:
    """Write the time of day of a second since 1970."""
    return datetime.fromtimestamp(second, zone).strftime("%H:%M:%S")


def nick_texts(nicks: Iterable[Nick]) -> tuple[str, ...]:
    return tuple([nick.text for nick in nicks])
