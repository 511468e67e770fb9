"""What the tests of the node share: a node without doors, store or network of its own, and sessions of it."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.auth.fakes import HeldRunner, open_gate
from tests.delivery.fakes import FakeDialect
from tests.seam.packed import to_connections, to_hub
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api.records import Query, Remembered, RoomRecord, Sent
from twisted_chat.core.bus import Apply, Bus, LocalBus
from twisted_chat.core.hub import Hub
from twisted_chat.core.values.ids import MessageId, RoomId, Scope
from twisted_chat.core.values.ids import Node as NodeName
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import LOBBY, Nick, RoomName, parse_nick, parse_room
from twisted_chat.core.values.text import CleanText
from twisted_chat.delivery.port import SessionsById
from twisted_chat.delivery.sessions import Door, Sessions
from twisted_chat.dialects.base import Dialect, Request
from twisted_chat.runtime.log_sums import LogSums
from twisted_chat.server.node import Node
from twisted_chat.store.memory import MemoryStore
from twisted_chat.store.port import Page

T = TypeVar("T")

DEV = parse_room("dev")


class FakeDoor:
    """A door as the others are: hands in commands one after the other, joins the lobby after the login."""

    def __init__(
        self, node: Node, sessions: Sessions, dialect: Dialect, host: str | None = "host.example"
    ) -> None:
        self.sessions = sessions
        self.written = b""
        self.writes = 0
        self.commands: deque[Request] = deque()
        self.ended = 0
        self.slow = 0
        self.asked: list[
            tuple[RoomName | Nick, bool]
        ] = []  # and whether another password was wrong
        self.hides_passwords = False
        self.broken = False
        self.takes_one = False  # write at a time, then it is full
        self.logins: list[bool] = []
        self._pumping = False
        self.private = True
        self.peer = sessions.open(self, dialect.open(), host)
        #: The session as the hub has it.
        self.seat = node.hub.state.sessions[self.peer.id]

    # --- what a test does ---

    def asks(self, *commands: c.Command, tag: str | None = None) -> FakeDoor:
        """Let the client send commands."""
        self.commands += (Request(command, tag) for command in commands)
        self.pump()
        return self

    def login(self, nick: str, token: str | None = None) -> FakeDoor:
        return self.asks(c.Login(parse_nick(nick), token=token))

    def say(self, text: str, room: RoomName | None = None, tag: str | None = None) -> FakeDoor:
        return self.asks(c.Say((CleanText(text),), room), tag=tag)

    def tell(self, to: str, text: str, tag: str | None = None) -> FakeDoor:
        return self.asks(c.PrivateMessage(parse_nick(to), (CleanText(text),)), tag=tag)

    def join(self, *rooms: str) -> FakeDoor:
        return self.asks(*(c.Join(parse_room(room)) for room in rooms))

    def comes_from(self, address: str) -> None:
        """Come from another machine."""
        self.seat.address = self.peer.address = address

    @property
    def token(self) -> str:
        """What takes its session back up."""
        return self.seat.token

    def lost(self) -> None:
        """Lose the connection."""
        self.peer.outbox.close()
        self.sessions.close(self.peer, "connection lost")

    def take(self) -> list[str]:
        """Return the lines that came since the last call."""
        lines = self.written.decode().splitlines()
        self.written, self.writes = b"", 0
        return lines

    # --- what the node asks for ---

    def pump(self) -> None:
        if self._pumping:
            return
        self._pumping = True
        try:
            while self.peer.ready and self.commands:
                self.sessions.submit(self.peer, self.commands.popleft())
        finally:
            self._pumping = False

    def send(self, data: bytes) -> int:
        if self.broken:
            raise ZeroDivisionError("this door is broken")
        self.written += data
        self.writes += 1
        if self.takes_one:
            self.peer.outbox.pause()
        return len(data)

    def hold(self, data: bytes) -> None:
        raise AssertionError("this door takes all at once")

    def drained(self) -> None: ...

    def overflowed(self, reason: str) -> None:
        self.slow += 1
        self.sessions.close(self.peer, reason)

    def resumed(self) -> None:
        if self.broken:
            raise ZeroDivisionError("this door is broken")
        self.pump()

    def logged_in(self, *, resumed: bool) -> None:
        self.logins.append(resumed)
        if not resumed:
            self.commands.appendleft(Request(c.Join(LOBBY)))

    def ask_password(self, name: RoomName | Nick, *, wrong: bool) -> bool:
        self.asked.append((name, wrong))
        return self.hides_passwords

    def end(self) -> None:
        self.ended += 1
        if self.broken:
            raise ZeroDivisionError("this door is broken")


class HeldBus:
    """A bus that gives a proposal its place when the test says so."""

    def __init__(self) -> None:
        self.held: deque[e.Proposal] = deque()
        self.ids = itertools.count(1)

    def attach(self, apply: Apply) -> None:
        self._apply = apply

    def publish(self, proposal: e.Proposal) -> None:
        self.held.append(proposal)

    def release(self, count: int = 1) -> None:
        """Let the oldest proposals through; those they lead to are held again."""
        for _ in range(count):
            self._apply(MessageId(next(self.ids)), self.held.popleft())

    def release_all(self) -> None:
        while self.held:
            self.release()


class LateStore(MemoryStore):
    """Answers for history, and searches, when the test says so, of what is there by then."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.asked: list[Deferred[None]] = []
        #: How many lines each request for history asked for.
        self.limits: list[int] = []
        #: Whether searches look at everything.
        self.whole = True

    async def history(
        self,
        room: e.RoomRef,
        *,
        before: MessageId | None = None,
        after: MessageId | None = None,
        limit: int,
    ) -> Page:
        self.limits.append(limit)
        await self._asked()
        return await super().history(room, before=before, after=after, limit=limit)

    async def search(self, query: Query) -> Page:
        await self._asked()
        page = await super().search(query)
        return Page(page.envelopes, page.more, self.whole)

    async def _asked(self) -> None:
        now: Deferred[None] = Deferred()
        self.asked.append(now)
        await now

    def answer(self) -> None:
        """Answer the oldest question."""
        self.asked.pop(0).callback(None)

    def refuse(self, why: Exception | None = None) -> None:
        self.asked.pop(0).errback(why or OSError("the disk is gone"))


