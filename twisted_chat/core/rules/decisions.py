"""What deciding a command comes to: something to be put in order by the bus, or a reply for the asker alone."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.records import Query
from twisted_chat.core.state.conversations import as_told
from twisted_chat.core.values.account import Account, Proof
from twisted_chat.core.values.ids import Moment, RoomId
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.core.values.text import CleanText


class Propose(msgspec.Struct, frozen=True, gc=False):
    """Put this in order; the session waits for it to come back. Of a message the hub makes the proposal at once."""

    event: e.Event
    room: RoomId | None = None


class FocusOn(msgspec.Struct, frozen=True):
    """Plain text of this session goes to ``room`` from now on."""

    room: RoomId


class Ignoring(msgspec.Struct, frozen=True):
    """Hide (or show again) what the user with this nick key says; ``name`` is how it was spelled."""

    key: str
    name: str
    hide: bool


class Proven(msgspec.Struct, frozen=True):
    """The login of this session that follows is to the account that is proven by this."""

    proof: Proof


class Watching(msgspec.Struct, frozen=True):
    """Let the session watch other nicks; see :class:`.commands.Watch`."""

    add: tuple[Nick, ...]
    remove: tuple[Nick, ...]
    clear: bool
    in_detail: bool


class SendReply(msgspec.Struct, frozen=True):
    """Answer the asker, after changing the asker's session."""

    reply: r.Reply
    change: FocusOn | Ignoring | Proven | Watching | None = None


class PrivateHistory(msgspec.Struct, frozen=True):
    """Whose private messages are asked for: those of the asker's account and of another."""

    mine: Account
    other: Account

    def told(self, envelope: e.Envelope) -> e.Envelope:
        """Return what is kept of a message as the message it was."""
        assert envelope.author is not None
        sent = envelope.author.account == self.mine.key
        return as_told(envelope, (self.other if sent else self.mine).name)


class InParts(msgspec.Struct, frozen=True):
    """Answer with a list that is too long for one reply, in parts, each made when the reader has taken the one before."""

    parts: Iterator[r.Reply]


class Recall(msgspec.Struct, frozen=True):
    """Answer with history from the store: at most ``limit`` lines before or after a message, or the last ones.

    None up to ``floor`` is shown. ``conversation``: it is no room, but what two accounts wrote in private.
    ``newest``: of the lines after a message, the last ones.
    An ``export`` has everything, also from those whom the session ignores, with dates.
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
        """What it is the history of: a room, or the conversation with somebody."""
        return self.room.name if self.private is None else self.private.other.name


class RunSearch(msgspec.Struct, frozen=True):
    """Answer with what the store finds."""

    query: Query


class ServerStats(msgspec.Struct, frozen=True):
    """Answer with how the server and its store are doing."""


class FindMessage(msgspec.Struct, frozen=True):
    """Find a message in this place; the command goes on with :meth:`Hub.found`."""

    command: c.DeleteMessage
    place: e.RoomRef


class CheckPassword(msgspec.Struct, frozen=True):
    """Check the password of the account ``nick``; if it is right, ``command`` goes on with :meth:`Hub.proven`.

    ``proof`` is what a right password proves, None if there is no such account: that takes as long, and is told in the same
    words.
    """

    nick: Nick
    password: str
    command: c.Login | c.Authenticate | c.ChangePassword | c.DropAccount
    proof: Proof | None


class HashPassword(msgspec.Struct, frozen=True):
    """Hash a password, and propose that an account of this nick is made with it."""

    nick: Nick
    password: str
    invite: str | None = None


class MakeInvite(msgspec.Struct, frozen=True):
    """Make up an invitation, propose it, and tell it to the asker."""


class AdminAction(msgspec.Struct, frozen=True):
    """Answer a server operator, or who wants to be one: it takes more than the state to do that."""

    command: c.Oper | c.Deoper | c.ShowServerBans | c.ShowAudit | c.ShowAccounts | c.ResetPassword


class LastSeen(msgspec.Struct, frozen=True):
    """Answer with when the account of this name was here last: nobody is here under it now."""

    nick: Nick


class GoodBye(msgspec.Struct, frozen=True):
    """End the session; its user, if it has one, departs for this reason."""

    reason: CleanText


class Nothing(msgspec.Struct, frozen=True):
    """There is nothing to do and nothing to say."""


class Ponder(msgspec.Struct, frozen=True):
    """Decide the command again in the next turn: there is more to look at than one turn has time for."""

    command: c.Command


class Repeat(msgspec.Struct, frozen=True):
    """It was said before under the same id: acknowledge it again."""

    message: int
    time: float


Decision = (
    Propose
    | e.Proposal
    | SendReply
    | InParts
    | Recall
    | RunSearch
    | ServerStats
    | AdminAction
    | LastSeen
    | FindMessage
    | CheckPassword
    | HashPassword
    | MakeInvite
    | Ponder
    | Repeat
    | GoodBye
    | Nothing
)
