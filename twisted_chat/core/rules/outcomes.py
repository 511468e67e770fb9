"""What applying a proposal comes to, and to whom that is shown."""

from __future__ import annotations

from typing import Final

import msgspec

from twisted_chat.core.api import events as e
from twisted_chat.core.api.replies import NameRefused, PasswordNeeded, Refused
from twisted_chat.core.values.ids import MessageId, RoomId, UserId


class InRoom(msgspec.Struct, frozen=True, gc=False):
    """Shown to the members of a room."""

    room: RoomId


class Near(msgspec.Struct, frozen=True):
    """Shown once to each session in one of these rooms; and, where ``author`` is set, to the author."""

    rooms: tuple[RoomId, ...]
    author: bool


class Between(msgspec.Struct, frozen=True):
    """Shown to these users, in private."""

    users: tuple[UserId, ...]


Audience = InRoom | Near | Between

NOBODY: Final = Between(())

NOT_IN_ROOM: Final = Refused(
    "not-in-room",
    "You are no longer in that room, so nothing was done there. /join ROOM takes you back.",
)


class Applied(msgspec.Struct, frozen=True, gc=False):
    """It happened: what to show, and to whom. ``secret`` is what the store is given besides, and nobody is shown."""

    envelope: e.Envelope
    audience: Audience
    secret: str | None = None


class Duplicate(msgspec.Struct, frozen=True):
    """It was said before, under the same id: acknowledge that again."""

    message: MessageId
    time: float


#: Why something did not happen.
Why = Refused | PasswordNeeded | NameRefused | Duplicate


class Rejected(msgspec.Struct, frozen=True):
    """It did not happen, and why; ``why`` is for the session it came from."""

    proposal: e.Proposal
    why: Why


Outcome = Applied | Rejected
