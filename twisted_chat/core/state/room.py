"""A room, and the digest of a room's password."""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
from typing import Final

from twisted_chat.core.api.events import RoomRef
from twisted_chat.core.api.records import Invitation
from twisted_chat.core.state.ban_list import BanList, longest
from twisted_chat.core.state.user import User
from twisted_chat.core.values.bans import EXEMPT, Ban, Exempt
from twisted_chat.core.values.ids import MessageId, RoomId, Scope, UserId
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.profile import Profile
from twisted_chat.core.values.retention import KEEP_ALL, Keep
from twisted_chat.core.values.room_settings import AS_MADE, NO_ROLES, Roles, Settings
from twisted_chat.core.values.text import CleanText

LOBBY_ID: Final = RoomId(0)
NO_TEXT: Final = CleanText("")


@dataclasses.dataclass(slots=True, eq=False)
class Room:
    """A room: ``members`` with their roles, in the order of joining.

    ``returning`` are the scopes of the users who were operators when the server ended; they are operators again when they join.
    ``roles`` are those of accounts in a room that has an owner, whether they are here or not, in the order in which they were
    given. ``bans``, ``mutes`` and ``exceptions`` are by the keys of their targets. ``invited``: users who were invited and have
    not entered yet, see :attr:`User.invitation`. ``profile``: what operators say of the room. ``joined``: when each member
    entered. ``spoke``: when each user last spoke, while the room is slow.
    """

    ref: RoomRef
    created: float
    members: dict[UserId, Roles] = dataclasses.field(default_factory=dict)
    topic: CleanText = NO_TEXT
    topic_by: Nick | None = None
    topic_time: float = 0.0
    password: str | None = None
    #: The name under which the digest of the password was made, if the room is called otherwise now.
    locked_as: RoomName | None = None
    keep: Keep = KEEP_ALL
    returning: set[Scope] = dataclasses.field(default_factory=set)
    settings: Settings = AS_MADE
    roles: dict[str, Roles] = dataclasses.field(default_factory=dict)
    bans: BanList = dataclasses.field(default_factory=BanList)
    mutes: BanList = dataclasses.field(default_factory=BanList)
    exceptions: dict[Exempt, BanList] = dataclasses.field(
        default_factory=lambda: {exempt: BanList() for exempt in EXEMPT}
    )
    invited: dict[str, Invitation] = dataclasses.field(default_factory=dict)
    profile: Profile = dataclasses.field(default_factory=dict)
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
        """The account that owns the room; a room without an owner is deleted when it is empty."""
        return next((account for account, roles in self.roles.items() if "owner" in roles), None)

    @property
    def passes(self) -> bool:
        """Whether the room is deleted when it is empty."""
        return self.ref.id != LOBBY_ID and self.owner is None

    @property
    def closed(self) -> bool:
        """Whether only members may see who is in the room, and its topic."""
        return self.password is not None or self.settings.private or self.settings.invite_only

    def roles_of(self, user: User) -> Roles:
        """Return the roles that a user has here, or will have after entering."""
        here = self.members.get(user.id)
        if here is not None:
            return here
        return self.roles.get(user.account, NO_ROLES) if user.account is not None else NO_ROLES

    def lets_in(self, user: User) -> bool:
        """Return whether a user may enter once, whatever the settings."""
        invitation = self.invited.get(user.invitation)
        return invitation is not None and invitation.passes

    def keeps_out(self, user: User, now: float, nick: Nick | None = None) -> Ban | None:
        """Return the ban that applies to a user; with ``nick``, as if the user had that nick."""
        ban = self.bans.find(user, now, nick) if self.bans else None
        return None if ban is None or self.exempts("bans", user, now, nick) else ban

    def mutes_user(self, user: User, now: float) -> Ban | None:
        """Return the mute that applies to a user; one of a mask does not apply to users who have voice."""
        found = self.mutes.of(user, now) if self.mutes else {}
        if self.roles_of(user):
            masks = "mask", "hostmask"
            found = {key: ban for key, ban in found.items() if ban.target.kind not in masks}
        ban = longest(found)
        return None if ban is None or self.exempts("mutes", user, now) else ban

    def exempts(self, exempt: Exempt, user: User, now: float, nick: Nick | None = None) -> bool:
        """Return whether a user is exempt from these."""
        there = self.exceptions[exempt]
        return bool(there) and there.find(user, now, nick) is not None

    def digest(self, password: str) -> str:
        """Digest a password as that of this room was digested."""
        return room_digest(self.locked_as or self.name, password)

    def tighten(self) -> None:
        """Record that a setting about speaking has changed."""
        how = self.settings
        somehow = how.moderated or how.slow or how.outside or how.no_ctcp or how.accounts_speak
        self.strict = bool(somehow or self.mutes)
        if not how.slow:
            self.spoke.clear()

    def first(self, count: int, users: dict[UserId, User]) -> tuple[Nick, ...]:
        """Return the nicks of the first ``count`` members; it is always called with the same number.

        They are cached, because everyone who enters a crowded room is shown the same ones: new members come last.
        """
        first = self._first
        if first is None or len(first) < min(count, len(self.members)):
            some = itertools.islice(self.members, count)
            first = self._first = tuple([users[member].nick for member in some])
        return first

    def changed(self) -> None:
        """Forget the cached nicks: a member has left, or has another nick."""
        self._first = None


def room_digest(room: RoomName, password: str) -> str:
    """Digest a room's password, so that neither the bus nor a dump of the state contains it.

    A room's password is shared by many, and can be tried a few times a minute. The hash is a fast one, because nobody may have
    to wait for it. Passwords of accounts are another matter.
    """
    return hashlib.blake2b(
        password.encode("utf-8"), key=room.key.encode("utf-8")[:64], digest_size=16
    ).hexdigest()
