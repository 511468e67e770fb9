"""A person at the line door of our server, who waits for what they are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import connectionDone
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure

from bench.errors import BenchError
from bench.wire import Target


async def come(
    reactor: Any, target: Target, heard: Callable[[str], None] = lambda line: None
) -> Visitor:
    """Connect; ``heard`` is called with each line."""
    endpoint = TCP4ClientEndpoint(reactor, target.host, target.port)
    visitor: Visitor = await connectProtocol(endpoint, Visitor(heard))
    return visitor


class Visitor(LineOnlyReceiver):
    """A session. :meth:`told` fires when a line comes that has a text in it."""

    delimiter = b"\n"

    def __init__(self, heard: Callable[[str], None] = lambda line: None) -> None:
        self._heard = heard
        self._waiting: list[tuple[str, Deferred[None]]] = []

    def types(self, line: str) -> None:
        self.sendLine(line.encode())

    def leave(self) -> None:
        assert self.transport is not None
        self.transport.loseConnection()

    def told(self, text: str) -> Deferred[None]:
        answer: Deferred[None] = Deferred()
        self._waiting.append((text, answer))
        return answer

    def lineReceived(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace")
        self._heard(text)
        done = [each for wanted, each in self._waiting if wanted in text]
        self._waiting = [(wanted, each) for wanted, each in self._waiting if wanted not in text]
        for each in done:
            each.callback(None)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        waiting, self._waiting = self._waiting, []
        for _, each in waiting:
            each.errback(BenchError("the server closed a connection"))
