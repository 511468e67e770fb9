"""Turns: one job at a time, taking turns among networks, and within a network among its users."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime

from twisted_chat.core.values.fair_queue import FairQueue

T = TypeVar("T")


class Slices(Generic[T]):
    """Runs jobs that take many turns of the reactor: one slice in a turn, however many wait, and one job after the other.

    A job that has begun is finished first; otherwise what one slice found out would be forgotten during the slices of other
    jobs. At most one waits for each session, which hands in nothing else meanwhile: that bounds the queue.
    """

    def __init__(self, clock: IReactorTime, carry_on: Callable[[T], None]) -> None:
        """``carry_on`` does the next slice; if there is more to do, it adds that itself."""
        self._clock = clock
        self._carry_on = carry_on
        self._waiting: FairQueue[T] = FairQueue()
        self._called = False
        self._running: T | None = None
        self._unfinished: T | None = None

    def add(self, path: tuple[str, ...], one: T) -> None:
        """Add a job that waits for its next slice. ``path`` as for :meth:`Turns.begin`."""
        if one == self._running:
            self._unfinished = one
        else:
            self._waiting.add(path, one)
        self._call()

    def _call(self) -> None:
        if (self._waiting.count or self._unfinished is not None) and not self._called:
            self._called = True
            self._clock.callLater(0, self._turn)

    def _turn(self) -> None:
        self._called = False
        unfinished, self._unfinished = self._unfinished, None
        self._running = unfinished if unfinished is not None else self._waiting.next()
        self._call()
        try:
            self._carry_on(self._running)
        finally:
            self._running = None


class Turns:
    """Lets one job at a time begin.

    A user who asks for much, from one network or under many names there, waits behind the others. At most one waits for each
    session, which hands in nothing else meanwhile: that bounds the queue.
    """

    def __init__(self) -> None:
        self._waiting: FairQueue[Deferred[None]] = FairQueue()
        self._busy = False

    def __len__(self) -> int:
        """How many wait."""
        return self._waiting.count

    async def begin(self, path: tuple[str, ...]) -> None:
        """Return when it is the caller's turn; then :meth:`end` must be called. If cancelled, the caller no longer waits.

        ``path``: the networks of the user who asks, the widest first, then the user.
        """
        if self._busy:
            turn: Deferred[None] = Deferred(lambda given_up: self._give_up(path, given_up))
            self._waiting.add(path, turn)
            await turn
        self._busy = True

    def _give_up(self, path: tuple[str, ...], turn: Deferred[None]) -> None:
        self._waiting.remove(path, turn)

    def end(self) -> None:
        """Let the next one begin."""
        self._busy = False
        if self._waiting.count:
            self._waiting.next().callback(None)
