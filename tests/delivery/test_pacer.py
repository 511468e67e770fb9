"""Objects that go out one at a time, and what waits meanwhile."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.delivery.fakes import FakeSink, View
from twisted_chat.delivery.direct import Way
from twisted_chat.delivery.outbox import TOO_SLOW, Backlog, Outbox
from twisted_chat.delivery.pacer import FEW, GAP, Pacer, apart

LIMIT = 2_000


def plus(first: bytes, second: bytes) -> bytes | None:
    both = first.strip() + b"+" + second
    return both if len(both) <= 10 else None


class Paced(FakeSink):
    """A door that paces what it sends over another sink, as the transport."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.wire = FakeSink()
        self.drains = 0
        self.pacer = Pacer(clock, Way(self.wire.send, self.wire.hold))
        self.wire.full = self.pacer.pause
        self.outbox = self.pacer.outbox = Outbox(self, View(), View(), LIMIT, Backlog(10**9))

    def send(self, data: bytes) -> int:
        return self.pacer.send(data)

    def hold(self, data: bytes) -> None:
        self.pacer.hold(data)

    def drained(self) -> None:
        self.drains += 1


class PacerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.door = Paced(self.clock)
        self.outbox, self.pacer, self.wire = self.door.outbox, self.door.pacer, self.door.wire
        self.pacer.pace(apart)

    def add(self, *parts: bytes) -> None:
        self.outbox.pending += parts
        self.outbox.dirty = True
        self.outbox.flush()

    def passes(self, gaps: int = 1) -> list[bytes]:
        """Let so many gaps pass; return the writes since the last call."""
        for _ in range(gaps):
            self.clock.advance(GAP)
        writes = self.wire.writes[:]
        self.wire.writes.clear()
        return writes

    def test_first_line_goes_at_once_and_each_other_after_a_gap(self) -> None:
        self.add(b"one\n", b"two\n", b"three\n")
        self.assertEqual(self.passes(0), [b"one\n"])
        self.assertEqual(self.passes(), [b"two\n"])
        self.assertEqual(self.passes(), [b"three\n"])
        self.assertEqual(self.passes(5), [])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_line_of_a_later_turn_waits_for_the_gap_too(self) -> None:
        self.add(b"one\n")
        self.clock.advance(GAP / 2)
        self.add(b"two\n")
        self.assertEqual(self.passes(0), [b"one\n"])
        self.assertEqual(self.passes(), [b"two\n"])
        self.clock.advance(10)
        self.add(b"three\n")
        self.assertEqual(self.passes(0), [b"three\n"])
        self.clock.advance(GAP)

    def test_what_waits_is_joined_while_it_is_much_and_as_far_as_it_fits(self) -> None:
        self.pacer.pace(plus)
        lines = [b"%d\n" % number for number in range(FEW + 6)]
        self.add(*lines)
        self.assertEqual(self.passes(3), [b"0+1+2+3+4\n", b"5+6\n", b"7\n", b"8\n"])
        self.assertEqual(self.passes(FEW), lines[9:])

    def test_few_lines_stay_apart(self) -> None:
        self.pacer.pace(plus)
        lines = [b"%d\n" % number for number in range(FEW)]
        for each in lines:
            self.add(each)
        self.assertEqual(self.passes(FEW), lines)

    def test_room_that_is_faster_than_the_pace_is_kept_up_with(self) -> None:
        self.pacer.pace(lambda first, second: first.strip() + b"+" + second)
        self.add(b"0\n")
        for number in range(1, 400):
            self.add(b"%d\n" % number)
            if not number % 100:
                self.clock.advance(GAP)
        writes = self.passes(4 * FEW)
        self.assertLess(len(writes), 2 * FEW)
        numbers = b"".join(writes).replace(b"\n", b"+").removesuffix(b"+").split(b"+")
        self.assertEqual(list(map(int, numbers)), list(range(400)))

    def test_outbox_is_empty_only_when_all_is_written(self) -> None:
        self.add(b"one\n", b"two\n")
        self.assertFalse(self.outbox.empty)
        self.passes()
        self.assertEqual((self.outbox.empty, self.door.drains), (False, 0))
        self.passes()
        self.assertEqual((self.outbox.empty, self.door.drains), (True, 1))

    def test_full_transport_gets_no_more_until_it_has_room(self) -> None:
        self.wire.part = 2
        self.add(b"one\n", b"two\n")
        self.assertEqual(self.passes(5), [b"on", b"e\n"])
        self.wire.part = None
        self.pacer.resume()
        self.assertEqual(self.passes(2), [b"two\n"])
        self.assertTrue(self.outbox.empty)

    def test_transport_with_room_again_does_not_shorten_the_gap(self) -> None:
        self.add(b"one\n", b"two\n")
        self.pacer.pause()
        self.pacer.resume()
        self.assertEqual(self.passes(0), [b"one\n"])
        self.assertEqual(self.passes(2), [b"two\n"])

    def test_reader_that_never_reads_is_dropped(self) -> None:
        self.wire.part = 0
        for _ in range(LIMIT):
            self.add(b"x" * 9 + b"\n")
            self.clock.advance(GAP)
            if self.outbox.closed:
                break
            self.assertLessEqual(self.outbox.queued, LIMIT)
        self.assertEqual((self.door.overflows, self.door.reason), (1, TOO_SLOW))
        self.pacer.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_room_that_is_faster_than_the_pace_cannot_fill_memory(self) -> None:
        for _ in range(LIMIT):
            self.add(b"x" * 9 + b"\n")
        self.assertEqual((self.door.overflows, self.outbox.queued), (1, 0))
        self.pacer.stop()

    def test_freed_writes_all_that_waits_at_once_and_in_order(self) -> None:
        self.add(b"one\n", b"two\n", b"three\n")
        self.add(b"four\n")
        self.pacer.free()
        self.assertEqual(self.passes(0), [b"one\n", b"two\nthree\n", b"four\n"])
        self.add(b"five\n", b"six\n")
        self.assertEqual(self.passes(0), [b"five\nsix\n"])
        self.pacer.free()
        self.pacer.pace(apart)
        self.add(b"seven\n", b"eight\n")
        self.assertEqual(self.passes(2), [b"seven\n", b"eight\n"])

    def test_freed_while_the_transport_is_full_keeps_the_order(self) -> None:
        self.wire.part = 0
        self.add(b"one\n", b"two\n")
        self.wire.part = None
        self.pacer.free()
        self.add(b"three\n")
        self.assertEqual([each for each in self.passes(0) if each], [b"one\n", b"two\n"])
        self.pacer.resume()
        self.assertEqual(self.passes(0), [b"three\n"])

    def test_fault_of_the_transport_behind_a_gap_ends_the_session(self) -> None:
        self.add(b"one\n", b"two\n")

        def breaks() -> None:
            raise ZeroDivisionError

        self.wire.during = breaks
        self.clock.advance(GAP)
        self.assertEqual(self.door.overflows, 1)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_connection_that_broke_is_the_transports_business(self) -> None:
        self.add(b"one\n", b"two\n")

        def breaks() -> None:
            raise ConnectionResetError

        self.wire.during = breaks
        self.clock.advance(GAP)
        self.assertEqual((self.door.overflows, self.wire.writes[-1]), (0, b"two\n"))
        self.pacer.stop()
