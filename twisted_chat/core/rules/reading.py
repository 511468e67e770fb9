"""Read markers as times, which programs set and ask for, for any name."""

from __future__ import annotations

from typing import Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.decisions import Decision, SendReply
from twisted_chat.core.rules.outcomes import Applied, Between, Outcome
from twisted_chat.core.rules.topic import Asked, Case, Ordered, Rule, Topic
from twisted_chat.core.state.state import State
from twisted_chat.core.values.ids import Node, RoomId
from twisted_chat.core.values.names import Nick

#: The end of the year 9999, in milliseconds: what all programs can write.
_LATEST: Final = 253_402_300_799_999
_BAD_TIME: Final = Refused(
    "bad-time", "That is not a time between 1970 and 9999. Nothing was changed."
)


class Reading(Topic):
    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.commands = {c.MarkReadUntil: self.mark, c.ShowReadUntil: self.show}
        self.events = {e.ReadUntil: Rule(self.read, self.check_read, _read)}

    def mark(self, asked: Asked, command: c.MarkReadUntil) -> Decision:
        return self.propose(asked, e.ReadUntil(command.target, command.time))

    def show(self, asked: Asked, command: c.ShowReadUntil) -> Decision:
        time = self.state.read_times.get(asked.user.invitation, command.target)
        return SendReply(r.ReadUntil(command.target, time))

    def check_read(self, case: Case, event: e.ReadUntil) -> Refused | None:
        return None if 0 <= event.time <= _LATEST else _BAD_TIME

    def read(self, it: Ordered, event: e.ReadUntil) -> Outcome:
        user, state = it.user, self.state
        time = state.read_times.read(user.invitation, event.target, event.time)
        account = user.account
        users = state.users_of(account) if account is not None else (user,)
        audience = Between(tuple(each.id for each in users))
        return it.applied(audience, e.ReadUntil(event.target, time, event.noticed))


def _read(applied: Applied, event: e.ReadUntil, state: State, node: Node) -> f.Effects:
    assert isinstance(applied.audience, Between)
    told = r.ReadUntil(event.target, event.time, event.noticed)
    tell = f.TellRead(applied.audience.users, told, tagged=not event.noticed)
    place = _place(applied, event, state)
    return (tell,) if place is None else (tell, f.NoteReadMessage(place, event.time, event.target))


def _place(applied: Applied, event: e.ReadUntil, state: State) -> RoomId | None:
    """Return where an account has a read marker to update: a room that its user is in, or a conversation."""
    author, target = applied.envelope.author, event.target
    if event.noticed or author is None or author.account is None:
        return None
    if isinstance(target, Nick):
        return state.conversations.find(author.account, target.key)
    room = state.room_named(target)
    return room.ref.id if room is not None and author.user in room.members else None
