"""What the line dialect answers: all replies in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.durations import spell_duration
from twisted_chat.core.values.ids import spell
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects import wording
from twisted_chat.dialects.help import lines as help_lines
from twisted_chat.dialects.line import lists
from twisted_chat.dialects.line import rooms as line_rooms
from twisted_chat.dialects.line.layout import isolated, placed
from twisted_chat.dialects.line.words import because, counted, date, sentence, some, span

_PICK: Final = "Pick a nickname, or press Enter for a guest name."


def answer(reply: r.Reply, zone: tzinfo | None) -> Iterable[str]:
    """Say what the asker is told, a line each; dates are of ``zone``, None: the server's own."""
    match reply:
        case r.Refused(why=why):
            return [f"! {sentence(why)}"]
        case r.PasswordNeeded(room=room, wrong=True):
            return [f"! that is not the password of {room}; try again with /join {room} PASSWORD."]
        case r.PasswordNeeded(room=room):
            return [
                f"! {room} is locked. To enter it, type all of this on one line: /join {room} PASSWORD"
            ]
        case r.NameRefused(why=why, suggestion=suggestion):
            hint = f" Try {suggestion}." if suggestion is not None else ""
            return [f"! {sentence(why)}{hint}", _PICK]
        case r.NickPassword(nick=nick, suggestion=suggestion):
            other = f" (such as {suggestion})" if suggestion is not None else ""
            return [
                f'! "{nick}" is registered. If it is yours, type all of this on one line: {nick} PASSWORD; '
                f"else pick another name{other}.",
                _PICK,
            ]
        case r.Greeting(server=server):
            return [f"Welcome to {server}.", _PICK]
        case r.Welcome(nick=nick, motd=motd, resumed=resumed):
            return [
                f"-- Welcome{' back' if resumed else ''}, {nick}.",
                *(f"-- {line}" for line in motd),
            ]
        case r.Hint():
            return ["-- Type a line and press Enter to say it; /help lists the rest, /quit leaves."]
        case r.Entered():
            return lists.entered(reply)
        case r.FocusSet(room=room, left=left):
            gone = f"You left {left}. " if left is not None else ""
            now = (
                f"You talk in {room} now."
                if room is not None
                else "You talk in no room now; choose one with /join ROOM."
            )
            return [f"-- {gone}{now}"]
        case r.HistoryStart(room=place, count=count, asked=asked):
            if count != 0:
                return [f"-- Earlier {_where(place)}:"]
            what = f"{'private messages with ' if isinstance(place, Nick) else ''}{place}"
            return [f"-- There is nothing to show of {what}."] if asked else []
        case r.HistoryEnd():
            return _history_end(reply)
        case r.WaitingStart():
            return ["-- Private messages that came while you were away:"]
        case r.WaitingEnd(count=count):
            return [f"-- End of what came while you were away ({counted(count, 'message')})."]
        case r.Missed():
            return [f"-- {wording.summary(reply)}."]
        case r.SearchStart(count=count):
            return ["-- Found:"] if count else ["-- Nothing was found."]
        case r.SearchEnd():
            return _search_end(reply)
        case r.RoomSettings():
            return line_rooms.settings(reply)
        case r.Bans():
            pages = lists.paging(reply.page, reply.pages, f"/bans {reply.room} ")
            return line_rooms.bans(reply, pages)
        case r.Invitation(by=by, room=room):
            return [f"-- {by} invites you to {room}; /join {room} takes you there."]
        case r.Stats():
            return _stats(reply, zone)
        case r.People():
            return lists.people(reply, f"/who {reply.room} " if reply.room is not None else "/who ")
        case r.Rooms():
            return lists.rooms(reply, "/rooms ")
        case r.Overview(rooms=rooms, people=people):
            return [*lists.rooms(rooms, "/list "), *lists.people(people, "/list ")]
        case r.Profile():
            return _profile(reply, zone)
        case r.WasHere(name=name, ago=ago):
            return [f"-- {name} is not here; {name} was here {span(ago)} ago."]
        case r.ServerBanList():
            return _server_bans(reply, zone)
        case r.AccountList():
            return _accounts(reply, zone)
        case r.Audit():
            return _audit(reply, zone)
        case r.Topic(room=room, topic=topic, by=by):
            if not topic:
                return [f"-- {room} has no topic; /topic TEXT sets one."]
            return [
                f"-- Topic of {room}{f' (set by {by})' if by is not None else ''}: {placed(topic)}"
            ]
        case r.Kept(room=room, keep=keep):
            return [f"-- History of {room} is kept {keep}."]
        case r.Ignored(names=names):
            return ["-- You ignore:", *lists.wrapped(names)] if names else ["-- You ignore nobody."]
        case r.Confirmed(text=text) | r.Notice(text=text):
            return [f"-- {sentence(text)}"]
        case r.HelpText():
            # The question is far up on the screen by now, and what is typed next would be its answer.
            question = [_PICK] if reply.before_login else []
            return [*help_lines(reply.lines), *question]
        case r.Acked() | r.Probe() | r.ReadUpTo():
            return []
        case r.Pong(text=text):
            return [f"-- pong {text}".rstrip()]
        case r.Farewell(why=why):  # pragma: no branch (mypy sees a missing case)
            return [f"-- Goodbye{f' ({why})' if why else ''}."]


