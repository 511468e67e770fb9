"""Threads that do nothing until the test says so, and a database in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Connection, create_engine
from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.store.sql.schema import metadata
from twisted_chat.store.sql.threads import Threads

P = ParamSpec("P")
T = TypeVar("T")


Held = deque[tuple[Deferred[Any], Callable[[], Any]]]


def _hold(where: Held, work: Callable[[], T]) -> Deferred[T]:
    answer: Deferred[T] = Deferred()
    where.append((answer, work))
    return answer


class HeldThreads:
    """Threads that hold what they are given; a test lets it run, fail, or hang."""

    def __init__(self) -> None:
        self.held, self.reads = Held(), Held()
        self.searches, self.logins = Held(), Held()
        self.stopped = False

    def write(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        return _hold(self.held, partial(work, *args, **kwargs))

    def read(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        return _hold(self.reads, partial(work, *args, **kwargs))

    def search(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        return _hold(self.searches, partial(work, *args, **kwargs))

    def log_in(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        return _hold(self.logins, partial(work, *args, **kwargs))

    def stop(self) -> None:
        self.stopped = True

    def run(self) -> None:
        """Let the oldest piece of writing happen."""
        answer, work = self.held.popleft()
        try:
            result = work()
        except Exception as error:
            answer.errback(error)
        else:
            answer.callback(result)

    def run_all(self) -> None:
        while self.held:
            self.run()

    def fail(self, error: Exception) -> None:
        """Let the oldest piece of writing fail before it begins."""
        answer, _ = self.held.popleft()
        answer.errback(error)


class SchemaCase(SynchronousTestCase):
    """Has a connection to a database in memory with all tables."""

    def setUp(self) -> None:
        engine = create_engine("sqlite://")
        self.connection: Connection = engine.connect()
        self.addCleanup(engine.dispose)
        self.addCleanup(self.connection.close)
        metadata.create_all(self.connection)


_check: type[Threads] = HeldThreads
