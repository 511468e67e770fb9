"""Who and what is there now. Plain data; only :mod:`twisted_chat.core.apply` changes what all nodes share.

Shared by all nodes: users, rooms and sent ids. Known to one node only: its sessions, with focus and ignore list.
"""

from __future__ import annotations

import bisect
import dataclasses
import hashlib
import itertools
from collections.abc import Container
from typing import Final

import msgspec

from twisted_chat.core.accounts import Account, Accounts
from twisted_chat.core.bans import Ban
from twisted_chat.core.events import Author, RoomRef
from twisted_chat.core.flood import Bucket
from twisted_chat.core.ids import MessageId, Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.invites import Invites
from twisted_chat.core.keep import KEEP_ALL, Keep
from twisted_chat.core.limits import Limits
from twisted_chat.core.markers import Markers
from twisted_chat.core.names import LOBBY, Nick, RoomName, looks
from twisted_chat.core.nonces import Nonces
from twisted_chat.core.server_bans import ServerBans
from twisted_chat.core.standing import AS_MADE, NO_ROLES, Roles, Settings
from twisted_chat.core.talks import Talks
from twisted_chat.core.text import CleanText

LOBBY_ID: Final = RoomId(0)
_NO_SCOPE: Final = Scope("")
NO_TEXT: Final = CleanText("")


@dataclasses.dataclass(slots=True, eq=False)
class User:
    """Somebody present now. ``rooms`` holds the ids of the rooms, in the order of joining.

    ``sessions`` are the authors by their sessions: these differ by what is a session's own, which is scope and host.
    ``author`` is one of them. ``addresses`` are where the sessions came from, for comparing, and never shown.
    """

    id: UserId
    author: Author
    since: float
    spoke: float
    sessions: dict[tuple[Node, SessionId], Author]
    rooms: dict[RoomId, None] = dataclasses.field(default_factory=dict)
    away: CleanText | None = None
    addresses: dict[tuple[Node, SessionId], str] = dataclasses.field(default_factory=dict)
    #: The server has marked them as away, for they were silent; speaking ends that.
    idled: bool = False

    @property
    def nick(self) -> Nick:
        return self.author.nick

    @property
    def account(self) -> str | None:
        """The key of the user's account; None for a guest."""
        return self.author.account

    @property
    def scope(self) -> Scope:
        return self.author.scope

    @property
    def invitation(self) -> str:
        """What an invitation is kept under: the account, or of a guest the session."""
        return f"account {self.account}" if self.account is not None else f"session {self.scope}"


