"""What all doors on byte streams share: admission, timeouts, pings, writing, half-close, and closing a connection."""

from __future__ import annotations

import copy
import typing
from abc import abstractmethod
from typing import Final, TypeVar

from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IHalfCloseableProtocol,
    IPushProducer,
    ISSLTransport,
)
from twisted.internet.protocol import Protocol, ServerFactory, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from twisted_chat.core.api import replies as r
from twisted_chat.core.values.addresses import network_keys
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.delivery.direct import Way, direct
from twisted_chat.delivery.sessions import Session, Sessions
from twisted_chat.dialects.base import Dialect
from twisted_chat.doors.admission import Connections, HandshakeFailed
from twisted_chat.doors.read_limits import ReadLimits
from twisted_chat.doors.reader import SessionReader
from twisted_chat.doors.sockets import LocalTrust, origin, tune
from twisted_chat.runtime.clock import Silence
from twisted_chat.runtime.log_sums import FEW

log = Logger(namespace="twisted_chat.doors")

_Factory = TypeVar("_Factory", bound="StreamFactory")

#: Seconds a client has to take the last of the output when its connection ends.
_PARTING: Final = 5.0


class Connection(typing.Protocol):
    """What a door needs from a transport; those of TCP, TLS and UNIX sockets provide it."""

    def write(self, data: bytes) -> None: ...
    def loseConnection(self) -> None: ...
    def abortConnection(self) -> None: ...
    def pauseProducing(self) -> None: ...
    def resumeProducing(self) -> None: ...
    def registerProducer(self, producer: IPushProducer, streaming: bool) -> None: ...
    def unregisterProducer(self) -> None: ...


class Flow(typing.Protocol):
    """What is paused while a transport's buffer is full."""

    def pause(self) -> None:
        """The transport takes no more for now."""

    def resume(self) -> None:
        """The transport takes more."""


def _nowhere(data: bytes) -> typing.NoReturn:
    """Stand-in for the transport before the connection is made; never called."""
    raise AssertionError("there is no connection yet")


_NOWHERE: Final = Way(_nowhere, _nowhere)


