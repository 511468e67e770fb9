"""The PROXY protocol: a proxy sends the client's address in a header before the client's first byte.

Versions 1 (text) and 2 (binary) of https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt. When the header is complete, the
connection is passed to the door behind with the client's address; the door does not notice the proxy.
"""

from __future__ import annotations

import ipaddress
import struct
from typing import Any, Final, NamedTuple

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IProtocolFactory, IReactorTime
from twisted.internet.protocol import Protocol, ServerFactory, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from twisted_chat.core.values.addresses import UNIX, Network, read_network
from twisted_chat.doors.admission import Connections
from twisted_chat.doors.sockets import READ_SIZE, read_at_most
from twisted_chat.runtime.clock import Silence
from twisted_chat.runtime.log_sums import FEW, LogSums

log = Logger(namespace="twisted_chat.doors")

#: How long a proxy has to send its header, in seconds. It does so as soon as it has connected.
DEADLINE: Final = 5.0
_TEXT: Final = b"PROXY "
#: The longest header of version 1, with its line end.
_LONGEST_TEXT: Final = 107
_BINARY: Final = b"\r\n\r\n\0\r\nQUIT\n"
#: Signature, version and command, family, and the length of the rest.
_HEAD: Final = struct.Struct("!12sBBH")
#: The longest rest that is read: addresses take 216 bytes at most, and what proxies add to them (of TLS, ids) some hundred.
_LONGEST_REST: Final = 4096
_TCP4, _TCP6, _UNIX, _UNSPECIFIED = 0x11, 0x21, 0x31, 0x00
_SIZES: Final = {_TCP4: 12, _TCP6: 36}


class BadHeader(ValueError):
    """The input is not a valid PROXY header. ``str()`` says why, and quotes nothing of it."""


class Header(NamedTuple):
    """The content of a PROXY header."""

    #: The length of the header in bytes.
    size: int
    #: The client's address; None if the proxy does not know it, or connected on its own behalf.
    source: IPv4Address | IPv6Address | None


def read_header(data: bytes) -> Header | None:
    """Read the header at the beginning of a connection; None if it is incomplete. Raises :class:`BadHeader`."""
    if data.startswith(_TEXT):
        return _read_text(data)
    if data.startswith(_BINARY):
        return _read_binary(data)
    if _TEXT.startswith(data) or _BINARY.startswith(data):
        return None
    raise BadHeader("it does not start with a PROXY signature")


def _read_text(data: bytes) -> Header | None:
    line, end, _ = data[:_LONGEST_TEXT].partition(b"\r\n")
    if not end:
        if len(data) >= _LONGEST_TEXT:
            raise BadHeader("it has no line end")
        return None
    size = len(line) + len(end)
    _, kind, *words = line.decode("latin-1").split(" ")
    if kind == "UNKNOWN":
        return Header(size, None)  # whatever else is in it does not count
    if kind not in ("TCP4", "TCP6"):
        raise BadHeader("its protocol is unknown")
    if len(words) != 4 or not all(map(_is_port, words[2:])):
        raise BadHeader("it does not have two addresses and two ports")
    try:
        hosts = [ipaddress.ip_address(word) for word in words[:2]]
    except ValueError:
        hosts = []
    if [host.version for host in hosts] != [int(kind[-1])] * 2:
        raise BadHeader("its addresses do not match its protocol")
    return Header(size, _address(str(hosts[0]), int(words[2])))


