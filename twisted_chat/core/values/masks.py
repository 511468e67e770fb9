"""Masks of nicknames, such as ``*spam*`` and ``guest?``: how they are read, and whether a name matches one."""

from __future__ import annotations

import functools
import re
from typing import Final

#: The longest mask, in characters: twice a nickname. With it a name is held against a mask in some thousand steps at most.
MAX_MASK: Final = 64
#: The longest mask of ``nick!user@host``: what it can fit is hardly longer.
MAX_HOSTMASK: Final = 128

_STARS: Final = re.compile(r"\*+")


def is_mask(text: str) -> bool:
    """Return whether a text is a mask and not a name."""
    return "*" in text or "?" in text


def shortened(mask: str) -> str:
    """Return a mask with one star for each run of them, which means the same."""
    return _STARS.sub("*", mask)


def fits_all(mask: str) -> bool:
    """Return whether there is nothing that a mask asks of a name but its length."""
    return not mask.strip("*?")


def fits(mask: str, text: str) -> bool:
    """Return whether ``text`` matches ``mask``: ``*`` stands for any characters or none, ``?`` for one.

    Takes one step for each character of the mask, whatever they are: hundreds of masks are compared with everyone who joins.
    """
    places, end = _places(text)
    # A bit for each place in the text up to which the mask, as far as it was read, can stand for it.
    reached = 1
    for each in mask:
        if each == "*":
            reached = -(reached & -reached) & (2 * end - 1)
        elif each == "?":
            reached = reached << 1 & (2 * end - 1)
        else:
            reached = (reached & places.get(each, 0)) << 1
        if not reached:
            return False
    return reached & end != 0


# It is one name that is held against all the masks of a room.
@functools.lru_cache(maxsize=64)
def _places(text: str) -> tuple[dict[str, int], int]:
    """Return where each character of a text stands, as bits; and the bit of its end."""
    places: dict[str, int] = {}
    for place, each in enumerate(text):
        places[each] = places.get(each, 0) | 1 << place
    return places, 1 << len(text)
