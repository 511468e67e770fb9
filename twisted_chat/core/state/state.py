"""The users, rooms and sessions that are here now: plain data, changed by :mod:`twisted_chat.core.rules` only.

All nodes share users, rooms and sent ids. Only one node knows its sessions, with their focus and ignore lists.
"""

from __future__ import annotations

import bisect

import msgspec

from twisted_chat.core.api.events import Author, RoomRef
from twisted_chat.core.state.accounts import Accounts
from twisted_chat.core.state.bot_commands import Bots
from twisted_chat.core.state.conversations import Conversations
from twisted_chat.core.state.dedup import ClientIds
from twisted_chat.core.state.departures import Departures
from twisted_chat.core.state.invites import Invites
from twisted_chat.core.state.read_markers import ReadMarkers
from twisted_chat.core.state.read_times import ReadTimes
from twisted_chat.core.state.room import LOBBY_ID, Room
from twisted_chat.core.state.server_bans import ServerBans
from twisted_chat.core.state.session import SessionState
from twisted_chat.core.state.user import User
from twisted_chat.core.state.watchers import Watchers
from twisted_chat.core.values.about import UserSettings
from twisted_chat.core.values.account import Account, Registration
from twisted_chat.core.values.ids import Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import LOBBY, Nick, RoomName, looks
from twisted_chat.core.values.profile import Profile
from twisted_chat.core.values.room_settings import Settings


