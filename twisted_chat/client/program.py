"""A program of its own: an ``async`` function, and the reactor that runs for it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

_T = TypeVar("_T")


def run(main: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """Run an ``async`` function in Twisted's reactor, which can be run only once; return or raise what that does.

    Ctrl-C cancels what the function waits for, gives it time to leave, and raises KeyboardInterrupt here.
    """
    from twisted.internet import reactor

    if not callable(main):
        raise TypeError("run() takes the function itself, as in run(main), not what it returns")
    return _Run(reactor, main).run()


class _Run(Generic[_T]):
    """An ``async`` function and the reactor that runs for it."""

    def __init__(self, reactor: Any, main: Callable[[], Coroutine[Any, Any, _T]]) -> None:
        self._reactor = reactor
        self._main = main
        self._running: Deferred[_T] | None = None
        self._stopping: Deferred[None] | None = None
        self._failure: Failure | None = None
        self._results: list[_T] = []

    def run(self) -> _T:
        self._reactor.callWhenRunning(self._begin)
        self._reactor.addSystemEventTrigger("before", "shutdown", self._stop)
        self._reactor.run()
        if self._failure is not None and not self._failure.check(CancelledError):
            self._failure.raiseException()
        if not self._results:
            raise KeyboardInterrupt
        return self._results[0]

    def _begin(self) -> None:
        self._running = Deferred.fromCoroutine(self._call())
        _ = self._running.addCallbacks(self._results.append, self._failed).addBoth(self._done)

    async def _call(self) -> _T:
        # Here, so that what is wrong with the function itself also ends the reactor.
        return await self._main()

    def _failed(self, failure: Failure) -> None:
        self._failure = failure

    def _done(self, _: None) -> None:
        self._running = None
        if self._stopping is None:
            self._reactor.stop()
        else:
            self._stopping.callback(None)

    def _stop(self) -> Deferred[None] | None:
        if self._running is None:
            return None
        self._stopping = Deferred()
        self._running.cancel()
        return self._stopping
