"""The clock of the server: it tells what time it is, and its timers go on when that is set.

Twisted's timers wait for a time of day. When the machine's clock is set back by an hour, as may happen when it finds a time
server, they would all wait for an hour longer: nothing would be committed, acknowledged or told for so long.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from twisted.internet.base import ReactorBase
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from zope.interface import implementer


@implementer(IReactorTime)
class WallClock:
    """The time of day, in seconds since 1970, with the timers of a reactor."""

    def __init__(self, reactor: IReactorTime) -> None:
        self._reactor = reactor

    def seconds(self) -> float:
        return time.time()

    def callLater(
        self, delay: float, callable: Callable[..., Any], *args: object, **kwargs: object
    ) -> IDelayedCall:
        return self._reactor.callLater(delay, callable, *args, **kwargs)

    def getDelayedCalls(self) -> Any:
        return self._reactor.getDelayedCalls()


def clock_of(reactor: Any) -> Any:
    """Return the clock to use with a reactor, whose timers run on a clock from now on that nobody can set.

    What is no reactor of this machine, as in tests, is its own clock. Called before there are timers.
    """
    if not isinstance(reactor, ReactorBase):
        return reactor
    # What the reactor and its timers call to know the time. Only differences matter to them.
    reactor.seconds = time.monotonic
    return WallClock(reactor)
