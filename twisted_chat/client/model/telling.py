"""Answers of the server in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo

from twisted_chat.client import events as ev


def told(event: ev.Event, zone: tzinfo | None = None) -> tuple[str, ...]:
    """Return what to show for an answer that somebody asked for; nothing for other events. ``zone`` None is the local one."""
    match event:
        case ev.Who(users=users, room=room):
            where = f"in #{room}" if room else "here"
            head = f"{_count(event.count, 'person', 'people')} {where}{_page(event.page, event.pages)}:"
            return (head, *(_person(person) for person in users))
        case ev.Listing():
            return (*_rooms(event), *_users(event))
        case ev.Whois():
            return tuple(_whois(event, zone))
        case ev.Help(commands=commands):
            return tuple(
                f"/{each.name} {each.usage}".rstrip() + f": {each.help}" for each in commands
            )
        case ev.RoomSettings():
            return tuple(_settings(event))
        case ev.Bans(bans=bans, room=room):
            head = f"#{room}: {event.count:,} banned or muted{_page(event.page, event.pages)}"
            return (head, *(_ban(ban) for ban in bans))
        case ev.ServerBans(bans=server_bans):
            head = f"{_count(event.count, 'ban', 'bans')}{_page(event.page, event.pages)}"
            return (head, *(_server_ban(ban, zone) for ban in server_bans))
        case ev.Audit(records=records):
            head = f"{_count(event.count, 'record', 'records')}{_page(event.page, event.pages)}"
            return (head, *(_record(record, zone) for record in records))
        case ev.Stats(store=store):
            here = f"{event.sessions:,} sessions, {event.users:,} users, {event.rooms:,} rooms"
            return (here, *(f"{name}: {value}" for name, value in store.items()))
        case ev.Found(messages=messages, more=more, whole=whole):
            return (
                *(_message(message, zone) for message in messages),
                _found(len(messages), more, whole),
            )
        case _:
            return ()


def _count(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _page(page: int, pages: int) -> str:
    return f" (page {page} of {pages})" if pages > 1 else ""


def _moment(time: float, zone: tzinfo | None) -> str:
    return datetime.fromtimestamp(time, zone).strftime("%Y-%m-%d %H:%M")


def span(seconds: float) -> str:
    """Return a length of time in its largest unit: ``3 min``."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def _person(person: ev.Person) -> str:
    sign = (
        "@" if {"owner", "operator"} & set(person.roles) else "+" if "voice" in person.roles else ""
    )
    marks = [
        *(["guest"] if person.guest else []),
        *(["server operator"] if person.operator else []),
        *([f"away: {person.away}" if person.away else "away"] if person.away is not None else []),
        *([f"silent for {span(person.idle)}"] if person.idle >= 60 else []),
    ]
    return f"  {sign}{person.nick}" + (f" ({', '.join(marks)})" if marks else "")


def _rooms(event: ev.Listing) -> Iterable[str]:
    yield f"{_count(event.count, 'room', 'rooms')}{_page(event.page, event.pages)}:"
    for line in event.rooms:
        locked = " (locked)" if line.locked else ""
        topic = f": {line.topic}" if line.topic else ""
        yield f"  #{line.room}, {line.count:,}{locked}{topic}"


def _users(event: ev.Listing) -> Iterable[str]:
    if event.user_count is not None:
        pages = _page(event.user_page, event.user_pages)
        yield f"{_count(event.user_count, 'person', 'people')}{pages}:"
        yield from (_person(person) for person in event.users)


def _whois(event: ev.Whois, zone: tzinfo | None) -> Iterable[str]:
    if not event.here:
        yield f"{event.nick} is not here; was here {span(event.ago)} ago"
        return
    yield f"{event.nick}, " + (f"account {event.account}" if event.account else "a guest")
    if event.server_operator:
        yield "  operator of the server"
    if event.away is not None:
        yield f"  away: {event.away}"
    yield f"  here since {_moment(event.since, zone)}, silent for {span(event.idle)}"
    if event.rooms:
        yield "  in " + ", ".join(f"#{room}" for room in event.rooms)
    if event.host:
        yield "  from " + ", ".join((event.host, *event.addresses))


def _settings(event: ev.RoomSettings) -> Iterable[str]:
    yield f"#{event.room}: " + (f"owned by {event.owner}" if event.owner else "nobody owns it")
    switches = {
        "locked": event.lock,
        "private": event.private,
        "invite-only": event.invite_only,
        "moderated": event.moderated,
        "topic locked": event.topic_lock,
    }
    on = [name for name, value in switches.items() if value]
    yield "  " + (", ".join(on) or "open to all")
    if event.slow:
        yield f"  slow: a line every {span(event.slow)}"
    shown = "since they joined" if event.visibility == "join" else "all of it"
    yield f"  people see of its history: {shown}"
    for account, roles in event.roles.items():
        yield f"  {account}: {', '.join(roles)}"


def _ban(ban: ev.BanLine) -> str:
    what = "muted" if ban.mute else "banned"
    left = f", {span(ban.left)} left" if ban.left is not None else ""
    return f"  {ban.target} {what} by {ban.by}{left}{_because(ban.reason)}"


def _server_ban(ban: ev.ServerBan, zone: tzinfo | None) -> str:
    until = f" until {_moment(ban.until, zone)}" if ban.until is not None else ""
    return f"  {ban.kind} {ban.target} by {ban.by}{until}{_because(ban.reason)}"


def _record(record: ev.AuditLine, zone: tzinfo | None) -> str:
    return f"  {_moment(record.time, zone)} {record.operator} ({record.nick}, {record.address}): {record.what}"


def _because(reason: str | None) -> str:
    return f": {reason}" if reason else ""


def _message(message: ev.Message, zone: tzinfo | None) -> str:
    where = f"#{message.room} " if message.room else ""
    who = f"* {message.sender}" if message.kind == "action" else f"<{message.sender}>"
    return f"  {_moment(message.time, zone)} {where}{who} {message.text}"


def _found(count: int, more: bool, whole: bool) -> str:
    found = f"{_count(count, 'message', 'messages')} found"
    return (
        found
        + ("; there are older ones" if more else "")
        + ("" if whole else "; not all could be searched")
    )
