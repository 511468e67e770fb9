"""What is remembered of servers."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from unittest.mock import patch

from twisted.trial.unittest import SynchronousTestCase

from tests.making import folder_for
from twisted_chat.client.link import known
from twisted_chat.client.link.known import (
    BY_AUTHORITY,
    KnownServers,
    NotKept,
    data_folder,
    read_fingerprint,
)

PRINT = ":".join(["AB"] * 32)
OTHER = ":".join(["CD"] * 32)


class FingerprintTests(SynchronousTestCase):
    def test_each_way_to_write_it_is_understood(self) -> None:
        for text in (
            PRINT,
            PRINT.lower(),
            PRINT.replace(":", ""),
            f"sha256 Fingerprint={PRINT}",
            f"SHA256:{PRINT}",
        ):
            self.assertEqual(read_fingerprint(text), PRINT)

    def test_what_is_none_is_none(self) -> None:
        for text in ("", "AB", PRINT + "AB", PRINT.replace("A", "G")):
            self.assertIsNone(read_fingerprint(text))


class KnownTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = folder_for(self) / "new" / "known_servers"
        self.known = KnownServers(self.path)

    def test_remembered_servers_are_in_a_file_for_its_owner_only(self) -> None:
        self.assertIsNone(self.known.find("a:1"))
        self.known.remember("a:1", PRINT, None)
        self.known.remember("b:2", BY_AUTHORITY, None)
        self.assertEqual((self.known.find("a:1"), self.known.find("b:2")), (PRINT, BY_AUTHORITY))
        self.known.remember("a:1", OTHER, PRINT)
        self.assertEqual((self.known.find("a:1"), self.known.find("b:2")), (OTHER, BY_AUTHORITY))
        self.assertEqual(self.path.read_text().count("a:1"), 1)
        self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(self.path.parent.stat().st_mode), 0o700)
        self.assertEqual(
            sorted(os.listdir(self.path.parent)), ["known_servers", "known_servers.lock"]
        )

    def test_what_is_remembered_is_kept_for_its_owner_whatever_stands_beside_it(self) -> None:
        self.known.remember("a:1", PRINT, None)
        self.path.write_bytes(b"\xef\xbb\xbf" + self.path.read_bytes())
        self.assertEqual(self.known.find("a:1"), PRINT)
        with self.assertRaisesRegex(NotKept, "another client has just changed"):
            self.known.remember("a:1", OTHER, None)
        self.assertEqual(self.known.find("a:1"), PRINT)

    def test_clients_that_write_at_once_forget_nothing_of_each_other(self) -> None:
        script = (
            "import sys; from pathlib import Path; from twisted_chat.client.link.known import KnownServers\n"
            "known = KnownServers(Path(sys.argv[1])); print(flush=True); sys.stdin.readline()\n"
            "for n in range(40): known.remember(f'{sys.argv[2]}:{n}', 'authority', None)"
        )
        clients = [
            subprocess.Popen(
                [sys.executable, "-c", script, str(self.path), name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            for name in ("a", "b")
        ]
        for client in clients:
            assert client.stdout is not None
            client.stdout.readline()
        for client in clients:
            assert client.stdin is not None
            client.stdin.write(b"go\n")
            client.stdin.flush()
        for client in clients:
            client.communicate(timeout=60)
        known_ = {line for line in self.path.read_text().splitlines() if line.endswith("authority")}
        self.assertEqual(len(known_), 80)

    def test_what_people_wrote_into_it_is_kept(self) -> None:
        self.path.parent.mkdir()
        self.path.write_text("# ours\nb:2 nonsense\n")
        self.known.remember("a:1", PRINT, None)
        self.assertEqual(self.path.read_text(), f"# ours\nb:2 nonsense\na:1 {PRINT}\n")
        with self.assertRaisesRegex(NotKept, "begins with b:2 has no fingerprint"):
            self.known.find("b:2")

    def test_a_file_that_cannot_be_read_is_named(self) -> None:
        self.path.mkdir(parents=True)
        with self.assertRaisesRegex(NotKept, "known_servers cannot be read: Is a directory"):
            self.known.find("a:1")

    def test_a_file_of_something_else_is_named(self) -> None:
        self.path.parent.mkdir()
        self.path.write_bytes(b"\xff\xfe")
        with self.assertRaisesRegex(NotKept, "is not a list of servers"):
            self.known.find("a:1")
        self.patch(known, "_MAX_SIZE", 1)
        with self.assertRaisesRegex(NotKept, "too large"):
            self.known.find("a:1")

    def test_a_folder_that_cannot_be_written_is_named(self) -> None:
        self.path.parent.write_text("a file where the folder should be")
        with (
            patch.object(KnownServers, "_lines", return_value=[]),
            self.assertRaisesRegex(NotKept, "cannot be written"),
        ):
            self.known.remember("a:1", PRINT, None)


class FolderTests(SynchronousTestCase):
    def test_each_system_has_its_own(self) -> None:
        home = {"HOME": "/home/bob"}
        for environment, platform, folder in (
            (home, "linux", "/home/bob/.local/share/twisted-chat"),
            (home | {"XDG_DATA_HOME": "/data"}, "linux", "/data/twisted-chat"),
            (home | {"XDG_DATA_HOME": "relative"}, "linux", "/home/bob/.local/share/twisted-chat"),
            (home, "darwin", "/home/bob/Library/Application Support/twisted-chat"),
            (home | {"APPDATA": "/roaming"}, "win32", "/roaming/twisted-chat"),
            (home, "win32", "/home/bob/twisted-chat"),
        ):
            self.assertEqual(str(data_folder(environment, platform)), folder)

    def test_without_home_the_system_knows_it(self) -> None:
        self.assertTrue(data_folder({}, "linux").is_absolute())
