"""The command for backups: what it says, and its exit status."""

from __future__ import annotations

import contextlib
import io
import runpy
import shutil
import sqlite3
import sys
from pathlib import Path

from tests.store.test_backup import BackupTestCase
from twisted_chat.store import __main__ as command
from twisted_chat.store.state_dir import StateDirError


class CommandTests(BackupTestCase):
    def says(self, *arguments: str | Path, status: int = 0) -> str:
        """Run the command; return what it says: on standard output if it is done, else on standard error."""
        with (
            contextlib.redirect_stdout(io.StringIO()) as out,
            contextlib.redirect_stderr(io.StringIO()) as errors,
        ):
            try:
                ended: object = command.main(list(map(str, arguments)))
            except SystemExit as end:
                ended = end.code
        self.assertEqual(ended, status, errors.getvalue())
        self.assertEqual((errors if status == 0 else out).getvalue(), "")
        return (out if status == 0 else errors).getvalue()

    def here(self) -> tuple[str, Path]:
        return "--state-dir", self.folder

    def test_backup_check_and_restore_say_what_they_did(self) -> None:
        database = self.served(1, next_id=100)
        self.assertRegex(
            self.says("backup", self.file, *self.here()), rf"^{self.file}: 1 message, 0\.0 MB\n$"
        )
        self.assertTrue(
            self.says("check", *self.here()).startswith(f"{database}: sound; 1 message, 0.0 MB\n")
        )
        first, second = self.says("restore", self.file, *self.here()).splitlines()
        self.assertEqual(first, f"{database}: 1 message, 0.0 MB")
        self.assertTrue(second.startswith(f"the previous database is now {database}.replaced-20"))

    def test_a_first_restore_has_replaced_nothing_to_tell_of(self) -> None:
        self.served(1, 2, next_id=100)
        self.says("backup", self.file, *self.here())
        self.folder = self.parent / "another"
        self.assertEqual(
            self.says("restore", self.file, *self.here()),
            f"{self.folder}/chat.sqlite: 2 messages, 0.0 MB\n",
        )

    def test_a_restore_over_what_could_not_be_read_says_so(self) -> None:
        database = self.served(1, next_id=100)
        self.says("backup", self.file, *self.here())
        database.write_text("rubbish")
        self.assertIn(
            "\nit could not be read, so the ids it used are unknown; new ids start far above",
            self.says("restore", self.file, *self.here()),
        )

    def test_a_database_of_before_is_made_small_and_shrinks_by_itself_from_then_on(self) -> None:
        database = self.served(*range(1, 400), next_id=1000)
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA auto_vacuum=NONE")
            connection.execute("VACUUM")
            connection.execute("DELETE FROM messages")
            connection.commit()
        size = database.stat().st_size
        said = self.says("compact", *self.here())
        self.assertTrue(said.startswith(f"{database}: 0."), said)
        self.assertIn(" MB instead of 0.", said)
        self.assertLess(database.stat().st_size, size)
        with contextlib.closing(sqlite3.connect(database)) as connection:
            self.assertEqual(connection.execute("PRAGMA auto_vacuum").fetchone(), (2,))

    def test_nothing_is_compacted_while_the_server_runs_or_without_room_for_a_copy(self) -> None:
        self.served(1, next_id=100)
        usage = shutil.disk_usage(self.folder)._replace(free=0)
        self.patch(shutil, "disk_usage", lambda path: usage)
        refused = self.says("compact", *self.here(), status=1)
        self.assertRegex(
            refused, r"^compact: .*: 0 MB of free space are needed, and 0 MB are free\n$"
        )
        self.starts()
        self.assertIn("stop that server", self.says("compact", *self.here(), status=1))
        none = "postgresql://db/chat"
        self.assertIn(
            "for PostgreSQL use VACUUM FULL", self.says("compact", "--database", none, status=1)
        )

    def test_nothing_is_restored_while_the_server_runs(self) -> None:
        server = self.starts()
        server.keeps(1, next_id=100)
        self.says("backup", self.file, *self.here())
        self.assertRegex(
            self.says("restore", self.file, *self.here(), status=1),
            r"^restore: .*: process \d+ uses this folder; stop that server, .*\n$",
        )

    def test_what_cannot_be_done_is_one_line_and_leaves_the_folder_to_others(self) -> None:
        text = self.parent / "x\ny"
        text.write_text("hello")
        for _ in range(2):
            self.assertEqual(
                self.says("restore", text, *self.here(), status=1),
                f"restore: {self.parent}/x?y: not an SQLite database\n",
            )

    def test_without_a_folder_it_is_the_server_s_default(self) -> None:
        self.served(1, next_id=100)
        self.patch(command, "default_folder", lambda: self.folder)
        self.assertIn("1 message", self.says("check"))

        def none() -> Path:
            raise StateDirError("there is no home")

        self.patch(command, "default_folder", none)
        self.assertEqual(self.says("check", status=1), "check: there is no home\n")

    def test_for_other_databases_it_says_what_to_do(self) -> None:
        for name, program in (
            ("backup", "pg_dump"),
            ("restore", "pg_restore"),
            ("check", "pg_amcheck"),
        ):
            file = [] if name == "check" else [str(self.file)]
            arguments = [name, *file, "--state-dir", str(self.folder)]
            self.assertEqual(
                self.says(*arguments, "--database=postgresql://db/chat", status=1),
                f"{name}: this works on SQLite only; for PostgreSQL use {program}\n",
            )
            self.assertIn("keeps nothing", self.says(*arguments, "--database=:memory:", status=1))
        self.assertFalse(self.folder.exists())

    def test_what_is_not_understood_is_status_2(self) -> None:
        for arguments, said in (
            ([], "required: COMMAND"),
            (["backup"], "required: FILE"),
            (["dance"], "invalid choice: 'dance'"),
            (
                ["check", "--database=mysql://root:s3cret@db"],
                "--database: mysql:// is not supported",
            ),
        ):
            told = self.says(*arguments, status=2)
            self.assertIn(said, told)
            self.assertNotIn("s3cret", told)

    def test_every_command_has_help_and_ctrl_c_is_one_line(self) -> None:
        self.assertIn("backup", self.says("--help"))
        for name in ("backup", "restore", "check"):
            self.assertIn("--state-dir", self.says(name, "--help"))

        def stopped(folder: Path) -> None:
            raise KeyboardInterrupt

        self.patch(command, "check", stopped)
        self.assertEqual(self.says("check", *self.here(), status=130), "check: interrupted\n")

    def test_it_is_a_program(self) -> None:
        self.patch(sys, "argv", ["store", "check", "--state-dir", str(self.folder)])
        # As if it had not been imported here.
        self.addCleanup(sys.modules.__setitem__, command.__name__, command)
        del sys.modules[command.__name__]
        with contextlib.redirect_stderr(io.StringIO()):
            ended = self.assertRaises(
                SystemExit, runpy.run_module, "twisted_chat.store", run_name="__main__"
            )
        self.assertEqual(ended.code, 1)
