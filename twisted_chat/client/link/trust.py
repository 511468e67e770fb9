"""TLS to a server, and whether it is the server it should be.

A certificate is trusted if it has the fingerprint that was given; or if an authority that this machine trusts has signed it for
the name of the host; or, if it is signed by itself, when it is the one of the first visit. A server that was once known
in one of these ways must not become another.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from OpenSSL import SSL
from service_identity import VerificationError
from service_identity.pyopenssl import verify_hostname, verify_ip_address
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import CertificateOptions, TLSVersion, platformTrust
from twisted.protocols.tls import TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_chat.client.link.connection import Untrusted
from twisted_chat.client.link.known import BY_AUTHORITY, KnownServers, NotKept
from twisted_chat.core.values.text import shown

# OpenSSL, x509_vfy.h; the texts of the others are clear enough.
_SELF_SIGNED: Final = 18


@implementer(IOpenSSLClientConnectionCreator)
class Trust:
    """Makes the TLS side of connections to one server. ``told`` is called with what a person should know."""

    def __init__(
        self,
        host: str,
        port: int,
        known: KnownServers,
        told: Callable[[str], None],
        fingerprint: str | None = None,
    ) -> None:
        """``fingerprint``: the only certificate to trust, as :func:`~.known.read_fingerprint` returns it."""
        self._host = host.lower()
        self._server = f"[{self._host}]:{port}" if ":" in host else f"{self._host}:{port}"
        self._known = known
        self._told = told
        self._fingerprint = fingerprint

    def clientConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        wrong: list[str] = []

        def look(_: SSL.Connection, cert: Any, code: int, depth: int, ok: int) -> bool:
            if not ok:
                wrong.append(
                    SSL_REASONS.get(code, f"it cannot be verified (OpenSSL's error {code})")
                )
            return True  # what is wrong is judged when all is known

        def state(connection: SSL.Connection, where: int, _: int) -> None:
            if where & SSL.SSL_CB_HANDSHAKE_DONE:
                try:
                    self._judge(connection, wrong)
                except Untrusted:
                    tlsProtocol.failVerification(Failure())
                except Exception as error:
                    # OpenSSL goes on whatever is raised here: what cannot be judged would be trusted.
                    why = f"the certificate of {self._server} cannot be read: {shown(str(error), 200)}"
                    tlsProtocol.failVerification(Failure(Untrusted(why)))

        options = CertificateOptions(trustRoot=platformTrust(), raiseMinimumTo=TLSVersion.TLSv1_2)
        context = options.getContext()
        context.set_verify(SSL.VERIFY_PEER, look)
        context.set_info_callback(state)
        connection = SSL.Connection(context, None)
        if not _is_address(self._host):
            connection.set_tlsext_host_name(self._host.encode("idna"))
        return connection

    def _judge(self, connection: SSL.Connection, wrong: list[str]) -> None:
        """Raise :class:`Untrusted` unless the certificate may be trusted."""
        cert = connection.get_peer_certificate(as_cryptography=True)
        if cert is None:
            raise Untrusted("the server has no certificate")
        seen = cert.fingerprint(hashes.SHA256()).hex(":").upper()
        if self._fingerprint is not None:
            if seen != self._fingerprint:
                raise Untrusted(
                    f"the certificate of {self._server} has the fingerprint {seen}, not {self._fingerprint}"
                )
            return
        why = wrong[0] if wrong else self._name_mismatch(connection)
        try:
            before = self._known.find(self._server)
            if why is None:
                if before != BY_AUTHORITY:
                    self._known.remember(self._server, BY_AUTHORITY, before)
            elif before != seen:
                self._meet(cert, seen, before, why)
        except NotKept as error:
            raise Untrusted(
                f"{error}; --fingerprint {seen} trusts this certificate without that file"
            ) from None

    def _meet(self, cert: x509.Certificate, seen: str, before: str | None, why: str) -> None:
        """Judge a certificate that no authority vouches for, and that was not seen at the last visit."""
        if before is not None:
            was = (
                "signed by an authority"
                if before == BY_AUTHORITY
                else f"the one with the fingerprint {before}"
            )
            raise Untrusted(
                f"the certificate of {self._server} has changed: it was {was}, and now has the fingerprint {seen}. Someone "
                "may be intercepting the connection. If its operators say that they changed it, remove the line that begins "
                f"with {self._server} from {self._known.path}, or use --fingerprint {seen}"
            )
        if cert.issuer != cert.subject:
            raise Untrusted(
                f"the certificate of {self._server} cannot be trusted: {why}; if its operators say that its "
                f"fingerprint is {seen}, use --fingerprint {seen}"
            )
        self._known.remember(self._server, seen, before)
        self._told(
            f"The certificate of {self._server} is self-signed. It has been saved, and you will be told if it changes; to be "
            f"sure now, ask its operators whether its fingerprint is {seen}"
        )

    def _name_mismatch(self, connection: SSL.Connection) -> str | None:
        try:
            if _is_address(self._host):
                verify_ip_address(connection, self._host)
            else:
                verify_hostname(connection, self._host)
        except (VerificationError, ValueError):
            return f"it is not for {self._host}"
        return None


#: What people are told of OpenSSL's codes (x509_vfy.h) that they meet.
SSL_REASONS: Final = {
    7: "its signature is invalid",
    9: "it is not valid yet",
    10: "it has expired",
    _SELF_SIGNED: "it is self-signed",
    19: "it is signed by an authority that this machine does not know",
    20: "it is signed by an authority that this machine does not know",
    21: "it is signed by an authority that this machine does not know",
    23: "it was revoked",
}


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
