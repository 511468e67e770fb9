"""Deciding what is asked about who may do what in a room."""

from __future__ import annotations

from typing import Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules.checks import Checks, fitted
from twisted_chat.core.rules.decide_rooms import RoomDecider
from twisted_chat.core.rules.decisions import Decision, Propose, Recall, SendReply
from twisted_chat.core.rules.listings import bans as list_bans
from twisted_chat.core.rules.listings import settings
from twisted_chat.core.rules.permissions import may, may_be_forgotten
from twisted_chat.core.rules.refusals import check_size, refuse
from twisted_chat.core.state.ban_list import BanList
from twisted_chat.core.state.room import Room, room_digest
from twisted_chat.core.state.session import SessionState
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values import bans
from twisted_chat.core.values.bans import hits
from twisted_chat.core.values.ids import MessageId, UserId
from twisted_chat.core.values.names import Nick

#: By trying networks one would find the address of anybody in the room.
_NETWORK: Final = Refused(
    "network-ban",
    "Only operators of this server can ban addresses and networks. Nothing was changed. "
    "Write address:NICK, or a cloak mask such as *.PART.PART.ip (/whois NICK shows the cloak).",
)
# More lines than any room has.
_ALL: Final = 1 << 62
#: No user has this id: ids are those of messages, which count from 1.
_NOBODY: Final = UserId(0)


class StandingDecider:
    """Decides these commands against one state."""

    def __init__(self, state: State, rooms: RoomDecider) -> None:
        self._state = state
        self._rooms = rooms
        self._checks = Checks(state)

    def decide(
        self, session: SessionState, user: User, command: c.AnyRoomCommand, now: float
    ) -> Decision:
        """Decide a command of a user about one of their rooms."""
        if isinstance(command, c.ForgetMe) and command.everywhere:
            refused = may_be_forgotten(user)
            return SendReply(refused) if refused else Propose(e.Forgotten(True), claim=True)
        room = self._rooms.room_of(session, user, command.room)
        if isinstance(room, SendReply):
            return room
        match command:
            case c.ShowSettings():
                return SendReply(settings(room))
            case c.ListBans(page=page):
                refused = may("list bans", user, room, now)
                size, networks = self._state.limits.page_size, session.operator is not None
                listed = list_bans(room, page, size, now, networks=networks)
                return SendReply(refused if refused is not None else listed)
            case c.PutBan(target=bans.Target(kind="net")) if session.operator is None:
                return SendReply(may("ban", user, room, now) or _NETWORK)
            case c.Export():
                refused = may("export", user, room, now)
                if refused is not None:
                    return SendReply(refused)
                return Recall(room.ref, None, MessageId(0), _ALL, export=True)
            case c.DropRoom(room=None):
                why = f"/drop-room {room.name} deletes the room, and all that was said there"
                return self._ask(user, room, e.RoomDropped(), now, f"repeat its name: {why}")
            case c.ForgetMe(room=None):
                why = f"/forget-me {room.name} deletes what you said there, /forget-me all what you said anywhere"
                return self._ask(user, room, e.Forgotten(False), now, f"say where: {why}")
            case _:
                return self._propose(user, room, self._event(command, user, room, now), now)

    def _propose(self, user: User, room: Room, event: e.AnyRoomEvent, now: float) -> Decision:
        if isinstance(event, e.Banned | e.Muted):
            long = check_size(event.ban.reason, self._state.limits.max_away)
            if long is not None:
                return long
        refused = self._checks.check(user, room, event, now)
        return (
            SendReply(refused) if refused is not None else Propose(event, room.ref.id, claim=True)
        )

    def _ask(
        self, user: User, room: Room, event: e.AnyRoomEvent, now: float, how: str
    ) -> SendReply:
        """Ask before something is done that could be done."""
        refused = self._checks.check(user, room, event, now)
        return SendReply(refused) if refused is not None else refuse("confirm", how)

    def _event(self, command: c.Change, user: User, room: Room, now: float) -> e.AnyRoomEvent:
        match command:
            case c.ChangeSetting(setting=setting, value=value):
                return e.SettingChanged(setting, value)
            case c.SetRoomPassword(password=password):
                digest = room_digest(room.name, password) if password is not None else None
                return e.RoomPasswordSet(password is not None, digest)
            case c.InviteToRoom(nick=nick):
                target = self._state.user_named(nick)
                return (
                    e.InvitedToRoom(target.id, target.nick)
                    if target
                    else e.InvitedToRoom(_NOBODY, nick)
                )
            case c.ChangeRole(role=role, give=give, nick=nick):
                target = self._member(nick, room)
                if target is None:
                    return e.RoleChanged(role, give, nick)
                return e.RoleChanged(role, give, target.nick, target.id)
            case c.RegisterRoom():
                return e.RoomRegistered()
            case c.Transfer(nick=nick):
                target = self._member(nick, room)
                user_id = target.id if target is not None else _NOBODY
                return e.RoomTransferred(user_id, nick)
            case c.PutBan(target=named, seconds=seconds, reason=reason, insist=insist):
                target = self._named(named)
                until = now + seconds if seconds is not None else 0.0
                ban = bans.Ban(named, user.nick.text, now, until, reason)
                ban = fitted(ban, target)
                return e.Banned(ban, target.id if target is not None else None, insist)
            case c.LiftBan(target=whom):
                return e.Unbanned(self._listed(whom, room.bans))
            case c.Mute(nick=nick, seconds=seconds, reason=reason):
                target = self._state.user_named(nick)
                until = now + seconds if seconds is not None else 0.0
                ban = bans.Ban(bans.named(nick), user.nick.text, now, until, reason)
                who = target.id if target is not None else None
                return e.Muted(fitted(ban, target), who, nick)
            case c.Unmute(nick=nick):
                return e.Unmuted(self._listed(bans.named(nick), room.mutes))
            case c.DropRoom():
                return e.RoomDropped()
            case c.ForgetMe():  # pragma: no branch (mypy sees a missing case)
                return e.Forgotten(False)

    def _member(self, nick: Nick, room: Room) -> User | None:
        target = self._state.user_named(nick)
        return target if target is not None and target.id in room.members else None

    def _named(self, target: bans.Target) -> User | None:
        """Return whom a target names, if they are here."""
        if target.kind not in ("name", "address"):
            return None
        return self._state.users_by_key.get(target.key.removeprefix(bans.ADDRESS_OF))

    def _listed(self, target: bans.Target, there: BanList) -> bans.Target:
        """Return what a target is listed as: who is here is perhaps listed by account, or by a nick they had before."""
        who = self._named(target)
        if target.key in there or target.kind != "name" or who is None:
            return target
        named = (
            ban.target for ban in there.values() if ban.target.kind == "name" and hits(ban, who)
        )
        return next(named, target)
