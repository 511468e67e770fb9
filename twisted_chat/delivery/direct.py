"""Sending at once: a transport's bytes handed to the kernel without the detour through the transport's buffer.

``transport.write`` appends to a buffer, asks epoll to tell when the socket can be written, is told in the next turn,
and sends. Nearly always the socket could have been written at once; for a room of many that detour is most of the cost
of a line.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from twisted.internet import tcp


class Transport(Protocol):
    """The one thing every transport can do."""

    def write(self, data: bytes) -> None:
        """Send, or buffer and send later."""


class Way(NamedTuple):
    """How to write to a transport: both as in :class:`twisted_chat.delivery.outbox.Sink`."""

    send: Callable[[bytes], int]
    hold: Callable[[bytes], None]


def direct(transport: Transport) -> Way:
    """Return how to write to ``transport``: at once on its socket where it is a plain one, else by the transport.

    Its functions may be called only while the transport's own buffer is empty: from the start until ``hold`` pauses the
    transport's producer, and again after the transport has resumed that producer.
    """
    handle = getattr(transport, "getHandle", lambda: None)()
    if (
        not isinstance(transport, tcp.Connection)
        or getattr(transport, "TLS", False)
        or not isinstance(handle, socket.socket)
    ):
        return _by_itself(transport)
    buffer = transport.write

    def hold(data: bytes) -> None:
        # The kernel takes no more for now; or the connection is broken: then the transport meets the same error, and
        # knows how to end the connection for it.
        buffer(data)
        producer: Any = transport.producer
        if producer is not None and not transport.producerPaused:
            # By itself the transport would pause its producer at 64 KiB only, and resume none that it has not paused.
            transport.producerPaused = True
            producer.pauseProducing()

    return Way(handle.send, hold)


def _by_itself(transport: Transport) -> Way:
    """Let a transport take all, which it never refuses."""
    write = transport.write

    def send(data: bytes) -> int:
        write(data)
        return len(data)

    return Way(send, write)
