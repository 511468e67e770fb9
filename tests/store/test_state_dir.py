"""The state folder: where it is, who may read it, and that one server at a time has it."""

from __future__ import annotations

import fcntl
import os
import pwd
import signal
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.making import folder_for
from twisted_chat.store import state_dir
from twisted_chat.store.state_dir import StateDir, StateDirError, database_in, default_folder


class DefaultFolderTests(SynchronousTestCase):
    def test_each_system_has_its_own_folder_and_services_the_one_they_were_given(self) -> None:
        for value in ("/var/lib/chat", "/var/lib/chat:/var/lib/other"):
            found = default_folder(
                {"STATE_DIRECTORY": value, "XDG_DATA_HOME": "/data", "HOME": "/home/bob"}
            )
            self.assertEqual(found, Path("/var/lib/chat"))
        self.assertEqual(
            default_folder({"HOME": "/Users/bob", "XDG_DATA_HOME": "/data"}, "darwin"),
            Path("/Users/bob/Library/Application Support/twisted-chat"),
        )
        home = Path(pwd.getpwuid(os.getuid()).pw_dir)
        for environment in ({}, {"HOME": ""}, {"HOME": "here"}):
            self.assertEqual(
                default_folder(environment, "linux"), home / ".local" / "share" / "twisted-chat"
            )

    def test_a_user_has_one_among_their_data(self) -> None:
        for environment, folder in (
            ({"HOME": "/home/bob"}, "/home/bob/.local/share/twisted-chat"),
            ({"HOME": "/home/bob", "XDG_DATA_HOME": "/data"}, "/data/twisted-chat"),
            ({"XDG_DATA_HOME": "/data"}, "/data/twisted-chat"),
            ({"HOME": "/home/bob", "XDG_DATA_HOME": ""}, "/home/bob/.local/share/twisted-chat"),
            ({"HOME": "/home/bob", "XDG_DATA_HOME": "data"}, "/home/bob/.local/share/twisted-chat"),
        ):
            self.assertEqual(default_folder(environment, "linux"), Path(folder))

    def test_who_has_no_home_is_told_what_to_do(self) -> None:
        def unknown(user: int) -> None:
            raise KeyError(user)

        self.patch(pwd, "getpwuid", unknown)
        error = self.assertRaises(StateDirError, default_folder, {}, "linux")
        self.assertEqual(
            str(error),
            "there is no home folder to keep history in; choose a folder with --state-dir",
        )


class PlaceTestCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.parent = folder_for(self)
        self.folder = self.parent / "state"

    def opened(self, folder: Path | None = None) -> StateDir:
        opened = StateDir.open(folder or self.folder)
        self.addCleanup(opened.close)
        return opened

    def refused(self, folder: Path | None = None) -> str:
        folder = folder or self.folder
        said = str(self.assertRaises(StateDirError, StateDir.open, folder))
        self.assertEqual(len(said.splitlines()), 1)
        self.assertTrue(said.startswith(f"{folder}: "), said)
        return said.removeprefix(f"{folder}: ")


class OpenTests(PlaceTestCase):
    def test_what_it_makes_is_for_the_user_s_eyes_only_whatever_the_umask(self) -> None:
        self.addCleanup(os.umask, os.umask(0))
        opened = self.opened(self.parent / "a" / "b")
        for path, mode in (
            (self.parent / "a", 0o700),
            (opened.folder, 0o700),
            (opened.folder / "lock", 0o600),
            (opened.database, 0o600),
        ):
            self.assertEqual(path.stat().st_mode & 0o777, mode, path)
        self.assertEqual(opened.database, self.parent / "a" / "b" / "chat.sqlite")

    def test_a_folder_that_is_there_is_taken_as_it_is(self) -> None:
        self.folder.mkdir(0o750)
        database_in(self.folder).write_bytes(b"something")
        opened = self.opened()
        self.assertEqual(self.folder.stat().st_mode & 0o777, 0o750)
        self.assertEqual(opened.database.read_bytes(), b"something")

    def test_a_relative_path_and_a_link_to_a_folder_will_do(self) -> None:
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir(self.parent)
        self.opened(Path("state")).close()
        self.parent.joinpath("link").symlink_to("state")
        self.opened(self.parent / "link")
        self.assertIn("uses this folder", self.refused())

    def test_what_root_makes_belongs_to_the_owner_of_the_folder(self) -> None:
        given: list[tuple[int, int]] = []
        self.patch(os, "fchown", lambda file, user, group: given.append((user, group)))
        self.folder.mkdir()
        owner = self.folder.stat()
        for user, files in ((0, 2), (1000, 0)):
            self.patch(os, "geteuid", lambda user=user: user)
            given.clear()
            self.opened().close()
            self.assertEqual(given, [(owner.st_uid, owner.st_gid)] * files)

    def test_two_that_make_it_at_once_do_not_trip(self) -> None:
        made = Path.mkdir

        def mkdir(path: Path, mode: int) -> None:
            made(path)
            made(path, mode)

        self.patch(Path, "mkdir", mkdir)
        self.opened()


