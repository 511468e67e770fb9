"""Replies to any command."""

from __future__ import annotations

import msgspec

from twisted_chat.core.api.events import Author
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.names import RoomName


class BaseReply(msgspec.Struct, frozen=True):
    """Base of all replies."""


class Refused(BaseReply, frozen=True):
    """The command was not carried out. ``code`` is for programs; ``why`` tells people the reason and what to do."""

    code: str
    why: str


class Confirmed(BaseReply, frozen=True):
    """The command was carried out; ``text`` says what was done."""

    text: str


class Notice(BaseReply, frozen=True):
    """Something to know that the session did not ask for. ``code`` is for programs.

    ``gone`` is a room that was deleted while the session was in it, and ``by`` the user who deleted it.
    """

    code: str
    text: str
    gone: RoomName | None = None
    by: Author | None = None


class Acked(BaseReply, frozen=True):
    """The message was stored. A private message from or to a guest is not: it was delivered, and its id, if any, is stored.

    Unless ``kept``: the message was shown to those who were there, and is in no history.
    """

    message: MessageId
    time: float
    kept: bool = True
