"""The messages of IRC: how one is read from a line, and how one is written.

Grammar and lengths: RFC 2812, section 2.3; modern.ircdocs.horse/#message-format; IRCv3 message-tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec
import regex

from twisted_chat.core.values.text import BadText, CleanText, decode, shown

#: The longest line without its tags, in bytes, without the line end.
MAX_LINE: Final = 510
#: The most bytes of tags that a client may send, without the "@" and the blank behind them.
MAX_TAGS: Final = 4094
#: The longest frame that can be a message: "@", tags, a blank, and the line.
MAX_FRAME: Final = 1 + MAX_TAGS + 1 + MAX_LINE
#: More parameters than any command has; what is behind them is one, as RFC 2812 says of the fifteenth.
MAX_PARAMS: Final = 15

_ESCAPES: Final = {":": ";", "s": " ", "\\": "\\", "r": "\r", "n": "\n"}
_ESCAPED: Final = {value: f"\\{key}" for key, value in _ESCAPES.items()}
_TO_ESCAPE: Final = re.compile(r"[; \\\r\n]")
_ESCAPE: Final = re.compile(r"\\(.?)", re.DOTALL)
# What ends a line on the way of some client or server, or cannot stand in a message.
_NEVER: Final = re.compile("[\0\r\n]")
_GRAPHEME: Final = regex.compile(r"\X")
_BLANKS: Final = re.compile(" +")
_VERB: Final = re.compile(rb"(?:@[^ ]* +)?(?::[^ ]* +)?([A-Za-z]{1,20})(?: |$)")


class BadMessage(ValueError):
    """A line that is not a message. ``code`` is that of a standard reply, ``by`` how many bytes it is too long."""

    def __init__(self, why: str, code: str, by: int = 0) -> None:
        super().__init__(why)
        self.code = code
        self.by = by


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message of a client: its verb in capitals, its parameters, and its tags without their escapes."""

    verb: str
    params: tuple[str, ...] = ()
    tags: Mapping[str, str] = {}

    def param(self, place: int) -> str:
        """Return a parameter; "" if there are not so many."""
        return self.params[place] if place < len(self.params) else ""


def parse(frame: bytes) -> Message | None:
    """Read a line; None if it is empty. Raises :class:`BadMessage`."""
    tags: Mapping[str, str] = {}
    if frame.startswith(b"@"):
        raw, _, frame = frame[1:].partition(b" ")
        if len(raw) > MAX_TAGS:
            raise _too_long("tags", len(raw) - MAX_TAGS)
        tags = _tags(_decode(raw))
    if len(frame) > MAX_LINE:
        raise _too_long("line", len(frame) - MAX_LINE)
    text = _decode(frame).lstrip(" ")
    if text.startswith(":"):  # a source, which no client needs
        text = text.partition(" ")[2].lstrip(" ")
    head, colon, last = text.partition(" :")
    words = _BLANKS.sub(" ", head).strip(" ").split(" ", MAX_PARAMS)
    if not words[0]:
        return None
    params = (*words[1:], last) if colon else tuple(words[1:])
    return Message(words[0].upper(), params, tags)


def verb_of(frame: bytes) -> str:
    """Return the verb of a line that is no message, in capitals; "*" if it has none."""
    found = _VERB.match(frame)
    return found[1].decode().upper() if found is not None else "*"


def _decode(raw: bytes) -> str:
    try:
        text = decode(raw)
    except BadText as bad:
        raise BadMessage(str(bad), "INVALID_UTF8") from None
    found = _NEVER.search(text)
    if found is not None:
        why = f"A line cannot contain U+{ord(found.group()):04X}"
        raise BadMessage(why, "INVALID_LINE")
    return text


def _too_long(what: str, by: int) -> BadMessage:
    bytes_ = "1 byte" if by == 1 else f"{by:,} bytes"
    return BadMessage(f"The {what} is {bytes_} too long. It was not sent.", "INPUT_TOO_LONG", by)


def _tags(raw: str) -> dict[str, str]:
    tags = {}
    for each in raw.split(";"):
        key, _, value = each.partition("=")
        if key:
            tags[key] = _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), value)
    return tags


def spell_tags(tags: Iterable[tuple[str, str]]) -> str:
    """Write tags, with the "@" and the space after them; "" if there are none."""
    spelled = ";".join(f"{key}={escape(value)}" if value else key for key, value in tags)
    return f"@{spelled} " if spelled else ""


def escape(value: str) -> str:
    """Write the value of a tag."""
    return _TO_ESCAPE.sub(lambda found: _ESCAPED[found.group()], value)


def cut(text: str, size: int) -> str:
    """Return as much of a text as fits ``size`` bytes, in whole characters."""
    raw = text.encode()
    return text if len(raw) <= size else raw[:size].decode(errors="ignore")


def encode(lines: Iterable[str], tags: str = "") -> bytes:
    """Write lines, each cut to what a line can have, behind these tags."""
    return "".join([f"{tags}{cut(line, MAX_LINE)}\r\n" for line in lines]).encode()


def middle(text: str) -> str:
    """Return what a client sent as it can be quoted in the middle of a line."""
    return str(shown(text, 60)).replace(" ", "_").lstrip(":") or "*"


def farewell(text: str) -> CleanText | None:
    """Return the words somebody leaves with, as far as they can be shown: nobody is kept here for them."""
    try:
        return CleanText(text) if text else None
    except BadText:
        return shown(text, MAX_LINE)


def pack(words: Iterable[str], size: int) -> Iterator[str]:
    """Put words into rows of at most ``size`` bytes, separated by spaces."""
    row: list[str] = []
    length = 0
    for word in words:
        more = len(word.encode()) + 1
        if row and length + more > size:
            yield " ".join(row)
            row, length = [], 0
        row.append(word)
        length += more
    if row:
        yield " ".join(row)


def split(text: str, size: int) -> list[str]:
    """Cut a text into pieces of at most ``size`` bytes each, or one character, which together are the text.

    It is cut after spaces if that leaves no short pieces, else between what people see as characters (Unicode Annex #29).
    """
    pieces = []
    while len(text.encode()) > size:
        most = cut(text, size) or text[0]
        end = most.rfind(" ", len(most) // 2) + 1 or _last_border(text, len(most))
        pieces.append(text[:end])
        text = text[end:]
    pieces.append(text)
    return pieces


def _last_border(text: str, end: int) -> int:
    """Return where the last character, as people see it, ends that is over before ``end``; ``end`` if one fills all of it."""
    border = 0
    for found in _GRAPHEME.finditer(text, 0, end + 1):
        if found.end() > end:
            break
        border = found.end()
    return border or end
