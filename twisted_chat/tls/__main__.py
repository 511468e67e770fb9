"""A certificate for a private network, which no authority has to sign: ``python -m twisted_chat.tls``."""

from __future__ import annotations

import argparse
import contextlib
import ipaddress
import os
import re
import shlex
import socket
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError as error:
    if __name__ != "__main__":
        raise
    sys.exit(f"certificate: {error.name} is not installed; pip install 'PATH-OF-THE-CLONE[tls]'")

from twisted_chat.core.values.text import shown

_PROGRAM: Final = "python -m twisted_chat.tls"
_CERTIFICATE, _KEY = "certificate.pem", "key.pem"
#: Apple's systems refuse certificates that are good for longer: https://support.apple.com/en-us/103769.
_DAYS: Final = 825
_MOST_DAYS: Final = 36_500
#: By these it can be reached on the machine itself.
_HERE: Final = ("localhost", "127.0.0.1", "::1")
# RFC 1123, section 2.1; the first label may be a star (RFC 6125, section 6.4.3).
_HOST_NAME: Final = re.compile(
    r"(?=.{1,253}$)(\*\.)?(?:[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(?:\.(?=.)|$))+"
)
# RFC 5280, appendix A.1: ub-common-name-length.
_LONGEST_COMMON_NAME: Final = 64
#: Clocks on a network differ a little.
_BEFORE: Final = timedelta(days=1)
# For TLS of these versions the key signs, and does nothing else.
_SIGNS: Final = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


class NotMade(Exception):
    """A certificate cannot be made. ``str()`` is one line that says why."""


class Made(NamedTuple):
    """A certificate and its key in PEM form, and the SHA-256 fingerprint of the certificate."""

    certificate: bytes
    key: bytes
    fingerprint: str


def general_name(name: str) -> x509.GeneralName:
    """Return a host name or an address as it stands in a certificate. Raises :class:`NotMade`."""
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        plain = name.lower() if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        plain = ""
    if not _HOST_NAME.fullmatch(plain):
        raise NotMade(f"{name!r} is neither a host name nor an address")
    return x509.DNSName(plain)


def self_signed(names: Sequence[str], days: int, now: datetime) -> Made:
    """Make a certificate for these host names and addresses, good for ``days`` from ``now``. Raises :class:`NotMade`."""
    general = list(dict.fromkeys(map(general_name, names)))
    key = ec.generate_private_key(ec.SECP256R1())
    common = names[0] if len(names[0]) <= _LONGEST_COMMON_NAME else "twisted-chat"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(general), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_SIGNS, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Made(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        certificate.fingerprint(hashes.SHA256()).hex(":").upper(),
    )


def write(folder: Path, made: Made) -> tuple[Path, Path]:
    """Write both into a folder, which is made if need be; return their paths. Never overwrites. Raises :class:`NotMade`."""
    certificate, key = folder / _CERTIFICATE, folder / _KEY
    written: list[Path] = []
    try:
        folder.mkdir(0o755, parents=True, exist_ok=True)
        for path, content, mode in ((certificate, made.certificate, 0o644), (key, made.key, 0o600)):
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            written.append(path)
            with open(file, "wb") as stream:
                stream.write(content)
    except OSError as error:
        # One without the other would be in the way of the next try.
        for path in written:
            with contextlib.suppress(OSError):
                path.unlink()
        if isinstance(error, FileExistsError):
            raise NotMade(
                f"{error.filename} exists already and was not overwritten; choose another folder"
            ) from None
        raise NotMade(f"{error.filename or folder}: {error.strerror}") from None
    return certificate, key


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _MOST_DAYS):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {_MOST_DAYS}")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog=_PROGRAM,
        description="Make a self-signed certificate and its key, for a chat server on a private network.",
    )
    top.add_argument("folder", type=Path, metavar="DIR", help="the folder to write both to")
    top.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="NAME",
        help="host name or address by which clients reach the server; can be given several times (default: "
        "the name of this machine). localhost, 127.0.0.1 and ::1 are always included",
    )
    top.add_argument("--days", type=_days, default=_DAYS, help=f"days until it expires ({_DAYS})")
    return top


def main(arguments: Sequence[str]) -> int:
    """Do what the arguments say; return the exit status: 0 made, 1 not made, 2 not understood."""
    given = _parser().parse_args(arguments)
    names = [*(given.name or [socket.gethostname()]), *_HERE]
    try:
        made = self_signed(names, given.days, datetime.now(UTC))
        certificate, key = write(given.folder.absolute(), made)
    except NotMade as error:
        print(f"certificate: {shown(str(error), 2000)}", file=sys.stderr)
        return 1
    print(_told(names[0], certificate, key, made.fingerprint))
    return 0


def _told(name: str, certificate: Path, key: Path, fingerprint: str) -> str:
    """Say what was made and how it is used."""
    place = f"[{name}]:12001" if ":" in name else f"{name}:12001"
    option = "-verify_ip" if re.fullmatch(r"[\d.]+|.*:.*", name) else "-verify_hostname"
    return f"""\
certificate: {certificate}
key (keep it secret): {key}
SHA-256 fingerprint: {fingerprint}

Start the server with it:
  twistd -n chat --interface 0.0.0.0 --tls-port 12001 --tls-cert {shlex.quote(str(certificate))} --tls-key {shlex.quote(str(key))}

Give {_CERTIFICATE} to everyone who needs to connect. To connect and check that it is this server:
  openssl s_client -quiet -connect {place} -CAfile {_CERTIFICATE} -verify_return_error {option} {name}
Or compare the fingerprint above with the output of:
  openssl s_client -connect {place} </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256"""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
