"""The IRC door: it cuts lines, and leaves all else to its dialect."""

from __future__ import annotations

from twisted_chat.delivery.sessions import Session
from twisted_chat.dialects.base import Dialect, Step
from twisted_chat.dialects.framing import LineFramer
from twisted_chat.dialects.irc.message import MAX_FRAME
from twisted_chat.doors.reader import Frames, SessionReader
from twisted_chat.doors.stream import StreamFactory, StreamProtocol


class IrcReader(SessionReader):
    """Submits what one session of IRC sends."""

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
