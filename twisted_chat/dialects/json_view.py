"""What the JSON dialect sends: one object for each thing, ended by LF."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

import msgspec

from twisted_chat.core import events as e
from twisted_chat.core import replies as r
from twisted_chat.core.hub import scope_of
from twisted_chat.core.ids import spell
from twisted_chat.core.keep import Keep
from twisted_chat.core.names import Nick, RoomName
from twisted_chat.core.room_events import RoomEvent
from twisted_chat.dialects import json_rooms, line_rooms, missing
from twisted_chat.dialects.base import Variant


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
        kind, content, fields = _reply(reply)
        # A reply has no time of its own: it is made now.
        clock = _clock(int(self._time_now()), self._zone)
        told = {"type": kind, "content": content, "timestamp": clock, **fields}
        if tag is not None:
            told["id"] = tag
        return _encode(told) + b"\n"

    def _event(self, envelope: e.Envelope, *, replay: bool) -> bytes:
        happened = _happened(envelope)
        if happened is None:
            return b""
        kind, content, fields = happened
        clock = _clock(int(envelope.time), self._zone)
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


@functools.lru_cache(maxsize=4096)
def _clock(second: int, zone: tzinfo | None) -> str:
    return datetime.fromtimestamp(second, zone).strftime("%H:%M:%S")


def rfc3339(time: float) -> str:
    """Write a time, in seconds since 1970, as RFC 3339 has it: UTC, with milliseconds (cut, not rounded)."""
    second, thousandth = divmod(int(time * 1000), 1000)
    return f"{_date(second)}.{thousandth:03d}Z"


@functools.lru_cache(maxsize=4096)
def _date(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


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
        case e.Announced(lines=lines):
            return "announcement", "\n".join(lines), None
        case e.Killed() | e.ServerBanned() | e.ServerUnbanned() | e.PanicSet():
            return None  # what comes of them is shown
        case e.Gathered(joined=joined, left=left, members=members):
            return (
                "members",
                f"{len(joined):,} joined and {len(left):,} left {room}",
                {"joined": _names(joined), "left": _names(left), "count": members},
            )
        case RoomEvent():
            kind_of_it, fields = json_rooms.happened(event)
            return kind_of_it, f"{who} {line_rooms.happened(event, room)}", fields
        case e.KeepSet(keep=keep, capped=capped):
            return "keep", f"kept {keep}", _kept(keep) | {"capped": capped}
        case (
            e.Arrived()
            | e.Received()
            | e.Read()
            | e.Detached()
            | e.Closed()
            | e.Registered()
            | e.PasswordSet()
            | e.AccountDropped()
            | e.Invited()
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


def _kept(keep: Keep) -> dict[str, Any]:
    return {"days": keep.days or None, "lines": keep.lines or None}


def _names(nicks: tuple[Nick, ...]) -> list[str]:
    return [nick.text for nick in nicks]


def _reply(reply: r.Reply) -> tuple[str, str, dict[str, Any]]:
    """Return type, content and fields of a reply."""
    match reply:
        case r.Acked(message=message, time=time):
            return "ack", "", {"message": spell(message), "time": rfc3339(time)}
        case r.Refused(code=code, why=why):
            return "error", why, {"code": code}
        case r.PasswordNeeded(room=room, wrong=True):
            why = f"that is not the password of {room}; try again with /join {room} PASSWORD"
            return "error", why, {"code": "wrong-password"}
        case r.PasswordNeeded(room=room):
            return (
                "error",
                f'{room} is locked; join it with "password"',
                {"code": "password-needed", "room": room.text},
            )
        case r.NameRefused(code=code, why=why, suggestion=suggestion):
            return (
                "error",
                why,
                {"code": code} | ({"suggestion": suggestion.text} if suggestion else {}),
            )
        case r.NickPassword(nick=nick, suggestion=suggestion):
            why = f'"{nick}" is registered; send it with "password", or pick another nickname'
            named = {"code": "password-needed", "nick": nick.text}
            return "error", why, named | ({"suggestion": suggestion.text} if suggestion else {})
        case r.Greeting(server=server):
            return "notice", f"Welcome to {server}.", {"code": "greeting"}
        case r.Welcome(nick=nick, token=token, motd=motd, resumed=resumed):
            content = "\n".join((f"Welcome{' back' if resumed else ''}, {nick}.", *motd))
            named = {"nick": nick.text, "session": token, "scope": scope_of(token)}
            return "welcome", content, {**named, "resumed": resumed}
        case r.Hint():
            return "notice", 'send {"type": "help"} to see what else there is', {"code": "hint"}
        case r.Entered():
            return (
                "members",
                f"You are in {reply.room} with {_count(reply.count - 1, 'other', 'others')}",
                {
                    "room": reply.room.text,
                    "names": _names(reply.names),
                    "count": reply.count,
                    "topic": reply.topic,
                    "created": reply.created,
                    "locked": reply.locked,
                },
            )
        case r.FocusSet(room=room, left=left):
            focus = {"focus": room.text if room is not None else None}
            if left is None:
                content = (
                    f"You talk in {room} now" if room is not None else "You talk in no room now"
                )
                return "notice", content, focus | {"code": "focus"}
            return "leave", f"You left {left}", focus | {"room": left.text}
        case r.HistoryStart(room=place, count=count):
            return "history_start", "", _place(place) | {"count": count}
        case r.HistoryEnd(room=place, count=count, more=more):
            return "history_end", "", _place(place) | {"count": count, "more": more}
        case r.WaitingStart(count=count):
            return "waiting_start", "", {"count": count}
        case r.WaitingEnd(count=count):
            return "waiting_end", "", {"count": count}
        case r.Missed():
            return "missed", missing.summary(reply), _missed(reply)
        case r.ReadUpTo(place=place, message=message):
            return "read", "", _place(place) | {"message": spell(message)}
        case r.SearchStart(count=count):
            return "search_start", "", {"count": count}
        case r.SearchEnd(count=count, more=more, whole=whole):
            found = f"{_count(count, 'message', 'messages')} found"
            return "search_end", found, {"count": count, "more": more, "whole": whole}
        case r.RoomSettings():
            return json_rooms.settings(reply)
        case r.Bans():
            return json_rooms.bans(reply)
        case r.Invitation(by=by, room=room):
            told = {"from": by.text, "room": room.text, "you": True}
            return "invite", f"{by} invites you to {room}", told
        case r.Stats():
            content = f"{_count(reply.sessions, 'session', 'sessions')}, {_count(reply.users, 'user', 'users')}"
            return "stats", content, _stats(reply)
        case r.People():
            return "who", _count(reply.count, "person", "people"), _people(reply)
        case r.Rooms():
            return "list", _count(reply.count, "room", "rooms"), _rooms(reply)
        case r.Overview(rooms=rooms, people=people):
            content = f"{_count(rooms.count, 'room', 'rooms')}, {_count(people.count, 'person', 'people')}"
            users = _people(people)
            return (
                "list",
                content,
                {
                    **_rooms(rooms),
                    "users": users["users"],
                    "user_count": people.count,
                    "user_page": people.page,
                    "user_pages": people.pages,
                },
            )
        case r.Profile():
            return (
                "whois",
                reply.nick.text,
                {
                    "nick": reply.nick.text,
                    "account": reply.account,
                    "guest": reply.account is None,
                    "rooms": [room.text for room in reply.rooms],
                    "since": rfc3339(reply.since),
                    "idle": round(reply.idle),
                    "away": reply.away,
                    "host": reply.host,
                    "server_operator": reply.operator,
                }
                | ({"addresses": list(reply.addresses)} if reply.addresses else {}),
            )
        case r.WasHere(name=name, time=time, ago=ago):
            seen = {"nick": name, "here": False, "seen": rfc3339(time), "ago": round(ago)}
            return "whois", f"{name} is not here", seen
        case r.ServerBanList():
            return "server_bans", _count(reply.count, "ban", "bans"), _server_bans(reply)
        case r.Audit():
            return "audit", _count(reply.count, "record", "records"), _audit(reply)
        case r.Topic(room=room, topic=topic, by=by, time=time):
            told = {"room": room.text}
            return (
                "topic",
                topic,
                told if by is None else told | {"from": by.text, "time": rfc3339(time)},
            )
        case r.Kept(room=room, keep=keep):
            return "keep", f"kept {keep}", {"room": room.text} | _kept(keep)
        case r.Ignored(names=names):
            return "notice", f"{len(names)} ignored", {"code": "ignored", "names": list(names)}
        case r.Confirmed(text=text):
            return "notice", text, {"code": "done"}
        case r.Notice(code=code, text=text):
            return "notice", text, {"code": code}
        case r.HelpText(lines=lines):
            content = "\n".join(
                f"/{line.name} {line.usage}".rstrip() + f": {line.help}" for line in lines
            )
            commands = [
                {"name": line.name, "usage": line.usage, "help": line.help} for line in lines
            ]
            return "help", content, {"commands": commands}
        case r.Pong(text=text):
            return "pong", text, {}
        case r.Probe():
            return "ping", "", {}
        case r.Farewell(why=why):  # pragma: no branch (mypy sees a missing case)
            return "quit", f"Goodbye{f' ({why})' if why else ''}.", {"reason": why}


def _count(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _people(reply: r.People) -> dict[str, Any]:
    users = [
        {
            "nick": person.nick.text,
            "away": person.away,
            "account": person.account,
            "guest": person.account is None,
            "operator": person.operator,
            "roles": list(person.roles),
            "idle": round(person.idle),
        }
        for person in reply.people
    ]
    room = {"room": reply.room.text} if reply.room is not None else {}
    return {"users": users, "count": reply.count, "page": reply.page, "pages": reply.pages, **room}


def _place(place: RoomName | Nick) -> dict[str, Any]:
    """Name a room, or whose private messages with the reader's account it is about."""
    return {"with" if isinstance(place, Nick) else "room": place.text}


