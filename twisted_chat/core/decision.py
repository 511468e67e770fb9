"""What deciding a command comes to: something to be put in order by the bus, or a reply for the asker alone."""

from __future__ import annotations

import msgspec

from twisted_chat.core import commands as c
from twisted_chat.core import events as e
from twisted_chat.core import replies as r
from twisted_chat.core.ids import RoomId
from twisted_chat.core.lasting import Query
from twisted_chat.core.names import Nick
from twisted_chat.core.text import CleanText


class Propose(msgspec.Struct, frozen=True, gc=False):
    """Put this in order. ``claim``: the session waits for it to come back."""

    event: e.Event
    room: RoomId | None = None
    claim: bool = False


class FocusOn(msgspec.Struct, frozen=True):
    """Plain text of this session goes to ``room`` from now on."""

    room: RoomId


class Ignoring(msgspec.Struct, frozen=True):
    """Hide (or show again) what the user with this nick key says; ``name`` is how it was spelled."""

    key: str
    name: str
    hide: bool


class Tell(msgspec.Struct, frozen=True):
    """Answer the asker, after changing the asker's session."""

    reply: r.Reply
    change: FocusOn | Ignoring | None = None


class Recall(msgspec.Struct, frozen=True):
    """Answer with history from the store: at most ``limit`` lines before or after a message, or the last ones."""

    room: e.RoomRef
    before: int | None
    after: int | None
    limit: int


class Seek(msgspec.Struct, frozen=True):
    """Answer with what the store finds."""

    query: Query


class Survey(msgspec.Struct, frozen=True):
    """Answer with how the server and its store are doing."""


class Operate(msgspec.Struct, frozen=True):
    """Answer a server operator, or who wants to be one: it takes more than the state to do that."""

    command: c.Oper | c.Deoper | c.ShowServerBans | c.ShowAudit


class LastSeen(msgspec.Struct, frozen=True):
    """Answer with when the account of this name was here last: nobody is here under it now."""

    nick: Nick


class GoodBye(msgspec.Struct, frozen=True):
    """End the session; its user, if it has one, departs for this reason."""

    reason: CleanText


class Nothing(msgspec.Struct, frozen=True):
    """There is nothing to do and nothing to say."""


class Repeat(msgspec.Struct, frozen=True):
    """It was said before under the same id: acknowledge it again."""

    message: int
    time: float


Decision = Propose | Tell | Recall | Seek | Survey | Operate | LastSeen | Repeat | GoodBye | Nothing
