"""Applying a proposal that has its place in the order: the second of the two steps.

Deterministic: from the same state, the same id and the same proposal every node makes the same state and the same
envelope, or the same nothing (a :class:`Void`), however long the proposal was on its way and whatever happened meanwhile.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

import msgspec

from twisted_chat.core import events as e
from twisted_chat.core.commands import Kind, Lines
from twisted_chat.core.ids import MessageId, RoomId, UserId
from twisted_chat.core.limits import Limits
from twisted_chat.core.names import Nick, RoomName
from twisted_chat.core.nonces import Sent, digest
from twisted_chat.core.replies import NameRefused, PasswordNeeded, Refused
from twisted_chat.core.server_bans import MAX_BANS
from twisted_chat.core.state import LOBBY_ID, Role, Room, State, User
from twisted_chat.core.text import CleanText


class InRoom(msgspec.Struct, frozen=True, gc=False):
    """Shown to the members of a room."""

    room: RoomId


class Near(msgspec.Struct, frozen=True):
    """Shown once to each session in one of these rooms; and, where ``author`` is set, to the author."""

    rooms: tuple[RoomId, ...]
    author: bool


class Between(msgspec.Struct, frozen=True):
    """Shown to these users, in private."""

    users: tuple[UserId, ...]


Audience = InRoom | Near | Between

NOBODY = Between(())


class Applied(msgspec.Struct, frozen=True, gc=False):
    """It happened: what to show, and to whom."""

    envelope: e.Envelope
    audience: Audience


class Duplicate(msgspec.Struct, frozen=True):
    """It was said before, under the same id: acknowledge that again."""

    message: MessageId
    time: float


class Void(msgspec.Struct, frozen=True):
    """It did not happen, and why; ``why`` is for the session it came from."""

    proposal: e.Proposal
    why: Refused | PasswordNeeded | NameRefused | Duplicate


Outcome = Applied | Void

_GONE = Refused("gone", "you are no longer in the chat; nothing was said; connect again")
_NOT_IN_ROOM = Refused(
    "not-in-room", "you are no longer in that room; nothing was said; /join ROOM takes you back"
)

_TOO_MANY_BANS = Refused(
    "too-many-bans", f"there are {MAX_BANS:,} server bans, and that is the most; lift one first"
)
_SAID_SO = Refused("said-so", "they said themselves whether they are away")
_IN_USE = Refused("in-use", "the room is in use, or gone already")
_OPERATOR: frozenset[Role] = frozenset(("operator",))


class Applier:
    """Applies ordered proposals to one state."""

    def __init__(self, state: State, limits: Limits) -> None:
        self._state = state
        self._limits = limits

    def apply(self, message: MessageId, proposal: e.Proposal) -> Outcome:
        """Change the state as proposed and say what happened, or change nothing and say why."""
        event = proposal.event
        if isinstance(event, e.Arrived):
            return self._arrived(message, proposal, event)
        if isinstance(event, e.Closed):
            return self._closed(message, proposal)
        user = self._state.users.get(proposal.user) if proposal.user is not None else None
        if user is None or (proposal.origin.node, proposal.origin.session) not in user.sessions:
            return Void(proposal, _GONE)
        match event:
            case e.Said():
                return self._said(message, proposal, user, event)
            case e.Told():
                return self._told(message, proposal, user, event)
            case e.Joined():
                return self._joined(message, proposal, user, event)
            case e.Left():
                return self._in_room(
                    message, proposal, user, lambda room: self._state.take_out(user, room)
                )
            case e.TopicSet():
                return self._in_room(
                    message,
                    proposal,
                    user,
                    lambda room: self._set_topic(room, user, event.topic, proposal.time),
                )
            case e.KeepSet():
                return self._keep_set(message, proposal, user, event)
            case e.Kicked():
                return self._kicked(message, proposal, user, event)
            case e.Renamed():
                return self._renamed(message, proposal, user, event)
            case e.AwaySet():
                return self._away_set(message, proposal, user, event)
            case e.Killed():
                if event.user not in self._state.users:
                    return Void(proposal, absent_target(event.nick))
                return Applied(_envelope(message, proposal, user), NOBODY)
            case e.ServerBanned():
                if not self._state.server_bans.add(event.ban, proposal.time):
                    return Void(proposal, _TOO_MANY_BANS)
                return Applied(_envelope(message, proposal, user), NOBODY)
            case e.ServerUnbanned():
                if self._state.server_bans.lift(event.kind, event.target) is None:
                    return Void(proposal, not_banned(event.target))
                return Applied(_envelope(message, proposal, user), NOBODY)
            case e.Announced():
                return Applied(_envelope(message, proposal, user), NOBODY)
            case e.PanicSet():
                self._state.panic = event.level
                return Applied(_envelope(message, proposal, user), NOBODY)
            case e.Departed() | e.Detached():
                return self._departed(message, proposal, user, event)
            case e.Gathered():
                return Void(proposal, Refused("internal", "this event is made for show only"))

    def _arrived(self, message: MessageId, proposal: e.Proposal, event: e.Arrived) -> Outcome:
        state = self._state
        place = (proposal.origin.node, proposal.origin.session)
        ghost = state.user_in_scope(event.scope)
        if ghost is not None:
            # The same client comes back before its old connection was known to be dead: it keeps nick and rooms.
            replaced = tuple(sorted(ghost.sessions - {place}))
            ghost.sessions = {place}
            state.nonces.touch(event.scope, proposal.time)
            back = e.Arrived(ghost.nick, event.scope, event.host, replaced)
            return Applied(_envelope(message, proposal, ghost, event=back), NOBODY)
        why = shut(state.panic, account=None, local=event.local)
        if why:  # since the login was decided
            return Void(proposal, NameRefused("closed", why))
        holder = state.nick_holder(event.nick)
        if holder is not None:
            return Void(proposal, NameRefused("nick-taken", taken(event.nick, holder)))
        user_id = UserId(message)
        author = e.Author(user_id, event.nick, event.scope, host=event.host)
        user = User(user_id, author, since=proposal.time, spoke=proposal.time, sessions={place})
        state.add_user(user)
        state.nonces.touch(event.scope, proposal.time)
        return Applied(_envelope(message, proposal, user), NOBODY)

    def _away_set(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.AwaySet
    ) -> Outcome:
        # Meanwhile they may have said themselves that they are away, or back.
        if event.auto and (user.away is not None if event.text is not None else not user.idled):
            return Void(proposal, _SAID_SO)
        user.away, user.idled = event.text, event.auto and event.text is not None
        return Applied(_envelope(message, proposal, user), Near(tuple(user.rooms), author=True))

    def _said(self, message: MessageId, proposal: e.Proposal, user: User, event: e.Said) -> Outcome:
        room = self._state.rooms.get(proposal.room) if proposal.room is not None else None
        if room is None or user.id not in room.members:
            return Void(proposal, _NOT_IN_ROOM)
        repeated = self._once(message, proposal, user, room.name, event)
        if repeated is not None:
            return repeated
        user.spoke = proposal.time
        return Applied(
            e.Envelope(message, proposal.time, event, proposal.origin, user.author, room.ref),
            InRoom(room.ref.id),
        )

    def _told(self, message: MessageId, proposal: e.Proposal, user: User, event: e.Told) -> Outcome:
        target = self._state.users.get(event.to)
        if target is None:
            return Void(proposal, Refused("no-such-nick", absent(event.nick.text)))
        repeated = self._once(message, proposal, user, event.nick, event)
        if repeated is not None:
            return repeated
        user.spoke = proposal.time
        # Renamed on the way: it is still the same person, shown under the name they have now.
        told = e.Told(target.id, target.nick, event.kind, event.lines)
        return Applied(
            _envelope(message, proposal, user, event=told), Between((user.id, target.id))
        )

    def _once(
        self,
        message: MessageId,
        proposal: e.Proposal,
        user: User,
        to: Nick | RoomName,
        event: e.Said | e.Told,
    ) -> Void | None:
        """Void a message whose id the client used before; else remember the id."""
        tag = proposal.origin.tag
        if tag is None:
            return None
        nonces, scope = self._state.nonces, user.author.scope
        mark = content(to, event.kind, event.lines)
        sent = nonces.find(scope, tag, proposal.time)
        if sent is not None:
            return Void(
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
            return Void(proposal, Refused("already-in-room", f"you are in {room.name} already"))
        if len(user.rooms) >= self._limits.max_rooms:
            return Void(proposal, Refused("too-many-rooms", too_many_rooms(self._limits.max_rooms)))
        roles: frozenset[Role] = frozenset()
        created = room is None
        if room is None:
            other = state.lookalike(event.room)
            if other is not None:
                return Void(proposal, Refused("lookalike", looks_like(event.room, other)))
            room = Room(
                e.RoomRef(RoomId(message), event.room), proposal.time, password=event.password
            )
            state.add_room(room)
            state.altered[room.ref.id] = None
            roles = _OPERATOR
        elif room.password is not None and not hmac.compare_digest(
            room.password, event.password or ""
        ):
            return Void(proposal, PasswordNeeded(room.name, wrong=event.password is not None))
        elif user.author.scope in room.returning:
            room.returning.remove(user.author.scope)
            roles = _OPERATOR
        room.members[user.id] = roles
        user.rooms[room.ref.id] = None
        shown = e.Joined(room.name, created=created)
        return Applied(_envelope(message, proposal, user, room, shown), InRoom(room.ref.id))

    def _in_room(
        self, message: MessageId, proposal: e.Proposal, user: User, change: Callable[[Room], None]
    ) -> Outcome:
        """Apply what any member of a room may do there."""
        room = self._state.rooms.get(proposal.room) if proposal.room is not None else None
        if room is None or user.id not in room.members:
            return Void(proposal, _NOT_IN_ROOM)
        change(room)
        return Applied(_envelope(message, proposal, user, room), InRoom(room.ref.id))

    def _kicked(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.Kicked
    ) -> Outcome:
        room = self._state.rooms.get(proposal.room) if proposal.room is not None else None
        if room is None or user.id not in room.members:
            return Void(proposal, _NOT_IN_ROOM)
        if "operator" not in room.members[user.id]:
            return Void(proposal, not_operator(room))
        target = self._state.users.get(event.user)
        if target is None or target.id not in room.members:
            return Void(proposal, not_a_member(event.nick, room))
        shown = e.Kicked(target.id, target.nick, event.reason)
        self._state.take_out(target, room)
        return Applied(_envelope(message, proposal, user, room, shown), InRoom(room.ref.id))

    def _keep_set(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.KeepSet
    ) -> Outcome:
        room = self._state.rooms.get(proposal.room) if proposal.room is not None else None
        if room is None or user.id not in room.members:
            return Void(proposal, _NOT_IN_ROOM)
        if "operator" not in room.members[user.id]:
            return Void(proposal, not_operator(room))
        room.keep = event.keep
        self._state.altered[room.ref.id] = None
        return Applied(_envelope(message, proposal, user, room), InRoom(room.ref.id))

    def _set_topic(self, room: Room, user: User, topic: CleanText, time: float) -> None:
        room.topic, room.topic_by, room.topic_time = topic, user.nick, time
        self._state.altered[room.ref.id] = None

    def _closed(self, message: MessageId, proposal: e.Proposal) -> Outcome:
        """Drop a room that came back, unless somebody came back to it."""
        room = self._state.rooms.get(proposal.room) if proposal.room is not None else None
        if room is None or room.members or room.ref.id == LOBBY_ID:
            return Void(proposal, _IN_USE)
        self._state.remove_room(room)
        closed = e.Envelope(message, proposal.time, proposal.event, proposal.origin, None, room.ref)
        return Applied(closed, NOBODY)

    def _renamed(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.Renamed
    ) -> Outcome:
        holder = self._state.nick_holder(event.nick, but=user)
        if holder is not None:
            return Void(proposal, Refused("nick-taken", taken(event.nick, holder)))
        happened = _envelope(message, proposal, user)
        self._state.rename(user, event.nick)
        return Applied(happened, Near(tuple(user.rooms), author=True))

    def _departed(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.Departed | e.Detached
    ) -> Outcome:
        state = self._state
        user.sessions.discard((proposal.origin.node, proposal.origin.session))
        if user.sessions:
            return Applied(_envelope(message, proposal, user, event=e.Detached()), NOBODY)
        reason = event.reason if isinstance(event, e.Departed) else CleanText("left")
        rooms = tuple(user.rooms)
        happened = _envelope(message, proposal, user, event=e.Departed(reason, rooms))
        for room in rooms:
            state.take_out(user, state.rooms[room])
        state.remove_user(user)
        # The scope outlives the user: a client that comes back within 24 hours may resend.
        state.nonces.touch(user.author.scope, proposal.time)
        return Applied(happened, Near(rooms, author=False))


def _envelope(
    message: MessageId,
    proposal: e.Proposal,
    user: User,
    room: Room | None = None,
    event: e.Event | None = None,
) -> e.Envelope:
    return e.Envelope(
        message,
        proposal.time,
        event or proposal.event,
        proposal.origin,
        user.author,
        room.ref if room else None,
    )


ID_REUSED = Refused(
    "id-reused",
    "this id was used for another message; give each message an id of its own; nothing was sent",
)


def content(to: Nick | RoomName, kind: Kind, lines: Lines) -> bytes:
    """Digest what a client said, and to whom: by name, for whoever sends it again after a lost connection says the same.

    The room may have vanished meanwhile and been made anew, and the other one may have come back too.
    """
    return digest(type(to).__name__, to.key, kind, *lines)


def taken(nick: Nick, holder: User) -> str:
    """Say why ``nick`` cannot be had."""
    if holder.nick == nick:
        return f'"{nick}" is taken'
    return f'"{nick}" is taken: it looks too much like {holder.nick}, who is here'


def absent(name: str) -> str:
    """Say that a private message has nobody to go to."""
    return f"{name} is not here; nothing was sent to anybody (/who lists who is here)"


def absent_target(nick: Nick) -> Refused:
    """Refuse what is to be done to somebody who is not here."""
    return Refused("no-such-nick", f"{nick} is not here; /who lists who is here")


def not_banned(target: str) -> Refused:
    """Refuse to lift a ban that there is not."""
    return Refused("not-banned", f"{target} is not banned; /server-bans lists who is")


def shut(panic: int, *, account: str | None, local: bool) -> str:
    """Say why somebody cannot come in while operators let in no new guests (1) or nobody new (2); nothing if they can.

    Who is on the server's own machine always can: somebody has to end that.
    """
    if local or not panic or (panic == 1 and account is not None):
        return ""
    if panic == 1:
        return "this server lets no new guests in for now; try again later"
    return "this server lets nobody new in for now; try again later"


def too_many_rooms(limit: int) -> str:
    """Say that a user is in as many rooms as one may be."""
    return f"you are in {limit} rooms, and nobody can be in more; leave one first (/leave ROOM)"


def looks_like(name: object, other: Room) -> str:
    """Say why a room cannot be made."""
    return f"{name} looks too much like {other.name}, which exists; join that one, or choose another name"


def not_a_member(nick: Nick, room: Room) -> Refused:
    """Refuse to put out somebody who is not there."""
    return Refused("not-a-member", f"{nick} is not in {room.name}; /who {room.name} lists who is")


def not_operator(room: Room) -> Refused:
    """Refuse what only operators may do."""
    if room.ref.id == LOBBY_ID:
        return Refused("not-operator", f"nobody can do that in {room.name}, which has no operator")
    return Refused(
        "not-operator",
        f"only operators of {room.name} can do that (who makes a room is its operator)",
    )
