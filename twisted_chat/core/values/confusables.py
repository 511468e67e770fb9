"""Skeletons: two names that look alike have the same one.

The method is that of Unicode Technical Standard #39, "Unicode Security Mechanisms", section 4; the
data are its confusables.txt, version 15.0.0, in confusables.data next to this module.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final
from unicodedata import normalize

#: Written by .ci/make-confusables; read when the first name that is not ASCII is compared.
DATA: Final = Path(__file__).with_name("confusables.data")

# The rows of confusables.txt whose source is ASCII. They stand here so that a server whose users
# have ASCII names never loads the table (55 kB, 4 ms); a test holds them equal to it.
_ASCII: Final = str.maketrans(
    {
        '"': "''",
        "%": "\u00ba/\u2080",
        "0": "O",
        "1": "l",
        "I": "l",
        "`": "'",
        "m": "rn",
        "|": "l",
    }
)

# Default_Ignorable_Code_Point (DerivedCoreProperties.txt): what a screen shows nothing for.
# Python's unicodedata does not know the property. Code points reserved for it stand in the list
# already, so new characters do not change it.
_IGNORABLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def skeleton(text: str) -> str:
    """Return what ``text`` looks like: equal for texts that can be taken for each other.

    ``text`` is the name as people see it, not folded: capital I looks like small l, small i does
    not. Total over any string, lone surrogates too. The result is for comparing, never for
    showing; it is its own skeleton.
    """
    # UTS #39 compares as written. Names also clash across case here, so the result is folded; and
    # that can uncover a confusable: Cyrillic capital Em looks like M, whose small form looks like
    # rn. Two rounds settle ASCII; Greek stigma (final sigma, sigma, o) needs three. The tests try
    # every character: a fourth round changes nothing.
    if text.isascii():
        return text.translate(_ASCII).casefold().translate(_ASCII)
    table = _table()
    for _ in range(3):
        text = drop_ignorable(normalize("NFD", text))
        text = normalize("NFD", text.translate(table)).casefold()
    return normalize("NFD", text)


def drop_ignorable(text: str) -> str:
    """Return ``text`` without what shows as nothing (Default_Ignorable_Code_Point)."""
    return _IGNORABLE.sub("", text)


@cache
def _table() -> dict[int, str]:
    """Return the whole of confusables.txt in the form that :meth:`str.translate` takes."""
    table: dict[int, str] = {}
    for line in DATA.read_text("ascii").splitlines():
        if line.startswith("#"):
            continue
        prototype, _, sources = line.partition(":")
        target = "".join([chr(int(code, 16)) for code in prototype.split("+")])
        for source in sources.split():
            table[int(source, 16)] = target
    return table
