"""From what a person or a bot asks for to a link."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IStreamClientEndpoint

from twisted_chat.client import events as ev
from twisted_chat.client.link.known import KnownServers, data_folder
from twisted_chat.client.link.link import Identity, Link
from twisted_chat.client.link.recipients import PATIENCE

#: Where a server is unless told otherwise.
HOST, PORT = "127.0.0.1", 12000


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Which server to visit, as whom, and which rooms to enter (name and password) besides the lobby; one talks in the last."""

    host: str = HOST
    port: int = PORT
    tls: bool = False
    #: The certificate to trust, and no other, as :func:`~twisted_chat.client.link.known.read_fingerprint` returns it.
    fingerprint: str | None = None
    identity: Identity = Identity()
    rooms: tuple[tuple[str, str | None], ...] = ()
    #: The words that one answers to.
    bot_commands: tuple[str, ...] = ()
    #: Connect again after a lost connection, and keep trying.
    reconnect: bool = True
    #: How many seconds a private message waits, after a lost connection, for its recipient.
    patience: float = PATIENCE


class TlsMissing(Exception):
    """TLS was asked for, and what it needs is not installed. ``str()`` is fit to show."""


def open_link(reactor: Any, target: Target, heard: Callable[[ev.Event], None]) -> Link:
    """Make the link to a server; ``startService`` starts it. Raises :class:`TlsMissing`."""
    return Link(
        reactor,
        _endpoint(reactor, target, heard),
        target.identity,
        heard,
        rooms=target.rooms,
        bot_commands=target.bot_commands,
        reconnect=target.reconnect,
        patience=target.patience,
    )


def _endpoint(
    reactor: Any, target: Target, heard: Callable[[ev.Event], None]
) -> IStreamClientEndpoint:
    endpoint = HostnameEndpoint(reactor, target.host, target.port)
    if not target.tls:
        return endpoint
    try:
        # Half a second of imports, only for clients that need it.
        from twisted_chat.client.link.trust import Trust
    except ImportError:
        raise TlsMissing(
            "TLS needs packages that are not installed: pip install 'twisted-chat[tls]'"
        ) from None

    def told(text: str) -> None:
        heard(ev.Notice(content=text, code="certificate"))

    known = KnownServers(data_folder() / "known_servers")
    trust = Trust(target.host, target.port, known, told, target.fingerprint)
    wrapped: IStreamClientEndpoint = wrapClientTLS(trust, endpoint)
    return wrapped
