"""Messages of several lines: IRCv3, draft/multiline. A client sends them in a batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from twisted_chat.core.api.commands import Kind
from twisted_chat.dialects.base import Step
from twisted_chat.dialects.irc.message import Message, middle
from twisted_chat.dialects.irc.messages import MAX_LINES, Text, send

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession

KIND: Final = "draft/multiline"
CONCAT: Final = "draft/multiline-concat"


class Collected:
    """A message of several lines that a client has begun. ``start`` is what it began with, which has the tags."""

    def __init__(self, name: str, start: Message) -> None:
        self.name = name
        self.start = start
        self._verb = ""
        self._text = Text()
        self._size = 0

    @property
    def label(self) -> str:
        return self.start.tags.get("label", "")

    def add(self, session: IrcSession, message: Message) -> bytes:
        """Add a line; return the error if that cannot be: then the message is given up."""
        target, text = message.param(0), message.param(1)
        concat = CONCAT in message.tags
        most = session.dialect.limits().max_text
        self._size += len(text.encode()) + (not concat and self._text.count > 0)
        self._verb = self._verb or message.verb
        if target != self.start.param(2):
            wanted = middle(self.start.param(2))
            return _fails(
                session,
                "MULTILINE_INVALID_TARGET",
                "All lines of the message must go to the same target.",
                wanted,
                middle(target),
            )
        if message.verb not in ("PRIVMSG", "NOTICE") or message.verb != self._verb:
            return _fails(
                session, "MULTILINE_INVALID", "All lines of the message must be of the same kind."
            )
        if concat and (not text or not self._text.count):
            return _fails(session, "MULTILINE_INVALID", "There is no line to continue.")
        if self._text.count == MAX_LINES:
            return _fails(
                session, "MULTILINE_MAX_LINES", "The message has too many lines.", str(MAX_LINES)
            )
        if self._size > most:
            return _fails(session, "MULTILINE_MAX_BYTES", "The message is too long.", str(most))
        self._text.add(text, concat=concat)
        return b""

    def sent(self, session: IrcSession) -> Iterator[Step]:
        """Send the message."""
        if self._text.blank:
            yield _fails(session, "MULTILINE_INVALID", "All lines of the message are empty.")
            return
        kind: Kind = "notice" if self._verb == "NOTICE" else "say"
        yield from send(session, self.start, [self.start.param(2)], self._text, kind)


def _fails(session: IrcSession, code: str, why: str, *about: str) -> bytes:
    session.collected = None
    session.spoiled = True
    return session.lines(
        [f":{session.server} FAIL {' '.join(('BATCH', code, *about))} :{why} It was not sent."]
    )


def batch(session: IrcSession, message: Message) -> Iterator[Step]:
    """Begin or end a batch."""
    name = message.params[0][1:]
    match message.params[0][:1]:
        case "+" if message.param(1) == KIND and KIND in session.caps and name and message.param(2):
            session.spoiled = False
            session.collected = Collected(name, message)
        case "-" if session.collected is not None and session.collected.name == name:
            ended, session.collected = session.collected, None
            yield from ended.sent(session)
        case "-" if session.spoiled:
            session.spoiled = False
        case _:
            yield _fails(session, "MULTILINE_INVALID", "There is no such batch.")


def collect(session: IrcSession, message: Message) -> Iterator[Step]:
    """Take a line of a batch."""
    name = message.tags["batch"]
    if session.collected is not None and session.collected.name == name:
        failed = session.collected.add(session, message)
        if failed:
            yield failed
    elif not session.spoiled:
        yield _fails(session, "MULTILINE_INVALID", "There is no such batch.")
