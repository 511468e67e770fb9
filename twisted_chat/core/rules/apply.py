"""Applying a proposal that has its place in the order: the second of the two steps.

Deterministic: from the same state, the same id and the same proposal every node makes the same state and the same
envelope, or the same nothing (a :class:`Rejected`), however long the proposal was on its way and whatever happened meanwhile.
"""

from __future__ import annotations

from twisted_chat.core.api import events as e
from twisted_chat.core.api.commands import Kind, Lines
from twisted_chat.core.api.records import Sent
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules.apply_accounts import AccountApplier
from twisted_chat.core.rules.apply_private import PrivateApplier
from twisted_chat.core.rules.apply_rooms import RoomApplier
from twisted_chat.core.rules.checks import admit, not_a_member, too_alike
from twisted_chat.core.rules.outcomes import (
    NOBODY,
    NOT_IN_ROOM,
    Applied,
    Audience,
    Between,
    Duplicate,
    InRoom,
    Near,
    Outcome,
    Rejected,
    envelope,
)
from twisted_chat.core.rules.permissions import may, silenced
from twisted_chat.core.state.bot_commands import MAX_BOTS
from twisted_chat.core.state.dedup import digest, owner_of
from twisted_chat.core.state.room import Room
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.ids import MessageId, RoomId
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.room_settings import NO_ROLES, Roles
from twisted_chat.core.values.server_ban import MAX_BANS
from twisted_chat.core.values.text import CleanText

__all__ = [
    "Applied",
    "Applier",
    "Audience",
    "Between",
    "Duplicate",
    "InRoom",
    "Near",
    "Outcome",
    "Rejected",
]


_GONE = Refused("gone", "You are no longer in the chat, so nothing was done. Connect again.")

_TOO_MANY_BANS = Refused(
    "too-many-bans", f"there are {MAX_BANS:,} server bans, and that is the most; lift one first"
)
_TOO_MANY_BOTS = Refused(
    "too-many-bots", f"There are {MAX_BOTS} bots with words of their own here, and that is the most"
)
_SAID_SO = Refused("said-so", "they said themselves whether they are away")
_QUIT = CleanText("quit")
_IN_USE = Refused("in-use", "the room is in use, or gone already")
_OPERATOR: Roles = frozenset(("operator",))


