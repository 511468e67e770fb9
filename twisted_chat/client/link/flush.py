"""Waiting until the server has seen and answered everything."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure


class Settling:
    """Who waits. A ping that is sent behind all else, the *barrier*, tells that all is seen when it is answered."""

    def __init__(self) -> None:
        self._waiting: list[Deferred[None]] = []
        self._barrier: int | None = None
        self._seen = False

    def __bool__(self) -> bool:
        """Tell whether anybody waits."""
        return bool(self._waiting)

    def wait(self) -> Deferred[None]:
        """Return what fires when all is settled, and fails with ConnectionError if it never will be."""
        settled: Deferred[None] = Deferred()
        self._waiting.append(settled)
        return settled

    def asked(self, ping: int) -> None:
        """The barrier was sent."""
        self._barrier, self._seen = ping, False

    def answered(self, ping: int) -> None:
        """A ping was answered."""
        self._seen = self._seen or ping == self._barrier

    def lost(self) -> None:
        """The connection is lost: another barrier must be sent."""
        self._barrier, self._seen = None, False

    def look(self, *, outstanding: bool) -> None:
        """If all is seen, and nothing is ``outstanding``, it is settled."""
        if self._seen and not outstanding:
            self._waiting, waiting = [], self._waiting
            for settled in waiting:
                settled.callback(None)

    def fail(self, why: str) -> None:
        """It will never be settled."""
        self._waiting, waiting = [], self._waiting
        for settled in waiting:
            settled.errback(Failure(ConnectionError(why)))
