"""The terminal: what is read from it, its size, and where the screen is drawn.

Textual's own driver ends the program at a byte that is not UTF-8, believes exported COLUMNS and LINES, which are those of the
shell's start, and draws on standard error, which may be a file.
"""

from __future__ import annotations

import os
import re
import selectors
import sys
from codecs import getincrementaldecoder
from collections.abc import Iterable
from typing import Any, Final

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from twisted.logger import Logger

log = Logger(namespace="twisted_chat.client")

#: How many bytes are read at once.
_PIECE: Final = 4096
#: Seconds after which an Escape that nothing followed is one.
_TICK: Final = 0.1

# A report of the mouse as X10 has it: three bytes of any value. Asked for is another form, which not every terminal knows.
_MOUSE: Final = re.compile(rb"\x1b\[M[\x20-\xff]{3}")
_MOUSE_BEGUN: Final = re.compile(rb"\x1b\[M[\x20-\xff]{0,2}\Z")
# The C1 controls: no key sends one, and no text has one.
_C1: Final = re.compile("[\x80-\x9f]")


class Keys:
    """Makes messages for Textual of what is read, whatever that is: bytes that are no text become U+FFFD."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._parser = XTermParser()
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._held = b""

    def read(self, data: bytes) -> list[Message]:
        """Take what was read; return what it means."""
        data = _MOUSE.sub(b"", self._held + data)
        begun = _MOUSE_BEGUN.search(data)
        self._held = data[begun.start() :] if begun else b""
        data = data[: begun.start()] if begun else data
        text = _C1.sub("", self._decoder.decode(data))
        return self._told(self._parser.feed(text)) if text else []

    def tick(self) -> list[Message]:
        """Return what it means that nothing came for a while."""
        return self._told(self._parser.tick())

    def _told(self, messages: Iterable[Message]) -> list[Message]:
        told: list[Message] = []
        try:
            told.extend(messages)
        except Exception:
            log.failure("the input was not understood")
            self._begin()
        return told


class Terminal(LinuxDriver):
    """Textual's driver, but for the above."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # The full screen has already checked that this is a terminal.
        self._file = sys.__stdout__

    def _get_terminal_size(self) -> tuple[int, int]:
        return size_of(self.fileno) or super()._get_terminal_size()

    def run_input_thread(self) -> None:
        keys = Keys()
        # As Textual has it: those that are better for many files do not know terminals everywhere.
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                ready = selector.select(_TICK)
                try:
                    data = os.read(self.fileno, _PIECE) if ready else b""
                except OSError:
                    return  # the terminal is gone
                for message in (*keys.read(data), *keys.tick()):
                    self.process_message(message)
                if ready and not data:
                    return


def size_of(terminal: int) -> tuple[int, int] | None:
    """Return the width and height that a terminal tells; None if it does not."""
    try:
        width, height = os.get_terminal_size(terminal)
    except OSError:
        return None
    return (width, height) if width and height else None
