"""Framing: where one line, or one JSON object, ends. Bytes in, frames out, no I/O.

A framer is fed whatever the network brings and returns complete frames, one per call; input whose turn
has not come yet stays uncut. How the network split the bytes never matters. A frame over the limit is a
value in its place among the others, not an exception: frames before it are not lost, and the session
goes on after it.

A call takes time proportional to the bytes it consumes. Besides uncut bytes, a framer holds at most one
byte more than the longest frame.
"""

from __future__ import annotations

import codecs
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Final, TypeAlias

_CR: Final = b"\r"
_LF: Final = b"\n"

#: The first byte of a line end.
LINE_END: Final = re.compile(rb"[\r\n]")
_OPEN: Final = ord("{")

# The blanks of JSON (RFC 8259, section 2) except line ends, at which the input has already been split; and NUL, with which some
# programs end what they send.
_NOT_BLANK: Final = re.compile(rb"[^ \t\0]")

# To the next byte that changes the state: from outside of strings a quote or brace, from inside a
# quote or backslash. Whole strings without an escape, and whole escapes, are passed in C, at most
# 32 at a time: that bounds the memory of the match. No two ways through either begin with the
# same byte, so all a match can give up is its last whole string or escape; it then stops at the
# first byte of that, which is as true.
_OUTSIDE: Final = re.compile(rb'(?:[^"{}]*"[^"\\]*"){0,32}[^"{}]*(["{}])')
_INSIDE: Final = re.compile(rb'(?:[^"\\]*\\.){0,32}[^"\\]*(["\\])', re.DOTALL)


@dataclass(frozen=True, slots=True)
class TooLong:
    """A frame over the limit: returned once, as soon as it exceeds the limit; the rest of it is skipped."""


@dataclass(frozen=True, slots=True)
class Endless:
    """Too many bytes without a line end. It is the last frame: close the connection."""


#: What a framer returns: the bytes of a frame without its line end, or why there are none.
Frame: TypeAlias = bytes | TooLong | Endless


class MarkSkipper:
    """Removes a byte-order mark from the beginning of the input: Windows editors and shells write one before UTF-8."""

    def __init__(self) -> None:
        self._held: bytes | None = b""  # bytes that may become one; None once that is decided

    def feed(self, data: bytes) -> bytes:
        """Return the data without the mark; nothing while it is not clear whether there is one."""
        if self._held is None:
            return data
        data = self._held + data
        if len(data) < len(codecs.BOM_UTF8) and codecs.BOM_UTF8.startswith(data):
            self._held = data
            return b""
        self._held = None
        return data.removeprefix(codecs.BOM_UTF8)


