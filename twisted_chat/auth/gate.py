"""The gate: whether a password is that of an account, by the checkers of :mod:`twisted.cred` that a server has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import Any, Final

from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword, UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import IRealm, Portal
from twisted.internet.defer import Deferred
from zope.interface import Interface, implementer

from twisted_chat.auth.passwords import Passwords, composed
from twisted_chat.auth.turns import Who

#: Returns what is stored of an account's password by the account's key; None if there is none.
Stored = Callable[[str], Awaitable[str | None]]


_HERE: Final = Who()


class Verdict(Enum):
    """Whether a password is right: by what this server keeps, by what another checker says, or not.

    ``AGED``: by what this server keeps, which is a hash with parameters of earlier, and should be made anew.
    """

    OURS = "ours"
    AGED = "aged"
    OUTSIDE = "outside"
    WRONG = "wrong"


class Credentials(UsernamePassword):
    """What somebody logs in with, and who that is: checkers that take turns need to know."""

    def __init__(self, username: bytes, password: bytes, who: Who = _HERE) -> None:
        super().__init__(username, password)
        self.who = who


class Gate:
    """Checks passwords against what this server keeps, and then with each of the ``others``.

    A name that nobody knows takes as long as a wrong password, as far as it is up to this server.
    """

    def __init__(
        self, passwords: Passwords, stored: Stored, others: Sequence[ICredentialsChecker] = ()
    ) -> None:
        self.passwords = passwords
        #: Whether an account may be known to others than this server.
        self.asks_others = bool(others)
        ours = self._ours = StoredPasswords(passwords, stored)
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
            if verdict is Verdict.OURS and key in self._ours.aged:
                self._ours.aged.remove(key)
                return Verdict.AGED
            return verdict
        return Verdict.WRONG

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

    def __init__(self, passwords: Passwords, stored: Stored) -> None:
        self._passwords = passwords
        self._stored = stored
        #: Whose passwords were right, and should be hashed anew.
        self.aged: set[str] = set()

    def requestAvatarId(self, credentials: Any) -> Deferred[bytes | tuple[()]]:
        return Deferred.fromCoroutine(self._check(credentials))

    async def _check(self, asked: Credentials) -> bytes | tuple[()]:
        name = asked.username
        stored = await self._stored(name.decode("utf-8"))
        if not await self._passwords.verify(stored, asked.password.decode("utf-8"), asked.who):
            raise UnauthorizedLogin
        if stored is not None and self._passwords.outdated(stored):
            self.aged.add(name.decode("utf-8"))
        return name


@implementer(IRealm)
class _Realm:
    """Says who somebody is whom a checker let in: nothing more is asked of it."""

    def requestAvatar(
        self, avatarId: object, mind: object, *interfaces: type[Interface]
    ) -> tuple[type[Interface], object, Callable[[], None]]:
        return interfaces[0], avatarId, lambda: None


_REALM: Final = _Realm()
