"""Certificates: what is found in files, what is refused, and which is presented to whom."""

from __future__ import annotations

import os
import shutil
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from OpenSSL import SSL
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.tls import certs
from twisted_chat.doors.tls import TlsFactory
from twisted_chat.tls import certificates
from twisted_chat.tls.certificates import BadCertificate, Certificates, Found, find, read

NOW = datetime.now(UTC)
PEM = serialization.Encoding.PEM
PKCS8 = serialization.PrivateFormat.PKCS8


class CertificateCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def writes(self, file: str, *names: str, key: str | None = None, days: int = 90) -> None:
        """Write a certificate for names, with its key in a file of its own or in the same."""
        made = certs.self_signed(*names, days=days)
        path = self.folder / file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(made.certificate if key else made.key + made.certificate)
        if key:
            (self.folder / key).write_bytes(made.key)
        path.chmod(0o600)


class ReadTests(CertificateCase):
    def refused(self, cert: str = "c.pem", key: str | None = None) -> str:
        """Return why a certificate is refused, without the folder."""
        error = self.assertRaises(
            BadCertificate, read, self.folder / cert, self.folder / key if key else None
        )
        self.assertNotIn("\n", str(error))
        return str(error).replace(f"{self.folder}/", "")

    def test_keys_may_be_in_the_same_file_and_reading_warns_of_nothing(self) -> None:
        self.writes("one.pem", "one.example")
        self.writes("two.pem", "two.example", key="two.key")
        one = read(self.folder / "one.pem", None)
        two = read(self.folder / "two.pem", self.folder / "two.key")
        self.assertEqual((one.names, two.names), (("one.example",), ("two.example",)))
        self.assertEqual(one.key_file, self.folder / "one.pem")
        self.writes("a.pem", "a.example")
        read(self.folder / "a.pem", None).context()
        self.assertEqual(self.flushWarnings(), [])

    def test_chain_is_read_after_the_certificate(self) -> None:
        self.writes("c.pem", "one.example", key="c.key")
        with (self.folder / "c.pem").open("ab") as file:
            file.write(b"some text\n" + certs.self_signed("authority.example").certificate)
        identity = read(self.folder / "c.pem", self.folder / "c.key")
        self.assertEqual(
            list(map(certs.name_in, identity.chain)), ["one.example", "authority.example"]
        )

    def test_files_that_cannot_be_read_are_named(self) -> None:
        self.writes("c.pem", "x.example", key="c.key")
        self.assertEqual(
            self.refused("no.pem"), "no.pem: cannot be read: No such file or directory"
        )
        self.assertEqual(
            self.refused("c.pem", "no.key"), "no.key: cannot be read: No such file or directory"
        )
        self.assertEqual(self.refused("."), f"{self.folder}: is not a file")
        os.mkfifo(self.folder / "pipe")
        self.assertEqual(self.refused("pipe"), "pipe: is not a file")
        (self.folder / "big").write_bytes(b"x" * 2_000_000)
        self.assertEqual(self.refused("big"), "big: is too large for a certificate")

    def test_files_without_what_is_needed_are_named(self) -> None:
        self.writes("c.pem", "x.example", key="c.key")
        (self.folder / "rubbish").write_bytes(b"\xff\x00 rubbish")
        (self.folder / "empty").write_bytes(b"")
        for file in ("rubbish", "empty", "c.key"):
            self.assertEqual(self.refused(file), f"{file}: contains no certificate in PEM format")
        for file in ("c.pem", "rubbish"):
            self.assertEqual(
                self.refused("c.pem", file), f"{file}: contains no private key in PEM format"
            )

    def test_damaged_ones_are_refused(self) -> None:
        self.writes("c.pem", "x.example", key="c.key")
        for file, said in (
            ("c.pem", "c.pem: contains no certificate in PEM format"),
            ("c.key", "c.key: the private key cannot be read"),
        ):
            good = (self.folder / file).read_text().splitlines()
            (self.folder / file).write_text("\n".join([good[0], *good[2:]]))
            self.assertEqual(self.refused("c.pem", "c.key"), said)
            (self.folder / file).write_text("\n".join(good))

    def test_key_of_another_certificate_is_refused(self) -> None:
        self.writes("c.pem", "x.example", key="c.key")
        self.writes("d.pem", "x.example", key="d.key")
        self.assertEqual(
            self.refused("c.pem", "d.key"),
            "c.pem: its first certificate and the key in d.key do not belong together",
        )

    def test_key_with_a_password_is_refused_with_what_to_do(self) -> None:
        self.writes("c.pem", "x.example", key="c.key")
        key = serialization.load_pem_private_key((self.folder / "c.key").read_bytes(), None)
        locked = serialization.BestAvailableEncryption(b"s3cret")
        for form in (
            serialization.PrivateFormat.PKCS8,
            serialization.PrivateFormat.TraditionalOpenSSL,
        ):
            (self.folder / "c.key").write_bytes(key.private_bytes(PEM, form, locked))
            self.assertIn("encrypted with a password", self.refused("c.pem", "c.key"))

    def test_key_that_is_too_weak_is_refused(self) -> None:
        key = rsa.generate_private_key(65537, 1024)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "weak.example")])
        made = (
            x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(1))
        ).sign(key, hashes.SHA256())
        form = serialization.PrivateFormat.PKCS8
        private = key.private_bytes(PEM, form, serialization.NoEncryption())
        (self.folder / "c.pem").write_bytes(made.public_bytes(PEM) + private)
        self.assertEqual(self.refused(), "c.pem: ee key too small")

    def test_key_of_an_unknown_kind_is_refused(self) -> None:
        self.writes("c.pem", "x.example", key="c.key")
        cert = x509.load_pem_x509_certificate((self.folder / "c.pem").read_bytes())
        # id-ecPublicKey (RFC 5480, section 2.1.1), made another.
        der = cert.public_bytes(serialization.Encoding.DER)
        unknown = der.replace(bytes.fromhex("2a8648ce3d0201"), bytes.fromhex("2a8648ce3d0209"))
        made = ssl.DER_cert_to_PEM_cert(unknown)
        (self.folder / "c.pem").write_text(made)
        self.assertEqual(self.refused("c.pem", "c.key"), "c.pem: has a key of an unknown kind")

    def test_fault_is_explained_whatever_form_it_has(self) -> None:
        for error, said in (
            (SSL.Error([("", "", "reason")]), "reason"),
            (SSL.Error([]), "no reason given"),
            (SSL.Error(), "Error"),
            (ValueError("x"), "x"),
        ):
            self.assertEqual(certificates.explain(error), said)


