"""Parts of sentences: counts, spans, times, reasons, pages, lists of names. Texts are inserted as they are given."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Final

# Where lists of names are broken: what fits on the narrowest terminal in use, with two columns to spare, behind a mark of three.
WIDTH: Final = 75
# No name has one.
_NO_BREAK: Final = "\u00a0"


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


def one_line(lines: Iterable[str]) -> str:
    """Say a list, or the beginning of one, as a sentence."""
    return sentence(" ".join([line.strip() for line in lines]).removesuffix(":"))


def because(reason: str | None) -> str:
    """Say a reason, to stand behind what happened; nothing if there is none."""
    return f" ({reason})" if reason else ""


def some(names: Sequence[str]) -> str:
    """Name the first few of many."""
    return ", ".join(names[:10]) + (" …" if len(names) > 10 else "")


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


def paging(page: int, pages: int, command: str | None = None) -> str:
    """Say which page this is, and with which ``command`` and number the next is shown; nothing if it is the only one."""
    if pages <= 1:
        return ""
    after = f"; {command}{page + 1} shows the next" if command and page < pages else ""
    return f" (page {page} of {pages}{after})"


def wrapped(names: Iterable[object]) -> tuple[str, ...]:
    """List names on as many lines as they need; what marks a name stays beside it."""
    text = ", ".join(str(name).replace(" ", _NO_BREAK) for name in names)
    lines = folded("  ", text)
    return tuple(line.replace(_NO_BREAK, " ") for line in lines) if _NO_BREAK in text else lines


# Everyone who enters a crowded room is shown the same first page of names.
@functools.lru_cache(maxsize=64)
def folded(begin: str, text: str, width: int = WIDTH) -> tuple[str, ...]:
    """Break a text at blanks: the first line starts with ``begin``, the others stand below it."""
    lines = textwrap.wrap(
        text,
        width,
        initial_indent=begin,
        subsequent_indent=" " * len(begin),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return tuple(lines)
