"""What plain mode shows: events as lines, in the manner of the line dialect (docs/protocol.md, "What you see"). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, tzinfo

from twisted_chat.client import events as ev
from twisted_chat.core.values.durations import spell_duration
from twisted_chat.dialects.wording.help import lines as help_lines


class PlainView:
    """Makes lines of events. ``focus`` returns the room that is talked in, ``nick`` one's own name, ``now`` the time."""

    def __init__(
        self,
        focus: Callable[[], str | None],
        nick: Callable[[], str],
        now: Callable[[], float],
        zone: tzinfo | None = None,
    ) -> None:
        """Times are shown in ``zone``; None is that of this machine."""
        self._focus = focus
        self._nick = nick
        self._now = now
        self._zone = zone

    def lines(self, event: ev.Event) -> Iterable[str]:
        """Return the lines that a person sees of an event; none for what concerns programs only."""
        match event:
            case ev.Message():
                return self._message(event)
            case ev.Sending():
                return self._sending(event)
            case ev.Found(messages=messages):
                found = [
                    f"[{self._date(each.time)}] {line}"
                    for each in messages
                    for line in self._said(each)
                ]
                return [*found, *_told(event)]
            case ev.Page(messages=messages):
                earlier = [line for each in messages for line in self._message(each)]
                where = _where(event)
                return [
                    f"-- Earlier {where}:",
                    *earlier,
                    f"-- End of what was said earlier {where}.",
                ]
            case ev.WaitingStart():
                return ["-- Private messages that came while you were away:"]
            case ev.WaitingEnd():
                return ["-- End of what came while you were away."]
            case ev.Missed():
                return [f"-- {event.text}."]
            case ev.Announcement(sender=sender, lines=lines):
                # Nothing that anybody else says begins like this.
                return [
                    f"== Announcement by {sender}, an operator of this server: {line}"
                    for line in lines
                ]
            case ev.Refused(room=str(room)):
                why = event.text
                if event.code == "password-needed":
                    # The server's words are about JSON.
                    why = f"#{room} is locked; /join {room} PASSWORD enters it."
                focus = self._focus()
                return [f"! {why}", *([f"-- You talk in #{focus}."] if focus else [])]
            case ev.Refused():
                hint = f" Try {event.suggestion}." if event.suggestion else ""
                return [f"! {event.text}{hint}"]
            case ev.HandedBack(said=said):
                return [f"! {event.text} It was: {line}" for line in said]
            case ev.Undone(what=what):
                return [
                    f"! The connection was lost before {what} was answered; it may or may not have been done."
                ]
            case ev.Offline(why=why, again=None):
                return [f"-- Not connected: {why}."]
            case ev.Offline(why=why, again=float(again)):
                return [
                    f"-- Not connected: {why}. Trying again in {again:.0f} s; what you type is kept."
                ]
            case ev.Entered():
                return self._entered(event)
            case ev.HistoryStart():
                return [] if event.count == 0 else [f"-- Earlier {_where(event)}:"]
            case ev.HistoryEnd():
                return [f"-- End of what was said earlier {_where(event)}."] if event.count else []
            case ev.Focus() | ev.Gone():
                return self._focused(event)
            case ev.Renamed(sender=sender, nick=nick):
                if nick == self._nick():
                    return [f"-- You are now called {nick}."]
                return [f"-- {sender} is now called {nick}"] if sender != nick else []
            case ev.Away():
                return self._away(event)
            case ev.BotCommands():
                return [f"-- {event.text}."]
            case ev.Topic(room=room, sender=sender):
                return [_topic(room, sender, event.text, True)]
            case ev.ShownTopic(room=room, sender=sender):
                return [_topic(room, sender, event.text, False)]
            case ev.Retention(room=room):
                return [f"-- History of #{room} is {event.text}."]
            case ev.Invited(sender=sender, room=room):
                return [f"-- {sender} invites you to #{room}; /join {room} takes you there."]
            case ev.Left() | ev.Quit() | ev.Kicked():
                return [f"-- {event.text}{_reason(event.reason)}"]
            case ev.Joined() | ev.Role() | ev.Changed():
                return [f"-- {event.text}"]
            case ev.Gathered(joined=joined, left=left, room=room):
                both = ((joined, "joined"), (left, "left"))
                parts = [f"{len(who):,} {what} #{room}: {_some(who)}" for who, what in both if who]
                return [f"-- {'; '.join(parts)}"] if parts else []
            case ev.Notice(code="hint" | "greeting"):
                return []  # about JSON, which nobody types here
            case ev.Welcome() | ev.Notice() | ev.Farewell():
                return _told(event)
            case _:
                return _answer(event, self._date)

    def _message(self, message: ev.Message) -> list[str]:
        stamp = f"[{self._clock(message.time)}] " if message.replay else ""
        return [f"{stamp}{line}" for line in self._said(message)]

    def _said(self, message: ev.Message) -> list[str]:
        who, kind = message.sender, message.kind
        if message.room is None:
            begin = f"*{who}* " + ("* " if kind == "action" else "")
            return [] if kind == "ctcp" else [f"{begin}{line}" for line in message.lines]
        place = "" if message.room == self._focus() else f"#{message.room} "
        match kind:
            case "say":
                begin = f"<{who}> "
            case "action":
                begin = f"* {who} "
            case "notice":
                begin = f"-{who}- "
            case "ctcp":  # pragma: no branch (mypy sees a missing case)
                return []  # a request between programs
        return [f"{place}{begin}{line}" for line in message.lines]

    def _sending(self, sending: ev.Sending) -> list[str]:
        if sending.to is not None:
            begin = f"-> *{sending.to}* "
        elif sending.kind == "action":
            begin = f"* {self._nick()} "
        else:
            begin = "<You> "
        place = "" if sending.room in (None, self._focus()) else f"#{sending.room} "
        return [f"{place}{begin}{line}" for line in sending.lines]

    def _entered(self, entered: ev.Entered) -> list[str]:
        room = f"a new room, #{entered.room}" if entered.created else f"#{entered.room}"
        lock = ", locked with a password" if entered.locked else ""
        left_out = entered.count - len(entered.names)
        more = f" … and {left_out:,} more" if left_out > 0 else ""
        here = (
            "Nobody else is here."
            if entered.count == 1
            else f"{entered.count:,} people are here: {', '.join(entered.names)}{more}"
        )
        topic = [_topic(entered.room, None, entered.topic, False)] if entered.topic else []
        words = ", ".join(entered.bot_commands)
        bots = [f"-- Bots here answer to {words}."] if words else []
        return [f"-- You are in {room}{lock}. {here}", *topic, *bots]

    def _focused(self, event: ev.Focus | ev.Gone) -> list[str]:
        gone = f"You left #{event.room}. " if isinstance(event, ev.Gone) else ""
        if event.focus is None:
            return [f"-- {gone}You talk in no room now; choose one with /join ROOM."]
        return [f"-- {gone}You talk in #{event.focus} now."]

    def _away(self, away: ev.Away) -> list[str]:
        if away.sender != self._nick():
            return []
        if not away.away:
            return ["-- You are no longer marked as away."]
        return [f"-- You are marked as away ({away.text or 'away'}); /back undoes that."]

    def _clock(self, time: float) -> str:
        then = datetime.fromtimestamp(time, self._zone)
        today = datetime.fromtimestamp(self._now(), self._zone)
        return f"{then:%H:%M}" if then.date() == today.date() else f"{then:%Y-%m-%d %H:%M}"

    def _date(self, time: float) -> str:
        return f"{datetime.fromtimestamp(time, self._zone):%Y-%m-%d %H:%M}"


