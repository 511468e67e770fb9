"""The doors of the server: what each port speaks, and opening and closing them."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Final

from twisted.internet.defer import Deferred, DeferredList
from twisted.internet.interfaces import IListeningPort, IProtocolFactory, IStreamServerEndpoint
from twisted.logger import Logger

from twisted_chat.app.listen import CannotOpen, Speaks, close_port, open_port
from twisted_chat.app.settings import Port, Settings
from twisted_chat.app.startup import LOCAL, StartError, Wrap, room
from twisted_chat.delivery.sessions import Sessions
from twisted_chat.dialects.json.parse import JsonDialect
from twisted_chat.dialects.line.parse import LineDialect
from twisted_chat.doors.admission import AcceptLimit, room_for_connections
from twisted_chat.doors.line.protocol import ChatFactory
from twisted_chat.doors.proxy import ProxyFactory, without_proxy
from twisted_chat.doors.stream import StreamFactory
from twisted_chat.runtime.clock import wall_of

log = Logger(namespace="twisted_chat.service")

VERSION: Final = version("twisted-chat")


class Doors:
    """The doors, with the connections that they share."""

    def __init__(self, settings: Settings, reactor: Any, sessions: Sessions) -> None:
        self._settings = settings
        self._reactor = reactor
        self._sessions = sessions
        now = wall_of(sessions.clock)
        #: The door for lines, which makes those for programs.
        self.lines = ChatFactory(
            sessions, LineDialect(now), JsonDialect(now), settings.who_is_local()
        )
        self.connections = self.lines.connections
        self.ports: list[IListeningPort] = []
        self._accept_limit = AcceptLimit(self.connections, reactor)

    async def open(self, encrypt: Wrap | None) -> None:
        """Listen on all ports, with ``encrypt`` on those that use TLS; or raise :class:`StartError`."""
        for port in self._settings.ports():
            await self._listen(port, encrypt if port.tls else None)
        most = room_for_connections()
        self._accept_limit.guard(self.ports, most)
        log.info("{line}", line=room(most))
        log.info("{line}", line=LOCAL[self.lines.local_trust])

    async def close(self) -> None:
        """Stop listening."""
        self._accept_limit.stop()
        await DeferredList([Deferred.fromCoroutine(close_port(port)) for port in self.ports])

    async def _listen(self, port: Port, encrypt: Wrap | None) -> None:
        door = self._door(port.speaks)
        inner = without_proxy(port.endpoint)
        if inner is not None:
            door = door.forwarded()
        factory: IProtocolFactory = encrypt(door) if encrypt is not None else door
        if inner is not None:
            # The header stands before TLS.
            trusted, sessions = self._settings.trusted_proxies(), self._sessions
            factory = ProxyFactory(
                factory, trusted, self.connections, sessions.clock, sessions.log_sums
            )

        async def listen(endpoint: IStreamServerEndpoint) -> IListeningPort:
            return await endpoint.listen(factory)

        try:
            opened = await open_port(
                self._reactor, inner or port.endpoint, listen, port.speaks, tls=port.tls
            )
        except CannotOpen as error:
            raise StartError(str(error)) from None
        self.ports.append(opened)

    def _door(self, speaks: Speaks) -> StreamFactory:
        """Return the door for ports that speak this."""
        match speaks:
            case "lines":
                return self.lines
            case "json":
                return self.lines.for_programs()
            case "irc":  # pragma: no branch (mypy sees a missing case)
                return self._irc()

    def _irc(self) -> StreamFactory:
        # A server without such a port need not wait until it is loaded.
        from twisted_chat.dialects.irc.dialect import IrcDialect
        from twisted_chat.doors.irc.protocol import IrcFactory

        settings = self._settings
        dialect = IrcDialect(
            settings.server_name,
            VERSION,
            lambda: self._sessions.limits,
            wall_of(self._sessions.clock),
            settings.irc_password,
        )
        return IrcFactory(self._sessions, dialect, settings.who_is_local(), self.lines)
