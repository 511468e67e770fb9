"""What tests of TLS share: certificates, and a client that is made of memory."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from OpenSSL import SSL
from twisted.internet.address import IPv4Address
from twisted.internet.interfaces import IAddress, IPushProducer
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat import doors, tls
from twisted_chat.doors import tls as _tls  # noqa: F401
from twisted_chat.tls import __main__ as certificate
from twisted_chat.tls import certificates as _certificates  # noqa: F401 (there to be missing)
from twisted_chat.tls.__main__ import Made

_NEED_TLS: Final = ((doors, "tls"), (tls, "certificates"))


def self_signed(*names: str, days: int = 90) -> Made:
    """Make a certificate for these names."""
    return certificate.self_signed(names, days, datetime.now(UTC))


def write(folder: Path, *names: str, days: int = 90) -> tuple[Path, Path]:
    """Write a certificate and its key into a folder, over those that are there; return their paths."""
    made = self_signed(*names, days=days)
    cert, key = folder / "certificate.pem", folder / "key.pem"
    cert.write_bytes(made.certificate)
    key.write_bytes(made.key)
    key.chmod(0o600)
    return cert, key


def write_rsa(folder: Path) -> tuple[Path, Path]:
    """Write a certificate with an RSA key, as servers have had for long; return their paths."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "chat.example")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(90))
    files = folder / "rsa.pem", folder / "rsa.key"
    files[0].write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    form = PrivateFormat.PKCS8
    files[1].write_bytes(key.private_bytes(Encoding.PEM, form, NoEncryption()))
    return files


def not_installed(case: SynchronousTestCase) -> None:
    """Let what TLS needs be missing until the end of a test."""
    for package, name in _NEED_TLS:
        case.patch(package, name, None)
        delattr(package, name)
    patched = patch.dict(sys.modules, {"OpenSSL": None})
    patched.start()
    case.addCleanup(patched.stop)
    for package, name in _NEED_TLS:
        sys.modules.pop(f"{package.__name__}.{name}", None)


def name_in(cert: x509.Certificate) -> str:
    """Return the name of a certificate."""
    return str(cert.subject.rfc4514_string()).removeprefix("CN=")


class Wire:
    """The transport under a TLS connection: bytes that the other side has not taken, and a producer that is told so."""

    HIGH = 64 * 1024

    def __init__(self, clock: Any, address: IAddress) -> None:
        self._clock = clock
        self._address = address
        self.written = bytearray()
        self.protocol: Any = None
        self.producer: IPushProducer | None = None
        self.paused = False
        self.takes = True
        self.disconnecting = False
        self.aborted = False
        self.lost = False

    def getPeer(self) -> IAddress:
        return self._address

    def write(self, data: bytes) -> None:
        self.written += data
        if len(self.written) > self.HIGH and self.producer is not None and not self.paused:
            self.paused = True
            self.producer.pauseProducing()

    def registerProducer(self, producer: IPushProducer, streaming: bool) -> None:
        assert self.producer is None
        self.producer = producer

    def unregisterProducer(self) -> None:
        self.producer = None

    def pauseProducing(self) -> None: ...
    def resumeProducing(self) -> None: ...

    def loseConnection(self) -> None:
        self.disconnecting = True

    def abortConnection(self) -> None:
        self.aborted = True
        self.lose()

    def lose(self) -> None:
        """End the connection, in another turn."""
        if not self.lost:
            self.lost = True
            self._clock.callLater(0, self.protocol.connectionLost, Failure(ConnectionError()))

    def take(self) -> bytes:
        """Take what was written; then go on as the transports of Twisted do, which close only without a paused producer."""
        taken = bytes(self.written)
        self.written.clear()
        if self.producer is not None and self.paused:
            self.paused = False
            self.producer.resumeProducing()
        elif self.disconnecting:
            self.lose()
        return taken


class Client:
    """A TLS client in memory, connected to what a factory builds."""

    def __init__(
        self,
        factory: Any,
        clock: Any,
        name: str = "",
        host: str = "192.0.2.7",
        newest: int = SSL.TLS1_3_VERSION,
        ciphers: bytes = b"ALL:@SECLEVEL=0",
    ) -> None:
        self.clock = clock
        address = IPv4Address("TCP", host, 40000)
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(SSL.TLS1_VERSION)
        context.set_max_proto_version(newest)
        context.set_cipher_list(ciphers)
        self.ssl = SSL.Connection(context, None)
        if name:
            self.ssl.set_tlsext_host_name(name.encode())
        self.ssl.set_connect_state()
        self.wire = Wire(clock, address)
        self.protocol = factory.buildProtocol(address)
        self.wire.protocol = self.protocol
        self.protocol.makeConnection(self.wire)
        self.seen = bytearray()
        self.over = False

    def shakes_hands(self) -> None:
        """Do the handshake. Raises ``SSL.Error`` if the server refuses it."""
        for _ in range(4):
            try:
                self.ssl.do_handshake()
            except SSL.WantReadError:
                pass
            self.exchange()
        self.ssl.do_handshake()

    def exchange(self) -> None:
        """Carry bytes to the server, and back those that it has for us."""
        self.carry()
        self.clock.advance(0)
        self.hear()
        self.carry()
        self.clock.advance(0)

    def carry(self) -> None:
        try:
            data = self.ssl.bio_read(1_000_000)
        except SSL.WantReadError:
            return
        if not self.wire.lost:
            self.protocol.dataReceived(data)

    def hear(self) -> None:
        data = self.wire.take() if self.wire.takes else b""
        if data:
            self.ssl.bio_write(data)
        try:
            while True:
                self.seen += self.ssl.recv(100_000)
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.over = True

    def types(self, *lines: str) -> None:
        self.ssl.send("".join(f"{line}\n" for line in lines).encode())
        self.exchange()
        self.exchange()

    def sees(self) -> list[str]:
        """Return the lines that came since the last time."""
        self.exchange()
        text = self.seen.decode()
        self.seen.clear()
        return text.splitlines()

    def ends(self) -> None:
        """Tell that nothing more comes, as a client does that ends in order."""
        self.ssl.shutdown()
        self.carry()


def presented(factory: Any, clock: Any, name: str = "") -> str:
    """Connect; return the name in the certificate that the server presents."""
    client = Client(factory, clock, name)
    client.shakes_hands()
    cert = client.ssl.get_peer_certificate(as_cryptography=True)
    assert cert is not None
    client.wire.abortConnection()
    clock.advance(0)
    return name_in(cert)
