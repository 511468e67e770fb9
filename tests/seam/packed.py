"""Ports that pass all that passes them through MessagePack, as between two processes."""

from __future__ import annotations

import inspect
import os
from typing import Any, Final, cast

from twisted_chat.seam.codec import decode, encode
from twisted_chat.seam.ports import ConnectionsPort, HubPort

#: Whether tests let all calls between connections and hub pass through MessagePack.
PACKED: Final = os.environ.get("SEAM") == "packed"


class Packed:
    """Stands before a port: arguments and what is returned are encoded and decoded, and nothing but the port's names is there."""

    def __init__(self, port: object, protocol: type) -> None:
        self._port = port
        self._protocol = protocol

    def __getattr__(self, name: str) -> Any:
        declared = inspect.getattr_static(self._protocol, name)
        found = getattr(self._port, name)
        if isinstance(declared, property):
            return decode(encode(found))

        def call(*arguments: Any, **named: Any) -> Any:
            return decode(encode(found(*decode(encode(arguments)), **decode(encode(named)))))

        setattr(self, name, call)
        return call


def to_hub(hub: HubPort) -> HubPort:
    """Return the way to a hub: a direct one, or if ``SEAM=packed`` is set one through MessagePack."""
    return cast(HubPort, Packed(hub, HubPort)) if PACKED else hub


def to_connections(connections: ConnectionsPort) -> ConnectionsPort:
    """Return the way to connections, as :func:`to_hub`."""
    return cast(ConnectionsPort, Packed(connections, ConnectionsPort)) if PACKED else connections
