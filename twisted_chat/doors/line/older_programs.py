"""Recognizes clients, on a port for programs, that are older than today's protocol and expect one object per read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted_chat.core.api.commands import Login
from twisted_chat.delivery.pacer import Pacer, apart
from twisted_chat.delivery.sessions import Session, Sessions
from twisted_chat.dialects.base import Request
from twisted_chat.dialects.framing import Frame
from twisted_chat.dialects.json.short import VERBS, ShortJson, joined, shape
from twisted_chat.doors.line.frames import TelnetFrames
from twisted_chat.runtime.clock import Silence

#: Seconds within which the line end after the first object may follow, if the client sends the two separately.
_LATE: Final = 0.2


class OlderProgram:
    """Looks at the first objects of a session until it is clear which protocol the client speaks.

    A client is an older one if its first object has no field of today's protocol (see docs/protocol.md), and its type is a verb
    in capitals, or it has a ``timestamp``, or it has no line end. A plain ``nick`` does not decide; then the next object of
    another type does. Until then the answers to the login are paced, in case the client is an older one.

    Some older clients know no nicknames: if another verb comes first, the session gets a guest name.
    """

    def __init__(
        self,
        sessions: Sessions,
        peer: Session,
        short: ShortJson,
        pacer: Pacer,
        over: Callable[[], None],
    ) -> None:
        """``over`` is called when the wait is over."""
        self._sessions = sessions
        self._peer = peer
        self._short = short
        self._pacer = pacer
        self._over = over
        self._is_one: bool | None = None
        self._begun = False  # an object came that did not decide it
        self._is_guest = False  # a guest name was asked for
        self._wait: Silence | None = None
        self._late = False  # no line end came in time
        pacer.pace(apart)

    def is_clear(self, frames: TelnetFrames, ended: bool) -> bool:
        """Look at the next frame, unless the protocol is clear; return False if the frame's line end may still come.

        ``ended``: end of input.
        """
        frame = frames.look() if self._is_one is None else None
        found = shape(frame) if isinstance(frame, bytes) else None
        if found is None:
            return True
        if found.ours:
            self._decide(False)
        elif found.type in VERBS or (found.timed and not self._begun):
            self._decide(True)
        elif self._begun and found.type.lower() != "nick":
            self._decide(False)
        elif self._begun or frames.line_ended:
            self._begun = True
            self.stop()
        elif ended or self._late or frames.more_behind:
            self._decide(True)
        else:
            self._wait = self._wait or Silence(self._sessions.clock, _LATE, self._waited)
            return False
        return True

    def enters(self, frame: Frame) -> bool:
        """Ask for a guest name if an older client sends another verb before a nickname; return whether it did."""
        found = shape(frame) if self._is_one and isinstance(frame, bytes) else None
        if found is None or self._is_guest or found.type.lower() in ("nick", "quit"):
            return False
        self._is_guest = True
        self._sessions.submit(self._peer, Request(Login()))
        return True

    def _decide(self, is_one: bool) -> None:
        self._is_one = is_one
        self.stop()
        if is_one:
            self._sessions.speak(self._peer, self._short.open())
            self._pacer.pace(joined)
        else:
            self._pacer.free()

    def drained(self) -> None:
        """The answers to the login are out: while the protocol is not clear, nothing after them is paced."""
        if self._is_one is None:
            self._pacer.free()

    def _waited(self) -> None:
        self._wait = None
        self._late = True
        self._over()

    def stop(self) -> None:
        """Stop waiting."""
        if self._wait is not None:
            self._wait.stop()
            self._wait = None
