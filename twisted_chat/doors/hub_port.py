"""What a door asks the hub, besides submitting commands: plain values, by ids."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from twisted_chat.core.hub import Hub
from twisted_chat.core.values.ids import SessionId
from twisted_chat.core.values.names import Nick


class Identity(NamedTuple):
    """The user of a session."""

    nick: Nick


class HubPort(Protocol):
    """Questions that the hub answers at once."""

    @property
    def asks_others(self) -> bool:
        """Passwords are checked by another service too, which may know names that this server does not."""

    def identity(self, session: SessionId) -> Identity | None:
        """Return the user of a session; None before login."""

    def reserved_for(self, nick: Nick) -> str | None:
        """Return the key of the account that a nick is reserved for, None if it is free."""


class LocalHub:
    """Asks a hub in this process."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    @property
    def asks_others(self) -> bool:
        return self._hub.asks_others

    def identity(self, session: SessionId) -> Identity | None:
        user = self._hub.user_of(session)
        return Identity(user.nick) if user is not None else None

    def reserved_for(self, nick: Nick) -> str | None:
        account = self._hub.state.accounts.holder(nick)
        return account.key if account is not None else None


_check: type[HubPort] = LocalHub
