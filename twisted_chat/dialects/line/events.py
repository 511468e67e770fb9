"""How the line dialect shows things: one line for one line of text, each ended by CR LF."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import tzinfo

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.profile import ProfileChange
from twisted_chat.core.values.text import CleanText
from twisted_chat.dialects.base import View
from twisted_chat.dialects.line.layout import isolated, placed, rows
from twisted_chat.dialects.line.replies import answer
from twisted_chat.dialects.wording import events as say
from twisted_chat.dialects.wording.words import because, date_and_clock


class LineView:
    """What a line session sees of a room: the one it talks in (``here``) or another."""

    sums = True

    def __init__(
        self,
        zone: tzinfo | None,
        now: Callable[[], float],
        *,
        here: bool,
        width: int | None = None,
    ) -> None:
        """``width``: of the window in columns, if it is known, see :data:`~twisted_chat.dialects.line.layout.WIDTHS`."""
        self._zone = zone
        self._width = width
        self._time_now = now
        self._here = here

    def event(self, envelope: e.Envelope) -> bytes:
        return self._lines(self._tell(envelope))

    def own(self, envelope: e.Envelope, *, acked: bool) -> bytes:
        match envelope.event:
            case e.Said():
                return b""  # it stands on one's own screen already
            case e.Told(nick=to, kind=kind, lines=lines) if kind not in c.BETWEEN_PROGRAMS:
                return self._lines(
                    f"-> *{isolated(to.text)}* {_acted(kind)}{placed(line)}" for line in lines
                )
            case e.ProfileChanged(changes=changes, of_room=False):
                you = isolated(envelope.author.nick.text) if envelope.author is not None else ""
                return self._lines([f"-- {say.profile_changed(you, _placed(changes))}"])
            case e.Renamed(nick=nick):
                return self._lines([f"-- {say.you_are_called(isolated(nick.text))}"])
            case e.LoggedIn(nick=nick):
                return self._lines([f"-- {say.you_are_logged_in(nick.text)}"])
            case e.RealNameSet(real_name=name):
                return self._lines([f"-- {say.real_name_set(placed(CleanText(name)))}"])
            case e.UserChanged(changes=changes):
                return self._lines([f"-- {say.user_changed(changes)}"])
            case e.AwaySet(text=None):
                return self._lines([f"-- {say.you_are_back()}"])
            case e.AwaySet(text=str(text)):
                why = placed(text) if text != c.NO_REASON else None
                return self._lines([f"-- {say.you_are_away(why)}"])
            case (
                e.MessageDeleted()
                | e.ProfileChanged()
                | e.TopicSet()
                | e.KeepSet()
                | e.Kicked()
                | e.Announced()
                | e.RoomEvent()
            ):
                return self.event(envelope)
            case _:
                # This is answered by a reply.
                return b""

    def replay(self, envelope: e.Envelope) -> bytes:
        date, clock = date_and_clock(int(envelope.time) // 60, self._zone)
        today, _ = date_and_clock(int(self._time_now()) // 60, self._zone)
        stamp = clock if date == today else f"{date} {clock}"
        return self._lines(f"[{stamp}] {line}" for line in self._tell(envelope))

    def found(self, envelope: e.Envelope) -> bytes:
        date, clock = date_and_clock(int(envelope.time) // 60, self._zone)
        return self._lines(f"[{date} {clock}] {line}" for line in self._tell(envelope))

    def reply(self, reply: r.Reply, tag: str | None) -> bytes:
        return self._lines(answer(reply, self._zone))

    def _lines(self, lines: Iterable[str]) -> bytes:
        if self._width is not None:
            lines = [row for line in lines for row in rows(line, self._width)]
        text = "\r\n".join(lines)
        return f"{text}\r\n".encode() if text else b""

    def _tell(self, envelope: e.Envelope) -> Iterable[str]:
        """Say what happened, a line each."""
        event, author = envelope.event, envelope.author
        who = isolated(author.nick.text) if author is not None else ""
        if self._here and type(event) is e.Said and event.kind == "say" and event.extras is None:
            return [f"<{who}> {placed(line)}" for line in event.lines]  # nearly always
        room = isolated(str(envelope.room.name)) if envelope.room is not None else ""
        place = "" if self._here or not room else f"{room} "
        if isinstance(event, e.Said) and event.extras is not None and event.extras.operators:
            place = f"{room} (operators) "
        match event:
            case e.Said(kind="say", lines=lines):
                return [f"{place}<{who}> {placed(line)}" for line in lines]
            case e.Said(kind="action", lines=lines):
                return [f"{place}* {who} {placed(line)}" for line in lines]
            case e.Said(kind="notice", lines=lines):
                return [f"{place}-{who}- {placed(line)}" for line in lines]
            case e.Told(kind=kind, lines=lines) if kind not in c.BETWEEN_PROGRAMS:
                return [f"*{who}* {_acted(kind)}{placed(line)}" for line in lines]
            case e.Said() | e.Told() | e.Arrived() | e.Detached() | e.AwaySet() | e.Closed():
                return []  # what programs tell each other, and what a person need not be told
            case e.BotCommandsSet(words=words):
                return [f"-- {say.bot_commands_set(who, words)}"]
            case e.RealNameSet() | e.UserChanged() | e.OperatorSet():
                return []  # others see it when they ask
            case e.Received() | e.Read() | e.ReadUntil():
                return []  # what the server notes for itself
            case (
                e.AccountRegistered()
                | e.PasswordChanged()
                | e.AccountDropped()
                | e.InviteCodeMade()
                | e.PrivacySet()
                | e.IgnoreSet()
            ):
                return []  # whose account it is gets a reply
            case (
                e.Killed()
                | e.ServerBanned()
                | e.ServerUnbanned()
                | e.PanicSet()
                | e.PasswordReset()
                | e.AccountRemoved()
            ):
                return []  # what comes of them is shown
            case e.Announced(lines=lines):
                # Nothing that anybody else says begins like this.
                return [f"== {say.announced(who, placed(line))}" for line in lines]
            case e.Joined():
                return [f"-- {say.joined(who, room)}"]
            case e.Left(reason=reason):
                return [f"-- {say.left(who, room)}{_because(reason)}"]
            case e.Departed(reason=reason):
                return [f"-- {say.departed(who)}{_because(reason)}"]
            case e.LoggedIn(nick=nick) if who == isolated(nick.text):
                return []
            case e.Renamed(nick=nick) | e.LoggedIn(nick=nick):
                return [f"-- {say.renamed(who, isolated(nick.text))}"]
            case e.Kicked(nick=nick, reason=reason):
                return [f"-- {say.kicked(who, isolated(nick.text), room)}{_because(reason)}"]
            case e.ProfileChanged(changes=changes, of_room=True):
                return [f"-- {say.profile_changed(who, _placed(changes), room)}"]
            case e.ProfileChanged():
                return []  # /profile shows it to those who ask
            case e.MessageDeleted(nick=nick, reason=reason, mine=mine):
                whose, why = isolated(nick.text), placed(reason) if reason else None
                return [f"-- {say.message_deleted(who, whose, room, why, mine=mine)}"]
            case e.TopicSet(topic=topic):
                return [f"-- {say.topic_set(who, placed(topic), room)}"]
            case e.KeepSet(keep=keep, capped=capped):
                return [f"-- {say.retention_set(who, room, keep, capped=capped)}"]
            case e.RoomEvent():
                return [f"-- {say.in_room(event, who, room)}"]
            case e.Gathered(
                joined=joined, left=left
            ):  # pragma: no branch (mypy sees a missing case)
                came, went = (
                    [isolated(each.nick.text) for each in them] for them in (joined, left)
                )
                return [f"-- {say.gathered(came, went, room)}"] if came or went else []


def _placed(changes: Iterable[ProfileChange]) -> list[tuple[str, str | None]]:
    return [(key, placed(value) if value is not None else None) for key, value in changes]


def _because(reason: CleanText | None) -> str:
    return because(placed(reason)) if reason else ""


def _acted(kind: str) -> str:
    return "* " if kind == "action" else ""


_check: type[View] = LineView