class FolderTests(CertificateCase):
    def find(self, cert: str | None = None) -> Found:
        return find(self.folder / cert if cert else None, None, self.folder)

    def names(self, found: Found) -> dict[str, str]:
        """Return which file is for which name."""
        return {
            name: str(each.file.relative_to(self.folder)) for name, each in found.by_name.items()
        }

    def test_all_three_forms_are_found_by_file_name_and_by_the_names_within(self) -> None:
        self.writes("a.example.pem", "a.example", "www.a.example")
        self.writes("b.example.pem", "b.example", key="b.example.key")
        self.writes("c.example-0001/fullchain.pem", "C.example", key="c.example-0001/privkey.pem")
        (self.folder / "README").write_text("This directory contains your keys.")
        (self.folder / "other").mkdir()
        self.assertEqual(
            self.names(self.find()),
            {
                "a.example": "a.example.pem",
                "www.a.example": "a.example.pem",
                "b.example": "b.example.pem",
                "c.example": "c.example-0001/fullchain.pem",
                "c.example-0001": "c.example-0001/fullchain.pem",
            },
        )

    def test_folder_name_counts_before_names_within_and_of_those_what_lasts_longer(self) -> None:
        self.writes("a.pem", "b", "x", days=10)
        self.writes("b.pem", "a", "x", days=20)
        self.assertEqual(self.names(self.find()), {"a": "a.pem", "b": "b.pem", "x": "b.pem"})

    def test_default_is_the_one_given_or_so_called_or_the_first(self) -> None:
        self.writes("b.pem", "b")
        self.writes("a.pem", "a")
        self.assertEqual(self.find().default.names, ("a",))
        self.writes("default.pem", "c")
        self.assertEqual(self.find().default.names, ("c",))
        self.assertEqual(self.find("b.pem").default.names, ("b",))
        self.assertEqual(len(self.find("b.pem").all), 3)

    def test_folder_without_a_certificate_or_with_a_bad_one_is_refused(self) -> None:
        error = self.assertRaises(BadCertificate, self.find)
        self.assertIn("contains no certificate: no NAME.pem, no NAME/fullchain.pem", str(error))
        self.writes("a/fullchain.pem", "a", key="a/privkey.pem")
        (self.folder / "a" / "privkey.pem").unlink()
        error = self.assertRaises(BadCertificate, self.find)
        self.assertIn("privkey.pem: cannot be read: No such file", str(error))
        error = self.assertRaises(BadCertificate, find, None, None, self.folder / "none")
        self.assertIn("none: cannot be read: No such file", str(error))

    def test_certificate_without_names_is_known_by_its_file(self) -> None:
        key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "old.example")])
        made = (
            x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(1))
        ).sign(key, hashes.SHA256())
        form = serialization.PrivateFormat.TraditionalOpenSSL
        private = key.private_bytes(PEM, form, serialization.NoEncryption())
        (self.folder / "old.pem").write_bytes(made.public_bytes(PEM) + private)
        found = self.find()
        self.assertEqual(list(found.by_name), ["old"])
        self.assertIn("(no host name; until", str(found.default))


