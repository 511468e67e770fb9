"""What the JSON dialect answers: the objects of all replies."""

from __future__ import annotations

from typing import Any

import msgspec

from twisted_chat.core.api import replies as r
from twisted_chat.core.values.ids import spell
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.dialects.json.values import nick_texts
from twisted_chat.dialects.schema import answers as s
from twisted_chat.dialects.schema.base import Answer, moment, second
from twisted_chat.dialects.wording.missed import summary


def answer(reply: r.Reply) -> Answer:
    """Return the object of a reply, without the time and the id of what asked for it."""
    match reply:
        case r.Acked(message=message, time=time, kept=kept):
            return s.Ack(message=spell(message), time=moment(time), kept=kept)
        case r.Refused(code=code, why=why):
            return s.Refused(content=why, code=code)
        case r.PasswordNeeded(room=room, wrong=True):
            why = f"that is not the password of {room}; try again with /join {room} PASSWORD"
            return s.Refused(content=why, code="wrong-password")
        case r.PasswordNeeded(room=room):
            why = f'{room} is locked; join it with "password"'
            return s.Refused(content=why, code="password-needed", room=room.text)
        case r.NameRefused(code=code, why=why, suggestion=suggestion):
            return s.Refused(content=why, code=code, suggestion=_text(suggestion))
        case r.NickPassword(nick=nick, suggestion=suggestion):
            return s.Refused(
                content=f'"{nick}" is registered; send it with "password", or pick another nickname',
                code="password-needed",
                nick=nick.text,
                suggestion=_text(suggestion),
            )
        case r.Greeting(server=server):
            return s.Notice(content=f"Welcome to {server}.", code="greeting")
        case r.Welcome(nick=nick, token=token, motd=motd, resumed=resumed, scope=scope):
            return s.Welcome(
                content="\n".join((f"Welcome{' back' if resumed else ''}, {nick}.", *motd)),
                nick=nick.text,
                session=token,
                scope=scope,
                resumed=resumed,
            )
        case r.Hint():
            return s.Notice(content='send {"type": "help"} to see what else there is', code="hint")
        case r.Entered():
            return s.Entered(
                content=f"You are in {reply.room} with {_count(reply.count - 1, 'other', 'others')}",
                room=reply.room.text,
                names=nick_texts(reply.names),
                count=reply.count,
                topic=reply.topic,
                created=reply.created,
                locked=reply.locked,
                bot_commands=reply.bot_commands,
            )
        case r.FocusSet(room=room, left=left):
            focus = _text(room)
            if left is not None:
                return s.Gone(content=f"You left {left}", focus=focus, room=left.text)
            where = f"in {room}" if room is not None else "in no room"
            return s.Focus(content=f"You talk {where} now", focus=focus)
        case r.HistoryStart(room=place, count=count):
            return s.HistoryStart(count=count, **_place(place))
        case r.HistoryEnd(room=place, count=count, more=more, at=at):
            # Of a page that is hidden from who ignores its authors no message tells where it ended.
            onward = spell(at) if more and at is not None else ""
            return s.HistoryEnd(count=count, more=more, next=onward, **_place(place))
        case r.WaitingStart(count=count):
            return s.WaitingStart(count=count)
        case r.WaitingEnd(count=count):
            return s.WaitingEnd(count=count)
        case r.Missed():
            return _missed(reply)
        case r.ReadUpTo(place=place, message=message):
            return s.ReadUpTo(message=spell(message), **_place(place))
        case r.SearchStart(count=count):
            return s.SearchStart(count=count)
        case r.SearchEnd(count=count, more=more, whole=whole):
            found = f"{_count(count, 'message', 'messages')} found"
            return s.SearchEnd(content=found, count=count, more=more, whole=whole)
        case r.RoomSettings():
            return _settings(reply)
        case r.Bans():
            return _bans(reply)
        case r.Invitation(by=by, room=room):
            return s.Invited(content=f"{by} invites you to {room}", sender=by.text, room=room.text)
        case r.Stats():
            return _stats(reply)
        case r.People():
            return s.Who(
                content=_people_text(reply),
                users=tuple(map(_person, reply.people)),
                count=reply.count,
                page=reply.page,
                pages=reply.pages,
                room=_text(reply.room),
            )
        case r.Rooms():
            return s.Listing(content=_rooms_text(reply), **_rooms(reply))
        case r.Overview(rooms=rooms, people=people):
            return s.Overview(
                content=f"{_rooms_text(rooms)}; {_people_text(people)}",
                users=tuple(map(_person, people.people)),
                user_count=people.count,
                user_page=people.page,
                user_pages=people.pages,
                **_rooms(rooms),
            )
        case r.Profile():
            return s.Profile(
                content=reply.nick.text,
                nick=reply.nick.text,
                account=reply.account,
                guest=reply.account is None,
                rooms=tuple(room.text for room in reply.rooms),
                since=moment(reply.since),
                idle=round(reply.idle),
                away=reply.away,
                host=reply.host,
                server_operator=reply.operator,
                addresses=reply.addresses,
            )
        case r.WasHere(name=name, time=time, ago=ago):
            seen = moment(time)
            return s.Whois(
                content=f"{name} is not here", nick=name, here=False, seen=seen, ago=round(ago)
            )
        case r.ServerBanList():
            return _server_bans(reply)
        case r.AccountList():
            return _accounts(reply)
        case r.Audit():
            return s.Audit(
                content=_count(reply.count, "record", "records"),
                records=tuple(
                    s.AuditLine(
                        time=moment(each.time),
                        operator=each.operator,
                        nick=each.nick,
                        address=each.address,
                        what=each.what,
                    )
                    for each in reply.records
                ),
                count=reply.count,
                page=reply.page,
                pages=reply.pages,
            )
        case r.Topic(room=room, topic=topic, by=by, time=time):
            told = s.ShownTopic(content=topic, room=room.text)
            if by is None:
                return told
            return msgspec.structs.replace(told, sender=by.text, time=moment(time))
        case r.Kept(room=room, keep=keep):
            return s.Retention(
                content=f"kept {keep}",
                room=room.text,
                days=keep.days or None,
                max_lines=keep.lines or None,
            )
        case r.Ignored(names=names):
            return s.Ignored(content=f"{len(names)} ignored", code="ignored", names=names)
        case r.Confirmed(text=text):
            return s.Notice(content=text, code="done")
        case r.Notice(code=code, text=text):
            return s.Notice(content=text, code=code)
        case r.HelpText(lines=lines):
            content = "\n".join(
                f"/{line.name} {line.usage}".rstrip() + f": {line.help}" for line in lines
            )
            return s.Help(
                content=content,
                commands=tuple(
                    s.CommandHelp(
                        name=line.name, usage=line.usage, help=line.help, group=line.group
                    )
                    for line in lines
                ),
            )
        case r.Pong(text=text):
            return s.Pong(content=text)
        case r.Probe():
            return s.Ping()
        case r.Farewell(why=why):  # pragma: no branch (mypy sees a missing case)
            return s.Farewell(content=f"Goodbye{f' ({why})' if why else ''}.", reason=why)


