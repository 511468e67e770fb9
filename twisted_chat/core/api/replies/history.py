"""Replies with what was said before, missed or found."""

from __future__ import annotations

from typing import Literal

import msgspec

from twisted_chat.core.api.replies.base import BaseReply
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.names import Nick, RoomName


class HistoryStart(BaseReply, frozen=True):
    """Earlier messages follow, oldest first: those of a room, or those with a partner.

    ``asked``: a command asked for them. ``count`` is None if there are so many that they are sent while they are read from the
    store; then there is at least one.
    """

    room: RoomName | Nick
    count: int | None
    asked: bool


class HistoryEnd(BaseReply, frozen=True):
    """The end of the history: it had ``count`` messages.

    ``more``: there are more in the direction that was asked for, before or after the message ``at``.
    """

    room: RoomName | Nick
    count: int
    asked: bool
    more: bool
    side: Literal["before", "after"] = "before"
    at: MessageId | None = None


class WaitingStart(BaseReply, frozen=True):
    """Private messages follow that arrived while no session of the account was here."""

    count: int


class WaitingEnd(BaseReply, frozen=True):
    """The end of these private messages."""

    count: int


class MissedRoom(msgspec.Struct, frozen=True):
    """How many messages were said in one room after the message ``after``, and how many of them named the account.

    ``more``: only ``count`` of them were counted, and there are more.
    """

    room: RoomName
    count: int
    mentions: int
    after: MessageId
    more: bool = False


class Missed(BaseReply, frozen=True):
    """What an account missed while it was not here: messages in rooms, and private messages, by sender and number."""

    rooms: tuple[MissedRoom, ...]
    private: tuple[tuple[str, int], ...]


class ReadUpTo(BaseReply, frozen=True):
    """Up to which message the account of the session has read a room, or the conversation with a partner."""

    place: RoomName | Nick
    message: MessageId


class ReadUntil(BaseReply, frozen=True):
    """Until when (milliseconds since 1970) the user of the session has read that; None: they never said.

    ``noticed``: it follows from the message up to which they have read, of which programs that know ids are told.
    """

    target: RoomName | Nick
    time: int | None
    noticed: bool = False


class RecentPlaces(BaseReply, frozen=True):
    """The rooms and people of :class:`.commands.ShowRecent`, with the times of their last messages, the earliest first."""

    places: tuple[tuple[RoomName | Nick, int], ...]


class SearchStart(BaseReply, frozen=True):
    """The messages that a search found follow, oldest first."""

    count: int


class SearchEnd(BaseReply, frozen=True):
    """The end of the search: it found ``count`` messages.

    ``more``: there are older ones. Unless ``whole``, some messages could not be searched.
    """

    count: int
    more: bool
    whole: bool
