"""Which server is trusted: by an authority, by its fingerprint, or because it is the one of the first visit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL
from OpenSSL.crypto import FILETYPE_ASN1, X509, PKey, load_certificate
from twisted.internet.address import IPv4Address
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import Certificate, CertificateOptions, trustRootFromCertificates
from twisted.internet.task import Clock
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from tests.making import folder_for
from tests.tls.certs import Wire
from twisted_chat.client.link import trust
from twisted_chat.client.link.connection import Untrusted
from twisted_chat.client.link.known import BY_AUTHORITY, KnownServers
from twisted_chat.client.link.trust import Trust
from twisted_chat.tls import __main__ as certificate

NOW = datetime.now(UTC)


class Site:
    """A certificate and its key."""

    def __init__(self, cert: x509.Certificate, key: Any) -> None:
        self.cert = cert
        self.key = key
        self.fingerprint = cert.fingerprint(hashes.SHA256()).hex(":").upper()


def alone(*names: str, days: int = 90, now: datetime = NOW) -> Site:
    """Make a certificate that is signed by itself."""
    made = certificate.self_signed(names, days, now)
    key = serialization.load_pem_private_key(made.key, None)
    return Site(x509.load_pem_x509_certificate(made.certificate), key)


def signed(by: Site, *names: str) -> Site:
    """Make a certificate that an authority has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    cert = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]))
        .issuer_name(by.cert.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([certificate.general_name(name) for name in names]),
            critical=False,
        )
        .sign(by.key, hashes.SHA256())
    )
    return Site(cert, key)


def authority(called: str = "An authority") -> Site:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, called)])
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Site(cert, key)


class Visitor(Protocol):
    """Talks first, as the client does."""

    lost: Failure | None = None

    def connectionMade(self) -> None:
        assert self.transport is not None
        self.transport.write(b"hello")

    def connectionLost(self, reason: Any = None) -> None:
        self.lost = reason


class TrustTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.known = KnownServers(folder_for(self) / "known_servers")
        self.told: list[str] = []

    def trusts_in(self, authority: Site) -> None:
        """Let this be the only authority of the machine."""
        root = trustRootFromCertificates([Certificate(X509.from_cryptography(authority.cert))])
        self.patch(trust, "platformTrust", lambda: root)

    def visit(
        self,
        site: Site,
        host: str = "chat.example",
        fingerprint: str | None = None,
        newest: int = 0,
        shows: X509 | None = None,
    ) -> str | None:
        """Connect; return why the server is not trusted, or None if it got what the client sent."""
        creator = Trust(host, 12001, self.known, self.told.append, fingerprint)
        visitor = Visitor()
        factory = Factory.forProtocol(lambda: visitor)
        clock = Clock()
        address = IPv4Address("TCP", "192.0.2.7", 12001)
        client = TLSMemoryBIOFactory(creator, True, factory, clock).buildProtocol(address)
        wire = Wire(clock, address)
        wire.protocol = client
        context = SSL.Context(SSL.TLS_SERVER_METHOD)
        context.use_certificate(shows or X509.from_cryptography(site.cert))
        context.use_privatekey(PKey.from_cryptography_key(site.key))
        if newest:
            context.set_max_proto_version(newest)
            context.set_cipher_list(b"ALL:@SECLEVEL=0")
        server = SSL.Connection(context, None)
        server.set_accept_state()
        client.makeConnection(wire)
        got = b""
        for _ in range(6):
            clock.advance(0)
            if data := wire.take():
                server.bio_write(data)
            try:
                got += server.recv(100)
            except SSL.Error:
                pass
            try:
                answer = server.bio_read(100_000)
            except SSL.WantReadError:
                continue
            if not wire.lost:
                client.dataReceived(answer)
        clock.advance(0)
        self.assertEqual(
            self.sni(server),
            None
            if newest == SSL.TLS1_1_VERSION or ":" in host or host[0].isdigit()
            else host.lower().encode(),
        )
        if visitor.lost is not None:
            self.assertEqual(got, b"", "what was sent before the judgement was seen by a stranger")
            return (
                str(visitor.lost.value)
                if visitor.lost.check(Untrusted)
                else repr(visitor.lost.value)
            )
        self.assertEqual(got, b"hello")
        wire.lose()
        clock.advance(0)
        return None

    def refused(self, *arguments: Any, **named: Any) -> str:
        """Connect; return why the server is not trusted, which it must not be."""
        why = self.visit(*arguments, **named)
        assert why is not None
        return why

    @staticmethod
    def sni(server: SSL.Connection) -> bytes | None:
        name: bytes | None = server.get_servername()
        return name

    def test_what_an_authority_has_signed_for_the_name_or_address_is_trusted(self) -> None:
        ours = authority()
        self.trusts_in(ours)
        self.assertIsNone(self.visit(signed(ours, "chat.example")))
        self.assertEqual(self.known.find("chat.example:12001"), BY_AUTHORITY)
        self.assertIsNone(self.visit(signed(ours, "chat.example")))
        self.assertEqual(self.told, [])
        self.assertIsNone(self.visit(signed(ours, "192.0.2.7"), "192.0.2.7"))
        self.assertIsNone(self.visit(signed(ours, "2001:db8::1"), "2001:db8::1"))
        self.assertEqual(self.known.find("[2001:db8::1]:12001"), BY_AUTHORITY)

    def test_what_is_signed_for_another_name_is_refused(self) -> None:
        ours = authority()
        self.trusts_in(ours)
        for host in ("chat.example", "192.0.2.7"):
            why = self.refused(signed(ours, "evil.example"), host)
            self.assertIn(f"cannot be trusted: it is not for {host}", why)

    def test_unknown_authorities_and_forged_names_of_them_are_refused(self) -> None:
        self.trusts_in(authority())
        site = signed(authority("Another"), "chat.example")
        why = self.refused(site)
        self.assertIn("it is signed by an authority that this machine does not know", why)
        self.assertIn(f"--fingerprint {site.fingerprint}", why)
        why = self.refused(signed(authority(), "chat.example"))
        self.assertIn("its signature is invalid", why)

    def test_what_signs_itself_is_remembered_on_the_first_visit(self) -> None:
        site = alone("chat.example")
        self.assertIsNone(self.visit(site))
        self.assertEqual(len(self.told), 1)
        self.assertIn(site.fingerprint, self.told[0])
        self.assertIsNone(self.visit(site))
        self.assertEqual(len(self.told), 1)

    def test_a_change_is_refused_with_both_fingerprints_and_what_to_do(self) -> None:
        first, second = alone("chat.example"), alone("chat.example")
        self.visit(first)
        why = self.refused(second)
        for part in (first.fingerprint, second.fingerprint, str(self.known.path), "--fingerprint"):
            self.assertIn(part, why)
        self.assertIsNone(self.visit(first))

    def test_who_was_signed_by_an_authority_cannot_become_somebody_who_signs_himself(self) -> None:
        ours = authority()
        self.trusts_in(ours)
        self.visit(signed(ours, "chat.example"))
        why = self.refused(alone("chat.example"))
        self.assertIn("has changed: it was signed by an authority", why)

    def test_who_signed_himself_may_get_an_authority(self) -> None:
        ours = authority()
        self.trusts_in(ours)
        self.visit(alone("chat.example"))
        self.assertIsNone(self.visit(signed(ours, "chat.example")))
        self.assertEqual(self.known.find("chat.example:12001"), BY_AUTHORITY)

    def test_a_fingerprint_that_is_given_is_all_that_counts(self) -> None:
        old = alone("chat.example", days=1, now=NOW - timedelta(days=9))
        self.assertIsNone(self.visit(old, fingerprint=old.fingerprint))
        self.assertIsNone(self.known.find("chat.example:12001"))
        why = self.refused(alone("chat.example"), fingerprint=old.fingerprint)
        self.assertIn(f", not {old.fingerprint}", why)

    def test_where_nothing_can_be_remembered_nothing_is_trusted_on_the_first_visit(self) -> None:
        self.known.path.mkdir()
        why = self.refused(alone("chat.example"))
        self.assertIn("cannot be read", why)
        self.assertIn("--fingerprint", why)

    def test_a_certificate_that_cannot_be_read_is_refused(self) -> None:
        site = alone("chat.example")
        self.visit(site)
        # Of version 7, and signed well.
        told = site.cert.tbs_certificate_bytes
        told = told.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x06", 1)
        signature = site.key.sign(told, ec.ECDSA(hashes.SHA256()))
        algorithm = bytes.fromhex("300a06082a8648ce3d040302")  # RFC 5758: ecdsa-with-SHA256
        body = told + algorithm + bytes((3, len(signature) + 1, 0)) + signature
        odd = load_certificate(FILETYPE_ASN1, b"\x30\x82" + len(body).to_bytes(2, "big") + body)
        why = self.refused(site, shows=odd)
        self.assertIn("the certificate of chat.example:12001 cannot be read", why)

    def test_hosts_are_told_apart_but_not_by_capitals(self) -> None:
        self.visit(alone("chat.example"))
        why = self.refused(alone("chat.example"), "Chat.Example")
        self.assertIn("has changed", why)
        self.assertIsNone(self.visit(alone("other.example"), "other.example"))

    def test_who_has_no_certificate_is_refused(self) -> None:
        class Bare:
            def get_peer_certificate(self, *, as_cryptography: bool) -> None:
                return None

        trust = Trust("chat.example", 12001, self.known, self.told.append)
        with self.assertRaisesRegex(Untrusted, "no certificate"):
            trust._judge(cast(SSL.Connection, Bare()), [])

    def test_tls_before_1_2_is_refused(self) -> None:
        site = alone("chat.example")
        self.assertIsNotNone(
            self.visit(site, fingerprint=site.fingerprint, newest=SSL.TLS1_1_VERSION)
        )

    def test_minimum_holds_though_all_ciphers_were_taken(self) -> None:
        """Else it is the choice of ciphers that refuses older versions, and nobody sees whether the minimum does."""

        class AllCiphers(CertificateOptions):
            def getContext(self) -> SSL.Context:
                context = super().getContext()
                context.set_cipher_list(b"ALL:@SECLEVEL=0")
                return context

        self.patch(trust, "CertificateOptions", AllCiphers)
        site = alone("chat.example")
        for newest, fine in ((SSL.TLS1_2_VERSION, True), (SSL.TLS1_1_VERSION, False)):
            why = self.visit(site, fingerprint=site.fingerprint, newest=newest)
            self.assertEqual(why is None, fine, why)
