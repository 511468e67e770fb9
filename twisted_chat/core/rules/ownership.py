"""Roles in a room, its owner, and what only the owner can do."""

from __future__ import annotations

from typing import Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.decisions import Decision, Recall, SendReply
from twisted_chat.core.rules.moderation import put_out, put_out_effects
from twisted_chat.core.rules.outcomes import NOT_IN_ROOM, Applied, Near, Outcome, shown
from twisted_chat.core.rules.permissions import may, may_be_forgotten
from twisted_chat.core.rules.refusals import absent_target, not_a_member, refuse
from twisted_chat.core.rules.topic import (
    NOT_HERE,
    Asked,
    Case,
    Ordered,
    Rule,
    Topic,
    in_room,
    permitted,
)
from twisted_chat.core.state.room import Room
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.ids import MessageId, Node, RoomId, UserId
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.room_settings import NO_ROLES, Role, Roles

_OWNER: Final[Roles] = frozenset(("owner",))
_OPERATOR: Final[Roles] = frozenset(("operator",))
# More lines than any room has.
_ALL: Final = 1 << 62


class Ownership(Topic):
    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.commands = {
            c.ChangeRole: in_room(self, self.change_role),
            c.RegisterRoom: in_room(self, self.register),
            c.Transfer: in_room(self, self.transfer),
            c.DropRoom: in_room(self, self.drop),
            c.Export: in_room(self, self.export),
            c.ForgetMe: self.forget_me,
        }
        self.events = {
            e.RoleChanged: Rule(self.role_changed, self.check_role, in_room=True, lasting=True),
            e.RoomRegistered: Rule(
                self.registered, self.check_registered, in_room=True, lasting=True
            ),
            e.RoomTransferred: Rule(
                self.transferred, self.check_transferred, in_room=True, lasting=True
            ),
            e.RoomDropped: Rule(
                self.dropped, permitted("drop"), put_out_effects, in_room=True, lasting=True
            ),
            e.Forgotten: Rule(self.forgotten, self.check_forgotten, _forgotten, lasting=True),
        }

    # --- roles ---

    def change_role(self, asked: Asked, command: c.ChangeRole) -> Decision:
        target = self.member(command.nick, asked.room)
        event = e.RoleChanged(command.role, command.give, command.nick)
        if target is not None:
            event = e.RoleChanged(command.role, command.give, target.nick, target.id)
        return self.propose(asked, event)

    def check_role(self, case: Case, event: e.RoleChanged) -> Refused | None:
        user, room, now = case.user, case.room, case.now
        against = _roles(room, event.user, event.nick)
        refused = may("change role", user, room, now, against or NO_ROLES)
        if refused is not None:
            return refused
        if against is None or (event.given and event.user not in room.members):
            here = self.state.user_named(event.nick) is not None
            return not_a_member(event.nick, room) if here else absent_target(event.nick)
        if (event.role in against) == event.given:
            is_ = "is already" if event.given else "is not"
            has = "already has" if event.given else "does not have"
            so = f"{is_} an operator of" if event.role == "operator" else f"{has} voice in"
            return Refused("role", f"{event.nick} {so} {room.name}. Nothing was changed.")
        return None

    def role_changed(self, it: Ordered, event: e.RoleChanged) -> Outcome:
        room = it.room
        role: Roles = frozenset((event.role,))

        def changed(roles: Roles) -> Roles:
            return roles | role if event.given else roles - role

        target = self.user(event.user)
        if target is None or target.id not in room.members:
            account = event.nick.key
            self._give(room, account, changed(room.roles[account]))
            return it.in_room()
        if target.account is not None and room.owner is not None:
            self._give(room, target.account, changed(room.members[target.id]))
        else:
            room.members[target.id] = changed(room.members[target.id])
        return it.in_room(e.RoleChanged(event.role, event.given, target.nick, target.id))

    # --- owning a room ---

    def register(self, asked: Asked, command: c.RegisterRoom) -> Decision:
        return self.propose(asked, e.RoomRegistered())

    def check_registered(self, case: Case, event: e.RoomRegistered) -> Refused | None:
        user, room, now = case.user, case.room, case.now
        refused = may("register", user, room, now)
        owned = self._owned(user.account)
        if refused is not None or owned < self.state.limits.max_owned:
            return refused
        why = (
            f"You own {owned} rooms and cannot own more. Nothing was changed. Give one away (/transfer) or delete "
            "one (/drop-room) first."
        )
        return Refused("too-many-owned", why)

    def registered(self, it: Ordered, event: e.RoomRegistered) -> Outcome:
        """Make the user the owner of the room. The roles of other accounts in it are kept from now on."""
        room, user = it.room, it.user
        assert user.account is not None
        self._give(room, user.account, room.members[user.id] | _OWNER)
        for member, roles in list(room.members.items()):
            account = self.state.users[member].account
            if account is not None and account not in room.roles and roles:
                self._give(room, account, roles)
        room.returning.clear()
        return it.in_room()

    def transfer(self, asked: Asked, command: c.Transfer) -> Decision:
        target = self.member(command.nick, asked.room)
        user = target.id if target is not None else NOT_HERE
        return self.propose(asked, e.RoomTransferred(user, command.nick))

    def check_transferred(self, case: Case, event: e.RoomTransferred) -> Refused | None:
        user, room, now = case.user, case.room, case.now
        refused = may("transfer", user, room, now)
        if refused is not None:
            return refused
        target = self.user(event.user)
        if target is None or target.id not in room.members:
            return not_a_member(event.nick, room)
        if target.account is None:
            why = f"{target.nick} is a guest, and only people with an account can own a room. Nothing was changed."
            return Refused("needs-account", why)
        if target.account == user.account:
            return Refused("self", f"{room.name} is already yours. Nothing was changed.")
        owned = self._owned(target.account)
        if owned < self.state.limits.max_owned:
            return None
        why = f"{target.nick} owns {owned} rooms and cannot own more. Nothing was changed."
        return Refused("too-many-owned", why)

    def transferred(self, it: Ordered, event: e.RoomTransferred) -> Outcome:
        room, user, target = it.room, it.user, self.state.users[event.user]
        assert user.account is not None and target.account is not None
        self._give(room, user.account, room.roles[user.account] - _OWNER | _OPERATOR)
        kept = room.roles.get(target.account, room.members[target.id])
        self._give(room, target.account, kept | _OWNER)
        return it.in_room(e.RoomTransferred(target.id, target.nick))

    def drop(self, asked: Asked, command: c.DropRoom) -> Decision:
        name = asked.room.name
        how = f"This deletes the room with its whole history. To confirm, type /drop-room {name}."
        decision = self.propose(asked, e.RoomDropped())
        return _confirm(decision, how) if command.room is None else decision

    def dropped(self, it: Ordered, event: e.RoomDropped) -> Outcome:
        room = it.room
        room.roles.clear()
        return it.in_room(e.RoomDropped(put_out(self.state, room, list(room.members))))

    # --- what was said there ---

    def export(self, asked: Asked, command: c.Export) -> Decision:
        refused = may("export", asked.user, asked.room, asked.now)
        if refused is not None:
            return SendReply(refused)
        return Recall(asked.room.ref, None, MessageId(0), _ALL, export=True)

    def forget_me(self, asked: Asked, command: c.ForgetMe) -> Decision:
        if command.everywhere:
            return self.propose(asked, e.Forgotten(True))
        return in_room(self, self._forget_here)(asked, command)

    def _forget_here(self, asked: Asked, command: c.ForgetMe) -> Decision:
        decision, name = self.propose(asked, e.Forgotten(False)), asked.room.name
        how = (
            f"Say which messages to delete: /forget-me {name} deletes your messages there, /forget-me all deletes "
            "them everywhere."
        )
        return _confirm(decision, how) if command.room is None else decision

    def check_forgotten(self, case: Case, event: e.Forgotten) -> Refused | None:
        user, room, now = case.user, case.at, case.now
        if event.everywhere:
            return may_be_forgotten(user)
        return may("forget me", user, room, now) if room is not None else NOT_IN_ROOM

    def forgotten(self, it: Ordered, event: e.Forgotten) -> Outcome:
        if event.everywhere:
            # Whatever rooms one is in now, or in none: it is about all in which one ever was.
            self.state.conversations.unsend(it.user.account or "")
            return it.applied(Near(tuple(it.user.rooms), author=True))
        # The store does that.
        return it.in_room()

    def _owned(self, account: str | None) -> int:
        return sum(room.owner == account for room in self.state.rooms.values())

    def _give(self, room: Room, account: str, roles: Roles) -> None:
        """Set the roles of an account in a room that has an owner."""
        if roles:
            room.roles[account] = roles
        else:
            room.roles.pop(account, None)
        for member in room.members:
            if self.state.users[member].account == account:
                room.members[member] = roles


