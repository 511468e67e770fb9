"""The one way for bytes to a session: their order, what waits, and when that is too much."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.delivery.fakes import FakeSink, View
from twisted_chat.delivery import outbox as module
from twisted_chat.delivery.outbox import PIECE, TOO_SLOW, Backlog, Outbox, Slot

LIMIT = 100


class OutboxCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.sink = FakeSink()
        self.outbox = make(self.sink)

    def add(self, *parts: bytes) -> None:
        """Add to one turn, and end it."""
        add(self.outbox, *parts)

    def take(self) -> list[bytes]:
        """Return the writes since the last call."""
        writes = self.sink.writes[:]
        self.sink.writes.clear()
        return writes

    def fill(self, slot: Slot, *pieces: bytes, more: Callable[[], None] | None = None) -> None:
        """Fill a slot as the engine does: the outbox goes on at the end of the turn."""
        slot.pieces = iter(pieces)
        slot.more = more
        self.outbox.flush()


def make(sink: FakeSink, limit: int = LIMIT) -> Outbox:
    return Outbox(sink, View(), View(), limit, Backlog(10**9))


def add(outbox: Outbox, *parts: bytes) -> None:
    outbox.pending += parts
    outbox.dirty = True
    outbox.flush()


class FlushTests(OutboxCase):
    def test_each_turn_is_one_write_and_nothing_is_none(self) -> None:
        self.add(b"one\n", b"two\n", b"three\n")
        self.assertEqual(self.take(), [b"one\ntwo\nthree\n"])
        self.assertFalse(self.outbox.dirty)
        self.add()
        self.add(b"", b"")
        self.assertEqual(self.take(), [])
        self.add(b"one\n")
        self.add(b"two\n")
        self.assertEqual(self.take(), [b"one\n", b"two\n"])

    def test_what_comes_while_the_sink_is_full_follows_later(self) -> None:
        self.outbox.pause()
        self.add(b"one\n")
        self.add(b"two\n")
        self.assertEqual((self.take(), self.outbox.queued), ([], 8))
        self.outbox.resume()
        self.assertEqual((self.take(), self.outbox.queued), ([b"one\ntwo\n"], 0))
        self.sink.during = self.outbox.pause
        self.add(b"one\n")
        self.add(b"two\n")
        self.assertEqual(self.take(), [b"one\n"])
        self.outbox.resume()
        self.assertEqual(self.take(), [b"two\n"])
        self.outbox.resume()
        self.assertEqual(self.take(), [])

    def test_sink_that_makes_room_within_a_write_gets_the_rest_in_order(self) -> None:
        self.outbox = make(self.sink, 3 * PIECE)
        self.outbox.pause()
        for part in (b"a" * PIECE, b"b" * PIECE, b"c"):
            self.add(part)

        def full_for_a_moment() -> None:
            self.outbox.pause()
            self.outbox.resume()

        self.sink.during = full_for_a_moment
        self.outbox.resume()
        self.assertEqual(self.take(), [b"a" * PIECE, b"b" * PIECE, b"c"])

    def test_empty_says_whether_anything_is_on_its_way(self) -> None:
        self.assertTrue(self.outbox.empty)
        self.outbox.pending.append(b"one\n")
        self.assertFalse(self.outbox.empty)
        self.outbox.pause()
        self.outbox.flush()
        self.assertFalse(self.outbox.empty)
        self.outbox.resume()
        self.assertTrue(self.outbox.empty)
        self.outbox.slot()
        self.assertFalse(self.outbox.empty)


class LimitTests(OutboxCase):
    def setUp(self) -> None:
        super().setUp()
        self.outbox.pause()

    def test_addition_to_an_empty_queue_always_fits(self) -> None:
        self.add(b"x" * 10 * LIMIT)
        self.assertEqual((self.sink.overflows, self.outbox.closed), (0, False))
        self.outbox.resume()
        self.assertEqual(self.take(), [b"x" * 10 * LIMIT])

    def test_slow_reader_is_dropped_not_buffered(self) -> None:
        self.add(b"x")
        self.add(b"y" * LIMIT)
        self.assertEqual((self.sink.overflows, self.outbox.queued), (1, 0))
        self.assertTrue(self.outbox.closed)
        self.assertTrue(self.outbox.empty)

    def test_dropped_reader_gets_nothing_more_and_is_dropped_once(self) -> None:
        for _ in range(3):
            self.add(b"y" * LIMIT)
        self.outbox.resume()
        self.add(b"z")
        self.assertEqual((self.take(), self.sink.overflows), ([], 1))
        self.assertTrue(self.outbox.empty)

    def test_reader_that_took_what_waited_has_the_whole_queue_again(self) -> None:
        for _ in range(10):
            self.add(b"x" * LIMIT)
            self.outbox.resume()
            self.outbox.pause()
        self.assertEqual((len(self.take()), self.sink.overflows), (10, 0))

    def test_what_is_not_shown_makes_the_queue_no_longer(self) -> None:
        for _ in range(1000):
            self.add(b"")
        self.assertTrue(self.outbox.empty)
        self.add(b"x")
        self.add(b"y" * (LIMIT - 1))
        self.assertEqual(self.sink.overflows, 0)

    def test_many_small_additions_are_limited_as_few_big_ones(self) -> None:
        for _ in range(LIMIT + 1):
            self.add(b"x")
        self.assertEqual(self.sink.overflows, 1)


class SlotTests(OutboxCase):
    def test_what_comes_later_waits_behind_a_slot_that_is_not_filled(self) -> None:
        self.outbox.pending.append(b"before\n")
        slot = self.outbox.slot()
        self.add(b"after\n")
        self.assertEqual(self.take(), [b"before\n"])
        self.add(b"more\n")
        self.assertEqual(self.take(), [])
        self.fill(slot, b"answer\n", b"of two lines\n")
        self.assertEqual(self.take(), [b"answer\nof two lines\nafter\nmore\n"])

    def test_answer_that_is_there_at_once_is_part_of_the_one_write(self) -> None:
        self.outbox.pending.append(b"before\n")
        slot = self.outbox.slot()
        slot.pieces = iter([b"answer\n"])
        self.add(b"after\n")
        self.assertEqual(self.take(), [b"before\nanswer\nafter\n"])

    def test_slots_keep_their_order_whichever_is_filled_first(self) -> None:
        first, second = self.outbox.slot(), self.outbox.slot()
        self.fill(second, b"two\n")
        self.assertEqual(self.take(), [])
        self.fill(first, b"one\n")
        self.assertEqual(self.take(), [b"one\ntwo\n"])

    def test_answer_of_nothing_lets_the_rest_go_on_or_is_no_write(self) -> None:
        slot = self.outbox.slot()
        self.add(b"after\n")
        self.fill(slot)
        self.assertEqual((self.take(), self.outbox.empty), ([b"after\n"], True))
        self.fill(self.outbox.slot())
        self.assertEqual((self.take(), self.outbox.empty), ([], True))

    def test_long_answer_is_pulled_as_the_reader_takes_it(self) -> None:
        made = 0

        def pieces() -> Iterator[bytes]:
            nonlocal made
            for _ in range(100):
                made += 1
                yield b"x" * 1024

        self.sink.during = self.outbox.pause
        slot = self.outbox.slot()
        slot.pieces = pieces()
        self.outbox.flush()
        self.assertEqual((made, len(self.sink.data)), (16, PIECE))
        self.add(b"after\n")
        self.assertEqual(made, 16)
        self.outbox.resume()
        self.assertEqual((made, len(self.sink.data)), (32, 2 * PIECE))
        while not self.outbox.empty:
            self.outbox.resume()
        self.assertEqual(self.sink.data, b"x" * 100 * 1024 + b"after\n")

    def test_long_answer_never_counts_as_slow(self) -> None:
        self.outbox.pause()
        slot = self.outbox.slot()
        slot.pieces = iter([b"x" * 1024] * 10)
        self.outbox.flush()
        self.add(b"y" * 10 * LIMIT)
        self.assertEqual((self.sink.overflows, self.outbox.queued), (0, 10 * LIMIT))

    def test_lines_that_wait_behind_an_answer_count(self) -> None:
        self.outbox.slot()
        self.add(b"y" * LIMIT)
        self.add(b"y")
        self.assertEqual(self.sink.overflows, 1)

    def test_slot_on_a_queue_that_overflows_by_it_is_kept_nowhere(self) -> None:
        self.outbox.pause()
        self.add(b"x")
        self.outbox.pending.append(b"y" * LIMIT)
        slot = self.outbox.slot()
        self.assertEqual((self.sink.overflows, self.outbox.empty), (1, True))
        self.fill(slot, b"answer\n")
        self.assertEqual(self.take(), [])

    def test_done_is_called_when_the_last_of_the_answer_is_out(self) -> None:
        calls: list[bytes] = []
        self.sink.during = self.outbox.pause
        slot = self.outbox.slot(lambda: calls.append(self.sink.data))
        self.fill(slot, b"x" * PIECE, b"end\n")
        self.assertEqual(calls, [])
        self.outbox.resume()
        self.assertEqual(calls, [b"x" * PIECE + b"end\n"])

    def test_done_may_ask_for_the_next_answer(self) -> None:
        left = 500

        def ask() -> None:
            nonlocal left
            left -= 1
            slot = self.outbox.slot(ask if left else None)
            slot.pieces = iter([b"%d\n" % left])

        ask()
        self.add(b"behind the first\n")
        want = b"499\nbehind the first\n" + b"".join(b"%d\n" % n for n in range(498, -1, -1))
        self.assertEqual(self.sink.data, want)

    def test_done_may_end_the_turn_once_more(self) -> None:
        slot = self.outbox.slot(lambda: self.add(b"third\n"))
        self.add(b"second\n")
        self.fill(slot, b"first\n")
        self.assertEqual(self.take(), [b"first\nsecond\n", b"third\n"])

    def test_done_may_close(self) -> None:
        slot = self.outbox.slot(self.outbox.close)
        self.add(b"y" * LIMIT)
        self.outbox.slot(lambda: self.fail("this slot was never filled"))
        self.fill(slot, b"x")
        self.assertEqual(self.take(), [b"x" + b"y" * LIMIT])
        self.assertTrue(self.outbox.empty)


class StreamTests(OutboxCase):
    """Answers that are filled in parts, each asked for when the one before is taken."""

    def setUp(self) -> None:
        super().setUp()
        self.asked: list[str] = []

    def asks(self, name: str = "") -> Callable[[], None]:
        return lambda: self.asked.append(name)

    def test_next_part_is_asked_for_when_the_one_before_is_out(self) -> None:
        slot = self.outbox.slot()
        self.add(b"later\n")
        self.fill(slot, b"one\n", b"two\n", more=self.asks("a"))
        self.assertEqual((self.take(), self.asked), ([b"one\ntwo\n"], ["a"]))
        self.outbox.go_on()
        self.assertEqual((self.take(), self.asked), ([], ["a"]))
        self.fill(slot, b"three\n", more=self.asks("b"))
        self.assertEqual((self.take(), self.asked), ([b"three\n"], ["a", "b"]))
        self.fill(slot, b"end\n")
        self.assertEqual((self.take(), self.asked), ([b"end\nlater\n"], ["a", "b"]))
        self.assertTrue(self.outbox.empty)

    def test_nothing_is_asked_for_while_the_reader_takes_nothing(self) -> None:
        slot = self.outbox.slot()
        self.sink.during = self.outbox.pause
        self.fill(slot, b"x" * PIECE, b"y", more=self.asks())
        self.assertEqual((self.take(), self.asked), ([b"x" * PIECE], []))
        self.outbox.resume()
        self.assertEqual((self.take(), self.asked), ([b"y"], []))
        self.outbox.resume()
        self.assertEqual((self.take(), self.asked), ([], [""]))

    def test_slow_reader_of_a_stream_does_not_count_as_slow(self) -> None:
        slot = self.outbox.slot()
        self.sink.during = self.outbox.pause
        for _ in range(10):
            self.fill(slot, b"x" * 10 * LIMIT, more=self.asks())
            self.outbox.resume()
        self.assertEqual((self.sink.overflows, self.outbox.queued, len(self.asked)), (0, 0, 10))

    def test_part_that_comes_at_once_is_handed_over_in_a_later_turn(self) -> None:
        slot = self.outbox.slot()

        def more() -> None:
            slot.pieces = iter([b"two\n"])  # as the engine does it, which then ends another turn

        self.fill(slot, b"one\n", more=more)
        self.assertEqual(self.take(), [b"one\n"])
        self.outbox.flush()
        self.assertEqual(self.take(), [b"two\n"])
        self.assertTrue(self.outbox.empty)

    def test_part_of_nothing_asks_for_the_next(self) -> None:
        slot = self.outbox.slot()
        self.fill(slot, more=self.asks("a"))
        self.fill(slot, b"", more=self.asks("b"))
        self.assertEqual((self.take(), self.asked), ([], ["a", "b"]))
        self.fill(slot)
        self.assertTrue(self.outbox.empty)

    def test_done_is_called_once_at_the_very_end(self) -> None:
        slot = self.outbox.slot(self.asks("done"))
        self.fill(slot, b"one\n", more=self.asks("more"))
        self.fill(slot, b"two\n")
        self.assertEqual(self.asked, ["more", "done"])

    def test_streams_come_one_after_the_other(self) -> None:
        first, second = self.outbox.slot(), self.outbox.slot()
        self.fill(second, b"2a\n", more=self.asks("second"))
        self.fill(first, b"1a\n", more=self.asks("first"))
        self.assertEqual((self.take(), self.asked), ([b"1a\n"], ["first"]))
        self.fill(first, b"1b\n")
        self.assertEqual((self.take(), self.asked), ([b"1b\n2a\n"], ["first", "second"]))
        self.fill(second, b"2b\n")
        self.assertEqual(self.take(), [b"2b\n"])

    def test_closed_midway_it_asks_for_no_more(self) -> None:
        slot = self.outbox.slot(self.asks("done"))
        self.sink.during = self.outbox.pause
        self.fill(slot, b"one\n", more=self.asks("more"))
        self.outbox.close()
        self.outbox.resume()
        self.fill(slot, b"two\n", more=self.asks("more"))
        self.assertEqual((self.take(), self.asked), ([b"one\n"], []))

    def test_asking_that_raises_ends_the_session(self) -> None:
        def broken() -> None:
            raise ZeroDivisionError

        self.fill(self.outbox.slot(), b"one\n", more=broken)
        self.assertEqual((self.sink.overflows, self.outbox.closed), (1, True))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class CloseTests(OutboxCase):
    def test_closed_outbox_takes_nothing_and_holds_nothing(self) -> None:
        self.outbox.pause()
        self.add(b"one\n")
        self.outbox.close()
        self.assertTrue(self.outbox.empty)
        self.outbox.pending.append(b"too late\n")
        slot = self.outbox.slot()
        self.assertTrue(self.outbox.empty)
        self.outbox.resume()
        self.add(b"two\n")
        self.fill(slot, b"three\n")
        self.assertEqual((self.take(), self.outbox.pending, self.outbox.empty), ([], [], True))

    def test_closing_within_a_write_ends_it_there(self) -> None:
        self.outbox.pause()
        self.add(b"one\n")
        slot = self.outbox.slot(lambda: self.fail("the session is closed"))
        slot.pieces = iter([b"x" * PIECE] * 3)
        self.sink.during = self.outbox.close
        self.outbox.resume()
        self.assertEqual(len(self.sink.writes), 1)
        self.assertTrue(self.outbox.empty)


class FaultTests(OutboxCase):
    """Nobody calls the outbox who could do anything about a fault of one session."""

    def break_down(self) -> None:
        raise ZeroDivisionError("this sink is broken")

    def assert_ended(self) -> None:
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual((self.sink.overflows, self.outbox.closed), (1, True))
        self.assertTrue(self.outbox.empty)

    def test_write_that_raises_ends_the_session(self) -> None:
        self.sink.during = self.break_down
        self.add(b"one\n")
        self.assert_ended()

    def test_write_that_raises_later_ends_the_session(self) -> None:
        self.outbox.pause()
        self.add(b"one\n")
        self.sink.during = self.break_down
        self.outbox.resume()
        self.assert_ended()

    def test_answer_that_cannot_be_made_ends_the_session(self) -> None:
        def pieces() -> Iterator[bytes]:
            yield b"one\n"
            self.break_down()

        self.outbox.slot().pieces = pieces()
        self.outbox.flush()
        self.assert_ended()

    def test_done_that_raises_ends_the_session(self) -> None:
        self.fill(self.outbox.slot(self.break_down), b"one\n")
        self.assert_ended()
        self.assertEqual(self.take(), [b"one\n"])

    def test_sink_that_takes_nothing_now_holds_all_of_it(self) -> None:
        class Full(FakeSink):
            def send(self, data: bytes) -> int:
                raise BlockingIOError

        sink = Full()
        full = make(sink)
        sink.full = full.pause
        full.pending.append(b"one\n")
        full.flush()
        self.assertEqual((sink.writes, full.send, full.closed), ([b"one\n"], None, False))

    def test_sink_that_cannot_even_be_closed_is_logged(self) -> None:
        self.sink.during = self.break_down
        self.patch(self.sink, "overflowed", lambda reason: self.break_down())
        self.add(b"one\n")
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)
        self.assertTrue(self.outbox.closed)


class Reader:
    """What the outbox promises, said as plainly as it can be: a list of what is to come, and a limit.

    Each entry is a line, or an answer as a list of its pieces (None while it is not there).
    """

    def __init__(self) -> None:
        self.coming: list[bytes | list[bytes] | None] = []
        self.got = b""
        self.full = False
        self.overflowed = False

    def waiting(self) -> int:
        return sum(len(each) for each in self.coming if isinstance(each, bytes))

    def add(self, data: bytes) -> None:
        if not data or self.overflowed:
            return
        if (self.full or self.coming) and self.waiting() and self.waiting() + len(data) > LIMIT:
            self.overflowed = True
            self.coming.clear()
            return
        self.coming.append(data)
        self.read()

    def read(self) -> None:
        while self.coming and not self.full:
            head = self.coming[0]
            if head is None:
                break
            self.got += head if isinstance(head, bytes) else b"".join(head)
            del self.coming[0]


sizes = st.integers(0, 2 * LIMIT)
steps = st.lists(
    st.tuples(st.just("add"), sizes)
    | st.tuples(st.just("slot"), st.just(0))
    | st.tuples(st.sampled_from(["fill", "stream"]), sizes)
    | st.tuples(st.sampled_from(["pause", "resume"]), st.just(0)),
    max_size=40,
)


def fill_in_turn(dirty: list[Outbox], slot: Slot, parts: list[list[bytes]]) -> None:
    """Fill a slot with its first part, and with each of the others when that is asked for."""
    first, *others = parts
    slot.pieces = iter(first)
    slot.more = (lambda: fill_in_turn(dirty, slot, others)) if others else None
    slot.outbox.mark(dirty)


def hand_out(dirty: list[Outbox]) -> None:
    """End the turn, and those that follow at once, as the engine does."""
    while dirty:
        dirty.pop().flush()


class ModelTests(SynchronousTestCase):
    @given(steps)
    def test_reader_gets_what_was_added_in_order_or_is_dropped(
        self, steps: list[tuple[str, int]]
    ) -> None:
        sink, reader = FakeSink(), Reader()
        outbox = make(sink)
        open_slots: list[Slot] = []
        dirty: list[Outbox] = []
        largest = 0
        letters = itertools.count()

        def text(size: int) -> bytes:
            return bytes((97 + next(letters) % 26,)) * size

        for what, size in steps:
            if what == "add":
                largest = max(largest, size)
                data = text(size)
                reader.add(data)
                add(outbox, data)
            elif what == "slot" and not reader.overflowed:
                reader.coming.append(None)
                open_slots.append(outbox.slot())
            elif what in ("fill", "stream") and open_slots and not reader.overflowed:
                slot = open_slots.pop(0)
                parts = [[text(size), b"mid"], [], [text(size), b"end"]][
                    0 if what == "stream" else 2 :
                ]
                reader.coming[reader.coming.index(None)] = list(itertools.chain(*parts))
                fill_in_turn(dirty, slot, parts)
                hand_out(dirty)
                reader.read()
            elif what == "pause":
                reader.full = True
                outbox.pause()
            elif what == "resume":
                reader.full = False
                outbox.resume()
                hand_out(dirty)
                reader.read()
            self.assertEqual(sink.data, reader.got)
            self.assertEqual(sink.overflows, reader.overflowed)
            self.assertEqual(outbox.queued, reader.waiting())
            self.assertLessEqual(outbox.queued, max(LIMIT, largest))


class BacklogTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.backlog = Backlog(1000)
        self.sinks = [FakeSink() for _ in range(4)]
        self.outboxes = [Outbox(sink, View(), View(), 10**6, self.backlog) for sink in self.sinks]
        self.warnings: list[dict[str, Any]] = []
        self.patch(module.log, "warn", lambda text, **more: self.warnings.append(more))

    def add(self, number: int, size: int) -> None:
        outbox = self.outboxes[number]
        outbox.pending.append(b"x" * size)
        outbox.flush()

    def open(self) -> list[int]:
        return [number for number, outbox in enumerate(self.outboxes) if not outbox.closed]

    def test_what_waits_is_counted_and_what_was_taken_is_not(self) -> None:
        self.add(0, 500)
        self.assertEqual(self.backlog.bytes, 0)
        self.sinks[0].part, self.sinks[0].full = 200, self.outboxes[0].pause
        self.add(0, 500)
        self.assertEqual(self.backlog.bytes, 300)
        self.add(0, 300)
        self.assertEqual(self.backlog.bytes, 600)
        self.sinks[0].part = None
        self.outboxes[0].resume()
        self.assertEqual(self.backlog.bytes, 0)

    def test_over_the_limit_those_with_most_are_ended_until_there_is_room(self) -> None:
        for number, outbox in enumerate(self.outboxes):
            outbox.pause()
            self.add(number, 100 * (number + 1))
        self.assertEqual((self.backlog.bytes, self.open()), (1000, [0, 1, 2, 3]))
        self.add(0, 1)
        self.assertEqual((self.backlog.bytes, self.open()), (601, [0, 1, 2]))
        self.assertEqual((self.backlog.ended, self.sinks[3].reason), (1, TOO_SLOW))
        self.assertEqual(self.warnings, [{"bytes": 1001, "limit": 1000}])

    def test_who_is_closed_leaves_nothing_behind(self) -> None:
        self.outboxes[0].pause()
        self.add(0, 300)
        self.outboxes[0].close()
        self.assertEqual((self.backlog.bytes, self.backlog._of), (0, {}))

    @given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["add", "pause", "resume", "slot"]),
                              st.integers(1, 700)), max_size=40))  # fmt: skip
    def test_the_count_is_that_of_the_queues_and_never_over_the_limit(
        self, steps: list[tuple[int, str, int]]
    ) -> None:
        self.setUp()
        for number, what, size in steps:
            outbox = self.outboxes[number]
            match what:
                case "add":
                    self.add(number, size)
                case "slot":
                    outbox.slot().pieces = iter([b"y" * size])
                case _:
                    getattr(outbox, what)()
            self.assertEqual(
                self.backlog.bytes, sum(each.queued + each._held for each in self.outboxes)
            )
            # What is held by those who pause in the middle of a write is looked at with what comes next.
            self.assertLessEqual(sum(each.queued for each in self.outboxes), 1000)
