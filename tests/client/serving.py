"""A server of memory for tests of the client: it answers only what a test lets it answer."""

from __future__ import annotations

import json
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.error import ConnectionLost, ConnectionRefusedError
from twisted.internet.interfaces import IProtocolFactory, IStreamClientEndpoint
from twisted.internet.testing import StringTransportWithDisconnection
from twisted.python.failure import Failure
from zope.interface import implementer


@implementer(IStreamClientEndpoint)
class FakeServer:
    """An endpoint, and whom it leads to. It greets as a server does, and answers pings by itself."""

    def __init__(self) -> None:
        self.tries = 0
        #: Nobody is there.
        self.down = False
        #: A connection is not made at once, but when this fires.
        self.slow: Deferred[Any] | None = None
        self.greeting = b"Welcome to twisted-chat.\r\nPick a nickname.\r\n"
        self.answers_pings = True
        self.wire: StringTransportWithDisconnection | None = None
        #: What the client sent, the objects in order, but for pings that were answered.
        self.got: list[dict[str, Any]] = []
        self.ids = 0

    def connect(self, factory: IProtocolFactory) -> Deferred[Any]:
        self.tries += 1
        if self.down:
            return fail(ConnectionRefusedError())
        if self.slow is not None:
            return self.slow
        protocol: Any = factory.buildProtocol(IPv4Address("TCP", "127.0.0.1", 12000))
        wire = StringTransportWithDisconnection()
        wire.protocol = protocol
        self.wire = wire
        protocol.makeConnection(wire)
        return succeed(protocol)

    def begins(self) -> None:
        """Greet who has connected."""
        self.sends(self.greeting)
        self.hears()

    def sends(self, data: bytes) -> None:
        assert self.wire is not None
        self.wire.protocol.dataReceived(data)

    def tells(self, type_: str, **fields: Any) -> None:
        """Send an object; ``from_`` stands for ``from``."""
        content = fields.pop("content", "")
        named = {name.rstrip("_"): value for name, value in fields.items()}
        told = {"type": type_, "content": content, "timestamp": "12:00:00", **named}
        self.sends(json.dumps(told).encode() + b"\n")

    def hears(self) -> list[dict[str, Any]]:
        """Take what the client sent; return all of it since the last call of :meth:`took`."""
        while self.wire is not None and (data := self.wire.value()):
            self.wire.clear()
            for line in data.splitlines():
                given = json.loads(line)
                if given["type"] == "ping" and self.answers_pings:
                    self.tells("pong", content=given["content"])
                else:
                    self.got.append(given)
        return self.got

    def took(self) -> list[dict[str, Any]]:
        """Return what the client sent since the last call."""
        self.hears()
        got, self.got = self.got, []
        return got

    def welcomes(
        self, nick: str = "bob", *, session: str = "secret", resumed: bool = False
    ) -> None:
        """Let the client in, and into the lobby."""
        self.begins()
        self.tells(
            "welcome",
            id="login",
            nick=nick,
            session=session,
            scope=f"scope-of-{session}",
            resumed=resumed,
            content=f"Welcome, {nick}.",
        )
        self.enters("lobby", nick)
        self.hears()

    def enters(self, room: str, *names: str, tag: str | None = None, history: bool = True) -> None:
        """Tell the client that it is in a room now."""
        tagged = {"id": tag} if tag is not None else {}
        self.tells("members", room=room, names=list(names), count=len(names), **tagged)
        if history:
            self.tells("history_start", room=room, count=0)
            self.tells("history_end", room=room, count=0, more=False)

    def says(self, text: str, room: str | None = "lobby", who: str = "carol", **fields: Any) -> str:
        """Let somebody say something; return its id."""
        self.ids += 1
        message = f"{self.ids:016x}"
        where = {"room": room} if room is not None else {"to": "bob"}
        self.tells(
            "message" if room is not None else "private",
            content=text,
            from_=who,
            id=message,
            time="2026-01-01T00:00:00Z",
            **where,
            **fields,
        )
        return message

    def acks(self, tag: str) -> None:
        self.ids += 1
        self.tells("ack", id=tag, message=f"{self.ids:016x}", time="2026-01-01T00:00:00Z")

    def drops(self) -> None:
        """Lose the connection."""
        assert self.wire is not None
        wire, self.wire = self.wire, None
        if wire.connected:
            wire.connected = False
            wire.protocol.connectionLost(Failure(ConnectionLost()))
