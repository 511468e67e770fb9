"""What every dialect is: it opens an object for each session, which reads that session's frames and renders what it gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

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


#: What a session makes of a frame: commands, errors, and bytes that answer it as it is.
Step: TypeAlias = Request | BadLine | bytes


class Variant(Protocol):
    """What decides a session's bytes in a room. Sessions of one variant (the same object) get the same bytes.

    Each method returns whole lines, or no bytes at all for what this variant does not show.
    """

    def event(self, envelope: Envelope) -> bytes:
        """Render what somebody did."""

    def own(self, envelope: Envelope, *, acked: bool) -> bytes:
        """Render what those see of it who did it, as far as that is the same for all of them."""


class DialectSession(Protocol):
    """One session's side of a dialect: pure, and free to remember what the session sent and was sent.

    A session that changes its dialect, or how it sees everything, gets another object.
    """

    @property
    def here(self) -> Variant:
        """What the session sees of the room it talks in."""

    @property
    def elsewhere(self) -> Variant:
        """What it sees of its other rooms."""

    @property
    def acks(self) -> bool:
        """It is sent :class:`Acked` for what it says, and can be pinged."""

    @property
    def echoes(self) -> bool:
        """It is shown what it says in a room, by :meth:`own`."""

    @property
    def serial(self) -> bool:
        """A command is handed in only when the one before it is finished, and :meth:`finished` is called in between."""

    def take(self, frame: bytes, *, logged_in: bool) -> Sequence[Step]:
        """Read one frame (a line without its end); return what follows from it, in order. A bad frame is no exception."""

    def finished(self) -> bytes:
        """The last command is finished: all that answers it was rendered. Return what stands behind that."""

    def reply(self, reply: Reply, tag: str | None) -> bytes:
        """Render an answer to the request with this tag."""

    def own(self, envelope: Envelope, *, acked: bool) -> bytes:
        """Render the author's own copy. ``acked``: this session did it, and is sent an acknowledgement."""

    def replay(self, envelope: Envelope, *, here: bool) -> bytes:
        """Render a line of history, of the room it talks in (``here``) or of another."""

    def found(self, envelope: Envelope, *, here: bool) -> bytes:
        """Render a line that a search found, as :meth:`replay`."""


class Dialect(Protocol):
    """A language that clients speak."""

    def open(self) -> DialectSession:
        """Begin a session."""


class View(Variant, Protocol):
    """A variant that renders the rest, too, the same for all sessions."""

    def replay(self, envelope: Envelope) -> bytes:
        """See :meth:`DialectSession.replay`."""

    def found(self, envelope: Envelope) -> bytes:
        """See :meth:`DialectSession.found`."""

    def reply(self, reply: Reply, tag: str | None) -> bytes:
        """See :meth:`DialectSession.reply`."""


class PlainSession:
    """A session of a dialect in which each frame is one command, or none, and which remembers nothing.

    ``parse`` reads a frame: it returns None for one that says nothing, and raises :class:`BadLine` and nothing else.
    """

    __slots__ = ("acks", "elsewhere", "here", "parse")

    echoes = False
    serial = False

    def __init__(
        self, here: View, elsewhere: View, parse: Callable[..., Request | None], *, acks: bool
    ) -> None:
        self.here = here
        self.elsewhere = elsewhere
        self.parse = parse
        self.acks = acks

    def take(self, frame: bytes, *, logged_in: bool) -> Sequence[Step]:
        """See :meth:`DialectSession.take`."""
        try:
            request = self.parse(frame, logged_in=logged_in)
        except BadLine as bad:
            return (bad,)
        return () if request is None else (request,)

    def finished(self) -> bytes:
        """See :meth:`DialectSession.finished`."""
        return b""

    def reply(self, reply: Reply, tag: str | None) -> bytes:
        """See :meth:`DialectSession.reply`."""
        return self.here.reply(reply, tag)

    def own(self, envelope: Envelope, *, acked: bool) -> bytes:
        """See :meth:`DialectSession.own`."""
        return self.here.own(envelope, acked=acked)

    def replay(self, envelope: Envelope, *, here: bool) -> bytes:
        """See :meth:`DialectSession.replay`."""
        return (self.here if here else self.elsewhere).replay(envelope)

    def found(self, envelope: Envelope, *, here: bool) -> bytes:
        """See :meth:`DialectSession.found`."""
        return (self.here if here else self.elsewhere).found(envelope)


_check: type[DialectSession] = PlainSession
