"""Profiles: what users say about themselves, and operators about their rooms, by key."""

from __future__ import annotations

from collections.abc import Iterator

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules.decisions import Decision, InParts, SendReply
from twisted_chat.core.rules.outcomes import NOT_IN_ROOM, Near, Outcome
from twisted_chat.core.rules.permissions import heard_in, may
from twisted_chat.core.rules.refusals import absent_target, no_such_room, refuse, too_long
from twisted_chat.core.rules.topic import Asked, Case, Ordered, Rule, Topic, in_room, room_of
from twisted_chat.core.state.room import Room
from twisted_chat.core.state.state import State
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.profile import MAX_KEYS, MAX_VALUE, Profile, changed


class Profiles(Topic):
    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.commands = {
            c.ChangeProfile: self.change,
            c.ShowProfile: self.show,
            c.ShowProfiles: self.show_all,
        }
        self.events = {
            e.ProfileChanged: Rule(self.changed, self.check_changed, lasting=True),
        }

    def change(self, asked: Asked, command: c.ChangeProfile) -> Decision:
        if command.of_room:
            return in_room(self, self._change)(asked, command)
        return self._change(asked, command)

    def _change(self, asked: Asked, command: c.ChangeProfile) -> Decision:
        for _, value in command.changes:
            size = len(value.encode("utf-8")) if value is not None else 0
            if size > MAX_VALUE:
                return refuse("too-long", f"{too_long(size, MAX_VALUE)} Nothing was changed.")
        return self.propose(asked, e.ProfileChanged(command.changes, command.of_room))

    def check_changed(self, case: Case, event: e.ProfileChanged) -> Refused | None:
        if event.of_room:
            if case.at is None:
                return NOT_IN_ROOM
            refused = may("set", case.user, case.room, case.now)
            if refused is not None:
                return refused
            before = case.room.profile
        else:
            before = self.state.profile_of(case.user)
        if len(changed(before, event.changes)) <= max(MAX_KEYS, len(before)):
            return None
        why = f"A profile can have {MAX_KEYS} keys. Nothing was changed. Remove another one first."
        return Refused("too-many-keys", why)

    def changed(self, it: Ordered, event: e.ProfileChanged) -> Outcome:
        if event.of_room:
            it.room.profile = changed(it.room.profile, event.changes)
            return it.in_room()
        user = it.user
        self.state.set_profile(user, changed(self.state.profile_of(user), event.changes))
        # What somebody says of themselves must not be one more way to speak.
        return it.applied(Near(heard_in(self.state, user, it.now), author=True))

    def show(self, asked: Asked, command: c.ShowProfile) -> Decision:
        if command.nick is not None:
            user = self.state.user_named(command.nick)
            if user is None:
                return SendReply(absent_target(command.nick))
        elif command.room is not None:
            room = self._seen(asked, command.room)
            if isinstance(room, SendReply):
                return room
            return SendReply(r.ProfileValues(room.name, tuple(room.profile.items())))
        else:
            user = asked.user
        return SendReply(r.ProfileValues(user.nick, tuple(self.state.profile_of(user).items())))

    def _seen(self, asked: Asked, name: RoomName) -> Room | SendReply:
        """Return a room if the user may see its profile: members may, and anyone if the room is open."""
        room = self.state.room_named(name)
        if room is None or (room.settings.private and asked.user.id not in room.members):
            return refuse("no-such-room", no_such_room(name))
        if room.closed:
            return room_of(self.state, asked.session, asked.user, name)
        return room

    def show_all(self, asked: Asked, command: c.ShowProfiles) -> Decision:
        room = room_of(self.state, asked.session, asked.user, command.room)
        if isinstance(room, SendReply):
            return room
        return InParts(self._all(room, command.keys))

    def _all(self, room: Room, keys: frozenset[str]) -> Iterator[r.ProfileValues]:
        """Answer with the profiles of a room and its members, one after the other; empty ones are left out."""
        yield from _some(room.name, room.profile, keys)
        for each in tuple(room.members):
            # Some may have left by the time that it is their turn.
            user = self.state.users.get(each) if each in room.members else None
            if user is not None:
                yield from _some(user.nick, self.state.profile_of(user), keys)


def _some(of: Nick | RoomName, profile: Profile, keys: frozenset[str]) -> Iterator[r.ProfileValues]:
    values = tuple((key, value) for key, value in profile.items() if key in keys)
    if values:
        yield r.ProfileValues(of, values)
