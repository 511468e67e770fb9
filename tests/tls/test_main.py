"""The command that makes a certificate for a network of one's own."""

from __future__ import annotations

import contextlib
import io
import os
import runpy
import shutil
import socket
import stat
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.tls import __main__ as certificate
from twisted_chat.tls.__main__ import NotMade, general_name, self_signed
from twisted_chat.tls.certificates import read

NOW = datetime(2026, 11, 21, tzinfo=UTC)


class MadeTests(SynchronousTestCase):
    def test_it_is_for_all_names_and_lasts_as_long_as_asked(self) -> None:
        made = self_signed(
            ["Chat.example", "*.lan", "10.0.0.1", "fe80::1", "chat.example"], 10, NOW
        )
        cert = x509.load_pem_x509_certificate(made.certificate)
        names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.assertEqual(names.get_values_for_type(x509.DNSName), ["chat.example", "*.lan"])
        self.assertEqual(
            names.get_values_for_type(x509.IPAddress),
            [ip_address("10.0.0.1"), ip_address("fe80::1")],
        )
        self.assertEqual(cert.not_valid_after_utc, NOW + timedelta(days=10))
        self.assertLess(cert.not_valid_before_utc, NOW)
        self.assertEqual(
            made.fingerprint.replace(":", "").lower(), cert.fingerprint(hashes.SHA256()).hex()
        )
        cert.verify_directly_issued_by(cert)

    def test_two_are_never_the_same_and_a_long_name_is_no_obstacle(self) -> None:
        self.assertNotEqual(self_signed(["a"], 1, NOW).key, self_signed(["a"], 1, NOW).key)
        self_signed([".".join(["x" * 60] * 3)], 1, NOW)

    def test_names_are_host_names_or_addresses(self) -> None:
        for good in [
            "localhost",
            "a-b.example",
            "xn--bcher-kva.example",
            "192.0.2.1",
            "::1",
            "my_host",
        ]:
            general_name(good)
        self.assertEqual(general_name("bücher.example"), x509.DNSName("xn--bcher-kva.example"))
        for bad in (
            "",
            " ",
            "a b",
            "-a",
            "a-",
            "a..b",
            "a/b",
            "x" * 64,
            "a\nb",
            "a.*",
            "*",
            "ü" * 99,
        ):
            self.assertRaises(NotMade, general_name, bad)


class CommandTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.place = self.folder / "tls"

    def says(self, *arguments: str, status: int = 0) -> str:
        with (
            contextlib.redirect_stdout(io.StringIO()) as out,
            contextlib.redirect_stderr(io.StringIO()) as errors,
        ):
            try:
                ended: object = certificate.main([*arguments])
            except SystemExit as end:
                ended = end.code
        self.assertEqual(ended, status, errors.getvalue())
        return out.getvalue() + errors.getvalue()

    def test_it_makes_what_the_server_can_use_and_nobody_else_can_read(self) -> None:
        self.addCleanup(os.umask, os.umask(0))
        said = self.says("--name", "chat.lan", str(self.place))
        identity = read(self.place / "certificate.pem", self.place / "key.pem")
        self.assertEqual(identity.names, ("chat.lan", "localhost"))
        self.assertEqual(stat.S_IMODE(identity.key_file.stat().st_mode), 0o600)
        self.assertIn(
            f"SHA-256 fingerprint: {identity.chain[0].fingerprint(hashes.SHA256()).hex(':').upper()}\n",
            said,
        )
        self.assertIn(f"--tls-cert {identity.file} --tls-key {identity.key_file}\n", said)
        self.assertIn(
            "-connect chat.lan:12001 -CAfile certificate.pem -verify_return_error -verify_hostname chat.lan\n",
            said,
        )

    def test_addresses_are_checked_as_addresses(self) -> None:
        said = self.says("--name", "192.0.2.1", str(self.place))
        self.assertIn(
            "-connect 192.0.2.1:12001 -CAfile certificate.pem -verify_return_error -verify_ip 192.0.2.1\n",
            said,
        )
        self.assertIn("[fe80::1]:12001", self.says("--name", "fe80::1", str(self.folder / "b")))

    def test_without_names_it_is_for_this_machine(self) -> None:
        self.patch(socket, "gethostname", lambda: "here.example")
        self.says(str(self.place), "--days", "3")
        identity = read(self.place / "certificate.pem", self.place / "key.pem")
        self.assertEqual(identity.names, ("here.example", "localhost"))
        self.assertLess(identity.expires - datetime.now(UTC), timedelta(days=3))

    def test_nothing_is_overwritten_and_no_half_is_left(self) -> None:
        self.place.mkdir()
        for mine, other in (("key.pem", "certificate.pem"), ("certificate.pem", "key.pem")):
            (self.place / mine).write_text("precious")
            self.assertIn(
                f"{mine} exists already and was not overwritten",
                self.says(str(self.place), status=1),
            )
            self.assertEqual((self.place / mine).read_text(), "precious")
            self.assertFalse((self.place / other).exists())
            (self.place / mine).unlink()

    def test_what_cannot_be_done_is_one_line(self) -> None:
        (self.folder / "file").write_text("x")
        for arguments, said in (
            (["--name", "a b", str(self.place)], "'a b' is neither a host name nor an address"),
            ([str(self.folder / "file" / "x")], "Not a directory"),
        ):
            told = self.says(*arguments, status=1)
            self.assertRegex(told, r"\Acertificate: .*\n\Z")
            self.assertIn(said, told)
        for days in ("0", "-1", "x", "99999", "1.5"):
            self.assertIn(
                "is not a number from 1", self.says(f"--days={days}", str(self.place), status=2)
            )

    def test_it_is_a_command(self) -> None:
        self.patch(sys, "argv", ["certificate", "--name", "x.lan", str(self.place)])
        with contextlib.redirect_stdout(io.StringIO()):
            end = self.assertRaises(
                SystemExit, runpy.run_module, "twisted_chat.tls", run_name="__main__"
            )
        self.assertEqual(end.code, 0)


class MissingTests(SynchronousTestCase):
    def test_without_its_library_it_is_one_line(self) -> None:
        with patch.dict(sys.modules, {"cryptography": None}):
            ended = self.assertRaises(
                SystemExit, runpy.run_module, "twisted_chat.tls", run_name="__main__"
            )
            self.assertEqual(
                ended.code,
                "certificate: cryptography is not installed; pip install 'PATH-OF-THE-CLONE[tls]'",
            )
            self.assertRaises(ImportError, runpy.run_module, "twisted_chat.tls")
