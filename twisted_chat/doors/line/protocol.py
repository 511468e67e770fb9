"""The line door: people with nc and telnet, and programs that speak JSON lines, on one port."""

from __future__ import annotations

import copy

from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from twisted_chat.delivery.direct import Way
from twisted_chat.delivery.pacer import Pacer
from twisted_chat.delivery.sessions import Session, Sessions
from twisted_chat.dialects.base import Dialect
from twisted_chat.dialects.json.parse import JsonDialect
from twisted_chat.dialects.json.short import ShortJson
from twisted_chat.dialects.line.parse import LineDialect
from twisted_chat.doors.line.older_programs import OlderProgram
from twisted_chat.doors.line.reader import LineReader
from twisted_chat.doors.sockets import LocalTrust
from twisted_chat.doors.stream import StreamFactory, StreamProtocol


class LineProtocol(StreamProtocol):
    """One connection of the line door. On ports for older programs its output is paced while the client may be one."""

    factory: ChatFactory
    _pacer: Pacer | None = None

    def _way(self) -> Way:
        way = super()._way()
        if self.factory.short is None:
            return way
        self._pacer = Pacer(self._sessions.clock, way)
        return Way(self._pacer.send, self._pacer.hold)

    def _read(self, peer: Session, dialect: Dialect) -> LineReader:
        shared, older = self.factory, None
        if self._pacer is not None and shared.short is not None:
            self._pacer.outbox = peer.outbox
            self._flow = self._pacer
            older = OlderProgram(self._sessions, peer, shared.short, self._pacer, self.resumed)
        return LineReader(
            self._sessions,
            peer,
            self.transport,
            self._networks,
            shared.read_limits,
            shared.line,
            shared.json,
            self._start_over,
            older,
            lines=dialect is shared.line,
        )

    def _start_over(self, received: bytes, ended: bool) -> None:
        """Replace a guest's session by one for a program, which logs in itself; ``received`` is what it sent."""
        peer = self._peer
        assert peer is not None
        self._reader.stop()
        self._sessions.close(peer, "continues as a JSON client")
        self._open(self.factory.json)
        self.transport.resumeProducing()
        self._reader.receive(received)
        if ended:
            self._reader.finish()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._pacer is not None:
            self._pacer.stop()
        super().connectionLost(reason)


class ChatFactory(StreamFactory):
    """The line door: what its connections share."""

    protocol = LineProtocol

    def __init__(
        self,
        sessions: Sessions,
        line: LineDialect,
        json: JsonDialect,
        local_trust: LocalTrust = "loopback",
    ) -> None:
        super().__init__(sessions, line, local_trust)
        self.line = line
        self.json = json
        #: The dialect of older programs, on the ports for programs.
        self.short: ShortJson | None = None
        self._short = ShortJson(json)

    def for_programs(self) -> ChatFactory:
        """Return this door for programs that speak JSON from the first byte on, and are greeted in JSON."""
        door = copy.copy(self)
        door.first, door.short = self.json, self._short
        return door
