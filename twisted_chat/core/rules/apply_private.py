"""Applying what concerns private messages, and up to where somebody has read."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from twisted_chat.core.api import events as e
from twisted_chat.core.api.commands import Kind, Lines
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules import private
from twisted_chat.core.rules.outcomes import (
    NOBODY,
    NOT_IN_ROOM,
    Applied,
    Between,
    Outcome,
    Rejected,
    envelope,
)
from twisted_chat.core.state.conversations import GUESTS
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.account import Account
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.names import Nick, RoomName

#: Voids a message that was sent before, else remembers its id.
Once = Callable[
    [MessageId, e.Proposal, e.Author, Nick | RoomName, e.Said | e.Told], Rejected | None
]

_NO_ACCOUNT = Refused("no-account", "you have no account (any more); nothing is kept for guests")


def absent(name: str) -> Refused:
    """Refuse a private message that has nobody to go to."""
    why = f"{name} is not here; nothing was sent to anybody (/who lists who is here)"
    return Refused("no-such-nick", why)


def nothing_there(partner: Nick) -> Refused:
    """Refuse what is asked about private messages that there are not."""
    return Refused("nothing-there", f"there is nothing that you and {partner} wrote")


class PrivateApplier:
    """Applies these proposals to one state."""

    def __init__(self, state: State, once: Once) -> None:
        self._state = state
        self._once = once

    def told(self, message: MessageId, proposal: e.Proposal, user: User, event: e.Told) -> Outcome:
        state = self._state
        target: User | Account | None = state.users.get(event.to)
        if target is None:
            # Not by the nick: who has that by now may be somebody else. An account's name is its own.
            target = private.of_account(state, event.nick, event.kind)
        if target is None:
            return Rejected(proposal, absent(event.nick.text))
        author = user.sessions[proposal.origin.node, proposal.origin.session]
        tag = proposal.origin.tag
        if tag is None or state.nonces.find(author.scope, tag) is None:
            # What was sent before is not sent now, and nothing stands in the way of saying so.
            refused = private.refusal(state, user, target)
            if refused is not None:
                return Rejected(proposal, refused)
        repeated = self._once(message, proposal, author, event.nick, event)
        if repeated is not None:
            return repeated
        user.spoke = proposal.time
        # Renamed on the way: it is still the same person, shown under the name they have now.
        told = self._kept(message, user, target, event.kind, event.lines)
        ears = (target.id,) if isinstance(target, User) else ()
        return Applied(envelope(message, proposal, user, event=told), Between((user.id, *ears)))

    def _kept(
        self, message: MessageId, user: User, target: User | Account, kind: Kind, lines: Lines
    ) -> e.Told:
        """Note where a message is kept, and whether it waits for somebody."""
        here = isinstance(target, User)
        told = (
            e.Told(target.id, target.nick, kind, lines)
            if isinstance(target, User)
            else e.Told(private.NOT_HERE, target.name, kind, lines)
        )
        account = target.account if isinstance(target, User) else target.key
        if account is None or kind == "ctcp":
            return told
        waits = private.waits(user, target)
        sender = user.account
        if sender is None and (here or not waits):
            return told
        talks = self._state.talks
        if waits:
            talks.wait(account, sender or GUESTS)
        talk = talks.open(account, sender or GUESTS, message)
        return replace(told, talk=talk, account=account, waits=waits)

    def read(self, message: MessageId, proposal: e.Proposal, user: User, event: e.Read) -> Outcome:
        state, place = self._state, proposal.room
        if user.account is None or place is None:
            return Rejected(proposal, _NO_ACCOUNT)
        room = state.rooms.get(place)
        if event.partner is None and (room is None or user.id not in room.members):
            return Rejected(proposal, NOT_IN_ROOM)
        if event.partner is not None and (
            state.talks.find(user.account, event.partner.key) != place
        ):
            return Rejected(proposal, nothing_there(event.partner))
        # Nothing was said yet behind this event.
        at = state.markers.read(user.account, place, min(event.message, message))
        users = tuple(each.id for each in state.users_of(user.account))
        happened = envelope(message, proposal, user, room, e.Read(at, event.partner))
        return Applied(happened, Between(users))

    def received(self, message: MessageId, proposal: e.Proposal, user: User) -> Outcome:
        if user.account is None:
            return Rejected(proposal, _NO_ACCOUNT)
        shown = e.Received(self._state.talks.receive(user.account))
        return Applied(envelope(message, proposal, user, event=shown), NOBODY)
