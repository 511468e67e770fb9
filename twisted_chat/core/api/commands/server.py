"""The server: its operators, how it does, help, and the end of a session."""

from __future__ import annotations

import msgspec

from twisted_chat.core.api.commands.base import Command, Lines, ServerCommand
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.server_ban import Kind as BanKind
from twisted_chat.core.values.text import CleanText


class ShowStats(Command, frozen=True):
    """Ask how the server and its store are doing."""


class Oper(Command, frozen=True):
    """Make this session one of a server operator."""

    name: str
    password: str


class Deoper(ServerCommand, frozen=True):
    """Give up the rights of a server operator."""


class Kill(ServerCommand, frozen=True):
    """End all sessions of a user."""

    nick: Nick
    reason: CleanText | None = None


class BanTarget(msgspec.Struct, frozen=True, gc=False):
    """An account, a network, or whoever has ``nick`` now. ``insist``: even if the ban matches the user who makes it."""

    kind: BanKind
    target: str
    nick: Nick | None = None
    insist: bool = False


class PutServerBan(ServerCommand, frozen=True):
    """Ban someone from the server for ``duration`` seconds, or permanently if that is None."""

    target: BanTarget
    duration: int | None = None
    reason: CleanText | None = None


class LiftServerBan(ServerCommand, frozen=True):
    """Lift a ban from the server."""

    target: BanTarget


class ShowServerBans(ServerCommand, frozen=True):
    """Ask for the bans from the server; pages count from 1."""

    page: int = 1


class ShowAccounts(ServerCommand, frozen=True):
    """Ask for the accounts, or for those whose names match a mask; pages count from 1."""

    mask: str | None = None
    page: int = 1


class ResetPassword(ServerCommand, frozen=True):
    """Replace the password of an account with a code."""

    account: Nick


class RemoveAccount(ServerCommand, frozen=True):
    """Delete another user's account."""

    account: Nick


class Announce(ServerCommand, frozen=True):
    """Say something to everyone on the server or, if ``wallops``, to operators and to users who have turned that on."""

    lines: Lines
    wallops: bool = False


class SetPanic(ServerCommand, frozen=True):
    """Set the lockdown level: 0 lets everyone in, 1 no new guests, 2 nobody new."""

    level: int


class ShowAudit(ServerCommand, frozen=True):
    """Ask for the audit log, which lists what server operators did; pages count from 1."""

    page: int = 1


class Help(Command, frozen=True):
    """Ask for help; about one command if ``topic`` is given."""

    topic: str | None = None


class Ping(Command, frozen=True):
    """Ask whether the server answers; it sends ``text`` back."""

    text: CleanText = CleanText("")


class Pong(Command, frozen=True):
    """Answer the server's ping."""


class Quit(Command, frozen=True):
    """Leave the chat."""

    reason: CleanText | None = None
