"""How the line dialect shows things: one line for one line of text, each ended by CR LF."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Callable, Iterable
from datetime import datetime, tzinfo

from twisted_chat.core import commands as c
from twisted_chat.core import events as e
from twisted_chat.core import replies as r
from twisted_chat.core.ids import spell
from twisted_chat.core.names import Nick, RoomName
from twisted_chat.core.room_events import RoomEvent
from twisted_chat.core.text import CleanText
from twisted_chat.dialects import line_rooms, missing
from twisted_chat.dialects.base import Variant

# Where lists of names are broken: what fits on the narrowest terminal in use, with two columns to spare.
_WIDTH = 78
# For how many seconds somebody has said nothing before a list tells that: five minutes.
_SILENT = 300
# How wide the left column of a help text is: that of nearly all commands.
_COLUMN = 21

# No name has one.
_NO_BREAK = "\u00a0"
_PICK = "Pick a nickname, or press Enter for a guest name."
_OLDER = (
    (
        "/ban #dev NICK",
        "in #dev, wherever you talk; so with all from /ban to /export",
    ),
    ("? or !who", "list who is here"),
    ("TEXT > NICK", "say TEXT to one person, in private; so do MSG NICK:TEXT and !msg NICK TEXT"),
    (
        "JOIN ROOM, MSG TEXT",
        "also LEAVE, LIST, HELP, QUIT, !help and !logout: as in older chat programs",
    ),
    ("//TEXT", "say /TEXT; // TEXT (with a blank) says TEXT exactly as it stands"),
    ("anything else", "is said in the room you talk in"),
)


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
        date, clock = _stamp(int(envelope.time) // 60, self._zone)
        today, _ = _stamp(int(self._time_now()) // 60, self._zone)
        stamp = clock if date == today else f"{date} {clock}"
        return _lines(f"[{stamp}] {line}" for line in self._tell(envelope))

    def found(self, envelope: e.Envelope) -> bytes:
        date, clock = _stamp(int(envelope.time) // 60, self._zone)
        return _lines(f"[{date} {clock}] {line}" for line in self._tell(envelope))

    def reply(self, reply: r.Reply, tag: str | None) -> bytes:
        return _lines(self._answer(reply))

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
                return [f"-- {who} left {room}{_because(reason)}"]
            case e.Departed(reason=reason):
                return [f"-- {who} left the chat{_because(reason)}"]
            case e.Renamed(nick=nick):
                return [f"-- {who} is now called {nick}"]
            case e.LoggedIn(nick=nick):
                return [f"-- {who} is now called {nick}"] if who != nick.text else []
            case e.Kicked(nick=nick, reason=reason):
                return [f"-- {who} put {nick} out of {room}{_because(reason)}"]
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
                    f"{len(nicks):,} {verb} {room}: {_some(nicks)}"
                    for nicks, verb in ((joined, "joined"), (left, "left"))
                    if nicks
                ]
                return [f"-- {'; '.join(parts)}"] if parts else []

    def _answer(self, reply: r.Reply) -> Iterable[str]:
        match reply:
            case r.Refused(why=why):
                return [f"! {_sentence(why)}"]
            case r.PasswordNeeded(room=room, wrong=True):
                return [
                    f"! that is not the password of {room}; try again with /join {room} PASSWORD."
                ]
            case r.PasswordNeeded(room=room):
                return [
                    f"! {room} is locked. To enter it, type all of this on one line: /join {room} PASSWORD"
                ]
            case r.NameRefused(why=why, suggestion=suggestion):
                hint = f" Try {suggestion}." if suggestion is not None else ""
                return [f"! {_sentence(why)}{hint}", _PICK]
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
                return [
                    "-- Type a line and press Enter to say it; /help lists the rest, /quit leaves."
                ]
            case r.Entered():
                return _entered(reply)
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
                return [f"-- End of what came while you were away ({_count(count, 'message')})."]
            case r.Missed():
                return [f"-- {missing.summary(reply)}."]
            case r.SearchStart(count=count):
                return ["-- Found:"] if count else ["-- Nothing was found."]
            case r.SearchEnd():
                return _search_end(reply)
            case r.RoomSettings():
                return line_rooms.settings(reply)
            case r.Bans():
                pages = _pages(reply.page, reply.pages, f"/bans {reply.room} ")
                return line_rooms.bans(reply, pages)
            case r.Invitation(by=by, room=room):
                return [f"-- {by} invites you to {room}; /join {room} takes you there."]
            case r.Stats():
                return self._stats(reply)
            case r.People():
                return _people(reply, f"/who {reply.room} " if reply.room is not None else "/who ")
            case r.Rooms():
                return _rooms(reply, "/rooms ")
            case r.Overview(rooms=rooms, people=people):
                return [*_rooms(rooms, "/list "), *_people(people, "/list ")]
            case r.Profile():
                return self._profile(reply)
            case r.WasHere(name=name, ago=ago):
                return [f"-- {name} is not here; {name} was here {_span(ago)} ago."]
            case r.ServerBanList():
                return self._server_bans(reply)
            case r.Audit():
                return self._audit(reply)
            case r.Topic(room=room, topic=topic, by=by):
                if not topic:
                    return [f"-- {room} has no topic; /topic TEXT sets one."]
                return [f"-- Topic of {room}{f' (set by {by})' if by is not None else ''}: {topic}"]
            case r.Kept(room=room, keep=keep):
                return [f"-- History of {room} is kept {keep}."]
            case r.Ignored(names=names):
                return ["-- You ignore:", *_wrapped(names)] if names else ["-- You ignore nobody."]
            case r.Confirmed(text=text) | r.Notice(text=text):
                return [f"-- {_sentence(text)}"]
            case r.HelpText():
                return _help(reply)
            case r.Acked() | r.Probe() | r.ReadUpTo():
                return []
            case r.Pong(text=text):
                return [f"-- pong {text}".rstrip()]
            case r.Farewell(why=why):  # pragma: no branch (mypy sees a missing case)
                return [f"-- Goodbye{f' ({why})' if why else ''}."]

    def _profile(self, profile: r.Profile) -> list[str]:
        kind = f"account {profile.account}" if profile.account is not None else "guest"
        rooms = _some(profile.rooms) or "no room"
        since = self._date(profile.since)
        away = f"; {_away(profile.away)}" if profile.away is not None else ""
        lines = [
            f"-- {profile.nick} ({kind}) is in {rooms}; here since {since}, silent for {_span(profile.idle)}{away}"
        ]
        if profile.operator:
            lines.append(f"-- {profile.nick} is an operator of this server.")
        if profile.host:
            real = f" ({', '.join(profile.addresses)})" if profile.addresses else ""
            lines.append(f"-- {profile.nick} comes from {profile.host}{real}.")
        return lines

    def _server_bans(self, reply: r.ServerBanList) -> list[str]:
        if not reply.count:
            return ["-- Nobody is banned from this server."]
        pages = _pages(reply.page, reply.pages, "/server-bans ")
        return [
            f"-- {_count(reply.count, 'ban')} from this server{pages}:",
            *(
                f"--   {ban.kind} {ban.target}: {ban.lasts(reply.now)}, by {ban.by} at {self._date(ban.since)}"
                f"{_because(ban.reason)}"
                for ban in reply.bans
            ),
        ]

    def _audit(self, reply: r.Audit) -> list[str]:
        pages = _pages(reply.page, reply.pages, "/audit ")
        return [
            f"-- What operators of this server did, the latest first{pages}:",
            *(
                f"--   {self._date(each.time)} {each.operator} ({each.nick}, {each.address}) {each.what}"
                for each in reply.records
            ),
        ]

    def _stats(self, stats: r.Stats) -> list[str]:
        store = stats.store
        lines = [
            f"-- {_count(stats.sessions, 'session')}, {_count(stats.users, 'user')}, {_count(stats.rooms, 'room')}.",
            f"-- Store ({store.kind}): {_count(store.stored, 'message')} stored, {_count(store.commits, 'commit')}; "
            f"the last took {store.last * 1000:,.1f} ms, the slowest {store.slowest * 1000:,.1f} ms.",
            f"-- {_count(store.waiting, 'change')} not committed yet (the most: {store.most:,}), "
            f"{_count(store.unindexed, 'message')} not indexed yet.",
        ]
        if store.error is not None:
            since = "now" if store.since is None else f"since {self._date(store.since)}"
            lines.append(f"-- Nothing can be committed {since}: {store.error}")
        return lines

    def _date(self, time: float) -> str:
        return " ".join(_stamp(int(time) // 60, self._zone))


def _away(text: CleanText) -> str:
    return f"away: {text}" if text != c.NO_REASON else "away"


@functools.lru_cache(maxsize=4096)
def _stamp(minute: int, zone: tzinfo | None) -> tuple[str, str]:
    """Return date and time of a minute since 1970."""
    then = datetime.fromtimestamp(minute * 60, zone)
    return f"{then:%Y-%m-%d}", f"{then:%H:%M}"


def _lines(lines: Iterable[str]) -> bytes:
    text = "\r\n".join(lines)
    return f"{text}\r\n".encode() if text else b""


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!", ")")) else f"{text}."


def _acted(kind: str) -> str:
    return "* " if kind == "action" else ""


def _because(reason: CleanText | None) -> str:
    return f" ({reason})" if reason else ""


def _some(names: tuple[Nick, ...] | tuple[RoomName, ...]) -> str:
    """Name the first few of many."""
    return ", ".join(map(str, names[:10])) + (" …" if len(names) > 10 else "")


def _span(seconds: float) -> str:
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"


def _wrapped(names: Iterable[object]) -> tuple[str, ...]:
    """List names on as many lines as they need; what marks a name stays beside it."""
    text = ", ".join(str(name).replace(" ", _NO_BREAK) for name in names)
    lines = _folded("--   ", text)
    return tuple(line.replace(_NO_BREAK, " ") for line in lines) if _NO_BREAK in text else lines


# Everybody who comes to a crowded room is shown the same first page of names.
@functools.lru_cache(maxsize=64)
def _folded(begin: str, text: str) -> tuple[str, ...]:
    """Break a text at blanks: the first line starts with ``begin``, the others stand below it."""
    wrapped = textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=begin,
        subsequent_indent="--".ljust(len(begin)),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return tuple(wrapped)


def _entered(reply: r.Entered) -> list[str]:
    room = f"a new room, {reply.room}" if reply.created else str(reply.room)
    lock = ", locked with a password" if reply.locked else ""
    head = f"-- You are in {room}{lock}."
    left_out = reply.count - len(reply.names)
    more = [f"--   … and {left_out:,} more; /who {reply.room} lists them."] if left_out else []
    here = "Nobody else is here." if reply.count == 1 else f"{reply.count:,} people are here:"
    topic = [f"-- Topic of {reply.room}: {reply.topic}"] if reply.topic else []
    if reply.count == 1:
        return [f"{head} {here}", *topic]
    return [f"{head} {here}", *_wrapped([nick.text for nick in reply.names]), *more, *topic]


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
        lines.append(f"-- {_count(reply.count, 'message')}, {what}{narrow}.")
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


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _pages(page: int, pages: int, command: str) -> str:
    if pages == 1:
        return ""
    after = f"; {command}{page + 1} shows the next" if page < pages else ""
    return f" (page {page} of {pages}{after})"


def _person(person: r.Person) -> str:
    """Name somebody in a list, with what marks them: roles, and guests, who are not who they may seem to be."""
    told = ["guest"] * (person.account is None) + ["away"] * (person.away is not None)
    if person.idle >= _SILENT:
        told.append(f"silent for {_span(person.idle)}")
    sign = "@" if person.operator else "+" if "voice" in person.roles else ""
    return f"{sign}{person.nick}{_in_brackets(told)}"


def _in_brackets(words: list[str]) -> str:
    return f" ({'; '.join(words)})" if words else ""


def _people(reply: r.People, command: str) -> list[str]:
    where = f"in {reply.room}" if reply.room is not None else "here"
    if not reply.count:
        return [f"-- Nobody is {where}."]
    count = "1 person is" if reply.count == 1 else f"{reply.count:,} people are"
    pages = _pages(reply.page, reply.pages, command)
    return [f"-- {count} {where}{pages}:", *_wrapped(map(_person, reply.people))]


def _rooms(reply: r.Rooms, command: str) -> list[str]:
    count = "1 room" if reply.count == 1 else f"{reply.count:,} rooms"
    width = max((len(str(room.name)) for room in reply.rooms), default=0)
    return [
        f"-- {count}{_pages(reply.page, reply.pages, command)}:",
        *(
            f"--   {room.name!s:<{width}} {room.count:>5,}{' locked' if room.locked else ''}  {room.topic}".rstrip()
            for room in reply.rooms
        ),
    ]


def _help(reply: r.HelpText) -> list[str]:
    rows = [(f"/{line.name} {line.usage}".rstrip(), line.help) for line in reply.lines]
    # The question is far up on the screen by now, and what is typed next would be its answer.
    asked = [_PICK] if reply.before_login else []
    if reply.one:
        return [f"-- {usage}: {text}" for usage, text in rows] + asked
    lines = ["-- What you can type:"]
    for usage, text in (*rows, *_OLDER):
        if len(usage) > _COLUMN:
            lines += [f"--   {usage}", *_folded("--".ljust(_COLUMN + 7), text)]
        else:
            lines += _folded(f"--   {usage:<{_COLUMN}}  ", text)
    return lines + asked


_check: type[Variant] = LineView
