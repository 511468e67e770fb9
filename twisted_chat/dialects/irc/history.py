"""History as clients ask for it: IRCv3, draft/chathistory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.ids import MessageId, Moment, read_id
from twisted_chat.core.values.names import BadName, Nick, RoomName, parse_nick
from twisted_chat.dialects.base import Step
from twisted_chat.dialects.irc.message import Message, middle
from twisted_chat.dialects.irc.rooms import room_named
from twisted_chat.dialects.schema.base import read_rfc3339, rfc3339_of

if TYPE_CHECKING:
    from twisted_chat.dialects.irc.session import IrcSession

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z")
#: Times are told in milliseconds.
_MS: Final = 1000


class BadReference(ValueError):
    """A text that does not name a place in a history."""


class _At:
    """A place in a history: a message, or the millisecond in which some were said."""

    def __init__(self, text: str) -> None:
        kind, _, value = text.partition("=")
        message = read_id(value) if kind == "msgid" else None
        self._message = message
        self.time = 0.0
        if message is None:
            if kind != "timestamp" or not _TIME.fullmatch(value):
                raise BadReference(text)
            try:
                self.time = datetime.fromisoformat(value).astimezone(UTC).timestamp()
            except (ValueError, OverflowError):
                raise BadReference(text) from None

    @property
    def before(self) -> MessageId | Moment:
        """What is before it is before this."""
        return self._message if self._message is not None else Moment(self._floor)

    @property
    def after(self) -> MessageId | Moment:
        """What is after it is after this."""
        return self._message if self._message is not None else Moment(self._floor + 1 / _MS)

    @property
    def at_least(self) -> MessageId | Moment:
        """It, and what is after it, is after this."""
        return MessageId(self._message - 1) if self._message is not None else Moment(self._floor)

    @property
    def _floor(self) -> float:
        return int(self.time * _MS + 0.5) / _MS

    def precedes(self, other: _At) -> bool:
        """Return whether it is before another, of the same kind."""
        return (self._message or 0, self.time) <= (other._message or 0, other.time)


def chathistory(session: IrcSession, message: Message) -> Iterator[Step]:
    """Show a part of the history of a room, or of a conversation."""
    what, *words = message.params
    what = what.upper()
    if what == "TARGETS":
        yield from _targets(session, words)
        return
    refs = _REFERENCES.get(what)
    if refs is None:
        yield session.fails("INVALID_PARAMS", "There is no such subcommand.", middle(what))
        return
    if len(words) < refs + 2:
        yield session.fails("NEED_MORE_PARAMS", "Not enough parameters.", what)
        return
    target, limit = words[0], words[refs + 1]
    if not (limit.isascii() and limit.isdigit() and len(limit) < 10):
        yield session.fails("INVALID_PARAMS", "That is not a number of lines.", what, middle(limit))
        return
    try:
        place = room_named(target) if target.startswith("#") else parse_nick(target)
    except BadName:
        yield session.fails(
            "INVALID_TARGET", "There is no such room or person.", what, middle(target)
        )
        return
    try:
        asked = list(_commands(what, place, words[1 : refs + 1], int(limit)))
    except BadReference:
        why = "A place is timestamp=YYYY-MM-DDThh:mm:ss.sssZ or msgid=ID."
        yield session.fails("INVALID_PARAMS", why, what, middle(target))
        return
    yield from _show(session, what, place, asked)


#: How many references to places in a history each part is named by.
_REFERENCES: Final = {"LATEST": 1, "BEFORE": 1, "AFTER": 1, "AROUND": 1, "BETWEEN": 2}


def _commands(
    what: str, place: RoomName | Nick, refs: list[str], limit: int
) -> Iterator[c.ShowHistory]:
    """Yield what to ask for, in order. Raises :class:`BadReference`."""
    room = place if isinstance(place, RoomName) else None
    partner = place if isinstance(place, Nick) else None

    def ask(
        before: MessageId | Moment | None = None,
        after: MessageId | Moment | None = None,
        most: int = limit,
        newest: bool = False,
    ) -> c.ShowHistory:
        return c.ShowHistory(room, before, after, most, partner, newest)

    if what == "LATEST" and refs == ["*"]:
        yield ask()
        return
    at = [_At(each) for each in refs]
    match what:
        case "LATEST":
            yield ask(after=at[0].after, newest=True)
        case "BEFORE":
            yield ask(before=at[0].before)
        case "AFTER":
            yield ask(after=at[0].after)
        case "BETWEEN":
            first, last = at
            forward = first.precedes(last)
            low, high = (first, last) if forward else (last, first)
            yield ask(high.before, low.after, newest=not forward)
        case _:
            if limit // 2:
                yield ask(before=at[0].before, most=limit // 2)
            yield ask(after=at[0].at_least, most=limit - limit // 2)


def _targets(session: IrcSession, words: list[str]) -> Iterator[Step]:
    """List where something was said between two times."""
    if len(words) < 3:
        yield session.fails("NEED_MORE_PARAMS", "Not enough parameters.", "TARGETS")
        return
    times = sorted(_milliseconds(each) for each in words[:2])
    if times[0] < 0 or not (words[2].isascii() and words[2].isdigit() and len(words[2]) < 10):
        why = "Usage: CHATHISTORY TARGETS timestamp=TIME timestamp=TIME LIMIT"
        yield session.fails("INVALID_PARAMS", why, "TARGETS")
        return
    found: list[tuple[RoomName | Nick, int]] = []

    def show(reply: r.Reply) -> Iterable[str] | None:
        if isinstance(reply, r.RecentPlaces):
            found.extend(reply.places)
            return ()
        if isinstance(reply, r.Refused):
            return (session.failure("MESSAGE_ERROR", reply.why, "TARGETS"),)
        return None

    yield session.asks(c.ShowRecent(times[0], times[1], int(words[2])), show=show)
    if session.asked.refused is None:
        yield session.lines(session.open_batch("draft/chathistory-targets"))
        start = f":{session.server} CHATHISTORY TARGETS"
        yield session.history_lines(f"{start} {name} {rfc3339_of(time)}" for name, time in found)
        yield session.lines(session.close_batch())


def _milliseconds(text: str) -> int:
    """Read a time; -1 if it is none."""
    kind, _, value = text.partition("=")
    time = read_rfc3339(value) if kind == "timestamp" else None
    return -1 if time is None else time


def _show(
    session: IrcSession, what: str, place: RoomName | Nick, asked: list[c.ShowHistory]
) -> Iterator[Step]:
    """Ask, and put everything that comes into one batch."""
    name = str(place)
    opened = False

    def show(reply: r.Reply) -> Iterable[str] | None:
        nonlocal opened
        match reply:
            case r.HistoryStart():
                lines = () if opened else session.open_batch("chathistory", name)
                opened = True
                return lines
            case r.HistoryEnd():
                return ()
            case r.Refused(code="history-unavailable", why=why):
                return (session.failure("MESSAGE_ERROR", why, what, name),)
            case r.Refused(why=why):
                return (session.failure("INVALID_TARGET", why, what, name),)
            case _:
                return None

    for each in asked:
        if each.limit:
            yield session.asks(each, name, show=show)
        if session.asked.refused is not None:
            break
    else:
        if not opened:
            yield session.lines(session.open_batch("chathistory", name))
    # What failed in the middle ends its batch, too: what comes later is no part of it.
    yield session.lines(session.close_batch())
