"""Connections: what they are told, how they end, what an error says."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from twisted.trial.unittest import SynchronousTestCase

from tests.store import postgres
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
