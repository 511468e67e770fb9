"""What waits for all sessions together."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.delivery.fakes import FakeSink, View
from twisted_chat.delivery import backlog as module
from twisted_chat.delivery.backlog import Backlog
from twisted_chat.delivery.outbox import TOO_SLOW, Outbox


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
