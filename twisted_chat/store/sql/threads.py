"""The threads that talk to the database: one that writes, a few that read."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, ParamSpec, Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool

from twisted_chat.store.sql.database import READERS

P = ParamSpec("P")
T = TypeVar("T")


class Threads(Protocol):
    """Runs functions elsewhere."""

    def write(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """Run a function in the thread that writes, after those it was given before."""

    def read(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """Run a function in a thread that reads."""

    def stop(self) -> None:
        """End the threads; what they were given is done first, unless one of them hangs."""


class RealThreads:
    """Threads of this process. They do not keep it from ending: a database that is gone may hold one for a long time."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._writing = 0
        self._writer = _pool(1, "store-writer")
        self._readers = _pool(READERS, "store-reader")

    def write(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        return deferToThreadPool(self._reactor, self._writer, work, *args, **kwargs)

    def read(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        return deferToThreadPool(self._reactor, self._readers, work, *args, **kwargs)

    def stop(self) -> None:
        for pool in (self._readers, self._writer):
            pool.started = False
            pool._team.quit()


def _pool(size: int, name: str) -> ThreadPool:
    pool = ThreadPool(0, size, name)
    pool.threadFactory = _daemon  # type: ignore[assignment]
    pool.start()
    return pool


def _daemon(*args: Any, **kwargs: Any) -> threading.Thread:
    return threading.Thread(*args, daemon=True, **kwargs)