class Framer(ABC):
    """What the framers have in common: uncut bytes, the unfinished frame, and its limits.

    ``limit`` is the longest frame in bytes, without its line end; ``endless`` is the most bytes that
    a frame, or the blanks before it, may have without an end. The first bounds the memory, the
    second the work for a client that sends no lines at all. Raises :class:`ValueError` unless
    ``0 < limit < endless``: otherwise a connection could be closed for a frame within the limit.
    """

    __slots__ = (
        "_at",
        "_closed",
        "_count",
        "_data",
        "_endless",
        "_held",
        "_limit",
        "_skipping",
        "taken_back",
    )

    def __init__(self, limit: int, endless: int) -> None:
        if not 0 < limit < endless:
            raise ValueError(f"0 < {limit} (longest frame) < {endless} (endless) does not hold")
        self._limit = limit
        self._endless = endless
        # The bytes that have not been looked at yet, from this place on.
        self._data = b""
        self._at = 0
        # The unfinished frame; at most limit bytes, and a CR that may be half of a line end.
        self._held = bytearray()
        # Bytes of the unfinished frame, or of the blanks that stand where it will start.
        self._count = 0
        # The unfinished frame is over the limit: its bytes are counted, not kept.
        self._skipping = False
        # Endless has been returned.
        self._closed = False
        #: How many bytes have been erased by erase characters, including those.
        self.taken_back = 0

    def feed(self, data: bytes) -> None:
        """Add bytes that arrived; they wait until :meth:`next` is called."""
        if self._closed:
            return
        if self._at < len(self._data):
            data = self._data[self._at :] + data
        self._data = data
        self._at = 0

    @abstractmethod
    def next(self) -> Frame | None:
        """Return the next complete frame; None if there is none yet, and after :class:`Endless`."""

    def receive(self, data: bytes) -> list[Frame]:
        """Return all frames that ``data`` completes, in order."""
        self.feed(data)
        frames: list[Frame] = []
        while (frame := self.next()) is not None:
            frames.append(frame)
        return frames

    @property
    def waiting(self) -> int:
        """The number of bytes that wait: uncut ones, and those of the unfinished frame."""
        return len(self._data) - self._at + len(self._held)

    @property
    def partial(self) -> bool:
        """A frame has begun and its end has not come; valid once :meth:`next` has returned None."""
        return bool(self._held) or self._skipping

    @property
    def line_ended(self) -> bool:
        """A line end follows the last frame, or ended it."""
        before, behind = self._data[: self._at], self._data[self._at :]
        return bool(LINE_END.match(behind.lstrip(b" \t")) or before.endswith((_LF, _CR)))

    def finish(self) -> list[Frame]:
        """End the input: return its last frame if that had no line end. Leaves the framer empty.

        To be called once :meth:`next` has returned None. A CR at the very end stays in the frame, as any
        CR without its LF does.
        """
        rest = self.take()
        if not rest:
            return []
        # The one byte over the limit can only be a CR that was waiting for its LF.
        return [rest] if len(rest) <= self._limit else [TooLong()]

    def take(self) -> bytes:
        """Return all bytes that wait, for another framer. Leaves this one empty.

        The bytes of a frame that is being skipped are gone.
        """
        rest = bytes(self._held) + self._data[self._at :]
        self._data = b""
        self._at = 0
        self._reset()
        return rest

    def _reset(self) -> None:
        self._held.clear()
        self._count = 0
        self._skipping = False

    def _grow(self, piece: bytes) -> bool:
        """Add ``piece`` (without LF) to the unfinished frame; return whether that takes it over the limit."""
        self._count += len(piece)
        if self._skipping:
            return False
        # A CR at the end does not count yet: it may be half of the line end.
        if len(self._held) + len(piece) - piece.endswith(_CR) <= self._limit:
            self._held += piece
            return False
        self._held.clear()
        self._skipping = True
        return True

    def _line(self) -> bytes | None:
        """End the unfinished frame at a line end; return it, if it was kept."""
        line = None if self._skipping else bytes(self._held.removesuffix(_CR))
        self._reset()
        return line

    def _close(self) -> Endless:
        self.take()
        self._closed = True
        return Endless()


class LineFramer(Framer):
    """Frames are lines as well-behaved programs write them: they end with LF or CR LF.

    A line of exactly ``max_line`` bytes is within the limit, with LF and with CR LF. An empty
    line is a frame. A CR elsewhere than directly before the LF stays in the line.
    """

    __slots__ = ()

    def __init__(self, max_line: int, endless: int) -> None:
        super().__init__(max_line, endless)

    def next(self) -> Frame | None:
        """Return the next line, without its line end."""
        while not self._closed:
            if self._count > self._endless:
                return self._close()
            data, start = self._data, self._at
            if start == len(data):
                self._data = b""
                self._at = 0
                return None
            end = data.find(_LF, start)
            # Nearly always: the whole line is here. A line end of CR LF on a line of exactly the
            # limit is one byte too many for this way and takes the other, which gives the same.
            if end >= 0 and not self._count and end - start <= self._limit:
                self._at = end + 1
                return data[start:end].removesuffix(_CR)
            if end != start:
                self._at = end if end >= 0 else len(data)
                if self._grow(data[start : self._at]):
                    return TooLong()
                continue
            self._at = end + 1
            line = self._line()
            if line is not None:
                return line
        return None


