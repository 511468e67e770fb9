"""Read markers, as messages and as times, and where something was said lately."""

from __future__ import annotations

from typing import Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.decisions import Decision, FindRecent, Place, Propose, SendReply
from twisted_chat.core.rules.outcomes import NOT_IN_ROOM, Applied, Between, Outcome
from twisted_chat.core.rules.permissions import floor
from twisted_chat.core.rules.private import conversation_with
from twisted_chat.core.rules.refusals import NOTHING_READ
from twisted_chat.core.rules.topic import Asked, Case, Ordered, Rule, Topic, room_of
from twisted_chat.core.state.conversations import key_of, ref
from twisted_chat.core.state.state import State
from twisted_chat.core.values.ids import Node, RoomId, UserId
from twisted_chat.core.values.names import Nick

#: The end of the year 9999, in milliseconds: what all programs can write.
_LATEST: Final = 253_402_300_799_999
_BAD_TIME: Final = Refused(
    "bad-time", "That is not a time between 1970 and 9999. Nothing was changed."
)


class Reading(Topic):
    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.commands = {
            c.MarkRead: self.mark,
            c.MarkReadUntil: self.mark_until,
            c.ShowReadUntil: self.show_until,
            c.ShowRecent: self.recent,
        }
        self.events = {
            e.Read: Rule(self.read, self.check_read, _read),
            e.ReadUntil: Rule(self.read_until, self.check_read_until, _read_until),
        }

    # --- up to which message ---

    def mark(self, asked: Asked, command: c.MarkRead) -> Decision:
        if command.partner is not None:
            conversation = conversation_with(self.state, asked.user, command.partner)
            if isinstance(conversation, SendReply):
                return conversation
            number, _, other = conversation
            event = e.Read(command.message, other.name)
        else:
            room = room_of(self.state, asked.session, asked.user, command.room)
            if isinstance(room, SendReply):
                return room
            number, event = room.ref.id, e.Read(command.message)
        refused = self.check_read(asked, event)
        return SendReply(refused) if refused is not None else Propose(event, number)

    def check_read(self, case: Case, event: e.Read) -> Refused | None:
        if case.user.account is None:
            return NOTHING_READ
        partner = event.partner
        if (
            partner is not None
            and self.state.conversations.find(case.user.account, partner.key) is None
        ):
            return _nothing_there(partner)
        return None

    def read(self, it: Ordered, event: e.Read) -> Outcome:
        state, place, account = self.state, it.proposal.room, it.user.account
        assert account is not None
        if place is None or (event.partner is None and it.at is None):
            return it.rejected(NOT_IN_ROOM)
        if (
            event.partner is not None
            and state.conversations.find(account, event.partner.key) != place
        ):
            return it.rejected(_nothing_there(event.partner))
        # Nothing was said yet behind this event.
        at = state.read_markers.read(account, place, min(event.message, it.message))
        users = tuple(each.id for each in state.users_of(account))
        return it.applied(Between(users), e.Read(at, event.partner, event.noticed))

    # --- until when ---

    def mark_until(self, asked: Asked, command: c.MarkReadUntil) -> Decision:
        return self.propose(asked, e.ReadUntil(command.target, command.time))

    def show_until(self, asked: Asked, command: c.ShowReadUntil) -> Decision:
        time = self.state.read_times.get(asked.user.invitation, command.target)
        return SendReply(r.ReadUntil(command.target, time))

    def check_read_until(self, case: Case, event: e.ReadUntil) -> Refused | None:
        return None if 0 <= event.time <= _LATEST else _BAD_TIME

    def read_until(self, it: Ordered, event: e.ReadUntil) -> Outcome:
        user, state = it.user, self.state
        time = state.read_times.read(user.invitation, event.target, event.time)
        account = user.account
        users = state.users_of(account) if account is not None else (user,)
        audience = Between(tuple(each.id for each in users))
        return it.applied(audience, e.ReadUntil(event.target, time, event.noticed))

    # --- where something was said lately ---

    def recent(self, asked: Asked, command: c.ShowRecent) -> Decision:
        """Answer with the rooms and conversations of a user in which something was said between two times."""
        state, user = self.state, asked.user
        rooms = (state.rooms[number] for number in user.rooms)
        places = [Place(room.ref, room.name, floor(user, room, asked.now)) for room in rooms]
        for other, number in state.conversations.of(key_of(user.author)):
            name = _known_as(state, other)
            if name is not None:
                places.append(Place(ref(number), name))
        return FindRecent(tuple(places), command.after, command.before, command.limit)


def _known_as(state: State, key: str) -> Nick | None:
    """Return what somebody in a conversation is called: an account by its name, a guest by the nickname."""
    account = state.accounts.get(key)
    if account is not None:
        return account.name
    guest = state.users.get(UserId(int(key.rpartition(" ")[2]))) if " " in key else None
    return guest.nick if guest is not None else None


def _nothing_there(partner: Nick) -> Refused:
    return Refused("nothing-there", f"You and {partner} have not written to each other.")


# --- what follows ---


def _read(applied: Applied, event: e.Read, state: State, node: Node) -> f.Effects:
    author, room, audience = applied.envelope.author, applied.envelope.room, applied.audience
    assert author is not None and isinstance(audience, Between)
    target = event.partner if event.partner is not None or room is None else room.name
    if target is None:
        return ()
    read = r.ReadUpTo(target, event.message)
    told = f.TellRead(audience.users, read, tagged=not event.noticed)
    if event.noticed:
        return (told,)
    place = room.id if room is not None else None
    if event.partner is not None:
        place = state.conversations.find(author.account or "", event.partner.key)
    return (told,) if place is None else (told, f.NoteReadTime(place, event.message, target))


def _read_until(applied: Applied, event: e.ReadUntil, state: State, node: Node) -> f.Effects:
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
