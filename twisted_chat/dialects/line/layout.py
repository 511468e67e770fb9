"""How a line stands on a screen: no text that one person wrote can look like a line of another, or reverse what is next to it.

A text that is padded to the width of a terminal goes on in the first column of its next row, where lines begin. So no line
has many blanks in a row, and where the width is known long lines are broken here, with an indent. Letters that are written
from right to left would reorder the name or the time before them: they stand in an isolate (Unicode Annex #9, section 2.4).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from typing import Final
from unicodedata import category, east_asian_width

#: The most columns of blanks in a row, at the beginning of a text too. Code and tables need fewer; no terminal is narrower.
MAX_BLANKS: Final = 40
#: The widths that lines are broken for: the next smaller one is taken, so that a room is rendered for few. Twenty columns are
#: the least that telnet takes; in a window of more than 200 the blanks do not reach the edge.
WIDTHS: Final = (20, 40, 60, 80, 100, 120, 160, 200)
#: What all rows of a line but the first begin with: nothing that is said begins so in the first column.
INDENT: Final = "    "

_BLANK: Final = " " * MAX_BLANKS
_TOO_MANY: Final = re.compile(rf" {{{MAX_BLANKS + 1},}}")
# What shows as a blank, U+2800 and the Hangul fillers among it, and what shows as nothing and may stand between. Half of
# them, for some blanks are two columns wide.
_GAP: Final = re.compile(
    "[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000\u115f\u1160\u3164\uffa0"
    "\u00ad\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f"
    f"\U000e0000-\U000e0fff]{{{MAX_BLANKS // 2 + 1},}}"
)
# Hebrew, Arabic and their neighbours, the blocks kept for others like them, and the marks that act as such letters.
_RIGHT_TO_LEFT: Final = re.compile(
    "[\u0590-\u08ff\u200e\u200f\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
# FIRST STRONG ISOLATE and POP DIRECTIONAL ISOLATE.
_ISOLATE: Final = "\u2068{}\u2069"


def isolated(text: str) -> str:
    """Return a text so that it cannot turn around what stands beside it. No clean text ends an isolate itself."""
    if text.isascii() or not _RIGHT_TO_LEFT.search(text):
        return text
    return _ISOLATE.format(text)


def placed(text: str) -> str:
    """Return a text that somebody wrote as it may stand in a line: isolated, and with no more blanks in a row than may be."""
    if text.isascii():
        return _TOO_MANY.sub(_BLANK, text) if _BLANK in text else text
    return isolated(_GAP.sub(_shortened, text))


def width_for(columns: int | None) -> int | None:
    """Return the width to break lines for in a window of so many columns; None if they need not be."""
    if columns is None or columns > WIDTHS[-1]:
        return None
    return WIDTHS[max(bisect_right(WIDTHS, columns) - 1, 0)]


def rows(line: str, width: int) -> list[str]:
    """Return a line broken into rows for a ``width``."""
    if 2 * len(line) < width or (len(line) < width and line.isascii()):
        return [line]
    return _broken(line, width)


def _shortened(gap: re.Match[str]) -> str:
    columns = sum(map(_columns_of, gap[0]))
    return _BLANK if columns > MAX_BLANKS else gap[0]


def _broken(line: str, width: int) -> list[str]:
    """Break a line, at blanks where that can be. The last column stays free: some terminals go on by themselves behind it."""
    edges, length = None if line.isascii() else _edges(line), len(line)
    rows: list[str] = []
    start, room, indent = 0, width - 1, ""
    while start < length:
        if edges is None:
            end = after = min(start + room, length)
        else:
            # With the marks that stand on the last letter, which take no column.
            end = after = bisect_right(edges, edges[start] + room) - 1
        if end < length:
            # Not where nearly nothing stands before it: a name and a word that fills rows, say.
            blank = line.rfind(" ", start + (end - start) // 3, end + 1)
            if line[start : blank + 1].strip(" "):
                end, after = blank, blank + 1
        row = line[start:end].rstrip(" ")
        rows.append(f"{indent}{row}")
        start, room, indent = after, width - 1 - len(INDENT), INDENT
        while start < length and line[start] == " ":
            start += 1
    return rows


# A room is rendered for some widths, one after the other.
@lru_cache(maxsize=16)
def _edges(line: str) -> list[int]:
    """Return in which column each character begins, and the last ends: rather too far right, where terminals differ."""
    return list(accumulate(map(_columns_of, line), initial=0))


@lru_cache(maxsize=4096)
def _columns_of(character: str) -> int:
    """Return how many columns a character takes, or may take."""
    if " " <= character <= "~":
        return 1
    if east_asian_width(character) in "WF":
        return 2
    kind = category(character)
    if kind in ("Mn", "Me"):
        return 0
    if kind in ("Cn", "Co"):
        return 2  # emoji newer than Python's tables
    # Joiners and isolates take none; tags do, where they are not known.
    return 0 if kind == "Cf" and "\u200b" <= character <= "\u206f" else 1