def _roles(room: Room, user: UserId | None, nick: Nick) -> Roles | None:
    """Return the roles of a member, or those that are kept for an account that is not here."""
    found = next((who for who in room.members if who == user), None)
    return room.members[found] if found is not None else room.roles.get(nick.key)


def _confirm(decision: Decision, how: str) -> Decision:
    """Ask for confirmation before a command that cannot be undone."""
    return decision if isinstance(decision, SendReply) else refuse("confirm", how)


def forget_account(state: State, account: str) -> list[RoomId]:
    """Remove a deleted account from all rooms; return the rooms that are deleted with it.

    Each of its own rooms goes to the account that has been operator for longest; if there is none, the room has no owner.
    """
    gone = []
    invitation = f"account {account}"
    for room in list(state.rooms.values()):
        if invitation in room.invited:
            del room.invited[invitation]
            state.altered[room.ref.id] = None
        if account not in room.roles:
            continue
        owned = "owner" in room.roles.pop(account)
        state.altered[room.ref.id] = None
        for member in room.members:
            if state.users[member].account == account:
                room.members[member] = NO_ROLES
        if not owned:
            continue
        heir = next((name for name, roles in room.roles.items() if "operator" in roles), None)
        if heir is not None:
            _inherit(state, room, heir)
        else:
            room.roles.clear()
            if not room.members:
                state.remove_room(room)
                gone.append(room.ref.id)
    return gone


