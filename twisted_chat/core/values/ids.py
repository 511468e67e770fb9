"""The kinds of ids in the core, distinguished by type, and how a message id is written."""

from __future__ import annotations

import re
from typing import Final, NewType

import msgspec

# At most 2**63 - 1: ids are signed 64-bit integers in every database.
_SPELLED: Final = re.compile("[0-7][0-9a-f]{15}")

#: A place in the one order of everything that happened: 1, 2, 3 … with gaps; never reused.
MessageId = NewType("MessageId", int)
#: The id of the arrival that created the user. A nick may come back as somebody else, a UserId cannot.
UserId = NewType("UserId", int)
#: The id of the join that created the room: one incarnation of a name. The lobby's is 0.
RoomId = NewType("RoomId", int)
#: The number of a connection to one node. Those of two nodes, or of two starts, may be equal: (node, session) is unique.
SessionId = NewType("SessionId", int)
#: The name of a node, made anew at each start.
Node = NewType("Node", str)
#: Public name of the scope within which a client's own message ids count.
Scope = NewType("Scope", str)


class Moment(msgspec.Struct, frozen=True, gc=False):
    """A time in a history, in seconds since 1970, where no message is named: between what was said before it and the rest."""

    time: float


def spell(message: int) -> str:
    """Write an id as clients see it: 16 hexadecimal digits, so that strings sort as the ids do."""
    return f"{message:016x}"


def read_id(text: str) -> MessageId | None:
    """Read an id written by :func:`spell`; None if it is not one."""
    return MessageId(int(text, 16)) if _SPELLED.fullmatch(text) else None
