"""Deciding what is asked of a room: to enter and leave it, its topic, its history's limits, who is in it."""

from __future__ import annotations

import math
from typing import Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules.apply import too_many_rooms
from twisted_chat.core.rules.checks import admit, not_a_member, too_alike
from twisted_chat.core.rules.decisions import Decision, FocusOn, Propose, SendReply
from twisted_chat.core.rules.permissions import may
from twisted_chat.core.rules.refusals import check_size, refuse
from twisted_chat.core.state.room import Room, room_digest
from twisted_chat.core.state.session import SessionState
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.addresses import network_keys
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.names import RoomName
from twisted_chat.core.values.room_settings import NO_ROLES
from twisted_chat.core.values.throttle import Throttle

#: How many wrong passwords of one room can be tried from one address, and in how many seconds that many times more: people
#: mistype a few times, also a class behind one address; the flood limit alone would let programs guess 36,000 an hour.
TRIES: Final = (10, 60.0)


class RoomDecider:
    """Decides commands about rooms against one state. What it is given, the user of the session, is in the chat."""

    def __init__(self, state: State) -> None:
        self._state = state
        # No part of the state that nodes share: a hint, as the flood limit is.
        self._tries = Throttle(*TRIES)

    def room_of(
        self, session: SessionState, user: User, name: RoomName | None, *, to_talk: bool = False
    ) -> Room | SendReply:
        """Find the room a command is about: the named one or the focus, and the user must be in it."""
        nothing = ". The message was not sent." if to_talk else ""
        if name is None:
            room = self._state.rooms.get(session.focus) if session.focus is not None else None
            if room is None or user.id not in room.members:
                return refuse(
                    "no-room", f"you talk in no room now: choose one with /join ROOM{nothing}"
                )
            return room
        room = self._state.room_named(name)
        if room is None or user.id not in room.members:
            return refuse(
                "not-in-room", f"you are not in {name}; enter it with /join {name}{nothing}"
            )
        return room

    def join(self, session: SessionState, user: User, command: c.Join, now: float) -> Decision:
        name = command.room
        room = self._state.room_named(name)
        if room is not None and user.id in room.members:
            if command.password and room_digest(name, command.password) != room.password:
                why = f"you are in {room.name} already; its password was not changed"
                return refuse("already-in-room", why)
            return SendReply(r.FocusSet(room.name), FocusOn(room.ref.id))
        if len(user.rooms) >= self._state.limits.max_rooms:
            return refuse("too-many-rooms", too_many_rooms(self._state.limits.max_rooms))
        secret = room_digest(name, command.password) if command.password else None
        if room is None and (other := self._state.lookalike(name)) is not None:
            return SendReply(too_alike(name, other, secret))
        if room is not None and (refused := self._admit(session, user, room, secret, now)):
            return SendReply(refused)
        return Propose(e.Joined(name, secret), claim=True)

    def _admit(
        self, session: SessionState, user: User, room: Room, secret: str | None, now: float
    ) -> r.Refused | r.PasswordNeeded | None:
        """Return why somebody cannot enter a room; whoever has tried too many passwords cannot try another one now."""
        # Many share the server's own machine, so there each counts alone.
        who = next(iter(network_keys(session.address)), f"user {user.id}")
        key = f"{room.ref.id} {who}"
        asks = room.password is not None or room.settings.private
        wait = self._tries.wait(key, now) if secret is not None and asks else 0.0
        if wait:
            why = f"too many wrong passwords of {room.name} were tried; wait {math.ceil(wait)} seconds"
            return r.Refused("slow-down", why)
        refused = admit(user, room, secret, now)
        if isinstance(refused, r.PasswordNeeded) and refused.wrong:
            self._tries.count(key, now)
        return refused

    def floor(self, user: User, room: Room, now: float) -> MessageId:
        """Return behind which message somebody sees what was said in a room."""
        all_of_it = may("read all", user, room, now) is None
        return MessageId(0) if all_of_it else room.joined[user.id]

    def leave(self, session: SessionState, user: User, command: c.Leave) -> Decision:
        room = self.room_of(session, user, command.room)
        if isinstance(room, SendReply):
            return room
        return check_size(command.reason, self._state.limits.max_away) or Propose(
            e.Left(command.reason), room.ref.id, claim=True
        )

    def kick(self, session: SessionState, user: User, command: c.Kick, now: float) -> Decision:
        room = self.room_of(session, user, command.room)
        if isinstance(room, SendReply):
            return room
        target = self._state.user_named(command.nick)
        against = room.members.get(target.id, NO_ROLES) if target is not None else NO_ROLES
        refused = may("kick", user, room, now, against if target is not user else NO_ROLES)
        if refused is not None:
            return SendReply(refused)
        if target is user:
            return refuse("self", f"you cannot put yourself out; /leave {room.name} leaves it")
        if target is None or target.id not in room.members:
            return SendReply(not_a_member(command.nick, room))
        return check_size(command.reason, self._state.limits.max_away) or Propose(
            e.Kicked(target.id, target.nick, command.reason), room.ref.id, claim=True
        )

    def show_topic(self, session: SessionState, user: User, command: c.ShowTopic) -> Decision:
        room = self.room_of(session, user, command.room)
        if isinstance(room, SendReply):
            return room
        return SendReply(r.Topic(room.name, room.topic, room.topic_by, room.topic_time))

    def set_topic(
        self, session: SessionState, user: User, command: c.SetTopic, now: float
    ) -> Decision:
        room = self.room_of(session, user, command.room)
        if isinstance(room, SendReply):
            return room
        refused = may("set topic", user, room, now)
        if refused is not None:
            return SendReply(refused)
        return check_size(command.topic, self._state.limits.max_topic) or Propose(
            e.TopicSet(command.topic), room.ref.id, claim=True
        )

    def show_keep(self, session: SessionState, user: User, command: c.ShowKeep) -> Decision:
        room = self.room_of(session, user, command.room)
        if isinstance(room, SendReply):
            return room
        return SendReply(r.Kept(room.name, room.keep.within(self._state.limits.most_kept())))

    def set_keep(
        self, session: SessionState, user: User, command: c.SetKeep, now: float
    ) -> Decision:
        room = self.room_of(session, user, command.room)
        if isinstance(room, SendReply):
            return room
        refused = may("keep", user, room, now)
        if refused is not None:
            return SendReply(refused)
        keep = command.keep.capped(self._state.limits.most_kept())
        return Propose(e.KeepSet(keep, capped=keep != command.keep), room.ref.id, claim=True)