def _told(event: ev.Event) -> list[str]:
    return [f"-- {line}" for line in event.lines]


def _topic(room: str, sender: str | None, topic: str, was_set: bool) -> str:
    if was_set:
        return (
            f"-- {sender} set the topic of #{room}: {topic}"
            if topic
            else f"-- {sender} cleared the topic of #{room}"
        )
    if not topic:
        return f"-- #{room} has no topic; /topic TEXT sets one."
    return f"-- Topic of #{room}{f' (set by {sender})' if sender else ''}: {topic}"


def _where(event: ev.HistoryStart | ev.HistoryEnd | ev.Page) -> str:
    return f"in #{event.room}" if event.partner is None else f"with {event.partner}"


def _some(names: tuple[str, ...]) -> str:
    """Name the first few of many."""
    return ", ".join(names[:10]) + (" …" if len(names) > 10 else "")


def _answer(event: ev.Event, date: Callable[[float], str]) -> list[str]:
    """Show what a person asked for."""
    match event:
        case ev.Who(users=users, room=room):
            where = f"in #{room}" if room is not None else "here"
            return [
                f"-- {event.count:,} {where}{_pages(event.page, event.pages)}:",
                *map(_person, users),
            ]
        case ev.Listing(rooms=rooms, users=users, user_count=people):
            lines = [f"-- Rooms: {event.count:,}{_pages(event.page, event.pages)}:"]
            lines += [
                f"--   #{each.room} {each.count:,}{' locked' if each.locked else ''}  {each.topic}".rstrip()
                for each in rooms
            ]
            if people is not None:
                lines += [
                    f"-- People: {people:,}{_pages(event.user_page, event.user_pages)}:",
                    *map(_person, users),
                ]
            return lines
        case ev.Whois(here=False, nick=nick, ago=ago):
            return [f"-- {nick} is not here; {nick} was here {spell_duration(ago)} ago."]
        case ev.Whois(nick=nick):
            kind = f"account {event.account}" if event.account else "guest"
            where = ", ".join(f"#{room}" for room in event.rooms) or "no room"
            away = f"; away: {event.away}" if event.away is not None else ""
            lines = [
                f"-- {nick} ({kind}) is in {where}; here since {date(event.since)}, silent for {spell_duration(event.idle)}{away}"
            ]
            if event.server_operator:
                lines.append(f"-- {nick} is an operator of this server.")
            if event.host:
                real = f" ({', '.join(event.addresses)})" if event.addresses else ""
                lines.append(f"-- {nick} comes from {event.host}{real}.")
            return lines
        case ev.Help(commands=commands):
            return [f"-- {line}" for line in help_lines(commands)]
        case ev.RoomSettings(room=room, roles=roles):
            owner = f"belongs to {event.owner}" if event.owner else "belongs to nobody"
            ways = ("lock", "private", "invite_only", "moderated", "topic_lock")
            how = [way.replace("_", "-") for way in ways if getattr(event, way)]
            how += [f"slow ({spell_duration(event.slow)})"] if event.slow else []
            how += ["history since one came"] if event.visibility == "join" else []
            return [
                f"-- #{room} {owner}; {', '.join(how) or 'open to everybody'}.",
                *(f"--   {account}: {', '.join(each)}" for account, each in roles.items()),
            ]
        case ev.Bans(room=room, bans=bans):
            return [
                f"-- Banned from #{room}, or muted: {event.count:,}{_pages(event.page, event.pages)}.",
                *(
                    f"--   {ban.target}{' (muted)' if ban.mute else ''}, by {ban.by}"
                    f"{'' if ban.left is None else f', {spell_duration(ban.left)} more'}{_reason(ban.reason)}"
                    for ban in bans
                ),
            ]
        case ev.ServerBans(bans=banned):
            return [
                f"-- Banned from this server: {event.count:,}{_pages(event.page, event.pages)}.",
                *(
                    f"--   {each.kind} {each.target}, by {each.by} at {date(each.since)}"
                    f"{'' if each.until is None else f', until {date(each.until)}'}{_reason(each.reason)}"
                    for each in banned
                ),
            ]
        case ev.AccountList(accounts=accounts):
            return [
                f"-- Accounts: {event.count:,}{_pages(event.page, event.pages)}.",
                *(
                    f"--   {each.account}, registered at {date(each.created)}"
                    f"{'; here now' if each.here else ''}"
                    f"{'' if each.seen is None else f'; last here at {date(each.seen)}'}"
                    for each in accounts
                ),
            ]
        case ev.Audit(records=records):
            return [
                f"-- What operators of this server did, the latest first{_pages(event.page, event.pages)}:",
                *(
                    f"--   {date(each.time)} {each.operator} ({each.nick}, {each.address}) {each.what}"
                    for each in records
                ),
            ]
        case ev.Stats(store=store):
            values = ", ".join(f"{name} {value}" for name, value in store.items())
            return [f"-- {event.text}.", f"-- Store: {values}."]
        case _:
            return []


def _person(person: ev.Person) -> str:
    told = ["guest"] * person.guest + ["away"] * (person.away is not None)
    sign = "@" if person.operator else "+" if "voice" in person.roles else ""
    return f"--   {sign}{person.nick}{_reason('; '.join(told))}"


def _pages(page: int, pages: int) -> str:
    return f" (page {page} of {pages})" if pages > 1 else ""


def _reason(reason: str | None) -> str:
    return f" ({reason})" if reason else ""
