"""Which programs on a port for programs are older than today's protocol, and take one read for one object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted_chat.core.api.commands import Login
from twisted_chat.delivery.pacer import Pacer, apart
from twisted_chat.delivery.session import Peer
from twisted_chat.dialects.base import Request
from twisted_chat.dialects.framing import Frame
from twisted_chat.dialects.json.short import VERBS, ShortJson, joined, shape
from twisted_chat.doors.line.frames import Frames
from twisted_chat.runtime.clock import Silence
from twisted_chat.server.node import Node

#: How long the line end behind the first object may take, in seconds, where the two are sent one by one.
_LATE: Final = 0.2


class OlderProgram:
    """Looks at what a session sends until it is clear what it is.

    Older is a program whose first object has no field of today's protocol (see docs/protocol.md), and is a verb in capitals,
    has a ``timestamp`` or has no line end. A plain ``nick`` says nothing: then the first object behind it that is such a verb
    does. Until then all is paced at first, for it may be an older one.

    Such a program need not know nicknames: with another verb before one it is a guest.
    """

    def __init__(
        self, node: Node, peer: Peer, short: ShortJson, pacer: Pacer, over: Callable[[], None]
    ) -> None:
        """``over`` is called when there is no more to wait for."""
        self._node = node
        self._peer = peer
        self._short = short
        self._pacer = pacer
        self._over = over
        self._is_one: bool | None = None
        self._begun = False  # it has sent an object, which said nothing
        self._is_guest = False  # or could be none
        self._wait: Silence | None = None
        self._late = False  # no line end came
        pacer.pace(apart)

    def is_clear(self, frames: Frames, ended: bool) -> bool:
        """Look at the next frame, if there is one and it is not clear what the program is; return False if that takes a moment.

        ``ended``: no more comes.
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
            self._wait = self._wait or Silence(self._node.clock, _LATE, self._waited)
            return False
        return True

    def enters(self, frame: Frame) -> bool:
        """Ask for a guest name if an older program has sent another verb before a nickname; tell whether that was so."""
        found = shape(frame) if self._is_one and isinstance(frame, bytes) else None
        if found is None or self._is_guest or found.type.lower() in ("nick", "quit"):
            return False
        self._is_guest = True
        self._node.submit(self._peer, Request(Login()))
        return True

    def _decide(self, is_one: bool) -> None:
        self._is_one = is_one
        self.stop()
        if is_one:
            self._node.visits.speak(self._peer, self._short)
            self._pacer.pace(joined)
        else:
            self._pacer.free()

    def drained(self) -> None:
        """All that a login brings is out: what comes next need not wait, until it is clear what the program is."""
        if self._is_one is None:
            self._pacer.free()

    def _waited(self) -> None:
        self._wait = None
        self._late = True
        self._over()

    def stop(self) -> None:
        """Wait for nothing any more."""
        if self._wait is not None:
            self._wait.stop()
            self._wait = None
