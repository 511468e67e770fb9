"""How long the reactor of this process was held up."""

from __future__ import annotations

from types import TracebackType
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

_TICK: Final = 0.001


class Ticks:
    """While its ``with`` block runs, a tick is due every millisecond; :attr:`most` is the most that one was late, in seconds."""

    def __init__(self, reactor: IReactorTime) -> None:
        self._reactor = reactor
        self._due = 0.0
        self._next: IDelayedCall | None = None
        self.most = 0.0

    def __enter__(self) -> Ticks:
        self._wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._look()
        if self._next is not None:
            self._next.cancel()

    def _wait(self) -> None:
        self._due = self._reactor.seconds() + _TICK
        self._next = self._reactor.callLater(_TICK, self._tick)

    def _tick(self) -> None:
        self._look()
        self._wait()

    def _look(self) -> None:
        self.most = max(self.most, self._reactor.seconds() - self._due)
