from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.dialects.schema import answers as s
from twisted_chat.dialects.schema.base import Incoming, encode, plain, rfc3339


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
