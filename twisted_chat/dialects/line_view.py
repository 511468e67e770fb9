"""How the line dialect shows things: one line for one line of text, each ended by CR LF."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import tzinfo

from twisted_chat.core import commands as c
from twisted_chat.core import events as e
from twisted_chat.core import replies as r
from twisted_chat.core.room_events import RoomEvent
from twisted_chat.dialects import line_rooms
from twisted_chat.dialects.base import Variant
from twisted_chat.dialects.line_answers import answer
from twisted_chat.dialects.line_words import because, date_and_clock, some


class LineView:
    """What a line session sees of a room: the one it talks in (``here``) or another."""

    def __init__(self, zone: tzinfo | None, now: Callable[[], float], *, here: bool) -> None:
        self._zone = zone
        self._time_now = now
        self._here = here

    def event(self, envelope: e.Envelope) -> bytes:
        return _lines(self._tell(envelope))

    def own(self, envelope: e.Envelope, *, acked: bool) -> bytes:
        match envelope.event:
            case e.Said():
                return b""  # it stands on one's own screen already
            case e.Told(nick=to, kind=kind, lines=lines) if kind != "ctcp":
                return _lines(f"-> *{to}* {_acted(kind)}{line}" for line in lines)
            case e.Renamed(nick=nick):
                return _lines([f"-- You are now called {nick}."])
            case e.LoggedIn(nick=nick):
                return _lines([f"-- You are logged in as {nick}."])
            case e.AwaySet(text=None):
                return _lines(["-- You are no longer marked as away."])
            case e.AwaySet(text=text):
                why = f" ({text})" if text != c.NO_REASON else ""
                return _lines([f"-- You are marked as away{why}; /back undoes that."])
            case e.TopicSet() | e.KeepSet() | e.Kicked() | e.Announced() | RoomEvent():
                return self.event(envelope)
            case _:
                # This is answered by a reply.
                return b""

    def replay(self, envelope: e.Envelope) -> bytes:
        date, clock = date_and_clock(int(envelope.time) // 60, self._zone)
        today, _ = date_and_clock(int(self._time_now()) // 60, self._zone)
        stamp = clock if date == today else f"{date} {clock}"
        return _lines(f"[{stamp}] {line}" for line in self._tell(envelope))

    def found(self, envelope: e.Envelope) -> bytes:
        date, clock = date_and_clock(int(envelope.time) // 60, self._zone)
        return _lines(f"[{date} {clock}] {line}" for line in self._tell(envelope))

    def reply(self, reply: r.Reply, tag: str | None) -> bytes:
        return _lines(answer(reply, self._zone))

    def _tell(self, envelope: e.Envelope) -> Iterable[str]:
        """Say what happened, a line each."""
        event, author = envelope.event, envelope.author
        who = author.nick.text if author is not None else ""
        room = str(envelope.room.name) if envelope.room is not None else ""
        place = "" if self._here or not room else f"{room} "
        match event:
            case e.Said(kind="say", lines=lines):
                return [f"{place}<{who}> {line}" for line in lines]
            case e.Said(kind="action", lines=lines):
                return [f"{place}* {who} {line}" for line in lines]
            case e.Said(kind="notice", lines=lines):
                return [f"{place}-{who}- {line}" for line in lines]
            case e.Told(kind=kind, lines=lines) if kind != "ctcp":
                return [f"*{who}* {_acted(kind)}{line}" for line in lines]
            case e.Said() | e.Told() | e.Arrived() | e.Detached() | e.AwaySet() | e.Closed():
                return []  # requests between programs, and what a person need not be told
            case e.Received() | e.Read():
                return []  # what the server notes for itself
            case (
                e.Registered()
                | e.PasswordSet()
                | e.AccountDropped()
                | e.Invited()
                | e.PrivacySet()
                | e.IgnoreSet()
            ):
                return []  # whose account it is gets a reply
            case e.Killed() | e.ServerBanned() | e.ServerUnbanned() | e.PanicSet():
                return []  # what comes of them is shown
            case e.Announced(lines=lines):
                # Nothing that anybody else says begins like this.
                return [
                    f"== Announcement by {who}, an operator of this server: {line}"
                    for line in lines
                ]
            case e.Joined():
                return [f"-- {who} joined {room}"]
            case e.Left(reason=reason):
                return [f"-- {who} left {room}{because(reason)}"]
            case e.Departed(reason=reason):
                return [f"-- {who} left the chat{because(reason)}"]
            case e.Renamed(nick=nick):
                return [f"-- {who} is now called {nick}"]
            case e.LoggedIn(nick=nick):
                return [f"-- {who} is now called {nick}"] if who != nick.text else []
            case e.Kicked(nick=nick, reason=reason):
                return [f"-- {who} put {nick} out of {room}{because(reason)}"]
            case e.TopicSet(topic=topic):
                return [
                    f"-- {who} set the topic of {room}: {topic}"
                    if topic
                    else f"-- {who} cleared the topic of {room}"
                ]
            case e.KeepSet(keep=keep, capped=capped):
                most = " (this server keeps no more)" if capped else ""
                return [f"-- {who} set: history of {room} is kept {keep}{most}"]
            case RoomEvent():
                return [f"-- {who} {line_rooms.happened(event, room)}"]
            case e.Gathered(
                joined=joined, left=left
            ):  # pragma: no branch (mypy sees a missing case)
                parts = [
                    f"{len(nicks):,} {verb} {room}: {some(nicks)}"
                    for nicks, verb in ((joined, "joined"), (left, "left"))
                    if nicks
                ]
                return [f"-- {'; '.join(parts)}"] if parts else []


def _lines(lines: Iterable[str]) -> bytes:
    text = "\r\n".join(lines)
    return f"{text}\r\n".encode() if text else b""


def _acted(kind: str) -> str:
    return "* " if kind == "action" else ""


_check: type[Variant] = LineView
