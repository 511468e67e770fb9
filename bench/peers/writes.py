"""The chat server of many a Twisted tutorial: ``transport.write`` for each member. ``python -m bench.peers.writes PORT``"""

from __future__ import annotations

import sys

from twisted.internet.interfaces import ITCPTransport
from twisted.internet.protocol import ServerFactory, connectionDone
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure


class Chat(LineReceiver):
    """One connection."""

    delimiter = b"\n"
    transport: ITCPTransport

    def __init__(self, members: dict[Chat, bytes]) -> None:
        self._members = members

    def connectionMade(self) -> None:
        self.transport.setTcpNoDelay(True)

    def lineReceived(self, line: bytes) -> None:
        text = line.rstrip(b"\r")
        nick = self._members.get(self)
        if nick is None:
            self._members[self] = text
            self.transport.write(b"-- Welcome %s\r\n" % text)
        elif text == b"QUIT":
            self.transport.loseConnection()
        else:
            said = b"<%s> %s\r\n" % (nick, text)
            for member in self._members:
                if member is not self:
                    member.transport.write(said)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._members.pop(self, None)


class ChatFactory(ServerFactory):
    """Makes connections that know each other."""

    noisy = False

    def __init__(self) -> None:
        self._members: dict[Chat, bytes] = {}

    def buildProtocol(self, addr: object) -> Chat:
        return Chat(self._members)


def main(port: int) -> None:
    """Serve for ever."""
    from twisted.internet import reactor  # noqa: PLC0415  only the program needs one

    reactor.listenTCP(port, ChatFactory(), backlog=1024, interface="127.0.0.1")
    reactor.run()


if __name__ == "__main__":
    main(int(sys.argv[1]))
