"""Threads that do nothing until the test says so."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from twisted.internet.defer import Deferred

from twisted_chat.store.sql.threads import Threads

P = ParamSpec("P")
T = TypeVar("T")


class HeldThreads:
    """Threads that hold what they are given; a test lets it run, fail, or hang."""

    def __init__(self) -> None:
        self.held: deque[tuple[Deferred[Any], Callable[[], Any]]] = deque()
        self.reads: deque[tuple[Deferred[Any], Callable[[], Any]]] = deque()
        self.searches: deque[tuple[Deferred[Any], Callable[[], Any]]] = deque()
        self.logins: deque[tuple[Deferred[Any], Callable[[], Any]]] = deque()
        self.stopped = False

    def write(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        answer: Deferred[T] = Deferred()
        self.held.append((answer, lambda: work(*args, **kwargs)))
        return answer

    def read(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        answer: Deferred[T] = Deferred()
        self.reads.append((answer, lambda: work(*args, **kwargs)))
        return answer

    def search(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        answer: Deferred[T] = Deferred()
        self.searches.append((answer, lambda: work(*args, **kwargs)))
        return answer

    def log_in(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Deferred[T]:
        answer: Deferred[T] = Deferred()
        self.logins.append((answer, lambda: work(*args, **kwargs)))
        return answer

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


_check: type[Threads] = HeldThreads
