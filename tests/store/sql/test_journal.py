"""The write-ahead log is removed while the server runs: what was acknowledged stays, and nothing else is acknowledged."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from pathlib import Path

from sqlalchemy import text
from twisted.logger import formatEvent

from tests.making import log_of, said
from tests.store.sql.held import HeldStoreCase
from twisted_chat.store.port import StoreError
from twisted_chat.store.sql.database import Database, sqlite_url


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
