"""Checks and hashes passwords before a command goes on, and tells sessions what happened to their account."""

from __future__ import annotations

import math
import secrets
from collections.abc import Coroutine, Iterable
from typing import Any, Final, NoReturn

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from twisted_chat.auth.gate import Verdict
from twisted_chat.auth.passwords import BusyError, Who
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules import decisions as d
from twisted_chat.core.state.invites import GOOD_FOR, digest_of
from twisted_chat.core.values.account import Proof
from twisted_chat.core.values.ids import Scope, SessionId
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.ratelimit import Throttle
from twisted_chat.runtime import tasks
from twisted_chat.server.recorder import StateRecorder
from twisted_chat.server.services import CarryOut, Services
from twisted_chat.store.port import StoreError

log = Logger(namespace="twisted_chat.accounts")

#: The times within which the limits on tries and on registrations count, in seconds.
_MINUTE: Final = 60.0
_HOUR: Final = 3600.0

#: How many times more may be tried from one network, for whatever accounts, and for one account, from wherever: too few to
#: guess a password by (43,200 a day at the default), and for more one who wants to keep others out needs ten networks.
_CROWD: Final = 10

#: How long a password may take to be checked, in seconds: as long as a full queue of them takes on a slow machine.
_PATIENCE: Final = 30.0

_RESET: Final = (
    "An operator of this server reset your password, and ended the sessions of your account. The code that you logged in with "
    "cannot be used for another login. Set a new password with it now: /passwd CODE PASSWORD."
)


