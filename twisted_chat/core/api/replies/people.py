"""Replies about people."""

from __future__ import annotations

import msgspec

from twisted_chat.core.api.events import Author
from twisted_chat.core.api.replies.base import BaseReply
from twisted_chat.core.api.replies.rooms import Rooms
from twisted_chat.core.values.about import UserChange
from twisted_chat.core.values.account import Privacy
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.room_settings import Role
from twisted_chat.core.values.text import CleanText


class Person(msgspec.Struct, frozen=True):
    """One line of a list of users."""

    nick: Nick
    away: CleanText | None = None
    account: str | None = None
    operator: bool = False
    roles: tuple[Role, ...] = ()
    #: For how many seconds the user has said nothing.
    idle: float = 0.0
    #: The public name of one of the user's sessions.
    scope: str = ""
    #: These are as others see them, see :class:`.events.Author`.
    account_name: str = ""
    user_name: str = ""
    host: str = ""
    real_name: str = ""
    bot: bool = False
    #: The user is an operator of the server.
    server_operator: bool = False


class People(BaseReply, frozen=True):
    """A page of the users who are here or, if ``room`` is given, in that room, which may be ``private``."""

    people: tuple[Person, ...]
    count: int
    page: int
    pages: int
    room: RoomName | None = None
    private: bool = False


class Overview(BaseReply, frozen=True):
    """A page of the rooms and of the users: the answer to :class:`.commands.ListAll`."""

    rooms: Rooms
    people: People


class Profile(BaseReply, frozen=True):
    """What is known of one user. Times are in seconds since 1970; ``idle`` is in seconds.

    ``host`` is what others may see of the user's address, ``addresses`` is for server operators only; ``operator``: the user is
    one. ``account_name``, ``user_name`` and ``host`` are what others see, as for :class:`.events.Author`.
    ``values`` are what their profile says.
    """

    nick: Nick
    account: str | None
    rooms: tuple[RoomName, ...]
    since: float
    idle: float
    away: CleanText | None
    host: str = ""
    operator: bool = False
    addresses: tuple[str, ...] = ()
    account_name: str = ""
    user_name: str = ""
    real_name: str = ""
    bot: bool = False
    #: Those in each of ``rooms``.
    roles: tuple[tuple[Role, ...], ...] = ()
    values: tuple[tuple[str, CleanText], ...] = ()


class ProfileValues(BaseReply, frozen=True):
    """What the profile of a user or a room says."""

    of: Nick | RoomName
    values: tuple[tuple[str, CleanText], ...]


class WasHere(BaseReply, frozen=True):
    """When a user who is not here was last here, in seconds since 1970; ``ago`` is in seconds.

    The rest is as for :class:`Profile` if the user left not long ago; of an account, only the name is given.
    """

    name: str
    time: float
    ago: float
    account: str | None = None
    account_name: str = ""
    user_name: str = ""
    host: str = ""
    real_name: str = ""


class WereHere(BaseReply, frozen=True):
    """The users who had a nickname and no longer have it, the latest first."""

    nick: Nick
    users: tuple[WasHere, ...]


class Yourself(BaseReply, frozen=True):
    """The settings of the session's user; ``operator``: the session is one of a server operator."""

    nick: Nick
    settings: tuple[UserChange, ...]
    operator: bool
    #: Who may write to their account in private; None for a guest.
    privacy: Privacy | None = None


class Ignored(BaseReply, frozen=True):
    """The users whom this session ignores."""

    names: tuple[str, ...]


class Watched(BaseReply, frozen=True):
    """The nicks that the session watches: users who are ``here``, and nicks that are ``gone``; ``refused`` would be too many."""

    here: tuple[Author, ...]
    gone: tuple[Nick, ...]
    refused: tuple[Nick, ...] = ()


class RecipientAway(BaseReply, frozen=True):
    """The recipient of a private message is away, and why."""

    nick: Nick
    text: CleanText