@dataclasses.dataclass(slots=True, eq=False)
class Room:
    """A room: ``members`` with their roles, in the order of joining.

    ``returning`` are the scopes of those who were operators when the server ended, and are that again when they join.
    ``roles`` are those of accounts in a room that has an owner, here or not, in the order in which they were given.
    ``bans`` and ``mutes`` by the keys of their targets; ``invited``: who may come in once whatever else is set, see
    :attr:`User.invitation`; ``joined``: when each member came; ``spoke``: when somebody spoke last, while it is slow.
    """

    ref: RoomRef
    created: float
    members: dict[UserId, Roles] = dataclasses.field(default_factory=dict)
    topic: CleanText = NO_TEXT
    topic_by: Nick | None = None
    topic_time: float = 0.0
    password: str | None = None
    keep: Keep = KEEP_ALL
    returning: set[Scope] = dataclasses.field(default_factory=set)
    settings: Settings = AS_MADE
    roles: dict[str, Roles] = dataclasses.field(default_factory=dict)
    bans: dict[str, Ban] = dataclasses.field(default_factory=dict)
    mutes: dict[str, Ban] = dataclasses.field(default_factory=dict)
    invited: dict[str, None] = dataclasses.field(default_factory=dict)
    joined: dict[UserId, MessageId] = dataclasses.field(default_factory=dict)
    spoke: dict[str, float] = dataclasses.field(default_factory=dict)
    #: Not everybody may always speak: nearly all rooms are without that, and need not ask for each line.
    strict: bool = False
    _first: tuple[Nick, ...] | None = dataclasses.field(default=None, init=False, repr=False)

    @property
    def name(self) -> RoomName:
        return self.ref.name

    @property
    def owner(self) -> str | None:
        """The account that owns the room; a room without an owner vanishes when it is empty."""
        return next((account for account, roles in self.roles.items() if "owner" in roles), None)

    @property
    def passes(self) -> bool:
        """It vanishes when nobody is there."""
        return self.ref.id != LOBBY_ID and self.owner is None

    @property
    def closed(self) -> bool:
        """Not everybody may come in and look: who is there, and the topic, are for the members."""
        return self.password is not None or self.settings.private or self.settings.invite_only

    def roles_of(self, user: User) -> Roles:
        """Return the roles that a user has here, or will have on coming."""
        here = self.members.get(user.id)
        if here is not None:
            return here
        return self.roles.get(user.account, NO_ROLES) if user.account is not None else NO_ROLES

    def tighten(self) -> None:
        """Note that it was set who may speak when."""
        self.strict = bool(self.settings.moderated or self.settings.slow or self.mutes)
        if not self.settings.slow:
            self.spoke.clear()

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
    #: The public scope in which the ids count that its client gives its messages.
    scope: Scope = _NO_SCOPE
    #: It comes from the machine that the server runs on.
    local: bool = False
    #: The registered name it asked for, and whose password it did not have.
    wanted: Nick | None = None
    address: str | None = None
    #: The name under which it is one of a server operator.
    operator: str | None = None
    ignored: dict[str, str] = dataclasses.field(default_factory=dict)
    #: Its client says what was read.
    marks: bool = False

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
        self.marks = other.marks
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
        self.accounts = Accounts()
        self.invites = Invites()
        self.talks = Talks()
        self.markers = Markers()
        self.sessions: dict[SessionId, Session] = {}
        self.users_by_key: dict[str, User] = {}
        #: The keys of nicks, and of rooms that are not private, sorted: whoever asks for a list gets one page, and must not
        #: cost a sort of everybody, or a look at every room.
        self.nick_keys: list[str] = []
        self.listed_keys: list[str] = []
        self._users_by_look: dict[str, User] = {}
        self._users_by_scope: dict[Scope, User] = {}
        self._users_by_account: dict[str, dict[UserId, User]] = {}
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
        holders = [self.users_by_key.get(nick.key), *map(self._users_by_look.get, looks(nick))]
        return next((user for user in holders if user is not None and user is not but), None)

    def in_the_way(
        self, nick: Nick, user: User | None = None, account: str | None = None
    ) -> User | Account | None:
        """Return what keeps ``user``, who has the account with the key ``account``, from taking ``nick``.

        That is the account it is reserved for, or who is here under it, or under one that looks the same.
        """
        reserved = self.accounts.holder(nick)
        if reserved is not None and reserved.key != account:
            return reserved
        return self.nick_holder(nick, but=user)

    def room_named(self, name: RoomName) -> Room | None:
        """Return the room of that name, in any case of letters."""
        return self.rooms_by_key.get(name.key)

    def lookalike(self, name: RoomName) -> Room | None:
        """Return another room whose name looks the same as ``name``."""
        found = (self._rooms_by_look.get(look) for look in looks(name))
        return next((room for room in found if room is not None and room.name != name), None)

    def add_user(self, user: User) -> None:
        self.users[user.id] = user
        self._users_by_scope[user.author.scope] = user
        self._index(user)
        self._index_account(user)

    def attach(
        self, user: User, place: tuple[Node, SessionId], author: Author, address: str
    ) -> None:
        """Give a user another session."""
        user.sessions[place] = author
        user.addresses[place] = address
        self._users_by_scope[author.scope] = user

    def detach(self, user: User, place: tuple[Node, SessionId]) -> None:
        """Take a session from a user, who may be left with none."""
        gone = user.sessions.pop(place)
        user.addresses.pop(place, None)
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
        """Note whose account a user has, or that it is a guest."""
        self._unindex_account(user)
        user.author = msgspec.structs.replace(user.author, account=account)
        self._retell(user)
        self._index_account(user)

    def _retell(self, user: User) -> None:
        """Bring the authors of a user's sessions up to date with ``user.author``."""
        now = user.author
        user.sessions = {
            place: now
            if author.scope == now.scope
            else msgspec.structs.replace(author, nick=now.nick, account=now.account)
            for place, author in user.sessions.items()
        }

    def users_of(self, account: str) -> list[User]:
        """Return the users that have an account."""
        return list(self._users_by_account.get(account, {}).values())

    def remove_user(self, user: User) -> None:
        self._unindex(user)
        self._unindex_account(user)
        for author in (user.author, *user.sessions.values()):
            self._users_by_scope.pop(author.scope, None)
        del self.users[user.id]

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
        self.rooms_by_key[room.name.key] = room
        if not room.settings.private:
            bisect.insort(self.listed_keys, room.name.key)
        self._rooms_by_look.update(dict.fromkeys(looks(room.name), room))

    def take_out(self, user: User, room: Room) -> None:
        """End a membership; a room that is empty then is gone, if nobody owns it (the lobby stays)."""
        if "operator" in room.members.pop(user.id, ()):
            self.altered[room.ref.id] = None
        room.joined.pop(user.id, None)
        room.changed()
        user.rooms.pop(room.ref.id, None)
        if not room.members and room.passes:
            self.remove_room(room)

    def quit(self, user: User, room: Room) -> None:
        """End a membership for good: the account is no longer there when it comes back, unless another of its users is."""
        account = user.account
        self.take_out(user, room)
        if account is not None and not any(
            room.ref.id in each.rooms for each in self.users_of(account)
        ):
            self.markers.quit(account, room.ref.id)

    def set_room(self, room: Room, settings: Settings) -> None:
        """Let a room be set so from now on."""
        before, room.settings = room.settings, settings
        room.tighten()
        if settings.private and not before.private:
            _remove(self.listed_keys, room.name.key)
        elif before.private and not settings.private:
            bisect.insort(self.listed_keys, room.name.key)

    def remove_room(self, room: Room) -> None:
        """Forget a room that nobody is in."""
        del self.rooms[room.ref.id]
        del self.rooms_by_key[room.name.key]
        if not room.settings.private:
            _remove(self.listed_keys, room.name.key)
        for look in looks(room.name):
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
                    [
                        (place, user.sessions[place].scope, user.sessions[place].host)
                        for place in sorted(user.sessions)
                    ],
                    list(user.rooms),
                    user.away,
                    sorted(user.addresses.items()),
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
                    msgspec.structs.astuple(room.settings),
                    [(account, sorted(roles)) for account, roles in room.roles.items()],
                    list(room.bans.values()),
                    list(room.mutes.values()),
                    list(room.invited),
                    list(room.joined.items()),
                    list(room.spoke.items()),
                )
                for room in self.rooms.values()
            },
            "nonces": self.nonces.dump(),
            "accounts": self.accounts.dump(),
            "invites": sorted(self.invites.items()),
            "talks": self.talks.dump(),
            "markers": self.markers.dump(),
            "server": (self.panic, [msgspec.structs.astuple(ban) for ban in self.server_bans]),
            "indexes": [
                {key: user.id for key, user in self.users_by_key.items()},
                {look: user.id for look, user in self._users_by_look.items()},
                {scope: user.id for scope, user in self._users_by_scope.items()},
                {account: list(users) for account, users in self._users_by_account.items()},
                {key: room.ref.id for key, room in self.rooms_by_key.items()},
                {look: room.ref.id for look, room in self._rooms_by_look.items()},
            ],
        }


def _remove(keys: list[str], key: str) -> None:
    """Take a key out of a sorted list."""
    del keys[bisect.bisect_left(keys, key)]


def room_digest(room: RoomName, password: str) -> str:
    """Digest a room's password, so that neither the bus nor a dump of the state holds it.

    A room's password is shared by many and can be tried a few times a minute; the hash is a fast one, for no one may
    wait for it. Passwords of accounts are another matter.
    """
    return hashlib.blake2b(
        password.encode("utf-8"), key=room.key.encode("utf-8")[:64], digest_size=16
    ).hexdigest()
