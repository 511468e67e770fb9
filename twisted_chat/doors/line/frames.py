"""What one session sends, as frames: telnet taken off, and cut one at a time, when the next may be handed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from twisted_chat.dialects.framing import Frame, Framer, MarkSkipper
from twisted_chat.doors.line.telnet import TelnetFilter
from twisted_chat.doors.reader import Frames

#: How many bytes are looked at for telnet commands at a time: at most 512 commands, half a millisecond.
_SLICE: Final = 1024
#: Telnet commands in one read that are taken for no client's opening.
_MANY_COMMANDS: Final = 64
# A browser or a scanner, not a person: RFC 9112, section 3.
_HTTP: Final = re.compile(rb"[A-Z]{3,20} \S+ HTTP/[0-9]")
# The first byte of a TLS handshake record, RFC 8446 section 5.1. No line of text begins with it.
_TLS_HELLO: Final = b"\x16"


class TelnetFrames(Frames):
    """Frames with telnet taken off.

    ``begin`` is shown the first bytes of text before they are cut, and may put another framer in the place of ``framer``; if it
    returns False they are dropped. ``obeyed`` is told how many telnet commands were carried out, and sends their answer.

    ``raw`` was not looked at for telnet commands yet. ``tired``: after how many of these no more are carried out, until this is
    set to 0. They are no lines, so no flood limit counts them.
    """

    def __init__(
        self,
        framer: Framer,
        begin: Callable[[bytes], bool],
        obeyed: Callable[[int, bytes], None],
    ) -> None:
        super().__init__(framer)
        self.telnet = TelnetFilter()
        self.tired = 0
        self._begin = begin
        self._obeyed = obeyed
        self._mark = MarkSkipper()
        self._began = False  # the first byte of text was seen
        self._commands = 0  # of one read

    def take(self, data: bytes) -> None:
        if self.closed:
            return
        if not self.raw and self.telnet.passes(data):
            self._cut_later(data)
        else:
            self.raw += data
            self._commands = 0

    def _rest(self) -> Frame | None:
        while self.raw and not self.tired:
            self._filter()
            if (frame := self.framer.next()) is not None:
                return frame
        return super()._rest() if self._ended and not self.raw else None

    @property
    def line_ended(self) -> bool:
        """Behind the frame that :meth:`look` returned there is a line end."""
        return self.framer.line_ended

    @property
    def more_behind(self) -> bool:
        """Something came behind that frame."""
        return bool(self.framer.waiting or self.raw)

    def _cut_later(self, text: bytes) -> None:
        if not self._began:
            text = self._mark.feed(text)
            if not text:
                return
            self._began = True
            if not self._begin(text):
                return
        self.framer.feed(text)

    def _filter(self) -> None:
        """Carry out the telnet commands in the next slice of what arrived, and let the rest be cut."""
        before = self.telnet.commands
        text, answer = self.telnet.receive(bytes(self.raw[:_SLICE]))
        del self.raw[:_SLICE]
        commands = self.telnet.commands - before
        self._commands += commands
        if self._commands >= _MANY_COMMANDS:
            self.tired, self._commands = self._commands, 0
        self._obeyed(commands, answer)
        if text and not self.closed:
            self._cut_later(text)


def is_tls(first: bytes) -> bool:
    """Tell whether the first bytes that came begin a TLS handshake."""
    return first.startswith(_TLS_HELLO)


def is_http(line: bytes) -> bool:
    """Tell whether a line begins an HTTP request."""
    return _HTTP.match(line) is not None
