"""Whether what is asked of a room can be: asked when it is decided, and again when it is applied, for by then somebody
may have left, taken another name, or lost a role.

Who may is :func:`twisted_chat.core.rules.permissions.may`; here is what besides that stands in the way.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from msgspec.structs import replace

from twisted_chat.core.api import events as e
from twisted_chat.core.api.commands import Command, Join, Login, Rename
from twisted_chat.core.api.replies import PasswordNeeded, Refused
from twisted_chat.core.rules.permissions import may
from twisted_chat.core.state.ban_list import BanList
from twisted_chat.core.state.room import Room
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values import bans
from twisted_chat.core.values.matcher import Effort
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.room_settings import MAX_SLOW, NO_ROLES, Roles


def admit(
    user: User, room: Room, digest: str | None, now: float
) -> Refused | PasswordNeeded | None:
    """Return why somebody cannot enter a room with this digest of a password; None if they can.

    Of a private room nobody is told whether it is locked, invite-only, or closed to them.
    """
    refused = may("enter", user, room, now)
    if refused is not None and not room.settings.private:
        return refused
    if refused is None and (
        room.password is None
        or "owner" in room.roles_of(user)
        or user.invitation in room.invited
        or hmac.compare_digest(room.password, digest or "")
    ):
        return None
    return PasswordNeeded(room.name, wrong=digest is not None)


def too_alike(name: RoomName, other: Room, digest: str | None) -> Refused | PasswordNeeded:
    """Return why a room cannot be made that looks like another; as a private one, whether that is there or not."""
    if other.settings.private:
        return PasswordNeeded(name, wrong=digest is not None)
    why = f"{name} looks too much like {other.name}, which exists; join that one, or choose another name"
    return Refused("lookalike", why)


def rename_refused(state: State, user: User, nick: Nick, now: float) -> Refused | None:
    """Return why somebody cannot be called ``nick`` in the rooms where they are: one would be banned there."""
    for number in user.rooms:
        room = state.rooms[number]
        if room.bans and "owner" not in room.members[user.id]:
            then = room.bans.of(user, now, nick)
            if then and then.keys() - room.bans.of(user, now).keys():
                why = f"{nick} is banned from {room.name}, where you are; leave it first"
                return Refused("banned", why)
    return None


def weigh(state: State, user: User, command: Command, effort: Effort) -> bool:
    """Find out, within the effort, what bans have to know of a name before the command is decided; tell whether that was enough.

    Whoever writes the masks of a hundred rooms must not make others wait for who takes another nickname there.
    """
    match command:
        case Join(room=name):
            room = state.room_named(name)
            return room is None or room.bans.weigh(user.nick, effort)
        case Rename(nick=nick) | Login(nick=Nick() as nick):
            lists = [state.rooms[number].bans for number in user.rooms]
            return all(each.weigh(name, effort) for each in lists for name in (nick, user.nick))
        case _:
            return True


def not_a_member(nick: Nick, room: Room) -> Refused:
    """Refuse to do something to somebody who is not there."""
    return Refused("not-a-member", f"{nick} is not in {room.name}; /who {room.name} lists who is")


def fitted(ban: bans.Ban, who: User | None) -> bans.Ban:
    """Return a ban, or a mute, for somebody as they are now, whatever they were called when it was asked for."""
    if who is None:
        return ban
    if ban.target.kind == "address":
        places = bans.homes(who.addresses.values())
        return replace(ban, target=bans.address_of(who.nick), address=places)
    scope = who.scope if who.account is None else None
    return replace(ban, target=bans.named(who.nick, who.account), scope=scope)


class Checks:
    """Checks against one state. The user is a member of the room."""

    def __init__(self, state: State) -> None:
        self._state = state

    def check(self, user: User, room: Room, event: e.AnyRoomEvent, now: float) -> Refused | None:
        """Return why an event of this user cannot happen in the room at the time ``now``; None if it can."""
        match event:
            case e.SettingChanged(setting="slow", value=value) if not 0 <= value <= MAX_SLOW:
                why = f"the most is {MAX_SLOW:,} seconds, which is six hours; 0 turns it off"
                return may("set", user, room, now) or Refused("too-slow", why)
            case e.SettingChanged():
                return may("set", user, room, now)
            case e.RoomPasswordSet(locked=locked):
                free = not locked and room.password is None
                return may("lock", user, room, now) or (
                    Refused("not-locked", f"{room.name} is not locked") if free else None
                )
            case e.InvitedToRoom():
                return may("invite", user, room, now) or self._invited(room, event)
            case e.RoleChanged():
                return self._role_changed(user, room, event, now)
            case e.RoomRegistered():
                return may("register", user, room, now) or self._registered(user)
            case e.RoomTransferred():
                return may("transfer", user, room, now) or self._transferred(user, room, event)
            case e.Banned():
                return self._banned(user, room, event, now)
            case e.Unbanned(target=target):
                there = target.key in room.bans
                return may("unban", user, room, now) or (None if there else _not_there(target))
            case e.Muted():
                return self._muted(user, room, event, now)
            case e.Unmuted(target=target):
                there = target.key in room.mutes
                return may("unmute", user, room, now) or (None if there else _not_there(target))
            case e.Forgotten():
                return may("forget me", user, room, now)
            case e.RoomDropped():  # pragma: no branch (mypy sees a missing case)
                return may("drop", user, room, now)

    def _invited(self, room: Room, event: e.InvitedToRoom) -> Refused | None:
        target = self._state.users.get(event.user)
        if target is None:
            return Refused("no-such-nick", f"{event.nick} is not here; /who lists who is here")
        if target.id in room.members:
            return Refused("already-in-room", f"{target.nick} is in {room.name} already")
        return None

    def _role_changed(
        self, user: User, room: Room, event: e.RoleChanged, now: float
    ) -> Refused | None:
        against = self._roles(room, event.user, event.nick)
        refused = may("change role", user, room, now, against or NO_ROLES)
        if refused is not None:
            return refused
        if against is None or (event.given and event.user not in room.members):
            return not_a_member(event.nick, room)
        if (event.role in against) == event.given:
            has = "is" if event.given else "is not"
            return Refused("role", f"{event.nick} {has} {event.role} in {room.name} already")
        return None

    def _roles(self, room: Room, user: int | None, nick: Nick) -> Roles | None:
        """Return the roles of a member, or those that are kept for an account that is not here."""
        found = next((who for who in room.members if who == user), None)
        return room.members[found] if found is not None else room.roles.get(nick.key)

    def _registered(self, user: User) -> Refused | None:
        owned = self._owned(user.account)
        if owned < self._state.limits.max_owned:
            return None
        why = (
            f"you own {owned} rooms, and nobody can own more; give one away (/transfer) or drop it"
        )
        return Refused("too-many-owned", why)

    def _transferred(self, user: User, room: Room, event: e.RoomTransferred) -> Refused | None:
        target = self._state.users.get(event.user)
        if target is None or target.id not in room.members:
            return not_a_member(event.nick, room)
        if target.account is None:
            why = f"{target.nick} is a guest; a room can only be owned with an account"
            return Refused("needs-account", why)
        if target.account == user.account:
            return Refused("self", f"{room.name} is yours already")
        owned = self._owned(target.account)
        if owned < self._state.limits.max_owned:
            return None
        why = f"{target.nick} owns {owned} rooms, and nobody can own more"
        return Refused("too-many-owned", why)

    def _owned(self, account: str | None) -> int:
        return sum(room.owner == account for room in self._state.rooms.values())

    def _banned(self, user: User, room: Room, event: e.Banned, now: float) -> Refused | None:
        target = self._state.users.get(event.user) if event.user is not None else None
        ban = fitted(event.ban, target)
        refused = may("ban", user, room, now, self._against(room, target, ban))
        if refused is not None:
            return refused
        nobody = bans.fits_nobody(ban.target)
        if nobody is not None:
            return Refused("matches-nobody", f"{nobody} Nothing was changed.")
        name = ban.target.text
        if target is user or (ban.target.kind == "name" and bans.hits(ban, user)):
            return Refused("self", f"you cannot ban yourself; /leave {room.name} leaves it")
        if ban.target.kind == "address" and target is None:
            return Refused("no-such-nick", f"{name} is not known: they are not here")
        if ban.target.kind == "address" and ban.address is None:
            why = "where they come from is not known, or is the server's own machine"
            return Refused("no-address", f"{name} cannot be banned: {why}")
        if bans.own_machine(ban.target):
            return Refused("no-address", f"{name} cannot be banned: it is the server's own machine")
        insist = f"; to do that all the same, type /ban !{name}"
        if bans.everybody(ban.target) and not event.insist:
            return Refused("bans-everybody", f"that would ban everybody{insist}")
        if bans.hits(ban, user) and "owner" not in room.roles_of(user) and not event.insist:
            return Refused("bans-yourself", f"that would ban you, too{insist}")
        return self._too_many(room.bans, ban, room, now, "bans")

    def _muted(self, user: User, room: Room, event: e.Muted, now: float) -> Refused | None:
        target = self._state.users.get(event.user) if event.user is not None else None
        ban = fitted(event.ban, target)
        refused = may("mute", user, room, now, self._against(room, target, ban))
        if refused is not None:
            return refused
        if target is user:
            return Refused("self", "you cannot mute yourself")
        return self._too_many(room.mutes, ban, room, now, "mutes")

    def _against(self, room: Room, target: User | None, ban: bans.Ban) -> Roles:
        if target is not None:
            return room.roles_of(target)
        return room.roles.get(ban.target.key, NO_ROLES)

    def _too_many(
        self, there: BanList, ban: bans.Ban, room: Room, now: float, what: str
    ) -> Refused | None:
        most = self._state.limits.max_bans
        if ban.target.key in there or len(there) < most or _count(there.values(), now) < most:
            return None
        why = f"{room.name} has {most} {what}, and that is the most; lift one first (/bans)"
        return Refused("too-many-bans", why)


def _count(there: Iterable[bans.Ban], now: float) -> int:
    return sum(not ban.over(now) for ban in there)


def _not_there(target: bans.Target) -> Refused:
    return Refused(
        "not-banned", f"{target.text} is not in the list that /bans shows; nothing was lifted"
    )
