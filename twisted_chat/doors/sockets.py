"""Socket options: how long a dead peer can go unnoticed, and how much the kernel buffers."""

from __future__ import annotations

import select
import socket
from typing import Final, Literal

from twisted.internet.abstract import FileDescriptor
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress

from twisted_chat.core.values.addresses import UNIX, is_loopback
from twisted_chat.core.values.text import shown

#: Which connections count as this machine: none, those over UNIX sockets, or also those from loopback addresses.
LocalTrust = Literal["none", "unix", "loopback"]
#: The longest text form of an address with a zone, in characters.
_LONGEST_ADDRESS: Final = 64

# A peer that vanished without a word is noticed within 150 s: 60 s of silence and 6 probes, 15 s apart; and so is one that no
# longer acknowledges what it is sent (TCP_USER_TIMEOUT, in milliseconds, RFC 5482).
_OPTIONS: Final = (
    ("TCP_KEEPIDLE", 60),
    ("TCP_KEEPINTVL", 15),
    ("TCP_KEEPCNT", 6),
    ("TCP_USER_TIMEOUT", 150_000),
)

#: How many bytes a transport reads at a time by default.
READ_SIZE: Final = FileDescriptor.bufferSize


def tune(transport: object, send_buffer: int) -> None:
    """Set keepalive and buffer size (bytes) on a transport's socket, where the socket and the options exist."""
    handle = _socket_of(transport)
    if handle is None:
        return
    try:
        _set(handle, send_buffer)
    except OSError:
        pass  # some systems refuse it on a connection that the other side has ended already


def read_at_most(transport: object, size: int) -> None:
    """Let a transport read at most ``size`` bytes at a time, if it has such a limit."""
    # Wrappers pass on reading an attribute, but keep what is set.
    while (inner := getattr(transport, "transport", None)) is not None:
        transport = inner
    if hasattr(transport, "bufferSize"):
        transport.bufferSize = size


def _socket_of(transport: object) -> socket.socket | None:
    """Return the socket under a transport, which TLS or a proxy's header may be wrapped around."""
    while transport is not None:
        handle = getattr(transport, "getHandle", lambda: None)()
        if isinstance(handle, socket.socket):
            return handle
        transport = getattr(transport, "transport", None)
    return None


def _set(handle: socket.socket, send_buffer: int) -> None:
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    if handle.family not in (socket.AF_INET, socket.AF_INET6):
        return
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # Telnet clients send half of a "data mark" as urgent data; the other half would be junk without it (RFC 854).
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    for name, value in _OPTIONS:
        option = getattr(socket, name, None)
        if option is not None:
            handle.setsockopt(socket.IPPROTO_TCP, option, value)


def origin(address: IAddress | None, trust: LocalTrust) -> str | None:
    """Return where a connection comes from, an address or :data:`.addresses.UNIX`; None if it counts as this machine."""
    if not isinstance(address, IPv4Address | IPv6Address):
        return UNIX if trust == "none" else None
    if trust == "loopback" and is_loopback(address.host):
        return None
    return str(shown(address.host, _LONGEST_ADDRESS))


def is_broken(transport: object) -> bool:
    """Return whether a transport's connection is dead: reset, or given up by the kernel. One half-closed is not."""
    handle = _socket_of(transport)
    if handle is None or handle.fileno() < 0 or not hasattr(select, "poll"):
        return False
    watch = select.poll()
    watch.register(handle, 0)  # errors are told in any case
    return bool(watch.poll(0))
