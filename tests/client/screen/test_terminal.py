from __future__ import annotations

import fcntl
import os
import struct
import termios
from threading import Event
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.message import Message
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client.screen.terminal import Keys, Terminal, size_of


class KeysTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.keys = Keys()

    def typed(self, *pieces: bytes) -> str:
        found = [message for piece in pieces for message in self.keys.read(piece)]
        return "".join(key.character or key.key for key in found if isinstance(key, events.Key))

    def test_what_is_typed_is_read_in_any_pieces_without_controls(self) -> None:
        self.assertEqual(self.typed("aä日".encode()), "aä日")
        self.assertEqual(self.typed(*(bytes([byte]) for byte in "aä日".encode())), "aä日")
        self.assertEqual(self.typed(b"a\xe4b", b"\xff", b"c"), "a\ufffdb\ufffdc")
        self.assertEqual(self.typed("a\x9b\x85b".encode(), b"\x9bc"), "ab\ufffdc")
        self.keys.read(b"\x1b[99999999999999;1u")
        self.flushLoggedErrors()
        self.assertEqual(self.typed(b"a"), "a")

    def test_an_old_report_of_the_mouse_is_not_typed(self) -> None:
        report = b"\x1b[M \xc2\xa0"
        self.assertEqual(self.typed(b"a" + report + b"b"), "ab")
        for cut in range(3, len(report)):
            self.assertEqual(self.typed(report[:cut], report[cut:] + b"c"), "c", cut)

    @given(st.lists(st.binary(max_size=8) | st.sampled_from([b"\x1b[", b"\x1b[M", b"\x1b[200~"])))
    def test_no_bytes_end_it(self, pieces: list[bytes]) -> None:
        keys = Keys()
        for piece in pieces:
            keys.read(piece)
            keys.tick()
        self.flushLoggedErrors()


class SizeTests(SynchronousTestCase):
    def test_the_size_is_the_terminals_own_if_it_is_one(self) -> None:
        ours, theirs = os.openpty()
        self.addCleanup(os.close, ours)
        self.addCleanup(os.close, theirs)
        self.assertIsNone(size_of(theirs))
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.assertEqual(size_of(theirs), (100, 30))
        reading, writing = os.pipe()
        os.close(writing)
        self.addCleanup(os.close, reading)
        self.assertIsNone(size_of(reading))


class TerminalTests(SynchronousTestCase):
    def reads(self, file: int) -> list[Message]:
        """Let a driver read a file until there is no more."""
        read: list[Message] = []
        driver = Terminal.__new__(Terminal)
        driver.fileno = file
        driver.exit_event = Event()
        self.patch(driver, "process_message", read.append)
        driver.run_input_thread()
        return read

    def test_what_is_typed_is_handed_over_until_the_terminal_is_gone(self) -> None:
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        os.write(writing, b"a\xe4 ")
        os.close(writing)
        self.assertEqual(
            next(key.key for key in self.reads(reading) if isinstance(key, events.Key)), "a"
        )

    def test_a_terminal_that_was_closed_is_the_end(self) -> None:
        ours, theirs = os.openpty()
        self.addCleanup(os.close, theirs)
        os.close(ours)
        self.assertEqual(self.reads(theirs), [])

    def test_where_the_terminal_tells_no_size_the_environment_counts(self) -> None:
        reading, writing = os.pipe()
        for file in (reading, writing):
            self.addCleanup(os.close, file)
        driver = Terminal.__new__(Terminal)
        driver.fileno = reading
        with patch.dict(os.environ, COLUMNS="70", LINES="20"):
            self.assertEqual(driver._get_terminal_size(), (70, 20))
