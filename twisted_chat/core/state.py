"""Who and what is there now. Plain data; only :mod:`twisted_chat.core.apply` changes what all nodes share.

Shared by all nodes: users, rooms and sent ids. Known to one node only: its sessions, with focus and ignore list.
"""

from __future__ import annotations

import bisect
import dataclasses
import hashlib
import itertools
from collections.abc import Container
from typing import Final, Literal

import msgspec

from twisted_chat.core.confusables import skeleton
from twisted_chat.core.events import Author, RoomRef
from twisted_chat.core.flood import Bucket
from twisted_chat.core.ids import Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.keep import KEEP_ALL, Keep
from twisted_chat.core.limits import Limits
from twisted_chat.core.names import LOBBY, Nick, RoomName
from twisted_chat.core.nonces import Nonces
from twisted_chat.core.server_bans import ServerBans
from twisted_chat.core.text import CleanText

Role = Literal["operator"]

LOBBY_ID: Final = RoomId(0)
NO_TEXT: Final = CleanText("")


@dataclasses.dataclass(slots=True, eq=False)
class User:
    """Somebody present now. ``rooms`` holds the ids of the rooms, in the order of joining."""

    id: UserId
    author: Author
    since: float
    spoke: float
    sessions: set[tuple[Node, SessionId]]
    rooms: dict[RoomId, None] = dataclasses.field(default_factory=dict)
    away: CleanText | None = None
    #: The server has marked them as away, for they were silent; speaking ends that.
    idled: bool = False

    @property
    def nick(self) -> Nick:
        return self.author.nick


@dataclasses.dataclass(slots=True, eq=False)
class Room:
    """A room: ``members`` with their roles, in the order of joining.

    ``returning`` are the scopes of those who were operators when the server ended, and are that again when they join.
    """

    ref: RoomRef
    created: float
    members: dict[UserId, frozenset[Role]] = dataclasses.field(default_factory=dict)
    topic: CleanText = NO_TEXT
    topic_by: Nick | None = None
    topic_time: float = 0.0
    password: str | None = None
    keep: Keep = KEEP_ALL
    returning: set[Scope] = dataclasses.field(default_factory=set)
    _first: tuple[Nick, ...] | None = dataclasses.field(default=None, init=False, repr=False)

    @property
    def name(self) -> RoomName:
        return self.ref.name

    def first(self, count: int, users: dict[UserId, User]) -> tuple[Nick, ...]:
        """Return the nicks of the first ``count`` members; always the same number is asked for.

        Kept, for everybody who comes to a crowd is shown the same ones: who comes is last.
        """
        first = self._first
        if first is None or len(first) < min(count, len(self.members)):
            some = itertools.islice(self.members, count)
            first = self._first = tuple([users[member].nick for member in some])
        return first

    def changed(self) -> None:
        """Note that somebody is gone, or has another name."""
        self._first = None


@dataclasses.dataclass(slots=True, eq=False)
class Session:
    """One live connection to this node. ``before`` are the rooms that had the focus earlier, the latest last.

    ``host`` is what others may see of where it comes from, ``address`` the address itself, None for this machine.
    """

    id: SessionId
    host: str
    bucket: Bucket
    user: UserId | None = None
    focus: RoomId | None = None
    before: list[RoomId] = dataclasses.field(default_factory=list)
    answer_to: UserId | None = None
    #: It comes from the machine that the server runs on.
    local: bool = False
    address: str | None = None
    #: The name under which it is one of a server operator.
    operator: str | None = None
    ignored: dict[str, str] = dataclasses.field(default_factory=dict)

    def focus_on(self, room: RoomId) -> None:
        """Talk in ``room`` from now on, and remember where the talk was."""
        if self.focus is not None and self.focus != room:
            self.before.append(self.focus)
        if room in self.before:
            self.before.remove(room)
        self.focus = room

    def follow(self, other: Session, rooms: Container[RoomId]) -> None:
        """Go on as ``other``, which this session takes the place of, was; its user may have left some rooms since."""
        self.bucket = other.bucket
        self.focus = other.focus if other.focus in rooms else None
        self.before = [room for room in other.before if room in rooms]
        self.answer_to = other.answer_to
        self.ignored.update(other.ignored)  # the same dictionary: delivery has it too

    def drop(self, room: RoomId, *, fall_back: bool) -> None:
        """Forget a room; if it had the focus, that goes to the room before, or with ``fall_back`` unset nowhere."""
        if room in self.before:
            self.before.remove(room)
        if self.focus == room:
            self.focus = self.before.pop() if self.before and fall_back else None


