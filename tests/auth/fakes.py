"""Passwords for tests: hashed at once, or when the test says so, and not secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from twisted.internet.defer import Deferred, maybeDeferred

from twisted_chat.auth.gate import Gate
from twisted_chat.auth.passwords import BusyError, Passwords, Runner
from twisted_chat.store.port import Store

T = TypeVar("T")


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


_runners: tuple[type[Runner], ...] = (_NoRunner, NowRunner)


class OpenPasswords(Passwords):
    """Stores ``hash of PASSWORD``. ``checked`` is what was compared with what; ``hold`` lets all wait for :meth:`go`."""

    def __init__(self) -> None:
        super().__init__(_NoRunner())
        self.checked: list[tuple[str | None, str]] = []
        self.hold = False
        self.busy = False
        self._held: list[Deferred[None]] = []

    async def hash(self, password: str) -> str:
        await self._turn()
        return f"hash of {password}"

    async def verify(self, stored: str | None, password: str) -> bool:
        await self._turn()
        self.checked.append((stored, password))
        return stored == f"hash of {password}"

    async def _turn(self) -> None:
        if self.busy:
            raise BusyError("too many people log in right now; try again in a few seconds")
        if self.hold:
            turn: Deferred[None] = Deferred()
            self._held.append(turn)
            await turn

    def go(self, count: int = 1) -> None:
        """Let those go on that wait the longest."""
        for _ in range(count):
            self._held.pop(0).callback(None)


def open_gate(store: Store) -> tuple[Gate, OpenPasswords]:
    """Make a gate to what a store keeps, and return it with what is behind it."""
    passwords = OpenPasswords()
    return Gate(passwords, store.password), passwords
