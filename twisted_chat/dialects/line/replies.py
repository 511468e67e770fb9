"""What the line dialect answers: all replies as lines, each behind its mark."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo

import msgspec

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.durations import spell_duration
from twisted_chat.core.values.ids import spell
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects.line.layout import isolated, placed
from twisted_chat.dialects.wording import replies as say
from twisted_chat.dialects.wording.events import user_changed
from twisted_chat.dialects.wording.help import lines as help_lines
from twisted_chat.dialects.wording.missed import summary
from twisted_chat.dialects.wording.words import counted, date, paging, sentence, wrapped


def answer(reply: r.Reply, zone: tzinfo | None) -> Iterable[str]:
    """Say what the asker is told, a line each; dates are of ``zone``, None: the server's own."""
    match reply:
        case r.Refused(why=why):
            return [f"! {sentence(why)}"]
        case r.PasswordNeeded(room=room, wrong=True):
            return [f"! {say.wrong_password(str(room))}"]
        case r.PasswordNeeded(room=room):
            return [f"! {say.password_needed(str(room))}"]
        case r.NameRefused(why=why, suggestion=suggestion):
            hint = f" Try {suggestion}." if suggestion is not None else ""
            return [f"! {sentence(why)}{hint}", say.PICK]
        case r.NickPassword(nick=nick, inside=True):
            return [f"! {nick} is registered. If it is yours, type /login {nick} PASSWORD."]
        case r.NickPassword(nick=nick, suggestion=suggestion):
            other = f", such as {suggestion}" if suggestion is not None else ""
            return [
                f"! {say.name_registered(nick.text)} If it is yours, type {nick} PASSWORD on one line. "
                f"Otherwise pick another nickname{other}.",
                say.PICK,
            ]
        case r.Greeting(server=server):
            return [say.greeting(server), say.PICK]
        case r.HelpText(before_login=True):
            # The question is far up on the screen by now, and what is typed next would be its answer.
            return [*(f"-- {line}" for line in help_lines(reply.lines)), say.PICK]
        case _:
            return [f"-- {line}" for line in _told(reply, zone)]


