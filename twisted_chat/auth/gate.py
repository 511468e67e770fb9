"""The gate: checks whether a password belongs to an account, with the server's checkers of :mod:`twisted.cred`."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import Any, Final

import msgspec
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword, UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import IRealm, Portal
from twisted.internet.defer import Deferred
from zope.interface import Interface, implementer

from twisted_chat.auth.passwords import Passwords, Who, composed

#: How long a code is good for, in seconds: a day, in which somebody can be told it and use it.
GOOD_FOR: Final = 24 * 60 * 60
_ONCE: Final = "once"
_USED: Final = "used"


class Code(msgspec.Struct, frozen=True):
    """What is stored of a code in place of a password's hash. With one that was used one cannot log in, only set a password."""

    hashed: str
    until: float
    used: bool = False

    def spell(self) -> str:
        """Return it as it is stored, which no hash looks like."""
        return f"{_USED if self.used else _ONCE} {self.until:.0f} {self.hashed}"


def read_code(stored: str | None) -> Code | None:
    """Return the code of which something is stored; None if it is a password's hash, or nothing."""
    kind, _, rest = (stored or "").partition(" ")
    until, _, hashed = rest.partition(" ")
    if kind not in (_ONCE, _USED) or not until.isdigit():
        return None
    return Code(hashed, float(until), kind == _USED)


def new_code() -> str:
    """Make up a code: 80 bits, in letters and digits that are easily read out and typed."""
    text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[i : i + 4] for i in range(0, len(text), 4))


#: Returns what is stored of an account's password by the account's key; None if there is none.
Stored = Callable[[str], Awaitable[str | None]]


_HERE: Final = Who()


class Verdict(Enum):
    """Whether a password is right: by what this server keeps, by what another checker says, or not.

    ``AGED``: by what this server keeps, which is a hash with parameters of earlier, and should be made anew.
    ``CODE``: it is a code that stands for a forgotten password, see :meth:`Gate.spend`.
    """

    OURS = "ours"
    AGED = "aged"
    CODE = "code"
    OUTSIDE = "outside"
    WRONG = "wrong"


class Credentials(UsernamePassword):
    """What a user logs in with, and which user it is, because checkers take turns among users."""

    def __init__(self, username: bytes, password: bytes, who: Who = _HERE) -> None:
        super().__init__(username, password)
        self.who = who


class Gate:
    """Checks passwords against what this server keeps, and then with each of the ``others``.

    A name that nobody knows takes as long as a wrong password, as far as it is up to this server.
    """

    def __init__(
        self,
        passwords: Passwords,
        stored: Stored,
        others: Sequence[ICredentialsChecker] = (),
        now: Callable[[], float] = time.time,
    ) -> None:
        self.passwords = passwords
        #: Whether an account may be known to others than this server.
        self.asks_others = bool(others)
        ours = self._ours = StoredPasswords(passwords, stored, now)
        #: Codes that were used, perhaps before that is stored; as many as operators gave out since the start.
        self._spent: set[str] = set()
        self._portals = [
            (verdict, Portal(_REALM, [checker]))
            for verdict, checker in (
                (Verdict.OURS, ours),
                *((Verdict.OUTSIDE, other) for other in others),
            )
        ]

    async def check(self, name: str, key: str, password: str, who: Who = _HERE) -> Verdict:
        """Check the password of an account for somebody: ``name`` as it is written, ``key`` as it is folded.

        Raises :class:`twisted_chat.auth.passwords.BusyError`, or what reading the stored one raises.
        """
        for verdict, portal in self._portals:
            asked = key if verdict is Verdict.OURS else name
            credentials = Credentials(
                asked.encode("utf-8"), composed(password).encode("utf-8"), who
            )
            try:
                await portal.login(credentials, None, IAccount)
            except UnauthorizedLogin:
                continue
            if verdict is Verdict.OURS and key in self._ours.codes:
                return Verdict.CODE
            if verdict is Verdict.OURS and key in self._ours.aged:
                self._ours.aged.remove(key)
                return Verdict.AGED
            return verdict
        return Verdict.WRONG

    def spend(self, key: str) -> str | None:
        """Use up, for a login, the code that was found right for an account; None if it was used before.

        Returns what is to be stored from then on: with the code, the owner can still set a password.
        """
        code = self._ours.codes.pop(key, None)
        if code is None or code.used or code.hashed in self._spent:
            return None
        self._spent.add(code.hashed)
        return msgspec.structs.replace(code, used=True).spell()

    async def hash(self, password: str, who: Who = _HERE) -> str:
        """Return what is to be stored of a new password. Raises :class:`twisted_chat.auth.passwords.BusyError`."""
        return await self.passwords.hash(composed(password), who)

    def stop(self) -> None:
        self.passwords.stop()


class IAccount(Interface):
    """What a login to this server is to: an account."""


@implementer(ICredentialsChecker)
class StoredPasswords:
    """Checks passwords against what is stored of them."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, passwords: Passwords, stored: Stored, now: Callable[[], float]) -> None:
        self._passwords = passwords
        self._now = now
        #: What was right, by accounts, and is a code.
        self.codes: dict[str, Code] = {}
        self._stored = stored
        #: Accounts whose passwords were right, and should be hashed again.
        self.aged: set[str] = set()

    def requestAvatarId(self, credentials: Any) -> Deferred[bytes | tuple[()]]:
        return Deferred.fromCoroutine(self._check(credentials))

    async def _check(self, asked: Credentials) -> bytes | tuple[()]:
        name = asked.username
        key = name.decode("utf-8")
        stored = await self._stored(key)
        code = read_code(stored)
        self.codes.pop(key, None)
        if code is not None:
            stored = code.hashed if code.until > self._now() else None
        if not await self._passwords.verify(stored, asked.password.decode("utf-8"), asked.who):
            raise UnauthorizedLogin
        if code is not None:
            self.codes[key] = code
        elif stored is not None and self._passwords.outdated(stored):
            self.aged.add(key)
        return name


@implementer(IRealm)
class _Realm:
    """The identity of a user whom a checker accepted; nothing else is asked of it."""

    def requestAvatar(
        self, avatarId: object, mind: object, *interfaces: type[Interface]
    ) -> tuple[type[Interface], object, Callable[[], None]]:
        return interfaces[0], avatarId, lambda: None


_REALM: Final = _Realm()
