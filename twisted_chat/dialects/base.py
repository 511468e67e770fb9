"""The interface of a dialect: it opens an object for each session, which reads the session's frames and renders its output."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeAlias

import msgspec

from twisted_chat.core.api.commands import Command
from twisted_chat.core.api.events import Envelope
from twisted_chat.core.api.replies import Reply


class BadLine(ValueError):
    """A line that is not a command. ``str()`` is fit to show to its sender; ``code`` is for programs.

    ``tag`` is the client's message id, if that much could be read.
    """

    def __init__(self, why: str, code: str = "bad-line", tag: str | None = None) -> None:
        super().__init__(why)
        self.code = code
        self.tag = tag


class Request(msgspec.Struct, frozen=True, gc=False):
    """A command as it came in; ``tag`` is the client's message id (None in dialects without such ids)."""

    command: Command
    tag: str | None = None


#: What a frame brings: a command, an error, or bytes that answer it without the hub.
Step: TypeAlias = Request | BadLine | bytes

#: The steps of one frame: at most one of them, or an iterator that makes each when it is its turn.
Steps: TypeAlias = tuple[()] | tuple[Step] | Iterator[Step]


class Variant(Protocol):
    """Renders what many sessions get alike. Sessions with the same variant (the same object) get the same bytes in a room.

    Each method returns whole lines, or empty bytes for events that this variant does not show.
    """

    @property
    def sums(self) -> bool:
        """Joins and leaves in a crowded room share one line, which may name members who are there; others have a line each."""

    def event(self, envelope: Envelope) -> bytes:
        """Render an event for everyone but its author."""

    def own(self, envelope: Envelope, *, acked: bool) -> bytes:
        """Render an event for its author, where that is the same for all sessions."""


class DialectSession(Protocol):
    """One session of a dialect. It does no I/O, and may remember what the session has sent and received.

    A session that changes its dialect, or the form of its output, gets another object.
    """

    @property
    def here(self) -> Variant:
        """The variant for the room that has the session's focus."""

    @property
    def elsewhere(self) -> Variant:
        """The variant for its other rooms."""

    @property
    def acks(self) -> bool:
        """The session gets :class:`Acked` for its messages."""

    @property
    def pings(self) -> bool:
        """The session can be pinged."""

    @property
    def echoes(self) -> bool:
        """The session gets its own messages to a room back, rendered by :meth:`own`."""

    @property
    def serial(self) -> bool:
        """Each step is asked for only when the command before it is finished, with all its answers rendered."""

    def take(self, frame: bytes, *, logged_in: bool) -> Steps:
        """Read one frame (a line without its end); return its steps in order. Errors are returned, not raised."""

    @property
    def unasked(self) -> bool:
        """The session has steps of its own to take, such as those that tell of a room which another session entered."""

    def more(self) -> Iterator[Step]:
        """Return the steps that nothing the session sent asks for."""

    def reply(self, reply: Reply, tag: str | None) -> bytes:
        """Render an answer to the request with this client message id."""

    def own(self, envelope: Envelope, *, acked: bool) -> bytes:
        """Render the author's own copy of an event. ``acked``: this session caused it, and gets an acknowledgement."""

    def replay(self, envelope: Envelope, *, here: bool) -> bytes:
        """Render a message from the history of the room that has the focus (``here``), or of another."""

    def found(self, envelope: Envelope, *, here: bool) -> bytes:
        """Render a message that a search found; ``here`` as for :meth:`replay`."""


class Dialect(Protocol):
    """A protocol that clients speak."""

    def open(self) -> DialectSession:
        """Return the object for a new session."""


class View(Variant, Protocol):
    """A variant that also renders replies and history, the same for all sessions."""

    def replay(self, envelope: Envelope) -> bytes:
        """See :meth:`DialectSession.replay`."""

    def found(self, envelope: Envelope) -> bytes:
        """See :meth:`DialectSession.found`."""

    def reply(self, reply: Reply, tag: str | None) -> bytes:
        """See :meth:`DialectSession.reply`."""


class PlainSession:
    """A session of a dialect in which each frame is at most one command, and which remembers nothing.

    ``parse`` reads a frame: it returns None if the frame is empty, and raises only :class:`BadLine`.
    """

    __slots__ = ("acks", "elsewhere", "here", "parse")

    echoes = False
    serial = False
    unasked = False

    @property
    def pings(self) -> bool:
        """See :attr:`DialectSession.pings`."""
        return self.acks

    def __init__(
        self, here: View, elsewhere: View, parse: Callable[..., Request | None], *, acks: bool
    ) -> None:
        self.here = here
        self.elsewhere = elsewhere
        self.parse = parse
        self.acks = acks

    def take(self, frame: bytes, *, logged_in: bool) -> Steps:
        """See :meth:`DialectSession.take`."""
        try:
            request = self.parse(frame, logged_in=logged_in)
        except BadLine as bad:
            return (bad,)
        return () if request is None else (request,)

    def more(self) -> Iterator[Step]:
        """See :meth:`DialectSession.more`."""
        return iter(())

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
