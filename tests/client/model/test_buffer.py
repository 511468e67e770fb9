from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.model.buffer import Buffer
from twisted_chat.client.model.lines import Line, weight


def said(number: int, text: str = "hi") -> Line:
    return Line("say", text, float(number), id=f"{number:016x}", nick="bob")


def waiting(tag: str) -> Line:
    return Line("say", tag, 0.0, nick="me", own=True, tag=tag)


class BufferTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.buffer = Buffer()

    def shown(self) -> list[str]:
        return [line.id[-1:] or line.text for line in self.buffer.lines]

    def add(self, *lines: Line) -> None:
        for line in lines:
            self.buffer.add(line)

    @given(st.lists(st.integers(1, 30)))
    def test_lines_stand_in_the_order_of_their_ids_each_once(self, numbers: list[int]) -> None:
        buffer = Buffer()
        for number in numbers:
            buffer.add(said(number))
        self.assertEqual([line.time for line in buffer.lines], sorted(set(numbers)))

    def test_what_has_no_id_stays_behind_what_was_there_before_it(self) -> None:
        self.add(said(3), Line("info", "a", 0.0), Line("info", "b", 0.0), said(5), said(1))
        self.assertEqual(self.shown(), ["1", "3", "a", "b", "5"])

    def test_what_waits_stands_at_the_end_until_it_is_settled(self) -> None:
        self.add(said(1), waiting("x"), waiting("y"), said(4))
        self.assertEqual(self.shown(), ["1", "4", "x", "y"])
        settled = self.buffer.settle("x", f"{3:016x}", 30.0)
        assert settled is not None
        self.assertEqual((settled.time, settled.waiting), (30.0, False))
        self.assertEqual(self.shown(), ["1", "3", "4", "y"])

    def test_the_same_tag_waits_once(self) -> None:
        self.add(waiting("x"), waiting("x"))
        self.assertEqual(len(self.buffer), 1)

    def test_history_and_late_acks_settle_what_waits(self) -> None:
        self.add(waiting("x"), msgspec.structs.replace(said(2), tag="x", own=True))
        self.assertEqual(self.shown(), ["2"])
        self.assertIsNone(self.buffer.settle("x", f"{2:016x}", 2.0))
        self.add(waiting("x"), said(2))
        self.assertIsNone(self.buffer.settle("x", f"{2:016x}", 2.0))
        self.assertEqual(self.shown(), ["2"])

    def test_what_is_refused_becomes_an_error_with_the_text(self) -> None:
        self.add(waiting("x"))
        refused = self.buffer.refuse("x", "too long")
        assert refused is not None
        self.assertEqual((refused.kind, refused.text), ("error", "too long (not sent: x)"))
        self.assertFalse(refused.waiting)
        self.assertIsNone(self.buffer.refuse("x", "too long"))

    def test_the_oldest_are_dropped_and_can_come_again(self) -> None:
        self.add(said(1), said(2), said(3), waiting("x"))
        self.buffer.more = False
        self.assertEqual(self.buffer.drop(2), 2)
        self.assertEqual(self.shown(), ["3", "x"])
        self.assertTrue(self.buffer.more)
        self.assertNotIn(f"{1:016x}", self.buffer)
        self.add(said(1))
        self.assertEqual(self.shown(), ["1", "3", "x"])

    def test_what_waits_is_never_dropped(self) -> None:
        self.add(waiting("x"))
        self.assertEqual(self.buffer.drop(5), 0)
        self.assertEqual(self.shown(), ["x"])

    def test_what_is_removed_does_not_come_again(self) -> None:
        self.add(said(1), said(2))
        self.assertEqual(self.buffer.remove(lambda line: line.time == 1.0), 1)
        self.add(said(1))
        self.assertEqual(self.shown(), ["2"])

    def test_a_changed_line_is_drawn_anew(self) -> None:
        self.add(said(1))
        before = self.buffer.lines[0]
        after = self.buffer.replace(0, msgspec.structs.replace(before, ids=(f"{9:016x}",)))
        self.assertNotEqual(before.serial, after.serial)
        self.assertIn(f"{9:016x}", self.buffer)
        self.assertEqual(self.buffer.last_id, f"{9:016x}")

    def test_first_and_last_id_pass_over_what_has_none(self) -> None:
        self.assertEqual((self.buffer.first_id, self.buffer.last_id), ("", ""))
        self.add(Line("info", "a", 0.0), said(2), said(7), Line("info", "b", 0.0))
        self.assertEqual((self.buffer.first_id, self.buffer.last_id), (f"{2:016x}", f"{7:016x}"))

    def test_the_weight_is_that_of_the_lines(self) -> None:
        self.add(said(1, "x" * 1000), waiting("t"), said(2), said(3, "y" * 500))
        self.buffer.settle("t", f"{9:016x}", 1.0)
        self.buffer.replace(1, said(2, "longer"))
        self.buffer.remove(lambda line: line.id == f"{3:016x}")
        self.assertEqual(self.buffer.weight, sum(map(weight, self.buffer.lines)))
        self.buffer.drop(1)
        self.assertEqual(self.buffer.weight, sum(map(weight, self.buffer.lines)))

    def test_as_many_lines_are_dropped_as_have_so_many_bytes(self) -> None:
        self.add(*(said(number, "x" * 10_000) for number in range(1, 10)), waiting("t"))
        self.assertEqual(self.buffer.drop(0, 25_000), 3)
        self.assertEqual(self.buffer.drop(0, 10**9), 6)
        self.assertEqual(self.shown(), ["t"])
