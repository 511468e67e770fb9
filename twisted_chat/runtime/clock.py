"""The two clocks of the server, and when the time of day can be trusted.

``seconds()`` of the clock is for silence, floods, timers and other spans of time: it counts while the machine is suspended, and
nobody can set it. The time of day, see :func:`wall_of`, is for stamps that are shown or stored, and for what is kept for so
many days. It may be wrong after a start, and jump when a time server is found.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any, Final

from twisted.internet.base import ReactorBase
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from zope.interface import implementer

log = Logger(namespace="twisted_chat.clock")

#: A change of the time of day by more than this, in seconds, is a jump: time servers slew it by 0.05 % at most, and small steps
#: do not matter to what is kept for days.
JUMP: Final = 10.0
#: For how many seconds the time of day must not jump before anything is deleted for its age. An operator who notices a wrong
#: clock puts it right within that.
AGREED: Final = 3600.0

#: Of systems that do not count while they are suspended there is the next best.
_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@implementer(IReactorTime)
class ServerClock:
    """A clock that nobody can set, with the timers of a reactor; and the time of day (``wall``), in seconds since 1970."""

    def __init__(self, reactor: IReactorTime) -> None:
        # Nothing stands before the functions in C: every line asks for the time several times.
        self.seconds: Callable[[], float] = functools.partial(time.clock_gettime, _CLOCK)
        self.wall: Callable[[], float] = time.time
        self.callLater: Callable[..., IDelayedCall] = reactor.callLater
        self.getDelayedCalls: Callable[[], Any] = reactor.getDelayedCalls


def clock_of(reactor: Any) -> Any:
    """Return the clock to use with a reactor, whose timers run on a clock from now on that nobody can set.

    What is no reactor of this machine, as in tests, is its own clock. Called before there are timers.
    """
    if not isinstance(reactor, ReactorBase):
        return reactor
    clock = ServerClock(reactor)
    # What the reactor and its timers call to know the time. Only differences matter to them.
    reactor.seconds = clock.seconds
    return clock


def wall_of(clock: IReactorTime) -> Callable[[], float]:
    """Return what tells the time of day, in seconds since 1970. A clock that has no other, as in tests, tells both."""
    return clock.wall if isinstance(clock, ServerClock) else clock.seconds


class Silence:
    """A timer for a silent peer: when its time is up, it calls in the next turn.

    After a pause of the process or the machine timers are due at once. What arrived meanwhile has been read a turn later,
    and its reader has stopped the timer.
    """

    def __init__(
        self, clock: IReactorTime, seconds: float, call: Callable[..., object], *args: object
    ) -> None:
        self._clock = clock
        self._call, self._args = call, args
        self._timer = clock.callLater(seconds, self._over)

    def _over(self) -> None:
        self._timer = self._clock.callLater(0, self._call, *self._args)

    def stop(self) -> None:
        """Call nothing any more."""
        if self._timer.active():
            self._timer.cancel()


class Trust:
    """Whether the time of day has kept step with the other clock for :data:`AGREED` seconds, since the start and any jump."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._wall = wall_of(clock)
        self._since = clock.seconds()
        self._ahead = self._wall() - self._since

    def check(self) -> bool:
        """Compare the clocks, and return whether the time of day can be trusted. A jump is noticed at the next call."""
        now = self._clock.seconds()
        ahead = self._wall() - now
        jumped, self._ahead = ahead - self._ahead, ahead
        if abs(jumped) > JUMP:
            self._since = now
            log.warn(
                "the clock of this machine was set {way} by {seconds:,.0f} seconds: nothing is deleted because "
                "of its age until the clock has been right for an hour",
                way="ahead" if jumped > 0 else "back",
                seconds=abs(jumped),
            )
        return now - self._since >= AGREED
