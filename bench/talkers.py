"""Who talks while the server is killed: programs that speak JSON and keep their promises, and people who type lines."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.error import ConnectError, ConnectionDone
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.task import LoopingCall
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure

from bench.ledger import Got, Ledger
from bench.reader import Reader
from bench.waiting import Event
from bench.wire import Target

#: The password of every room.
PASSWORD: Final = "sesame"  # noqa: S105  of a room that lives for minutes
#: Lines that were acknowledged and are said once more after a restart, to be acknowledged as they were.
_ONCE_MORE: Final = 3
# How often somebody types a line, in seconds.
_TYPES: Final = 0.02
_PAGE: Final = 1_000
# What happened, and not what was asked for, has such an id.
_ID: Final = re.compile("[0-7][0-9a-f]{15}")
_DONE: Final = Failure(ConnectionDone())
_HEARD: Final = re.compile(r"<(\S+)> (\S+ \d+)")


class Link(LineOnlyReceiver):
    """A connection that hands over each line, and says when it is gone."""

    delimiter = b"\n"
    MAX_LENGTH = 1024 * 1024
    transport: ITCPTransport

    def __init__(self, hear: Callable[[bytes], None]) -> None:
        self._hear = hear
        self.gone: Event[bool] = Event()
        self._wanted: tuple[Callable[[Any], bool], Deferred[Any]] | None = None

    def lineReceived(self, line: bytes) -> None:
        self._hear(line)

    def connectionLost(self, reason: Failure = _DONE) -> None:
        self.gone.happen(True)
        if self._wanted is not None:
            self._wanted[1].errback(Failure(ConnectionDone()))

    def wait(self, wanted: Callable[[Any], bool]) -> Deferred[Any]:
        """Wait for something that :meth:`came`. Raises ConnectionDone."""
        answer: Deferred[Any] = Deferred()
        if self.gone.happened:
            answer.errback(Failure(ConnectionDone()))
        else:
            self._wanted = wanted, answer
        return answer

    def came(self, something: Any) -> None:
        """Let who waits for this go on."""
        if self._wanted is not None and self._wanted[0](something):
            (_, answer), self._wanted = self._wanted, None
            answer.callback(something)


class _Visitor(ABC):
    """Somebody who comes again after each restart. ``back`` happens when they are as far as they were."""

    def __init__(self, name: str, ledger: Ledger) -> None:
        self.name = name
        self._ledger = ledger
        self._speaker = ledger.speaker(name)
        self._stopping = False
        self._link = Link(self._hear)
        self.back: Event[bool] = Event()
        self.finished: Event[bool] = Event()

    async def visit(self, reactor: Any, target: Target) -> None:
        """Come, and stay until the connection is lost."""
        self.back = Event()
        link = self._link = Link(self._hear)
        endpoint = TCP4ClientEndpoint(reactor, target.host, target.port, timeout=10)
        try:
            await connectProtocol(endpoint, link)
            link.transport.setTcpNoDelay(True)
            await self._come()
            await link.gone.wait()
        except (ConnectError, ConnectionDone):
            pass  # it was killed; who did not see to that will note that nobody is back

    @abstractmethod
    async def _come(self) -> None:
        """Log in, and begin to talk."""

    @abstractmethod
    def _hear(self, line: bytes) -> None:
        """Take a line that came."""

    def stop(self) -> None:
        """Say nothing new; ``finished`` happens when all is acknowledged."""
        self._stopping = True

    def leave(self) -> None:
        """Break off the connection, if there is one."""
        if self._link.connected and not self._link.gone.happened:
            self._link.transport.abortConnection()


class Talker(_Visitor):
    """Speaks JSON in some rooms, by turns, as fast as acknowledgements come, with ``window`` lines under way."""

    def __init__(self, name: str, rooms: list[str], ledger: Ledger, window: int) -> None:
        super().__init__(name, ledger)
        self._rooms = rooms
        self._window = window
        self._token = ""
        self._readers = {room: Reader(room, name, ledger) for room in rooms}
        self._asked = 0
        self._reading = ""
        self._talking = False
        #: Numbers of lines that are not acknowledged, in order; which of them were said before; the last ones that are.
        self._pending: dict[int, None] = {}
        self._resent: set[int] = set()
        self._settled: deque[int] = deque(maxlen=_ONCE_MORE)
        self.resent = 0

    async def _come(self) -> None:
        self._talking = False
        self._reading = ""
        for reader in self._readers.values():
            reader.comes_back()
        await self._log_in()
        for room in self._rooms:
            await self._join(room)
        for room in self._rooms:
            await self._catch_up(room)
        self._resume()

    async def _log_in(self) -> None:
        brought = {"session": self._token} if self._token else {}
        self._send(type="nick", content=self.name, **brought)
        got = await self._link.wait(lambda got: got.type == "welcome")
        if self._token and got.session != self._token:
            self._ledger.violated(f"{self.name} sent a session that the server does not know")
        self._token = got.session

    async def _join(self, room: str) -> None:
        known = room in self._ledger.topics
        if known:
            await self._try_to_break_in(room)
        self._send(type="join", content=room, password=PASSWORD)
        got = await self._link.wait(lambda got: got.type == "members" and got.room == room)
        topic = f"about {room}"
        if known and (got.created or not got.locked or got.topic != topic):
            self._ledger.violated(
                f"{room} was not restored as it was: {'created, ' if got.created else ''}"
                f"{'locked' if got.locked else 'open'}, its topic is {got.topic!r}"
            )
        elif got.created:
            await self._ask(type="topic", room=room, content=topic)
            self._ledger.topics.add(room)

    async def _try_to_break_in(self, room: str) -> None:
        got = await self._ask(type="join", content=room, password=f"no {PASSWORD}")
        if got.code != "wrong-password":
            self._ledger.violated(f"{room} let {self.name} in with a wrong password: {got.content}")

    async def _catch_up(self, room: str) -> None:
        reader = self._readers[room]
        reader.asks()
        more = True
        while more:
            got = await self._ask(type="history", room=room, after=reader.last, limit=_PAGE)
            more = got.more
        reader.caught_up()

    async def _ask(self, **asked: Any) -> Got:
        """Send a request; return the end of its answer."""
        self._asked += 1
        number = f"ask-{self._asked}"
        self._send(id=number, **asked)
        got: Got = await self._link.wait(
            lambda got: got.id == number and got.type != "history_start"
        )
        return got

    def _send(self, **what: Any) -> None:
        self._link.transport.write(msgspec.json.encode(what) + b"\n")

    # --- talking ---

    def _resume(self) -> None:
        """Say again what is not acknowledged, and some of what is; then go on."""
        again = [*self._settled, *self._pending]
        self._resent = set(again)
        self.resent += len(again)
        self._talking = True
        for number in again:
            self._say(number)
        self._go_on()

    def _go_on(self) -> None:
        while self._talking and not self._stopping and len(self._pending) < self._window:
            number = self._speaker.says(self._rooms[len(self._speaker.lines) % len(self._rooms)])
            self._pending[number] = None
            self._say(number)
        if not self._resent:
            self.back.happen(True)
        if self._stopping and not self._pending:
            self.finished.happen(True)

    def stop(self) -> None:
        super().stop()
        self._go_on()

    def _say(self, number: int) -> None:
        self._send(
            type="message",
            room=self._speaker.lines[number].room,
            content=self._speaker.text(number),
            id=str(number),
        )

    # --- hearing ---

    def _hear(self, line: bytes) -> None:
        if not line.startswith(b"{"):
            return  # the greeting that every connection gets
        try:
            got = msgspec.json.decode(line, type=Got)
        except msgspec.MsgspecError as error:
            self._ledger.violated(f"{self.name} got something that is not a client's JSON: {error}")
            return
        if got.type == "ack" and got.id.isdecimal():
            self._acknowledged(int(got.id), got.message)
        elif got.type == "error" and got.code != "wrong-password":
            self._ledger.violated(f"{self.name} was refused: {got.content} ({got.code})")
        elif got.type == "ping":
            self._send(type="pong")
        elif got.type in ("history_start", "history_end"):
            # What a join brings by itself has no id.
            self._reading = got.room if got.id and got.type == "history_start" else ""
        elif _ID.fullmatch(got.id):
            self._happened(got)
        self._link.came(got)

    def _happened(self, got: Got) -> None:
        self._ledger.happened(got)
        reader = self._readers.get(got.room)
        if got.type == "message" and reader is not None:
            if got.replay and self._reading == got.room:
                reader.reads(got)
            else:
                reader.hears(got)

    def _acknowledged(self, number: int, message: str) -> None:
        self._ledger.acknowledged(self._speaker, number, message)
        if number in self._pending:
            del self._pending[number]
            self._settled.append(number)
        self._resent.discard(number)
        self._go_on()


class Auditor(Talker):
    """Comes when all is over, says nothing, and reads :attr:`history`, all of it."""

    def __init__(self, name: str, rooms: list[str], ledger: Ledger) -> None:
        super().__init__(name, rooms, ledger, 0)
        self.history: dict[str, list[Got]] = {room: [] for room in rooms}

    def _happened(self, got: Got) -> None:
        super()._happened(got)
        if got.type == "message" and self._reading == got.room:
            self.history[got.room].append(got)


class Typist(_Visitor):
    """Types lines into one room, as people do, and looks at what others say there."""

    def __init__(self, reactor: Any, name: str, room: str, ledger: Ledger) -> None:
        super().__init__(name, ledger)
        self._room = room
        self._typing = LoopingCall(self._type)
        self._typing.clock = reactor
        self._heard: dict[str, int] = {}

    async def _come(self) -> None:
        self._heard = {}
        self._send(self.name)
        await self._link.wait(lambda line: line == f"-- Welcome, {self.name}.")
        self._send(f"/join {self._room} {PASSWORD}")
        await self._link.wait(lambda line: line.startswith(f"-- You are in #{self._room}"))
        self.back.happen(True)
        try:
            if not self._stopping:
                _ = self._typing.start(_TYPES)
            await self._link.gone.wait()
        finally:
            if self._typing.running:
                self._typing.stop()

    def stop(self) -> None:
        super().stop()
        if self._typing.running:
            self._typing.stop()
        self.finished.happen(True)

    def _type(self) -> None:
        self._send(self._speaker.text(self._speaker.says(self._room)))

    def _send(self, line: str) -> None:
        self._link.transport.write(f"{line}\n".encode())

    def _hear(self, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip("\r")
        heard = _HEARD.fullmatch(text)
        if heard is not None:
            self._note(*heard.groups())
        elif text.startswith("! "):
            self._ledger.violated(f"{self.name} was refused: {text}")
        self._link.came(text)

    def _note(self, who: str, said: str) -> None:
        found = self._ledger.line(said)
        if found is None or found[0].name != who:
            self._ledger.violated(f"{self.name} was shown a line that {who} did not say: {said}")
        elif found[1] <= self._heard.get(who, -1):
            # Lines have no ids that tell what is said again after a restart: but then this is another connection.
            self._ledger.violated(f"{self.name} heard {said} after {who} {self._heard[who]}")
        else:
            self._heard[who] = found[1]
