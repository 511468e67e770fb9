"""Certificates: read from PEM files, chosen by the name that a client asks for, and replaced while the server runs."""

from __future__ import annotations

import ssl
import stat
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from OpenSSL import SSL, crypto
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.internet.ssl import CertificateOptions, TLSVersion
from zope.interface import implementer

#: What certbot calls the two files of a certificate: https://eff-certbot.readthedocs.io, "Where are my certificates?".
_CHAIN, _KEY = "fullchain.pem", "privkey.pem"
#: The certificate of a folder for clients that ask for no name, or for one without a certificate.
_DEFAULT: Final = "default"
#: No certificate with its chain and key comes near; what is larger is some other file.
_LARGEST: Final = 1024 * 1024
#: What TLS 1.2 may use: forward secrecy and authenticated encryption only (RFC 9325, section 4.2). TLS 1.3 has nothing else.
_CIPHERS: Final = b"ECDHE+AESGCM:ECDHE+CHACHA20"
#: What is left of a certificate when it is told that it ends; certbot renews with so much left.
SOON: Final = timedelta(days=30)


class BadCertificate(Exception):
    """A certificate cannot be used. ``str()`` is one line with the file and the reason."""


class Identity(NamedTuple):
    """A certificate with its key."""

    file: Path
    key_file: Path
    #: The certificate itself first, then those that vouch for it.
    chain: tuple[x509.Certificate, ...]
    key: Any

    @property
    def names(self) -> tuple[str, ...]:
        """The host names that the certificate is for, in small letters."""
        try:
            extension = self.chain[0].extensions.get_extension_for_class(
                x509.SubjectAlternativeName
            )
        except (x509.ExtensionNotFound, ValueError):
            return ()
        return tuple(name.lower() for name in extension.value.get_values_for_type(x509.DNSName))

    def __str__(self) -> str:
        names = ", ".join(self.names) or "no host name"
        return f"{self.file} ({names}; until {self.expires:%Y-%m-%d})"

    @property
    def expires(self) -> datetime:
        """When it ends."""
        return self.chain[0].not_valid_after_utc

    def context(self, choose: Any = None) -> SSL.Context:
        """Return what OpenSSL needs: TLS 1.2 at least, good ciphers only, no certificates of clients.

        ``choose`` gets the name that a client asks for, and returns the context to go on with. Raises :class:`BadCertificate`.
        """
        try:
            # As cryptography has them: pyOpenSSL's own kinds, which Twisted asks for, are on their way out, and it warns of them.
            certificate, *more = cast(Any, self.chain)
            options = CertificateOptions(
                privateKey=self.key,
                certificate=certificate,
                extraCertChain=more,
                raiseMinimumTo=TLSVersion.TLSv1_2,
                contextForServerName=choose,
            )
            context = options.getContext()
            context.set_cipher_list(_CIPHERS)
            return context
        except (SSL.Error, crypto.Error, TypeError, ValueError) as error:
            raise BadCertificate(f"{self.file}: {explain(error)}") from None


class Found(NamedTuple):
    """All certificates of a server: that for clients which ask for no known name, and those by name."""

    default: Identity
    by_name: Mapping[str, Identity]

    @property
    def all(self) -> tuple[Identity, ...]:
        """Each of them once."""
        return tuple({each.file: each for each in (self.default, *self.by_name.values())}.values())


def find(cert: Path | None, key: Path | None, folder: Path | None) -> Found:
    """Read the certificates. ``cert`` is the default one, with ``key`` in a file of its own or not; ``folder`` has more.

    In the folder are ``NAME.pem``, with ``NAME.key`` beside it or the key within, and ``NAME/fullchain.pem`` with
    ``NAME/privkey.pem``. Each is for the names in it, and for NAME. Raises :class:`BadCertificate`.
    """
    identities = {name: read(*files) for name, files in _in_folder(folder).items()}
    by_name: dict[str, Identity] = {}
    for identity in identities.values():
        for each in identity.names:
            # Two may be for the same name, as while one takes the place of the other: the one that lasts longer counts.
            if each not in by_name or by_name[each].expires < identity.expires:
                by_name[each] = identity
    by_name |= {name.lower(): identity for name, identity in identities.items()}
    default = read(cert, key) if cert is not None else by_name.get(_DEFAULT)
    if default is None:
        default = next(iter(identities.values()))
    return Found(default, by_name)


def refuse_expired(found: Found, now: datetime) -> None:
    """Raise :class:`BadCertificate` if one of them is over."""
    for each in found.all:
        if each.expires <= now:
            raise BadCertificate(f"{each.file}: expired on {each.expires:%Y-%m-%d}")


def doubts(found: Found, now: datetime) -> list[str]:
    """Return what is wrong with certificates that can be used all the same, a line for each."""
    lines = []
    for each in found.all:
        if each.expires <= now:
            lines.append(f"{each.file}: expired on {each.expires:%Y-%m-%d}; clients will refuse it")
        elif each.expires - now < SOON:
            lines.append(f"{each.file}: expires in {(each.expires - now).days} days")
        if each.chain[0].not_valid_before_utc > now:
            lines.append(f"{each.file}: not valid before {each.chain[0].not_valid_before_utc}")
        lines += _gaps(each)
        try:
            mode = each.key_file.stat().st_mode
        except OSError:
            continue  # it was there a moment ago, and is read again when it is needed
        if mode & (stat.S_IRWXO):
            lines.append(
                f"{each.key_file}: every user of this machine can read it: chmod o= {each.key_file}"
            )
    return lines


