from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.dialects.schema import answers as s
from twisted_chat.dialects.schema.base import (
    Incoming,
    encode,
    plain,
    read_rfc3339,
    rfc3339,
    rfc3339_of,
)


class TimeTests(SynchronousTestCase):
    def test_date_and_fraction_never_disagree(self) -> None:
        # Rounding the one and cutting the other would jump back, or ahead, by a second.
        self.assertEqual(rfc3339(1.9999999), "1970-01-01T00:00:01.999Z")
        self.assertEqual(rfc3339(2.0), "1970-01-01T00:00:02.000Z")
        self.assertEqual(rfc3339(0.0), "1970-01-01T00:00:00.000Z")

    @given(st.lists(st.floats(0, 2**32), min_size=2, max_size=5).map(sorted))
    def test_later_times_are_never_written_as_earlier(self, times: list[float]) -> None:
        written = [rfc3339(time) for time in times]
        self.assertEqual(written, sorted(written))

    @given(st.integers(0, 253_402_300_799_999))
    def test_time_is_read_as_it_was_written(self, time: int) -> None:
        self.assertEqual(read_rfc3339(rfc3339_of(time)), time)

    def test_what_is_smaller_than_a_millisecond_is_cut(self) -> None:
        self.assertEqual(read_rfc3339("1970-01-01T00:00:01.9999999Z"), 1_999)
        self.assertEqual(read_rfc3339("1970-01-01T00:00:01Z"), 1_000)
        self.assertEqual(read_rfc3339("1970-01-01T00:00:01.5Z"), 1_500)

    def test_what_is_no_time_in_utc_is_none(self) -> None:
        for text in ("", "x", "1970-01-01", "1970-13-01T00:00:00Z", "1970-01-01T00:00:00+01:00"):
            self.assertIsNone(read_rfc3339(text))
        self.assertIsNone(read_rfc3339("1970-01-01T00:00:0\u0661Z"))


class ObjectTests(SynchronousTestCase):
    def test_what_has_its_default_is_left_out_unless_it_is_always_written(self) -> None:
        self.assertEqual(
            encode(s.Ack(message="7")),
            b'{"type":"ack","content":"","timestamp":"","message":"7","time":0.0}',
        )
        self.assertEqual(encode(s.RoomSettings(room="a"))[-12:], b',"roles":{}}')
        kind = "".join(("s", "ay"))
        self.assertEqual(encode(Incoming("message", kind=plain(kind))), b'{"type":"message"}')  # type: ignore[arg-type]
        self.assertRaises(TypeError, encode, {"nick": object()})
