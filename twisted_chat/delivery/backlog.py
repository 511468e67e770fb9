"""The backlog: how much waits for slow readers, and of what fast senders sent, of all sessions together."""

from __future__ import annotations

from typing import Protocol

from twisted.logger import Logger

log = Logger(namespace="twisted_chat.delivery")


class Behind(Protocol):
    """A session for which bytes wait, or of which bytes wait."""

    def end(self) -> None:
        """End it now."""


class Backlog:
    """Counts the bytes that wait for all sessions of a server, and bounds them.

    A limit for each session is not enough: a thousand of them, each just within it, are more than a small machine has.
    Over ``limit`` bytes, those who have most waiting are ended, until a quarter of it is free.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._of: dict[Behind, int] = {}
        #: How many bytes wait, and how many sessions were ended as too slow since the server started.
        self.bytes = 0
        self.ended = 0

    def note(self, session: Behind, waiting: int) -> None:
        """Note how many bytes wait for a session, or of it."""
        self.bytes += waiting - self._of.pop(session, 0)
        if waiting:
            self._of[session] = waiting

    def relieve(self) -> None:
        """End those who are furthest behind, if too much waits."""
        if self.bytes <= self.limit:
            return
        log.warn(
            "{bytes} bytes are waiting for slow readers or from fast senders, more than {limit}; "
            "the sessions with the most are disconnected",
            bytes=self.bytes,
            limit=self.limit,
        )
        for session in sorted(self._of, key=self._of.__getitem__, reverse=True):
            if self.bytes <= self.limit * 3 // 4:
                break
            session.end()
