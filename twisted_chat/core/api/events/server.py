"""What operators of the server did."""

from __future__ import annotations

from twisted_chat.core.api.commands import Lines
from twisted_chat.core.api.events.base import BaseEvent
from twisted_chat.core.values.ids import RoomId, UserId
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.server_ban import Ban
from twisted_chat.core.values.server_ban import Kind as BanKind
from twisted_chat.core.values.text import CleanText


class Killed(BaseEvent, frozen=True):
    """The author, as the server operator ``by``, ended all sessions of a user."""

    by: str
    user: UserId
    nick: Nick
    reason: CleanText | None = None


class ServerBanned(BaseEvent, frozen=True):
    """The author, as the server operator ``by``, banned someone from the server."""

    by: str
    ban: Ban


class ServerUnbanned(BaseEvent, frozen=True):
    """The author, as the server operator ``by``, lifted a ban from the server."""

    by: str
    kind: BanKind
    target: str


class Announced(BaseEvent, frozen=True):
    """The author, as the server operator ``by``, said something to everyone on the server.

    ``wallops``: only to the other operators, and to users who have turned that on.
    """

    by: str
    lines: Lines
    wallops: bool = False


class PanicSet(BaseEvent, frozen=True):
    """The author, as the server operator ``by``, set the lockdown level, see :class:`.commands.SetPanic`."""

    by: str
    level: int


class PasswordReset(BaseEvent, frozen=True):
    """The author, as the server operator ``by``, replaced the password of an account with a code.

    ``password`` is what the store keeps of the code; the envelope does not contain it. ``code`` is the digest of the code, as
    for an invitation. ``users`` are those who are here with the account and have to leave; they are filled in when the event is
    applied.
    """

    by: str
    account: str
    code: str = ""
    password: str = ""
    users: tuple[UserId, ...] = ()


class AccountRemoved(BaseEvent, frozen=True):
    """The author, as the server operator ``by``, deleted an account; ``gone`` is as below, ``users`` as above."""

    by: str
    account: str
    users: tuple[UserId, ...] = ()
    gone: tuple[RoomId, ...] = ()
