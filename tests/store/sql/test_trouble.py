"""What goes wrong beside the database, and must not stop the store for good: networks, disks, those who are told."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from twisted.trial.unittest import SynchronousTestCase

from tests.store import postgres
from tests.store.sql.test_writer import WriterCase
from twisted_chat.store.port import StoreError
from twisted_chat.store.sql import opening
from twisted_chat.store.sql.database import Database, parse, sqlite_url
from twisted_chat.store.sql.opening import open_database
from twisted_chat.store.sql.schema import HEAD
from twisted_chat.store.sql.searching import _took_too_long
from twisted_chat.store.sql.writer import QUIET


class ToldTests(WriterCase):
    def test_fault_of_those_who_are_told_does_not_end_all_writing(self) -> None:
        def told(message: int = 0) -> None:
            raise ZeroDivisionError

        for name in ("_stored", "_roomy"):
            self.patch(self.writer, name, told)
        self.say(10)  # that is as much as may wait
        self.clock.advance(QUIET)
        self.threads.run()
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)
        self.assertFalse(self.writer.full)
        self.patch(self.writer, "_stored", self.stored.append)
        self.say()
        self.commit()
        self.assertEqual(self.stored, [11])


class CopyTests(SynchronousTestCase):
    """An older database that cannot be copied before it is changed."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = self.folder / "chat.sqlite"
        self.database = Database(sqlite_url(self.path))
        self.addCleanup(self.database.close)
        open_database(self.database)
        self.database.close()
        with sqlite3.connect(self.path) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '0001'")
        connection.close()

    def refusal(self) -> str:
        return str(self.assertRaises(StoreError, open_database, self.database))

    def test_full_disk_is_a_reason_and_leaves_nothing_behind(self) -> None:
        def full(copy: Path, connection: object) -> None:
            Path(f"{copy}-journal").touch()
            raise sqlite3.OperationalError("database or disk is full")

        self.patch(opening, "_copy_to", full)
        self.assertRegex(
            self.refusal(),
            "copy that is made first failed: database or disk is full; it was not changed",
        )
        self.database.close()
        self.assertEqual([each.name for each in self.folder.iterdir()], ["chat.sqlite"])

    def test_file_that_is_in_the_way_is_a_reason_and_stays(self) -> None:
        self.patch(time, "strftime", lambda *_: "now")
        there = self.folder / f"chat.sqlite.before-{HEAD}-now"
        there.write_text("mine")
        self.assertRegex(self.refusal(), "copy that is made first failed: File exists")
        self.assertEqual(there.read_text(), "mine")


class PostgresConnectionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.url = postgres.fresh(self)

    def database(self, more: str = "") -> Database:
        database = Database(parse(self.url + more))
        self.addCleanup(database.close)
        return database

    def test_both_sides_notice_soon_that_the_network_is_gone(self) -> None:
        """Else the server would hold its lock for hours against the very one that had it."""
        database = self.database()
        for connection in (database.writer(), database.reading.connect()):
            # Through a UNIX socket the value is always 0; what was asked for is in the source of the setting.
            source = text("SELECT source FROM pg_settings WHERE name = 'tcp_keepalives_idle'")
            self.assertEqual(connection.scalar(source), "client")
            raw = connection.connection.dbapi_connection
            assert raw is not None
            asked = raw.info.get_parameters()
            self.assertEqual((asked["keepalives_idle"], asked["tcp_user_timeout"]), ("15", "30000"))
            connection.rollback()
            connection.close()

    def test_options_in_the_url_hold(self) -> None:
        database = self.database("&options=-c%20search_path%3Delsewhere")
        with database.reading.connect() as connection:
            self.assertEqual(connection.scalar(text("SHOW search_path")), "elsewhere")
            self.assertEqual(connection.scalar(text("SHOW statement_timeout")), "5s")

    def test_timeout_is_known_in_any_language(self) -> None:
        with self.database().reading.connect() as connection:
            connection.execute(text("SET statement_timeout = 1"))
            error = self.assertRaises(DBAPIError, connection.execute, text("SELECT pg_sleep(1)"))
        assert error.orig is not None
        self.patch(type(error.orig), "__str__", lambda self: "storniere Anfrage")
        self.assertTrue(_took_too_long(error))
