"""Whether a message fits a search: for stores, and parts of them, that have no index to ask."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from twisted_chat.core.confusables import drop_ignorable
from twisted_chat.core.events import Envelope, Said
from twisted_chat.core.lasting import Query
from twisted_chat.core.searching import WORD

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
    """Return what people type who have no key for some letter of Latin, in the form that :meth:`str.translate` takes."""
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
        return WORD.findall(text.lower())
    for _ in range(2):  # folding can undo the normalization
        text = unicodedata.normalize("NFKC", drop_ignorable(text)).casefold()
    decomposed = unicodedata.normalize("NFD", text)
    bare = (c for c in decomposed if not unicodedata.combining(c) or c in _VOICED)
    return WORD.findall(unicodedata.normalize("NFC", "".join(bare)).translate(_LETTERS))


class Matcher:
    """Tells which messages fit a query, whatever room they are of."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._floors = dict(query.floors)
        self._terms = [(words(term.text), term.prefix) for term in query.terms]

    def fits(self, envelope: Envelope) -> bool:
        """Tell whether a message has all the words, and is of whom and when the query says."""
        event, author, query = envelope.event, envelope.author, self._query
        if not isinstance(event, Said) or author is None:
            return False
        if query.nick is not None and author.nick.key != query.nick:
            return False
        if query.since is not None and envelope.time < query.since:
            return False
        if query.before is not None and envelope.id >= query.before:
            return False
        room = envelope.room
        if self._floors and room is not None and envelope.id <= self._floors.get(room.id, 0):
            return False
        said = words("\n".join(event.lines))
        return all(_stands_in(term, said, prefix=prefix) for term, prefix in self._terms)


def _stands_in(term: list[str], said: list[str], *, prefix: bool) -> bool:
    """Tell whether these words stand in that order, without a gap, among those."""
    *first, last = term or [""]
    for start in range(len(said) - len(first)):
        end = start + len(first)
        if said[start:end] == first and (
            said[end].startswith(last) if prefix else said[end] == last
        ):
            return True
    return False
