"""Searches as people type them: words, and by whom, where and since when they were said.

``WORDS [from:NICK] [in:ROOM] [since:DATE]``, in any order. ``"words in quotes"`` are looked for as they stand, one right
after the other; ``word*`` may go on. Nothing else has a meaning: the signs of query languages are signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from twisted_chat.core.api.commands import Search, Term
from twisted_chat.core.api.events import RoomRef
from twisted_chat.core.api.records import Query
from twisted_chat.core.values.names import BadName, Nick, RoomName, parse_nick, parse_room
from twisted_chat.core.values.text import shown
from twisted_chat.core.values.words import words

#: The most words of one search, those of phrases counted: each costs the store a look-up, and nobody remembers more of a line.
MAX_WORDS: Final = 32
#: The most of them that may go on (``word*``): each stands for all words that begin so.
MAX_PREFIXES: Final = 4

USAGE: Final = "WORDS [from:NICK] [in:ROOM] [since:DATE]"

# A term in quotes, which may be those of a word processor; the last may lack its end. Or whatever goes on to the next blank.
_TOKEN: Final = re.compile(
    r'["\u201c\u201d\u201e]([^"\u201c\u201d\u201e]*)(?:["\u201c\u201d\u201e](\*?)|$)|(\S+)'
)
_KEYED: Final = re.compile(r"(from|in|since):(.*)", re.IGNORECASE | re.DOTALL)
_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
# Six digits of hours are a century.
_AGE: Final = re.compile(r"([0-9]{1,6})([mhdw])", re.IGNORECASE)
_SECONDS: Final = {"m": 60.0, "h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}


class BadSearch(ValueError):
    """It cannot be searched for that. ``str()`` says what to write."""


class _Draft(msgspec.Struct):
    """A search as far as it is read."""

    #: Each once: looking for it twice finds nothing more.
    terms: dict[tuple[tuple[str, ...], bool], Term] = {}
    nick: Nick | None = None
    rooms: dict[RoomName, None] = {}
    since: float | None = None
    age: float | None = None


def read_search(text: str) -> Search:
    """Read what to search for, or raise :class:`BadSearch`.

    A date is the beginning of that day where the server is.
    """
    draft = _Draft()
    for quoted, star, bare in _TOKEN.findall(text):
        if bare and (keyed := _KEYED.fullmatch(bare)) is not None:
            _read_key(draft, keyed[1].lower(), keyed[2])
        else:
            word = quoted or bare.rstrip("*")
            if folded := tuple(words(word)):
                term = Term(word, prefix=bool(star) or bare.endswith("*"))
                draft.terms.setdefault((folded, term.prefix), term)
    # As the store looks for them: a word of kana of half a width, or of decomposed Hangul, is one for each letter there.
    if sum(len(folded) for folded, _ in draft.terms) > MAX_WORDS:
        raise BadSearch(
            f"A search can have at most {MAX_WORDS} words. Nothing was searched. Use the rarest words only."
        )
    if sum(term.prefix for term in draft.terms.values()) > MAX_PREFIXES:
        raise BadSearch(
            f"At most {MAX_PREFIXES} words may end with *. Nothing was searched. Write the other words in full."
        )
    if not draft.terms and draft.nick is None:
        raise BadSearch("nothing to search for: type a word of letters or digits, or from:NICK")
    return Search(
        tuple(draft.terms.values()), draft.nick, tuple(draft.rooms), draft.since, draft.age
    )


def query_of(search: Search, rooms: Iterable[RoomRef], now: float, most: int) -> Query:
    """Say what the store is to find in these rooms at time ``now``: ``most`` messages, or fewer if that was asked for."""
    return Query(
        tuple(rooms),
        search.terms,
        search.nick.key if search.nick is not None else None,
        now - search.age if search.age is not None else search.since,
        search.before,
        min(search.limit or most, most),
    )


def _read_key(draft: _Draft, key: str, value: str) -> None:
    if not value:
        raise BadSearch(f"{key}: needs a value, with no space after the colon")
    try:
        match key:
            case "from" if draft.nick is not None:
                raise BadSearch("from: can be used only once")
            case "from":
                draft.nick = parse_nick(value)
            case "in":
                draft.rooms[parse_room(value)] = None
            case _ if draft.since is not None or draft.age is not None:
                raise BadSearch("since: can be used only once")
            case _:
                draft.since, draft.age = _read_since(value)
    except BadName as bad:
        raise BadSearch(f'"{shown(value)}" after {key}: is not a name: {bad}') from None


def _read_since(value: str) -> tuple[float | None, float | None]:
    """Return a time in seconds since 1970, or an age in seconds."""
    if (found := _AGE.fullmatch(value)) is not None:
        return None, int(found[1]) * _SECONDS[found[2].lower()]
    if (found := _DATE.fullmatch(value)) is not None:
        try:
            return datetime(int(found[1]), int(found[2]), int(found[3])).timestamp(), None
        except (ValueError, OverflowError, OSError):
            pass  # no such day, or none that the system can count from
    raise BadSearch(
        f'"{shown(value)}" after since: is neither a date such as 2026-11-20 nor an age such as 7d or 12h'
    )
