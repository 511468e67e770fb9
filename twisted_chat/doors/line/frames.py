"""What one session sends, as frames: telnet taken off, and cut one at a time, when the next may be handed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted_chat.dialects.framing import Frame, Framer, MarkSkipper
from twisted_chat.doors.line.telnet import TelnetFilter

#: How many bytes are looked at for telnet commands at a time: at most 512 commands, half a millisecond.
_SLICE: Final = 1024
#: Telnet commands in one read that are taken for no client's opening.
_MANY_COMMANDS: Final = 64


class Frames:
    """What waits is the bytes that came, but for the one frame that was cut to see whether there is one.

    ``begin`` is shown the first bytes of text before they are cut, and may put another framer in the place of ``framer``; if it
    returns False they are dropped. ``obeyed`` is told how many telnet commands were carried out, and sends their answer.

    ``raw``: what was not looked at for telnet commands yet. ``tired``: after how many of these no more are carried out, until
    this is set to 0. They are no lines, so no flood limit counts them.
    """

    def __init__(
        self,
        framer: Framer,
        begin: Callable[[bytes], bool],
        obeyed: Callable[[int, bytes], None],
    ) -> None:
        self.framer = framer
        self.telnet = TelnetFilter()
        self.tired = 0
        self._begin = begin
        self._obeyed = obeyed
        self._mark = MarkSkipper()
        self._began = False  # the first byte of text was seen
        self._ended = False  # no more comes
        self._closed = False
        self.raw = bytearray()
        self._commands = 0  # of one read
        self._frame: Frame | None = None

    def take(self, data: bytes) -> None:
        """Take what arrived."""
        if self._closed:
            return
        if not self.raw and self.telnet.passes(data):
            self._cut_later(data)
        else:
            self.raw += data
            self._commands = 0

    def finish(self) -> None:
        """No more comes: what is there is a frame without its end."""
        self._ended = True

    def clear(self) -> None:
        """Forget what waits, and take nothing more."""
        self._closed = True
        self._frame = None
        self.raw.clear()
        self.framer.take()

    def look(self) -> Frame | None:
        """Return the next frame, if it is complete, and leave it where it is."""
        while self._frame is None:
            frame = self._frame = self.framer.next()
            if frame is not None:
                return frame
            if self.raw and not self.tired:
                self._filter()
                continue
            if self._ended and not self.raw:
                self._frame = next(iter(self.framer.finish()), None)
            break
        return self._frame

    def drop(self) -> None:
        """Go on behind the frame that :meth:`look` returned."""
        self._frame = None

    @property
    def more(self) -> bool:
        """Something came that can be handed in, now or later."""
        return self.look() is not None or bool(self.raw)

    @property
    def line_ended(self) -> bool:
        """Behind the frame that :meth:`look` returned there is a line end."""
        return self.framer.line_ended

    @property
    def more_behind(self) -> bool:
        """Something came behind that frame."""
        return bool(self.framer.waiting or self.raw)

    @property
    def waiting(self) -> int:
        """How many bytes wait."""
        cut = len(self._frame) if isinstance(self._frame, bytes) else 0
        return cut + self.framer.waiting + len(self.raw)

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
        if text and not self._closed:
            self._cut_later(text)