class JsonFramer(Framer):
    """Frames are JSON objects; the parser decides whether their content is valid.

    An object ``{…}`` ends with its closing brace, so objects may follow each other without line
    ends. LF or CR ends a frame in any case: JSON has neither inside a string, and clients that send
    lines do not split objects, so an object that is unfinished there is broken, and the next line
    must not suffer from it. Input that does not start with ``{`` is one frame up to the line end.
    Blanks before a frame (space, tab, CR, LF, NUL) are dropped.

    A frame over ``max_object`` is skipped up to the next line end, even if its closing brace comes
    before: braces are not counted in what is not kept.
    """

    __slots__ = ("_depth", "_escaped", "_in_object", "_in_string", "_stop")

    def __init__(self, max_object: int, endless: int) -> None:
        super().__init__(max_object, endless)
        # Where in what waits the line ends, or what came.
        self._stop = 0
        self._start(in_object=False)

    def feed(self, data: bytes) -> None:
        super().feed(data)
        self._find_stop()

    def take(self) -> bytes:
        self._stop = 0
        return super().take()

    def next(self) -> Frame | None:
        """Return the next object, or the next line that is none."""
        while not self._closed:
            if self._count > self._endless:
                return self._close()
            if self._at == self._stop:
                if self._stop == len(self._data):
                    self._data = b""
                    self._at = self._stop = 0
                    return None
                self._at += 1
                self._find_stop()
                line = self._line()
                if line:
                    return line
                continue
            if not self.partial:
                whole = self._whole() if self._skip_blanks() else b""
                if whole:
                    return whole
                if self._at == self._stop or self._count:
                    continue
                self._start(in_object=self._data[self._at] == _OPEN)
            start, closed = self._at, False
            self._at = self._stop
            if self._in_object and not self._skipping:
                self._at, closed = self._find_end(start)
            if self._grow(self._data[start : self._at]):
                return TooLong()
            # If it is not held any more, it was too long.
            if closed and self._held:
                frame = bytes(self._held)
                self._reset()
                return frame
        return None

    def _find_stop(self) -> None:
        found = LINE_END.search(self._data, self._at)
        self._stop = found.start() if found else len(self._data)

    def _skip_blanks(self) -> bool:
        """Go to where the next frame begins in this line; return whether there is one."""
        found = _NOT_BLANK.search(self._data, self._at, self._stop)
        start = found.start() if found else self._stop
        self._count += start - self._at
        self._at = start
        if found is None or self._count > self._endless:
            return False
        # The count starts anew with the frame: it then always passes its own limit first.
        self._count = 0
        return True

    def _whole(self) -> bytes:
        """Take the object that begins here if a look is enough to find its end; else return nothing.

        Nearly always it is alone on its line. Where no brace closes before the last byte, nothing can end before the
        line does, whatever strings and escapes there are. Else it costs half of the scan to count: an even number of
        quotes before the first closing brace means that it stands outside of strings, and a single opening brace that
        it closes the object.
        """
        data, start, stop = self._data, self._at, self._stop
        if data[start] != _OPEN:
            return b""
        end = data.find(b"}", start, stop) + 1
        if stop < len(data) and (not end or end == stop) and stop - start <= self._limit:
            self._at = stop + 1
            self._find_stop()
            return data[start:stop]
        if not end or end - start > self._limit:
            return b""
        flat = data[start:end]
        if b"\\" in flat or flat.count(b"{") != 1 or flat.count(b'"') % 2:
            return b""
        self._at = end
        return flat

    def _start(self, *, in_object: bool) -> None:
        """Begin a frame: an object, or anything else up to the line end."""
        self._in_object = in_object
        self._depth = 0
        self._in_string = False
        # The last byte was a backslash in a string.
        self._escaped = False

    def _find_end(self, position: int) -> tuple[int, bool]:
        """Go on in an object: return where to stop, and whether the object ends there.

        What is known of the object (depth, string, escape) is kept from piece to piece: no byte is
        looked at again when the next piece comes.
        """
        piece, stop = self._data, self._stop
        if self._escaped:
            self._escaped = False
            position += 1
        while True:
            if self._in_string:
                found = _INSIDE.match(piece, position, stop)
                if not found:
                    return stop, False
                position = found.end()
                if found[1] == b'"':
                    self._in_string = False
                elif position == stop:
                    self._escaped = True
                    return position, False
                else:
                    position += 1
                continue
            found = _OUTSIDE.match(piece, position, stop)
            if not found:
                return stop, False
            position = found.end()
            if found[1] == b'"':
                self._in_string = True
            elif found[1] == b"{":
                self._depth += 1
            else:
                self._depth -= 1
                if not self._depth:
                    return position, True