class DoubtTests(CertificateCase):
    def doubts(self, days: int = 90, mode: int = 0o600) -> list[str]:
        self.writes("c.pem", "x.example", days=days)
        (self.folder / "c.pem").chmod(mode)
        found = find(self.folder / "c.pem", None, None)
        lines = certificates.doubts(found, NOW)
        return [line.replace(f"{self.folder}/", "") for line in lines]

    def test_key_that_others_can_read_is_told_and_one_that_is_gone_no_fault(self) -> None:
        self.assertEqual(self.doubts(), [])
        self.assertEqual(self.doubts(mode=0o640), [])
        self.assertEqual(
            self.doubts(mode=0o644),
            ["c.pem: every user of this machine can read it: chmod o= c.pem"],
        )
        self.writes("c.pem", "x.example")
        found = find(self.folder / "c.pem", None, None)
        (self.folder / "c.pem").unlink()
        self.assertEqual(certificates.doubts(found, NOW), [])

    def test_one_that_ends_soon_is_over_or_does_not_count_yet_is_told(self) -> None:
        self.assertRegex(self.doubts(29)[0], r"^c.pem: expires in (28|29) days$")
        self.assertRegex(self.doubts(-1)[0], "^c.pem: expired on .*; clients will refuse it$")
        found = find(self.folder / "c.pem", None, None)
        error = self.assertRaises(BadCertificate, certificates.refuse_expired, found, NOW)
        self.assertIn("c.pem: expired on ", str(error))
        self.writes("c.pem", "x.example")
        found = find(self.folder / "c.pem", None, None)
        self.assertIn("not valid before", certificates.doubts(found, NOW - timedelta(9))[0])


