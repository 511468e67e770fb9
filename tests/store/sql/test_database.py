"""Connections: what they are told, how they end, what an error says."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from twisted.logger import formatEvent
from twisted.trial.unittest import SynchronousTestCase

from tests.making import log_of, said
from tests.store import postgres
from tests.store.sql.held import HeldStoreCase
from twisted_chat.store.port import StoreError
from twisted_chat.store.sql import database as module
from twisted_chat.store.sql.database import Database, explain, parse, sqlite_url
from twisted_chat.store.sql.opening import open_database
from twisted_chat.store.url import Sync


class SqliteTests(SynchronousTestCase):
    def setUp(self) -> None:
        folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        self.path = folder / "chat.sqlite"
        self.database = Database(sqlite_url(self.path))
        open_database(self.database)
        self.addCleanup(self.database.close)

    def test_sync_is_what_it_was_told(self) -> None:
        self.database.close()
        for sync, level in ((Sync.OFF, 0), (Sync.NORMAL, 1), (Sync.FULL, 2)):
            database = Database(sqlite_url(self.path), sync)
            with database.writer().begin():
                self.assertEqual(database.writer().scalar(text("PRAGMA synchronous")), level)
                self.assertEqual(database.writer().scalar(text("PRAGMA journal_mode")), "wal")
            database.close()

    def test_readers_cannot_write(self) -> None:
        with self.database.reading.connect() as connection:
            self.assertRaises(OperationalError, connection.execute, text("DELETE FROM messages"))

    def test_writer_that_failed_is_made_anew(self) -> None:
        first = self.database.writer()
        self.assertIs(self.database.writer(), first)
        self.database.broke()
        self.database.broke()
        self.assertIsNot(self.database.writer(), first)

    def test_file_that_was_removed_or_replaced_is_not_written_to(self) -> None:
        """It could be, and would be gone with the process: what was said would be acknowledged, and lost."""
        away = self.path.with_name("away")
        self.path.rename(away)
        error = self.assertRaises(StoreError, self.database.writer)
        self.assertIn(f"{self.path} was removed or replaced", str(error))
        self.path.write_bytes(away.read_bytes())
        self.assertRaises(StoreError, self.database.writer)
        away.rename(self.path)
        self.database.writer()

    def test_connection_that_cannot_even_be_closed_is_forgotten(self) -> None:
        def fail() -> None:
            raise SQLAlchemyError("it is gone")

        def breaks() -> None:
            self.database.broke()
            self.database.writer()

        for end in (breaks, self.database.close):
            broken = self.database.writer()
            self.patch(broken, "close", fail)
            end()
            self.assertIsNot(self.database._writer, broken)

    def test_log_is_brought_into_the_file_at_the_end(self) -> None:
        with self.database.reading.connect() as connection:
            connection.execute(text("SELECT 1"))
        self.assertEqual(len(list(self.path.parent.iterdir())), 3)
        self.database.close()
        self.assertEqual(list(self.path.parent.iterdir()), [self.path])

    def test_error_is_told_without_the_statement_and_its_values(self) -> None:
        with self.database.reading.connect() as connection:
            error = self.assertRaises(
                OperationalError,
                connection.execute,
                text("SELECT :a FROM nowhere"),
                {"a": "secret"},
            )
        self.assertEqual(explain(error), "no such table: nowhere")
        self.assertEqual(explain(sqlite3.Error("two\nlines")), "two lines")
        self.assertEqual(explain(OSError()), "OSError")


class PostgresTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.url = postgres.fresh(self)

    def test_driver_is_named_whatever_the_scheme_is(self) -> None:
        for scheme in ("postgres", "postgresql"):
            url = parse(self.url.replace("postgresql", scheme, 1))
            self.assertEqual(url.drivername, "postgresql+psycopg")

    def test_sync_is_what_it_was_told_and_a_durable_transaction_is_one(self) -> None:
        asked = text("SHOW synchronous_commit")
        for sync, told in ((Sync.OFF, "off"), (Sync.NORMAL, "off"), (Sync.FULL, "on")):
            database = Database(parse(self.url), sync)
            writer = database.writer()
            with writer.begin():
                self.assertEqual(writer.scalar(asked), told)
            with database.durable(writer):
                self.assertEqual(writer.scalar(asked), "off" if sync is Sync.OFF else "on")
            database.close()

    def test_readers_cannot_write_and_do_not_read_for_ever(self) -> None:
        database = Database(parse(self.url))
        self.addCleanup(database.close)
        with database.reading.connect() as connection:
            self.assertEqual(connection.scalar(text("SHOW transaction_read_only")), "on")
            self.assertEqual(connection.scalar(text("SHOW statement_timeout")), "5s")

    def test_second_server_is_refused_until_the_first_is_gone(self) -> None:
        self.patch(module, "_HANDOVER", "100ms")
        first, second = Database(parse(self.url)), Database(parse(self.url))
        first.writer()
        self.assertRaises(StoreError, second.writer)
        first.close()
        second.writer()
        second.close()


class RemovedTests(HeldStoreCase):
    def setUp(self) -> None:
        super().setUp()
        self.observer = log_of(self)
        self.next = 101
        self.speaks()  # since the start at least one commit is in the log, and only there

    @property
    def log(self) -> list[str]:
        return [formatEvent(each) for each in self.observer]

    def open(self) -> None:
        super().open()
        self.acked: list[int] = []
        self.store._writer._stored = self.acked.append

    def speaks(self) -> int:
        """Say a line, and let it be stored."""
        self.store.append(said(self.next, 1))
        self.next += 1
        self.clock.advance(1)
        self.threads.run_all()
        return self.next - 1

    def remove(self, *suffixes: str) -> None:
        for suffix in suffixes:
            (self.folder / f"chat.sqlite{suffix}").unlink()

    def after_kill(self) -> list[int]:
        """Return the lines that another process would find now, if this one were killed."""
        with tempfile.TemporaryDirectory() as folder:
            for path in self.folder.iterdir():
                if not path.name.endswith("-shm"):
                    shutil.copy(path, folder)
            database = Database(sqlite_url(Path(folder) / "chat.sqlite"))
            with database.writer().begin():
                rows = database.writer().execute(text("SELECT id FROM messages WHERE id > 100"))
                found = [row.id for row in rows]
            database.close()
        return found

    def test_what_was_acknowledged_and_what_is_said_next_survive_a_kill(self) -> None:
        for removed in (("-wal",), ("-shm",), ("-wal", "-shm"), ("-wal",)):
            self.remove(*removed)
            last = self.speaks()
            self.assertEqual(self.acked[-1], last)
            self.assertEqual(self.after_kill(), list(range(101, last + 1)))
        self.assertEqual(
            len([line for line in self.log if "was removed while the server" in line]), 4
        )
        self.assertIsNone(self.store.health().error)

    def test_it_is_noticed_when_nobody_says_anything(self) -> None:
        self.remove("-wal")
        self.assertEqual(self.after_kill(), [])
        self.store.check()
        self.threads.run_all()
        self.assertEqual(self.after_kill(), [101])

    def test_nothing_is_acknowledged_until_it_is_saved_and_that_is_said(self) -> None:
        with self.store._database.reading.connect() as reader:
            reader.execute(text("BEGIN"))
            reader.execute(text("SELECT count(*) FROM messages")).all()
            self.speaks()
            self.remove("-wal")
            acked = list(self.acked)
            self.store.append(said(self.next, 1))
            for _ in range(3):
                self.clock.advance(1)
                self.threads.run_all()
            self.assertEqual(self.acked, acked)
            self.assertIn(
                "chat.sqlite-wal or its -shm was removed", self.store.health().error or ""
            )
        self.clock.advance(5)
        self.threads.run_all()
        self.assertEqual(self.acked[-1], self.next)
        self.assertEqual(self.after_kill(), list(range(101, self.next + 1)))
        self.assertEqual(len([line for line in self.log if "cannot store anything" in line]), 1)

    def test_what_was_committed_to_a_removed_log_is_acknowledged_when_it_is_saved(self) -> None:
        database = self.store._database
        self.store.append(said(self.next, 1))
        self.clock.advance(1)
        answer, commit = self.threads.held.popleft()
        result = commit()
        self.remove("-wal")
        answer.callback((result[0], database.is_kept))
        self.assertEqual(self.acked, [101])
        self.threads.run_all()
        self.assertEqual(self.acked, [101, 102])
        self.assertEqual(self.after_kill(), [101, 102])

    def test_log_that_is_removed_after_a_failure_is_saved_too(self) -> None:
        self.store._database.broke()
        self.remove("-wal")
        self.speaks()
        self.assertEqual(self.after_kill(), [101, 102])

    def test_log_that_is_removed_before_it_was_ever_looked_at_is_noticed_too(self) -> None:
        journal = self.store._database._journal
        assert journal is not None
        journal.closed()
        self.remove("-wal")
        self.assertFalse(self.store._database.is_kept)
        self.store.check()
        self.threads.run_all()
        self.assertEqual(self.after_kill(), [101])

    def test_failure_alone_removes_nothing(self) -> None:
        self.store._database.broke()
        self.speaks()
        self.assertEqual(self.log, [])

    def test_end_of_the_server_saves_it_as_well(self) -> None:
        self.remove("-wal")
        self.finish()
        self.assertEqual(self.after_kill(), [101])
        self.open()

    def test_error_of_the_database_is_said_and_it_is_tried_again(self) -> None:
        journal = self.store._database._journal
        assert journal is not None
        closed = sqlite3.connect(":memory:")
        closed.close()
        error = self.assertRaises(StoreError, journal.save, closed)
        self.assertIn("not saved yet (Cannot operate on a closed database", str(error))

    def test_log_that_is_removed_while_nothing_is_open_is_only_noticed(self) -> None:
        database = self.store._database
        database._discard()
        journal = database._journal
        assert journal is not None
        journal._known = [(0, 0)]
        database.keep_journal()
        self.assertTrue(database.saved_journal)
        self.speaks()
        self.assertEqual(self.after_kill(), [101, 102])