def _is_port(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= 5 and int(word) <= 65535


def _read_binary(data: bytes) -> Header | None:
    if len(data) < _HEAD.size:
        return None
    _, command, family, length = _HEAD.unpack_from(data)
    if command not in (0x20, 0x21):
        raise BadHeader("its version or command is unknown")
    if length > _LONGEST_REST:
        raise BadHeader("it is too long")
    size = _HEAD.size + length
    if command == 0x21 and family not in (*_SIZES, _UNIX, _UNSPECIFIED):
        raise BadHeader("its protocol is unknown")
    if length < _SIZES.get(family, 0):
        raise BadHeader("it is too short for its addresses")
    if len(data) < size:
        return None
    if command == 0x20 or family not in _SIZES:
        return Header(size, None)
    if family == _TCP4:
        host, _, port, _ = struct.unpack_from("!4s4sHH", data, _HEAD.size)
    else:
        host, _, port, _ = struct.unpack_from("!16s16sHH", data, _HEAD.size)
    return Header(size, _address(str(ipaddress.ip_address(host)), port))


def _address(host: str, port: int) -> IPv4Address | IPv6Address:
    return (IPv6Address if ":" in host else IPv4Address)("TCP", host, port)


def without_proxy(description: str) -> str | None:
    """Return the description of the endpoint at which proxies connect; None if it is an endpoint for anybody.

    Twisted reads ``haproxy:`` too, and believes everybody.
    """
    kind, _, rest = description.partition(":")
    return rest if kind == "haproxy" else None


class Trusted(NamedTuple):
    """The proxies whose headers are believed."""

    networks: tuple[Network, ...]
    #: Also those of any client of a UNIX socket that the server made.
    unix: bool

    def believes(self, address: IAddress | None) -> bool:
        """Return whether the header of a proxy that connects from there counts."""
        if not isinstance(address, IPv4Address | IPv6Address):
            return self.unix
        host = read_network(address.host.partition("%")[0])
        return host is not None and any(
            host.version == network.version and host.subnet_of(network) for network in self.networks
        )


class ProxyProtocol(Protocol):
    """A connection whose header is not complete yet."""

    factory: ProxyFactory
    transport: Any
    _timer: Silence  # ends the wait for the header

    def __init__(self, factory: ProxyFactory) -> None:
        self.factory = factory
        self._data = b""

    def connectionMade(self) -> None:
        # What comes behind the header is the door's, which wants to read little at a time.
        read_at_most(self.transport, _LONGEST_TEXT)
        connections = self.factory.connections
        connections.count((), 0.0)
        connections.add(self)
        self._timer = Silence(self.factory.clock, DEADLINE, self._refuse, "none arrived")

    def dataReceived(self, data: bytes) -> None:
        self._data += data
        try:
            header = read_header(self._data)
        except BadHeader as bad:
            self._refuse(str(bad))
            return
        if header is not None:
            self._hand_over(header)

    def _hand_over(self, header: Header) -> None:
        """Pass the connection to the door, as if the door had had it from the start."""
        transport = self.transport
        rest = self._data[header.size :]
        inner = self.factory.door.buildProtocol(header.source or transport.getPeer())
        assert inner is not None  # doors refuse nobody before they are connected
        self._release()
        read_at_most(transport, READ_SIZE)
        transport.protocol = inner
        inner.makeConnection(transport)
        if rest:
            inner.dataReceived(rest)

    def _refuse(self, why: str) -> None:
        peer = self.transport.getPeer()
        self.factory.log_sums.write(
            log.warn,
            "no valid PROXY header from {address}: {why}",
            address=getattr(peer, "host", UNIX),
            most=FEW,
            why=why,
        )
        self.transport.abortConnection()

    def _release(self) -> None:
        self._timer.stop()
        self.factory.connections.discount(())
        self.factory.connections.remove(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._release()

    # --- what all connections can do (admission.Connection) ---

    def abort(self) -> None:
        self.transport.abortConnection()

    def check(self, now: float) -> None:
        pass  # there is a deadline


class ProxyFactory(ServerFactory):
    """Reads the header of each connection before the door behind gets it."""

    noisy = False

    def __init__(
        self,
        door: IProtocolFactory,
        trusted: Trusted,
        connections: Connections,
        clock: IReactorTime,
        log_sums: LogSums,
    ) -> None:
        self.log_sums = log_sums
        self.door = door
        self.trusted = trusted
        self.connections = connections
        self.clock = clock

    def buildProtocol(self, addr: IAddress | None) -> ProxyProtocol | None:  # type: ignore[override]
        if self.trusted.believes(addr):
            return ProxyProtocol(self)
        self.log_sums.write(
            log.warn,
            "refused a connection from {address} to a proxy port: the address is not in trusted-proxy",
            address=getattr(addr, "host", UNIX),
            most=FEW,
        )
        return None
