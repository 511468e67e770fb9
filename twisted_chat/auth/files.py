"""``--auth argon2:FILE``: accounts of a file with a line ``NAME:HASH`` for each, as a checker for :mod:`twisted.cred`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet.defer import Deferred
from zope.interface import implementer

from twisted_chat.auth.passwords import Passwords, RealRunner, Who, fault_in
from twisted_chat.core.values.names import BadName, parse_nick
from twisted_chat.core.values.text import shown


@implementer(ICredentialsChecker)
class Argon2File:
    """Checks passwords against the hashes in a file. Raises ValueError if the file has a line that is none."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, path: Path, passwords: Passwords | None = None) -> None:
        self._passwords = passwords
        #: The names as they are written, and the hashes, by the keys of the names.
        self._names: dict[str, str] = {}
        self._hashes: dict[str, str] = {}
        for number, line in enumerate(path.read_text("utf-8-sig").splitlines(), 1):
            text = line.strip()
            if not text or text.startswith("#"):
                continue
            name, colon, hashed = map(str.strip, text.partition(":"))
            if not colon or not hashed.startswith("$argon2"):
                raise ValueError(f"line {number} is not NAME:HASH with an argon2 hash")
            fault = fault_in(hashed)
            if fault:
                raise ValueError(f"line {number}: the hash {fault}")
            key = _key(name)
            if key in self._hashes:
                raise ValueError(f"line {number}: {shown(name)} is listed twice")
            self._names[key], self._hashes[key] = name, hashed

    @property
    def names(self) -> list[str]:
        """The names in the file."""
        return list(self._names.values())

    def requestAvatarId(self, credentials: Any) -> Deferred[bytes | tuple[()]]:
        # Checkers are for any program of Twisted: not all tell who asks.
        who = getattr(credentials, "who", Who())
        return Deferred.fromCoroutine(self._check(credentials.username, credentials.password, who))

    async def _check(self, name: bytes, password: bytes, who: Who) -> bytes | tuple[()]:
        if self._passwords is None:
            # Only now: a program that only reads options has not chosen a reactor yet.
            from twisted.internet import reactor  # noqa: PLC0415

            self._passwords = Passwords(RealRunner(reactor))
        stored = self._hashes.get(_key(name.decode("utf-8")))
        # A name that is not in the file is checked all the same, which takes as long as for one that is.
        decoy = next(iter(self._hashes.values()), None)
        matches = await self._passwords.verify(stored or decoy, password.decode("utf-8"), who)
        if not matches or stored is None:
            raise UnauthorizedLogin
        return name


def _key(name: str) -> str:
    """Return what a name is found by: as everywhere in the chat, in capitals or not."""
    try:
        return parse_nick(name).key
    except BadName:
        return name  # that of nobody here; the server warns of it when it starts


def open_file(path: str) -> Argon2File:
    """Read a file of passwords. Raises ValueError, or OSError."""
    return Argon2File(Path(path))


def names_of(checker: ICredentialsChecker) -> list[str]:
    """Return the names that a checker knows, if it can tell: nobody else gets these."""
    return checker.names if isinstance(checker, Argon2File) else []
