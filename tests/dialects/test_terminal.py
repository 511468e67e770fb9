"""Lines with any line end, however the bytes were cut, and with characters that were taken back."""

from __future__ import annotations

import re

from hypothesis import given
from twisted.trial.unittest import SynchronousTestCase

from tests.dialects.test_framing import at_each_cut, cut, cuts, feed, limits, tricky
from twisted_chat.dialects.framing import Endless, Frame, TooLong
from twisted_chat.dialects.terminal import TerminalFramer


def model_terminal(data: bytes, limit: int, endless: int) -> list[Frame]:
    """Frame whole input as lines with any line end, the obvious way."""
    frames: list[Frame] = []
    *lines, last = re.split(rb"\r\r\n|\r\n|\r\0|\r|\n\r(?!\0)|\n", data)
    for line in [*lines, last] if last else lines:
        if len(line) > limit:
            frames.append(TooLong())
        else:
            frames.append(model_edited(line))
        if len(line) > endless:
            return [*frames, Endless()]
    return frames


def model_edited(line: bytes) -> bytes:
    """Take back what is taken back, a character at a time."""
    kept = ""
    for char in line.decode("utf-8", "surrogateescape"):
        if char in "\b\x7f":
            kept = kept[:-1]
        elif char == "\x15":
            kept = ""
        else:
            kept += char
    return kept.encode("utf-8", "surrogateescape")


class TerminalFramerTests(SynchronousTestCase):
    """Lines with any line end, and with what takes back characters."""

    def lines(self, data: bytes, limit: int = 16, endless: int = 64) -> list[Frame]:
        """Return the frames of ``data``, which must be the same at each cut."""
        first, *others = at_each_cut(lambda: TerminalFramer(limit, endless), data)
        for other in others:
            self.assertEqual(other, first)
        return first

    def test_each_line_end_is_one_and_empty_lines_are_counted(self) -> None:
        for end in (b"\n", b"\r\n", b"\r", b"\r\0", b"\n\r", b"\r\r\n"):
            self.assertEqual(self.lines(b"one" + end + b"two" + end), [b"one", b"two"], end)
            self.assertEqual(self.lines(end + b"one" + end), [b"", b"one"], end)
        for end in (b"\n", b"\r\n", b"\r", b"\r\0", b"\n\r"):
            self.assertEqual(self.lines(b"a" + end * 3 + b"b" + end), [b"a", b"", b"", b"b"], end)

    def test_a_line_is_there_with_the_first_byte_of_its_end(self) -> None:
        for end in (b"\n", b"\r"):
            framer = TerminalFramer(16, 64)
            self.assertEqual(framer.receive(b"hi" + end), [b"hi"])
            self.assertFalse(framer.partial)
        framer = TerminalFramer(16, 64)
        self.assertEqual(framer.receive(b"hi\r\r"), [b"hi"])
        self.assertTrue(framer.partial)
        framer.settle()
        self.assertEqual((framer.next(), framer.next(), framer.partial), (b"", None, False))
        self.assertEqual(framer.receive(b"x\r"), [b"x"])

    def test_characters_and_lines_can_be_taken_back(self) -> None:
        for back in (b"\x08", b"\x7f"):
            self.assertEqual(self.lines(b"bpp" + back * 2 + b"ob\n"), [b"bob"])
            self.assertEqual(self.lines("ü\u20ac\U0001f600".encode() + back * 3 + b"x\n"), [b"x"])
            self.assertEqual(self.lines(back + b"x" + back * 3 + b"y\n"), [b"y"])
            self.assertEqual(self.lines(b"a\n" + back + b"b\n"), [b"a", b"b"])
        self.assertEqual(self.lines(b"a\nsecret\x15hi\n"), [b"a", b"hi"])
        self.assertEqual(self.lines(b"a\xba\x7f\nb\xc3\x28\x7f\x7f\n"), [b"a", b"b"])

    def test_a_pause_ends_the_unfinished_line(self) -> None:
        framer = TerminalFramer(16, 64)
        for piece in (b"hello", b"x", b"bye"):
            self.assertEqual(framer.receive(piece), [])
            framer.settle()
            self.assertEqual((framer.next(), framer.next()), (piece, None))
        self.assertEqual(framer.receive(b"x" * 17), [TooLong()])
        framer.settle()
        self.assertEqual((framer.next(), framer.partial), (None, False))
        self.assertEqual(framer.receive(b"x\n"), [b"x"])

    def test_lines_are_limited_with_any_line_end_or_none(self) -> None:
        for end in (b"\n", b"\r\n", b"\r", b"\r\0", b"\n\r", b"\r\r\n"):
            self.assertEqual(self.lines(b"x" * 16 + end + b"y" * 17 + end), [b"x" * 16, TooLong()])
        self.assertEqual(self.lines(b"x" * 64 + b"\r" + b"y" * 65 + b"\n"), [TooLong(), TooLong(), Endless()])  # fmt: skip

    @given(data=tricky, limit=limits, places=cuts)
    def test_any_bytes_at_any_cut_are_the_lines_of_the_model(
        self, data: bytes, limit: tuple[int, int], places: list[int]
    ) -> None:
        for pieces in (cut(data, places), cut(data, range(len(data)))):
            framer = TerminalFramer(*limit)
            frames = feed(framer, pieces) + framer.finish()
            self.assertEqual(frames, model_terminal(data, *limit))

    @given(data=tricky, limit=limits, places=cuts)
    def test_no_more_than_a_line_is_held(
        self, data: bytes, limit: tuple[int, int], places: list[int]
    ) -> None:
        framer = TerminalFramer(*limit)
        for piece in cut(data, places):
            framer.receive(piece)
            self.assertLessEqual(framer.waiting, limit[0])