def _told(reply: r.Reply, zone: tzinfo | None) -> Iterable[str]:
    match reply:
        case r.Welcome(nick=nick, motd=motd, resumed=resumed):
            return [say.welcome(nick.text, resumed=resumed), *motd]
        case r.Hint():
            return ["Type a line and press Enter to say it; /help lists the rest, /quit leaves."]
        case r.Entered():
            return say.entered(
                str(reply.room),
                [isolated(nick.text) for nick in reply.names],
                reply.count,
                reply.count - len(reply.names),
                topic=placed(reply.topic),
                created=reply.created,
                locked=reply.locked,
                bot_commands=reply.bot_commands,
            )
        case r.FocusSet(room=room, left=left):
            return [say.focus(_text(room), _text(left))]
        case r.HistoryStart(room=place, count=count, asked=asked):
            if count != 0:
                return [say.earlier(say.place(*_place(place)))]
            return [say.nothing_earlier(*_place(place))] if asked else []
        case r.HistoryEnd():
            return _history_end(reply)
        case r.WaitingStart():
            return [say.WAITING]
        case r.WaitingEnd(count=count):
            return [say.end_of_waiting(count)]
        case r.Missed():
            return [summary(reply)]
        case r.SearchStart(count=count):
            return ["Found:"] if count else [say.NOTHING_FOUND]
        case r.SearchEnd(count=count, more=more, whole=whole):
            return say.end_of_search(count, more=more, whole=whole)
        case r.RoomSettings(settings=how):
            return say.settings(
                str(reply.room),
                reply.owner,
                reply.roles,
                locked=reply.locked,
                private=how.private,
                invite_only=how.invite_only,
                moderated=how.moderated,
                slow=how.slow,
                topic_lock=how.topic_lock,
                since_join=how.since_join,
                limit=how.limit,
                outside=how.outside,
                no_ctcp=how.no_ctcp,
                accounts_only=how.accounts_only,
                accounts_speak=how.accounts_speak,
            )
        case r.Bans(room=room, bans=bans):
            pages = paging(reply.page, reply.pages, f"/bans {room} ")
            return [
                say.bans(str(room), reply.count, pages),
                *(
                    say.ban(
                        each.target,
                        each.by,
                        each.left,
                        each.reason,
                        mute=each.mute,
                        exempt=each.exempt,
                    )
                    for each in bans
                ),
            ]
        case r.Invitations(invitations=invitations, count=count):
            pages = paging(reply.page, reply.pages, "/invites ")
            return say.invitations(
                [(str(each.room), each.by) for each in invitations], count, pages
            )
        case r.Stats():
            return _stats(reply, zone)
        case r.People(room=room):
            return _people(reply, f"/who {room} " if room is not None else "/who ")
        case r.Rooms():
            return _rooms(reply, "/rooms ")
        case r.Overview(rooms=rooms, people=people):
            return [*_rooms(rooms, "/list "), *_people(people, "/list ")]
        case r.ProfileValues(of=of, values=values):
            return say.profile(str(of), [(key, placed(value)) for key, value in values])
        case r.Profile():
            return say.whois(
                isolated(reply.nick.text),
                reply.account,
                [isolated(str(room)) for room in reply.rooms],
                since=date(reply.since, zone),
                idle=reply.idle,
                away=_away(reply.away) if reply.away is not None else None,
                user_name=reply.user_name,
                host=reply.host,
                addresses=reply.addresses,
                operator=reply.operator,
                real_name=placed(CleanText(reply.real_name)),
                bot=reply.bot,
            )
        case r.WasHere(name=name, ago=ago):
            return [say.was_here(name, ago, _gone(reply))]
        case r.WereHere(nick=nick, users=users):
            return say.were_here(nick.text, [(each.ago, _gone(each)) for each in users])
        case r.Yourself(settings=settings):
            return [user_changed(settings)]
        case r.Counts():
            return [say.counts(**msgspec.structs.asdict(reply))]
        case r.ServerBanList():
            return [
                say.server_bans(reply.count, paging(reply.page, reply.pages, "/server-bans ")),
                *(
                    say.server_ban(
                        ban.kind,
                        ban.target,
                        ban.lasts(reply.now),
                        ban.by,
                        date(ban.since, zone),
                        placed(ban.reason) if ban.reason else None,
                    )
                    for ban in reply.bans
                ),
            ]
        case r.AccountList(mask=mask):
            command = f"/accounts {mask} " if mask else "/accounts "
            return [
                say.accounts(reply.count, mask, paging(reply.page, reply.pages, command)),
                *(
                    say.account(
                        isolated(each.name.text),
                        date(each.created, zone),
                        date(each.seen, zone) if each.seen is not None else None,
                        here=each.here,
                    )
                    for each in reply.accounts
                ),
            ]
        case r.Audit():
            return [
                say.audit(paging(reply.page, reply.pages, "/audit ")),
                *(
                    say.deed(
                        date(each.time, zone), each.operator, each.nick, each.address, each.what
                    )
                    for each in reply.records
                ),
            ]
        case r.Topic(room=room, topic=topic, by=by):
            return [say.shown_topic(str(room), placed(topic), _text(by))]
        case r.Kept(room=room, keep=keep):
            return [say.retention(str(room), keep)]
        case r.Ignored(names=names):
            return say.ignored(names)
        case r.Authenticated(account=account):
            return [say.authenticated(account.text)]
        case r.Confirmed(text=text) | r.Notice(text=text):
            return [sentence(text)]
        case r.Watched(here=here, gone=gone, refused=refused):
            return say.watched(
                [isolated(each.nick.text) for each in here],
                [isolated(each.text) for each in gone],
                [isolated(each.text) for each in refused],
            )
        case r.RecipientAway(nick=nick, text=text):
            return [say.recipient_away(nick.text, text)]
        case r.HelpText():
            return help_lines(reply.lines)
        case r.Pong(text=text):
            return [f"pong {text}".rstrip()]
        case r.Farewell(why=why):
            return [say.farewell(why)]
        case r.RecentPlaces(places=places):
            return say.recent([_text(name) or "" for name, _ in places])
        case r.Acked() | r.Probe() | r.ReadUpTo() | r.ReadUntil():
            return []  # for programs
        case (
            r.Refused() | r.PasswordNeeded() | r.NameRefused() | r.NickPassword() | r.Greeting()
        ):  # pragma: no cover (these have their own marks, above)
            return []


