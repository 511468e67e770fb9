"""Sending at once: a transport's bytes handed to the kernel without the detour through the transport's buffer.

``transport.write`` appends to a buffer, asks epoll to tell when the socket can be written, is told in the next turn,
and sends. Nearly always the socket could have been written at once; for a room of many that detour is most of the cost
of a line.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet import tcp

Write = Callable[[bytes], None]


class Transport(Protocol):
    """The one thing every transport can do."""

    def write(self, data: bytes) -> None:
        """Send, or buffer and send later."""


def direct(transport: Transport) -> Write:
    """Return how to write to ``transport``: at once on its socket where it is a plain one, else by the transport.

    The function may be called only while the transport's own buffer is empty: from its making until it pauses the transport's
    producer, which it does as soon as a single byte is left over, and again after the transport has resumed that producer.
    """
    if not isinstance(transport, tcp.Connection) or getattr(transport, "TLS", False):
        return transport.write
    handle = transport.getHandle()
    if not isinstance(handle, socket.socket):
        return transport.write
    send, buffer = handle.send, transport.write

    def write(data: bytes) -> None:
        try:
            sent = send(data)
        except OSError:
            # The kernel takes no more for now; or the connection is broken: then the transport meets the same
            # error, and knows how to end the connection for it.
            sent = 0
        if sent != len(data):
            buffer(data[sent:])
            producer: Any = transport.producer
            if producer is not None and not transport.producerPaused:
                # By itself the transport would pause its producer at 64 KiB only, and resume none that it has not paused.
                transport.producerPaused = True
                producer.pauseProducing()

    return write