class TellingStore(MemoryStore):
    """Tells of every change it was given, reports what is stored when the test says so, and is full when the test says so."""

    def __init__(self, clock: Clock) -> None:
        self.reported = MessageId(0)
        super().__init__(clock)
        self.changes: list[tuple[Any, ...]] = []
        self.has_no_room = False

    async def start(
        self, stored: Callable[[MessageId], None], roomy: Callable[[], None]
    ) -> Remembered:
        self._told = stored
        return await super().start(lambda message: None, roomy)

    def stored(self, message: MessageId) -> None:
        """Report that everything up to a message is stored."""
        self.reported = max(self.reported, message)
        self._told(message)

    @property
    def kept(self) -> MessageId:
        return self.reported

    @kept.setter
    def kept(self, message: MessageId) -> None:
        pass  # when the test says so

    @property
    def full(self) -> bool:
        return self.has_no_room

    def append(self, envelope: e.Envelope, sent: Sent | None = None) -> None:
        self.changes.append(("append", envelope.id, sent))
        super().append(envelope, sent)

    def keep_room(self, record: RoomRecord, at: MessageId) -> None:
        self.changes.append(("keep", record, at))
        super().keep_room(record, at)

    def forget(self, rooms: Sequence[RoomId], at: MessageId) -> None:
        self.changes.append(("forget", list(rooms), at))
        super().forget(rooms, at)

    def seen(self, scopes: Mapping[Scope, str], time: float) -> None:
        self.changes.append(("seen", list(scopes), time))

    async def tidy(self, now: float) -> None:
        self.changes.append(("tidy", now))

    def take(self, *kinds: str) -> list[tuple[Any, ...]]:
        """Return the changes of these kinds that came since the last call."""
        changes = [change for change in self.changes if change[0] in kinds]
        self.changes.clear()
        return changes


_doors: type[Door] = FakeDoor
_buses: type[Bus] = HeldBus


