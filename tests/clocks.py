"""Two clocks for tests: one that nobody can set, and a time of day."""

from __future__ import annotations

from typing import cast

from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import Clock

from twisted_chat.runtime.clock import ServerClock

DAY = 24 * 60 * 60.0


class TurnsClock(Clock):
    """A clock that calls as a reactor does: what is due at once is so in the next turn, after what arrived was read."""

    def advance(self, amount: float) -> None:
        self.rightNow += amount
        for call in [call for call in self.calls if call.getTime() <= self.rightNow]:
            if call.active():
                self.calls.remove(call)
                call.called = 1
                call.func(*call.args, **call.kw)


class TwoClocks(ServerClock):
    """Two clocks that a test sets: ``steady`` nobody else can, ``ahead`` is how far the time of day is ahead of it."""

    def __init__(self, ahead: float = 1_700_000_000.0) -> None:
        self.steady = Clock()
        super().__init__(cast(IReactorTime, self.steady))
        self.ahead = ahead
        self.seconds = self.steady.seconds
        self.wall = lambda: self.steady.seconds() + self.ahead

    def advance(self, seconds: float) -> None:
        self.steady.advance(seconds)
