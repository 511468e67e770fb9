"""Opening the chat at an endpoint, and logging where it is open, or why that failed."""

from __future__ import annotations

import errno
import ipaddress
import os
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

from twisted.internet.endpoints import serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.interfaces import IListeningPort, IStreamServerEndpoint
from twisted.logger import Logger

log = Logger(namespace="twisted_chat.service")

#: What a port speaks: lines or JSON, as its client does; JSON from the first byte on; IRC.
Speaks = Literal["lines", "json", "irc"]

_FOR: Final[dict[Speaks, str]] = {
    "lines": "",
    "json": " for programs that speak JSON",
    "irc": " for IRC clients",
}

#: Listens at an endpoint.
Listen = Callable[[IStreamServerEndpoint], Awaitable[IListeningPort]]


class CannotOpen(Exception):
    """Nothing can listen there. ``str()`` is one line: where, why, and what to do."""


async def open_port(
    reactor: Any, description: str, listen: Listen, speaks: Speaks = "lines", *, tls: bool = False
) -> IListeningPort:
    """Listen at the endpoint that a string describes, and log who can join there, and how; or raise :class:`CannotOpen`."""
    try:
        port = await listen(serverFromString(reactor, description))
    except CannotListenError as error:
        raise CannotOpen(f"cannot listen on {_place(error)}: {_reason(error)}") from None
    except Exception as error:
        # An endpoint may come from any plugin, and each says in its own way that its description is wrong.
        why = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        raise CannotOpen(f"cannot listen on {description!r}: {why}") from None
    log.info("{line}", line=opened(port.getHost(), description, speaks, tls=tls))
    return port


async def close_port(port: IListeningPort) -> None:
    """Stop listening."""
    stopped = port.stopListening()
    if stopped is not None:
        await stopped


def opened(address: Any, description: str, speaks: Speaks = "lines", *, tls: bool = False) -> str:
    """Log where the chat is open, who can reach it, and how to open it to others."""
    host, port = getattr(address, "host", None), getattr(address, "port", None)
    what = "the chat is open"
    if tls:
        what += " with TLS"
    what += _FOR[speaks]
    if host is None:
        name = getattr(address, "name", None)
        return f"{what} on {os.fsdecode(name) if name else description}"
    line = f"{what} on {host} port {port}"
    if ipaddress.ip_address(host.partition("%")[0]).is_loopback:
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        join = f"openssl s_client -quiet -connect {place}" if tls else f"nc {host} {port}"
        joins = f" {join} joins it;" if speaks == "lines" else ""
        return f"{line}, for this machine only:{joins} --interface 0.0.0.0 opens it to others"
    return f"{line}, for everyone who can reach this machine"


def _place(error: CannotListenError) -> str:
    """Say where it was that the server could not listen."""
    if isinstance(error.port, int):
        return f"{error.interface or 'any address'} port {error.port}"
    return os.fsdecode(error.port)  # the path of a UNIX socket


def _reason(error: CannotListenError) -> str:
    """Say why the server could not listen, and what to do."""
    why = getattr(error.socketError, "strerror", None) or error.socketError
    if getattr(error.socketError, "errno", None) in (errno.EADDRINUSE, None):
        return f"{why}; stop the program that uses it, or choose another port with --port"
    return f"{why}; choose another address with --port or --interface"
