"""Entering and leaving rooms, their topics, owners and lists."""

from __future__ import annotations

from twisted_chat.core.api.commands.base import Command, RoomCommand
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.retention import Keep
from twisted_chat.core.values.text import CleanText


class Join(Command, frozen=True):
    """Enter a room, which is created if there is none of that name, and make it the focused room."""

    room: RoomName
    password: str | None = None


class Leave(Command, frozen=True):
    """Leave a room; the focused room if None."""

    room: RoomName | None = None
    reason: CleanText | None = None


class Kick(Command, frozen=True):
    """Remove a user from a room; only for operators of that room. If ``room`` is None, from the focused room."""

    nick: Nick
    reason: CleanText | None = None
    room: RoomName | None = None


class ShowTopic(Command, frozen=True):
    """Ask for the topic of a room; of the focused room if None."""

    room: RoomName | None = None


class SetTopic(Command, frozen=True):
    """Set the topic of a room; of the focused room if ``room`` is None. An empty text clears it."""

    topic: CleanText
    room: RoomName | None = None


class ShowKeep(Command, frozen=True):
    """Ask how much of a room's history is kept; of the focused room's if None."""

    room: RoomName | None = None


class SetKeep(Command, frozen=True):
    """Set how much of a room's history is kept, of the focused room's if ``room`` is None; only for operators of the room."""

    keep: Keep
    room: RoomName | None = None


class ListRooms(Command, frozen=True):
    """Ask for the rooms; pages count from 1. ``whole``: as for :class:`Who`."""

    page: int = 1
    whole: bool = False


class InviteToRoom(RoomCommand, frozen=True):
    """Invite a user to a room; if an operator does so, they can enter once whatever the settings are."""

    nick: Nick
    room: RoomName | None = None


class ShowInvitations(Command, frozen=True):
    """Ask for the rooms to which the user is invited; pages count from 1."""

    page: int = 1


class RegisterRoom(RoomCommand, frozen=True):
    """Become the owner of a room, so that it persists while it is empty."""

    room: RoomName | None = None


class DropRoom(RoomCommand, frozen=True):
    """Delete the user's room with its whole history; its name must be given."""

    room: RoomName | None = None


class RenameRoom(RoomCommand, frozen=True):
    """Rename a room."""

    name: RoomName
    reason: CleanText | None = None
    room: RoomName | None = None


class Transfer(RoomCommand, frozen=True):
    """Make another user the owner of a room."""

    nick: Nick
    room: RoomName | None = None


class Export(RoomCommand, frozen=True):
    """Ask for the whole history of a room."""

    room: RoomName | None = None