def step_back(state: State, user: User) -> None:
    """Take from a user who changes to another account the roles that they have by the one before."""
    for number in user.rooms:
        room = state.rooms[number]
        lost = room.roles.get(user.account or "", NO_ROLES) & room.members[user.id]
        if lost:
            room.members[user.id] -= lost
            state.altered[number] = None
    state.set_account(user, None)


def recognise(state: State, user: User, before: str) -> None:
    """Give a user who logged in while here the roles that the account has in their rooms.

    ``before`` is the key of the user's invitations and of when they last spoke; these belong to the account now.
    """
    for room in state.rooms.values():
        if before in room.invited:
            room.invited[user.invitation] = room.invited.pop(before)
            state.altered[room.ref.id] = None
        if before in room.spoke:
            room.spoke[user.invitation] = max(
                room.spoke.pop(before), room.spoke.get(user.invitation, 0.0)
            )
    for number in user.rooms:
        room = state.rooms[number]
        kept = room.roles.get(user.account or "", NO_ROLES)
        if not kept <= room.members[user.id]:
            room.members[user.id] |= kept
            state.altered[number] = None


def _inherit(state: State, room: Room, heir: str) -> None:
    owner: Role = "owner"
    room.roles[heir] |= {owner}
    for member in room.members:
        if state.users[member].account == heir:
            room.members[member] = room.roles[heir]


# --- what follows ---


def _forgotten(applied: Applied, event: e.Forgotten, state: State, node: Node) -> f.Effects:
    ref, author = applied.envelope.room, applied.envelope.author
    assert author is not None and author.account is not None
    erase = f.Erase(author.account, ref.id if ref is not None else None)
    return (erase, *shown(applied, event, state, node))
