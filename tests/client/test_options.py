"""The command line of the client."""

from __future__ import annotations

import contextlib
import io
import tempfile
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from unittest.mock import patch

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.client import options
from twisted_chat.client.link.link import Identity
from twisted_chat.client.link.open import Target
from twisted_chat.client.options import BadUsage, Settings, read_options

PRINT = ":".join(["AB"] * 32)


def read(line: str, **environment: str) -> Settings:
    return read_options(line.split(), environment)


class OptionsTests(SynchronousTestCase):
    def refuses(self, line: str, why: str, **environment: str) -> None:
        with self.assertRaisesRegex(BadUsage, why) as caught:
            read(line, **environment)
        self.assertNotIn("\n", str(caught.exception))

    def printed(self, line: str) -> str:
        out = io.StringIO()
        with contextlib.redirect_stdout(out), self.assertRaises(SystemExit) as caught:
            read(line)
        self.assertEqual(caught.exception.code, 0)
        return out.getvalue()

    def test_nothing_is_needed_and_flags_are_taken(self) -> None:
        self.assertEqual(read(""), Settings(target=Target(reconnect=False)))
        self.assertEqual((read("").target.host, read("").target.port), ("127.0.0.1", 12000))
        self.assertEqual(read("--log a/b").log, Path("a/b"))
        self.assertTrue(read("--reconnect").target.reconnect)
        settings = read("--literal --quiet")
        self.assertEqual((settings.plain, settings.literal, settings.quiet), (True, True, True))
        self.assertTrue(read("--quiet").plain)
        self.assertFalse(read("").plain)
        target = read(f"--fingerprint {PRINT.lower()}").target
        self.assertEqual((target.tls, target.fingerprint), (True, PRINT))
        self.assertTrue(read("--tls").target.tls)
        self.assertFalse(read("").target.tls)

    def test_options_may_stand_before_and_behind_host_and_port(self) -> None:
        for line in (
            "--plain --nick bob example.org 7000 --room dev",
            "example.org --plain 7000 --nick bob --room dev",
            "example.org 7000 --plain --nick bob --room #dev",
        ):
            settings = read(line)
            target = settings.target
            self.assertEqual((target.host, target.port), ("example.org", 7000))
            self.assertEqual(target.identity, Identity(nick="bob"))
            self.assertEqual(target.rooms, (("dev", None),))
            self.assertTrue(settings.plain)

    def test_there_can_be_several_rooms_with_passwords(self) -> None:
        self.assertEqual(read("--room a --room b").target.rooms, (("a", None), ("b", None)))
        rooms = read("--room #dev:se:cret --room ops:").target.rooms
        self.assertEqual(rooms, (("dev", "se:cret"), ("ops", None)))
        self.refuses("--room dev:a\x07", "--room dev: the password contains a character")

    def test_an_address_can_be_written_in_each_usual_way_and_no_other(self) -> None:
        for line, address in (
            ("example.org:7000", ("example.org", 7000)),
            ("[::1]", ("::1", 12000)),
            ("[::1] 7000", ("::1", 7000)),
            ("[fe80::1%eth0]:7000", ("fe80::1%eth0", 7000)),
            ("::1", ("::1", 12000)),
            ("::1 7000", ("::1", 7000)),
        ):
            target = read(line).target
            self.assertEqual((target.host, target.port), address)
        for line in (":7000", "example.org:", "[::1]:", "[]:7000"):
            self.refuses(line, "is not an address; write HOST, HOST:PORT or")
        self.refuses("example.org:7000 7000", "the port is given twice")
        self.refuses("example.org:70000", "70000 is not a port")

    def test_what_is_wrong_is_one_line(self) -> None:
        self.refuses("h 0", "0 is not a port")
        self.refuses("h 65536", "65536 is not a port")
        self.refuses("h x", "x is not a port")
        self.refuses("h 1 2", "unrecognized arguments: 2")
        self.refuses("--nonsense", "unrecognized arguments")
        self.refuses("--nick 1", "--nick 1: ")
        self.refuses("--room a,b", "--room a,b: ")
        self.refuses("--fingerprint AB", "64 hexadecimal digits")
        self.refuses("--nick", "expected one argument")

    def test_a_password_comes_from_a_file_or_the_environment(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "password"
            path.write_bytes("pässword\r\nmore\n".encode())
            line = f"--nick bob --password-file {path}"
            for settings in (read(line), read(line, TWISTED_CHAT_PASSWORD="other")):
                self.assertEqual(settings.target.identity.password, "pässword")
            path.write_bytes(b"\xef\xbb\xbfpw\n")  # a byte-order mark, as Windows writes it
            self.assertEqual(read(line).target.identity.password, "pw")
            path.write_bytes(b"\xff")
            self.refuses(line, "not valid UTF-8")
            path.unlink()
            self.refuses(line, "No such file")
        self.assertEqual(read("", TWISTED_CHAT_PASSWORD="pw").target.identity.password, "pw")
        self.assertIsNone(read("", TWISTED_CHAT_PASSWORD="").target.identity.password)
        self.refuses("", "a character that passwords cannot contain", TWISTED_CHAT_PASSWORD="\x07")

    def test_help_names_every_option_and_status(self) -> None:
        text = self.printed("--help")
        for word in [
            "HOST",
            "PORT",
            "--nick",
            "--room",
            "--tls",
            "--fingerprint",
            "--plain",
            "--reconnect",
            "--log",
        ]:
            self.assertIn(word, text)
        self.assertIn("refused by the server", " ".join(text.split()))

    def test_version_is_printed(self) -> None:
        self.assertRegex(self.printed("--version"), r"^twisted-chat \d")
        with patch.object(options, "version", side_effect=PackageNotFoundError):
            self.assertEqual(self.printed("--version"), "twisted-chat\n")
