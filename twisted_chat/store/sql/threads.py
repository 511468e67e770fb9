"""The threads that talk to the database: one that writes, a few that read, and one each for searches and for logins.

A search may take seconds, and a user can ask for many; logins, joins and history do not wait for them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, ParamSpec, Protocol, TypeVar

from twisted.internet.defer import Deferred, execute
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

    def search(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """Run a function in the thread that searches."""

    def log_in(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        """Run a function in the thread that reads what logins need."""

    def stop(self) -> None:
        """End the threads; what they were given is done first, unless one of them hangs."""


class RealThreads:
    """Threads of this process; before the reactor runs, no threads at all.

    They do not keep the process from ending: a database that is gone may hold one for a long time.
    """

    def __init__(self, reactor: Any) -> None:
        self._writer = _Pool(reactor, 1, "store-writer")
        self._readers = _Pool(reactor, READERS, "store-reader")
        self._searcher = _Pool(reactor, 1, "store-searcher")
        self._logins = _Pool(reactor, 1, "store-logins")

    def write(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        return self._writer.run(work, *args, **kwargs)

    def read(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        return self._readers.run(work, *args, **kwargs)

    def search(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        return self._searcher.run(work, *args, **kwargs)

    def log_in(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        return self._logins.run(work, *args, **kwargs)

    def stop(self) -> None:
        for pool in (self._logins, self._searcher, self._readers, self._writer):
            pool.stop()


class _Pool:
    """Some threads, and how many of them have something to do."""

    def __init__(self, reactor: Any, size: int, name: str) -> None:
        self._reactor = reactor
        self._pool = ThreadPool(0, size, name)
        self._pool.threadFactory = _daemon  # type: ignore[assignment]
        self._pool.start()
        self._busy = 0

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        if not self._reactor.running:
            # Nothing happens yet that could be held up, and no thread could give its answer.
            return execute(work, *args, **kwargs)
        # A caller may give up: then this one fires, while the thread is as busy as before.
        answer: Deferred[T] = Deferred()

        def unless_given_up() -> T | None:
            return None if answer.called else work(*args, **kwargs)

        def done(result: Any) -> None:
            self._busy -= 1
            answer.callback(result)  # the first after a cancel() is ignored

        self._busy += 1
        _ = deferToThreadPool(self._reactor, self._pool, unless_given_up).addBoth(done)
        return answer

    def stop(self) -> None:
        if not self._busy:  # else it would have to be waited for
            self._pool.stop()


def _daemon(*args: Any, **kwargs: Any) -> threading.Thread:
    return threading.Thread(*args, daemon=True, **kwargs)


_check: type[Threads] = RealThreads
