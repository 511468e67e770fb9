"""Pauses end the lines of clients that send no line ends, such as ``send(input().encode())``.

Such a client cannot be told for certain from a person who types slowly at a terminal that sends each key, or from a line that
the network cut in two. So pauses count only if the first read is a whole nickname of two or more characters and nothing
follows it for a while. Any line end shows that the client sends them.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import Final

from twisted.internet.interfaces import IReactorTime

from twisted_chat.core.api.commands import Login, Say
from twisted_chat.dialects.base import BadLine
from twisted_chat.dialects.framing import LINE_END, Framer
from twisted_chat.dialects.line.parse import LineDialect
from twisted_chat.dialects.said import begins_private, is_whole
from twisted_chat.dialects.terminal import TerminalFramer
from twisted_chat.runtime.clock import Silence
from twisted_chat.seam.ports import HubPort

#: The pause after the first piece, in seconds: single key presses come faster, and so do the parts of a line that was cut.
FIRST: Final = 0.3
#: … and after later pieces: programs send a piece at once, and people do not send two within that time.
LATER: Final = 0.05
#: … and after a piece that is private, or may become so: half of it must not be said in public.
PRIVATE: Final = 1.0

# A nickname has at most 32 characters of four bytes, so nothing longer is looked at.
_LONGEST_NAME: Final = 128
# A piece longer than this, in bytes, probably continues in another read: it waits as long as private ones do.
_LONG: Final = 512


class _State(Enum):
    NEW = auto()  # nothing has come yet
    LIKELY = auto()  # the first read may be a piece
    SURE = auto()
    NO = auto()  # for good


class Pauses:
    """Ends the unfinished line of a session after a pause, and calls ``over``.

    ``watching`` is false once no pause can end a line any more. ``joined``: more came before the pause that would have ended a
    private piece, and the two became one line.
    """

    def __init__(
        self, clock: IReactorTime, hub: HubPort, line: LineDialect, over: Callable[[], None]
    ) -> None:
        self._clock = clock
        self._hub = hub
        self._line = line
        self._over = over
        self._state = _State.NEW
        self._timer: Silence | None = None
        self._private = False
        self.joined = False

    @property
    def watching(self) -> bool:
        return self._state is not _State.NO or self._timer is not None

    def arrived(self, data: bytes, *, plain: bool) -> None:
        """Look at a read; ``plain``: there is no telnet in it."""
        self.joined = self.joined or (self._private and self._timer is not None)
        self.stop()
        if not plain or LINE_END.search(data) or self._state is _State.LIKELY:
            self._state = _State.NO
        elif self._state is _State.NEW:
            several = len(data.decode("utf-8", "replace")) > 1
            self._state = _State.LIKELY if several else _State.NO

    def wait(self, framer: Framer, *, inside: bool) -> None:
        """Wait for the pause that ends the unfinished line, if one does."""
        if self._timer is not None or not isinstance(framer, TerminalFramer):
            return
        seconds = self._seconds(framer, inside=inside)
        if seconds:
            self._timer = Silence(self._clock, seconds, self._waited, framer)

    def _seconds(self, framer: TerminalFramer, *, inside: bool) -> float:
        """Return the length of the pause that ends the line; 0.0 if none does."""
        if framer.undecided:
            return LATER
        if self._state is _State.NO:
            return 0.0
        if not inside:
            return FIRST if self._is_free_name(framer.unfinished) else 0.0
        if self._state is not _State.SURE:
            return 0.0
        piece = framer.unfinished
        self._private = begins_private(piece)
        waits = self._private or len(piece) > _LONG or not is_whole(piece)
        return PRIVATE if waits else LATER

    def spoils(self, frame: bytes) -> bool:
        """Return whether a line that began as a private one has become a public one; called once per line."""
        joined, self.joined = self.joined, False
        if not joined:
            return False
        try:
            request = self._line.parse(frame, logged_in=True)
        except BadLine:
            return False
        return request is not None and isinstance(request.command, Say)

    def _is_free_name(self, piece: bytes) -> bool:
        """Return whether a piece is a single nickname that needs no password."""
        if len(piece) > _LONGEST_NAME or piece.split() != [piece]:
            return False
        try:
            request = self._line.parse(piece, logged_in=False)
        except BadLine:
            return False
        login = None if request is None else request.command
        return (
            isinstance(login, Login)
            and login.nick is not None
            and login.password is None
            and self._hub.reserved_for(login.nick) is None
        )

    def _waited(self, framer: TerminalFramer) -> None:
        self._timer = None
        if self._state is _State.LIKELY:
            self._state = _State.SURE
        framer.settle()
        self._over()

    def stop(self) -> None:
        """Stop waiting."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
