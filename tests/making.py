"""Short ways to make what many tests need: names, envelopes, folders."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from twisted.logger import LogEvent, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.api import events as e
from twisted_chat.core.api.commands import Kind
from twisted_chat.core.values.ids import MessageId, Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.values.names import parse_nick, parse_room
from twisted_chat.core.values.text import CleanText


def author(nick: str, user: int = 1) -> e.Author:
    """Make an author called ``nick``, who is user number ``user``."""
    return e.Author(UserId(user), parse_nick(nick), Scope(f"scope-{user}"), host="host.example")


def room(number: int) -> e.RoomRef:
    """Make a reference to room number ``number``, which is called ``room<number>``."""
    return e.RoomRef(RoomId(number), parse_room(f"room{number}"))


def happened(
    message: int, event: e.Event, where: int | None = None, who: str = "bob"
) -> e.Envelope:
    """Put an event into an envelope."""
    return e.Envelope(
        MessageId(message),
        float(message),
        event,
        e.Origin(Node("local"), SessionId(1)),
        author(who),
        room(where) if where is not None else None,
    )


def said(message: int, where: int, *lines: str, who: str = "bob", kind: Kind = "say") -> e.Envelope:
    """Let somebody say something; without ``lines`` that is "m" and the number of the message."""
    text = tuple(map(CleanText, lines or (f"m{message}",)))
    return happened(message, e.Said(kind, text), where, who)


def folder_for(case: SynchronousTestCase) -> Path:
    """Make a folder that is gone after the test."""
    folder = tempfile.TemporaryDirectory()
    case.addCleanup(folder.cleanup)
    return Path(folder.name)


def log_of(case: SynchronousTestCase) -> list[LogEvent]:
    """Return the events that are logged from now on, until the test is over."""
    events: list[LogEvent] = []
    observer: Any = events.append
    globalLogPublisher.addObserver(observer)
    case.addCleanup(globalLogPublisher.removeObserver, observer)
    return events
