"""``--auth argon2:FILE``: accounts of a file with a line ``NAME:HASH`` for each, as a checker for :mod:`twisted.cred`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred
from zope.interface import implementer

from twisted_chat.auth.passwords import Passwords, RealRunner


@implementer(ICredentialsChecker)
class Argon2File:
    """Checks passwords against the hashes in a file. Raises ValueError if the file has a line that is none."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, path: Path, passwords: Passwords | None = None) -> None:
        self._passwords = passwords
        self._hashes: dict[bytes, str] = {}
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            name, colon, hashed = text.partition(":")
            if not colon or not hashed.strip().startswith("$argon2"):
                raise ValueError(f"line {number} is not NAME:HASH with a hash of argon2")
            self._hashes[name.strip().encode("utf-8")] = hashed.strip()

    @property
    def names(self) -> list[str]:
        """The names in the file."""
        return [name.decode("utf-8") for name in self._hashes]

    def requestAvatarId(self, credentials: Any) -> Deferred[bytes | tuple[()]]:
        return Deferred.fromCoroutine(self._check(credentials.username, credentials.password))

    async def _check(self, name: bytes, password: bytes) -> bytes | tuple[()]:
        if self._passwords is None:
            # Only now: whoever only reads options has not chosen a reactor yet.
            from twisted.internet import reactor  # noqa: PLC0415

            self._passwords = Passwords(RealRunner(reactor))
        if not await self._passwords.verify(self._hashes.get(name), password.decode("utf-8")):
            raise UnauthorizedLogin
        return name


def open_file(path: str) -> Argon2File:
    """Read a file of passwords. Raises ValueError, or OSError."""
    return Argon2File(Path(path))


def names_of(checker: ICredentialsChecker) -> list[str]:
    """Return the names that a checker knows, if it can tell: nobody else gets these."""
    return checker.names if isinstance(checker, Argon2File) else []
