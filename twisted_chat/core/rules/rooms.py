"""Rooms: entering and leaving them, topic, retention, settings, and invitations."""

from __future__ import annotations

import math
from functools import partial
from typing import Final

from msgspec.structs import replace

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.records import Invitation
from twisted_chat.core.api.replies import PasswordNeeded, Refused
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.decisions import Decision, FocusOn, Propose, SendReply
from twisted_chat.core.rules.effects import CONFIRM
from twisted_chat.core.rules.listings import cut_page, settings
from twisted_chat.core.rules.outcomes import NOBODY, Applied, Outcome, shown
from twisted_chat.core.rules.permissions import admit, lets_in, may, ponder
from twisted_chat.core.rules.refusals import absent_target, check_size
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
from twisted_chat.core.state.room import Room, room_digest
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.addresses import network_keys
from twisted_chat.core.values.ids import Node, RoomId
from twisted_chat.core.values.ratelimit import Throttle
from twisted_chat.core.values.room_settings import MAX_LIMIT, MAX_SLOW, Roles

#: How many wrong passwords of one room can be tried from one address, and in how many seconds that many times more: people
#: mistype a few times, also a class behind one address; the flood limit alone would let programs guess 36,000 an hour.
TRIES: Final = (10, 60.0)

_OPERATOR: Final[Roles] = frozenset(("operator",))
_FOR_SHOW: Final = Refused("internal", "This event is only for display and cannot be proposed.")
_IN_USE: Final = Refused("in-use", "The room is in use, or already gone.")


