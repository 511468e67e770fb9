"""The file of operators: what it holds, and what must not be trusted."""

from __future__ import annotations

import os

from argon2 import PasswordHasher, Type
from twisted.trial.unittest import SynchronousTestCase

from tests.making import folder_for
from twisted_chat.auth.operators import MAX_FILE, OperatorsError, fault_of, read_operators
from twisted_chat.auth.passwords import hash_now

FAST = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HASH = FAST.hash("correct horse")


class FileCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.path = folder_for(self) / "operators"

    def write(self, text: str | bytes, mode: int = 0o600) -> None:
        self.path.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.path.chmod(mode)

    def fault(self) -> str:
        """Return why the file is refused, in one line that quotes no hash."""
        why = str(self.assertRaises(OperatorsError, read_operators, self.path))
        self.assertTrue(why.startswith(f"{self.path}:"), why)
        self.assertNotIn("\n", why)
        self.assertNotIn("$argon2", why)
        return why.removeprefix(f"{self.path}:").strip()


class ReadingTests(FileCase):
    def test_lines_comments_and_nothing_else(self) -> None:
        self.write(f"# who may\n\n  root   {HASH}  \nal-ice_2. {hash_now('another one')}\n")
        found = read_operators(self.path)
        self.assertEqual((len(found), found.hash_of("root"), found.warning), (2, HASH, ""))
        self.assertIsNone(found.hash_of("Root"))
        self.assertEqual(found.decoy(), HASH)
        self.write("# nobody\n")
        found = read_operators(self.path)
        self.assertEqual((len(found), found.decoy()), (0, None))
        self.write(b"\xef\xbb\xbf" + f"root {HASH}\n".encode())
        self.assertEqual(read_operators(self.path).hash_of("root"), HASH)

    def test_nonsense_is_named_with_its_line(self) -> None:
        weak = PasswordHasher(1, 8, 1, type=Type.I).hash("x")
        for text, why in (
            ("\nroot\n", "2: an argon2 hash must follow root"),
            ("root secret\n", "1: an argon2 hash must follow root"),
            (f"root {HASH} more\n", "1: the hash of root has extra text after it"),
            (f"ro/ot {HASH}\n", "1: 'ro/ot' is not a name"),
            (f"\x1b[2J {HASH}\n", "1: '?[2J' is not a name"),
            (f"root {HASH}\nroot {HASH}\n", "2: root is listed twice"),
            (f"root {weak}\n", "1: the hash of root is not argon2id"),
            (
                f"root {HASH.replace('m=8,', 'm=4294967295,')}\n",
                "1: the hash of root needs too much memory or time",
            ),
        ):
            self.write(text)
            self.assertTrue(self.fault().startswith(why), (self.fault(), why))

    def test_files_that_are_missing_too_large_or_no_text_are_refused(self) -> None:
        self.assertIn("cannot be read: No such file", self.fault())
        self.write("root " + "x" * 1_000_000)
        self.assertEqual(
            self.fault(), f"larger than {MAX_FILE:,} bytes; this cannot be a list of operators"
        )
        self.write(b"root \xff\n")
        self.assertEqual(self.fault(), "not valid UTF-8")
        self.write("root " + "x" * (MAX_FILE - 10))
        self.assertIn("an argon2 hash must follow", self.fault())


class TrustTests(FileCase):
    def test_files_that_others_can_write_or_own_are_refused(self) -> None:
        for mode in (0o620, 0o602, 0o666):
            self.write(f"root {HASH}\n", mode)
            self.assertIn("other users can write to it", self.fault())
        for mode, warned in ((0o644, True), (0o640, False), (0o600, False)):
            self.write(f"root {HASH}\n", mode)
            self.assertEqual(bool(read_operators(self.path).warning), warned)
        self.write("")
        mine = self.path.stat()
        theirs = os.stat_result((*mine[:4], 1234, *mine[5:]))
        roots = os.stat_result((*mine[:4], 0, *mine[5:]))
        self.assertIn("belongs to another user", fault_of(theirs, 1000))
        self.assertEqual((fault_of(roots, 1000), fault_of(theirs, 1234)), ("", ""))

    def test_what_is_no_file_is_refused_at_once(self) -> None:
        self.path.mkdir(0o700)
        self.assertIn("is not a file", self.fault())
        self.path.rmdir()
        os.mkfifo(self.path, 0o600)  # reading it would wait for somebody to write
        self.assertIn("is not a file", self.fault())
