"""What the line dialect shows in tests, cut into lines."""

from __future__ import annotations

from datetime import UTC, datetime

from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.commands import Kind
from twisted_chat.core.values.ids import MessageId, Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.values.names import Nick, RoomName, parse_nick, parse_room
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects.line.events import LineView

# 12:30 UTC on the first day of 2026.
NOON = datetime(2026, 1, 1, 12, 30, 59, tzinfo=UTC).timestamp()

HERE = LineView(UTC, lambda: NOON, here=True)
ELSEWHERE = LineView(UTC, lambda: NOON, here=False)

ALICE, BOB = parse_nick("alice"), parse_nick("bob")
DEV, LOBBY = parse_room("dev"), parse_room("lobby")
NONE = CleanText("")


def text(*lines: str) -> tuple[CleanText, ...]:
    return tuple(map(CleanText, lines))


def told(kind: Kind, *lines: str) -> e.Told:
    return e.Told(UserId(2), BOB, kind, text(*lines))


def by_alice(event: e.Event, room: RoomName | None = DEV) -> e.Envelope:
    author = e.Author(UserId(1), ALICE, Scope("s"))
    where = e.RoomRef(RoomId(1), room) if room is not None else None
    return e.Envelope(MessageId(9), NOON, event, e.Origin(Node("n"), SessionId(1)), author, where)


def gathered(joined: tuple[Nick, ...], left: tuple[Nick, ...]) -> e.Envelope:
    room = e.RoomRef(RoomId(1), DEV)
    came, went = (
        tuple(e.Author(UserId(1), nick, Scope("s")) for nick in each) for each in (joined, left)
    )
    return e.Envelope(MessageId(0), NOON, e.Gathered(came, went, 200), None, None, room)


def lines_of(shown: bytes) -> list[str]:
    """Cut what is shown into its lines, each of which must be ended by CR LF."""
    *lines, rest = shown.decode().split("\r\n")
    assert not rest, rest
    return lines


def event(happened: e.Event, room: RoomName | None = DEV, view: LineView = HERE) -> list[str]:
    return lines_of(view.event(by_alice(happened, room)))


def own(happened: e.Event, room: RoomName | None = DEV) -> list[str]:
    return lines_of(HERE.own(by_alice(happened, room), acked=False))


def reply(answer: r.Reply) -> list[str]:
    return lines_of(HERE.reply(answer, None))
