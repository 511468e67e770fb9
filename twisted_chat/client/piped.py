"""What other programs write, as it can be said: without colours, progress bars once, in pieces that are not too long. Pure."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from typing import Final
from unicodedata import category

import msgspec

from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.text import BadText, CleanText, shown

#: The longest message that a server takes, in bytes, unless its operators set another limit.
LONGEST: Final = Limits().max_text
#: How many characters of a line without an end are kept before what there is of it is handed on.
_MAX_KEPT: Final = 64 * 1024

# The sequences of ECMA-48: CSI (section 5.4), strings (5.6) and the others that begin with ESC; then controls that are none.
# Colours of IRC and tabs are for CleanText.
_CODES: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|\Z)"
    r"|\x1b[ -/]*[0-~]"
    r"|[\x00\x01\x05-\x07\x0a-\x0e\x10\x12-\x15\x17-\x1c\x7f-\x9f]"
)
_JOINER: Final = "\u200d"


class Piece(msgspec.Struct, frozen=True):
    """A line, or a part of one that is very long: ``first`` and ``last`` say which."""

    text: str
    first: bool = True
    last: bool = True


class PipeReader:
    """Makes lines of what is read from a pipe."""

    def __init__(self) -> None:
        self._decode = getincrementaldecoder("utf-8-sig")("replace").decode
        self._kept = ""
        self._first = True

    def read(self, data: bytes) -> Iterator[Piece]:
        """Take what was read (nothing: it is the end); yield the lines that are whole, and what of a very long one is there."""
        self._kept += self._decode(data, final=not data)
        *lines, self._kept = self._kept.split("\n")
        for line in lines:
            yield self._piece(line, last=True)
        if not data and self._kept:
            kept, self._kept = self._kept, ""
            yield self._piece(kept, last=True)
        # Each state of a progress bar takes the place of the one before, and its line may never end. A line end may still come
        # behind the last carriage return.
        body = self._kept.rstrip("\r")
        carriage = "\r" if len(body) < len(self._kept) else ""
        body = body.rpartition("\r")[2]
        self._kept = body + carriage
        if len(body) > _MAX_KEPT:
            self._kept = carriage
            yield self._piece(body, last=False)

    def _piece(self, text: str, *, last: bool) -> Piece:
        first, self._first = self._first, last
        return Piece(sayable(text), first, last)


def sayable(line: str) -> str:
    """Return what of a line is left to be said: what a terminal would show in the end, as text."""
    line = line.rstrip("\r").rpartition("\r")[2]
    if "\b" in line:
        line = _backspaced(line)
    line = _CODES.sub("", line)
    try:
        return str(CleanText(line))
    except BadText:
        return str(shown(line, len(line)))


def pieces(text: str, most: int = LONGEST) -> list[str]:
    """Cut a text into pieces of at most ``most`` bytes in UTF-8, between words where it can."""
    found: list[str] = []
    while len(text) > most or len(text.encode("utf-8", "replace")) > most:
        end = _end(text, most)
        found.append(text[:end])
        text = text[end:]
    return [*found, text] if text else found


def _end(text: str, most: int) -> int:
    """Return where the first piece of a text ends."""
    end = len(text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore"))
    blank = text.rfind(" ", end // 2, end)
    if blank >= 0:
        return blank + 1
    whole = end
    while whole > end // 2 and _goes_on(text, whole):
        whole -= 1
    return whole if whole > end // 2 else end


def _goes_on(text: str, at: int) -> bool:
    """Return whether what stands at a place belongs to the letter before it."""
    return category(text[at])[0] == "M" or _JOINER in text[at - 1 : at + 1]


def _backspaced(line: str) -> str:
    """Let each backspace take the character before it, as printers overstrike for bold letters."""
    kept: list[str] = []
    for character in line:
        if character != "\b":
            kept.append(character)
        elif kept:
            kept.pop()
    return "".join(kept)
