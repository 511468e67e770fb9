"""The words of a text, as searches see them: the same on both sides, whatever the store."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from twisted_chat.core.values.confusables import drop_ignorable

# Scripts in which each letter, or syllable, is a word: those without blanks (Han, Kana, Thai, Lao, Khmer, Burmese), and Hangul,
# where particles stand directly behind a word.
_NO_BLANKS: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
# A word: letters and digits, and the marks that stand on them.
_WORD: Final = re.compile(rf"(?=[^\W_])(?:[{_NO_BLANKS}]|[^\W_{_NO_BLANKS}]+)")
# They make another letter of the one they stand on: Kana have no others.
_VOICED: Final = frozenset("\u3099\u309a")
# Where Unicode has Latin letters with strokes, hooks and the like, which it does not decompose.
_LATIN: Final = (
    range(0xC0, 0x250),
    range(0x250, 0x2B0),
    range(0x1E00, 0x1F00),
    range(0x2C60, 0x2C80),
)
_LETTER_WITH: Final = re.compile("LATIN SMALL LETTER (?:DOTLESS )?([A-Z])(?: WITH .*)?")


def _letters() -> dict[int, str]:
    """Return the letters that people type in place of Latin letters they have no key for, for :meth:`str.translate`."""
    found = {}
    for code in (code for block in _LATIN for code in block):
        named = _LETTER_WITH.fullmatch(unicodedata.name(chr(code), ""))
        if named is not None:
            found[code] = named[1].lower()
    return found | str.maketrans(
        {"\u00e6": "ae", "\u0153": "oe", "\u00fe": "th", "\u00f0": "d", "\u014b": "n"}
    )


_LETTERS: Final = _letters()


def words(text: str) -> list[str]:
    """Return the words of a text as they are indexed and looked for: "Café-Bar ３" has cafe, bar and 3.

    There is no difference between capitals and small letters, between full width and half width, between a letter and the same
    with a mark or a stroke; and what shows as nothing, such as a soft hyphen, is not there.
    """
    if text.isascii():
        return _WORD.findall(text.lower())
    for _ in range(2):  # folding can undo the normalization
        text = unicodedata.normalize("NFKC", drop_ignorable(text)).casefold()
    decomposed = unicodedata.normalize("NFD", text)
    bare = (c for c in decomposed if not unicodedata.combining(c) or c in _VOICED)
    return _WORD.findall(unicodedata.normalize("NFC", "".join(bare)).translate(_LETTERS))
