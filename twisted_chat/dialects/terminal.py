"""Framing of lines as people type them, at terminals and in programs of any kind: all line ends, and erase characters."""

from __future__ import annotations

import re
from typing import Final

from twisted_chat.dialects.framing import LINE_END, Frame, Framer, TooLong

_CR: Final = b"\r"
_CR_CR: Final = b"\r\r"
_LF: Final = b"\n"
_CARRIAGE_RETURN: Final = ord("\r")
_ENDS: Final = b"\n\r"
# For the bytes after a line end that belong to it or are another one: whether there is one more line, and which bytes may still
# belong to the last line end.
_BEHIND: Final = {
    b"\n\r": (False, b"\n\r"),
    b"\n\r\n": (True, b"\n"),
    b"\n\r\r": (True, b"\r"),
    b"\n\r\0": (True, b""),
    b"\r\n": (False, b""),
    b"\r\0": (False, b""),
    b"\r\r": (False, _CR_CR),
    b"\r\r\n": (False, b""),
    b"\r\r\r": (True, _CR_CR),
    b"\r\r\0": (True, b""),
}
# Backspaces and Deletes, or Ctrl-U, which erases the line.
_ERASER: Final = re.compile(rb"[\x08\x7f\x15]")
# A line end or an erase character: one search finds both.
_STOP: Final = re.compile(rb"[\r\n\x08\x7f\x15]")
_ERASERS: Final = re.compile(r"([\x08\x7f]+|\x15)")


class TerminalFramer(Framer):
    """Frames are lines as terminals and programs of any kind send them.

    A line ends with LF, CR LF, LF CR, CR, CR NUL (RFC 854's Enter, also sent by some clients that do not speak telnet), or CR CR
    LF (a line end that was translated twice). Each is one line end, however the bytes were split, and a line is returned at the
    first byte of its end. Only a second CR is unclear until the next byte comes: an empty line, or a part of CR CR LF.

    BS and DEL erase the character before them, NAK (Ctrl-U, telnet's EL) the whole line, as in a terminal that edits the line
    itself; a character is one code point. Erase characters count as bytes of the line.
    """

    __slots__ = ("_after",)

    def __init__(self, max_line: int, endless: int) -> None:
        super().__init__(max_line, endless)
        # The bytes of the last line end, while more of it may come.
        self._after = b""

    @property
    def partial(self) -> bool:
        return bool(self._held) or self._skipping or self._after == _CR_CR

    @property
    def undecided(self) -> bool:
        """The next byte, or a pause, decides whether there was an empty line."""
        return self._after == _CR_CR

    @property
    def unfinished(self) -> bytes:
        """The beginning of a line whose end has not come yet."""
        return bytes(self._held)

    def settle(self) -> None:
        """End the unfinished line after a pause."""
        self.feed(b"\0" if self.undecided else b"\r\0")

    def finish(self) -> list[Frame]:
        """See :meth:`Framer.finish`. Leaves the framer empty."""
        if self.undecided:
            self._after = b""
            return [b""]
        return [self._edit(each) if isinstance(each, bytes) else each for each in super().finish()]

    def next(self) -> Frame | None:
        """Return the next line, edited and without its line end."""
        while not self._closed:
            if self._count > self._endless:
                return self._close()
            data, start = self._data, self._at
            if start == len(data):
                self._data = b""
                self._at = 0
                return None
            after = self._after
            if after:
                if after != _LF or data[start] == _CARRIAGE_RETURN:
                    if self._another(data[start : start + 1]):
                        return b""
                    continue
                self._after = b""
            found = _STOP.search(data, start)
            end = found.start() if found else len(data)
            plain = found is not None and data[end] in _ENDS
            if found is not None and not plain:
                found = LINE_END.search(data, end)
                end = found.start() if found else len(data)
            if end != start and (found is None or self._count or end - start > self._limit):
                self._at = end
                if self._grow(data[start:end]):
                    return TooLong()
                continue
            if data.startswith(b"\r\n", end):
                self._at = end + 2
            else:
                self._at = end + 1
                self._after = _CR if data[end] == _CARRIAGE_RETURN else _LF
            if not self._count:
                return data[start:end] if plain else self._edit(data[start:end])
            line = self._line()
            if line is not None:
                return self._edit(line)
        return None

    def _edit(self, line: bytes) -> bytes:
        """Apply the erase characters in a line."""
        if _ERASER.search(line) is None:
            return line
        edited = _edited(line)
        self.taken_back += len(line) - len(edited)
        return edited

    def _another(self, byte: bytes) -> bool:
        """Consume the byte after a line end if it belongs to it or is another one; return whether there is one more line."""
        more, after = _BEHIND.get(self._after + byte, (self.undecided, None))
        self._at += after is not None
        self._after = after or b""
        return more


def _edited(line: bytes) -> bytes:
    """Apply the erase characters in a line; where it is not UTF-8, each byte is a character."""
    text, *rest = _ERASERS.split(line.decode("utf-8", "surrogateescape"))
    kept = list(text)
    for erasers, text in zip(rest[::2], rest[1::2], strict=True):
        back = len(kept) if erasers == "\x15" else len(erasers)
        del kept[max(len(kept) - back, 0) :]
        kept += text
    return "".join(kept).encode("utf-8", "surrogateescape")
