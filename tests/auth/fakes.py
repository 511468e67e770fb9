"""Passwords for tests: hashed at once, or when the test says so, and not secret."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, maybeDeferred

from twisted_chat.auth.gate import Gate
from twisted_chat.auth.passwords import BusyError, Passwords, Runner, Who
from twisted_chat.store.port import Store

T = TypeVar("T")


_HERE = Who()


class _NoRunner:
    def run(self, work: Callable[[], T]) -> Deferred[T]:
        raise AssertionError("nothing is hashed in these tests")

    def stop(self) -> None: ...


class NowRunner:
    """Runs what it is given at once, in the place of threads."""

    def __init__(self, reactor: object = None) -> None: ...

    def run(self, work: Callable[[], T]) -> Deferred[T]:
        return maybeDeferred(work)

    def stop(self) -> None: ...


class HeldRunner:
    """Runs what it is given when the test says so."""

    def __init__(self) -> None:
        self.held: deque[tuple[Deferred[Any], Callable[[], Any]]] = deque()
        self.stopped = False

    def run(self, work: Callable[[], T]) -> Deferred[T]:
        answer: Deferred[T] = Deferred()
        self.held.append((answer, work))
        return answer

    def go(self) -> int:
        """Run all that there is, and what comes of that; return how many that were."""
        count = 0
        while self.held:
            count += 1
            answer, work = self.held.popleft()
            _ = maybeDeferred(work).addBoth(answer.callback)
        return count

    def stop(self) -> None:
        self.stopped = True


_runners: tuple[type[Runner], ...] = (_NoRunner, NowRunner, HeldRunner)


class OpenPasswords(Passwords):
    """Stores ``hash of PASSWORD``. ``checked`` is what was compared with what; ``hold`` lets all wait for :meth:`go`.

    What is stored of operators comes from elsewhere and is a real hash: ``runner`` runs what checks that.
    """

    def __init__(self, runner: Runner | None = None) -> None:
        super().__init__(runner or _NoRunner())
        self.checked: list[tuple[str | None, str]] = []
        #: What was stored with parameters of earlier.
        self.old: set[str] = set()
        #: For whom.
        self.asked: list[Who] = []
        self.hold = False
        self.busy = False
        self._held: list[Deferred[None]] = []

    async def hash(self, password: str, who: Who = _HERE) -> str:
        self.asked.append(who)
        await self._turn()
        return f"hash of {password}"

    async def verify(self, stored: str | None, password: str, who: Who = _HERE) -> bool:
        self.asked.append(who)
        if stored is not None and stored.startswith("$argon2"):
            return await super().verify(stored, password, who)
        await self._turn()
        self.checked.append((stored, password))
        return stored == f"hash of {password}"

    def outdated(self, stored: str) -> bool:
        return stored in self.old

    async def _turn(self) -> None:
        if self.busy:
            raise BusyError("Too many people are logging in right now; try again in a few seconds")
        if self.hold:
            turn: Deferred[None] = Deferred()
            self._held.append(turn)
            await turn

    def go(self, count: int = 1) -> None:
        """Let those go on that wait the longest."""
        for _ in range(count):
            self._held.pop(0).callback(None)


def open_gate(store: Store, runner: Runner | None = None) -> tuple[Gate, OpenPasswords]:
    """Make a gate to what a store keeps, and return it with what is behind it."""
    passwords = OpenPasswords(runner)
    return Gate(passwords, store.password, now=lambda: 0.0), passwords