def _gone(reply: r.WasHere) -> str:
    return say.gone(reply.user_name, reply.host, placed(CleanText(reply.real_name)))


def _people(reply: r.People, command: str) -> list[str]:
    """List people; ``command`` with a number behind it shows another page."""
    names = [
        say.person(
            isolated(each.nick.text),
            guest=each.account is None,
            away=each.away is not None,
            idle=each.idle,
            operator=each.operator,
            roles=each.roles,
        )
        for each in reply.people
    ]
    pages = paging(reply.page, reply.pages, command)
    return [say.people(reply.count, _text(reply.room), pages), *wrapped(names)]


def _rooms(reply: r.Rooms, command: str) -> list[str]:
    lines = [(str(each.name), each.count, each.locked, placed(each.topic)) for each in reply.rooms]
    return [
        say.rooms(reply.count, paging(reply.page, reply.pages, command)),
        *say.room_lines(lines),
    ]


def _stats(stats: r.Stats, zone: tzinfo | None) -> list[str]:
    store = stats.store
    lines = [
        say.stats(stats.sessions, stats.users, stats.rooms),
        f"Store ({store.kind}): {counted(store.stored, 'message')} stored, {counted(store.commits, 'commit')}; "
        f"the last took {store.last * 1000:,.1f} ms, the slowest {store.slowest * 1000:,.1f} ms.",
        f"{counted(store.waiting, 'change')} not committed yet (peak {store.most:,}), "
        f"{counted(store.unindexed, 'message')} not indexed yet.",
    ]
    if stats.counts is not None:
        lines.insert(1, say.counts(**msgspec.structs.asdict(stats.counts)))
    if store.size is not None and store.free is not None:
        grown = (
            ""
            if stats.growth is None
            else f" ({stats.growth / 1e6:+,.1f} MB in the last {spell_duration(stats.growth_time)})"
        )
        lines.append(
            f"The database takes {store.size / 1e6:,.1f} MB{grown}; {store.free / 1e6:,.0f} MB are free."
        )
    if store.error is not None:
        failing = (
            "can be stored now"
            if store.since is None
            else f"has been stored since {date(store.since, zone)}"
        )
        lines.append(f"Nothing {failing}: {store.error}")
    return lines


def _away(text: CleanText) -> str:
    return placed(text) if text != c.NO_REASON else ""


def _text(name: Nick | RoomName | None) -> str | None:
    return None if name is None else str(name)


def _place(place: RoomName | Nick) -> tuple[str, str | None]:
    """Return the room, and the partner if the messages are private."""
    return ("", str(place)) if isinstance(place, Nick) else (str(place), None)


def _history_end(reply: r.HistoryEnd) -> list[str]:
    partner = f"@{reply.room} " if isinstance(reply.room, Nick) else ""
    goes_on = spell(reply.at) if reply.asked and reply.more and reply.at is not None else None
    if not reply.count:
        if goes_on is None:
            return []
        return [say.all_ignored(f"/history {partner}{reply.side} {goes_on}")]
    more = f"/history {partner}{reply.count} {reply.side} {goes_on}" if goes_on is not None else ""
    return [say.end_of_earlier(say.place(*_place(reply.room)), more)]