def _gaps(identity: Identity) -> list[str]:
    """Say what is missing in a chain between the certificate and an authority that clients know."""
    for one, above in pairwise(identity.chain):
        if one.issuer != above.subject:
            return [
                f"{identity.file}: {_called(one.issuer)}, which issued {_called(one.subject)}, is not the next certificate in "
                "the file; many clients will refuse it"
            ]
    last = identity.chain[-1]
    if len(identity.chain) > 1 or last.issuer in (last.subject, *_authorities()):
        return []
    return [
        f"{identity.file}: the certificate of {_called(last.issuer)}, which issued it, is not in the file; clients that do "
        "not have it will refuse this one: add it after the first (certbot: fullchain.pem, not cert.pem)"
    ]


def _called(name: x509.Name) -> str:
    common = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(common[0].value) if common else name.rfc4514_string()


def _authorities() -> list[x509.Name]:
    """Return the names of the authorities that this machine trusts, as most clients do."""
    found = ssl.create_default_context().get_ca_certs(binary_form=True)
    names = []
    for each in found:
        try:
            names.append(x509.load_der_x509_certificate(each).subject)
        except ValueError:
            continue  # authorities are older than the rules
    return names


def _in_folder(folder: Path | None) -> dict[str, tuple[Path, Path | None]]:
    """Return the files of each certificate in a folder by its name; at least one, if there is a folder."""
    files: dict[str, tuple[Path, Path | None]] = {}
    if folder is None:
        return files
    try:
        for entry in sorted(folder.iterdir()):
            if entry.suffix == ".pem":
                beside = entry.with_suffix(".key")
                files[entry.stem] = entry, beside if beside.exists() else None
            elif (entry / _CHAIN).exists():
                files[entry.name] = entry / _CHAIN, entry / _KEY
    except OSError as error:
        raise BadCertificate(f"{folder}: cannot be read: {error.strerror}") from None
    if not files:
        raise BadCertificate(f"{folder}: contains no certificate: no NAME.pem, no NAME/{_CHAIN}")
    return files


def read(cert: Path, key: Path | None) -> Identity:
    """Read a certificate, its chain and its key (from the same file if there is none of its own), and see that they fit.

    Raises :class:`BadCertificate`.
    """
    text = _read(cert)
    key_file = key or cert
    key_text = text if key is None else _read(key)
    try:
        chain = tuple(x509.load_pem_x509_certificates(text))
    except ValueError:
        raise BadCertificate(f"{cert}: contains no certificate in PEM format") from None
    if b"PRIVATE KEY-----" not in key_text:
        raise BadCertificate(f"{key_file}: contains no private key in PEM format")
    try:
        private = serialization.load_pem_private_key(_only_key(key_text), None)
    except TypeError:
        raise BadCertificate(
            f"{key_file}: the key is encrypted with a password, which the server cannot ask for; "
            "openssl pkey -in FILE -out NEWFILE removes it"
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        raise BadCertificate(f"{key_file}: the private key cannot be read") from None
    identity = Identity(cert, key_file, chain, private)
    try:
        fits = chain[0].public_key() == private.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise BadCertificate(f"{cert}: has a key of an unknown kind") from None
    if not fits:
        raise BadCertificate(
            f"{cert}: its first certificate and the key in {key_file} do not belong together"
        )
    identity.context()
    return identity


def _only_key(text: bytes) -> bytes:
    """Return the first private key of a PEM text alone: what else is in it must not matter."""
    before, _, after = text.partition(b"PRIVATE KEY-----")
    begin = before.rfind(b"-----BEGIN ")
    content, _, _ = after.partition(b"PRIVATE KEY-----")
    return before[max(begin, 0) :] + b"PRIVATE KEY-----" + content + b"PRIVATE KEY-----\n"


def _read(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadCertificate(f"{path}: is not a file")  # nor waited for, as a pipe would be
        with path.open("rb") as file:
            text = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BadCertificate(f"{path}: cannot be read: {why}") from None
    if len(text) > _LARGEST:
        raise BadCertificate(f"{path}: is too large for a certificate")
    return text


def explain(error: Exception) -> str:
    """Return what OpenSSL says of a fault, in a few words."""
    details = error.args[0] if error.args else None
    if isinstance(details, list):
        return str(details[-1][-1]) if details else "no reason given"
    return str(error) or type(error).__name__


@implementer(IOpenSSLServerConnectionCreator)
class Certificates:
    """Makes the TLS side of connections with the certificates that are in use now."""

    def __init__(self, found: Found) -> None:
        self.use(found)

    def use(self, found: Found) -> None:
        """Use these from now on; connections that are open keep theirs. Raises :class:`BadCertificate`, and changes nothing."""
        made = {id(each): each.context() for each in found.by_name.values()}
        by_name = {name: made[id(each)] for name, each in found.by_name.items()}

        def choose(name: bytes | None) -> SSL.Context | None:
            return chosen(by_name, name)

        default = found.default.context(choose)
        self.found = found
        self._default = default

    def serverConnectionForTLS(self, protocol: object) -> SSL.Connection:
        return SSL.Connection(self._default)


def chosen(by_name: Mapping[str, SSL.Context], name: bytes | None) -> SSL.Context | None:
    """Return what is there for a name that a client asks for (RFC 6066, section 3), or for ``*`` in place of its first label."""
    if name is None:
        return None
    wanted = name.decode("ascii", "replace").lower().rstrip(".")
    found = by_name.get(wanted)
    if found is None:
        found = by_name.get("*." + wanted.partition(".")[2])
    return found
