"""Clean text: the one type every line a person sends must pass through.

A :class:`CleanText` cannot move another person's cursor, forge a line, or write to a log: it holds no
line end, no control or escape character and no bidirectional override. The check stands in the
constructor of the type, so that no dialect can forget it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# IRC clients send colours and bold as control characters (see modern.ircdocs.horse/formatting). They mean
# no harm and people paste them without knowing, so they are dropped rather than refused.
_FORMATTING: Final = re.compile(
    "\x03(?:[0-9]{1,2}(?:,[0-9]{1,2})?)?"
    "|\x04(?:[0-9a-fA-F]{6}(?:,[0-9a-fA-F]{6})?)?"
    "|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
)

# C0 and C1 controls, DEL, the Unicode line separators, bidirectional embeddings, overrides and isolates
# (U+202A-202E, U+2066-2069), interlinear annotation, byte-order mark, surrogates, U+FFFE and U+FFFF.
# U+200D is allowed on purpose: joined emoji need it.
_FORBIDDEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ufeff\ufffe\uffff\ud800-\udfff]"
)

#: The most combining marks on one character. Vietnamese, Thai and Hebrew need up to four; "Zalgo" text
#: stacks dozens and spills over its neighbours' lines.
MAX_MARKS: Final = 8

# Unicode gives control characters no name of their own; these are the ones people meet.
_CONTROL_NAMES: Final = {
    0x00: "NUL",
    0x07: "BELL",
    0x08: "BACKSPACE",
    0x0A: "LINE FEED",
    0x0D: "CARRIAGE RETURN",
    0x1B: "ESCAPE",
    0x7F: "DELETE",
    0x9B: "CONTROL SEQUENCE INTRODUCER",
}


class BadText(ValueError):
    """A text that may not be passed on. ``str()`` is one sentence fit to show to its sender."""


class CleanText(str):
    """One line of text that is safe to show to anybody.

    ``CleanText(raw)`` turns each TAB into a blank, drops IRC formatting, and raises :class:`BadText`, which names
    the character and its place (counted from 1), for everything else that does not belong in a line.
    """

    __slots__ = ()

    def __new__(cls, raw: str) -> CleanText:
        # ASCII letters and blanks are nearly all that is ever sent: one scan in C settles those.
        if raw.isprintable() and raw.isascii():
            return str.__new__(cls, raw)
        text = _FORMATTING.sub("", raw).replace("\t", " ")
        found = _FORBIDDEN.search(text)
        if found is not None:
            raise BadText(
                f"{describe(found.group())} (character {found.start() + 1}) cannot be sent"
            )
        if not text.isascii():
            _check_marks(text)
        return str.__new__(cls, text)


class FormattedText(str):
    """One line of text with the colours and bold of IRC; without them it is clean, see :attr:`plain`."""

    __slots__ = ()

    def __new__(cls, raw: str) -> FormattedText:
        CleanText(raw)
        return str.__new__(cls, raw.replace("\t", " "))

    @property
    def plain(self) -> CleanText:
        """The text alone."""
        return CleanText(self)


def is_formatted(raw: str) -> bool:
    """Return whether a text has colours or the like, which :class:`CleanText` drops."""
    return _FORMATTING.search(raw) is not None


class Secret(CleanText):
    """A password, which no log shows, not even as part of what was made of it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret(…)"


def _check_marks(text: str) -> None:
    """Raise :class:`BadText` if more than :data:`MAX_MARKS` combining marks stand on one character."""
    run = 0
    for position, character in enumerate(text):
        category = unicodedata.category(character)
        if category in ("Mn", "Me"):
            run += 1
            if run > MAX_MARKS:
                raise BadText(
                    f"more than {MAX_MARKS} combining marks in a row (at character {position + 1}) "
                    "cannot be sent"
                )
        elif category != "Cf":
            # A joiner or another format character takes no room: what follows stands on the same letter still.
            run = 0


def describe(character: str) -> str:
    """Name one character in ASCII, for an error text: ``U+001B ESCAPE``."""
    code = ord(character)
    name = _CONTROL_NAMES.get(code) or unicodedata.name(character, "")
    if name:
        return f"U+{code:04X} {name}"
    what = "a control character" if unicodedata.category(character) == "Cc" else "not a character"
    return f"U+{code:04X}, {what},"


def decode(raw: bytes) -> str:
    """Decode UTF-8, or raise :class:`BadText` that names the byte and its place (counted from 1)."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadText(
            f"byte 0x{raw[error.start]:02X} (byte {error.start + 1}) is not UTF-8; "
            "set your terminal or client to UTF-8"
        ) from None


def shown(raw: str, limit: int = 40) -> CleanText:
    """Make any string safe to quote in an error text: what is forbidden becomes ``?``, the rest is cut.

    ``limit`` is the most characters kept; a cut string ends in an ellipsis.
    """
    text = raw[: limit * 4].replace("\t", " ")
    text = _FORBIDDEN.sub("?", _FORMATTING.sub("", text))
    text = "".join(c for c in text if unicodedata.category(c) not in ("Mn", "Me"))
    whole = len(raw) <= limit * 4 and len(text) <= limit
    return CleanText(text if whole else text[: limit - 1] + "…")
