"""What the JSON dialect sends: one object for each thing, ended by LF."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import Any, Final

import msgspec

from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.ids import spell
from twisted_chat.dialects.base import View
from twisted_chat.dialects.json import rooms
from twisted_chat.dialects.json.replies import answer
from twisted_chat.dialects.json.values import kept, nick_texts, rfc3339, time_of_day
from twisted_chat.dialects.line import rooms as line_rooms


def _plain(value: object) -> str:
    """Hand over the text of a :class:`CleanText`: msgspec takes no subclass of str by itself."""
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"{type(value)} has no place in JSON")


_encode: Final = msgspec.json.Encoder(enc_hook=_plain).encode


class JsonView:
    """What a JSON session sees; the same for all its rooms."""

    def __init__(self, zone: tzinfo | None, now: Callable[[], float]) -> None:
        self._zone = zone
        self._time_now = now

    def event(self, envelope: e.Envelope) -> bytes:
        return self._event(envelope, replay=False)

    def own(self, envelope: e.Envelope, *, acked: bool) -> bytes:
        match envelope.event:
            case e.Said() | e.Told():
                return b"" if acked else self.event(envelope)
            case e.Joined() | e.Left():
                return b""  # the answers to join and leave tell more
            case _:
                return self.event(envelope)

    def replay(self, envelope: e.Envelope) -> bytes:
        return self._event(envelope, replay=True)

    def found(self, envelope: e.Envelope) -> bytes:
        return self.replay(envelope)

    def reply(self, reply: r.Reply, tag: str | None) -> bytes:
        kind, content, fields = answer(reply)
        # A reply has no time of its own: it is made now.
        clock = time_of_day(int(self._time_now()), self._zone)
        told = {"type": kind, "content": content, "timestamp": clock, **fields}
        if tag is not None:
            told["id"] = tag
        return _encode(told) + b"\n"

    def _event(self, envelope: e.Envelope, *, replay: bool) -> bytes:
        happened = _happened(envelope)
        if happened is None:
            return b""
        kind, content, fields = happened
        clock = time_of_day(int(envelope.time), self._zone)
        told: dict[str, Any] = {"type": kind, "content": content, "timestamp": clock}
        author = envelope.author
        if author is not None:
            told["from"] = author.nick.text
            if author.account is not None:
                told["account"] = author.account
        if envelope.room is not None:
            told["room"] = envelope.room.name.text
        if envelope.id:  # what delivery made for show has none
            told["id"] = spell(envelope.id)
        told["time"] = rfc3339(envelope.time)
        if fields:
            told |= fields
        if replay:
            told["replay"] = True
        return _encode(told) + b"\n"


def _happened(envelope: e.Envelope) -> tuple[str, str, dict[str, Any] | None] | None:
    """Return type, content and the event's own fields; None if it is not shown."""
    event, author = envelope.event, envelope.author
    if isinstance(event, e.Said):
        return "message", "\n".join(event.lines), _said(event, envelope.tag, author)
    who = author.nick.text if author is not None else ""
    room = str(envelope.room.name) if envelope.room is not None else ""
    match event:
        case e.Told(nick=to, kind=kind, lines=lines):
            told = {"to": to.text}
            if envelope.author is not None:
                # To this session, and no other under the same name, an answer can be sent.
                told["scope"] = envelope.author.scope
            return "private", "\n".join(lines), told if kind == "say" else told | {"kind": kind}
        case e.Joined():
            return "join", f"{who} joined {room}", None
        case e.Left(reason=reason):
            return "leave", f"{who} left {room}", _reason(reason)
        case e.Departed(reason=reason):
            return "quit", f"{who} left the chat", _reason(reason)
        case e.Renamed(nick=nick):
            return "nick", nick.text, None
        case e.LoggedIn(nick=nick, proof=proof):
            return "nick", nick.text, {"account": proof.account}
        case e.Kicked(nick=nick, reason=reason):
            return "kick", f"{who} put {nick} out of {room}", {"to": nick.text} | _reason(reason)
        case e.TopicSet(topic=topic):
            return "topic", topic, None
        case e.AwaySet(text=text, auto=auto):
            idle = {"auto": True} if auto else {}
            return "away", text or "", {"away": text is not None} | idle
        case e.BotCommandsSet(words=words):
            which = ", ".join(words) or "no command any more"
            return "bot_commands", f"{who} answers to {which}", {"commands": words}
        case e.Announced(lines=lines):
            return "announcement", "\n".join(lines), None
        case (
            e.Killed()
            | e.ServerBanned()
            | e.ServerUnbanned()
            | e.PanicSet()
            | e.PasswordReset()
            | e.AccountRemoved()
        ):
            return None  # what comes of them is shown
        case e.Gathered(joined=joined, left=left, members=members):
            return (
                "members",
                f"{len(joined):,} joined and {len(left):,} left {room}",
                {"joined": nick_texts(joined), "left": nick_texts(left), "count": members},
            )
        case e.RoomEvent():
            kind_of_it, fields = rooms.happened(event)
            return kind_of_it, f"{who} {line_rooms.happened(event, room)}", fields
        case e.KeepSet(keep=keep, capped=capped):
            return "keep", f"kept {keep}", kept(keep) | {"capped": capped}
        case (
            e.Arrived()
            | e.Received()
            | e.Read()
            | e.Detached()
            | e.Closed()
            | e.AccountRegistered()
            | e.PasswordChanged()
            | e.AccountDropped()
            | e.InviteCodeMade()
            | e.PrivacySet()
            | e.IgnoreSet()
        ):  # pragma: no branch (mypy sees a missing case)
            return None


def _said(event: e.Said, tag: str | None, author: e.Author | None) -> dict[str, Any] | None:
    """Return what a message has besides its text, if anything."""
    fields: dict[str, Any] = {} if event.kind == "say" else {"kind": event.kind}
    if tag is not None and author is not None:
        # A reader drops a resend of a line that it was shown and that was not stored.
        fields["nonce"], fields["scope"] = tag, author.scope
    return fields


def _reason(reason: str | None) -> dict[str, Any]:
    return {"reason": reason} if reason else {}


_check: type[View] = JsonView