@implementer(IHalfCloseableProtocol, IPushProducer)
class StreamProtocol(Protocol):
    """One connection: it passes bytes to its reader, which submits commands, and writes what the node sends.

    This class begins and ends the connection; a door adds only its reader. As the producer of its transport it tells the outbox
    when the kernel's buffer is full.
    """

    transport: Connection  # type: ignore[assignment]
    factory: StreamFactory
    #: Both exist once there is a session.
    _reader: SessionReader
    _flow: Flow

    def __init__(self, factory: StreamFactory, host: str | None) -> None:
        """``host`` is the client's address, None for this machine."""
        self.factory = factory
        self._host = host
        self._networks = network_keys(host)
        self._sessions = factory.sessions
        #: As in :class:`twisted_chat.delivery.outbox.Sink`.
        self.send, self.hold = _NOWHERE
        self._peer: Session | None = None
        self._refused = False  # then its networks do not count it
        self._timer: Silence | None = None  # the login timeout
        self._parting: IDelayedCall | None = None
        self._heard = 0.0  # when the last bytes came
        self._pinged: float | None = None  # when it was pinged, if nothing has come since

    @abstractmethod
    def _read(self, peer: Session, dialect: Dialect) -> SessionReader:
        """Return the reader of a session that begins in this dialect."""

    def _way(self) -> Way:
        """Return how to write to the transport."""
        return direct(self.transport)

    # --- connection ---

    def connectionMade(self) -> None:
        now = self._sessions.clock.seconds()
        why = self.factory.connections.count(self._networks, now)
        if why:
            self._refused = True
            self._sessions.log_sums.write(
                log.info,
                "refused a connection from {address}: {why}",
                address=self._host or "this machine",
                most=FEW,
                why=why,
            )
            self._turn_away(why)
            return
        tune(self.transport, self._sessions.limits.send_buffer)
        why = self._sessions.hub.banned(self._host)
        if why:
            self._turn_away(why)
            return
        self.send, self.hold = self._way()
        self._open(self.factory.first)
        # A push producer: the transport calls pauseProducing when its buffer is full.
        self.transport.registerProducer(self, True)
        self.factory.connections.add(self)
        self._heard = now

    def _open(self, dialect: Dialect) -> None:
        """Begin a session."""
        peer = self._peer = self._sessions.open(self, dialect.open(), self._host)
        self._flow = peer.outbox
        self._reader = self._read(peer, dialect)
        self._timer = Silence(
            self._sessions.clock, self._sessions.limits.login_time, self._login_timed_out, peer
        )
        if self._networks:
            self.factory.connections.half_open.add(self, self._networks[-1])

    def _turn_away(self, why: str) -> None:
        """Refuse a connection before it has a session."""
        self.transport.write(self.factory.first.open().reply(r.Refused("refused", why), None))
        self._lose()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.factory.connections.discount(() if self._refused else self._networks)
        self.factory.connections.half_open.discard(self)
        self._stop_timer()
        if self._parting is not None and self._parting.active():
            self._parting.cancel()
        if self._peer is not None:
            self._reader.stop()
            self._peer.outbox.close()
            why = str(reason.value) if isinstance(reason.value, HandshakeFailed) else None
            self._sessions.close(self._peer, "connection lost", logged=why)
        self.factory.connections.remove(self)

    def abort(self) -> None:
        """Close the connection now."""
        self.transport.abortConnection()

    def readConnectionLost(self) -> None:
        if self._peer is not None:
            self._reader.finish()

    def writeConnectionLost(self) -> None:
        self.transport.loseConnection()

    def dataReceived(self, data: bytes) -> None:
        peer = self._peer
        if peer is None or peer.closing:
            return
        self._heard, self._pinged = self._sessions.clock.seconds(), None
        self._reader.receive(data)

    def _login_timed_out(self, peer: Session) -> None:
        limit = self._sessions.limits.login_time
        why = f"no nickname within {limit} seconds"
        self._sessions.say_goodbye(peer, why, "refused", logged=why)

    def make_room(self) -> None:
        """See :class:`twisted_chat.doors.admission.HalfOpenConnection`."""
        peer = self._peer
        assert peer is not None
        why = "too many connections have not logged in; this one was closed to make room"
        self._sessions.say_goodbye(peer, why, "refused", logged="closed to make room for others")
        if ISSLTransport.providedBy(self.transport):
            # Otherwise TLS would wait for the client's close_notify.
            self.transport.abortConnection()

    # --- silence ---

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()

    def check(self, now: float) -> None:
        """Ping a session that has been silent for long; end one that used to answer pings and no longer does."""
        peer, limits = self._peer, self._sessions.limits
        if peer is None or peer.closing or not self._reader.inside or not peer.dialect.pings:
            return
        if not self._reader.reading.on:
            self._heard, self._pinged = now, None  # an answer may be waiting to be read
        elif self._pinged is None:
            if now - self._heard >= limits.ping_after:
                self._pinged = now
                self._sessions.tell(peer, r.Probe())
        elif self._reader.answers_pings and now - self._pinged >= limits.ping_wait:
            self._sessions.say_goodbye(peer, "no answer to a ping", "timed out")

    # --- what the session is told (delivery.sessions.Door) ---

    def resumed(self) -> None:
        self._reader.pump()

    def logged_in(self, *, resumed: bool) -> None:
        self._stop_timer()
        self.factory.connections.half_open.discard(self)
        self._reader.logged_in(resumed=resumed)

    def ask_password(self, name: RoomName | Nick, *, wrong: bool) -> bool:
        return self._reader.ask_password(name, wrong=wrong)

    @property
    def private(self) -> bool:
        return self._host is None or ISSLTransport.providedBy(self.transport)

    def drained(self) -> None:
        peer = self._peer
        assert peer is not None
        if peer.closing and self._parting is not None:
            self._lose()
        else:
            self._reader.drained()

    def overflowed(self, reason: str) -> None:
        peer = self._peer
        assert peer is not None
        self._sessions.close(peer, reason)
        self.transport.abortConnection()

    def end(self) -> None:
        peer = self._peer
        assert peer is not None
        self._reader.clear()
        if peer.outbox.empty:
            self._lose()
        else:
            self._parting = self._sessions.clock.callLater(_PARTING, self.transport.abortConnection)

    def _lose(self) -> None:
        self.transport.unregisterProducer()
        self.transport.loseConnection()
        if self._parting is None:
            # A client that no longer reads would keep the connection open for ever.
            self._parting = self._sessions.clock.callLater(_PARTING, self.transport.abortConnection)

    # --- what the transport asks for (IPushProducer) ---

    def pauseProducing(self) -> None:
        self._flow.pause()

    def resumeProducing(self) -> None:
        self._flow.resume()

    def stopProducing(self) -> None:
        pass


class StreamFactory(ServerFactory):
    """A door: what its connections share."""

    noisy = False
    protocol: type[StreamProtocol]  # type: ignore[assignment]

    def __init__(
        self,
        sessions: Sessions,
        first: Dialect,
        local_trust: LocalTrust = "loopback",
        beside: StreamFactory | None = None,
    ) -> None:
        """``first`` is the dialect of new connections; ``local_trust`` says which of them count as this machine.

        ``beside``: the door with which this one has its limits in common: those on connections, and those on what is read.
        """
        self.sessions = sessions
        self.first = first
        self.local_trust = local_trust
        if beside is None:
            connections = Connections(sessions.limits.max_per_address)
            read_limits = ReadLimits(lambda: sessions.limits, sessions.clock)
        else:
            connections, read_limits = beside.connections, beside.read_limits
        self.connections: Connections = connections
        self.read_limits: ReadLimits = read_limits

    def buildProtocol(self, addr: IAddress | None) -> StreamProtocol:  # type: ignore[override]
        return self.protocol(self, origin(addr, self.local_trust))

    def forwarded(self: _Factory) -> _Factory:
        """Return this door for connections behind a proxy: none of them counts as this machine, whatever the proxy says."""
        door = copy.copy(self)
        door.local_trust = "none"
        return door