class State:
    """Users, rooms and sessions with their indexes."""

    def __init__(self, limits: Limits) -> None:
        #: The limits that count now; replaced as a whole by :meth:`limit`.
        self.limits = limits
        #: Who can register an account.
        self.registration: Registration = "open"
        #: Whether other sources than this server are asked about passwords; they may know names that it does not.
        self.asks_others = False
        self.users: dict[UserId, User] = {}
        self.rooms: dict[RoomId, Room] = {}
        self.client_ids = ClientIds(limits.max_ids)
        self.accounts = Accounts()
        self.invites = Invites()
        self.conversations = Conversations()
        self.read_markers = ReadMarkers()
        self.read_times = ReadTimes()
        self.sessions: dict[SessionId, SessionState] = {}
        self.users_by_key: dict[str, User] = {}
        #: The keys of nicks, and of rooms that are not private, sorted: a request for a list gets one page, and must not cost a
        #: sort of everybody, or a look at every room.
        self.nick_keys: list[str] = []
        self.listed_keys: list[str] = []
        #: The sessions that have not logged in: clients of IRC are told how many at each login.
        self.nameless: set[SessionId] = set()
        self._users_by_look: dict[str, User] = {}
        self._users_by_scope: dict[Scope, User] = {}
        self._users_by_account: dict[str, dict[UserId, User]] = {}
        self.rooms_by_key: dict[str, Room] = {}
        self._rooms_by_look: dict[str, Room] = {}
        #: Users who are hidden, and those with a session of a server operator: counted more often than anybody is one.
        self.hidden: dict[UserId, None] = {}
        self.operators: dict[UserId, None] = {}
        #: The most users that were here at once.
        self.peak = 0
        self.departures = Departures()
        self.watchers = Watchers()
        #: Rooms of which something that lasts is another than a store was told, see :mod:`twisted_chat.core.state.snapshot`.
        self.altered: dict[RoomId, None] = {}
        self.server_bans = ServerBans()
        #: The lockdown level, see :class:`twisted_chat.core.api.commands.SetPanic`.
        self.panic = 0
        self.bots = Bots()
        self.add_room(Room(RoomRef(LOBBY_ID, LOBBY), 0.0))

    def limit(self, limits: Limits) -> None:
        """Apply other limits from now on."""
        self.limits = limits
        self.client_ids.max_ids = limits.max_ids

    def user_named(self, nick: Nick) -> User | None:
        """Return the user with that nick, in upper or lower case."""
        return self.users_by_key.get(nick.key)

    def user_in_scope(self, scope: Scope) -> User | None:
        """Return the user whose sessions send in ``scope``."""
        return self._users_by_scope.get(scope)

    def nick_holder(self, nick: Nick, but: User | None = None) -> User | None:
        """Return the user or account that prevents taking ``nick``: it has the same name, or one that looks the same.

        ``but`` is the user who wants the nick, and does not count.
        """
        holders = [self.users_by_key.get(nick.key), *map(self._users_by_look.get, looks(nick))]
        return next((user for user in holders if user is not None and user is not but), None)

    def in_the_way(
        self, nick: Nick, user: User | None = None, account: str | None = None
    ) -> User | Account | None:
        """Return what prevents ``user``, who has the account with the key ``account``, from taking ``nick``.

        That is the account that the nick is reserved for, or a user who has it, or one that looks the same.
        """
        reserved = self.accounts.holder(nick)
        if reserved is not None and reserved.key != account:
            return reserved
        return self.nick_holder(nick, but=user)

    def room_with(self, room: RoomId | None, user: User) -> Room | None:
        """Return the room with an id, if there is one and this user is in it."""
        found = self.rooms.get(room) if room is not None else None
        return found if found is not None and user.id in found.members else None

    def room_named(self, name: RoomName) -> Room | None:
        """Return the room of that name, in upper or lower case."""
        return self.rooms_by_key.get(name.key)

    def lookalike(self, name: RoomName) -> Room | None:
        """Return another room whose name looks the same as ``name``."""
        found = (self._rooms_by_look.get(look) for look in looks(name))
        return next((room for room in found if room is not None and room.name != name), None)

    def add_user(self, user: User) -> None:
        self.users[user.id] = user
        self.peak = max(self.peak, len(self.users))
        self._users_by_scope[user.author.scope] = user
        self._index(user)
        self._index_account(user)

    def attach(
        self, user: User, place: tuple[Node, SessionId], author: Author, address: str
    ) -> None:
        """Add a session to a user."""
        user.sessions[place] = author
        user.addresses[place] = address
        self._users_by_scope[author.scope] = user

    def detach(self, user: User, place: tuple[Node, SessionId]) -> None:
        """Remove a session from a user, who may be left without any."""
        gone = user.sessions.pop(place)
        user.addresses.pop(place, None)
        self.set_operator(user, place, None)
        left = {author.scope for author in user.sessions.values()}
        if left and gone.scope not in left:
            self._users_by_scope.pop(gone.scope, None)
            user.author = next(iter(user.sessions.values()))

    def rename(self, user: User, nick: Nick) -> None:
        self._unindex(user)
        user.author = msgspec.structs.replace(user.author, nick=nick)
        self._retell(user)
        self._index(user)
        for room in user.rooms:
            self.rooms[room].changed()

    def set_account(self, user: User, account: str | None) -> None:
        """Record which account a user has, or that the user is a guest."""
        self._unindex_account(user)
        known = self.accounts.get(account or "")
        name = known.name.text if known is not None else account or ""
        self.describe(user, account=account, account_name=name)
        self._index_account(user)

    def describe(self, user: User, **about: str | bool | None) -> None:
        """Record other data of a user that others see."""
        user.author = msgspec.structs.replace(user.author, **about)
        self._retell(user)

    def set_user(self, user: User, settings: UserSettings) -> None:
        """Set the settings of a user."""
        user.settings = settings
        if settings.hidden:
            self.hidden[user.id] = None
        else:
            self.hidden.pop(user.id, None)

    def set_operator(self, user: User, place: tuple[Node, SessionId], name: str | None) -> None:
        """Record that a session of a user is one of the server operator of this name, or of none any more."""
        if name is not None:
            user.operators[place] = name
            self.operators[user.id] = None
        elif user.operators.pop(place, None) is not None and not user.operators:
            del self.operators[user.id]

    def shares_room(self, user: User, other: User) -> bool:
        """Return whether two users share a room."""
        return any(room in other.rooms for room in user.rooms)

    def sees(self, user: User, other: User) -> bool:
        """Return whether a user appears in the lists that another user gets."""
        return (
            not other.settings.hidden
            or other is user
            or bool(user.operators)
            or self.shares_room(user, other)
        )

    def _retell(self, user: User) -> None:
        """Bring the authors of a user's sessions up to date with ``user.author``."""
        now = user.author
        user.sessions = {
            place: now
            if author.scope == now.scope
            else msgspec.structs.replace(now, scope=author.scope, host=author.host)
            for place, author in user.sessions.items()
        }

    def profile_of(self, user: User) -> Profile:
        """Return what somebody says of themselves."""
        account = self.accounts.get(user.account) if user.account is not None else None
        return user.profile if account is None else dict(account.profile)

    def set_profile(self, user: User, profile: Profile) -> None:
        """Let somebody say this of themselves from now on."""
        account = self.accounts.get(user.account) if user.account is not None else None
        if account is None:
            user.profile = profile
        else:
            kept = tuple(profile.items())
            self.accounts.put(msgspec.structs.replace(account, profile=kept))

    def users_of(self, account: str) -> list[User]:
        """Return the users of an account."""
        return list(self._users_by_account.get(account, {}).values())

    def sessions_of(self, node: Node, *users: UserId) -> tuple[SessionId, ...]:
        """Return the sessions of users on a node, which must be the one that this state belongs to."""
        found = (self.users.get(user) for user in users)
        return tuple(
            session
            for user in found
            if user is not None
            for at, session in user.sessions
            if at == node and session in self.sessions
        )

    def remove_user(self, user: User) -> None:
        self._unindex(user)
        self._unindex_account(user)
        for author in (user.author, *user.sessions.values()):
            self._users_by_scope.pop(author.scope, None)
        del self.users[user.id]
        self.read_times.leave(user.invitation)
        self.conversations.leave(user.id)
        self.hidden.pop(user.id, None)
        self.operators.pop(user.id, None)
        self.bots.pop(user.id, None)

    def _index(self, user: User) -> None:
        self.users_by_key[user.nick.key] = user
        bisect.insort(self.nick_keys, user.nick.key)
        self._users_by_look.update(dict.fromkeys(looks(user.nick), user))

    def _unindex(self, user: User) -> None:
        del self.users_by_key[user.nick.key]
        _remove(self.nick_keys, user.nick.key)
        for look in looks(user.nick):
            del self._users_by_look[look]

    def _index_account(self, user: User) -> None:
        if user.account is not None:
            self._users_by_account.setdefault(user.account, {})[user.id] = user

    def _unindex_account(self, user: User) -> None:
        if user.account is not None:
            others = self._users_by_account[user.account]
            del others[user.id]
            if not others:
                del self._users_by_account[user.account]

    def add_room(self, room: Room) -> None:
        self.rooms[room.ref.id] = room
        self._index_room(room)

    def _index_room(self, room: Room) -> None:
        self.rooms_by_key[room.name.key] = room
        if not room.settings.private:
            bisect.insort(self.listed_keys, room.name.key)
        self._rooms_by_look.update(dict.fromkeys(looks(room.name), room))

    def _unindex_room(self, room: Room) -> None:
        del self.rooms_by_key[room.name.key]
        if not room.settings.private:
            _remove(self.listed_keys, room.name.key)
        for look in looks(room.name):
            del self._rooms_by_look[look]

    def take_out(self, user: User, room: Room) -> None:
        """End a membership; if the room is then empty and has no owner, it is deleted (but not the lobby)."""
        if "operator" in room.members.pop(user.id, ()):
            self.altered[room.ref.id] = None
        room.joined.pop(user.id, None)
        room.changed()
        user.rooms.pop(room.ref.id, None)
        if not room.members and room.passes:
            self.remove_room(room)

    def quit(self, user: User, room: Room) -> None:
        """End a membership for good: the account does not return to the room, unless another of its users is there."""
        account = user.account
        self.take_out(user, room)
        if account is not None and not any(
            room.ref.id in each.rooms for each in self.users_of(account)
        ):
            self.read_markers.quit(account, room.ref.id)

    def set_room(self, room: Room, settings: Settings) -> None:
        """Set the settings of a room."""
        before, room.settings = room.settings, settings
        room.tighten()
        if settings.private and not before.private:
            _remove(self.listed_keys, room.name.key)
        elif before.private and not settings.private:
            bisect.insort(self.listed_keys, room.name.key)

    def rename_room(self, room: Room, name: RoomName) -> None:
        """Let a room be called otherwise from now on."""
        if room.password is not None and room.locked_as is None:
            room.locked_as = room.name
        self._unindex_room(room)
        room.ref = RoomRef(room.ref.id, name)
        if room.locked_as == name:
            room.locked_as = None
        self._index_room(room)

    def remove_room(self, room: Room) -> None:
        """Delete a room that is empty."""
        del self.rooms[room.ref.id]
        self._unindex_room(room)
        self.altered.pop(room.ref.id, None)


def _remove(keys: list[str], key: str) -> None:
    """Remove a key from a sorted list."""
    del keys[bisect.bisect_left(keys, key)]
