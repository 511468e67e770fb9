"""The answer to a message with a label: one line with the label, a batch with it, or an acknowledgement if there is none.

IRCv3, labeled-response and batch. An answer may be long, so it is not held: only its first line is, until it is clear whether
there is another one.
"""

from __future__ import annotations

from typing import Final

from twisted_chat.dialects.irc.message import spell_tags

#: The longest label, in bytes, as the specification has it.
MAX_LABEL: Final = 64
_END: Final = b"\r\n"


class Label:
    """The label of the message that is being answered, and the state of the answer."""

    def __init__(self, label: str, server: str, batch: str) -> None:
        """``batch`` names the batch that the answer will be, if it is one."""
        self._label = label
        self._server = server
        self._batch = batch
        self._held = b""
        self._opened = False
        self._whole = False  # the answer is a batch by itself

    def is_batch(self, batch: str) -> None:
        """Note that what comes is the beginning of a batch that is the whole answer."""
        self._batch, self._whole = batch, True

    def put(self, data: bytes) -> bytes:
        """Take whole lines of the answer; return what of it can be sent."""
        if not data:
            return b""
        if self._whole:
            if self._opened:
                return data
            self._opened = True
            return tagged(data, "label", self._label)
        if self._opened:
            return inside(data, self._batch)
        if not self._held and data.count(_END) == 1:
            self._held = data
            return b""
        self._opened = True
        held, self._held = self._held, b""
        start = f"{self._tags()}:{self._server} BATCH +{self._batch} labeled-response\r\n"
        return start.encode() + inside(held + data, self._batch)

    def end(self) -> bytes:
        """Return the end of the answer."""
        if self._whole:
            return b""
        if self._opened:
            return f":{self._server} BATCH -{self._batch}\r\n".encode()
        if self._held:
            return tagged(self._held, "label", self._label)
        return f"{self._tags()}:{self._server} ACK\r\n".encode()

    def _tags(self) -> str:
        return spell_tags([("label", self._label)])


def inside(data: bytes, batch: str) -> bytes:
    """Return whole lines as those of a batch."""
    lines = data.removesuffix(_END).split(_END) if data else ()
    return b"".join(tagged(line + _END, "batch", batch) for line in lines)


def begins_batch(data: bytes) -> bool:
    """Return whether the first of some lines begins a batch."""
    words = data.split(b" ", 3)
    return words[1 + words[0].startswith(b"@") :][:1] == [b"BATCH"]


def tagged(line: bytes, name: str, value: str) -> bytes:
    """Return a line with one more tag, unless it has that tag: a batch within a batch names its own."""
    tag = spell_tags([(name, value)]).encode()
    if not line.startswith(b"@"):
        return tag + line
    if name == "batch" and b"batch=" in line.partition(b" ")[0]:
        return line
    return tag.removesuffix(b" ") + b";" + line[1:]
