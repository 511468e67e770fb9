"""Opening a database: new, ours, older, newer, another program's, damaged; and that migrations make what the schema says."""

from __future__ import annotations

import secrets
import shutil
import sqlite3
import stat
import tempfile
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.store.port import StoreError
from twisted_chat.store.sql import opening
from twisted_chat.store.sql.database import Database, sqlite_url
from twisted_chat.store.sql.schema import HEAD, metadata
from twisted_chat.store.url import Sync

_MIGRATIONS = Path(opening.__file__).parent / "migrations"


def dump(path: Path) -> list[str]:
    """Return everything in a database as SQL, but for how SQLite's index of words is laid out."""
    connection = sqlite3.connect(path)
    try:
        return [line for line in connection.iterdump() if "messages_words_" not in line]
    finally:
        connection.close()


class OpeningCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.path = self.folder / "chat.sqlite"

    def open(self, path: Path | None = None) -> str | None:
        database = Database(sqlite_url(path or self.path), Sync.OFF)
        try:
            return opening.open_database(database)
        finally:
            database.close()

    def make(self, version: str) -> None:
        """Make a database of an older version, with something in it."""
        self.patch(opening, "HEAD", version)
        self.open()
        self.patch(opening, "HEAD", HEAD)
        with sqlite3.connect(self.path) as connection:
            connection.execute("INSERT INTO messages VALUES (7, 1, 7, 1.5, 'say', NULL, 'hello')")
        connection.close()

    def assert_refused(self, *words: str) -> None:
        """Opening fails with one line that has these words, and leaves the file as it is."""
        before = self.path.read_bytes()
        error = self.assertRaises(StoreError, self.open)
        for word in words:
            self.assertIn(word, str(error))
        self.assertNotIn("\n", str(error))
        self.assertEqual(self.path.read_bytes(), before)


