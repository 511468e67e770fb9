"""Framing: where one line, or one JSON object, ends. Bytes in, frames out, no I/O.

A framer is fed whatever the network brings and returns the frames that are complete. How the
bytes were cut never matters. A frame over its limit is a value among the others, in its place in
the order, not an exception: frames before it are not lost, and the session goes on after it.

Both framers work in time proportional to the bytes they are given, and hold at most one byte more
than the longest frame.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Final, TypeAlias

_CR: Final = b"\r"
_LF: Final = b"\n"

_OPEN: Final = ord("{")

# The blanks of JSON (RFC 8259, section 2) but LF, at which the input has been split before.
_NOT_BLANK: Final = re.compile(rb"[^ \t\r]")

# To the next byte that changes the state: from outside of strings a quote or brace, from inside a
# quote or backslash. Whole strings without an escape, and whole escapes, are passed in C, at most
# 32 at a time: that bounds the memory of the match. No two ways through either begin with the
# same byte, so all a match can give up is its last whole string or escape; it then stops at the
# first byte of that, which is as true.
_OUTSIDE: Final = re.compile(rb'(?:[^"{}]*"[^"\\]*"){0,32}[^"{}]*(["{}])')
_INSIDE: Final = re.compile(rb'(?:[^"\\]*\\.){0,32}[^"\\]*(["\\])', re.DOTALL)


@dataclass(frozen=True, slots=True)
class TooLong:
    """A frame over its limit: comes once, as soon as it passes that; the rest of it is skipped."""


@dataclass(frozen=True, slots=True)
class Endless:
    """Too many bytes without a line end: the last frame there is. Close the connection."""


#: What a framer returns: the bytes of a frame without its line end, or what became of it.
Frame: TypeAlias = bytes | TooLong | Endless


class Framer(ABC):
    """What the framers have in common: the unfinished frame and its limits.

    ``limit`` is the longest frame in bytes, without its line end; ``endless`` is the most bytes
    that a frame, or the blanks before it, may go on without an end (a CR counts). The first bounds
    the memory, the second the work for somebody who is not chatting at all. Raises
    :class:`ValueError` unless ``0 < limit < endless``: otherwise a connection could be closed over
    a frame that is within its limit.

    In every framer LF ends a frame, and one CR directly before that LF belongs to the line end.
    """

    __slots__ = ("_closed", "_count", "_endless", "_held", "_limit", "_skipping")

    def __init__(self, limit: int, endless: int) -> None:
        if not 0 < limit < endless:
            raise ValueError(f"0 < {limit} (longest frame) < {endless} (endless) does not hold")
        self._limit = limit
        self._endless = endless
        # The unfinished frame; at most limit bytes, and a CR that may be half of a line end.
        self._held = bytearray()
        # Bytes of the unfinished frame, or of the blanks that stand where it will start.
        self._count = 0
        # The unfinished frame is over its limit: count its bytes, keep none.
        self._skipping = False
        # Endless has been returned.
        self._closed = False

    @abstractmethod
    def receive(self, data: bytes) -> list[Frame]:
        """Return the frames that ``data`` completes, in order; after :class:`Endless` none."""

    def finish(self) -> list[Frame]:
        """End the input: return its last frame if that had no line end. Leaves the framer empty.

        A CR at the very end stays in the frame, as any CR without its LF does.
        """
        rest = self.take()
        if not rest:
            return []
        # The one byte over the limit can only be a CR that was waiting for its LF.
        return [rest] if len(rest) <= self._limit else [TooLong()]

    def take(self) -> bytes:
        """Hand over the bytes of the unfinished frame, for another framer. Leaves this one empty.

        Whoever switches must do so before complete frames of the other kind are fed:
        :meth:`receive` has framed all that it was given. Nothing is left of a frame that is being
        skipped.
        """
        rest = bytes(self._held)
        self._reset()
        return rest

    def _reset(self) -> None:
        self._held.clear()
        self._count = 0
        self._skipping = False

    def _grow(self, piece: bytes, frames: list[Frame]) -> None:
        """Add ``piece`` (without LF) to the unfinished frame; tell ``frames`` of a limit passed."""
        if not piece:
            return
        if not self._skipping:
            # A CR at the end does not count yet: it may be half of the line end.
            if len(self._held) + len(piece) - piece.endswith(_CR) > self._limit:
                frames.append(TooLong())
                self._held.clear()
                self._skipping = True
            else:
                self._held += piece
        self._pass(len(piece), frames)

    def _pass(self, size: int, frames: list[Frame]) -> None:
        """Count ``size`` bytes without a line end, and close if they are too many."""
        self._count += size
        if self._count > self._endless:
            frames.append(Endless())
            self._reset()
            self._closed = True


class LineFramer(Framer):
    """Frames are lines.

    A line of exactly ``max_line`` bytes is within the limit, with LF and with CR LF. An empty
    line is a frame. A CR elsewhere than directly before the LF stays in the line.
    """

    __slots__ = ()

    def __init__(self, max_line: int, endless: int) -> None:
        super().__init__(max_line, endless)

    def receive(self, data: bytes) -> list[Frame]:
        """Return the lines that ``data`` completes, without their line ends."""
        frames: list[Frame] = []
        if self._closed:
            return frames
        limit = self._limit
        *lines, rest = data.split(_LF)
        for line in lines:
            # Nearly always: the whole line is here. A line end of CR LF on a line of exactly the
            # limit is one byte too many for this way and takes the other, which gives the same.
            if not self._count and len(line) <= limit:
                frames.append(line.removesuffix(_CR))
                continue
            self._grow(line, frames)
            if self._closed:
                return frames
            if not self._skipping:
                frames.append(bytes(self._held.removesuffix(_CR)))
            self._reset()
        self._grow(rest, frames)
        return frames


class JsonFramer(Framer):
    """Frames are JSON objects; whether what is in them is JSON is for the parser to say.

    An object ``{…}`` ends with the brace that closes it, so objects may follow each other without
    line ends. LF ends a frame in any case: JSON has no LF inside a string and nobody who sends
    lines splits an object, so an object that is unfinished there is broken, and the next line
    must not suffer from it. What does not start with ``{`` is one frame up to the LF. Blanks
    before a frame (space, tab, CR, LF) are dropped.

    A frame over ``max_object`` is skipped up to the next LF, even if its closing brace comes
    before: braces are not counted in what is not kept.
    """

    __slots__ = ("_depth", "_escaped", "_in_object", "_in_string")

    def __init__(self, max_object: int, endless: int) -> None:
        super().__init__(max_object, endless)
        self._start(in_object=False)

    def receive(self, data: bytes) -> list[Frame]:
        """Return the objects, and the lines that are none, that ``data`` completes."""
        frames: list[Frame] = []
        if self._closed:
            return frames
        limit = self._limit
        *lines, rest = data.split(_LF)
        for line in lines:
            if not self._count:
                if not line:
                    continue
                # Nearly always: one object on a line of its own. Where no brace closes before the
                # last byte, nothing can end before the line does, whatever strings and escapes
                # there are.
                if line[0] == _OPEN and len(line) <= limit:
                    whole = line.removesuffix(_CR)
                    if whole.find(b"}", 0, -1) < 0:
                        frames.append(whole)
                        continue
            self._scan(line, frames)
            if self._closed:
                return frames
            if self._held:
                frames.append(bytes(self._held.removesuffix(_CR)))
            self._reset()
        self._scan(rest, frames)
        return frames

    def _start(self, *, in_object: bool) -> None:
        """Begin a frame: an object, or anything else up to the line end."""
        self._in_object = in_object
        self._depth = 0
        self._in_string = False
        # The last byte was a backslash in a string.
        self._escaped = False

    def _scan(self, piece: bytes, frames: list[Frame]) -> None:
        """Take in ``piece`` (without LF): append to ``frames`` the objects that end in it."""
        position = 0
        while position < len(piece) and not self._closed:
            if not self._held and not self._skipping:
                found = _NOT_BLANK.search(piece, position)
                start = found.start() if found else len(piece)
                self._pass(start - position, frames)
                position = start
                if position == len(piece) or self._closed:
                    return
                # The count starts anew with the frame: it then always passes its own limit first.
                self._count = 0
                flat = self._flat_object(piece, position)
                if flat:
                    frames.append(flat)
                    position += len(flat)
                    continue
                self._start(in_object=piece[position] == _OPEN)
            end = len(piece)
            closed = False
            if self._in_object and not self._skipping:
                end, closed = self._find_end(piece, position)
            self._grow(piece[position:end], frames)
            # If it is not held any more, it was too long.
            if closed and self._held:
                frames.append(self.take())
            position = end

    def _flat_object(self, piece: bytes, position: int) -> bytes:
        """Return the object at ``position`` if counting is enough to find its end, else nothing.

        This is for clients that send no line ends; it costs half of the scan. An even number of
        quotes before the first closing brace means that it stands outside of strings, and a single
        opening brace that it closes the object.
        """
        flat = piece[position : piece.find(b"}", position) + 1]
        if not flat.startswith(b"{") or len(flat) > self._limit or b"\\" in flat:
            return b""
        return flat if flat.count(b"{") == 1 and flat.count(b'"') % 2 == 0 else b""

    def _find_end(self, piece: bytes, position: int) -> tuple[int, bool]:
        """Go on in an object: return where to stop, and whether the object ends there.

        What is known of the object (depth, string, escape) is kept from piece to piece: no byte is
        looked at again when the next piece comes.
        """
        if self._escaped:
            self._escaped = False
            position += 1
        while True:
            if self._in_string:
                found = _INSIDE.match(piece, position)
                if not found:
                    return len(piece), False
                position = found.end()
                if found[1] == b'"':
                    self._in_string = False
                elif position == len(piece):
                    self._escaped = True
                    return position, False
                else:
                    position += 1
                continue
            found = _OUTSIDE.match(piece, position)
            if not found:
                return len(piece), False
            position = found.end()
            if found[1] == b'"':
                self._in_string = True
            elif found[1] == b"{":
                self._depth += 1
            else:
                self._depth -= 1
                if not self._depth:
                    return position, True
