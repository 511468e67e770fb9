"""Where frames end, however the bytes were cut."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.dialects.framing import (
    Endless,
    Frame,
    Framer,
    JsonFramer,
    LineFramer,
    MarkSkipper,
    TooLong,
)

MIB = 1024 * 1024

# Few enough different bytes that line ends, braces, quotes and escapes meet in every way.
tricky = st.lists(
    st.sampled_from(
        [
            b"\n",
            b"\r",
            b"\r\n",
            b"\0",
            b"\x08",
            b"\x7f",
            b"\x15",
            b"\xc3\xa9",
            b"{",
            b"}",
            b'"',
            b"\\",
            b" ",
            b"\t",
            b"x",
            b"{}",
            b'{"',
        ]
    )
    | st.sampled_from([b'{"a":"}"}', b'{"a":"\\"}"}', b'{"a":{}}', b'{"\\\\":1}\r\n', b'""' * 40])
    | st.binary(max_size=4),
    max_size=30,
).map(b"".join)

# The longest frame, and the bytes without a line end; both small enough to be passed often.
limits = st.tuples(st.integers(1, 24), st.integers(1, 24)).map(lambda pair: (pair[0], sum(pair)))

cuts = st.lists(st.integers(0, 80), max_size=12)


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    """Cut ``data`` at ``places``, some of which may be equal or beyond its end."""
    edges = pairwise([0, *sorted(places), len(data)])
    return [data[start:end] for start, end in edges]


def feed(framer: Framer, pieces: Iterable[bytes]) -> list[Frame]:
    """Return the frames of ``pieces``, without an end of input."""
    return [frame for piece in pieces for frame in framer.receive(piece)]


def at_each_cut(make: Callable[[], Framer], data: bytes) -> list[list[Frame]]:
    """Frame whole input cut in two, once for each place, and then byte by byte."""
    ways = [cut(data, [place]) for place in range(len(data) + 1)]
    ways.append(cut(data, range(len(data))))
    results = []
    for pieces in ways:
        framer = make()
        results.append(feed(framer, pieces) + framer.finish())
    return results


def without_cr(line: bytes) -> bytes:
    return line[:-1] if line.endswith(b"\r") else line


def model_lines(data: bytes, limit: int, endless: int) -> list[Frame]:
    """Frame whole input as lines, the obvious way."""
    frames: list[Frame] = []
    *lines, last = data.split(b"\n")
    for line in lines:
        frames.append(TooLong() if len(without_cr(line)) > limit else without_cr(line))
        if len(line) > endless:
            return [*frames, Endless()]
    if last:
        frames.append(TooLong() if len(last) > limit else last)
    return [*frames, Endless()] if len(last) > endless else frames


def is_balanced(frame: bytes) -> bool:
    """Tell whether ``frame``, which did not end before its last byte, ends there."""
    depth, in_string, escaped = 0, False, False
    for char in frame.decode("latin-1"):
        if escaped:
            escaped = False
        elif in_string:
            escaped = char == "\\"
            in_string = char != '"'
        else:
            in_string = char == '"'
            depth += {"{": 1, "}": -1}.get(char, 0)
    return frame.startswith(b"{") and depth == 0


def model_objects(data: bytes, limit: int, endless: int) -> list[Frame]:
    """Frame whole input as JSON objects, looking at a frame from its start for each byte."""
    frames: list[Frame] = []
    frame, count, skipping = b"", 0, False
    for place in range(len(data)):
        byte = data[place : place + 1]
        if byte in b"\r\n":
            if frame and not skipping:
                frames.append(frame)
            frame, count, skipping = b"", 0, False
            continue
        if not frame and byte not in b" \t\0":
            count = 0
        count += 1
        if frame or byte not in b" \t\0":
            frame += byte
        if len(frame) > limit and not skipping:
            frames.append(TooLong())
            skipping = True
        if count > endless:
            return [*frames, Endless()]
        if not skipping and is_balanced(frame):
            frames.append(frame)
            frame, count = b"", 0
    if frame and not skipping:
        frames.append(frame if len(frame) <= limit else TooLong())
    return frames


class LineFramerTests(SynchronousTestCase):
    """Lines."""

    def lines(self, data: bytes, limit: int = 8, endless: int = 32) -> list[Frame]:
        """Return the frames of ``data``, which must be the same at each cut."""
        first, *others = at_each_cut(lambda: LineFramer(limit, endless), data)
        for other in others:
            self.assertEqual(other, first)
        return first

    def test_lf_and_cr_lf_end_a_line_at_any_cut_and_cr_does_not(self) -> None:
        self.assertEqual(self.lines(b"one\ntwo\r\n\r\n\nend\n"), [b"one", b"two", b"", b"", b"end"])
        self.assertEqual(self.lines(b"a\rb\r\r\n\rc\n"), [b"a\rb\r", b"\rc"])
        self.assertEqual(self.lines(b"hi\n"), [b"hi"])
        self.assertEqual(self.lines(b""), [])

    def test_line_over_the_limit_is_too_long_and_the_next_is_whole(self) -> None:
        self.assertEqual(self.lines(b"12345678\n12345678\r\n"), [b"12345678", b"12345678"])
        for end in (b"\n", b"\r\n"):
            self.assertEqual(self.lines(b"123456789" + end + b"ok" + end), [TooLong(), b"ok"])
        self.assertEqual(self.lines(b"12345678\rx\nok\n"), [TooLong(), b"ok"])
        self.assertEqual(self.lines(b"12345678\r\r\nok\n"), [TooLong(), b"ok"])
        self.assertEqual(self.lines(b"12345678\r"), [TooLong()])

    def test_too_long_comes_before_the_line_ends_and_once(self) -> None:
        framer = LineFramer(8, 32)
        self.assertEqual(framer.receive(b"a\n12345678"), [b"a"])
        self.assertEqual(framer.receive(b"9"), [TooLong()])
        self.assertEqual(framer.receive(b"123456789"), [])
        self.assertEqual(framer.receive(b"\nb\n"), [b"b"])

    def test_line_of_exactly_endless_bytes_is_too_long_and_one_more_is_endless(self) -> None:
        self.assertEqual(self.lines(b"x" * 32 + b"\nok\n"), [TooLong(), b"ok"])
        self.assertEqual(self.lines(b"ok\n" + b"x" * 33 + b"\nno\n"), [b"ok", TooLong(), Endless()])
        for limit, endless in ((0, 1), (8, 8)):
            self.assertRaises(ValueError, LineFramer, limit, endless)

    def test_hundred_megabytes_without_a_line_end_are_endless_once_and_not_kept(self) -> None:
        framer = LineFramer(4096, MIB)
        chunk = b"x" * 65536
        frames: list[Frame] = []
        for _ in range(100 * MIB // len(chunk)):
            frames += framer.receive(chunk)
            self.assertEqual(len(framer._held), 0)
        self.assertEqual(frames, [TooLong(), Endless()])
        self.assertEqual(framer.finish(), [])

    def test_last_line_without_a_line_end_comes_at_the_end_of_input(self) -> None:
        framer = LineFramer(8, 32)
        self.assertEqual(framer.receive(b"bob\nhi"), [b"bob"])
        self.assertEqual(framer.finish(), [b"hi"])
        self.assertEqual(framer.finish(), [])

    def test_rest_is_handed_over_once(self) -> None:
        framer = LineFramer(8, 32)
        framer.receive(b"one\ntw")
        self.assertEqual(framer.take(), b"tw")
        self.assertEqual(framer.take(), b"")
        self.assertEqual(framer.receive(b"12345678\n"), [b"12345678"])

    @given(data=tricky, limit=limits, places=cuts)
    def test_any_bytes_at_any_cut_are_the_lines_of_the_model(
        self, data: bytes, limit: tuple[int, int], places: list[int]
    ) -> None:
        for pieces in (cut(data, places), cut(data, range(len(data)))):
            framer = LineFramer(*limit)
            self.assertEqual(feed(framer, pieces) + framer.finish(), model_lines(data, *limit))

    @given(data=tricky, limit=limits, places=cuts)
    def test_no_more_than_a_line_and_its_cr_is_held(
        self, data: bytes, limit: tuple[int, int], places: list[int]
    ) -> None:
        framer = LineFramer(*limit)
        for piece in cut(data, places):
            framer.receive(piece)
            self.assertLessEqual(len(framer._held), limit[0] + 1)

    @given(data=tricky, place=st.integers(0, 80))
    def test_taken_rest_goes_on_in_another_framer(self, data: bytes, place: int) -> None:
        before, after = LineFramer(1000, 2000), LineFramer(1000, 2000)
        frames = before.receive(data[:place])
        frames += after.receive(before.take() + data[place:]) + after.finish()
        self.assertEqual(frames, model_lines(data, 1000, 2000))


class JsonFramerTests(SynchronousTestCase):
    """JSON objects, with and without line ends."""

    def objects(self, data: bytes, limit: int = 16, endless: int = 64) -> list[Frame]:
        """Return the frames of ``data``, which must be the same at each cut."""
        first, *others = at_each_cut(lambda: JsonFramer(limit, endless), data)
        for other in others:
            self.assertEqual(other, first)
        return first

    def test_objects_end_with_their_brace_line_or_not(self) -> None:
        self.assertEqual(self.objects(b'{"a":1}\n{"b":2}\r\n{}\n'), [b'{"a":1}', b'{"b":2}', b"{}"])
        self.assertEqual(
            self.objects(b'{"a":1}{"b":2} {"c":3}\n'), [b'{"a":1}', b'{"b":2}', b'{"c":3}']
        )
        self.assertEqual(self.objects(b'{"a":{"b":{}}}{}\n'), [b'{"a":{"b":{}}}', b"{}"])
        self.assertEqual(self.objects(b'{"a":1}\0{"b":2}\0'), [b'{"a":1}', b'{"b":2}'])
        self.assertEqual(
            self.objects(b' \t\r\n\n{"a":1} \r\n \t {"b":2}\t \n '), [b'{"a":1}', b'{"b":2}']
        )

    def test_object_ends_with_its_brace_without_a_line_end(self) -> None:
        framer = JsonFramer(16, 64)
        self.assertEqual(framer.receive(b'{"a":1}'), [b'{"a":1}'])
        self.assertEqual(framer.receive(b'{"b"'), [])
        self.assertEqual(framer.receive(b":2}"), [b'{"b":2}'])
        self.assertEqual(framer.finish(), [])

    def test_braces_and_escapes_in_strings_do_not_count(self) -> None:
        self.assertEqual(self.objects(b'{"}{":"}}"}{"{":1}'), [b'{"}{":"}}"}', b'{"{":1}'])
        self.assertEqual(self.objects(b'{"a":"\\"}"}{"\\\\":1}'), [b'{"a":"\\"}"}', b'{"\\\\":1}'])
        escapes = b'{"a":"' + b'\\"}' * 100 + b'"}'
        strings = b'{"a":[' + b'"}",' * 100 + b"{}]}"
        self.assertEqual(self.objects(escapes + strings, 1000, 2000), [escapes, strings])

    def test_unfinished_objects_end_with_their_line_whatever_its_end(self) -> None:
        for broken in (b'{"a":{1', b'{"a":"x}', b'{"a":"\\'):
            for end in (b"\n", b"\r\n"):
                frames = self.objects(broken + end + b'{"b":"}"}{"c":3}')
                self.assertEqual(frames, [broken, b'{"b":"}"}', b'{"c":3}'])
        for broken in (b"{", b'{"}', b"{{}", b"x"):
            for end in (b"\r", b"\r\0", b"\n\r", b"\r\r\n"):
                self.assertEqual(self.objects(broken + end + b"{}"), [broken, b"{}"])

    def test_what_is_no_object_is_a_frame_of_its_own(self) -> None:
        self.assertEqual(self.objects(b'hi {"a":1}\r\n[{}]\n{}\n'), [b'hi {"a":1}', b"[{}]", b"{}"])
        self.assertEqual(self.objects(b'{"a":1} xyz\n'), [b'{"a":1}', b"xyz"])
        self.assertEqual(self.objects(b'{"a":1}}\n{}'), [b'{"a":1}', b"}", b"{}"])

    def test_object_over_the_limit_is_skipped_to_the_line_end(self) -> None:
        exact = b'{"a":"12345678"}'
        for end in (b"\n", b"\r\n", b""):
            self.assertEqual(self.objects((exact + end) * 2), [exact, exact])
        self.assertEqual(
            self.objects(b"x" * 16 + b"\r\n" + b"{" * 16 + b"\r\n"), [b"x" * 16, b"{" * 16]
        )
        self.assertEqual(self.objects(b'{"a":"123456789"}{}\n{}\n'), [TooLong(), b"{}"])
        self.assertEqual(self.objects(b'{"a":{"b":"1234567890'), [TooLong()])

    def test_too_long_comes_as_soon_as_the_limit_is_passed(self) -> None:
        framer = JsonFramer(16, 64)
        self.assertEqual(framer.receive(b'{}{"a":"123456789'), [b"{}"])
        self.assertEqual(framer.receive(b"0"), [])
        self.assertEqual(framer.receive(b'"'), [TooLong()])

    def test_bytes_or_blanks_without_a_line_end_are_endless_but_not_objects(self) -> None:
        self.assertEqual(self.objects(b"{}" * 100), [b"{}"] * 100)
        self.assertEqual(self.objects(b"{" + b"x" * 63 + b"\n{}"), [TooLong(), b"{}"])
        self.assertEqual(self.objects(b"{" + b"x" * 64 + b"\n{}"), [TooLong(), Endless()])
        self.assertEqual(self.objects(b" " * 64 + b"\n{}"), [b"{}"])
        self.assertEqual(self.objects(b" " * 65 + b"\n{}"), [Endless()])
        self.assertEqual(self.objects(b" " * 64 + b"{}" + b" " * 64 + b"{}"), [b"{}", b"{}"])

    def test_hundred_megabytes_in_one_object_are_endless_once_and_not_kept(self) -> None:
        framer = JsonFramer(16384, MIB)
        frames = framer.receive(b'{"a":"')
        chunk = b'\\"{}' * 16384
        for _ in range(100 * MIB // len(chunk)):
            frames += framer.receive(chunk)
            self.assertEqual(len(framer._held), 0)
        self.assertEqual(frames, [TooLong(), Endless()])
        self.assertEqual(framer.finish(), [])

    def test_line_end_behind_an_object_is_seen_wherever_it_is_cut(self) -> None:
        for end, ended in (
            (b"\n", True),
            (b"\r\n", True),
            (b" \r", True),
            (b"", False),
            (b"{", False),
        ):
            for pieces in ((b'{"a":1}' + end,), (b'{"a":1}', end), (b'{"a"', b":1}" + end)):
                framer, frame = JsonFramer(100, 200), None
                for piece in pieces:
                    framer.feed(piece)
                    frame = frame or framer.next()
                self.assertEqual((frame, framer.line_ended), (b'{"a":1}', ended), (end, pieces))

    def test_rest_is_handed_over_and_the_next_object_starts_anew(self) -> None:
        framer = JsonFramer(16, 64)
        framer.receive(b'{} {"a":"\\')
        self.assertEqual(framer.take(), b'{"a":"\\')
        self.assertEqual(framer.receive(b'{"b":2}'), [b'{"b":2}'])

    @given(data=tricky, limit=limits, places=cuts)
    def test_any_bytes_at_any_cut_are_the_frames_of_the_model(
        self, data: bytes, limit: tuple[int, int], places: list[int]
    ) -> None:
        for pieces in (cut(data, places), cut(data, range(len(data)))):
            framer = JsonFramer(*limit)
            self.assertEqual(feed(framer, pieces) + framer.finish(), model_objects(data, *limit))

    @given(data=tricky, places=cuts)
    def test_any_bytes_within_the_limits_are_so_too(self, data: bytes, places: list[int]) -> None:
        framer = JsonFramer(10_000, 20_000)
        frames = feed(framer, cut(data, places)) + framer.finish()
        self.assertEqual(frames, model_objects(data, 10_000, 20_000))

    @given(data=tricky, limit=limits, places=cuts)
    def test_no_more_than_an_object_and_a_cr_is_held(
        self, data: bytes, limit: tuple[int, int], places: list[int]
    ) -> None:
        framer = JsonFramer(*limit)
        for piece in cut(data, places):
            framer.receive(piece)
            self.assertLessEqual(len(framer._held), limit[0] + 1)

    @given(
        objects=st.lists(
            st.dictionaries(
                st.text(max_size=4),
                st.recursive(
                    st.text(max_size=6) | st.integers(), lambda values: st.lists(values, max_size=2)
                ),
                max_size=3,
            )
        ),
        between=st.sampled_from(["", "\n", "\r\n", " ", "\n\n "]),
        escaped=st.booleans(),
        places=cuts,
    )
    def test_every_json_object_is_one_frame(
        self, objects: list[dict[str, object]], between: str, escaped: bool, places: list[int]
    ) -> None:
        sent = [json.dumps(each, ensure_ascii=escaped).encode() for each in objects]
        framer = JsonFramer(16384, MIB)
        self.assertEqual(feed(framer, cut(between.encode().join(sent), places)), sent)


class MarkSkipperTests(SynchronousTestCase):
    MARK = b"\xef\xbb\xbf"

    def read(self, *pieces: bytes) -> bytes:
        skipper = MarkSkipper()
        return b"".join(map(skipper.feed, pieces))

    def test_mark_at_the_beginning_is_skipped_and_all_else_stays(self) -> None:
        for data in (b"", b"bob\n", b'{"type": "nick"}'):
            whole = self.MARK + data
            for cut in range(len(whole) + 1):
                self.assertEqual(self.read(whole[:cut], whole[cut:]), data)
            self.assertEqual(self.read(*(bytes([byte]) for byte in whole)), data)
        for data in (b"bob\n", b"\xef\xbb\xbe", b"\xc3\xa9", b"x" + self.MARK, self.MARK * 2):
            self.assertEqual(self.read(data), data.removeprefix(self.MARK))
            self.assertEqual(self.read(data[:1], data[1:]), data.removeprefix(self.MARK))