class AccountLogin:
    """Asks the gate on behalf of sessions, which wait meanwhile, and tells them the result."""

    def __init__(self, services: Services, recorder: StateRecorder, carry_out: CarryOut) -> None:
        self._hub = services.hub
        self._sessions = services.sessions
        self._connections = services.connections
        self._gate = services.gate
        self._clock = services.clock
        self._wall = services.wall
        self._recorder = recorder
        self._carry_out = carry_out
        self._tries = Throttle(services.hub.limits.login_tries, _MINUTE)
        self._tries_of_all = Throttle(services.hub.limits.login_tries * _CROWD, _MINUTE)
        self._registrations = Throttle(services.hub.limits.registrations, _HOUR)
        #: The invitations that are on their way to be stored, by their digests.
        self._codes: dict[str, str] = {}

    def limit(self, limits: Limits) -> None:
        """Apply these limits from now on."""
        self._tries.tries = limits.login_tries
        self._tries_of_all.tries = limits.login_tries * _CROWD
        self._registrations.tries = limits.registrations

    # --- passwords ---

    def check_password(
        self, session: SessionId, asked: d.CheckPassword, scope: Scope, tag: str | None
    ) -> None:
        """Check a password, then go on; the session waits."""
        self._start(session, self._check_password(session, asked, scope, tag), tag)

    def hash_password(self, session: SessionId, asked: d.HashPassword, tag: str | None) -> None:
        """Hash a password, then go on; the session waits."""
        now = self._clock.seconds()
        network = self._sessions.network(session)
        if network is not None:
            wait = self._registrations.wait(network, now)
            if wait:
                why = f"Too many accounts were registered from your address. Nothing was registered. Wait {_minutes(wait)}."
                self._sessions.tell(session, r.Refused("slow-down", why), tag)
                return
            self._registrations.count(network, now)
        self._start(session, self._hash_password(session, asked, tag), tag)

    def invite(self, session: SessionId, tag: str | None) -> None:
        """Make an invitation code."""
        code = secrets.token_urlsafe(9)
        digest = digest_of(code)
        self._codes[digest] = code
        until = self._wall() + GOOD_FOR
        self._carry_out(session, d.Propose(e.InviteCodeMade(digest, until)), tag)

    def _start(self, session: SessionId, work: Coroutine[Any, Any, None], tag: str | None) -> None:
        self._connections.hold(session)

        async def all_of_it() -> None:
            try:
                await work
            finally:
                self._connections.release(session)

        def failed(why: Failure) -> None:
            self._sessions.failed(session, "a password", tag, why)

        tasks.start(all_of_it(), "checking a password", failed)

    async def _check_password(
        self, session: SessionId, asked: d.CheckPassword, scope: Scope, tag: str | None
    ) -> None:
        nick, now = asked.nick, self._clock.seconds()
        known = self._knows(session, nick)
        keys = self._keys(session, nick, known=known)
        wait = max(throttle.wait(key, now) for throttle, key in keys)
        if wait:
            why = f"Too many tries; wait {math.ceil(wait)} seconds"
            self._refuse(session, asked, "slow-down", why, tag, scope)
            return
        for throttle, key in keys:
            throttle.count(key, now)
        who = Who(self._sessions.networks(session), known)
        hashed = ""
        try:
            checked = Deferred.fromCoroutine(
                self._gate.check(nick.text, nick.key, asked.password, who)
            )
            verdict = await checked.addTimeout(_PATIENCE, self._clock, _give_up)
            ours = verdict in (Verdict.OURS, Verdict.AGED, Verdict.CODE)
            if ours and isinstance(asked.command, c.ChangePassword):
                hashed = await self._gate.hash(asked.command.new, who)
        except (BusyError, StoreError) as error:
            self._forgive(keys)
            self._refuse(session, asked, "try-later", str(error), tag, scope)
            return
        if not self._sessions.here(session):
            return
        used: str | None = None
        if verdict is Verdict.CODE and isinstance(asked.command, c.Login):
            used = self._gate.spend(nick.key)
            verdict = Verdict.CODE if used is not None else Verdict.WRONG
        if verdict is Verdict.WRONG:
            # A name that nobody registered is perhaps what should have been a password: no log shows it.
            name = nick.key if asked.proof is not None else "a name that is not registered"
            self._sessions.log_sums.write(
                log.info,
                "wrong password for {name} from {address}",
                address=self._sessions.address(session),
                name=name,
            )
            if asked.proof is not None:
                why, again = f"Wrong password for {nick}", ""
            elif self._gate.asks_others:
                why, again = f"Wrong password for {nick}, or {nick} is not registered", ""
            else:
                why = f"{nick} is not registered"
                again = "To log in to an account, type /login NICK PASSWORD."
            self._refuse(session, asked, "wrong-password", why, tag, scope, again)
            return
        self._forgive(keys)
        self._recorder.entered(nick.key, self._sessions.network(session))
        if verdict is Verdict.OUTSIDE and isinstance(asked.command, c.ChangePassword):
            why = "Your password is not stored on this server; change it where your account is managed"
            self._refuse(session, asked, "unsupported", why, tag, scope)
            return
        proof = asked.proof
        if verdict is Verdict.OUTSIDE or proof is None:
            proof = Proof(nick.key, outside=True)
        self._carry_out(
            session, self._hub.proven(session, asked, proof, scope, self._wall(), hashed), tag
        )
        if verdict is Verdict.AGED and isinstance(asked.command, c.Login):
            await self._renew(session, proof, asked.password)
        if used is not None:
            self._store_anew(session, proof, used)
            self._sessions.tell(session, r.Notice("password-reset", _RESET))

    async def _renew(self, session: SessionId, proof: Proof, password: str) -> None:
        """Hash a correct password again with today's parameters; if that is not possible now, at a later login."""
        try:
            hashed = await self._gate.hash(
                password, Who(self._sessions.networks(session), known=True)
            )
        except BusyError:
            return
        self._store_anew(session, proof, hashed)

    def _store_anew(self, session: SessionId, proof: Proof, hashed: str) -> None:
        """Store another hash of the same password or code."""
        user = self._hub.user_of(session) if self._sessions.here(session) else None
        if user is not None and user.account == proof.account:
            renewed = e.PasswordChanged(proof, hashed, renewed=True)
            self._carry_out(session, d.Propose(renewed), None)

    def _knows(self, session: SessionId, nick: Nick) -> bool:
        """Return whether a session has an account already, or comes from a network from which that was used before."""
        user = self._hub.user_of(session)
        if user is not None and user.account == nick.key:
            return True
        return self._recorder.known_networks.knows(nick.key, self._sessions.network(session))

    def _keys(self, session: SessionId, nick: Nick, *, known: bool) -> list[tuple[Throttle, str]]:
        """Return the keys under which a session's tries for an account are counted.

        Each network has its own count for each account; in addition strangers together have one for an account, and a network
        has one for all accounts. Users who are here with the account, or come from a network from which it was used before,
        have counts of their own; otherwise someone who guesses all the time would keep the owner out.
        """
        user = self._hub.user_of(session)
        if user is not None and user.account == nick.key:
            return [(self._tries, f"{nick.key} of who is here")]
        if known:
            return [(self._tries, f"{nick.key} from {self._sessions.network(session) or 'here'}")]
        networks = self._sessions.networks(session)
        near = networks[-1] if networks else "here"
        keys = [(self._tries, f"{nick.key} near {near}"), (self._tries_of_all, f"all {nick.key}")]
        return [*keys, (self._tries_of_all, f"from {near}")] if networks else keys

    def _forgive(self, keys: Iterable[tuple[Throttle, str]]) -> None:
        """Take back a try that was not a wrong guess."""
        for throttle, key in keys:
            throttle.forgive(key, self._clock.seconds())

    async def _hash_password(
        self, session: SessionId, asked: d.HashPassword, tag: str | None
    ) -> None:
        network = self._sessions.network(session)
        try:
            hashed = await self._gate.hash(asked.password, Who(self._sessions.networks(session)))
        except BusyError as error:
            if network is not None:
                self._registrations.forgive(network, self._clock.seconds())
            self._sessions.tell(session, r.Refused("try-later", str(error)), tag)
            return
        if self._sessions.here(session):
            registered = e.AccountRegistered(asked.nick, hashed, asked.invite)
            self._carry_out(session, d.Propose(registered), tag)

    def _refuse(
        self,
        session: SessionId,
        asked: d.CheckPassword,
        code: str,
        why: str,
        tag: str | None,
        scope: Scope,
        again: str = "",
    ) -> None:
        """Refuse a command because the password is wrong; a new session comes in as a guest instead, or picks another name.

        ``again`` says what to type next, if that is not the login again.
        """
        if not self._sessions.here(session):
            return
        login = asked.command
        again = again or f"Type /login {asked.nick} PASSWORD to try again."
        if not isinstance(login, c.Login):
            self._sessions.tell(session, r.Refused(code, f"{why}. Nothing was changed."), tag)
        elif self._hub.user_of(session) is not None:
            self._sessions.tell(session, r.Refused(code, f"{why}. {again}"), tag)
        elif login.or_guest:
            self._hub.want(session, asked.nick)
            guest = self._hub.decide(session, c.Login(), self._wall(), tag, scope)
            assert not isinstance(guest, e.Proposal)  # that is what a message is decided as
            arrived = guest.event if isinstance(guest, d.Propose) else None
            you_are = f" You are {arrived.nick}." if isinstance(arrived, e.Arrived) else ""
            self._sessions.tell(session, r.Refused(code, f"{why}.{you_are} {again}"), tag)
            self._carry_out(session, guest, tag)
        else:
            self._sessions.tell(session, r.NameRefused(code, why), tag)

    def code_of(self, digest: str) -> str:
        """Return the invitation code that was made, once."""
        return self._codes.pop(digest, "")


def _give_up(result: object, seconds: float) -> NoReturn:
    raise StoreError("Passwords cannot be checked right now; try again later")


def _minutes(seconds: float) -> str:
    count = math.ceil(seconds / 60)
    return "1 minute" if count == 1 else f"{count} minutes"