def _count(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _text(name: Nick | RoomName | None) -> str | None:
    return None if name is None else name.text


def _place(place: RoomName | Nick) -> dict[str, Any]:
    """Name a room, or whose private messages with the reader's account it is about."""
    return {"partner" if isinstance(place, Nick) else "room": place.text}


def _missed(reply: r.Missed) -> s.Missed:
    return s.Missed(
        content=summary(reply),
        rooms=tuple(
            s.MissedRoom(
                room=each.room.text,
                count=each.count,
                more=each.more,
                mentions=each.mentions,
                after=spell(each.after),
            )
            for each in reply.rooms
        ),
        private=tuple(s.MissedPrivate(sender=name, count=count) for name, count in reply.private),
    )


def _settings(reply: r.RoomSettings) -> s.RoomSettings:
    how = reply.settings
    return s.RoomSettings(
        content=str(reply.room),
        room=reply.room.text,
        owner=reply.owner,
        lock=reply.locked,
        private=how.private,
        invite_only=how.invite_only,
        moderated=how.moderated,
        slow=how.slow,
        topic_lock=how.topic_lock,
        visibility="join" if how.since_join else "all",
        roles=dict(reply.roles),
    )


def _bans(reply: r.Bans) -> s.Bans:
    return s.Bans(
        content=f"{reply.count:,} banned or muted",
        room=reply.room.text,
        bans=tuple(
            s.BanLine(
                mute=line.mute,
                target=line.target,
                by=line.by,
                time=second(line.time),
                left=None if line.left is None else round(line.left),
                reason=line.reason,
            )
            for line in reply.bans
        ),
        count=reply.count,
        page=reply.page,
        pages=reply.pages,
    )


def _stats(reply: r.Stats) -> s.Stats:
    since = reply.store.since
    store = msgspec.structs.asdict(reply.store)
    store["growth"], store["growth_time"] = reply.growth, reply.growth_time
    store["since"] = None if since is None else moment(since)
    content = (
        f"{_count(reply.sessions, 'session', 'sessions')}, {_count(reply.users, 'user', 'users')}"
    )
    return s.Stats(
        content=content, sessions=reply.sessions, users=reply.users, rooms=reply.rooms, store=store
    )


def _people_text(reply: r.People) -> str:
    """Say who is on a page, for programs that show their users the content of an object and nothing else."""
    names = ", ".join([each.nick.text for each in reply.people])
    return f"{_count(reply.count, 'person', 'people')}: {names}"


def _person(person: r.Person) -> s.Person:
    return s.Person(
        nick=person.nick.text,
        away=person.away,
        account=person.account,
        guest=person.account is None,
        operator=person.operator,
        roles=person.roles,
        idle=round(person.idle),
        scope=person.scope,
    )


def _rooms_text(reply: r.Rooms) -> str:
    names = ", ".join([f"{each.name} ({each.count})" for each in reply.rooms])
    return f"{_count(reply.count, 'room', 'rooms')}: {names}"


def _rooms(reply: r.Rooms) -> dict[str, Any]:
    rooms = tuple(
        s.RoomLine(room=room.name.text, count=room.count, topic=room.topic, locked=room.locked)
        for room in reply.rooms
    )
    return {"rooms": rooms, "count": reply.count, "page": reply.page, "pages": reply.pages}


def _server_bans(reply: r.ServerBanList) -> s.ServerBans:
    return s.ServerBans(
        content=_count(reply.count, "ban", "bans"),
        bans=tuple(
            s.ServerBan(
                kind=ban.kind,
                target=ban.target,
                by=ban.by,
                since=moment(ban.since),
                until=None if ban.until is None else moment(ban.until),
                reason=ban.reason,
            )
            for ban in reply.bans
        ),
        count=reply.count,
        page=reply.page,
        pages=reply.pages,
    )


def _accounts(reply: r.AccountList) -> s.AccountList:
    return s.AccountList(
        content=_count(reply.count, "account", "accounts"),
        accounts=tuple(
            s.AccountLine(
                account=each.name.text,
                created=moment(each.created),
                here=each.here,
                seen=None if each.seen is None else moment(each.seen),
            )
            for each in reply.accounts
        ),
        count=reply.count,
        page=reply.page,
        pages=reply.pages,
    )
