"""What a door asks the hub besides handing in commands: plain values, by ids."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from twisted_chat.core.hub import Hub
from twisted_chat.core.values.ids import SessionId
from twisted_chat.core.values.names import Nick


class Identity(NamedTuple):
    """Who a session is."""

    nick: Nick


class HubPort(Protocol):
    """What the hub answers at once."""

    @property
    def asks_others(self) -> bool:
        """Others than this server are asked about passwords, who may know names that it does not."""

    def identity(self, session: SessionId) -> Identity | None:
        """Return who a session is; None before it has logged in."""

    def reserved_for(self, nick: Nick) -> str | None:
        """Return the key of the account that a nick is reserved for, if it is for one."""


class LocalHub:
    """The answers of a hub in this process."""

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
