"""The frames of the line door: telnet is taken off, and the rest is cut when the next frame may be handled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted_chat.dialects.framing import Frame, Framer, MarkSkipper
from twisted_chat.doors.line.telnet import TelnetFilter
from twisted_chat.doors.reader import Frames

#: Bytes searched for telnet commands at a time: at most 512 commands, half a millisecond.
_SLICE: Final = 1024
#: More telnet commands than this in one read are not a client's opening.
_MANY_COMMANDS: Final = 64


class TelnetFrames(Frames):
    """Frames with telnet taken off.

    ``begin`` is given the first bytes of text before they are cut, and may replace the framer; if it returns False they are
    dropped. ``obeyed`` is given the number of telnet commands that were carried out, and the answer to send.

    ``raw`` has not been searched for telnet commands yet. ``tired`` is not 0 after that many commands: no more are carried out
    until it is set to 0. Commands are not lines, so the flood limit does not count them.
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
        self._began = False  # the first byte of text has come
        self._commands = 0  # of one read

    def take(self, data: bytes) -> None:
        if self.closed:
            return
        if self.raw or not self.telnet.passes(data):
            self.raw += data
            self._commands = 0
        elif self._began:
            self.framer.feed(data)
        else:
            self._cut_later(data)

    def _rest(self) -> Frame | None:
        while self.raw and not self.tired:
            self._filter()
            if (frame := self.framer.next()) is not None:
                return frame
        return super()._rest() if self._ended and not self.raw else None

    @property
    def line_ended(self) -> bool:
        """A line end follows the frame that :meth:`look` returned."""
        return self.framer.line_ended

    @property
    def more_behind(self) -> bool:
        """Something follows that frame."""
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
        """Carry out the telnet commands in the next slice of ``raw``, and pass on the rest to the framer."""
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