class NodeCase(SynchronousTestCase):
    """A node with doors, of people (``plain``) and of programs that want acknowledgements (``json``)."""

    limits = Limits()

    def setUp(self) -> None:
        self.clock = self.make_clock()
        self.plain, self.json = FakeDialect(), FakeDialect(acks=True)
        self.store = self.make_store()
        self.runner = HeldRunner()
        ids = itertools.count(1)
        self.bus = self.make_bus(lambda: MessageId(next(ids)))
        tokens = (f"token-{number}" for number in itertools.count(1))
        gate, self.passwords = open_gate(self.store, self.runner)
        log_sums = LogSums(self.clock)
        self.sessions = Sessions(self.clock, self.limits, log_sums)
        self.node = Node(
            Hub(NodeName("here"), self.limits),
            self.bus,
            self.store,
            self.clock,
            gate,
            to_connections(SessionsById(self.sessions)),
            log_sums,
            motd=(CleanText("be nice"),),
            new_token=lambda: next(tokens),
        )
        self.sessions.attach(to_hub(self.node))
        self.run_now(self.store.start(self.node.on_committed, self.node.on_drained))

    def make_clock(self) -> Clock:
        clock = Clock()
        clock.advance(1_000_000)
        return clock

    def make_store(self) -> MemoryStore:
        return MemoryStore(self.clock)

    def make_bus(self, take_id: Any) -> Bus:
        return LocalBus(take_id)

    def tearDown(self) -> None:
        self.node.stop("the test is over")
        self.turn()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def run_now(self, work: Coroutine[Any, Any, object]) -> None:
        self.successResultOf(Deferred.fromCoroutine(work))

    def later(self, work: Coroutine[Any, Any, T]) -> Deferred[T]:
        return Deferred.fromCoroutine(work)

    def turn(self) -> None:
        """End the reactor's turn, and those that follow at once."""
        self.clock.advance(0)

    def door(self, dialect: Dialect | None = None) -> FakeDoor:
        return FakeDoor(self.node, self.sessions, dialect or self.plain)

    def enter(self, *nicks: str, dialect: Dialect | None = None) -> list[FakeDoor]:
        """Let people into the lobby; what they were told about it is forgotten."""
        doors = [self.door(dialect).login(nick) for nick in nicks]
        self.turn()
        self.forget(*doors)
        return doors

    def forget(self, *doors: FakeDoor) -> None:
        self.turn()
        for door in doors:
            door.take()

    def attach(self, to: FakeDoor, dialect: Dialect | None = None) -> FakeDoor:
        """Give a user another session, as an account will have."""
        door = self.door(dialect)
        user = self.node.hub.user_of(to.peer.id)
        assert user is not None
        user.sessions[self.node.hub.node, door.peer.id] = user.author
        seat = self.node.hub.state.sessions[door.peer.id]
        seat.user, seat.scope = user.id, user.author.scope
        for room in user.rooms:
            seat.focus_on(room)
            self.sessions.delivery.enter(door.peer.outbox, room)
        self.sessions.delivery.focus(door.peer.outbox, seat.focus)
        self.forget(door)
        return door

    def breaks(self, *args: object, **more: object) -> Any:
        """Be what a test breaks something with."""
        raise ZeroDivisionError("this is broken")

    def assert_took(self, door: FakeDoor, *lines: str) -> None:
        self.turn()
        self.assertEqual(door.take(), list(lines))

    def fault_shown(self, lines: list[str]) -> str:
        """Return the id of the one fault that these lines show."""
        (line,) = (line for line in lines if "internal" in line)
        return line.split()[-1] if "[" not in line else line.split()[-2]

    def fault_logged(self, kind: type[Exception]) -> None:
        self.assertEqual(len(self.flushLoggedErrors(kind)), 1)


class HeldNodeCase(NodeCase):
    """Claims come back over the bus; until then the session waits."""

    def make_bus(self, take_id: Any) -> HeldBus:
        self.held = HeldBus()
        return self.held

    def arrive(self, nick: str) -> FakeDoor:
        door = self.door().login(nick)
        self.held.release_all()
        self.forget(door)
        return door