class Rooms(Topic):
    def __init__(self, state: State) -> None:
        super().__init__(state)
        # No part of the state that nodes share: a hint, as the flood limit is.
        self._tries = Throttle(*TRIES)
        self.commands = {
            c.Join: self.join,
            c.Leave: in_room(self, self.leave),
            c.ShowTopic: in_room(self, self.show_topic),
            c.SetTopic: in_room(self, self.set_topic),
            c.ShowKeep: in_room(self, self.show_keep),
            c.SetKeep: in_room(self, self.set_keep),
            c.ShowSettings: in_room(self, self.show_settings),
            c.ChangeSettings: in_room(self, self.change_settings),
            c.SetRoomPassword: in_room(self, self.set_password),
            c.RenameRoom: in_room(self, self.rename),
            c.InviteToRoom: in_room(self, self.invite),
            c.ShowInvitations: self.show_invitations,
        }
        self.events = {
            e.Joined: Rule(self.joined, self.check_joined, effects=_joined),
            e.Left: Rule(self.left, effects=_left, in_room=True),
            e.Closed: Rule(self.closed, effects=_closed, by_nobody=True),
            e.Gathered: Rule(self.gathered),
            e.TopicSet: Rule(self.topic_set, permitted("set topic"), in_room=True, lasting=True),
            e.KeepSet: Rule(
                self.keep_set, permitted("keep"), _keep_set, in_room=True, lasting=True
            ),
            e.SettingsChanged: Rule(
                self.settings_changed, self.check_settings, in_room=True, lasting=True
            ),
            e.RoomPasswordSet: Rule(
                self.password_set, self.check_password_set, in_room=True, lasting=True
            ),
            e.RoomRenamed: Rule(
                self.renamed, self.check_renamed, _renamed, in_room=True, lasting=True
            ),
            e.InvitedToRoom: Rule(
                self.invited, self.check_invited, _invited, in_room=True, lasting=True
            ),
        }

    # --- entering and leaving ---

    def join(self, asked: Asked, command: c.Join) -> Decision:
        user, name = asked.user, command.room
        room = self.state.room_named(name)
        if room is not None:
            wait = ponder(asked.session, command, user, (room,))
            if wait is not None:
                return wait
        digest = room.digest if room is not None else partial(room_digest, name)
        event = e.Joined(name, digest(command.password) if command.password else None)
        if room is not None and user.id in room.members and event.password in (None, room.password):
            return SendReply(r.FocusSet(room.name), FocusOn(room.ref.id))
        refused = self._no_entry(user, room, event)
        if refused is None and room is not None:
            refused = self._try(asked, room, event.password)
        return SendReply(refused) if refused is not None else Propose(event)

    def _try(
        self, asked: Asked, room: Room, password: str | None
    ) -> Refused | PasswordNeeded | None:
        """Return why a user cannot enter a room; after too many wrong passwords they have to wait."""
        # Many share the server's own machine, so there each counts alone.
        who = next(iter(network_keys(asked.session.address)), f"user {asked.user.id}")
        key = f"{room.ref.id} {who}"
        asks = room.password is not None or room.settings.private
        wait = self._tries.wait(key, asked.now) if password is not None and asks else 0.0
        if wait:
            why = (
                f"Too many wrong passwords for {room.name}. Try again in {math.ceil(wait)} seconds."
            )
            return Refused("slow-down", why)
        refused = admit(asked.user, room, password, asked.now)
        if isinstance(refused, PasswordNeeded) and refused.wrong:
            self._tries.count(key, asked.now)
        return refused

    def check_joined(self, case: Case, event: e.Joined) -> Refused | PasswordNeeded | None:
        room = self.state.room_named(event.room)
        refused = self._no_entry(case.user, room, event)
        if refused is not None or room is None:
            return refused
        return admit(case.user, room, event.password, case.now)

    def _no_entry(
        self, user: User, room: Room | None, event: e.Joined
    ) -> Refused | PasswordNeeded | None:
        """Return why a user cannot enter, apart from the settings of the room."""
        if room is not None and user.id in room.members:
            same = event.password in (None, room.password)
            so = "" if same else " Its password was not changed."
            return Refused("already-in-room", f"You are already in {room.name}.{so}")
        most = self.state.limits.max_rooms
        if len(user.rooms) >= most:
            why = (
                f"You are in {most} rooms and cannot be in more. Leave one first with /leave ROOM."
            )
            return Refused("too-many-rooms", why)
        other = self.state.lookalike(event.room) if room is None else None
        if other is None:
            return None
        if other.settings.private:
            # As of a private room, whether that is there or not.
            return PasswordNeeded(event.room, wrong=event.password is not None)
        why = (
            f"{event.room} looks too much like {other.name}, which already exists. No room was made. Join {other.name}, "
            "or choose another name."
        )
        return Refused("lookalike", why)

    def joined(self, it: Ordered, event: e.Joined) -> Outcome:
        state, user = self.state, it.user
        room = state.room_named(event.room)
        created = room is None
        if room is None:
            room = Room(e.RoomRef(RoomId(it.message), event.room), it.now, password=event.password)
            state.add_room(room)
            state.altered[room.ref.id] = None
            roles = _OPERATOR
        else:
            roles = room.roles_of(user)
            if user.scope in room.returning:
                room.returning.remove(user.scope)
                roles |= _OPERATOR
            if user.invitation in room.invited:
                del room.invited[user.invitation]
                state.altered[room.ref.id] = None
        room.members[user.id] = roles
        room.joined[user.id] = it.message
        user.rooms[room.ref.id] = None
        if user.account is not None:
            state.read_markers.enter(user.account, (room.ref.id,), it.message)
        return it.within(room).in_room(e.Joined(room.name, created=created, away=user.away))

    def leave(self, asked: Asked, command: c.Leave) -> Decision:
        long = check_size(command.reason, self.state.limits.max_away)
        return long or self.propose(asked, e.Left(command.reason))

    def left(self, it: Ordered, event: e.Left) -> Outcome:
        self.state.quit(it.user, it.room)
        return it.in_room()

    def closed(self, it: Ordered, event: e.Closed) -> Outcome:
        """Delete a restored room that nobody has entered."""
        proposal = it.proposal
        room = self.state.rooms.get(proposal.room) if proposal.room is not None else None
        if room is None or room.members or not room.passes:
            return it.rejected(_IN_USE)
        self.state.remove_room(room)
        closed = e.Envelope(it.message, it.now, event, proposal.origin, None, room.ref)
        return Applied(closed, NOBODY)

    def gathered(self, it: Ordered, event: e.Gathered) -> Outcome:
        return it.rejected(_FOR_SHOW)

    # --- topic, and how much is kept ---

    def show_topic(self, asked: Asked, command: c.ShowTopic) -> Decision:
        room = asked.room
        return SendReply(r.Topic(room.name, room.topic, room.topic_by, room.topic_time))

    def set_topic(self, asked: Asked, command: c.SetTopic) -> Decision:
        decision = self.propose(asked, e.TopicSet(command.topic))
        if isinstance(decision, Propose):
            return check_size(command.topic, self.state.limits.max_topic) or decision
        return decision

    def topic_set(self, it: Ordered, event: e.TopicSet) -> Outcome:
        room = it.room
        room.topic, room.topic_by, room.topic_time = event.topic, it.user.nick, it.now
        return it.in_room()

    def show_keep(self, asked: Asked, command: c.ShowKeep) -> Decision:
        most = self.state.limits.most_kept()
        return SendReply(r.Kept(asked.room.name, asked.room.keep.within(most)))

    def set_keep(self, asked: Asked, command: c.SetKeep) -> Decision:
        keep = command.keep.capped(self.state.limits.most_kept())
        return self.propose(asked, e.KeepSet(keep, capped=keep != command.keep))

    def keep_set(self, it: Ordered, event: e.KeepSet) -> Outcome:
        it.room.keep = event.keep
        return it.in_room()

    # --- how it is set ---

    def show_settings(self, asked: Asked, command: c.ShowSettings) -> Decision:
        return SendReply(settings(asked.room))

    def change_settings(self, asked: Asked, command: c.ChangeSettings) -> Decision:
        return self.propose(asked, e.SettingsChanged(command.changes))

    def check_settings(self, case: Case, event: e.SettingsChanged) -> Refused | None:
        refused = may("set", case.user, case.room, case.now)
        if refused is not None:
            return refused
        changes = dict(event.changes)
        if not 0 <= changes.get("slow", 0) <= MAX_SLOW:
            why = f"The longest interval is {MAX_SLOW:,} seconds (six hours); 0 turns slow mode off. Nothing was changed."
            return Refused("too-slow", why)
        if not 0 <= changes.get("limit", 0) <= MAX_LIMIT:
            why = f"The largest limit is {MAX_LIMIT:,} members; 0 means no limit. Nothing was changed."
            return Refused("bad-limit", why)
        return None

    def settings_changed(self, it: Ordered, event: e.SettingsChanged) -> Outcome:
        settings = it.room.settings
        for setting, value in event.changes:
            settings = settings.changed(setting, value)
        self.state.set_room(it.room, settings)
        return it.in_room()

    def set_password(self, asked: Asked, command: c.SetRoomPassword) -> Decision:
        password = command.password
        digest = room_digest(asked.room.name, password) if password is not None else None
        event = e.RoomPasswordSet(password is not None, digest, asked.room.name)
        return self.propose(asked, event)

    def check_password_set(self, case: Case, event: e.RoomPasswordSet) -> Refused | None:
        user, room, now = case.user, case.room, case.now
        refused = may("lock", user, room, now)
        if refused is None and not event.locked and room.password is None:
            return Refused("not-locked", f"{room.name} is not locked. Nothing was changed.")
        return refused

    def password_set(self, it: Ordered, event: e.RoomPasswordSet) -> Outcome:
        state, room = self.state, it.room
        room.password = event.password if event.locked else None
        room.locked_as = event.name if event.locked and event.name != room.name else None
        if event.locked:
            # Users outside do not know it, and what is said from now on is not for them.
            here = {state.users[member].account for member in room.members}
            state.read_markers.close(room.ref.id, here)
        return it.in_room(e.RoomPasswordSet(event.locked))

    # --- its name ---

    def rename(self, asked: Asked, command: c.RenameRoom) -> Decision:
        long = check_size(command.reason, self.state.limits.max_away)
        return long or self.propose(asked, e.RoomRenamed(command.name, command.reason))

    def check_renamed(self, case: Case, event: e.RoomRenamed) -> Refused | None:
        room, name = case.room, event.name
        refused = may("rename", case.user, room, case.now)
        if refused is not None:
            return refused
        if name.text == room.name.text:
            return Refused("room-name", f"The room is already called {name}. Nothing was changed.")
        other = self.state.room_named(name) or self.state.lookalike(name)
        if other is None or other is room:
            return None
        # An attempt to create a room of that name would reveal as much.
        why = f"{name} is taken, or looks too much like another room. Nothing was changed. Choose another name."
        return Refused("room-taken", why)

    def renamed(self, it: Ordered, event: e.RoomRenamed) -> Outcome:
        happened = it.in_room()
        self.state.rename_room(it.room, event.name)
        return happened

    # --- invitations ---

    def invite(self, asked: Asked, command: c.InviteToRoom) -> Decision:
        target = self.state.user_named(command.nick)
        if target is None:
            return self.propose(asked, e.InvitedToRoom(NOT_HERE, command.nick))
        return self.propose(asked, e.InvitedToRoom(target.id, target.nick))

    def show_invitations(self, asked: Asked, command: c.ShowInvitations) -> Decision:
        me, rooms = asked.user.invitation, self.state.rooms.values()
        lines = [
            r.InvitationLine(room.name, invitation.by, invitation.time)
            for room in rooms
            if (invitation := room.invited.get(me)) is not None
        ]
        some, page, pages = cut_page(lines, command.page, self.state.limits.page_size)
        return SendReply(r.Invitations(some, len(lines), page, pages))

    def check_invited(self, case: Case, event: e.InvitedToRoom) -> Refused | None:
        user, room, now = case.user, case.room, case.now
        refused = may("invite", user, room, now)
        if refused is not None:
            return refused
        target = self.state.users.get(event.user)
        if target is None:
            return absent_target(event.nick)
        if target.id in room.members:
            return Refused(
                "already-in-room", f"{target.nick} is already in {room.name}. Nobody was invited."
            )
        return None

    def invited(self, it: Ordered, event: e.InvitedToRoom) -> Outcome:
        room, target, invited = it.room, self.state.users[event.user], it.room.invited
        before = invited.pop(target.invitation, None)
        passes = lets_in(it.user, room) or (before is not None and before.passes)
        invited[target.invitation] = Invitation(it.user.nick.text, it.now, passes)
        if len(invited) > self.state.limits.max_bans:
            # The oldest invitation that was not used lapses, because nobody could lift it. Members' invitations do not displace
            # operators'.
            shown = (each for each, invitation in invited.items() if not invitation.passes)
            del invited[next(shown, next(iter(invited)))]
        return it.in_room(e.InvitedToRoom(target.id, target.nick))


