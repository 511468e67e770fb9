"""The one who writes: what is committed together and when, what happens when it cannot be, and the end."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.making import said
from tests.store.sql.fakes import HeldThreads
from twisted_chat.core.values.ids import MessageId, RoomId
from twisted_chat.store.port import StoreError
from twisted_chat.store.sql import upkeep, writer
from twisted_chat.store.sql.database import Database, sqlite_url
from twisted_chat.store.sql.opening import open_database
from twisted_chat.store.sql.writer import GROUP, MANY, QUIET, Writer
from twisted_chat.store.url import Sync

FULL = OperationalError("INSERT", None, Exception("database or disk is full"))


class WriterCase(SynchronousTestCase):
    """A writer whose thread does what it is told when the test lets it."""

    limit = 10

    def setUp(self) -> None:
        folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        self.database = Database(sqlite_url(folder / "chat.sqlite"), Sync.OFF)
        open_database(self.database)
        self.addCleanup(self.database.close)
        self.clock = Clock()
        self.threads = HeldThreads()
        self.writer = Writer(self.database, self.threads, self.clock, self.limit)
        self.stored: list[int] = []
        self.roomy = 0
        self.writer.start(self.stored.append, self.count_room)
        self.threads.run_all()  # the first step in the background
        self.next = 1

    def tearDown(self) -> None:
        done = Deferred.fromCoroutine(self.writer.stop())
        self.threads.run_all()
        self.clock.advance(10)
        self.successResultOf(done)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def count_room(self) -> None:
        self.roomy += 1

    def say(self, count: int = 1, room: int = 1) -> None:
        for _ in range(count):
            envelope = said(self.next, room)
            assert envelope.author is not None
            self.writer.batch.authors.append((self.next, envelope.author))
            self.writer.batch.add(envelope, self.next)
            self.writer.changed(MessageId(self.next))
            self.next += 1

    def kept(self, table: str = "messages", column: str = "id") -> list[int]:
        """Return what another program reads in the database now."""
        with self.database.reading.connect() as connection:
            return list(connection.scalars(text(f"SELECT {column} FROM {table} ORDER BY 1")))

    def commit(self) -> None:
        """Let the time pass in which a group is gathered, and the commit happen."""
        self.clock.advance(GROUP)
        self.threads.run()


class GroupTests(WriterCase):
    def test_first_change_after_a_silence_waits_for_those_of_its_turn_only(self) -> None:
        self.say()
        self.assertEqual(len(self.threads.held), 0)
        self.say(2)
        self.clock.advance(QUIET)
        self.assertEqual((len(self.threads.held), self.stored), (1, []))
        self.threads.run()
        self.assertEqual((self.kept(), self.stored), ([1, 2, 3], [3]))

    def test_what_comes_soon_after_a_commit_is_gathered_for_longer(self) -> None:
        self.say()
        self.clock.advance(QUIET)
        self.threads.run()
        self.say()
        self.clock.advance(QUIET)
        self.say()
        self.assertEqual(len(self.threads.held), 0)
        self.clock.advance(GROUP - QUIET)
        self.threads.run()
        self.assertEqual((self.kept(), self.stored), ([1, 2, 3], [1, 3]))

    def test_what_comes_during_a_commit_goes_into_the_next(self) -> None:
        self.say()
        self.clock.advance(QUIET)
        self.say(2)
        self.threads.run()
        self.assertEqual((self.kept(), self.stored), ([1], [1]))
        self.commit()
        self.assertEqual((self.kept(), self.stored), ([1, 2, 3], [1, 3]))

    def test_silence_makes_it_quick_again(self) -> None:
        self.say()
        self.commit()
        self.clock.advance(GROUP)
        self.threads.run_all()
        self.say()
        self.clock.advance(QUIET)
        self.threads.run()
        self.assertEqual(self.stored, [1, 2])

    def test_large_group_does_not_wait(self) -> None:
        self.patch(writer, "MANY", 3)
        self.say(3)
        self.threads.run()
        self.assertEqual(self.stored, [3])
        self.assertGreater(MANY, 100)

    def test_health_is_known(self) -> None:
        self.say(2)
        self.assertEqual(self.writer.waiting, 2)
        self.clock.advance(QUIET)
        self.say()
        self.assertEqual(self.writer.waiting, 3)
        self.threads.run()
        self.assertEqual(
            (self.writer.waiting, self.writer.commits, self.writer.messages), (1, 1, 2)
        )
        self.assertGreaterEqual(self.writer.slowest, self.writer.last)
        self.assertGreater(self.writer.last, 0)


class FullTests(WriterCase):
    def test_full_store_says_so_and_when_it_has_room_again(self) -> None:
        self.say(4)
        self.clock.advance(QUIET)
        self.say(5)
        self.assertFalse(self.writer.full)
        self.say()
        self.assertTrue(self.writer.full)
        self.threads.run()
        self.assertEqual((self.writer.full, self.roomy), (True, 0))  # more than half is left
        self.commit()
        self.assertEqual((self.writer.full, self.roomy), (False, 1))
        self.assertEqual(self.kept(), list(range(1, 11)))


class FaultTests(WriterCase):
    def test_what_cannot_be_committed_is_tried_again_until_it_can(self) -> None:
        self.say(2)
        self.clock.advance(QUIET)
        for wait in (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0):
            self.threads.fail(FULL)
            self.assertEqual(self.writer.error, "database or disk is full")
            self.clock.advance(wait - 0.01)
            self.assertEqual(len(self.threads.held), 0)
            self.clock.advance(0.02)
        self.assertEqual((self.stored, self.writer.since), ([], QUIET))
        self.threads.run()
        self.assertEqual((self.stored, self.kept(), self.writer.error), ([2], [1, 2], None))

    def test_new_changes_do_not_make_it_try_sooner_and_are_committed_after(self) -> None:
        self.say()
        self.clock.advance(QUIET)
        self.threads.fail(FULL)
        self.say(2)
        self.clock.advance(0.09)
        self.assertEqual(len(self.threads.held), 0)
        self.clock.advance(0.02)
        self.threads.run()
        self.assertEqual(self.stored, [1])
        self.threads.run()
        self.assertEqual(self.stored, [1, 3])

    def test_commit_that_was_made_though_it_seemed_to_fail_is_made_once(self) -> None:
        """The answer of a server may be lost: what is there already stays as it is."""
        self.say(2)
        self.clock.advance(QUIET)
        answer, work = self.threads.held.popleft()
        work()
        answer.errback(FULL)
        self.clock.advance(0.1)
        self.threads.run()
        self.assertEqual((self.kept(), self.kept("authors"), self.stored), ([1, 2], [1, 2], [2]))

    def test_fault_of_the_program_is_logged_and_loses_nothing(self) -> None:
        self.say()
        self.clock.advance(QUIET)
        self.threads.fail(ZeroDivisionError())
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.clock.advance(0.1)
        self.threads.run()
        self.assertEqual(self.stored, [1])

    def test_another_server_on_the_database_is_a_reason_to_wait(self) -> None:
        self.say()
        self.clock.advance(QUIET)
        self.threads.fail(StoreError("another server uses this database"))
        self.assertEqual(self.writer.error, "another server uses this database")

    def test_failed_transaction_changes_nothing(self) -> None:
        def half(connection: Connection) -> None:
            connection.execute(text("DELETE FROM messages"))
            raise OSError("the disk is gone")

        self.say()
        self.commit()
        _ = self.writer.ask(half)
        self.threads.run()
        self.assertEqual(self.kept(), [1])


class JobTests(WriterCase):
    def test_job_runs_in_a_transaction_and_gives_its_answer(self) -> None:
        answer = self.writer.ask(lambda connection: connection.scalar(text("SELECT 42")))
        self.threads.run()
        self.assertEqual(self.successResultOf(answer), 42)

    def test_durable_job_is_one_whatever_the_policy_is(self) -> None:
        for sync in (Sync.OFF, Sync.FULL, Sync.NORMAL):
            self.database.sync = sync
            answer = self.writer.ask(
                lambda connection: connection.scalar(text("PRAGMA synchronous")), durable=True
            )
            self.threads.run()
            # 2 is FULL. The connection was opened with "off", which is left alone.
            self.assertEqual(self.successResultOf(answer), 2 if sync is Sync.NORMAL else 0)

    def test_job_behind_the_changes_finds_them_committed(self) -> None:
        self.say(2)
        found = self.writer.ask(
            lambda connection: connection.scalar(text("SELECT count(*) FROM messages")), behind=True
        )
        self.threads.run_all()
        self.assertEqual((self.successResultOf(found), self.stored), (2, [2]))

    def test_jobs_do_not_keep_changes_from_being_committed(self) -> None:
        def again() -> None:
            answer = self.writer.ask(lambda connection: 1)
            _ = answer.addCallback(lambda _: again() if not self.stored else None)

        again()
        self.say()
        self.clock.advance(QUIET)
        for _ in range(3):
            self.threads.run()
        self.assertEqual(self.stored, [1])


class BackgroundTests(WriterCase):
    def test_few_messages_are_indexed_a_little_later(self) -> None:
        self.say(2)
        self.clock.advance(QUIET)
        self.threads.run()
        self.assertEqual((len(self.threads.held), self.writer.unindexed), (0, 2))
        done = self.writer.all_done()
        self.clock.advance(2)
        self.threads.run()
        self.assertEqual((self.writer.unindexed, self.kept("counters", "value")[-1]), (0, 2))
        self.successResultOf(done)
        self.successResultOf(self.writer.all_done())

    def test_many_are_indexed_step_by_step_and_changes_go_first(self) -> None:
        self.patch(upkeep, "STEP", 3)
        self.say(7)
        self.clock.advance(QUIET)
        self.threads.run()
        self.clock.advance(0.25)
        self.say()
        self.clock.advance(QUIET)
        self.threads.run()
        self.assertEqual(self.writer.unindexed, 4)
        self.threads.run()
        self.assertEqual(self.stored, [7, 8])
        for _ in range(3):
            self.clock.advance(0.25)
            self.threads.run_all()
        self.assertEqual((self.writer.unindexed, len(self.threads.held)), (0, 0))

    def test_messages_of_a_forgotten_room_are_deleted_in_steps(self) -> None:
        self.patch(upkeep, "STEP", 3)
        self.say(7, room=1)
        self.say(2, room=2)
        self.writer.batch.forget([RoomId(1)])
        self.writer.changed(MessageId(9))
        for _ in range(12):
            self.clock.advance(0.25)
            self.threads.run_all()
        self.assertEqual((self.kept(), self.kept("forgotten", "room")), ([8, 9], []))

    def test_what_fails_in_the_background_is_tried_later_and_holds_up_nothing(self) -> None:
        self.say()
        self.clock.advance(QUIET)
        self.threads.run()
        self.clock.advance(2)
        self.threads.fail(FULL)
        self.say()
        self.clock.advance(GROUP)
        self.threads.run()
        self.assertEqual((self.stored, self.writer.unindexed), ([1, 2], 2))
        self.clock.advance(61)
        self.threads.run()
        self.assertEqual(self.writer.unindexed, 0)


class EndTests(WriterCase):
    def test_end_commits_at_once_what_waits(self) -> None:
        self.say(3)
        ended = Deferred.fromCoroutine(self.writer.stop())
        self.threads.run()
        self.assertEqual(
            (self.successResultOf(ended), self.stored, self.kept()), (0, [3], [1, 2, 3])
        )

    def test_end_commits_what_came_during_the_last_commit(self) -> None:
        self.say()
        self.clock.advance(QUIET)
        self.say()
        ended = Deferred.fromCoroutine(self.writer.stop())
        self.threads.run_all()
        self.assertEqual((self.successResultOf(ended), self.stored), (0, [1, 2]))

    def test_end_is_not_kept_up_by_a_database_that_cannot_be_written(self) -> None:
        self.say(2)
        self.clock.advance(QUIET)
        self.threads.fail(FULL)
        self.say()
        ended = Deferred.fromCoroutine(self.writer.stop())
        while self.clock.seconds() < 2:
            self.clock.advance(0.05)
            while self.threads.held:
                self.threads.fail(FULL)
        self.clock.advance(0.1)
        self.assertEqual((self.successResultOf(ended), self.stored), (3, []))
