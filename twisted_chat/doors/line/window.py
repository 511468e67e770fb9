"""The window of a telnet client: lines are broken for its width as soon as the client reports it."""

from __future__ import annotations

from typing import Final

from twisted.internet.interfaces import IDelayedCall

from twisted_chat.delivery.sessions import Session, Sessions
from twisted_chat.dialects.line.parse import LineDialect
from twisted_chat.doors.line.telnet import TelnetFilter

#: Seconds from a report to the new layout: each new width costs some work in every room of the session, and a window that is
#: being resized reports many.
PAUSE: Final = 0.2


class Window:
    """The width for which lines are broken in one session."""

    def __init__(
        self, sessions: Sessions, peer: Session, telnet: TelnetFilter, line: LineDialect
    ) -> None:
        self._sessions = sessions
        self._peer = peer
        self._telnet = telnet
        self._line = line
        self._dialect = peer.dialect
        self._width: int | None = None
        self._pause: IDelayedCall | None = None

    def look(self) -> None:
        """Look for a new width; called when telnet commands have come."""
        if self._pause is None and self._telnet.width != self._width:
            self._pause = self._sessions.clock.callLater(PAUSE, self._resize)

    def _resize(self) -> None:
        self._pause = None
        if self._peer.dialect is self._dialect and not self._peer.closing:
            self._width = self._telnet.width
            self._dialect = self._line.open(self._width)
            self._sessions.speak(self._peer, self._dialect)

    def stop(self) -> None:
        """The session is over."""
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
