"""Deleting one message: permissions and effects."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.decisions import Decision, FindMessage, Propose, SendReply
from twisted_chat.core.rules.effects import CONFIRM
from twisted_chat.core.rules.outcomes import NOT_IN_ROOM, Applied, Between, Outcome
from twisted_chat.core.rules.permissions import may
from twisted_chat.core.rules.private import conversation_with
from twisted_chat.core.rules.refusals import check_size
from twisted_chat.core.rules.topic import Asked, Case, Ordered, Rule, Topic, room_of
from twisted_chat.core.state.conversations import ref
from twisted_chat.core.state.state import State
from twisted_chat.core.values.ids import Node

#: The same whether there never was such a message, or it is in another place: nobody learns of that by trying ids.
UNKNOWN: Final = Refused(
    "no-such-message", "There is no such message in the history. Nothing was deleted."
)
_NOT_YOURS: Final = Refused(
    "not-your-message",
    "You can only delete your own private messages. Nothing was deleted.",
)


class Deletion(Topic):
    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.commands = {c.DeleteMessage: self.delete}
        self.events = {e.MessageDeleted: Rule(self.deleted, self.check_deleted, _deleted)}

    def delete(self, asked: Asked, command: c.DeleteMessage) -> Decision:
        long = check_size(command.reason, self.state.limits.max_away)
        if long is not None:
            return long
        if command.partner is not None:
            conversation = conversation_with(self.state, asked.user, command.partner)
            return (
                conversation
                if isinstance(conversation, SendReply)
                else FindMessage(command, ref(conversation[0]))
            )
        room = room_of(self.state, asked.session, asked.user, command.room)
        return room if isinstance(room, SendReply) else FindMessage(command, room.ref)

    def found(self, asked: Asked, it: FindMessage, message: e.Envelope | None) -> Decision:
        """Go on once the message was looked up; ``message`` is None if there is none in that place."""
        if message is None or message.author is None:
            return SendReply(UNKNOWN)
        author, command = message.author, it.command
        mine = author.user == asked.user.id
        mine |= author.account is not None and author.account == asked.user.account
        operator = asked.session.operator if not mine else None
        partner = None
        if command.partner is not None:
            conversation = conversation_with(self.state, asked.user, command.partner)
            if isinstance(conversation, SendReply):
                return conversation
            partner = conversation[2].name
        event = e.MessageDeleted(
            message.id, author.nick, mine, partner, command.reason, operator or ""
        )
        room = self.state.room_with(it.place.id, asked.user)
        refused = self.check_deleted(replace(asked, at=room), event)
        return SendReply(refused) if refused is not None else Propose(event, it.place.id)

    def check_deleted(self, case: Case, event: e.MessageDeleted) -> Refused | None:
        if event.partner is not None:
            return None if event.mine else _NOT_YOURS
        if case.at is None:
            return NOT_IN_ROOM
        if event.mine or event.by:
            return None
        return may("delete", case.user, case.at, case.now)

    def deleted(self, it: Ordered, event: e.MessageDeleted) -> Outcome:
        if event.partner is None:
            return it.in_room()
        users = [each.id for each in self.state.users_of(event.partner.key)]
        guest = self.state.user_named(event.partner)
        if guest is not None and guest.account is None:
            users.append(guest.id)
        return it.applied(
            Between((it.user.id, *users)), replace(event, conversation=it.proposal.room)
        )


def _deleted(applied: Applied, event: e.MessageDeleted, state: State, node: Node) -> f.Effects:
    room, audience = applied.envelope.room, applied.audience
    if isinstance(audience, Between) and event.conversation is not None:
        shown = (f.ShowOwn(), *(f.ShowUser(each) for each in audience.users[1:]))
        return (*shown, f.DeleteMessage(event.conversation, event.message), CONFIRM)
    assert room is not None
    done = (f.ShowRoom(room.id), f.DeleteMessage(room.id, event.message), CONFIRM)
    what = f"deleted a message from {event.nick} in {room.name}"
    return (*done, f.Audit(event.by, what)) if event.by else done
