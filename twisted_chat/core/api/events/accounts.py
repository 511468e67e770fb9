"""What happened to accounts."""

from __future__ import annotations

from twisted_chat.core.api.events.base import Author, BaseEvent
from twisted_chat.core.values.account import Privacy, Proof
from twisted_chat.core.values.ids import RoomId
from twisted_chat.core.values.names import Nick


class AccountRegistered(BaseEvent, frozen=True):
    """The author, a guest, created an account for the nick they have.

    ``password`` is what the store keeps of the password; the envelope does not contain it. ``invite`` is the digest of the
    invitation code that was used.
    """

    nick: Nick
    password: str = ""
    invite: str | None = None


class LoggedIn(BaseEvent, frozen=True):
    """The author's session now belongs to an account, and has that account's ``nick``.

    Normally the author is renamed. But if a user with this account and that nick was here already, the session is moved to that
    user (``moved``). If it was the author's last session, the author is gone, and ``rooms`` are those the author was in; they
    are filled in when the event is applied, and so is ``became``, the author as others see them from now on.
    """

    nick: Nick
    proof: Proof
    moved: bool = False
    rooms: tuple[RoomId, ...] | None = None
    became: Author | None = None


class PasswordChanged(BaseEvent, frozen=True):
    """The author changed the password of their account.

    ``password`` is what the store keeps of it; the envelope does not contain it. ``proof`` shows which account it is.
    ``renewed``: the password is the same, and only what the store keeps of it has changed.
    """

    proof: Proof
    password: str = ""
    renewed: bool = False


class AccountDropped(BaseEvent, frozen=True):
    """The author deleted their account: its users are now guests, and its name is free.

    ``gone`` are the rooms that were empty and have no owner any more, and the account's conversations; they were deleted with
    it.
    """

    proof: Proof
    gone: tuple[RoomId, ...] = ()


class InviteCodeMade(BaseEvent, frozen=True):
    """The author made a code with which one account can be registered, until a time in seconds since 1970.

    ``invite`` is its digest, see :func:`twisted_chat.core.state.invites.digest_of`.
    """

    invite: str
    until: float


class PrivacySet(BaseEvent, frozen=True):
    """The author set who may send private messages to their account."""

    privacy: Privacy


class IgnoreSet(BaseEvent, frozen=True):
    """The author's account ignores the user whose nick has this key or, unless ``hide``, no longer does."""

    key: str
    name: str
    hide: bool
