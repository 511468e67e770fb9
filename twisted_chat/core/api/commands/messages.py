"""Saying something, and what was said before."""

from __future__ import annotations

from typing import Final

import msgspec

from twisted_chat.core.api.commands.base import Command, Kind, Lines, RoomCommand
from twisted_chat.core.values.extras import Extras
from twisted_chat.core.values.ids import MessageId, Moment
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.text import CleanText

#: Tells a program how to send a text that looks private.
SAY_LITERALLY: Final = (
    'Send it with the type "private" or "command" if it is for one person, '
    'or with "literal": true to say it as it stands.'
)


class Say(Command, frozen=True):
    """Say something in a room; in the focused room if ``room`` is None.

    ``unless`` lists the nicks to which the text looks like a mistyped private message, and the rooms of which it looks like the
    password. It is not said if a user or an account has one of those nicks, or if one of those rooms is locked. ``program``: a
    program sent it, so a refusal says in that program's terms how to send it anyway.
    """

    lines: Lines
    room: RoomName | None = None
    kind: Kind = "say"
    unless: tuple[Nick | RoomName, ...] = ()
    program: bool = False
    extras: Extras | None = None


class AskBot(Command, frozen=True):
    """Say a line that begins with ``word``, if a bot in the room answers to that word; otherwise refuse it with ``why``."""

    word: str
    line: CleanText
    why: str
    room: RoomName | None = None


class SetBotCommands(Command, frozen=True):
    """Answer to these words from now on, and no longer to those given before."""

    words: tuple[str, ...]


class PrivateMessage(Command, frozen=True):
    """Send a private message to one user.

    With a ``scope``, the public name of a session, it is only for the user who has that session, and with "" only for the
    account of that name, because another user may have the nickname by now.
    """

    to: Nick
    lines: Lines
    kind: Kind = "say"
    scope: str | None = None
    extras: Extras | None = None


class ReplyPrivately(Command, frozen=True):
    """Send a private message to the user who last sent one to this session."""

    lines: Lines


class ShowHistory(Command, frozen=True):
    """Ask for messages of a room, before or after one, or a time, or the latest; or of the conversation with ``partner``.

    Of those after one, the first are shown, unless the ``newest`` are asked for.
    """

    room: RoomName | None = None
    before: MessageId | Moment | None = None
    after: MessageId | Moment | None = None
    limit: int | None = None
    partner: Nick | None = None
    newest: bool = False


class MarkRead(Command, frozen=True):
    """Set up to which message the user has read a room (the focused one if None), or the conversation with ``partner``."""

    message: MessageId
    room: RoomName | None = None
    partner: Nick | None = None


class ShowRecent(Command, frozen=True):
    """Ask in which rooms, and with whom in private, the last message is between two times (milliseconds since 1970)."""

    after: int
    before: int
    limit: int


class MarkReadUntil(Command, frozen=True):
    """Set until when (milliseconds since 1970) the user has read a room, or a conversation; it never goes back."""

    target: RoomName | Nick
    time: int


class ShowReadUntil(Command, frozen=True):
    """Ask until when the user has read that."""

    target: RoomName | Nick


class Term(msgspec.Struct, frozen=True, gc=False):
    """Words to look for, which must follow each other directly. With ``prefix`` the last one may be the beginning of a word.

    A word is a run of letters and digits; upper and lower case match each other.
    """

    text: str
    prefix: bool = False


class Search(Command, frozen=True):
    """Ask for the messages that contain all of ``terms``, or for any messages if there are no terms.

    They must be in one of ``rooms``, or in any room that the user is in; by ``nick``; not older than a time (``since``, seconds
    since 1970) or an age (``age``, seconds); and before a message. The newest ``limit`` of them are the answer.
    """

    terms: tuple[Term, ...]
    nick: Nick | None = None
    rooms: tuple[RoomName, ...] = ()
    since: float | None = None
    age: float | None = None
    before: MessageId | None = None
    limit: int | None = None


class ForgetMe(RoomCommand, frozen=True):
    """Delete what the user has said in a room or, if ``everywhere``, in all rooms. One of the two must be given."""

    room: RoomName | None = None
    everywhere: bool = False


class DeleteMessage(RoomCommand, frozen=True):
    """Delete a message in a room or in the conversation with ``partner``: the user's own or, for operators, another user's."""

    message: MessageId
    room: RoomName | None = None
    partner: Nick | None = None
    reason: CleanText | None = None
