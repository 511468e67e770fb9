"""A session on the side of its connection, and what is needed of the door it came through."""

from __future__ import annotations

from typing import Final, Protocol

from twisted_chat.core.values.ids import SessionId
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.delivery.outbox import Outbox, Sink, Slot
from twisted_chat.dialects.base import DialectSession

#: The most messages of one session that may be on their way over the bus; then it waits.
MAX_FLYING: Final = 100

#: The most acknowledgements that may be due to one session; then it waits. A client that sends all it has at once is not held
#: up by a store that commits every 50 ms; one that sends on while the store hangs holds some 200 KB at most.
MAX_UNACKED: Final = 1_000


class Door(Sink, Protocol):
    """What is needed of the end of a connection."""

    def resumed(self) -> None:
        """The session no longer waits for an answer: hand in what came meanwhile."""

    def logged_in(self, *, resumed: bool) -> None:
        """The session has a nick now; ``resumed``: that of an earlier session, in whose rooms it is."""

    def ask_password(self, name: RoomName | Nick, *, wrong: bool) -> bool:
        """Ask for the password of a room, and join with it, or of a registered nick, and log in with it.

        False if this door cannot, or asked enough. ``wrong``: the password that was given is another one.
        """

    @property
    def private(self) -> bool:
        """Nobody can read along on the way: TLS, or no way at all."""

    def end(self) -> None:
        """Close the connection once all that was written is out."""


class Answer:
    """An answer that comes in parts: the slot of a session that it fills, and how its lines are shown there."""

    __slots__ = ("broken", "dated", "dialect", "here", "slot", "tag")

    def __init__(
        self, slot: Slot, dialect: DialectSession, tag: str | None, dated: bool, here: bool | None
    ) -> None:
        self.slot = slot
        self.dialect = dialect
        self.tag = tag
        self.dated = dated
        self.here = here
        self.broken = False


class Session:
    """A session: its outbox, its side of a dialect, and whether it waits for an answer."""

    __slots__ = (
        "address",
        "answers",
        "claims",
        "closing",
        "dialect",
        "door",
        "flying",
        "id",
        "leaves",
        "outbox",
        "unacked",
        "waits",
    )

    def __init__(
        self,
        session: SessionId,
        door: Door,
        dialect: DialectSession,
        outbox: Outbox,
        address: str = "",
    ) -> None:
        self.id = session
        #: Where it comes from, for the log.
        self.address = address
        self.door = door
        self.dialect = dialect
        self.outbox = outbox
        #: How many answers it waits for, and whether one of them is a claim on its way over the bus.
        self.waits = 0
        self.claims = False
        self.closing = False
        #: How many of its messages are on their way over the bus, and how many acknowledgements are due.
        self.flying = 0
        self.unacked = 0
        #: The answers that it is being given.
        self.answers: dict[int, Answer] = {}
        #: Why it leaves, and what the log says of that, once all it said is told and acknowledged.
        self.leaves: tuple[str, str | None] | None = None

    @property
    def ready(self) -> bool:
        """The next line may be handed in."""
        return (
            self.waits == 0
            and self.flying < MAX_FLYING
            and self.unacked < MAX_UNACKED
            and not self.closing
        )

    @property
    def idle(self) -> bool:
        """What it asked for is finished: no answer, no message on its way and nothing in the store is waited for."""
        return not (self.waits or self.flying or self.unacked)

    @property
    def settled(self) -> bool:
        """All it said is told and acknowledged."""
        return not self.flying and not self.unacked

    @property
    def placed(self) -> bool:
        """What it asked for has happened, though the answer may wait for the store: what it is told now comes behind that."""
        return not self.claims and not self.closing
