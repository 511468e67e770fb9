"""What every dialect is: a pure pair of parse and render, with one failure."""

from __future__ import annotations

from typing import Protocol

import msgspec

from twisted_chat.core.api.commands import Command
from twisted_chat.core.api.events import Envelope
from twisted_chat.core.api.replies import Reply


class BadLine(ValueError):
    """A line that is no command. ``str()`` is fit to show to its sender; ``code`` is for programs.

    ``tag`` is the sender's own id of the request, if that much could be read.
    """

    def __init__(self, why: str, code: str = "bad-line", tag: str | None = None) -> None:
        super().__init__(why)
        self.code = code
        self.tag = tag


class Request(msgspec.Struct, frozen=True, gc=False):
    """A command as it came in, with the sender's own id of it (None in dialects that have no ids)."""

    command: Command
    tag: str | None = None


class Variant(Protocol):
    """What decides a session's bytes in a room. Sessions of one variant (the same object) get the same bytes.

    Each method returns whole lines, or no bytes at all for what this variant does not show.
    """

    def event(self, envelope: Envelope) -> bytes:
        """Render what somebody did."""

    def own(self, envelope: Envelope, *, acked: bool) -> bytes:
        """Render the author's own copy. ``acked``: this session did it, and is sent an acknowledgement."""

    def replay(self, envelope: Envelope) -> bytes:
        """Render a line of history."""

    def found(self, envelope: Envelope) -> bytes:
        """Render a line that a search found."""

    def reply(self, reply: Reply, tag: str | None) -> bytes:
        """Render an answer to the request with this tag."""


class Dialect(Protocol):
    """A language that clients speak. One object serves all sessions: what it is told is all it knows."""

    @property
    def here(self) -> Variant:
        """What a session sees of the room it talks in."""

    @property
    def elsewhere(self) -> Variant:
        """What a session sees of its other rooms."""

    @property
    def acks(self) -> bool:
        """Its clients are sent :class:`Acked` for what they say, and can be pinged."""

    def parse(self, frame: bytes, *, logged_in: bool) -> Request | None:
        """Read one frame (a line without its end); None if it says nothing.

        Raises :class:`BadLine` and nothing else.
        """