# --- what follows ---


def _joined(applied: Applied, event: e.Joined, state: State, node: Node) -> f.Effects:
    ref = applied.envelope.room
    assert ref is not None
    return (
        show_room(applied.envelope, ref, state, joined=True),
        f.EnterRoom(ref.id, event.created),
    )


def _left(applied: Applied, event: e.Left, state: State, node: Node) -> f.Effects:
    ref, author = applied.envelope.room, applied.envelope.author
    assert ref is not None and author is not None
    gone = (
        show_room(applied.envelope, ref, state, joined=False)
        if ref.id in state.rooms
        else f.Dissolve((ref.id,))
    )
    return f.ExitRoom(author.user, ref), gone, f.TellLeft(ref.name)


def show_room(envelope: e.Envelope, ref: e.RoomRef, state: State, *, joined: bool) -> f.Effect:
    """Show a room that a user joined or left; in a crowded room several are combined later."""
    assert envelope.author is not None
    members = len(state.rooms[ref.id].members)
    if members > state.limits.crowd_size:
        return f.Gather(ref, envelope.author, members, joined)
    return f.ShowRoom(ref.id)


def _invited(applied: Applied, event: e.InvitedToRoom, state: State, node: Node) -> f.Effects:
    ref = applied.envelope.room
    assert ref is not None
    you = f.Instead(replace(event, you=True), (f.ShowUser(event.user),))
    return f.ShowRoom(ref.id), you, CONFIRM


def _renamed(applied: Applied, event: e.RoomRenamed, state: State, node: Node) -> f.Effects:
    assert applied.envelope.room is not None
    return f.ShowEach(applied.envelope.room.id), CONFIRM


def _closed(applied: Applied, event: e.Closed, state: State, node: Node) -> f.Effects:
    assert applied.envelope.room is not None
    return (f.Dissolve((applied.envelope.room.id,)),)


def _keep_set(applied: Applied, event: e.KeepSet, state: State, node: Node) -> f.Effects:
    return (f.Tidy(), *shown(applied, event, state, node))