class RefusalTests(PlaceTestCase):
    def test_what_is_not_a_folder_is_named(self) -> None:
        self.folder.write_text("a file")
        dangling, loop = self.parent / "dangling", self.parent / "loop"
        dangling.symlink_to("nowhere")
        loop.symlink_to("loop")
        hint = "choose another folder with --state-dir"
        for folder in (self.folder, dangling, loop):
            self.assertEqual(self.refused(folder), f"is not a folder; {hint}")
        self.assertEqual(
            self.refused(self.folder / "below"), f"is inside something that is not a folder; {hint}"
        )
        self.assertEqual(self.folder.read_text(), "a file")

    def test_what_stands_in_the_way_of_a_file_is_named(self) -> None:
        for name in ("chat.sqlite", "lock"):
            folder = self.parent / f"with-{name}"
            (folder / name).mkdir(parents=True)
            self.assertEqual(
                self.refused(folder),
                f"cannot be written: {folder / name}: Is a directory; choose another folder with --state-dir",
            )

    def test_a_folder_that_cannot_be_written_is_named_with_what_to_do(self) -> None:
        # Nobody can make a file there, not even root.
        for folder in (Path("/proc/self"), Path("/proc/self/state")):
            self.assertRegex(
                self.refused(folder),
                "^cannot be written: .*; choose another folder with --state-dir$",
            )

    def test_a_user_who_may_not_write_is_told_so(self) -> None:
        def denied(*arguments: object) -> int:
            raise PermissionError(13, "Permission denied", str(self.folder))

        self.patch(os, "open", denied)
        self.assertEqual(
            self.refused(),
            "cannot be written: Permission denied; choose another folder with --state-dir",
        )

    def test_a_disk_that_cannot_lock_is_an_error_that_leaves_nothing_open(self) -> None:
        def no_locks(descriptor: int, how: int) -> None:
            taken.append(descriptor)
            raise OSError(37, "No locks available")

        taken: list[int] = []
        self.patch(fcntl, "flock", no_locks)
        self.assertIn("cannot be written: No locks available", self.refused())
        self.assertRaises(OSError, os.fstat, *taken)


class LockTests(PlaceTestCase):
    def test_a_second_one_is_told_who_has_it_until_that_one_closes(self) -> None:
        first = self.opened()
        self.assertEqual(
            self.refused(),
            f"process {os.getpid()} uses this folder; stop that server, or choose another folder with --state-dir",
        )
        first.close()
        first.close()
        self.opened()

    def test_one_that_has_not_said_yet_who_it_is_has_it_all_the_same(self) -> None:
        first = self.opened()
        for text in ("", "x\n", "\xff"):
            (first.folder / "lock").write_text(text, "latin-1")
            self.assertRegex(self.refused(), "^another process uses this folder; stop that server")

    def test_what_an_earlier_one_left_in_the_file_is_not_told(self) -> None:
        self.folder.mkdir()
        (self.folder / "lock").write_text("1234567890123\n")
        self.opened()
        self.assertEqual((self.folder / "lock").read_text(), f"{os.getpid()}\n")

    def test_it_ends_with_a_process_that_is_killed(self) -> None:
        with self.process("print(flush=True); input()") as process:
            assert process.stdout is not None
            process.stdout.readline()
            self.assertIn(f"process {process.pid} uses this folder", self.refused())
            process.send_signal(signal.SIGKILL)
        self.opened()

    def test_it_is_not_inherited_by_a_program_that_is_started(self) -> None:
        # The program outlives the process that had the lock, and has whatever of it can be inherited.
        code = "import subprocess; print(subprocess.Popen(['sleep', '60'], close_fds=False).pid)"
        with self.process(code) as process:
            assert process.stdout is not None
            heir = int(process.stdout.readline())
        self.addCleanup(os.kill, heir, signal.SIGKILL)
        self.opened()

    def process(self, code: str) -> subprocess.Popen[str]:
        """Start a process that opens the folder and then runs ``code``."""
        root = Path(state_dir.__file__).parents[2]
        first = (
            "import sys; from pathlib import Path; from twisted_chat.store.state_dir import StateDir; "
            "place = StateDir.open(Path(sys.argv[1])); "
        )
        return subprocess.Popen(
            [sys.executable, "-c", first + code, str(self.folder)],
            env={**os.environ, "PYTHONPATH": str(root)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


class LookTests(PlaceTestCase):
    """What a check sees, which makes nothing."""

    def refused_at_a_look(self) -> str:
        return str(self.assertRaises(StateDirError, StateDir.look, self.folder))

    def test_folders_are_looked_at_and_not_made_or_taken(self) -> None:
        StateDir.look(self.folder / "deep" / "down")
        self.assertFalse(self.folder.exists())
        self.opened().close()
        StateDir.look(self.folder)
        place = self.opened()
        self.assertIn(f"process {os.getpid()} uses this folder", self.refused_at_a_look())
        place.close()
        self.opened().close()

    def test_what_cannot_be_written_or_is_no_folder_is_refused(self) -> None:
        self.patch(os, "access", lambda *arguments: False)
        self.assertIn("cannot be written: ", self.refused_at_a_look())
        self.folder.write_text("a file")
        self.assertIn("is not a folder; choose another", self.refused_at_a_look())
        self.folder = self.folder / "below"
        self.assertIn("is inside something that is not a folder", self.refused_at_a_look())
