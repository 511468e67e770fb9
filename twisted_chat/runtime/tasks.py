"""Coroutines that nobody awaits: started here, so that none of their failures is lost."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

log = Logger(namespace="twisted_chat.tasks")


def start(
    work: Coroutine[Any, Any, None], what: str, failed: Callable[[Failure], None] | None = None
) -> None:
    """Run ``work`` as far as it gets now, and the rest when it can go on.

    If it raises, ``failed`` is called; without it (or if that raises too) the failure is logged: "WHAT failed".
    """
    running = Deferred.fromCoroutine(work)
    if failed is not None:
        running = running.addErrback(failed)
    # Named "_" for it is dropped on purpose, with nothing in it that anybody could miss.
    _ = running.addErrback(lambda why: log.failure("{what} failed", why, what=what))
