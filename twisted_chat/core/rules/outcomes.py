"""Outcomes of applying a proposal, and the audiences of events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import msgspec

from twisted_chat.core.api import events as e
from twisted_chat.core.api.replies import NameRefused, PasswordNeeded, Refused
from twisted_chat.core.rules import effects as f
from twisted_chat.core.state.state import State
from twisted_chat.core.values.ids import MessageId, Node, RoomId, UserId


class InRoom(msgspec.Struct, frozen=True, gc=False):
    """The members of a room."""

    room: RoomId


class Near(msgspec.Struct, frozen=True):
    """The sessions in any of these rooms, once each; if ``author`` is set, the author's as well."""

    rooms: tuple[RoomId, ...]
    author: bool


class Between(msgspec.Struct, frozen=True):
    """These users, in private."""

    users: tuple[UserId, ...]


Audience = InRoom | Near | Between

NOBODY: Final = Between(())

NOT_IN_ROOM: Final = Refused(
    "not-in-room",
    "You are no longer in that room, so nothing was done there. /join ROOM takes you back.",
)


class Applied(msgspec.Struct, frozen=True, gc=False):
    """The proposal was applied; ``effects`` are what follows on this node.

    ``secret`` is what the store is given in addition, and nobody is shown.
    """

    envelope: e.Envelope
    audience: Audience
    secret: str | None = None
    effects: f.Effects = ()


class Duplicate(msgspec.Struct, frozen=True):
    """The message was said before under the same id: acknowledge it again."""

    message: MessageId
    time: float


#: Why something did not happen.
Why = Refused | PasswordNeeded | NameRefused | Duplicate


class Rejected(msgspec.Struct, frozen=True):
    """The proposal was not applied; ``why`` is for the session that it came from."""

    proposal: e.Proposal
    why: Why


Outcome = Applied | Rejected

#: Returns what follows from an event on a node; the state is that after the event.
Follow: TypeAlias = Callable[[Applied, Any, State, Node], f.Effects]


def shown(applied: Applied, event: e.Event, state: State, node: Node) -> f.Effects:
    """Show an event that does not change who is in which room."""
    match applied.audience:
        case InRoom(room=room):
            return f.ShowRoom(room), f.CONFIRM
        case Near(rooms=rooms):
            return f.ShowNear(rooms), f.CONFIRM
        case Between():  # pragma: no branch (mypy sees a missing case)
            return (f.CONFIRM,)
