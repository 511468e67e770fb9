"""Ids in blocks: each once, growing, and none before the store has committed it."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.values.ids import MessageId
from twisted_chat.store.id_blocks import BLOCK, IdAllocator
from twisted_chat.store.memory import MemoryStore


class SlowStore(MemoryStore):
    """Commits a block when the test says so. Blocks do not follow on each other."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, Deferred[range]]] = []
        self.start_at = 1

    async def reserve(self, count: int) -> range:
        answer: Deferred[range] = Deferred()
        self.asked.append((count, answer))
        return await answer

    def commit(self) -> range:
        """Answer the oldest request."""
        count, answer = self.asked.pop(0)
        block = range(self.start_at, self.start_at + count)
        self.start_at += 2 * count
        answer.callback(block)
        return block

    def refuse(self) -> None:
        _, answer = self.asked.pop(0)
        answer.errback(OSError("no space left"))


class IdsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.store = SlowStore()
        self.clock = Clock()
        self.ids = IdAllocator(self.store, self.clock)
        self.refilled = 0
        self.started = Deferred.fromCoroutine(self.ids.start(self.count))

    def count(self) -> None:
        self.refilled += 1

    def begin(self) -> range:
        block = self.store.commit()
        self.successResultOf(self.started)
        return block

    def take(self, count: int) -> list[MessageId | None]:
        return [self.ids.take() for _ in range(count)]

    def test_there_is_no_id_before_the_first_block_is_committed(self) -> None:
        self.assertEqual(self.take(3), [None] * 3)
        self.assertNoResult(self.started)
        self.assertEqual((len(self.store.asked), self.refilled), (1, 0))

    def test_ids_are_those_of_the_block_in_order(self) -> None:
        block = self.begin()
        self.assertEqual((len(block), self.refilled), (BLOCK, 1))
        self.assertEqual(self.take(BLOCK), list(block))

    def test_next_block_is_asked_for_once_when_half_of_one_is_left(self) -> None:
        self.begin()
        self.take(BLOCK // 2)
        self.assertEqual(self.store.asked, [])
        self.take(BLOCK // 2)
        self.assertEqual([count for count, _ in self.store.asked], [BLOCK])

    def test_block_that_comes_in_time_is_used_after_the_one_before(self) -> None:
        first = self.begin()
        taken = self.take(BLOCK // 2 + 1)
        second = self.store.commit()
        taken += self.take(BLOCK)
        third = self.store.commit()
        taken += self.take(BLOCK)
        whole = [*first, *second, *third]
        self.assertEqual(taken, whole[: len(taken)])
        self.assertEqual(self.refilled, 3)

    def test_block_that_comes_late_is_waited_for(self) -> None:
        self.begin()
        self.take(BLOCK)
        self.assertEqual(self.take(2), [None, None])
        second = self.store.commit()
        self.assertEqual(self.refilled, 2)
        self.assertEqual(self.take(BLOCK), list(second))

    def test_ids_are_there_when_it_is_told_that_they_are(self) -> None:
        self.begin()
        self.take(BLOCK)
        taken: list[MessageId | None] = []
        self.patch(self.ids, "_refilled", lambda: taken.append(self.ids.take()))
        second = self.store.commit()
        self.assertEqual(taken, [second[0]])

    def test_store_that_refuses_the_first_block_fails_the_start(self) -> None:
        self.store.refuse()
        self.failureResultOf(self.started, OSError)

    def test_store_that_refuses_a_block_is_asked_again_ever_more_seldom(self) -> None:
        self.begin()
        self.take(BLOCK // 2 + 1)
        for wait in (1, 2, 4, 8, 16, 30, 30, 30):
            self.store.refuse()
            self.take(1)
            self.clock.advance(wait - 0.5)
            self.assertEqual(self.store.asked, [], f"asked before {wait} s were over")
            self.clock.advance(0.5)
            self.assertEqual(len(self.store.asked), 1)
        self.flushLoggedErrors(OSError)

    def test_store_that_refuses_blocks_is_logged_once_until_it_gives_one(self) -> None:
        self.begin()
        self.take(BLOCK // 2 + 1)
        for _ in range(2):
            for _ in range(5):
                self.store.refuse()
                self.clock.advance(30)
            self.assertEqual(len(self.flushLoggedErrors(OSError)), 1)
            self.store.commit()
            self.take(BLOCK)

    def test_block_that_comes_in_the_end_goes_on_where_ids_ran_out(self) -> None:
        self.begin()
        self.take(BLOCK)
        self.store.refuse()
        self.assertEqual(self.take(2), [None, None])
        self.clock.advance(1)
        second = self.store.commit()
        self.assertEqual(self.refilled, 2)
        self.assertEqual(self.take(BLOCK // 2), list(second)[: BLOCK // 2])
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.flushLoggedErrors(OSError)

    def test_who_stops_asks_no_more(self) -> None:
        self.begin()
        self.ids.stop()
        self.take(BLOCK // 2 + 1)
        self.store.refuse()
        self.ids.stop()
        self.ids.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.flushLoggedErrors(OSError)

    def test_store_that_answers_at_once_never_runs_out(self) -> None:
        commit: Callable[[], object] = self.store.commit

        async def reserve(count: int) -> range:
            block = range(self.store.start_at, self.store.start_at + count)
            self.store.start_at += 2 * count
            return block

        commit()
        self.patch(self.store, "reserve", reserve)
        taken = [message for message in self.take(5 * BLOCK) if message is not None]
        self.assertEqual(len(taken), 5 * BLOCK)
        self.assertEqual(taken, sorted(set(taken)))
