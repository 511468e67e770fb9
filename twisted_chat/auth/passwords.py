"""Passwords: hashed with argon2id, in threads of their own, a few at a time.

A hash is made to take long and to need much memory (RFC 9106). On the reactor's thread it would delay everyone; in too
many threads at once it would take the machine from the reactor.
"""

from __future__ import annotations

import os
import re
import threading
from base64 import b64encode
from collections.abc import Callable
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar
from unicodedata import normalize

import argon2
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from twisted_chat.core.values.fair_queue import FairQueue

T = TypeVar("T")

#: How many from where an account was entered before may wait at a time, besides the others: three seconds' worth.
MAX_KNOWN: Final = 100
#: How many others may: ten seconds' worth. Nobody waits longer than both at a login.
MAX_WAITING: Final = 300


class Who(NamedTuple):
    """Whose password it is: the networks of their address (see :func:`twisted_chat.core.values.addresses.network_keys`).

    ``known``: the account was entered from there before.
    """

    networks: tuple[str, ...] = ()
    known: bool = False


class Turns(Generic[T]):
    """Two queues that take turns; in each the networks do, and within one the networks that it has."""

    def __init__(self) -> None:
        self._known: FairQueue[T] = FairQueue()
        self._others: FairQueue[T] = FairQueue()
        self._known_next = True

    def add(self, who: Who, one: T) -> T | None:
        """Queue one. Return the one that has to give way: the last of the network with the most, maybe the new one itself."""
        queue, most = (self._known, MAX_KNOWN) if who.known else (self._others, MAX_WAITING)
        queue.add(who.networks[::-1], one)
        return queue.give_up(who.networks[::-1]) if queue.count > most else None

    def remove(self, who: Who, one: T) -> None:
        """Let one wait no longer, if it does."""
        (self._known if who.known else self._others).remove(who.networks[::-1], one)

    def next(self) -> T | None:
        """Take the next; None if nobody waits."""
        first, second = self._known, self._others
        if not self._known_next:
            first, second = second, first
        queue = first if first.count else second
        self._known_next = queue is self._others
        return queue.next() if queue.count else None


#: What OWASP's "Password Storage Cheat Sheet" asks for at least: 19 MiB, two passes, one lane. Some 30 ms of a core.
_HASHER: Final = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# The PHC string format, as argon2 writes it.
_HASH: Final = re.compile(r"\$[a-z0-9]+\$v=[0-9]+\$[mtp=0-9,]+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+")
#: The most that checking one password may take: memory in KiB, passes, lanes. A slip in a file must not stop the server.
_MOST: Final = (1024 * 1024, 64, 64)
#: How many hashes are made at a time.
THREADS: Final = 1
#: The thread gives way to the reactor when both want a core.
_NICE: Final = 10


_HERE: Final = Who()
_BUSY: Final = "Too many people are logging in right now; try again in a few seconds"


class BusyError(Exception):
    """Too many passwords are being checked. ``str()`` can be shown to users."""


class Runner(Protocol):
    """Runs a function in a thread."""

    def run(self, work: Callable[[], T]) -> Deferred[T]:
        """Run it, after those that were given before."""

    def stop(self) -> None:
        """End the threads when they have done what they were given."""


class Passwords:
    """Hashes passwords and checks them."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._turns: Turns[Deferred[None]] = Turns()
        self._running = 0

    async def hash(self, password: str, who: Who = _HERE) -> str:
        """Return what is stored of a password, with its parameters. Raises :class:`BusyError`."""
        return await self._run(lambda: hash_now(password), who)

    async def verify(self, stored: str | None, password: str, who: Who = _HERE) -> bool:
        """Return whether a password is the one of which this is stored; None (no such account) takes as long, and is False.

        Raises :class:`BusyError`.
        """
        matches = await self._run(lambda: _matches(stored or _NOBODYS, password), who)
        return matches and stored is not None

    def outdated(self, stored: str) -> bool:
        """Return whether a password should be hashed again because the parameters have changed."""
        return _HASHER.check_needs_rehash(stored)

    def stop(self) -> None:
        self._runner.stop()

    async def _run(self, work: Callable[[], T], who: Who) -> T:
        turn: Deferred[None] = Deferred()
        gives_up = self._turns.add(who, turn)
        if gives_up is not None:
            gives_up.errback(BusyError(_BUSY))
        self._go_on()
        try:
            await turn
        except BaseException:
            # A caller that gave up makes room for another, and must not take the thread's time as well.
            self._turns.remove(who, turn)
            raise
        result: Deferred[T] = Deferred()

        def done(outcome: T | Failure) -> None:
            # The thread is free now, and not when nobody waits for it any more.
            self._running -= 1
            result.callback(outcome)
            self._go_on()

        _ = self._runner.run(work).addBoth(done)
        return await result

    def _go_on(self) -> None:
        """Give the threads as much as they can do at a time: what waits there would not take turns any more."""
        while self._running < THREADS and (turn := self._turns.next()) is not None:
            self._running += 1
            turn.callback(None)


def hash_now(password: str) -> str:
    """Return what is stored of a password. Blocks: for programs beside the server."""
    return _HASHER.hash(composed(password))


def _nobodys() -> str:
    """Return what looks like a hash but is of no password, so an unknown name takes as long as a wrong password.

    Made up and not hashed, or the first of them would wait twice as long.
    """
    salt, digest = (
        b64encode(os.urandom(size)).rstrip(b"=").decode()
        for size in (_HASHER.salt_len, _HASHER.hash_len)
    )
    costs = f"m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${costs}${salt}${digest}"


_NOBODYS: Final = _nobodys()


def fault_in(stored: str) -> str:
    """Say what is wrong with a hash from a file, as in "the hash is not argon2id"; nothing if it can be used."""
    hashed = _HASH.match(stored)
    if hashed is None:
        return "is not an argon2 hash"
    if hashed.end() != len(stored):
        return "has extra text after it"
    try:
        made = argon2.extract_parameters(stored)
    except (InvalidHashError, ValueError):
        return "is not an argon2 hash"
    if made.type is not argon2.Type.ID:
        return "is not argon2id"
    asked = made.memory_cost, made.time_cost, made.parallelism
    if any(much > most for much, most in zip(asked, _MOST, strict=True)):
        return "needs too much memory or time"
    return ""


def composed(password: str) -> str:
    """Return a password as it is hashed and compared: keyboards differ in how they compose letters (RFC 8265, section 4.2.2)."""
    return normalize("NFC", password)


def _matches(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, composed(password))
    except (VerificationError, InvalidHashError):
        return False


class RealRunner:
    """Threads of this process, which do not keep it from ending."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._pool = ThreadPool(0, THREADS, "passwords")
        self._pool.threadFactory = _thread  # type: ignore[assignment]
        self._pool.start()

    def run(self, work: Callable[[], T]) -> Deferred[T]:
        return deferToThreadPool(self._reactor, self._pool, work)

    def stop(self) -> None:
        self._pool.stop()


def _thread(target: Callable[[], None], name: str) -> threading.Thread:
    def give_way() -> None:
        # On Linux each thread has a priority of its own; elsewhere it would be that of the process.
        if hasattr(os, "sched_getaffinity"):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        target()

    return threading.Thread(target=give_way, name=name, daemon=True)


_check: type[Runner] = RealRunner
