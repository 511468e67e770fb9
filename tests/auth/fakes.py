"""A thread that does nothing until the test says so."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from twisted.internet.defer import Deferred

from twisted_chat.auth.passwords import Runner

T = TypeVar("T")


class HeldRunner:
    """Runs what it is given when the test says so."""

    def __init__(self) -> None:
        self.held: deque[tuple[Deferred[Any], Callable[[], Any]]] = deque()
        self.stopped = False

    def run(self, work: Callable[[], T]) -> Deferred[T]:
        answer: Deferred[T] = Deferred()
        self.held.append((answer, work))
        return answer

    def go(self) -> None:
        while self.held:
            answer, work = self.held.popleft()
            answer.callback(work())

    def stop(self) -> None:
        self.stopped = True


_runner: type[Runner] = HeldRunner

_check: type[Runner] = HeldRunner
