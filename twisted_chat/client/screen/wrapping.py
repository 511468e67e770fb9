"""Where a text breaks into rows of a width in cells."""

from __future__ import annotations

import re
from typing import Final

from rich.cells import cell_len, split_graphemes

# A word and the blanks behind it, which may stand beyond the edge.
_WORD: Final = re.compile(r"\s*\S+\s*|\s+")


def rows(text: str, width: int) -> list[tuple[int, int]]:
    """Return the (start, end) of each row of ``text``, at least one: each at most ``width`` cells without its last blanks.

    Rows break between words, and inside a word that is longer than a row; never inside what is one sign for the reader. A
    sign that is wider than a row has a row of its own.
    """
    if len(text) <= width and text.isascii():
        return [(0, len(text))]
    found: list[tuple[int, int]] = []
    start = at = used = 0
    for word in _WORD.finditer(text):
        end = word.end()
        cells = cell_len(word[0].rstrip())
        if used + cells > width and at > start:
            found.append((start, at))
            start, used = at, 0
        if cells > width:
            for sign, _, sign_cells in _signs(word[0], at):
                if used + sign_cells > width and sign > start:
                    found.append((start, sign))
                    start, used = sign, 0
                used += sign_cells
        else:
            used += cells
        used += end - at - len(word[0].rstrip())
        at = end
    if start < len(text) or not found:
        found.append((start, len(text)))
    return found


def _signs(word: str, offset: int) -> list[tuple[int, int, int]]:
    """Return (start, end, cells) of each sign of a word that begins at ``offset``."""
    word = word.rstrip()
    graphemes, _ = split_graphemes(word)
    # Measured again: behind joiners that join nothing it takes a sign for one without a width.
    return [
        (offset + start, offset + end, cell_len(word[start:end])) for start, end, _ in graphemes
    ]


def cut(text: str, width: int) -> str:
    """Cut a text to ``width`` cells, with an ellipsis if something is missing."""
    if cell_len(text) <= width:
        return text
    if width < 1:
        return ""
    kept, used = 0, 0
    for _, end, cells in _signs(text, 0):
        if used + cells > width - 1:
            break
        kept, used = end, used + cells
    return text[:kept] + "…"