class OpeningTests(OpeningCase):
    def test_new_database_is_made_and_opened_again_by_its_owner_alone(self) -> None:
        self.assertIsNone(self.open())
        first = dump(self.path)
        self.assertIsNone(self.open())
        self.assertEqual(dump(self.path), first)
        self.assertEqual(sorted(self.folder.iterdir()), [self.path])
        self.open()
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)

    def test_start_that_was_cut_short_is_begun_anew(self) -> None:
        self.path.touch()
        self.open()
        opening._mark(self.folder / "marked.sqlite")
        self.assertIsNone(self.open(self.folder / "marked.sqlite"))

    def test_file_of_another_program_or_none_is_refused(self) -> None:
        with sqlite3.connect(self.path) as connection:
            connection.execute("CREATE TABLE mine (x)")
        connection.close()
        self.assert_refused(str(self.path), "not a database of twisted-chat", "--state-dir")
        for content in (b"hello", b"\0" * 5000, b"SQLite format 3\0"):
            self.path.write_bytes(content)
            self.assert_refused("not a database of twisted-chat", "not changed")

    def test_damaged_file_is_refused(self) -> None:
        self.open()
        whole = self.path.read_bytes()
        for name, damaged in {
            "cut off": whole[: len(whole) // 2],
            "overwritten": whole[:4096] + b"\xff" * 8192 + whole[4096 + 8192 :],
        }.items():
            self.path.write_bytes(damaged)
            with self.subTest(name):
                self.assert_refused("damaged", "restore a backup", str(self.path))

    def test_newer_database_is_refused(self) -> None:
        self.open()
        with sqlite3.connect(self.path) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.close()
        self.assert_refused(str(self.path), "newer version", "9999", HEAD, "not changed")

    def test_database_that_another_program_holds_is_refused(self) -> None:
        self.open()
        other = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(other.close)
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        self.assertIn("locked", str(self.assertRaises(StoreError, self.open)))

    def test_file_that_cannot_be_made_is_an_error_that_names_it(self) -> None:
        missing = self.folder / "nowhere" / "chat.sqlite"
        error = self.assertRaises(StoreError, self.open, missing)
        self.assertIn(str(missing), str(error))
        self.assertIn("No such file", str(error))

    def test_check_of_a_large_file_does_not_hold_up_the_start(self) -> None:
        self.open()
        self.patch(opening, "_CHECK_TIME", -1.0)
        with sqlite3.connect(self.path) as connection:
            rows = ((n, 1, 1, 1.0, "say", None, "x" * 50) for n in range(20_000))
            connection.executemany("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", rows)
        connection.close()
        self.assertIsNone(self.open())


class MigrationTests(OpeningCase):
    def test_last_migration_is_the_version_of_the_schema(self) -> None:
        self.assertEqual(ScriptDirectory(str(_MIGRATIONS)).get_current_head(), HEAD)

    def test_migrations_make_the_tables_of_the_schema(self) -> None:
        self.open()
        database = Database(sqlite_url(self.path))
        self.addCleanup(database.close)
        with database.reading.connect() as connection:

            def ours(thing: object, name: str | None, kind: str, *_: object) -> bool:
                return kind != "table" or not (name or "").startswith("messages_words")

            context = MigrationContext.configure(
                connection, opts={"include_object": ours, "compare_type": True}
            )
            self.assertEqual(compare_metadata(context, metadata), [])

    def test_database_that_was_upgraded_equals_a_new_one(self) -> None:
        self.patch(secrets, "token_hex", lambda size: "00" * size)
        self.make("0001")
        told = self.open()
        assert told is not None
        self.assertIn("from schema 0001 to " + HEAD, told)
        with sqlite3.connect(self.path) as connection:
            kept = connection.execute("SELECT text FROM messages").fetchall()
            connection.execute("DELETE FROM messages")
        connection.close()
        self.assertEqual(kept, [("hello",)])
        fresh = self.folder / "fresh.sqlite"
        self.open(fresh)
        self.assertEqual(sorted(dump(self.path)), sorted(dump(fresh)))

    def test_index_that_was_made_by_older_rules_is_made_anew(self) -> None:
        self.make("0008")
        with sqlite3.connect(self.path) as connection:
            connection.execute("UPDATE counters SET value = 5 WHERE name = 'indexed'")
            connection.execute("INSERT INTO messages_words (rowid, text) VALUES (5, 'old')")
        connection.close()
        self.open()
        with sqlite3.connect(self.path) as connection:
            found = connection.execute(
                "SELECT rowid FROM messages_words WHERE messages_words MATCH 'old'"
            ).fetchall()
            indexed = connection.execute("SELECT value FROM counters WHERE name = 'indexed'")
            self.assertEqual((found, indexed.fetchall()), ([], [(0,)]))
        connection.close()

    def test_backup_of_what_was_upgraded_stands_beside_it(self) -> None:
        self.make("0001")
        before = dump(self.path)
        told = self.open()
        (copy,) = self.folder.glob("chat.sqlite.before-*")
        assert told is not None
        self.assertIn(str(copy), told)
        self.assertEqual(dump(copy), before)
        self.assertEqual(stat.S_IMODE(copy.stat().st_mode), 0o600)

    def test_migration_that_fails_changes_nothing(self) -> None:
        self.make("0001")
        with sqlite3.connect(self.path) as connection:
            connection.execute("CREATE TABLE messages_words (in_the_way)")
        connection.close()
        before = dump(self.path)
        for _ in range(2):
            self.assertIn("already exists", str(self.assertRaises(StoreError, self.open)))
        self.assertEqual(dump(self.path), before)
        self.assertEqual(list(self.folder.glob("*.before-*")), [])

    def test_database_that_cannot_be_copied_is_not_upgraded(self) -> None:
        self.make("0001")
        connect = sqlite3.connect

        def small(path: Any, **how: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(path, **how)
            if ".before-" in str(path):
                connection.execute("PRAGMA max_page_count = 1")
            return connection

        self.patch(sqlite3, "connect", small)
        self.assert_refused(
            str(self.path), "the copy that is made first failed", "full", "not changed"
        )
        self.assertEqual(list(self.folder.glob("*.before-*")), [])

    def test_what_was_said_before_there_was_a_search_is_indexed(self) -> None:
        self.make("0001")
        self.open()
        database = Database(sqlite_url(self.path))
        self.addCleanup(database.close)
        with database.reading.connect() as connection:
            indexed = connection.scalar(text("SELECT value FROM counters WHERE name = 'indexed'"))
        self.assertEqual(indexed, 0)


class LookTests(OpeningCase):
    """What a check sees, which changes nothing."""

    def look(self) -> str | None:
        before = {path: path.read_bytes() for path in self.folder.iterdir()}
        try:
            return opening.look(self.path)
        finally:
            self.assertEqual({path: path.read_bytes() for path in self.folder.iterdir()}, before)

    def test_database_that_would_be_made_is_told_and_one_of_this_version_is_not(self) -> None:
        self.assertEqual(self.look(), "would be created")
        self.path.touch()
        self.assertEqual(self.look(), "would be created")
        self.open()
        self.assertIsNone(self.look())

    def test_older_one_or_one_that_was_only_begun_would_be_brought_up_to_date(self) -> None:
        opening._mark(self.path)
        self.assertEqual(self.look(), f"would be upgraded to schema {HEAD}")
        self.path.unlink()
        self.make("0001")
        self.assertEqual(self.look(), f"would be upgraded to schema {HEAD}")

    def test_one_that_was_not_closed_is_left_alone(self) -> None:
        self.open()
        self.path.with_name(f"{self.path.name}-wal").write_bytes(b"what was not written back")
        self.assertEqual(self.look(), "not closed properly; would be recovered")

    def test_what_cannot_be_used_is_refused_as_at_a_start(self) -> None:
        self.path.mkdir()
        error = self.assertRaises(StoreError, opening.look, self.path)
        self.assertEqual(str(error), f"{self.path} cannot be used: Is a directory")
        self.path.rmdir()
        self.path.write_bytes(b"x" * 1000)
        self.assertIn("not a database of", str(self.assertRaises(StoreError, self.look)))
        self.path.unlink()
        self.open()
        with sqlite3.connect(self.path) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.close()
        self.path.with_name(f"{self.path.name}-wal").unlink(missing_ok=True)
        self.assertIn("newer version", str(self.assertRaises(StoreError, self.look)))
