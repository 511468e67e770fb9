"""Backups are whole, restores lose nothing, and neither touches anything that it does not understand."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.making import folder_for
from twisted_chat.store import backup as module
from twisted_chat.store.backup import GAP, BackupError, Restored, Summary, backup, check, restore
from twisted_chat.store.sql.schema import HEAD
from twisted_chat.store.state_dir import APPLICATION_ID, StateDir

SCHEMA = f"""
PRAGMA application_id = {APPLICATION_ID};
CREATE TABLE messages (id INTEGER PRIMARY KEY, text TEXT);
CREATE INDEX messages_text ON messages (text);
CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT);
"""

#: 2026-01-02 03:04:05 UTC
NOW = 1767323045.0


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


class Server:
    """A server that keeps messages in a state folder."""

    def __init__(self, folder: Path) -> None:
        self.place = StateDir.open(folder)
        self.connection = sqlite3.connect(self.place.database, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        if self.connection.execute("PRAGMA application_id").fetchone() == (0,):
            self.connection.executescript(SCHEMA)

    def keeps(self, *ids: int, next_id: int) -> None:
        for number in ids:
            self.connection.execute("INSERT INTO messages VALUES (?, 'hello')", (number,))
        self.connection.execute(
            "INSERT OR REPLACE INTO counters VALUES ('ids', ?), ('other', 5)", (next_id,)
        )

    def stops(self) -> None:
        self.connection.close()
        self.place.close()


class BackupTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.parent = folder_for(self)
        self.folder = self.parent / "a state?#%"
        self.file = self.parent / "chat.backup"

    def starts(self) -> Server:
        server = Server(self.folder)
        self.addCleanup(server.stops)
        return server

    def served(self, *ids: int, next_id: int) -> Path:
        """Let a server have run; return its database."""
        server = self.starts()
        server.keeps(*ids, next_id=next_id)
        server.stops()
        return server.place.database

    def restores(self, source: Path | None = None) -> Restored:
        place = StateDir.open(self.folder)
        try:
            return restore(place, source or self.file, NOW)
        finally:
            place.close()

    def names(self) -> list[str]:
        return sorted(each.name for each in self.folder.iterdir())

    def breaks(self, path: Path) -> None:
        """Overwrite the second half of a database, and so the contents of its tables."""
        with path.open("r+b") as file:
            half = path.stat().st_size // 2
            file.seek(half)
            file.write(b"\xa5" * half)

    def foreign(self) -> Path:
        """Return a database of somebody else."""
        path = self.parent / "foreign.sqlite"
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY)")
        return path


class CopyTests(BackupTestCase):
    def test_it_has_what_was_kept_so_far_while_the_server_goes_on(self) -> None:
        server = self.starts()
        server.keeps(1, 2, next_id=100)
        summary = backup(self.folder, self.file)
        server.keeps(3, next_id=200)
        self.assertEqual(summary, Summary(2, self.file.stat().st_size))
        self.assertEqual(rows(self.file, "SELECT id FROM messages"), [(1,), (2,)])
        self.assertEqual(rows(self.file, "SELECT * FROM counters"), [("ids", 100), ("other", 5)])
        self.assertEqual(rows(self.file, "PRAGMA application_id"), [(APPLICATION_ID,)])

    def test_it_is_one_file_for_the_user_s_eyes_only(self) -> None:
        self.addCleanup(os.umask, os.umask(0))
        self.served(1, next_id=2)
        backup(self.folder, self.file)
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        self.assertEqual(sorted(self.parent.iterdir()), [self.folder, self.file])

    def test_a_relative_name_will_do(self) -> None:
        self.served(1, next_id=2)
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir(self.parent)
        backup(Path(self.folder.name), Path("x"))
        self.assertTrue((self.parent / "x").exists())

    def test_it_has_what_a_server_that_was_killed_had_committed(self) -> None:
        self.served(1, next_id=2)
        code = (
            "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
            "c.execute('INSERT INTO messages VALUES (7, 0)'); os.kill(os.getpid(), 9)"
        )
        ended = subprocess.run([sys.executable, "-c", code, str(self.folder / "chat.sqlite")])
        self.assertEqual(ended.returncode, -signal.SIGKILL)
        self.assertIn("chat.sqlite-wal", self.names())
        self.assertEqual(backup(self.folder, self.file).messages, 2)

    def refused(self) -> str:
        before = sorted(self.parent.iterdir())
        error = self.assertRaises(BackupError, backup, self.folder, self.file)
        self.assertEqual(sorted(self.parent.iterdir()), before)
        return str(error)

    def test_nothing_is_overwritten_and_bad_places_are_named(self) -> None:
        self.served(1, next_id=2)
        self.file.symlink_to("nowhere")
        self.assertEqual(self.refused(), f"{self.file}: already exists; choose another name")
        self.file = self.parent / "missing" / "x"
        self.assertEqual(
            self.refused(), f"{self.file}: cannot be written: No such file or directory"
        )

    def test_nothing_is_overwritten_that_came_meanwhile(self) -> None:
        self.served(1, next_id=2)
        sound = module._sound

        def slow(copy: Path, shown: Path) -> Summary:
            self.file.write_text("precious")
            return sound(copy, shown=shown)

        self.patch(module, "_sound", slow)
        error = self.assertRaises(BackupError, backup, self.folder, self.file)
        self.assertEqual(str(error), f"{self.file}: another program has just created it")
        self.assertEqual(self.file.read_text(), "precious")
        self.assertEqual(sorted(self.parent.iterdir()), [self.folder, self.file])

    def test_where_nothing_is_kept_it_is_told(self) -> None:
        database = self.folder / "chat.sqlite"
        self.assertEqual(
            self.refused(),
            f"{database}: No such file or directory; use --state-dir to name the server's folder",
        )
        StateDir.open(self.folder).close()
        self.assertEqual(self.refused(), f"{database}: the database is empty")

    def test_a_damaged_database_gives_no_backup(self) -> None:
        self.breaks(self.served(*range(1, 5000), next_id=5000))
        database = re.escape(str(self.folder / "chat.sqlite"))
        self.assertRegex(self.refused(), f"^{database}: (is damaged: |.*malformed)")

    def test_of_one_that_was_cut_off_it_is_told_that_it_is_damaged(self) -> None:
        database = self.served(*range(1, 5000), next_id=5000)
        os.truncate(database, database.stat().st_size // 3)
        self.assertRegex(self.refused(), f"^{re.escape(str(database))}: (is damaged: |.*malformed)")

    def test_what_is_not_ours_is_called_by_its_own_name(self) -> None:
        self.folder.mkdir()
        database = self.folder / "chat.sqlite"
        database.write_bytes(self.foreign().read_bytes())
        self.assertEqual(self.refused(), f"{database}: this database belongs to another program")
        database.write_bytes(b"hello")
        self.assertEqual(self.refused(), f"{database}: not an SQLite database")

    def test_a_copy_that_turns_out_damaged_is_no_backup(self) -> None:
        self.served(*range(1, 5000), next_id=5000)
        copy = module._copy

        def scratched(source: Path, target: Path) -> None:
            copy(source, target)
            self.breaks(target)

        self.patch(module, "_copy", scratched)
        self.assertRegex(self.refused(), f"^{self.file}: ")

    def test_a_file_system_that_cannot_sync_a_folder_will_do(self) -> None:
        sync = module._sync

        def files_only(path: Path) -> None:
            if path.is_dir():
                raise OSError(22, "Invalid argument")
            sync(path)

        self.patch(module, "_sync", files_only)
        self.served(1, next_id=2)
        backup(self.folder, self.file)
        self.assertTrue(self.file.exists())


class CheckTests(BackupTestCase):
    def test_a_sound_one_is_told_what_is_in_it_while_the_server_runs(self) -> None:
        server = self.starts()
        server.keeps(1, 2, next_id=3)
        self.assertEqual(check(self.folder), Summary(2, server.place.database.stat().st_size))

    def test_faults_are_named_in_one_line(self) -> None:
        database = self.served(*range(1, 500), next_id=500)
        with contextlib.closing(sqlite3.connect(database)) as connection:
            # The pages of the index belong to nobody then.
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("DELETE FROM sqlite_schema WHERE name = 'messages_text'")
            connection.commit()
        said = str(self.assertRaises(BackupError, check, self.folder))
        self.assertTrue(said.startswith(f"{database}: is damaged: "), said)
        self.assertIn("never used", said)
        self.assertEqual(len(said.splitlines()), 1)

    def test_of_many_faults_some_are_named(self) -> None:
        self.patch(module, "_FAULTS", 1)
        database = self.served(*range(1, 500), next_id=500)
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("DELETE FROM sqlite_schema WHERE name = 'messages_text'")
            connection.commit()
        self.assertRegex(str(self.assertRaises(BackupError, check, self.folder)), ", and more$")

    def test_what_is_no_database_of_a_chat_is_told(self) -> None:
        self.folder.mkdir()
        database = self.folder / "chat.sqlite"
        for content, said in (
            (b"hello", "not an SQLite database"),
            (self.foreign().read_bytes(), "this database belongs to another program"),
        ):
            database.write_bytes(content)
            error = self.assertRaises(BackupError, check, self.folder)
            self.assertEqual(str(error), f"{database}: {said}")


class RestoreTests(BackupTestCase):
    def test_what_was_kept_then_comes_back_and_what_came_since_is_set_aside(self) -> None:
        server = self.starts()
        server.keeps(1, 2, next_id=100)
        backup(self.folder, self.file)
        server.keeps(150, next_id=200)
        server.stops()
        restored = self.restores()
        aside = self.folder / "chat.sqlite.replaced-20260102T030405Z"
        self.assertEqual(
            restored, Restored(Summary(2, restored.summary.size), aside, True, 200 + GAP)
        )
        self.assertEqual(self.names(), ["chat.sqlite", aside.name, "lock"])
        database = self.folder / "chat.sqlite"
        self.assertEqual(rows(database, "SELECT id FROM messages"), [(1,), (2,)])
        self.assertEqual(rows(aside, "SELECT id FROM messages"), [(1,), (2,), (150,)])
        self.assertEqual(database.stat().st_mode & 0o777, 0o600)

    def test_no_id_is_used_again_however_often_the_same_is_restored(self) -> None:
        database = self.served(1, next_id=100)
        backup(self.folder, self.file)
        names = []
        for first in (100 + GAP, 100 + 2 * GAP, 100 + 3 * GAP):
            restored = self.restores()
            self.assertEqual(restored.first, first)
            self.assertEqual(
                rows(database, "SELECT * FROM counters"), [("ids", first), ("other", 5)]
            )
            assert restored.aside is not None
            names.append(restored.aside.name.partition("Z")[2])
        self.assertEqual(names, ["", "-2", "-3"])

    def test_a_machine_that_never_had_any_gets_it_too(self) -> None:
        self.served(1, next_id=100)
        backup(self.folder, self.file)
        self.folder = self.parent / "another"
        restored = self.restores()
        self.assertEqual(
            (restored.aside, restored.readable, restored.first), (None, True, 100 + GAP)
        )
        self.assertEqual(self.names(), ["chat.sqlite", "lock"])

    def test_a_backup_of_a_server_that_had_used_no_id_will_do(self) -> None:
        database = self.served(next_id=1)
        with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute("DELETE FROM counters")
        backup(self.folder, self.file)
        self.assertEqual(self.restores().first, GAP)
        self.assertEqual(rows(database, "SELECT * FROM counters"), [("ids", GAP)])

    def test_one_that_was_killed_is_set_aside_with_all_it_had_committed(self) -> None:
        server = self.starts()
        server.keeps(1, next_id=100)
        backup(self.folder, self.file)
        server.keeps(2, next_id=200)
        # As a killed server leaves it: with what is not in the database yet in the log beside it.
        killed = self.parent / "killed"
        killed.mkdir()
        for name in ("chat.sqlite", "chat.sqlite-wal"):
            (killed / name).write_bytes((self.folder / name).read_bytes())
        self.folder = killed
        restored = self.restores()
        self.assertEqual(restored.first, 200 + GAP)
        assert restored.aside is not None
        self.assertEqual(rows(restored.aside, "SELECT id FROM messages"), [(1,), (2,)])

    def test_one_that_cannot_be_read_is_set_aside_with_its_log_and_told(self) -> None:
        database = self.served(1, next_id=100)
        backup(self.folder, self.file)
        for suffix in ("", "-wal", "-shm"):
            Path(f"{database}{suffix}").write_bytes(b"nothing that SQLite knows" * 100)
        restored = self.restores()
        self.assertEqual((restored.readable, restored.first), (False, 100 + GAP))
        aside = "chat.sqlite.replaced-20260102T030405Z"
        self.assertEqual(
            self.names(), ["chat.sqlite", aside, f"{aside}-shm", f"{aside}-wal", "lock"]
        )
        self.assertEqual(rows(database, "SELECT id FROM messages"), [(1,)])

    def test_one_that_no_server_of_this_version_could_use_is_refused(self) -> None:
        database = self.served(1, next_id=100)
        backup(self.folder, self.file)
        with contextlib.closing(sqlite3.connect(self.file, isolation_level=None)) as connection:
            connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
            self.restores()
            for version, refused in (("0001", False), (HEAD, False), ("9999", True)):
                connection.execute("DELETE FROM alembic_version")
                connection.execute("INSERT INTO alembic_version VALUES (?)", (version,))
                if not refused:
                    self.restores()
        before = database.read_bytes()
        error = self.assertRaises(BackupError, self.restores)
        self.assertIn(f"{self.file}: was made by a newer version of twisted-chat", str(error))
        self.assertEqual(database.read_bytes(), before)

    def test_the_time_in_the_name_is_now_unless_told_otherwise(self) -> None:
        self.served(1, next_id=100)
        backup(self.folder, self.file)
        place = StateDir.open(self.folder)
        self.addCleanup(place.close)
        aside = restore(place, self.file).aside
        assert aside is not None
        self.assertRegex(aside.name, r"^chat\.sqlite\.replaced-\d{8}T\d{6}Z$")

    def test_what_is_no_backup_changes_nothing(self) -> None:
        database = self.served(*range(1, 5000), next_id=5000)
        backup(self.folder, self.file)
        before, names = database.read_bytes(), self.names()
        damaged, text, empty = (self.parent / name for name in ("damaged", "text", "empty"))
        damaged.write_bytes(self.file.read_bytes())
        self.breaks(damaged)
        text.write_text("hello")
        empty.touch()
        other = self.parent / "other"
        with contextlib.closing(sqlite3.connect(other)) as connection:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY)")
        for source, said in (
            (self.parent / "missing", "is not a file"),
            (self.parent, "is not a file"),
            (text, "not an SQLite database"),
            (empty, "not an SQLite database"),
            (self.foreign(), "this database belongs to another program"),
            (damaged, "(is damaged: .*|database disk image is malformed)"),
            (other, "no such table: counters"),
        ):
            error = self.assertRaises(BackupError, self.restores, source)
            self.assertRegex(str(error), f"^{source}: {said}$")
            self.assertEqual((database.read_bytes(), self.names()), (before, names))

    def test_a_file_that_may_not_be_read_is_told(self) -> None:
        def denied(path: Path, mode: str) -> None:
            raise PermissionError(13, "Permission denied")

        self.file.touch()
        self.patch(Path, "open", denied)
        error = self.assertRaises(BackupError, self.restores)
        self.assertEqual(str(error), f"{self.file}: cannot be read: Permission denied")
