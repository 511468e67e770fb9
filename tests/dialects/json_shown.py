"""What the JSON dialect sends in tests, decoded."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.ids import MessageId, Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.values.names import parse_nick, parse_room
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects.json.events import JsonView

# 12:30:59.25 UTC on the first day of 2026, and a minute later.
THEN = datetime(2026, 1, 1, 12, 30, 59, 250_000, tzinfo=UTC).timestamp()
NOW = THEN + 60

VIEW = JsonView(UTC, lambda: NOW)

ALICE, BOB = parse_nick("alice"), parse_nick("bob")
DEV = parse_room("dev")
NONE = CleanText("")
HI = (CleanText("hi"),)

SAID = e.Said("say", HI)


def by_alice(
    event: e.Event, *, room: bool = True, tag: str | None = None, account: str | None = None
) -> e.Envelope:
    author = e.Author(UserId(1), ALICE, Scope("5c09e"), account)
    where = e.RoomRef(RoomId(1), DEV) if room else None
    origin = e.Origin(Node("n"), SessionId(1), tag)
    return e.Envelope(MessageId(255), THEN, event, origin, author, where)


def decoded(shown: bytes) -> dict[str, Any]:
    """Decode what must be exactly one object on exactly one line."""
    assert shown.endswith(b"\n") and shown.count(b"\n") == 1 and b"\r" not in shown, shown
    value = json.loads(shown)
    assert isinstance(value, dict)
    return value


def event(happened: e.Event, *, room: bool = True) -> dict[str, Any]:
    return decoded(VIEW.event(by_alice(happened, room=room)))


def reply(answer: r.Reply, tag: str | None = None) -> dict[str, Any]:
    """Decode a reply, without what every object has."""
    value = decoded(VIEW.reply(answer, tag))
    assert value.pop("timestamp") == "12:31:59"
    return value


def happened(kind: str, content: str, /, **fields: object) -> dict[str, Any]:
    """What is in every event of a room, and these fields."""
    return {
        "type": kind,
        "content": content,
        "timestamp": "12:30:59",
        "from": "alice",
        "room": "dev",
        "id": "00000000000000ff",
        "time": "2026-01-01T12:30:59.250Z",
        **fields,
    }


def nowhere(kind: str, content: str, /, **fields: object) -> dict[str, Any]:
    """What is in every event of no single room, and these fields."""
    value = happened(kind, content, **fields)
    del value["room"]
    return value
