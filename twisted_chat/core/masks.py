"""Masks of nicknames, such as ``*spam*`` and ``guest?``: how they are read, and whether a name fits one."""

from __future__ import annotations

import re
from typing import Final

#: The longest mask, in characters: twice a nickname. With it a name is held against a mask in some thousand steps at most.
MAX_MASK: Final = 64

_STARS: Final = re.compile(r"\*+")


def is_mask(text: str) -> bool:
    """Tell whether a text is a mask and no name."""
    return "*" in text or "?" in text


def shortened(mask: str) -> str:
    """Return a mask with one star for each run of them, which means the same."""
    return _STARS.sub("*", mask)


def fits_all(mask: str) -> bool:
    """Tell whether there is nothing that a mask asks of a name but its length."""
    return not mask.strip("*?")


def fits(mask: str, text: str) -> bool:
    """Tell whether ``text`` is as ``mask`` says: ``*`` stands for any characters or none, ``?`` for one.

    Takes as many steps as the one has characters times those of the other, at most: only the last star that was passed
    can be tried again, for what is before it stands where it can stand first.
    """
    at = place = 0
    star = tried = -1
    while place < len(text):
        if at < len(mask) and mask[at] == "*":
            star, tried = at, place
            at += 1
        elif at < len(mask) and mask[at] in ("?", text[place]):
            at += 1
            place += 1
        elif star >= 0:
            tried += 1
            at, place = star + 1, tried
        else:
            return False
    return not mask[at:].strip("*")
