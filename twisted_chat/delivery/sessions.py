"""The sessions of this process: what their doors ask for, what they are told, and which of them wait.

An acknowledgement promises that a message is stored; they are given in the order of the store.
"""

from __future__ import annotations

from collections import deque
from typing import Final, Protocol

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from twisted_chat.core.api import replies as r
from twisted_chat.core.values.ids import MessageId, SessionId
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import Nick, RoomName
from twisted_chat.delivery.engine import Delivery
from twisted_chat.delivery.outbox import Outbox, Sink, Slot
from twisted_chat.dialects.base import BadLine, DialectSession, Request
from twisted_chat.runtime.log_sums import LogSums
from twisted_chat.seam import faults
from twisted_chat.seam.ports import HubPort

log = Logger(namespace="twisted_chat.sessions")

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
        """The session has logged in; ``resumed``: it continues an earlier session, in the rooms of that."""

    def ask_password(self, name: RoomName | Nick, *, wrong: bool) -> bool:
        """Ask for the password of a room, and join with it, or of a registered nick, and log in with it.

        False if this door cannot, or asked enough. ``wrong``: the password that was given is another one.
        """

    @property
    def private(self) -> bool:
        """Nobody else can read the connection: it uses TLS, or does not leave the machine."""

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


class Sessions(dict[SessionId, Session]):
    """The sessions of this process by their ids, as their doors use them. The hub drives them by :mod:`.port`."""

    #: There is one before the first session.
    hub: HubPort

    def __init__(self, clock: IReactorTime, limits: Limits, log_sums: LogSums) -> None:
        super().__init__()
        self.clock = clock
        self.limits = limits
        self.log_sums = log_sums
        self.delivery = Delivery(clock, limits)
        self.backlog = self.delivery.backlog
        #: The id up to which all must be stored, and then who gets which acknowledgement.
        self._unacked: deque[tuple[MessageId, Session, r.Reply, str | None]] = deque()
        self._stored_to = MessageId(0)
        self._gone = 0  # how many acknowledgements are due to sessions that are gone
        self._next_session = 1

    def attach(self, hub: HubPort) -> None:
        """Name the hub. Called once, before the first session."""
        self.hub = hub

    # --- what a session does ---

    def open(self, door: Door, dialect: DialectSession, address: str | None) -> Session:
        """Add a session, and let it be greeted. ``address`` is where it comes from, None for this machine."""
        number = SessionId(self._next_session)
        self._next_session += 1
        outbox = self.delivery.outbox(door, dialect.here, dialect.elsewhere)
        session = Session(number, door, dialect, outbox, address or "this machine")
        self[number] = session
        self.hub.open(number, address, door.private)
        return session

    def speak(self, session: Session, dialect: DialectSession) -> None:
        """Let a session speak another dialect, or see what it is shown in another way, from now on."""
        session.dialect = dialect
        self.delivery.look(session.outbox, dialect.here, dialect.elsewhere)

    def submit(self, session: Session, request: Request) -> None:
        """Hand in a command of a session. Only while it is ``ready``."""
        if not self.hub.submit(session.id, request.command, request.tag):
            session.flying += 1

    def refuse(self, session: Session, bad: BadLine) -> None:
        """Tell a session that a line of it was no command."""
        kind = r.NameRefused if self.hub.identity(session.id) is None else r.Refused
        self.tell(session, kind(bad.code, str(bad)), bad.tag)

    # --- what a session gets ---

    def tell(self, session: Session, reply: r.Reply, tag: str | None = None) -> None:
        """Send a reply to a session."""
        self.delivery.send(session.outbox, session.dialect.reply(reply, tag))

    def send(self, session: Session, data: bytes) -> None:
        """Send bytes to a session, behind all that was said in its rooms until now."""
        self.delivery.send(session.outbox, data)

    def answer(self, session: Session, reply: r.Reply, tag: str | None) -> None:
        """Answer; a password that is missing or wrong is asked for, if the door can keep it from the screen."""
        match reply:
            case r.PasswordNeeded(room=room, wrong=wrong):
                asked = session.door.ask_password(room, wrong=wrong)
            case r.NickPassword(nick=nick):
                asked = session.door.ask_password(nick, wrong=False)
            case _:
                asked = False
        if not asked:
            self.tell(session, reply, tag)

    def resume(self, session: Session) -> None:
        """Let a session hand in what came meanwhile."""
        try:
            session.door.resumed()
        except Exception:
            self.tell(session, faults.report(self.log_sums, "input that waited", session.address))

    # --- sessions that wait, and acknowledgements that are due ---

    @property
    def unacked(self) -> int:
        """How many acknowledgements are due."""
        return len(self._unacked)

    def release(self, session: Session) -> None:
        """A session waited for an answer, and has it now."""
        session.waits -= 1
        if session.ready:
            self.resume(session)

    def landed(self, session: Session) -> None:
        """A message of a session is no longer on its way."""
        session.flying -= 1
        if session.leaves is not None:
            self.settle(session)
        elif session.ready and (session.flying == MAX_FLYING - 1 or session.dialect.serial):
            self.resume(session)

    def promise(self, session: Session, at: MessageId, reply: r.Reply, tag: str | None) -> None:
        """Send a reply once all up to a message is stored."""
        if at <= self._stored_to:
            self.answer(session, reply, tag)
        else:
            session.unacked += 1
            self._unacked.append((at, session, reply, tag))

    def committed(self, message: MessageId) -> None:
        """Everything up to this id is stored: acknowledge it."""
        self._stored_to = max(self._stored_to, message)
        freed: list[Session] = []
        while self._unacked and self._unacked[0][0] <= message:
            _, session, reply, tag = self._unacked.popleft()
            session.unacked -= 1
            if session.id not in self:
                self._gone -= 1
                continue
            self.answer(session, reply, tag)
            if session.unacked == MAX_UNACKED - 1:
                freed.append(session)
            elif not session.unacked:
                self.settle(session)
                if session.dialect.serial:
                    freed.append(session)
        # Only now: what they say next is acknowledged after all that was stored already.
        for session in freed:
            if session.ready:
                self.resume(session)

    def _forget(self, session: Session) -> None:
        """A session is gone. What was due to it goes when that is half of all: each costs one look for that, on average."""
        self._gone += session.unacked
        if self._gone > len(self._unacked) // 2:
            self._unacked = deque(each for each in self._unacked if each[1].id in self)
            self._gone = 0

    # --- the end ---

    def close(self, session: Session, reason: str, *, logged: str | None = None) -> None:
        """Forget a session whose connection is gone or about to go; its user departs for ``reason``.

        ``logged`` is what the log says of it instead, where people chose the words: those are theirs.
        """
        if self.pop(session.id, None) is None:
            return
        session.closing = True
        self._forget(session)
        self.delivery.close(session.outbox)
        self.hub.close(session.id, reason, logged)

    def leave(self, session: Session, reason: str, *, logged: str | None = None) -> None:
        """End a session that wishes so, once all it said is told and acknowledged; nothing more of it is handed in."""
        session.waits += 1
        session.leaves = reason, logged
        self.settle(session)

    def settle(self, session: Session) -> None:
        """Let a session go that waited with that until all it said was told and acknowledged."""
        if session.leaves is not None and session.settled:
            reason, logged = session.leaves
            self.say_goodbye(session, "", reason, logged=logged)

    def say_goodbye(
        self, session: Session, why: str, reason: str, *, logged: str | None = None
    ) -> None:
        """End a session from this side: it is told ``why``, the others see ``reason``, the log see :meth:`close`."""
        if session.id not in self:
            return
        self.tell(session, r.Farewell(why))
        self.close(session, reason, logged=logged)
        self._end(session)

    def stop(self, why: str) -> None:
        """Say goodbye to everybody, without telling each of all the others."""
        sessions = list(self.values())
        self.clear()
        self.delivery.settle_all()  # first: the farewell is the last thing a session sees
        for session in sessions:
            session.closing = True
            self.tell(session, r.Farewell(why))
        self.delivery.flush()
        for session in sessions:
            self._end(session)

    def _end(self, session: Session) -> None:
        # The fault of one door must not keep another session's login or goodbye from going on.
        try:
            session.door.end()
        except Exception:
            log.failure("ending session {session} failed", session=session.id)
