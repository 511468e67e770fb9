"""Deciding what is asked about private messages that are kept, and up to where somebody has read."""

from __future__ import annotations

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.rules.apply_private import nothing_there
from twisted_chat.core.rules.decide_rooms import RoomDecider
from twisted_chat.core.rules.decisions import Decision, Propose, Recall, SendReply, Talk
from twisted_chat.core.rules.refusals import refuse
from twisted_chat.core.state.conversations import NO_TALK, ref
from twisted_chat.core.state.session import SessionState
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.account import Account
from twisted_chat.core.values.ids import RoomId
from twisted_chat.core.values.names import Nick


class PrivateDecider:
    """Decides these commands against one state."""

    def __init__(self, state: State, rooms: RoomDecider) -> None:
        self._state = state
        self._rooms = rooms

    def history(self, user: User, partner: Nick, command: c.ShowHistory, limit: int) -> Decision:
        """Answer with what somebody and ``partner`` wrote: to nobody but these two."""
        talk = self._talk(user, partner)
        if isinstance(talk, SendReply):
            return talk
        number, mine, other = talk
        with_ = Talk(mine, other)
        return Recall(ref(number), command.before, command.after, limit, talk=with_)

    def mark_read(self, session: SessionState, user: User, command: c.MarkRead) -> Decision:
        if command.partner is not None:
            talk = self._talk(user, command.partner)
            if isinstance(talk, SendReply):
                return talk
            number, _, other = talk
            if number == NO_TALK:
                return SendReply(nothing_there(other.name))
            return Propose(e.Read(command.message, other.name), number, claim=True)
        room = self._rooms.room_of(session, user, command.room)
        if isinstance(room, SendReply):
            return room
        if user.account is None:
            why = "what guests have read is not kept; /register makes an account"
            return refuse("no-account", why)
        return Propose(e.Read(command.message), room.ref.id, claim=True)

    def _talk(self, user: User, nick: Nick) -> tuple[RoomId, Account, Account] | SendReply:
        """Return where it is kept what somebody and whoever is called ``nick`` wrote, and the accounts of both."""
        accounts = self._state.accounts
        mine = accounts.get(user.account) if user.account is not None else None
        if mine is None:
            why = "private messages are kept for accounts only, and you are a guest; /register makes an account"
            return refuse("no-account", why)
        here = self._state.user_named(nick)
        key = here.account if here is not None else nick.key
        other = accounts.get(key) if key is not None else None
        if other is None:
            why = f"there is no account {nick}, and of guests no private message is kept"
            return refuse("no-such-account", why)
        return self._state.talks.find(mine.key, other.key) or NO_TALK, mine, other
