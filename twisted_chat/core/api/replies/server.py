"""Replies about the server, and help."""

from __future__ import annotations

import msgspec

from twisted_chat.core.api.records import AuditRecord
from twisted_chat.core.api.replies.base import BaseReply
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.server_ban import Ban
from twisted_chat.core.values.text import CleanText


class Counts(BaseReply, frozen=True):
    """How many users there are, how many of them are ``hidden``, and the most there have been (``peak``).

    ``operators`` are users with a session of a server operator, ``nameless`` connections that have not logged in. Rooms that
    are empty and have no owner do not count.
    """

    users: int
    hidden: int
    operators: int
    nameless: int
    rooms: int
    peak: int


class ServerBanList(BaseReply, frozen=True):
    """A page of the bans from the server, at the time ``now``."""

    bans: tuple[Ban, ...]
    count: int
    page: int
    pages: int
    now: float


class AccountLine(msgspec.Struct, frozen=True):
    """An account; ``created`` and ``seen``, when it was last here if that is known, are in seconds since 1970."""

    name: Nick
    created: float
    here: bool
    seen: float | None = None


class AccountList(BaseReply, frozen=True):
    """A page of the accounts whose names match ``mask``, sorted by name."""

    accounts: tuple[AccountLine, ...]
    count: int
    page: int
    pages: int
    mask: str | None = None


class Audit(BaseReply, frozen=True):
    """A page of the audit log, the latest record first."""

    records: tuple[AuditRecord, ...]
    count: int
    page: int
    pages: int


class StoreHealth(msgspec.Struct, frozen=True):
    """How the store is doing. :class:`twisted_chat.store.port.Health` explains the fields."""

    kind: str
    waiting: int
    most: int
    stored: int
    commits: int
    last: float
    slowest: float
    unindexed: int
    error: CleanText | None
    since: float | None
    size: int | None = None
    free: int | None = None


class Stats(BaseReply, frozen=True):
    """How many sessions, users and rooms there are on this node, and how its store is doing.

    ``growth`` is by how many bytes the store grew in the last ``growth_time`` seconds, which are a day at most; None if that is
    not known yet.
    """

    sessions: int
    users: int
    rooms: int
    store: StoreHealth
    growth: int | None = None
    growth_time: float = 0.0
    counts: Counts | None = None


class HelpLine(msgspec.Struct, frozen=True):
    """One command in a help text: its name, its arguments, what it does, and the group it belongs to."""

    name: str
    usage: str
    help: str
    group: str = ""


class HelpText(BaseReply, frozen=True):
    """Help on all commands, or on those that were ``asked`` about.

    ``before_login``: the session has not logged in, so its next line is still taken as a nickname.
    """

    lines: tuple[HelpLine, ...]
    asked: bool = False
    before_login: bool = False


class Pong(BaseReply, frozen=True):
    """The server answers a ping."""

    text: CleanText


class Probe(BaseReply, frozen=True):
    """Ask whether the client still answers. Only dialects that have a ping show it."""


class Farewell(BaseReply, frozen=True):
    """The last thing a session is shown."""

    why: str
