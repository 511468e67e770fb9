"""Who people are, and who is here."""

from __future__ import annotations

from typing import Final

from twisted_chat.core.api.commands.base import Command, RoomCommand
from twisted_chat.core.values.about import UserChange
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.profile import ProfileChange
from twisted_chat.core.values.text import CleanText


class Rename(Command, frozen=True):
    """Change the user's nick."""

    nick: Nick


#: The reason that is shown for a user who is away and gave none.
NO_REASON: Final = CleanText("away")


class Away(Command, frozen=True):
    """Mark the user as away, with a reason; a ``text`` of None means that the user is back."""

    text: CleanText | None


class SetRealName(Command, frozen=True):
    """Set the user's real name; an empty text clears it."""

    text: CleanText


class ShowUser(Command, frozen=True):
    """Ask for the settings of the user."""


class ChangeUser(Command, frozen=True):
    """Change settings of the user, at least one."""

    changes: tuple[UserChange, ...]


class ShowCounts(Command, frozen=True):
    """Ask how many users, operators, connections and rooms the server has."""


class Whowas(Command, frozen=True):
    """Ask which users had a nickname before; the latest ``count`` of them, or all if that is None."""

    nick: Nick
    count: int | None = None


class Watch(Command, frozen=True):
    """Watch these nicks, and no longer the others: this session is told when a user with one of them comes or goes.

    ``clear``: first stop watching all nicks. ``in_detail``: also show changes of the watched users, as if they shared a room
    with the session's user.
    """

    add: tuple[Nick, ...] = ()
    remove: tuple[Nick, ...] = ()
    clear: bool = False
    in_detail: bool = False


class ShowWatched(Command, frozen=True):
    """Ask which nicks the session watches, and which of them are here."""


class Who(Command, frozen=True):
    """Ask which users are here, or in one room; pages count from 1. ``whole``: all of them, as fast as the session reads.

    ``nicks``: ask only which of these are here.
    """

    room: RoomName | None = None
    page: int = 1
    whole: bool = False
    nicks: tuple[Nick, ...] = ()


class ListAll(Command, frozen=True):
    """Ask for the rooms and the users; pages count from 1."""

    page: int = 1


class Whois(Command, frozen=True):
    """Ask about one user."""

    nick: Nick


class Ignore(Command, frozen=True):
    """Hide from this session what a user says; None asks which users are ignored."""

    nick: Nick | None = None


class Unignore(Command, frozen=True):
    """Show again what a user says."""

    nick: Nick


class ChangeProfile(RoomCommand, frozen=True):
    """Change what a room's profile says or, unless ``of_room``, the sender's own; ``room`` None is the focused one."""

    changes: tuple[ProfileChange, ...]
    of_room: bool = False
    room: RoomName | None = None


class ShowProfile(RoomCommand, frozen=True):
    """Ask for a profile: that of ``nick``; if that is None, of ``room``; if both are None, of the user who asks."""

    nick: Nick | None = None
    room: RoomName | None = None


class ShowProfiles(Command, frozen=True):
    """Ask what the profiles of a room and of its members say under these keys."""

    room: RoomName
    keys: frozenset[str]
