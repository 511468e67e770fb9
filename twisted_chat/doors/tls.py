"""TLS around a door; the door behind it is unchanged."""

from __future__ import annotations

from typing import Any, Final, cast

from OpenSSL import SSL
from twisted.internet.interfaces import IDelayedCall, IProtocolFactory, IReactorTime
from twisted.internet.protocol import connectionDone
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure

from twisted_chat.doors.admission import HandshakeFailed
from twisted_chat.tls.certificates import Certificates, explain

#: Seconds a client has to take the last of the output when TLS has ended.
_PARTING: Final = 5.0


class TlsProtocol(TLSMemoryBIOProtocol):
    """One connection. The door behind it is connected at once: its login time bounds that of the handshake too.

    It writes without a buffer of its own, which Twisted's usual one has: an outbox joins what there is in a turn already.
    """

    _ending: IDelayedCall | None = None

    def dataReceived(self, data: bytes) -> None:
        super().dataReceived(data)
        transport = cast(Any, self.transport)
        if transport.disconnecting and self._ending is None:
            # TLS is over: the handshake failed, or the other side ended it, which ends both directions here. The transport
            # closes when all is out; but it would wait for ever for a producer that is paused, or a reader that is deaf.
            transport.unregisterProducer()
            factory = cast(TlsFactory, self.factory)
            self._ending = factory.clock.callLater(_PARTING, transport.abortConnection)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._ending is not None and self._ending.active():
            self._ending.cancel()
        # A client has completed the handshake only if it has sent its Finished message (RFC 8446, section 4.4.4).
        if self.getHandle().get_peer_finished() is None:
            fault = self._reason.value if self._reason is not None else None
            why = f": {explain(fault)}" if isinstance(fault, SSL.Error) else ""
            self._reason = Failure(HandshakeFailed(f"no TLS handshake{why}"))
        super().connectionLost(reason)


class TlsFactory(TLSMemoryBIOFactory):
    """Puts TLS around the connections of a door."""

    protocol = TlsProtocol

    def __init__(
        self, certificates: Certificates, door: IProtocolFactory, clock: IReactorTime
    ) -> None:
        super().__init__(certificates, False, door, clock)
        self.clock = clock