def _profile(profile: r.Profile, zone: tzinfo | None) -> list[str]:
    kind = f"account {profile.account}" if profile.account is not None else "guest"
    rooms = some(profile.rooms) or "no room"
    since = date(profile.since, zone)
    away = f"; {_away(profile.away)}" if profile.away is not None else ""
    lines = [
        f"-- {isolated(profile.nick.text)} ({kind}) is in {rooms}; here since {since}, silent for {span(profile.idle)}{away}"
    ]
    if profile.operator:
        lines.append(f"-- {isolated(profile.nick.text)} is an operator of this server.")
    if profile.host:
        real = f" ({', '.join(profile.addresses)})" if profile.addresses else ""
        lines.append(f"-- {isolated(profile.nick.text)} comes from {profile.host}{real}.")
    return lines


def _server_bans(reply: r.ServerBanList, zone: tzinfo | None) -> list[str]:
    if not reply.count:
        return ["-- Nobody is banned from this server."]
    pages = lists.paging(reply.page, reply.pages, "/server-bans ")
    return [
        f"-- {counted(reply.count, 'ban')} from this server{pages}:",
        *(
            f"--   {ban.kind} {ban.target}: {ban.lasts(reply.now)}, by {ban.by} at {date(ban.since, zone)}"
            f"{because(ban.reason)}"
            for ban in reply.bans
        ),
    ]


def _accounts(reply: r.AccountList, zone: tzinfo | None) -> list[str]:
    if not reply.count:
        return ["-- There is no such account." if reply.mask else "-- There are no accounts."]
    pages = lists.paging(
        reply.page, reply.pages, f"/accounts {reply.mask} " if reply.mask else "/accounts "
    )
    lines = [f"-- {counted(reply.count, 'account')}{pages}:"]
    for each in reply.accounts:
        seen = f"; last here at {date(each.seen, zone)}" if each.seen is not None else ""
        now = "; here now" if each.here else seen
        name = isolated(each.name.text)
        lines.append(f"--   {name}, registered at {date(each.created, zone)}{now}")
    return lines


def _audit(reply: r.Audit, zone: tzinfo | None) -> list[str]:
    pages = lists.paging(reply.page, reply.pages, "/audit ")
    return [
        f"-- What operators of this server did, the latest first{pages}:",
        *(
            f"--   {date(each.time, zone)} {each.operator} ({each.nick}, {each.address}) {each.what}"
            for each in reply.records
        ),
    ]


def _stats(stats: r.Stats, zone: tzinfo | None) -> list[str]:
    store = stats.store
    lines = [
        f"-- {counted(stats.sessions, 'session')}, {counted(stats.users, 'user')}, {counted(stats.rooms, 'room')}.",
        f"-- Store ({store.kind}): {counted(store.stored, 'message')} stored, {counted(store.commits, 'commit')}; "
        f"the last took {store.last * 1000:,.1f} ms, the slowest {store.slowest * 1000:,.1f} ms.",
        f"-- {counted(store.waiting, 'change')} not committed yet (the most: {store.most:,}), "
        f"{counted(store.unindexed, 'message')} not indexed yet.",
    ]
    if store.size is not None and store.free is not None:
        grown = (
            ""
            if stats.growth is None
            else f" ({stats.growth / 1e6:+,.1f} MB in the last {spell_duration(stats.growth_time)})"
        )
        lines.append(
            f"-- It takes {store.size / 1e6:,.1f} MB{grown}; {store.free / 1e6:,.0f} MB are free."
        )
    if store.error is not None:
        since = "now" if store.since is None else f"since {date(store.since, zone)}"
        lines.append(f"-- Nothing can be committed {since}: {store.error}")
    return lines


def _away(text: CleanText) -> str:
    return f"away: {placed(text)}" if text != c.NO_REASON else "away"


def _where(place: RoomName | Nick) -> str:
    return f"with {place}" if isinstance(place, Nick) else f"in {place}"


def _history_end(reply: r.HistoryEnd) -> list[str]:
    who = f"@{reply.room} " if isinstance(reply.room, Nick) else ""
    goes_on = reply.at if reply.asked and reply.more else None
    if not reply.count and goes_on is not None:
        further = f"/history {who}{reply.side} {spell(goes_on)} shows more"
        return [f"-- What was said there is by people whom you ignore; {further}."]
    if not reply.count:
        return []
    more = ""
    if goes_on is not None:
        more = f"; /history {who}{reply.count} {reply.side} {spell(goes_on)} shows more"
    return [f"-- End of what was said earlier {_where(reply.room)}{more}."]


def _search_end(reply: r.SearchEnd) -> list[str]:
    lines = []
    if reply.count:
        what = "the newest, and there are more" if reply.more else "and that is all"
        narrow = "; add a word, from:NICK or in:ROOM" if reply.more else ""
        lines.append(f"-- {counted(reply.count, 'message')}, {what}{narrow}.")
    elif reply.more:
        lines.append(
            "-- There is something, but the newest of it is by people whom you ignore; add a word, from:NICK or in:ROOM."
        )
    if not reply.whole:
        lines.append(
            "-- Not everything could be searched: it is too much at once, or too new. "
            "Try again in a while, or with in:ROOM and since:DATE."
        )
    return lines
