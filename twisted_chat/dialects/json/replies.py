"""What the JSON dialect answers: type, content and fields of all replies."""

from __future__ import annotations

from typing import Any

import msgspec

from twisted_chat.core.api import replies as r
from twisted_chat.core.values.ids import spell
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.dialects import wording
from twisted_chat.dialects.json import rooms as json_rooms
from twisted_chat.dialects.json.values import kept, nick_texts, rfc3339


def answer(reply: r.Reply) -> tuple[str, str, dict[str, Any]]:
    """Return type, content and fields of a reply."""
    match reply:
        case r.Acked(message=message, time=time, kept=in_history):
            stored = {"message": spell(message), "time": rfc3339(time)}
            return "ack", "", stored if in_history else {**stored, "kept": False}
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
        case r.Welcome(nick=nick, token=token, motd=motd, resumed=resumed, scope=scope):
            content = "\n".join((f"Welcome{' back' if resumed else ''}, {nick}.", *motd))
            named = {"nick": nick.text, "session": token, "scope": scope}
            return "welcome", content, {**named, "resumed": resumed}
        case r.Hint():
            return "notice", 'send {"type": "help"} to see what else there is', {"code": "hint"}
        case r.Entered():
            return (
                "members",
                f"You are in {reply.room} with {_count(reply.count - 1, 'other', 'others')}",
                {
                    "room": reply.room.text,
                    "names": nick_texts(reply.names),
                    "count": reply.count,
                    "topic": reply.topic,
                    "created": reply.created,
                    "locked": reply.locked,
                    **({"bot_commands": reply.bot_commands} if reply.bot_commands else {}),
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
        case r.HistoryEnd(room=place, count=count, more=more, at=at):
            # Of a page that is hidden from who ignores its authors no message tells where it ended.
            onward = {"next": spell(at)} if more and at is not None else {}
            return "history_end", "", _place(place) | {"count": count, "more": more} | onward
        case r.WaitingStart(count=count):
            return "waiting_start", "", {"count": count}
        case r.WaitingEnd(count=count):
            return "waiting_end", "", {"count": count}
        case r.Missed():
            return "missed", wording.summary(reply), _missed(reply)
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
            return "who", _people_text(reply), _people(reply)
        case r.Rooms():
            return "list", _rooms_text(reply), _rooms(reply)
        case r.Overview(rooms=rooms, people=people):
            content = f"{_rooms_text(rooms)}; {_people_text(people)}"
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
        case r.AccountList():
            return "accounts", _count(reply.count, "account", "accounts"), _accounts(reply)
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
            return "keep", f"kept {keep}", {"room": room.text} | kept(keep)
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


def _people_text(reply: r.People) -> str:
    """Say who is on a page, for programs that show their users the content of an object and nothing else."""
    names = ", ".join([each.nick.text for each in reply.people])
    return f"{_count(reply.count, 'person', 'people')}: {names}"


def _rooms_text(reply: r.Rooms) -> str:
    names = ", ".join([f"{each.name} ({each.count})" for each in reply.rooms])
    return f"{_count(reply.count, 'room', 'rooms')}: {names}"


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
            "scope": person.scope,
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
    store["growth"], store["growth_time"] = reply.growth, reply.growth_time
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


def _accounts(reply: r.AccountList) -> dict[str, Any]:
    accounts = [
        {
            "account": each.name.text,
            "created": rfc3339(each.created),
            "here": each.here,
            "seen": None if each.seen is None else rfc3339(each.seen),
        }
        for each in reply.accounts
    ]
    return {"accounts": accounts, "count": reply.count, "page": reply.page, "pages": reply.pages}


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
