"""The IRC door: it cuts lines, and leaves everything else to its dialect."""

from __future__ import annotations

from twisted_chat.delivery.sessions import Session
from twisted_chat.dialects.base import Dialect, Step
from twisted_chat.dialects.framing import Frame, LineFramer, TooLong
from twisted_chat.dialects.irc.message import MAX_FRAME
from twisted_chat.doors.other_protocols import is_http, is_tls
from twisted_chat.doors.reader import Frames, SessionReader
from twisted_chat.doors.stream import StreamFactory, StreamProtocol


class IrcReader(SessionReader):
    """Submits what one session of IRC sends."""

    _began = False  # the first bytes have come

    def receive(self, data: bytes) -> None:
        if not self._began:
            self._began = True
            if is_tls(data):
                self._drop("TLS")
        super().receive(data)

    def _before_login(self, frame: Frame) -> bool:
        # Lines of IRC may follow a request of HTTP: a web page can have its visitors send them.
        if isinstance(frame, TooLong):
            self._say_goodbye("too long for a line", logged="line too long")
        elif isinstance(frame, bytes) and is_http(frame):
            self._drop("HTTP")
        return self._peer.closing

    def _do(self, step: Step) -> None:
        super()._do(step)
        peer = self._peer
        if peer.dialect.here is not peer.outbox.here:
            # The client has other capabilities now.
            self._sessions.speak(peer, peer.dialect)


class IrcProtocol(StreamProtocol):
    """One connection of the IRC door."""

    def _read(self, peer: Session, dialect: Dialect) -> IrcReader:
        frames = Frames(LineFramer(MAX_FRAME, self._sessions.limits.max_endless))
        return IrcReader(
            self._sessions,
            peer,
            self.transport,
            self._networks,
            self.factory.read_limits,
            frames,
            MAX_FRAME,
        )


class IrcFactory(StreamFactory):
    """The IRC door: what its connections share."""

    protocol = IrcProtocol
