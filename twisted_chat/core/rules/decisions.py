"""Decisions: a proposal that the bus puts in order, or a reply for the session that asked."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.records import Query
from twisted_chat.core.state.conversations import Participant, as_told, key_of
from twisted_chat.core.values.account import Proof
from twisted_chat.core.values.ids import MessageId, Moment, RoomId
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.text import CleanText


class Propose(msgspec.Struct, frozen=True, gc=False):
    """Put this in order; the session waits for it. For a message, the hub makes the proposal at once."""

    event: e.Event
    room: RoomId | None = None


class FocusOn(msgspec.Struct, frozen=True):
    """From now on, plain text of this session goes to ``room``."""

    room: RoomId


class Ignoring(msgspec.Struct, frozen=True):
    """Hide (or show again) what the user with this nick key says; ``name`` is how the nick was typed."""

    key: str
    name: str
    hide: bool


class Proven(msgspec.Struct, frozen=True):
    """The next login of this session is to the account that ``proof`` names."""

    proof: Proof


class Watching(msgspec.Struct, frozen=True):
    """Let the session watch other nicks; see :class:`.commands.Watch`."""

    add: tuple[Nick, ...]
    remove: tuple[Nick, ...]
    clear: bool
    in_detail: bool


class SendReply(msgspec.Struct, frozen=True):
    """Send a reply to the session, after changing its state."""

    reply: r.Reply
    change: FocusOn | Ignoring | Proven | Watching | None = None


class PrivateHistory(msgspec.Struct, frozen=True):
    """Asks for the private messages between two: the user, and another one."""

    mine: Participant
    other: Participant

    def told(self, envelope: e.Envelope) -> e.Envelope:
        """Return a kept message as the message it was."""
        assert envelope.author is not None
        sent = key_of(envelope.author) == self.mine.key
        return as_told(envelope, (self.other if sent else self.mine).name)


class InParts(msgspec.Struct, frozen=True):
    """Answer with a list that is too long for one reply, in parts. Each is made when the session has read the previous one."""

    parts: Iterator[r.Reply]


class Recall(msgspec.Struct, frozen=True):
    """Answer with history from the store: at most ``limit`` lines before or after a message, or the latest ones.

    Messages up to ``floor`` are left out. ``private``: it is not a room, but the conversation of two accounts. ``newest``: of
    the lines after a message, the latest ones. An ``export`` has everything, including what ignored users said, with dates.
    """

    room: e.RoomRef
    before: int | Moment | None
    after: int | Moment | None
    limit: int
    floor: int = 0
    export: bool = False
    private: PrivateHistory | None = None
    newest: bool = False

    @property
    def place(self) -> RoomName | Nick:
        """The name of the room, or of the partner of the conversation."""
        return self.room.name if self.private is None else self.private.other.name


class RunSearch(msgspec.Struct, frozen=True):
    """Answer with what the store finds."""

    query: Query


class ServerStats(msgspec.Struct, frozen=True):
    """Answer with how the server and its store are doing."""


class Place(msgspec.Struct, frozen=True):
    """A room or a conversation, as its user knows it; what is up to ``floor`` is not shown."""

    ref: e.RoomRef
    name: RoomName | Nick
    floor: MessageId = MessageId(0)


class FindRecent(msgspec.Struct, frozen=True):
    """Answer with those of these places whose last message is between two times, see :class:`.commands.ShowRecent`."""

    places: tuple[Place, ...]
    after: int
    before: int
    limit: int


class FindMessage(msgspec.Struct, frozen=True):
    """Find a message in this place; the command goes on with :meth:`Hub.found`."""

    command: c.DeleteMessage
    place: e.RoomRef


class CheckPassword(msgspec.Struct, frozen=True):
    """Check the password of the account ``nick``; if it is right, ``command`` goes on with :meth:`Hub.proven`.

    ``proof`` is what a right password proves. It is None if there is no such account; the check then takes as long and fails
    with the same words.
    """

    nick: Nick
    password: str
    command: c.Login | c.Authenticate | c.ChangePassword | c.DropAccount
    proof: Proof | None


class HashPassword(msgspec.Struct, frozen=True):
    """Hash a password, and propose the registration of an account with it."""

    nick: Nick
    password: str
    invite: str | None = None


class MakeInvite(msgspec.Struct, frozen=True):
    """Make an invitation code, propose it, and tell it to the user."""


class AdminAction(msgspec.Struct, frozen=True):
    """Handle a command of a server operator, or of a user who wants to become one; this needs more than the state."""

    command: c.Oper | c.Deoper | c.ShowServerBans | c.ShowAudit | c.ShowAccounts | c.ResetPassword


class LastSeen(msgspec.Struct, frozen=True):
    """Answer with when the account of this name was last here; no user is here under that name."""

    nick: Nick


class GoodBye(msgspec.Struct, frozen=True):
    """End the session; its user, if it has one, departs for this reason."""

    reason: CleanText


class Nothing(msgspec.Struct, frozen=True):
    """Do nothing and say nothing."""


class Ponder(msgspec.Struct, frozen=True):
    """Decide the command again in the next turn, because it takes more time than one turn has."""

    command: c.Command


class Repeat(msgspec.Struct, frozen=True):
    """The message was said before under the same id: acknowledge it again."""

    message: int
    time: float


Decision = (
    Propose
    | SendReply
    | InParts
    | Recall
    | RunSearch
    | ServerStats
    | AdminAction
    | LastSeen
    | FindMessage
    | FindRecent
    | CheckPassword
    | HashPassword
    | MakeInvite
    | Ponder
    | Repeat
    | GoodBye
    | Nothing
)
