"""Replies to a login."""

from __future__ import annotations

from twisted_chat.core.api.events import Author
from twisted_chat.core.api.replies.base import BaseReply
from twisted_chat.core.values.ids import Scope
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.text import CleanText


class PasswordNeeded(BaseReply, frozen=True):
    """The room is locked, and no password was given or, if ``wrong``, not the right one."""

    room: RoomName
    wrong: bool = False


class NameRefused(BaseReply, frozen=True):
    """The nickname asked for at login is not available. ``suggestion`` is one that is free at the moment."""

    code: str
    why: str
    suggestion: Nick | None = None


class NickPassword(BaseReply, frozen=True):
    """The nickname asked for at login is registered, so its password is needed.

    ``suggestion`` is one that is free at the moment. ``inside``: a user who is already in the chat asked for it, and the next
    line they type is said.
    """

    nick: Nick
    suggestion: Nick | None = None
    inside: bool = False


class Authenticated(BaseReply, frozen=True):
    """The password was correct: the login that follows will be to this account."""

    account: Nick


class Greeting(BaseReply, frozen=True):
    """The first thing a session is shown."""

    server: str


class Welcome(BaseReply, frozen=True):
    """The session has logged in as ``nick``.

    ``token`` is a secret with which a later session can take over from this one, and ``scope`` the public name of the session.
    ``author`` is the session as others see it.
    """

    nick: Nick
    token: str
    motd: tuple[CleanText, ...] = ()
    resumed: bool = False
    scope: Scope = Scope("")
    author: Author | None = None


class Hint(BaseReply, frozen=True):
    """How to find out more; shown once."""
