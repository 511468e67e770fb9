"""Moderation of a room: kicks, bans, mutes and exceptions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, Literal

from msgspec.structs import replace

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.decisions import Decision, Propose, SendReply
from twisted_chat.core.rules.effects import CONFIRM
from twisted_chat.core.rules.listings import bans as list_bans
from twisted_chat.core.rules.outcomes import Applied, Outcome, shown
from twisted_chat.core.rules.permissions import may
from twisted_chat.core.rules.refusals import UNMATCHED, check_size, not_a_member
from twisted_chat.core.rules.topic import NOT_HERE, Asked, Case, Ordered, Rule, Topic, in_room
from twisted_chat.core.state.ban_list import BanList
from twisted_chat.core.state.room import Room
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values import bans
from twisted_chat.core.values.bans import Ban, hits
from twisted_chat.core.values.ids import Node, UserId
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.room_settings import NO_ROLES, Roles

#: By trying networks one would find the address of anybody in the room.
_NETWORK: Final = Refused(
    "network-ban",
    (
        "Only server operators can ban addresses and networks. Nothing was changed. Type address:NICK, or a "
        "cloak mask such as *.PART.PART.ip (/whois NICK shows the cloak)."
    ),
)


class Moderation(Topic):
    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.commands = {
            c.Kick: in_room(self, self.kick),
            c.PutBan: in_room(self, self.put_ban),
            c.LiftBan: in_room(self, self.lift_ban),
            c.ListBans: in_room(self, self.list_bans),
            c.Mute: in_room(self, self.mute),
            c.Unmute: in_room(self, self.unmute),
            c.PutException: in_room(self, self.put_exception),
            c.LiftException: in_room(self, self.lift_exception),
        }
        self.events = {
            e.Kicked: Rule(self.kicked, self.check_kicked, _kicked, in_room=True),
            e.Banned: Rule(
                self.banned, self.check_banned, put_out_effects, in_room=True, lasting=True
            ),
            e.Unbanned: Rule(self.unbanned, self.check_unbanned, in_room=True, lasting=True),
            e.Muted: Rule(self.muted, self.check_muted, _muted, in_room=True, lasting=True),
            e.Unmuted: Rule(self.unmuted, self.check_unmuted, in_room=True, lasting=True),
            e.Excepted: Rule(self.excepted, self.check_excepted, in_room=True, lasting=True),
            e.ExceptionLifted: Rule(
                self.exception_lifted, self.check_exception_lifted, in_room=True, lasting=True
            ),
        }

    # --- kick ---

    def kick(self, asked: Asked, command: c.Kick) -> Decision:
        target = self.member(command.nick, asked.room)
        event = e.Kicked(NOT_HERE, command.nick, command.reason)
        if target is not None:
            event = e.Kicked(target.id, target.nick, command.reason)
        decision = self.propose(asked, event)
        if isinstance(decision, Propose):
            return check_size(command.reason, self.state.limits.max_away) or decision
        return decision

    def check_kicked(self, case: Case, event: e.Kicked) -> Refused | None:
        user, room, now = case.user, case.room, case.now
        own = event.user == user.id
        against = NO_ROLES if own else room.members.get(event.user, NO_ROLES)
        refused = may("kick", user, room, now, against)
        if refused is not None:
            return refused
        if own:
            return Refused(
                "self", f"You cannot kick yourself. Type /leave {room.name} to leave the room."
            )
        return None if event.user in room.members else not_a_member(event.nick, room)

    def kicked(self, it: Ordered, event: e.Kicked) -> Outcome:
        target = self.state.users[event.user]
        self.state.quit(target, it.room)
        return it.in_room(e.Kicked(target.id, target.nick, event.reason))

    # --- ban ---

    def put_ban(self, asked: Asked, command: c.PutBan) -> Decision:
        def banned(ban: Ban, user: UserId | None) -> e.Event:
            put_out = command.put_out and ban.target.kind != "hostmask"
            return e.Banned(ban, user, command.insist, put_out=put_out)

        return self._put_mask(asked, command, "ban", banned)

    def _put_mask(
        self,
        asked: Asked,
        command: c.PutBan | c.Mute | c.PutException,
        action: Literal["ban", "mute"],
        event: Callable[[Ban, UserId | None], e.Event],
    ) -> Decision:
        """Propose that a target is banned, muted, or exempted."""
        if command.target.kind == "net" and asked.session.operator is None:
            return SendReply(may(action, asked.user, asked.room, asked.now) or _NETWORK)
        target = self._named(command.target)
        until = asked.now + command.seconds if command.seconds is not None else 0.0
        ban = Ban(command.target, asked.user.nick.text, asked.now, until, command.reason)
        long = check_size(ban.reason, self.state.limits.max_away)
        user = target.id if target is not None else None
        return long or self.propose(asked, event(fitted(ban, target), user))

    def check_banned(self, case: Case, event: e.Banned) -> Refused | None:
        user, room, now = case.user, case.room, case.now
        target = self.user(event.user)
        ban = fitted(event.ban, target)
        refused = may("ban", user, room, now, _against(room, target, ban))
        if refused is not None:
            return refused
        name = ban.target.text
        if target is user or (ban.target.kind in ("name", "account") and hits(ban, user)):
            return Refused(
                "self", f"You cannot ban yourself. Type /leave {room.name} to leave the room."
            )
        unusable = _unusable(ban, target)
        if unusable is not None:
            return unusable
        insist = f" Nothing was changed. To do it anyway, type /ban !{name}."
        if bans.everybody(ban.target) and not event.insist:
            return Refused("bans-everybody", f"That would ban everyone.{insist}")
        if hits(ban, user) and "owner" not in room.roles_of(user) and not event.insist:
            return Refused("bans-yourself", f"That would ban you, too.{insist}")
        return self._too_many(room.bans, ban, room, now, "bans")

    def banned(self, it: Ordered, event: e.Banned) -> Outcome:
        room, target, users = it.room, self.user(event.user), self.state.users
        ban = fitted(event.ban, target)
        self._put(room.bans, ban, it.now)
        if target is not None:
            room.invited.pop(target.invitation, None)
        hit = [
            member
            for member, roles in room.members.items()
            if event.put_out and "owner" not in roles and hits(ban, users[member])
            if not room.exempts("bans", users[member], it.now)
        ]
        out = put_out(self.state, room, hit)
        return it.in_room(e.Banned(_public(ban), event.user, out=out, put_out=event.put_out))

    def lift_ban(self, asked: Asked, command: c.LiftBan) -> Decision:
        return self.propose(asked, e.Unbanned(self._listed(command.target, asked.room.bans)))

    def check_unbanned(self, case: Case, event: e.Unbanned) -> Refused | None:
        user, room, now = case.user, case.room, case.now
        return may("unban", user, room, now) or _not_listed(event.target, room.bans)

    def unbanned(self, it: Ordered, event: e.Unbanned) -> Outcome:
        del it.room.bans[event.target.key]
        return it.in_room()

    def list_bans(self, asked: Asked, command: c.ListBans) -> Decision:
        refused = may("list bans", asked.user, asked.room, asked.now)
        if refused is not None:
            return SendReply(refused)
        networks, size = asked.session.operator is not None, self.state.limits.page_size
        return SendReply(list_bans(asked.room, command.page, size, asked.now, networks=networks))

    # --- mute ---

    def mute(self, asked: Asked, command: c.Mute) -> Decision:
        return self._put_mask(asked, command, "mute", e.Muted)

    def check_muted(self, case: Case, event: e.Muted) -> Refused | None:
        user, room, now = case.user, case.room, case.now
        target = self.user(event.user)
        ban = fitted(event.ban, target)
        refused = may("mute", user, room, now, _against(room, target, ban))
        if refused is not None:
            return refused
        if target is user:
            return Refused("self", "You cannot mute yourself. Nothing was changed.")
        return _unusable(ban, target) or self._too_many(room.mutes, ban, room, now, "mutes")

    def muted(self, it: Ordered, event: e.Muted) -> Outcome:
        room = it.room
        ban = fitted(event.ban, self.user(event.user))
        self._put(room.mutes, ban, it.now)
        room.tighten()
        return it.in_room(e.Muted(_public(ban), event.user))

    def unmute(self, asked: Asked, command: c.Unmute) -> Decision:
        return self.propose(asked, e.Unmuted(self._listed(command.target, asked.room.mutes)))

    def check_unmuted(self, case: Case, event: e.Unmuted) -> Refused | None:
        user, room, now = case.user, case.room, case.now
        return may("unmute", user, room, now) or _not_listed(event.target, room.mutes)

    def unmuted(self, it: Ordered, event: e.Unmuted) -> Outcome:
        del it.room.mutes[event.target.key]
        it.room.tighten()
        return it.in_room()

    # --- exceptions ---

    def put_exception(self, asked: Asked, command: c.PutException) -> Decision:
        return self._put_mask(asked, command, "ban", partial(e.Excepted, command.exempt))

    def check_excepted(self, case: Case, event: e.Excepted) -> Refused | None:
        user, room, now = case.user, case.room, case.now
        target = self.user(event.user)
        ban = fitted(event.ban, target)
        refused = may("ban", user, room, now) or _unusable(ban, target)
        there = room.exceptions[event.exempt]
        return refused or self._too_many(there, ban, room, now, f"exceptions from {event.exempt}")

    def excepted(self, it: Ordered, event: e.Excepted) -> Outcome:
        ban = fitted(event.ban, self.user(event.user))
        self._put(it.room.exceptions[event.exempt], ban, it.now)
        return it.in_room(e.Excepted(event.exempt, _public(ban), event.user))

    def lift_exception(self, asked: Asked, command: c.LiftException) -> Decision:
        listed = self._listed(command.target, asked.room.exceptions[command.exempt])
        return self.propose(asked, e.ExceptionLifted(command.exempt, listed))

    def check_exception_lifted(self, case: Case, event: e.ExceptionLifted) -> Refused | None:
        refused = may("unban", case.user, case.room, case.now)
        return refused or _not_listed(event.target, case.room.exceptions[event.exempt])

    def exception_lifted(self, it: Ordered, event: e.ExceptionLifted) -> Outcome:
        del it.room.exceptions[event.exempt][event.target.key]
        return it.in_room()

    # --- lists of bans, mutes and exceptions ---

    def _named(self, target: bans.Target) -> User | None:
        """Return the user whom a target names, if they are here."""
        if target.kind not in ("name", "address"):
            return None
        return self.state.users_by_key.get(target.key.removeprefix(bans.ADDRESS_OF))

    def _listed(self, target: bans.Target, there: BanList) -> bans.Target:
        """Return how a target is listed: for a user who is here, perhaps by account, or by an earlier nick."""
        who = self._named(target)
        if target.key in there or target.kind != "name" or who is None:
            return target
        named = (
            ban.target for ban in there.values() if ban.target.kind == "name" and hits(ban, who)
        )
        return next(named, target)

    def _too_many(
        self, there: BanList, ban: Ban, room: Room, now: float, what: str
    ) -> Refused | None:
        most = self.state.limits.max_bans
        if ban.target.key in there or len(there) < most or _count(there.values(), now) < most:
            return None
        why = f"{room.name} has {most} {what} and cannot have more. Nothing was changed. Lift one first (/bans lists them)."
        return Refused("too-many-bans", why)

    def _put(self, there: BanList, ban: Ban, now: float) -> None:
        """Add a ban. Expired ones are dropped only if there is no room, because the clock may be wrong for a while."""
        if len(there) >= self.state.limits.max_bans:
            for key in [key for key, each in there.items() if each.over(now)]:
                del there[key]
        there[ban.target.key] = ban


def put_out(state: State, room: Room, members: Iterable[UserId]) -> tuple[tuple[UserId, Nick], ...]:
    """Remove members from a room; return them."""
    out = [state.users[member] for member in members]
    for user in out:
        room.invited.pop(user.invitation, None)
        state.quit(user, room)
    return tuple((user.id, user.nick) for user in out)


def fitted(ban: Ban, who: User | None) -> Ban:
    """Return a ban, or a mute, for a user as they are now, whatever nick they had when it was proposed."""
    if who is None:
        return ban
    if ban.target.kind == "address":
        places = bans.homes(who.addresses.values())
        return replace(ban, target=bans.address_of(who.nick), address=places)
    scope = who.scope if who.account is None else None
    return replace(ban, target=bans.named(who.nick, who.account), scope=scope)


def _public(ban: Ban) -> Ban:
    """Return a ban as members of the room see it: addresses are left out."""
    target = ban.target
    if target.kind == "net":
        target = replace(target, text=target.public, key="")
    return replace(ban, target=target, scope=None, address=None)


def _unusable(ban: Ban, target: User | None) -> Refused | None:
    """Refuse a ban that can match nobody; ``target`` is the user whom it names, if they are here."""
    nobody = bans.fits_nobody(ban.target)
    if nobody is not None:
        return Refused("matches-nobody", f"{nobody} Nothing was changed.")
    name = ban.target.text
    if ban.target.kind == "address" and target is None:
        return Refused(
            "no-such-nick",
            f"{name} matches nobody, because nobody here has that nickname. Nothing was changed.",
        )
    if ban.target.kind == "address" and ban.address is None:
        why = "Their address is unknown, or is that of the server's own machine."
        return Refused("no-address", f"{name} matches nobody. {why} Nothing was changed.")
    if bans.own_machine(ban.target):
        return Refused(
            "no-address",
            f"{name} matches nobody. It is the server's own machine. Nothing was changed.",
        )
    return None


def _against(room: Room, target: User | None, ban: Ban) -> Roles:
    if target is not None:
        return room.roles_of(target)
    return room.roles.get(ban.target.key, NO_ROLES)


def _count(there: Iterable[Ban], now: float) -> int:
    return sum(not ban.over(now) for ban in there)


def _not_listed(target: bans.Target, there: BanList) -> Refused | None:
    if target.key in there:
        return None
    why = f"{target.text} is not in the list that /bans shows. Nothing was changed."
    return Refused("not-banned", why)


# --- what follows ---


def _kicked(applied: Applied, event: e.Kicked, state: State, node: Node) -> f.Effects:
    ref = applied.envelope.room
    assert ref is not None
    return f.ShowRoom(ref.id), f.ExitRoom(event.user, ref, "kicked"), CONFIRM


def _muted(applied: Applied, event: e.Muted, state: State, node: Node) -> f.Effects:
    ref, effects = applied.envelope.room, shown(applied, event, state, node)
    assert ref is not None
    if event.user in state.rooms[ref.id].members or event.ban.target.kind != "name":
        return effects
    # It may be a slip.
    return (*effects, f.NotifyOrigin(r.Confirmed(UNMATCHED)))


def put_out_effects(
    applied: Applied, event: e.Banned | e.RoomDropped, state: State, node: Node
) -> f.Effects:
    """Show what put people out of a room, or did away with it: to them, too."""
    ref = applied.envelope.room
    assert ref is not None
    effects: list[f.Effect] = [f.ShowRoom(ref.id)]
    effects += (f.ExitRoom(user, ref, "put-out") for user, _ in event.out)
    if ref.id not in state.rooms:
        effects.append(f.Dissolve((ref.id,)))
    effects.append(CONFIRM)
    if isinstance(event, e.Banned) and event.put_out and not event.out:
        effects.append(f.NotifyOrigin(r.Confirmed(UNMATCHED)))
    return tuple(effects)