class State:
    """Users, rooms and sessions with their indexes."""

    def __init__(self, limits: Limits) -> None:
        self.users: dict[UserId, User] = {}
        self.rooms: dict[RoomId, Room] = {}
        self.nonces = Nonces(limits.max_ids)
        self.sessions: dict[SessionId, Session] = {}
        self.users_by_key: dict[str, User] = {}
        #: The keys of nicks and rooms, sorted: whoever asks for a list gets one page, and must not cost a sort of everybody.
        self.nick_keys: list[str] = []
        self.room_keys: list[str] = []
        self._users_by_look: dict[str, User] = {}
        self._users_by_scope: dict[Scope, User] = {}
        self.rooms_by_key: dict[str, Room] = {}
        self._rooms_by_look: dict[str, Room] = {}
        #: Rooms of which something that lasts is another than a store was told, see :mod:`twisted_chat.core.restoring`.
        self.altered: dict[RoomId, None] = {}
        self.server_bans = ServerBans()
        #: Who may come in, see :class:`twisted_chat.core.commands.SetPanic`.
        self.panic = 0
        self.add_room(Room(RoomRef(LOBBY_ID, LOBBY), 0.0))

    def user_named(self, nick: Nick) -> User | None:
        """Return the user of that nick, in any case of letters."""
        return self.users_by_key.get(nick.key)

    def user_in_scope(self, scope: Scope) -> User | None:
        """Return the user whose sessions send in ``scope``."""
        return self._users_by_scope.get(scope)

    def nick_holder(self, nick: Nick, but: User | None = None) -> User | None:
        """Return who stands in the way of taking ``nick``: the same name, or one that looks the same.

        ``but`` is the one who wants it, and stands in nobody's way.
        """
        holders = [self.users_by_key.get(nick.key), *map(self._users_by_look.get, _looks(nick))]
        return next((user for user in holders if user is not None and user is not but), None)

    def room_named(self, name: RoomName) -> Room | None:
        """Return the room of that name, in any case of letters."""
        return self.rooms_by_key.get(name.key)

    def lookalike(self, name: RoomName) -> Room | None:
        """Return another room whose name looks the same as ``name``."""
        found = (self._rooms_by_look.get(look) for look in _looks(name))
        return next((room for room in found if room is not None and room.name != name), None)

    def add_user(self, user: User) -> None:
        self.users[user.id] = user
        self._users_by_scope[user.author.scope] = user
        self._index(user)

    def rename(self, user: User, nick: Nick) -> None:
        self._unindex(user)
        user.author = msgspec.structs.replace(user.author, nick=nick)
        self._index(user)
        for room in user.rooms:
            self.rooms[room].changed()

    def remove_user(self, user: User) -> None:
        self._unindex(user)
        self._users_by_scope.pop(user.author.scope, None)
        del self.users[user.id]

    def _index(self, user: User) -> None:
        self.users_by_key[user.nick.key] = user
        bisect.insort(self.nick_keys, user.nick.key)
        self._users_by_look.update(dict.fromkeys(_looks(user.nick), user))

    def _unindex(self, user: User) -> None:
        del self.users_by_key[user.nick.key]
        _remove(self.nick_keys, user.nick.key)
        for look in _looks(user.nick):
            del self._users_by_look[look]

    def add_room(self, room: Room) -> None:
        self.rooms[room.ref.id] = room
        self.rooms_by_key[room.name.key] = room
        bisect.insort(self.room_keys, room.name.key)
        self._rooms_by_look.update(dict.fromkeys(_looks(room.name), room))

    def take_out(self, user: User, room: Room) -> None:
        """End a membership; a room that is empty then is gone (the lobby stays)."""
        if "operator" in room.members.pop(user.id, ()):
            self.altered[room.ref.id] = None
        room.changed()
        user.rooms.pop(room.ref.id, None)
        if not room.members and room.ref.id != LOBBY_ID:
            self.remove_room(room)

    def remove_room(self, room: Room) -> None:
        """Forget a room that nobody is in."""
        del self.rooms[room.ref.id]
        del self.rooms_by_key[room.name.key]
        _remove(self.room_keys, room.name.key)
        for look in _looks(room.name):
            del self._rooms_by_look[look]
        self.altered.pop(room.ref.id, None)

    def dump(self) -> dict[str, object]:
        """Return what all nodes share as plain data: two hubs that saw the same order give the same.

        Where an order shows (of members, of rooms, in what is forgotten first) it is a list.
        """
        return {
            "users": {
                user.id: (
                    user.nick.text,
                    msgspec.structs.astuple(user.author)[2:],
                    user.since,
                    user.spoke,
                    sorted(user.sessions),
                    list(user.rooms),
                    user.away,
                    user.idled,
                )
                for user in self.users.values()
            },
            "rooms": {
                room.ref.id: (
                    room.name.text,
                    room.created,
                    [(member, sorted(roles)) for member, roles in room.members.items()],
                    room.topic,
                    room.topic_by and room.topic_by.text,
                    room.topic_time,
                    room.password,
                    (room.keep.days, room.keep.lines),
                    sorted(room.returning),
                )
                for room in self.rooms.values()
            },
            "nonces": self.nonces.dump(),
            "server": (self.panic, [msgspec.structs.astuple(ban) for ban in self.server_bans]),
            "indexes": [
                {key: user.id for key, user in self.users_by_key.items()},
                {look: user.id for look, user in self._users_by_look.items()},
                {scope: user.id for scope, user in self._users_by_scope.items()},
                {key: room.ref.id for key, room in self.rooms_by_key.items()},
                {look: room.ref.id for look, room in self._rooms_by_look.items()},
            ],
        }


def _remove(keys: list[str], key: str) -> None:
    """Take a key out of a sorted list."""
    del keys[bisect.bisect_left(keys, key)]


def _looks(name: Nick | RoomName) -> tuple[str, ...]:
    """Return what a name looks like, as its owner writes it and in small letters, as others may write it.

    The two differ by a capital I, which looks like a small L. Without the second, somebody could be "bill" with a Cyrillic
    letter while BILL is here.
    """
    if name.key == name.text:
        return (name.skeleton,)  # as most people write theirs
    folded = skeleton(name.key)
    return (name.skeleton,) if folded == name.skeleton else (name.skeleton, folded)


def room_digest(room: RoomName, password: str) -> str:
    """Digest a room's password, so that neither the bus nor a dump of the state holds it.

    A room's password is shared by many and given at a rate the flood limit bounds; the hash is a fast one, for no one may
    wait for it. Passwords of accounts are another matter.
    """
    return hashlib.blake2b(
        password.encode("utf-8"), key=room.key.encode("utf-8")[:64], digest_size=16
    ).hexdigest()