class Applier:
    """Applies ordered proposals to one state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._accounts = AccountApplier(state)
        self._rooms = RoomApplier(state)
        self._private = PrivateApplier(state, self._once)

    def apply(self, message: MessageId, proposal: e.Proposal) -> Outcome:
        """Change the state as proposed and say what happened, or change nothing and say why."""
        event = proposal.event
        if isinstance(event, e.Arrived):
            return self._accounts.arrived(message, proposal, event)
        if isinstance(event, e.Closed):
            return self._closed(message, proposal)
        user = self._state.users.get(proposal.user) if proposal.user is not None else None
        if user is None or (proposal.origin.node, proposal.origin.session) not in user.sessions:
            return Rejected(proposal, _GONE)
        match event:
            case e.Said():
                return self._said(message, proposal, user, event)
            case e.Told():
                return self._private.told(message, proposal, user, event)
            case e.Read():
                return self._private.read(message, proposal, user, event)
            case e.Received():
                return self._private.received(message, proposal, user)
            case e.Joined():
                return self._joined(message, proposal, user, event)
            case e.Left():
                return self._left(message, proposal, user)
            case e.TopicSet():
                return self._topic_set(message, proposal, user, event)
            case e.KeepSet():
                return self._keep_set(message, proposal, user, event)
            case e.Kicked():
                return self._kicked(message, proposal, user, event)
            case e.RoomEvent():
                return self._rooms.apply(message, proposal, user, event)
            case e.Renamed():
                return self._accounts.renamed(message, proposal, user, event)
            case e.AwaySet():
                return self._away_set(message, proposal, user, event)
            case e.BotCommandsSet():
                return self._bot_commands_set(message, proposal, user, event)
            case e.Killed():
                if event.user not in self._state.users:
                    return Rejected(proposal, absent_target(event.nick))
                return Applied(envelope(message, proposal, user), NOBODY)
            case e.ServerBanned():
                if not self._state.server_bans.add(event.ban, proposal.time):
                    return Rejected(proposal, _TOO_MANY_BANS)
                return Applied(envelope(message, proposal, user), NOBODY)
            case e.ServerUnbanned():
                if self._state.server_bans.lift(event.kind, event.target) is None:
                    return Rejected(proposal, not_banned(event.target))
                return Applied(envelope(message, proposal, user), NOBODY)
            case e.Announced():
                return Applied(envelope(message, proposal, user), NOBODY)
            case e.PanicSet():
                self._state.panic = event.level
                return Applied(envelope(message, proposal, user), NOBODY)
            case e.PasswordReset():
                return self._accounts.reset(message, proposal, user, event)
            case e.AccountRemoved():
                return self._accounts.removed(message, proposal, user, event)
            case e.Departed() | e.Detached():
                return self._departed(message, proposal, user, event)
            case e.AccountRegistered():
                return self._accounts.registered(message, proposal, user, event)
            case e.LoggedIn():
                return self._accounts.logged_in(message, proposal, user, event)
            case e.PasswordChanged():
                return self._accounts.password_set(message, proposal, user, event)
            case e.AccountDropped():
                return self._accounts.account_dropped(message, proposal, user, event)
            case e.InviteCodeMade():
                return self._accounts.invited(message, proposal, user, event)
            case e.PrivacySet() | e.IgnoreSet():
                return self._accounts.set(message, proposal, user, event)
            case e.Gathered():
                return Rejected(proposal, Refused("internal", "this event is made for show only"))

    def _away_set(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.AwaySet
    ) -> Outcome:
        # Meanwhile they may have said themselves that they are away, or back.
        if event.auto and (user.away is not None if event.text is not None else not user.idled):
            return Rejected(proposal, _SAID_SO)
        user.away, user.idled = event.text, event.auto and event.text is not None
        rooms = tuple(user.rooms)
        if event.text is not None and not event.auto:
            # The reason would be one more way to speak.
            rooms = self._heard_in(user, proposal.time)
        return Applied(envelope(message, proposal, user), Near(rooms, author=True))

    def _bot_commands_set(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.BotCommandsSet
    ) -> Outcome:
        bots = self._state.bots
        if not event.words:
            bots.pop(user.id, None)
        elif user.id not in bots and len(bots) >= MAX_BOTS:
            return Rejected(proposal, _TOO_MANY_BOTS)
        else:
            bots[user.id] = frozenset(event.words)
        heard = Near(self._heard_in(user, proposal.time), author=True)
        return Applied(envelope(message, proposal, user), heard)

    def _heard_in(self, user: User, time: float) -> tuple[RoomId, ...]:
        """Return the rooms where somebody may speak."""
        return tuple(room for room in user.rooms if not self._silenced(user, room, time))

    def _silenced(self, user: User, room: RoomId, time: float) -> bool:
        return silenced(user, self._state.rooms[room], time) is not None

    def _said(self, message: MessageId, proposal: e.Proposal, user: User, event: e.Said) -> Outcome:
        room = self._state.rooms.get(proposal.room) if proposal.room is not None else None
        if room is None or user.id not in room.members:
            return Rejected(proposal, NOT_IN_ROOM)
        if room.strict and (refused := self._strictly(proposal, user, room)):
            return refused
        author = user.sessions[proposal.origin.node, proposal.origin.session]
        repeated = self._once(message, proposal, author, room.name, event)
        if repeated is not None:
            return repeated
        user.spoke = proposal.time
        if room.strict and room.settings.slow:
            self._rooms.note_spoken(room, user, proposal.time)
        return Applied(
            e.Envelope(message, proposal.time, event, proposal.origin, author, room.ref),
            InRoom(room.ref.id),
        )

    def _strictly(self, proposal: e.Proposal, user: User, room: Room) -> Rejected | None:
        """Void what somebody may not say now. What was said before under the same id is not said now."""
        tag, time = proposal.origin.tag, proposal.time
        if tag is not None and self._state.nonces.find(user.scope, tag) is not None:
            return None
        why = may("speak", user, room, time)
        return Rejected(proposal, why) if why is not None else None

    def _once(
        self,
        message: MessageId,
        proposal: e.Proposal,
        author: e.Author,
        to: Nick | RoomName,
        event: e.Said | e.Told,
    ) -> Rejected | None:
        """Void a message whose id the client used before; else remember the id."""
        tag = proposal.origin.tag
        if tag is None:
            return None
        nonces, scope = self._state.nonces, author.scope
        mark = content(to, event.kind, event.lines)
        sent = nonces.find(scope, tag)
        if sent is not None:
            return Rejected(
                proposal, Duplicate(sent.message, sent.time) if sent.digest == mark else ID_REUSED
            )
        nonces.remember(scope, tag, Sent(mark, message, proposal.time))
        return None

    def _joined(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.Joined
    ) -> Outcome:
        state = self._state
        room = state.room_named(event.room)
        if room is not None and user.id in room.members:
            return Rejected(proposal, Refused("already-in-room", f"you are in {room.name} already"))
        if len(user.rooms) >= self._state.limits.max_rooms:
            return Rejected(
                proposal, Refused("too-many-rooms", too_many_rooms(self._state.limits.max_rooms))
            )
        created = room is None
        if room is None:
            other = state.lookalike(event.room)
            if other is not None:
                return Rejected(proposal, too_alike(event.room, other, event.password))
            room = Room(
                e.RoomRef(RoomId(message), event.room), proposal.time, password=event.password
            )
            state.add_room(room)
            state.altered[room.ref.id] = None
            roles = _OPERATOR
        else:
            refused = admit(user, room, event.password, proposal.time)
            if refused is not None:
                return Rejected(proposal, refused)
            roles = room.roles_of(user)
            if user.scope in room.returning:
                room.returning.remove(user.scope)
                roles |= _OPERATOR
            if user.invitation in room.invited:
                del room.invited[user.invitation]
                state.altered[room.ref.id] = None
        room.members[user.id] = roles
        room.joined[user.id] = message
        user.rooms[room.ref.id] = None
        if user.account is not None:
            state.markers.enter(user.account, (room.ref.id,), message)
        shown = e.Joined(room.name, created=created)
        return Applied(envelope(message, proposal, user, room, shown), InRoom(room.ref.id))

    def _left(self, message: MessageId, proposal: e.Proposal, user: User) -> Outcome:
        room = self._state.room_with(proposal.room, user)
        if room is None:
            return Rejected(proposal, NOT_IN_ROOM)
        self._state.quit(user, room)
        return Applied(envelope(message, proposal, user, room), InRoom(room.ref.id))

    def _kicked(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.Kicked
    ) -> Outcome:
        room = self._state.room_with(proposal.room, user)
        if room is None:
            return Rejected(proposal, NOT_IN_ROOM)
        target = self._state.users.get(event.user)
        against = room.members.get(event.user, NO_ROLES)
        refused = may("kick", user, room, proposal.time, against)
        if refused is not None:
            return Rejected(proposal, refused)
        if target is None or target.id not in room.members:
            return Rejected(proposal, not_a_member(event.nick, room))
        shown = e.Kicked(target.id, target.nick, event.reason)
        self._state.quit(target, room)
        return Applied(envelope(message, proposal, user, room, shown), InRoom(room.ref.id))

    def _keep_set(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.KeepSet
    ) -> Outcome:
        room = self._state.room_with(proposal.room, user)
        if room is None:
            return Rejected(proposal, NOT_IN_ROOM)
        refused = may("keep", user, room, proposal.time)
        if refused is not None:
            return Rejected(proposal, refused)
        room.keep = event.keep
        self._state.altered[room.ref.id] = None
        return Applied(envelope(message, proposal, user, room), InRoom(room.ref.id))

    def _topic_set(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.TopicSet
    ) -> Outcome:
        room = self._state.room_with(proposal.room, user)
        if room is None:
            return Rejected(proposal, NOT_IN_ROOM)
        refused = may("set topic", user, room, proposal.time)
        if refused is not None:
            return Rejected(proposal, refused)
        room.topic, room.topic_by, room.topic_time = event.topic, user.nick, proposal.time
        self._state.altered[room.ref.id] = None
        return Applied(envelope(message, proposal, user, room), InRoom(room.ref.id))

    def _closed(self, message: MessageId, proposal: e.Proposal) -> Outcome:
        """Drop a room that came back, unless somebody came back to it."""
        room = self._state.rooms.get(proposal.room) if proposal.room is not None else None
        if room is None or room.members or not room.passes:
            return Rejected(proposal, _IN_USE)
        self._state.remove_room(room)
        closed = e.Envelope(message, proposal.time, proposal.event, proposal.origin, None, room.ref)
        return Applied(closed, NOBODY)

    def _departed(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.Departed | e.Detached
    ) -> Outcome:
        state = self._state
        place = (proposal.origin.node, proposal.origin.session)
        marks = isinstance(event, e.Departed) and event.marks
        rooms = tuple(user.rooms)
        read = rooms if user.account is not None and not marks else ()
        for number in read:
            state.markers.read(user.account or "", number, message)
        if len(user.sessions) > 1:
            happened = envelope(message, proposal, user, event=e.Detached(read))
            author = user.sessions[place]
            state.nonces.touch(author.scope, proposal.time, owner_of(author))
            state.detach(user, place)
            return Applied(happened, NOBODY)
        reason = event.reason if isinstance(event, e.Departed) else CleanText("left")
        if any(self._silenced(user, room, proposal.time) for room in rooms):
            reason = _QUIT  # who has no say has no last word
        happened = envelope(message, proposal, user, event=e.Departed(reason, rooms, marks))
        state.detach(user, place)
        for room in rooms:
            state.take_out(user, state.rooms[room])
        state.remove_user(user)
        # The scope outlives the user: a client that comes back within 24 hours may resend.
        state.nonces.touch(user.author.scope, proposal.time, owner_of(user.author))
        return Applied(happened, Near(rooms, author=False))


ID_REUSED = Refused(
    "id-reused",
    "this id was used for another message; give each message an id of its own; nothing was sent",
)


def content(to: Nick | RoomName, kind: Kind, lines: Lines) -> bytes:
    """Digest what a client said, and to whom: by name, for whoever sends it again after a lost connection says the same.

    The room may have vanished meanwhile and been made anew, and the other one may have come back too.
    """
    return digest(type(to).__name__, to.key, kind, *lines)


def absent_target(nick: Nick) -> Refused:
    """Refuse what is to be done to somebody who is not here."""
    return Refused("no-such-nick", f"{nick} is not here; /who lists who is here")


def not_banned(target: str) -> Refused:
    """Refuse to lift a ban that there is not."""
    return Refused("not-banned", f"{target} is not banned; /server-bans lists who is")


def too_many_rooms(limit: int) -> str:
    """Say that a user is in as many rooms as one may be."""
    return f"you are in {limit} rooms, and nobody can be in more; leave one first (/leave ROOM)"
