"""Rooms: entering and leaving them, and invitations."""

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
from twisted_chat.core.rules.listings import cut_page
from twisted_chat.core.rules.outcomes import NOBODY, Applied, Outcome
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
)
from twisted_chat.core.state.room import Room, room_digest
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.addresses import network_keys
from twisted_chat.core.values.ids import Node, RoomId
from twisted_chat.core.values.ratelimit import Throttle
from twisted_chat.core.values.room_settings import Roles

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
            c.InviteToRoom: in_room(self, self.invite),
            c.ShowInvitations: self.show_invitations,
        }
        self.events = {
            e.Joined: Rule(self.joined, self.check_joined, effects=_joined),
            e.Left: Rule(self.left, effects=_left, in_room=True),
            e.Closed: Rule(self.closed, effects=_closed, by_nobody=True),
            e.Gathered: Rule(self.gathered),
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


def _closed(applied: Applied, event: e.Closed, state: State, node: Node) -> f.Effects:
    assert applied.envelope.room is not None
    return (f.Dissolve((applied.envelope.room.id,)),)
