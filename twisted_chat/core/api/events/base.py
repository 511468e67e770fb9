"""What all events have in common, and who caused them."""

from __future__ import annotations

import msgspec

from twisted_chat.core.values.about import NO_USER_NAME
from twisted_chat.core.values.ids import Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.values.names import Nick, RoomName


class BaseEvent(msgspec.Struct, frozen=True, gc=False):
    """Base of all events."""


class RoomEvent(BaseEvent, frozen=True):
    """Base of the events about the settings, roles, bans and ownership of a room."""


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Where a proposal came from. ``tag`` is the sender's own id or label of the request, if it gave one."""

    node: Node
    session: SessionId
    tag: str | None = None


class Author(msgspec.Struct, frozen=True, gc=False):
    """The user who did something, as they were at that moment.

    ``account`` is the key of the account, or None for a guest, and ``account_name`` how its owner writes it; ``host`` is the
    cloak of the address. Others see :attr:`shown_user` and :attr:`shown_host`, which are the same for all sessions of a user.
    """

    user: UserId
    nick: Nick
    scope: Scope
    account: str | None = None
    host: str = ""
    real_name: str = ""
    bot: bool = False
    user_name: str = ""
    account_name: str = ""

    @property
    def shown_user(self) -> str:
        """The user name as others see it: the ``~`` says that nobody has verified it."""
        return f"~{self.user_name or NO_USER_NAME}"

    @property
    def shown_host(self) -> str:
        """What others see of the user's address: the account, or a guest's cloak."""
        return f"{self.account_name}.user" if self.account_name else self.host

    @property
    def prefix(self) -> str:
        """The user in one word, ``nick!~user@host``: this is what masks are compared with."""
        return f"{self.nick}!{self.shown_user}@{self.shown_host}"


class RoomRef(msgspec.Struct, frozen=True, gc=False):
    """A room, by its incarnation and its name."""

    id: RoomId
    name: RoomName
