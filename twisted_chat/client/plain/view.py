"""What plain mode shows: events as lines, in the manner of the line dialect (docs/protocol.md, "What you see"). Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, tzinfo
from typing import Final

from twisted_chat.client import events as ev
from twisted_chat.core.api import commands as c
from twisted_chat.dialects.wording import events as say
from twisted_chat.dialects.wording import replies as told
from twisted_chat.dialects.wording.help import lines as help_lines
from twisted_chat.dialects.wording.words import because, paging, wrapped

# What the full screen has beside the time, on 80 columns.
_HELP_WIDTH: Final = 66


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
                return [*found, *_marked(event.lines)]
            case ev.Page(messages=messages):
                earlier = [line for each in messages for line in self._message(each)]
                where = _where(event)
                return [
                    f"-- {told.earlier(where)}",
                    *earlier,
                    f"-- {told.end_of_earlier(where)}",
                ]
            case ev.WaitingStart():
                return [f"-- {told.WAITING}"]
            case ev.WaitingEnd(count=count):
                return [f"-- {told.end_of_waiting(count)}"]
            case ev.Missed():
                return [f"-- {event.text}"]
            case ev.Announcement(sender=sender, lines=lines):
                # Nothing that anybody else says begins like this.
                return [f"== {say.announced(sender, line)}" for line in lines]
            case ev.Refused(room=str(room), code=code):
                # The words of an older server are about JSON.
                why = told.password_needed(f"#{room}") if code == "password-needed" else event.text
                focus = self._focus()
                there = [f"-- {told.focus(f'#{focus}')}"] if focus else []
                return [f"! {why}", *there]
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
                return [] if event.count == 0 else [f"-- {told.earlier(_where(event))}"]
            case ev.HistoryEnd():
                return [f"-- {told.end_of_earlier(_where(event))}"] if event.count else []
            case ev.Focus() | ev.Gone():
                return self._focused(event)
            case ev.Renamed(sender=sender, nick=nick):
                if nick == self._nick():
                    return [f"-- {say.you_are_called(nick)}"]
                return [f"-- {say.renamed(sender, nick)}"] if sender != nick else []
            case ev.Away():
                return self._away(event)
            case ev.RealName(sender=sender):
                mine = sender == self._nick()
                return [f"-- {say.real_name_set(event.text)}"] if mine else []
            case ev.BotCommands():
                return [f"-- {say.bot_commands_set(event.sender, event.commands)}"]
            case ev.Topic(room=room, sender=sender):
                return [f"-- {say.topic_set(sender or '', event.text, f'#{room}')}"]
            case ev.ShownTopic(room=room, sender=sender):
                return [f"-- {told.shown_topic(f'#{room}', event.text, sender)}"]
            case ev.Retention():
                return [f"-- {event.text}"]
            case ev.Invited(sender=sender, room=room):
                return [f"-- {say.invited_you(sender, f'#{room}')}"]
            case ev.Left() | ev.Quit() | ev.Kicked():
                return [f"-- {event.text}{because(event.reason)}"]
            case ev.Joined() | ev.Role() | ev.Changed():
                return [f"-- {event.text}"]
            case ev.Gathered(joined=joined, left=left, room=room):
                return [f"-- {say.gathered(joined, left, f'#{room}')}"] if joined or left else []
            case ev.TagsSent():
                return []
            case ev.Notice(code="hint" | "greeting"):
                return []  # about JSON, which nobody types here
            case ev.Welcome() | ev.Notice() | ev.Farewell():
                return _marked(event.lines)
            case _:
                return _marked(_answer(event, self._date))

    def _message(self, message: ev.Message) -> list[str]:
        stamp = f"[{self._clock(message.time)}] " if message.replay else ""
        return [f"{stamp}{line}" for line in self._said(message)]

    def _said(self, message: ev.Message) -> list[str]:
        who, kind = message.sender, message.kind
        if message.room is None:
            begin = f"*{who}* " + ("* " if kind == "action" else "")
            return (
                [] if kind in c.BETWEEN_PROGRAMS else [f"{begin}{line}" for line in message.lines]
            )
        place = "" if message.room == self._focus() else f"#{message.room} "
        if message.operators:
            place = f"#{message.room} (operators) "
        match kind:
            case "say":
                begin = f"<{who}> "
            case "action":
                begin = f"* {who} "
            case "notice":
                begin = f"-{who}- "
            case "ctcp" | "ctcp-reply" | "tags":  # pragma: no branch (mypy sees a missing case)
                return []
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
        return _marked(
            told.entered(
                f"#{entered.room}",
                entered.names,
                entered.count,
                entered.count - len(entered.names),
                topic=entered.topic,
                created=entered.created,
                locked=entered.locked,
                bot_commands=entered.bot_commands,
            )
        )

    def _focused(self, event: ev.Focus | ev.Gone) -> list[str]:
        left = f"#{event.room}" if isinstance(event, ev.Gone) else None
        return [f"-- {told.focus(f'#{event.focus}' if event.focus is not None else None, left)}"]

    def _away(self, away: ev.Away) -> list[str]:
        if away.sender != self._nick():
            return []
        if not away.away:
            return [f"-- {say.you_are_back()}"]
        return [f"-- {say.you_are_away(away.text or None)}"]

    def _clock(self, time: float) -> str:
        then = datetime.fromtimestamp(time, self._zone)
        today = datetime.fromtimestamp(self._now(), self._zone)
        return f"{then:%H:%M}" if then.date() == today.date() else f"{then:%Y-%m-%d %H:%M}"

    def _date(self, time: float) -> str:
        return f"{datetime.fromtimestamp(time, self._zone):%Y-%m-%d %H:%M}"


def _marked(lines: Iterable[str]) -> list[str]:
    return [f"-- {line}" for line in lines]


def _where(event: ev.HistoryStart | ev.HistoryEnd | ev.Page) -> str:
    return told.place(f"#{event.room}", event.partner)


def _answer(event: ev.Event, date: Callable[[float], str]) -> Iterable[str]:
    """Show what a person asked for."""
    match event:
        case ev.Who():
            return _people(event.users, event.count, event.room, paging(event.page, event.pages))
        case ev.Listing(rooms=rooms, users=users, user_count=people):
            lines = [(f"#{each.room}", each.count, each.locked, each.topic) for each in rooms]
            listed = [told.rooms(event.count, paging(event.page, event.pages))]
            listed += told.room_lines(lines)
            if people is not None:
                listed += _people(users, people, None, paging(event.user_page, event.user_pages))
            return listed
        case ev.Whois(here=False, nick=nick, ago=ago):
            gone = told.gone(event.user_name, event.host, event.real_name)
            return [told.was_here(nick, ago, gone)]
        case ev.Whois():
            return told.whois(
                event.nick,
                event.account,
                [f"#{room}" for room in event.rooms],
                since=date(event.since),
                idle=event.idle,
                away=event.away,
                user_name=event.user_name,
                host=event.host,
                real_name=event.real_name,
                bot=event.bot,
                addresses=event.addresses,
                operator=event.server_operator,
            )
        case ev.Help(commands=commands):
            return help_lines(commands, _HELP_WIDTH)
        case ev.RoomSettings():
            return told.settings(
                f"#{event.room}",
                event.owner,
                event.roles.items(),
                locked=event.lock,
                private=event.private,
                invite_only=event.invite_only,
                moderated=event.moderated,
                slow=event.slow,
                topic_lock=event.topic_lock,
                since_join=event.visibility == "join",
                limit=event.limit,
                outside=event.outside,
                no_ctcp=event.no_ctcp,
                accounts_only=event.accounts_only,
                accounts_speak=event.accounts_speak,
            )
        case ev.Bans(room=room, bans=bans):
            return [
                told.bans(f"#{room}", event.count, paging(event.page, event.pages)),
                *(
                    told.ban(
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
        case ev.ProfileValues(nick=nick, room=room):
            return told.profile(nick or f"#{room}", event.values.items())
        case ev.Invitations(invitations=invitations):
            pages = paging(event.page, event.pages)
            return told.invitations(
                [(f"#{each.room}", each.by) for each in invitations], event.count, pages
            )
        case ev.ServerBans(bans=banned):
            return [
                told.server_bans(event.count, paging(event.page, event.pages)),
                *(
                    told.server_ban(
                        each.kind,
                        each.target,
                        "for good" if each.until is None else f"until {date(each.until)}",
                        each.by,
                        date(each.since),
                        each.reason,
                    )
                    for each in banned
                ),
            ]
        case ev.AccountList(accounts=accounts):
            return [
                told.accounts(event.count, pages=paging(event.page, event.pages)),
                *(
                    told.account(
                        each.account,
                        date(each.created),
                        None if each.seen is None else date(each.seen),
                        here=each.here,
                    )
                    for each in accounts
                ),
            ]
        case ev.Audit(records=records):
            return [
                told.audit(paging(event.page, event.pages)),
                *(
                    told.deed(date(each.time), each.operator, each.nick, each.address, each.what)
                    for each in records
                ),
            ]
        case ev.Stats(store=store):
            values = ", ".join(f"{name} {value}" for name, value in store.items())
            return [told.stats(event.sessions, event.users, event.rooms), f"Store: {values}."]
        case _:
            return []


def _people(people: Iterable[ev.Person], count: int, room: str | None, pages: str) -> list[str]:
    names = [
        told.person(
            each.nick,
            guest=each.guest,
            away=each.away is not None,
            idle=each.idle,
            operator=each.operator,
            roles=each.roles,
        )
        for each in people
    ]
    where = f"#{room}" if room is not None else None
    return [told.people(count, where, pages), *wrapped(names)]
