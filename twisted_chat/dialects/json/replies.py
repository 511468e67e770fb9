"""What the JSON dialect answers: the objects of all replies."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from twisted_chat.core.api import replies as r
from twisted_chat.core.values.ids import spell
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.dialects.json.listings import listing, text_of
from twisted_chat.dialects.json.values import nick_texts
from twisted_chat.dialects.schema import answers as s
from twisted_chat.dialects.schema.base import Answer, moment, rfc3339_of, second
from twisted_chat.dialects.wording import replies as say
from twisted_chat.dialects.wording.missed import summary
from twisted_chat.dialects.wording.words import one_line, sentence


def answer(reply: r.Reply) -> Answer:
    """Return the object of a reply, without the time and the id of what asked for it."""
    match reply:
        case r.Acked(message=message, time=time, kept=kept):
            return s.Ack(message=spell(message), time=moment(time), kept=kept)
        case r.Refused(code=code, why=why):
            return s.Refused(content=sentence(why), code=code)
        case r.PasswordNeeded(room=room, wrong=True):
            return s.Refused(content=say.wrong_password(str(room)), code="wrong-password")
        case r.PasswordNeeded(room=room):
            why = say.password_needed(str(room))
            return s.Refused(content=why, code="password-needed", room=room.text)
        case r.NameRefused(code=code, why=why, suggestion=suggestion):
            return s.Refused(content=sentence(why), code=code, suggestion=text_of(suggestion))
        case r.NickPassword(nick=nick, suggestion=suggestion):
            return s.Refused(
                content=f'{say.name_registered(nick.text)} Send it with "password", or pick another nickname.',
                code="password-needed",
                nick=nick.text,
                suggestion=text_of(suggestion),
            )
        case r.Greeting(server=server):
            return s.Notice(content=say.greeting(server), code="greeting")
        case r.Welcome(nick=nick, token=token, motd=motd, resumed=resumed, scope=scope):
            return s.Welcome(
                content="\n".join((say.welcome(nick.text, resumed=resumed), *motd)),
                nick=nick.text,
                session=token,
                scope=scope,
                resumed=resumed,
            )
        case r.Hint():
            return s.Notice(content='Send {"type": "help"} to see what else there is.', code="hint")
        case r.Entered():
            return s.Entered(
                content=one_line([say.you_are_in(str(reply.room), reply.count)]),
                room=reply.room.text,
                names=nick_texts(reply.names),
                count=reply.count,
                topic=reply.topic,
                created=reply.created,
                locked=reply.locked,
                bot_commands=reply.bot_commands,
            )
        case r.FocusSet(room=room, left=left):
            content = say.focus(
                None if room is None else str(room), None if left is None else str(left)
            )
            if left is not None:
                return s.Gone(content=content, focus=text_of(room), room=left.text)
            return s.Focus(content=content, focus=text_of(room))
        case r.HistoryStart(room=place, count=count):
            return s.HistoryStart(count=count, **_place(place))
        case r.HistoryEnd(room=place, count=count, more=more, at=at):
            # If all authors of a page are ignored, no message shows where it ended.
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
        case r.RecentPlaces(places=places):
            return s.Recent(
                content=one_line(say.recent([str(name) for name, _ in places])),
                places=tuple(
                    s.RecentPlace(time=cast("float", rfc3339_of(time)), **_place(name))
                    for name, time in places
                ),
            )
        case r.ReadUntil(target=target, time=time):
            until = None if time is None else cast("float", rfc3339_of(time))
            return s.ReadUntil(time=until, **_place(target))
        case r.SearchStart(count=count):
            return s.SearchStart(count=count)
        case r.SearchEnd(count=count, more=more, whole=whole):
            found = say.end_of_search(count, more=more, whole=whole) or [say.NOTHING_FOUND]
            return s.SearchEnd(content="\n".join(found), count=count, more=more, whole=whole)
        case r.RoomSettings():
            return _settings(reply)
        case r.Bans():
            return _bans(reply)
        case r.Invitations(invitations=invitations, count=count):
            named = [(str(each.room), each.by) for each in invitations]
            return s.Invitations(
                content=one_line(say.invitations(named, count)[:1]),
                invitations=tuple(
                    s.InvitationLine(room=each.room.text, by=each.by, time=second(each.time))
                    for each in invitations
                ),
                count=count,
                page=reply.page,
                pages=reply.pages,
            )
        case r.Stats():
            return _stats(reply)
        case (
            r.People()
            | r.Rooms()
            | r.Overview()
            | r.Profile()
            | r.WasHere()
            | r.WereHere()
            | r.Yourself()
            | r.Counts()
            | r.Watched()
        ):
            return listing(reply)
        case r.ProfileValues(of=of, values=values):
            is_room = isinstance(of, RoomName)
            return s.ProfileValues(
                content=one_line(say.profile(str(of), values)[:1]),
                nick=None if is_room else of.text,
                room=of.text if is_room else None,
                values={key: str(value) for key, value in values},
            )
        case r.ServerBanList():
            return _server_bans(reply)
        case r.AccountList():
            return _accounts(reply)
        case r.Audit():
            return s.Audit(
                content=one_line([say.audit()]),
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
                content=say.retention(str(room), keep),
                room=room.text,
                days=keep.days or None,
                max_lines=keep.lines or None,
            )
        case r.Ignored(names=names):
            return s.Ignored(content=one_line(say.ignored(names)), code="ignored", names=names)
        case r.Authenticated(account=account):
            return s.Notice(content=say.authenticated(account.text), code="authenticated")
        case r.Confirmed(text=text):
            return s.Notice(content=sentence(text), code="done")
        case r.Notice(code=code, text=text):
            return s.Notice(content=sentence(text), code=code)
        case r.RecipientAway(nick=nick, text=text):
            return s.Notice(content=say.recipient_away(nick.text, text), code="away")
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
            return s.Farewell(content=say.farewell(why), reason=why)


def _place(place: RoomName | Nick) -> dict[str, Any]:
    """Name a room, or the partner of a private conversation."""
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
        since=second(reply.created) if reply.created else None,
        lock=reply.locked,
        private=how.private,
        invite_only=how.invite_only,
        moderated=how.moderated,
        slow=how.slow,
        topic_lock=how.topic_lock,
        visibility="join" if how.since_join else "all",
        limit=how.limit,
        outside=how.outside,
        no_ctcp=how.no_ctcp,
        accounts_only=how.accounts_only,
        accounts_speak=how.accounts_speak,
        roles=dict(reply.roles),
    )


def _bans(reply: r.Bans) -> s.Bans:
    return s.Bans(
        content=one_line([say.bans(str(reply.room), reply.count)]),
        room=reply.room.text,
        bans=tuple(
            s.BanLine(
                mute=line.mute,
                exempt=line.exempt,
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
    content = say.stats(reply.sessions, reply.users, reply.rooms)
    return s.Stats(
        content=content,
        sessions=reply.sessions,
        users=reply.users,
        rooms=reply.rooms,
        counts=msgspec.structs.asdict(reply.counts) if reply.counts is not None else {},
        store=store,
    )


def _server_bans(reply: r.ServerBanList) -> s.ServerBans:
    return s.ServerBans(
        content=one_line([say.server_bans(reply.count)]),
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
        content=one_line([say.accounts(reply.count)]),
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
