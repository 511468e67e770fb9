"""Applying what changes who may do what in a room."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from twisted_chat.core.api import events as e
from twisted_chat.core.rules.checks import Checks, fitted
from twisted_chat.core.rules.outcomes import (
    NOT_IN_ROOM,
    Applied,
    InRoom,
    Near,
    Outcome,
    Rejected,
    envelope,
)
from twisted_chat.core.rules.permissions import may_be_forgotten
from twisted_chat.core.state.ban_list import BanList
from twisted_chat.core.state.room import Room
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.bans import Ban, hits
from twisted_chat.core.values.ids import MessageId, RoomId, UserId
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.room_settings import NO_ROLES, Role, Roles

_OWNER: Final[Roles] = frozenset(("owner",))
_OPERATOR: Final[Roles] = frozenset(("operator",))


class RoomApplier:
    """Applies room events to one state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._checks = Checks(state)

    def apply(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.AnyRoomEvent
    ) -> Outcome:
        """Change the room as proposed, or say why not."""
        if isinstance(event, e.Forgotten) and event.everywhere:
            refused = may_be_forgotten(user)
            if refused is not None:
                return Rejected(proposal, refused)
            # Whatever rooms one is in now, or in none: it is about all in which one ever was.
            self._state.talks.unsend(user.account or "")
            return Applied(envelope(message, proposal, user), Near(tuple(user.rooms), author=True))
        room = self._state.room_with(proposal.room, user)
        if room is None:
            return Rejected(proposal, NOT_IN_ROOM)
        refused = self._checks.check(user, room, event, proposal.time)
        if refused is not None:
            return Rejected(proposal, refused)
        # First: what puts everybody out removes the room, which is then no longer to be kept.
        self._state.altered[room.ref.id] = None
        shown = self._change(user, room, event, proposal.time)
        return Applied(envelope(message, proposal, user, room, shown), InRoom(room.ref.id))

    def note_spoken(self, room: Room, user: User, time: float) -> None:
        """Note that somebody spoke in a slow room; who spoke is forgotten when it no longer matters."""
        room.spoke.pop(user.invitation, None)
        room.spoke[user.invitation] = time
        # Who spoke longest ago is first. However many they are, each is looked at once.
        while (first := next(iter(room.spoke.items())))[1] + room.settings.slow <= time:
            del room.spoke[first[0]]

    def _change(self, user: User, room: Room, event: e.AnyRoomEvent, now: float) -> e.Event:
        """Change the room; return what is shown of it."""
        match event:
            case e.SettingChanged(setting=setting, value=value):
                self._state.set_room(room, room.settings.changed(setting, value))
            case e.RoomPasswordSet(locked=locked, password=password):
                room.password = password if locked else None
                if locked:
                    # Who is not there does not know it, and what is said from now on is not for them.
                    here = {self._state.users[member].account for member in room.members}
                    self._state.markers.close(room.ref.id, here)
                return e.RoomPasswordSet(locked)
            case e.InvitedToRoom():
                target = self._state.users[event.user]
                room.invited.pop(target.invitation, None)
                room.invited[target.invitation] = None
                if len(room.invited) > self._state.limits.max_bans:
                    # Who never came, and was invited longest ago: nobody could lift that.
                    del room.invited[next(iter(room.invited))]
                return e.InvitedToRoom(target.id, target.nick)
            case e.RoleChanged():
                return self._role_changed(room, event)
            case e.RoomRegistered():
                self._registered(user, room)
            case e.RoomTransferred():
                target = self._state.users[event.user]
                assert user.account is not None and target.account is not None
                self._give(room, user.account, room.roles[user.account] - _OWNER | _OPERATOR)
                kept = room.roles.get(target.account, room.members[target.id])
                self._give(room, target.account, kept | _OWNER)
                return e.RoomTransferred(target.id, target.nick)
            case e.Banned():
                return self._banned(room, event, now)
            case e.Unbanned(target=lifted):
                del room.bans[lifted.key]
            case e.Muted():
                ban = fitted(event.ban, self._found(event.user))
                self._put(room.mutes, ban, now)
                room.tighten()
                return e.Muted(_public(ban), event.user, event.nick)
            case e.Unmuted(target=lifted):
                del room.mutes[lifted.key]
                room.tighten()
            case e.Forgotten():
                pass  # the store does that
            case e.RoomDropped():  # pragma: no branch (mypy sees a missing case)
                room.roles.clear()
                return e.RoomDropped(self._put_out(room, list(room.members)))
        return event

    def _role_changed(self, room: Room, event: e.RoleChanged) -> e.Event:
        role: Roles = frozenset((event.role,))

        def changed(roles: Roles) -> Roles:
            return roles | role if event.given else roles - role

        target = self._found(event.user)
        if target is None or target.id not in room.members:
            account = event.nick.key
            self._give(room, account, changed(room.roles[account]))
            return event
        if target.account is not None and room.owner is not None:
            self._give(room, target.account, changed(room.members[target.id]))
        else:
            room.members[target.id] = changed(room.members[target.id])
        return e.RoleChanged(event.role, event.given, target.nick, target.id)

    def _registered(self, user: User, room: Room) -> None:
        """Make the room the user's. The roles that others have with accounts are kept from now on."""
        assert user.account is not None
        self._give(room, user.account, room.members[user.id] | _OWNER)
        for member, roles in list(room.members.items()):
            account = self._state.users[member].account
            if account is not None and account not in room.roles and roles:
                self._give(room, account, roles)
        room.returning.clear()

    def _give(self, room: Room, account: str, roles: Roles) -> None:
        """Let an account have these roles, and no others, in a room that has an owner."""
        if roles:
            room.roles[account] = roles
        else:
            room.roles.pop(account, None)
        for member in room.members:
            if self._state.users[member].account == account:
                room.members[member] = roles

    def _banned(self, room: Room, event: e.Banned, now: float) -> e.Event:
        target = self._found(event.user)
        ban = fitted(event.ban, target)
        self._put(room.bans, ban, now)
        if target is not None:
            room.invited.pop(target.invitation, None)
        users = self._state.users
        hit = [
            member
            for member, roles in room.members.items()
            if "owner" not in roles and hits(ban, users[member])
        ]
        return e.Banned(_public(ban), event.user, out=self._put_out(room, hit))

    def _put_out(self, room: Room, members: list[UserId]) -> tuple[tuple[UserId, Nick], ...]:
        out = [self._state.users[member] for member in members]
        for user in out:
            room.invited.pop(user.invitation, None)
            self._state.quit(user, room)
        return tuple((user.id, user.nick) for user in out)

    def _put(self, there: BanList, ban: Ban, now: float) -> None:
        """Add a ban. Those that are over go when there is no room: the time of day may be wrong for a while."""
        if len(there) >= self._state.limits.max_bans:
            for key in [key for key, each in there.items() if each.over(now)]:
                del there[key]
        there[ban.target.key] = ban

    def _found(self, user: UserId | None) -> User | None:
        return self._state.users.get(user) if user is not None else None


def _public(ban: Ban) -> Ban:
    """Return a ban as everybody in the room may see it: addresses are for operators, who list the bans."""
    target = ban.target
    if target.kind == "net":
        target = replace(target, text="an address", key="")
    return replace(ban, target=target, scope=None, address=None)


def forget_account(state: State, account: str) -> list[RoomId]:
    """Take an account that is deleted out of all rooms; return those that are gone with it.

    Of its own rooms the operator who has been one longest is the owner from then on. If there is none, nobody owns them.
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


def recognise(state: State, user: User, before: str) -> None:
    """Give somebody who logged in while they were here the roles that the account has in their rooms.

    ``before`` is what invitations were kept under until now, and when they spoke last: that is the account's from now on.
    """
    for room in state.rooms.values():
        if before in room.invited:
            del room.invited[before]
            room.invited[user.invitation] = None
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
