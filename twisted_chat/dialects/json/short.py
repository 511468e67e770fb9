"""The short form of the JSON dialect, for clients of older programs.

Such a client takes what one read returns for one object. It shows the ``content``, and knows no other fields than ``type`` and
``timestamp``. So each object is short, has these three, and its content is complete.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final

import msgspec

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.dialects.base import Dialect, PlainSession, View
from twisted_chat.dialects.json.parse import JsonDialect
from twisted_chat.dialects.json.values import time_of_day
from twisted_chat.dialects.line.events import LineView
from twisted_chat.dialects.schema.base import Incoming
from twisted_chat.dialects.wording import replies as say
from twisted_chat.dialects.wording.words import sentence

#: The longest object in bytes, with its line end: such programs read up to 1,024 bytes at a time.
LONGEST: Final = 1000

#: The types that older programs send. Programs of today's protocol do not need them in capitals.
VERBS: Final = frozenset(("JOIN", "MSG", "LEAVE", "LIST", "HELP", "QUIT", "NICK"))

_HELP: Final = """\
JOIN ROOM [PASSWORD]: enter a room, and talk there
MSG TEXT: say something in the room you talk in
MSG USER:TEXT: say something to USER alone
LEAVE: leave the room you talk in
LIST: list the rooms and the people
NICK NAME: change your nickname
HELP: show this list
QUIT: leave the chat"""

_MARKS: Final = ("-- ", "! ", "== ")
_encode: Final = msgspec.json.Encoder().encode


class _Object(msgspec.Struct, forbid_unknown_fields=True):
    """All fields of an object."""

    type: str
    content: str
    timestamp: str


_decode: Final = msgspec.json.Decoder(_Object).decode
#: The fields of today's protocol besides type and content.
_FIELDS: Final = frozenset(Incoming.__struct_encode_fields__) - {"type", "content"}


class Shape(msgspec.Struct, frozen=True):
    """The features that tell programs apart: an object's type, and whether it has fields of today's protocol, or a timestamp."""

    type: str
    ours: bool
    timed: bool


def shape(frame: bytes) -> Shape | None:
    """Return the shape of an object; None if the frame is not an object with a type."""
    try:
        found = msgspec.json.decode(frame)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(kind := found.get("type"), str):
        return None
    return Shape(kind, not _FIELDS.isdisjoint(found), "timestamp" in found)


def joined(first: bytes, second: bytes) -> bytes | None:
    """Join two objects of the same type into one with both texts; None if the types differ or the result is too long."""
    try:
        one, two = _decode(first), _decode(second)
    except ValueError:
        return None
    if one.type != two.type:
        return None
    both = _line(one.type, f"{one.content}\n{two.content}", one.timestamp)
    return both if len(both) <= LONGEST else None


class ShortJson:
    """JSON as older programs speak it: they send the same objects and receive shorter ones."""

    def __init__(self, whole: JsonDialect) -> None:
        """``whole`` is the dialect that this is the short form of."""
        self._whole = whole
        self._here = _ShortView(whole, here=True)
        self._elsewhere = _ShortView(whole, here=False)

    def open(self) -> PlainSession:
        """See :meth:`twisted_chat.dialects.base.Dialect.open`."""
        return PlainSession(self._here, self._elsewhere, self._whole.parse, acks=False)


class _ShortView:
    """The variant for the room that has the focus (``here``), or for others, which are named."""

    sums = True

    def __init__(self, whole: JsonDialect, *, here: bool) -> None:
        self._now, self._zone = whole.now, whole.zone
        self._here = here
        self._lines = LineView(self._zone, self._now, here=here)

    def event(self, envelope: e.Envelope) -> bytes:
        return self._told(envelope, "")

    def own(self, envelope: e.Envelope, *, acked: bool) -> bytes:
        if isinstance(envelope.event, e.Said | e.Told):
            return b""  # older servers did not send it back
        return self._write(_kind(envelope.event), self._lines.own(envelope, acked=acked), envelope)

    def replay(self, envelope: e.Envelope) -> bytes:
        return b""  # such programs would show it as said now

    def found(self, envelope: e.Envelope) -> bytes:
        stamp = self._lines.found(envelope).partition(b"]")[0].decode()
        return self._told(envelope, f"{stamp}] ") if stamp else b""

    def reply(self, reply: r.Reply, tag: str | None) -> bytes:
        kind, text = _answer(reply)
        if text is None:
            return self._write(kind, self._lines.reply(reply, tag))
        return _objects(kind, [("", text)], self._clock(self._now())) if text else b""

    def _told(self, envelope: e.Envelope, stamp: str) -> bytes:
        event, author = envelope.event, envelope.author
        who = author.nick.text if author is not None else ""
        place = f"{envelope.room.name} " if envelope.room is not None and not self._here else ""
        if isinstance(event, e.Said) and event.extras is not None and event.extras.operators:
            place += "(operators) "
        match event:
            case e.Said(kind=kind) | e.Told(kind=kind) if kind in c.BETWEEN_PROGRAMS:
                return b""
            case e.Said(kind="action"):
                lead = f"{stamp}{place}* {who} "
            case e.Said():
                lead = f"{stamp}{place}{who}: "
            case e.Told():
                lead = f"{stamp}{who} (private): {'* ' if event.kind == 'action' else ''}"
            case _:
                return self._write(_kind(event), self._lines.event(envelope), envelope)
        lines = [(lead, str(line)) for line in event.lines]
        return _objects("MSG", lines, self._clock(envelope.time))

    def _write(self, kind: str, lines: bytes, envelope: e.Envelope | None = None) -> bytes:
        """Write the lines of the line dialect, without their marks."""
        if not lines:
            return b""
        texts = [_unmarked(line) for line in lines.decode().removesuffix("\r\n").split("\r\n")]
        if envelope is not None and kind in ("JOIN", "LEAVE"):
            texts = [sentence(text) for text in texts]
        time = envelope.time if envelope is not None else self._now()
        return _objects(kind, [("", text) for text in texts], self._clock(time))

    def _clock(self, time: float) -> str:
        return time_of_day(int(time), self._zone)


def _kind(event: e.Event) -> str:
    match event:
        case e.Joined():
            return "JOIN"
        case e.Left() | e.Departed() | e.Kicked():
            return "LEAVE"
        case e.Said() | e.Told() | e.Announced():
            return "MSG"
        case _:
            return "NOTICE"


def _answer(reply: r.Reply) -> tuple[str, str | None]:
    """Return the type and the content of a reply; no content (None) if it is what people with plain lines are told."""
    match reply:
        case r.Refused(code="no-room"):
            return "ERROR", "You are not in any room. Nothing was done. Send JOIN ROOM first."
        case r.Refused():
            return "ERROR", None
        case r.PasswordNeeded(room=room, wrong=wrong):
            refused = say.wrong_password if wrong else say.password_needed
            return "ERROR", refused(str(room), "Send JOIN")
        case r.NameRefused(why=why, suggestion=suggestion):
            return "ERROR", sentence(why) + (f" Try {suggestion}." if suggestion else "")
        case r.NickPassword(nick=nick, suggestion=suggestion):
            other = f", such as {suggestion}" if suggestion else ""
            return "ERROR", f"{say.name_registered(nick.text)} Choose another nickname{other}."
        case r.Greeting(server=server):
            return "NOTICE", say.greeting(server)
        case r.Entered():
            return "JOIN", None
        case r.FocusSet(room=None, left=left):
            return "LEAVE", say.focus(None, None if left is None else str(left), "JOIN")
        case r.FocusSet(left=left):
            return "JOIN" if left is None else "LEAVE", None
        case r.People() | r.Rooms() | r.Overview():
            return "LIST", None
        case r.HelpText(asked=asked):
            return "HELP", None if asked else _HELP
        case r.HistoryEnd(asked=True):
            return "ERROR", "Older clients cannot show history."
        case r.Farewell():
            return "QUIT", None
        case r.Hint() | r.HistoryStart() | r.HistoryEnd():
            return "NOTICE", ""
        case _:
            return "NOTICE", None


def _unmarked(line: str) -> str:
    for mark in _MARKS:
        if line.startswith(mark):
            return line.removeprefix(mark)
    return line


def _line(kind: str, content: str, clock: str) -> bytes:
    return _encode(_Object(kind, content, clock)) + b"\n"


def _objects(kind: str, lines: Iterable[tuple[str, str]], clock: str) -> bytes:
    """Write lines, each with a lead that names its author, into as few objects as possible; long texts are cut."""
    lines = list(lines)
    data = _line(kind, "\n".join([lead + text for lead, text in lines]), clock)
    if len(data) <= LONGEST:
        return data  # nearly always
    space = LONGEST - len(_line(kind, "", clock))
    contents: list[str] = []
    for lead, text in lines:
        for piece in _cut(text, space - _size(lead)):
            if contents and _size(both := f"{contents[-1]}\n{lead}{piece}") <= space:
                contents[-1] = both
            else:
                contents.append(lead + piece)
    return b"".join([_line(kind, content, clock) for content in contents])


def _cut(text: str, space: int) -> Iterable[str]:
    """Cut a text into pieces of at most ``space`` bytes in an object, at blanks if possible."""
    while _size(text) > space:
        # Every character takes at least one byte.
        end = bisect_right(range(1, space + 1), space, key=lambda length: _size(text[:length]))
        blank = text.rfind(" ", 1, end + 1)
        yield text[: blank if blank > 0 else end]
        text = text[blank + 1 :] if blank > 0 else text[end:]
    yield text


def _size(text: str) -> int:
    """Return how many bytes a text takes in an object."""
    return len(_encode(text)) - 2


_check: type[Dialect] = ShortJson
_check_view: type[View] = _ShortView
