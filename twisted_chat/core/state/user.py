"""A user who is present now."""

from __future__ import annotations

import dataclasses

from twisted_chat.core.api.events import Author
from twisted_chat.core.values.about import AS_COME, UserSettings
from twisted_chat.core.values.ids import Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.profile import Profile
from twisted_chat.core.values.text import CleanText


@dataclasses.dataclass(slots=True, eq=False)
class User:
    """A user who is present now. ``rooms`` holds the ids of their rooms, in the order of joining.

    ``sessions`` are the authors by session; they differ in what belongs to a session, which is scope and host. ``author`` is
    one of them. ``addresses`` are those that the sessions come from; they are only compared, and never shown.
    """

    id: UserId
    author: Author
    since: float
    spoke: float
    sessions: dict[tuple[Node, SessionId], Author]
    rooms: dict[RoomId, None] = dataclasses.field(default_factory=dict)
    away: CleanText | None = None
    addresses: dict[tuple[Node, SessionId], str] = dataclasses.field(default_factory=dict)
    settings: UserSettings = AS_COME
    #: What a guest says of itself; that of an account is the account's.
    profile: Profile = dataclasses.field(default_factory=dict)
    #: The names of server operators, by the sessions that are theirs.
    operators: dict[tuple[Node, SessionId], str] = dataclasses.field(default_factory=dict)
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
    def hosts(self) -> set[str]:
        """What others may see of the addresses of the sessions."""
        return {author.host for author in self.sessions.values()}

    @property
    def user_hosts(self) -> set[str]:
        """What masks of ``nick!user@host`` are compared with after the ``!``: with the account as host, and each cloak."""
        user, hosts = self.author.shown_user.lower(), self.hosts
        if self.account is not None:
            hosts.add(f"{self.account}.user")
        return {f"{user}@{host}" for host in hosts}

    @property
    def invitation(self) -> str:
        """The key of the user's invitations: the account or, for a guest, the session."""
        return f"account {self.account}" if self.account is not None else f"session {self.scope}"
