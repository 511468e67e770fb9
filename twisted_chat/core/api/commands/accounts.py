"""Logging in, and accounts."""

from __future__ import annotations

from twisted_chat.core.api.commands.base import Command
from twisted_chat.core.values.about import NOTHING_SAID, About
from twisted_chat.core.values.account import Privacy
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.text import Secret


class Login(Command, frozen=True):
    """Enter the chat as ``nick``, or under a free guest name if that is None.

    ``password`` is that of the account called ``nick``; a user who is already in the chat becomes that account. ``token`` is
    the secret of an earlier session: the session takes over the user of that one, and the ids of messages it sent still count.
    ``or_guest``: if only the password stands in the way of ``nick``, enter as a guest instead. ``said`` is a line that could be
    a nickname and a password, but may be neither; ``nick`` is then what it begins with, if that can be a nickname. If that
    nickname is in use, the login is refused; otherwise the session enters as a guest. ``backlog`` is how many lines of history
    are shown when the session enters a room, or None for the server's default. ``about`` only counts for a user who is not in
    the chat yet.
    """

    nick: Nick | None = None
    password: str | None = None
    token: str | None = None
    or_guest: bool = False
    said: Secret | None = None
    backlog: int | None = None
    about: About = NOTHING_SAID


class Authenticate(Command, frozen=True):
    """Prove which account this session belongs to: before login for the login that follows, afterwards for the user."""

    account: Nick
    password: str


class Register(Command, frozen=True):
    """Create an account for the nick that the user has; ``code`` is an invitation code."""

    password: str
    code: str | None = None


class ChangePassword(Command, frozen=True):
    """Change the password of the user's account."""

    old: str
    new: str


class DropAccount(Command, frozen=True):
    """Delete the user's account."""

    password: str


class MakeInviteCode(Command, frozen=True):
    """Create a code with which one account can be registered."""


class SetPrivacy(Command, frozen=True):
    """Set who may send the user private messages; None asks for the current setting."""

    privacy: Privacy | None = None
