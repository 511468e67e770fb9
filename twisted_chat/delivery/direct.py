"""Sending at once: a transport's bytes handed to the kernel without the detour through the transport's buffer.

``transport.write`` appends to a buffer, asks epoll to tell when the socket can be written, is told in the next turn,
and sends. Nearly always the socket could have been written at once; for a room of many that detour is most of the cost
of a line.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Protocol

from twisted.internet import tcp

Write = Callable[[bytes], None]


class Transport(Protocol):
    """The one thing every transport can do."""

    def write(self, data: bytes) -> None:
        """Send, or buffer and send later."""


def direct(transport: Transport) -> Write:
    """Return how to write to ``transport``: at once on its socket where it is a plain one, else by the transport.

    The function may be called only while the transport's own buffer is empty. That is so until the transport asks its
    producer to pause, which from now on it does as soon as it has to keep a single byte.
    """
    if not isinstance(transport, tcp.Connection) or getattr(transport, "TLS", False):
        return transport.write
    handle = transport.getHandle()
    if not isinstance(handle, socket.socket):
        return transport.write
    # The most bytes in the buffer before the producer is paused (twisted.internet.abstract.FileDescriptor).
    transport.bufferSize = 0
    send, buffer = handle.send, transport.write

    def write(data: bytes) -> None:
        try:
            sent = send(data)
        except OSError:
            # The kernel takes no more for now; or the connection is broken: then the transport meets the same error, and knows
            # how to end the connection for it.
            sent = 0
        if sent != len(data):
            buffer(data[sent:])

    return write