def _missed(reply: r.Missed) -> dict[str, Any]:
    rooms = [
        {
            "room": each.room.text,
            "count": each.count,
            "more": each.more,
            "mentions": each.mentions,
            "after": spell(each.after),
        }
        for each in reply.rooms
    ]
    private = [{"from": name, "count": count} for name, count in reply.private]
    return {"rooms": rooms, "private": private}


def _stats(reply: r.Stats) -> dict[str, Any]:
    since = reply.store.since
    store = msgspec.structs.asdict(reply.store)
    store["since"] = None if since is None else rfc3339(since)
    return {
        "sessions": reply.sessions,
        "users": reply.users,
        "rooms": reply.rooms,
        "store": store,
    }


def _server_bans(reply: r.ServerBanList) -> dict[str, Any]:
    bans = [
        {
            "kind": ban.kind,
            "target": ban.target,
            "by": ban.by,
            "since": rfc3339(ban.since),
            "until": None if ban.until is None else rfc3339(ban.until),
            "reason": ban.reason,
        }
        for ban in reply.bans
    ]
    return {"bans": bans, "count": reply.count, "page": reply.page, "pages": reply.pages}


def _audit(reply: r.Audit) -> dict[str, Any]:
    records = [
        msgspec.structs.asdict(record) | {"time": rfc3339(record.time)} for record in reply.records
    ]
    return {"records": records, "count": reply.count, "page": reply.page, "pages": reply.pages}


def _rooms(reply: r.Rooms) -> dict[str, Any]:
    rooms = [
        {"room": room.name.text, "count": room.count, "topic": room.topic, "locked": room.locked}
        for room in reply.rooms
    ]
    return {"rooms": rooms, "count": reply.count, "page": reply.page, "pages": reply.pages}


_check: type[Variant] = JsonView