class ChainTests(CertificateCase):
    def signed(self, *names: str) -> list[bytes]:
        """Make certificates, each signed by the next; return them with the key of the first before them, in PEM form."""
        keys = [ec.generate_private_key(ec.SECP256R1()) for _ in names]
        titles = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in names]
        parts = [keys[0].private_bytes(PEM, PKCS8, serialization.NoEncryption())]
        for number, key in enumerate(keys):
            above = min(number + 1, len(names) - 1)
            made = (
                x509.CertificateBuilder()
                .subject_name(titles[number])
                .issuer_name(titles[above])
                .public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(NOW - timedelta(1))
                .not_valid_after(NOW + timedelta(90))
                .sign(keys[above], hashes.SHA256())
            )
            parts.append(made.public_bytes(PEM))
        return parts

    def doubts(self, *parts: bytes) -> list[str]:
        path = self.folder / "c.pem"
        path.write_bytes(b"".join(parts))
        path.chmod(0o600)
        lines = certificates.doubts(find(path, None, None), NOW)
        return [line.replace(f"{self.folder}/", "") for line in lines]

    def test_missing_intermediates_and_wrong_orders_are_told(self) -> None:
        key, cert, between, root = self.signed("chat.example", "Intermediate R3", "Root X1")
        (line,) = self.doubts(key, cert)
        self.assertIn("c.pem: the certificate of Intermediate R3, which issued it, is not", line)
        self.assertEqual(self.doubts(key, cert, between), [])
        self.assertEqual(self.doubts(key, cert, between, root), [])
        (line,) = self.doubts(key, cert, root, between)
        self.assertIn("Intermediate R3, which issued chat.example, is not the next", line)
        name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Org")])
        self.assertEqual(certificates._called(name), "O=Org")

    def test_authority_that_clients_know_need_not_be_there(self) -> None:
        key, cert, root = self.signed("chat.example", "Root X1")
        self.assertEqual(len(self.doubts(key, cert)), 1)

        class Trusting:
            def get_ca_certs(self, *, binary_form: bool) -> list[bytes]:
                assert binary_form
                return [b"rubbish", ssl.PEM_cert_to_DER_cert(root.decode())]

        self.patch(ssl, "create_default_context", Trusting)
        self.assertEqual(self.doubts(key, cert), [])


class ChoiceTests(CertificateCase):
    def setUp(self) -> None:
        super().setUp()
        self.writes("default.pem", "default.example")
        self.writes("a.example.pem", "a.example")
        self.writes("star.pem", "*.b.example")
        self.certificates = Certificates(find(None, None, self.folder))
        self.clock = Clock()
        self.factory = TlsFactory(self.certificates, Factory.forProtocol(Protocol), self.clock)

    def presented(self, name: str = "") -> str:
        return certs.presented(self.factory, self.clock, name)

    def test_client_gets_the_certificate_of_its_name_or_the_default(self) -> None:
        self.assertEqual(self.presented("a.example"), "a.example")
        self.assertEqual(self.presented("A.Example"), "a.example")
        self.assertEqual(self.presented("x.b.example"), "*.b.example")
        for name in ("", "unknown.example", "b.example", "x.y.b.example", "localhost", "\x01\x7f."):
            self.assertEqual(self.presented(name), "default.example", name)

    def test_older_versions_are_refused_whatever_the_name(self) -> None:
        for name in ("", "a.example"):
            old = certs.Client(self.factory, self.clock, name, newest=SSL.TLS1_1_VERSION)
            self.assertRaises(SSL.Error, old.shakes_hands)
            old.wire.abortConnection()
            self.clock.advance(0)

    def test_new_ones_are_for_new_connections_and_open_ones_go_on(self) -> None:
        early = certs.Client(self.factory, self.clock, "a.example")
        early.shakes_hands()
        self.writes("a.example.pem", "new.example")
        self.certificates.use(find(None, None, self.folder))
        self.assertEqual(self.presented("a.example"), "new.example")
        early.types("still here")
        self.assertFalse(early.wire.lost)
        early.wire.abortConnection()
        self.clock.advance(0)
