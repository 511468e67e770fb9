"""Who and what is there now. Plain data; only :mod:`twisted_chat.core.apply` changes what all nodes share.

Shared by all nodes: users, rooms and sent ids. Known to one node only: its sessions, with focus and ignore list.
"""

from __future__ import annotations

import dataclasses
import hashlib
from typing import Final, Literal

import msgspec

from twisted_chat.core.events import Author, RoomRef
from twisted_chat.core.flood import Bucket
from twisted_chat.core.ids import Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.limits import Limits
from twisted_chat.core.names import LOBBY, Nick, RoomName
from twisted_chat.core.nonces import Nonces
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

    @property
    def nick(self) -> Nick:
        return self.author.nick


@dataclasses.dataclass(slots=True, eq=False)
class Room:
    """A room: ``members`` with their roles, in the order of joining."""

    ref: RoomRef
    created: float
    members: dict[UserId, frozenset[Role]] = dataclasses.field(default_factory=dict)
    topic: CleanText = NO_TEXT
    topic_by: Nick | None = None
    topic_time: float = 0.0
    password: str | None = None

    @property
    def name(self) -> RoomName:
        return self.ref.name


@dataclasses.dataclass(slots=True, eq=False)
class Session:
    """One live connection to this node. ``before`` are the rooms that had the focus earlier, the latest last."""

    id: SessionId
    host: str
    bucket: Bucket
    user: UserId | None = None
    focus: RoomId | None = None
    before: list[RoomId] = dataclasses.field(default_factory=list)
    answer_to: UserId | None = None
    ignored: dict[str, str] = dataclasses.field(default_factory=dict)

    def focus_on(self, room: RoomId) -> None:
        """Talk in ``room`` from now on, and remember where the talk was."""
        if self.focus is not None and self.focus != room:
            self.before.append(self.focus)
        if room in self.before:
            self.before.remove(room)
        self.focus = room

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
        self._users_by_key: dict[str, User] = {}
        self._users_by_skeleton: dict[str, User] = {}
        self._users_by_scope: dict[Scope, User] = {}
        self._rooms_by_key: dict[str, Room] = {}
        self._rooms_by_skeleton: dict[str, Room] = {}
        self.add_room(Room(RoomRef(LOBBY_ID, LOBBY), 0.0))

    def user_named(self, nick: Nick) -> User | None:
        """Return the user of that nick, in any case of letters."""
        return self._users_by_key.get(nick.key)

    def user_in_scope(self, scope: Scope) -> User | None:
        """Return the user whose sessions send in ``scope``."""
        return self._users_by_scope.get(scope)

    def nick_holder(self, nick: Nick) -> User | None:
        """Return who stands in the way of taking ``nick``: the same name, or one that looks the same."""
        return self._users_by_key.get(nick.key) or self._users_by_skeleton.get(nick.skeleton)

    def room_named(self, name: RoomName) -> Room | None:
        """Return the room of that name, in any case of letters."""
        return self._rooms_by_key.get(name.key)

    def lookalike(self, name: RoomName) -> Room | None:
        """Return another room whose name looks the same as ``name``."""
        room = self._rooms_by_skeleton.get(name.skeleton)
        return room if room is not None and room.name.key != name.key else None

    def add_user(self, user: User) -> None:
        self.users[user.id] = user
        self._users_by_scope[user.author.scope] = user
        self._index(user)

    def rename(self, user: User, nick: Nick) -> None:
        self._unindex(user)
        user.author = msgspec.structs.replace(user.author, nick=nick)
        self._index(user)

    def remove_user(self, user: User) -> None:
        self._unindex(user)
        self._users_by_scope.pop(user.author.scope, None)
        del self.users[user.id]

    def _index(self, user: User) -> None:
        self._users_by_key[user.nick.key] = user
        self._users_by_skeleton[user.nick.skeleton] = user

    def _unindex(self, user: User) -> None:
        del self._users_by_key[user.nick.key]
        del self._users_by_skeleton[user.nick.skeleton]

    def add_room(self, room: Room) -> None:
        self.rooms[room.ref.id] = room
        self._rooms_by_key[room.name.key] = room
        self._rooms_by_skeleton[room.name.skeleton] = room

    def take_out(self, user: User, room: Room) -> None:
        """End a membership; a room that is empty then is gone (the lobby stays)."""
        room.members.pop(user.id, None)
        user.rooms.pop(room.ref.id, None)
        if not room.members and room.ref.id != LOBBY_ID:
            del self.rooms[room.ref.id]
            del self._rooms_by_key[room.name.key]
            del self._rooms_by_skeleton[room.name.skeleton]

    def dump(self) -> dict[str, object]:
        """Return what all nodes share as plain data: two hubs that saw the same order give the same."""
        return {
            "users": {
                user.id: (
                    user.nick.text,
                    user.author.scope,
                    user.author.account,
                    user.author.host,
                    user.since,
                    user.spoke,
                    sorted(user.sessions),
                    list(user.rooms),
                    user.away,
                )
                for user in self.users.values()
            },
            "rooms": {
                room.ref.id: (
                    room.name.text,
                    room.created,
                    {member: sorted(roles) for member, roles in room.members.items()},
                    room.topic,
                    room.topic_by and room.topic_by.text,
                    room.topic_time,
                    room.password,
                )
                for room in self.rooms.values()
            },
            "nicks": sorted(self._users_by_key),
            "nonces": self.nonces.dump(),
        }


def room_digest(room: RoomName, password: str) -> str:
    """Digest a room's password, so that neither the bus nor a dump of the state holds it.

    A room's password is shared by many and given at a rate the flood limit bounds; the hash is a fast one, for no one may
    wait for it. Passwords of accounts are another matter.
    """
    return hashlib.blake2b(
        password.encode("utf-8"), key=room.key.encode("utf-8")[:64], digest_size=16
    ).hexdigest()
