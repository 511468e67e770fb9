"""Walks with one line through our server: ``python -m bench.walk``.

Counts the files of the server that a line passes on its way from the bytes that came to the bytes that go out, the moves (calls
into another file), and all calls; and measures the Python that runs for it. What the walk shows is what somebody
who follows it in the code has to read.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any, Final, cast

import msgspec
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.protocol import Protocol
from twisted.internet.task import deferLater, react
from twisted.internet.tcp import Server

import twisted_chat
from twisted_chat.app.service import ChatService
from twisted_chat.app.settings import Settings

_HOME: Final = str(Path(twisted_chat.__file__).parent) + "/"
#: So many lines are sent in a row, so often, when time is measured: the shortest time of a row counts.
_LINES: Final = 200
_ROWS: Final = 30


class Walk(msgspec.Struct, frozen=True):
    """What one line met: files of the server, in the order of the first step into each; calls from another file; all calls."""

    files: list[str]
    moves: int
    calls: int


class Walker:
    """Follows what is called, as a profile function."""

    def __init__(self) -> None:
        self._files: dict[str, None] = {}
        self._moves = 0
        self._calls = 0

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        name = frame.f_code.co_filename
        if event != "call" or not name.startswith(_HOME):
            return
        self._calls += 1
        self._files[name.removeprefix(_HOME)] = None
        caller = frame.f_back
        self._moves += caller is None or caller.f_code.co_filename != name

    def walk(self) -> Walk:
        """Return what was met."""
        return Walk(list(self._files), self._moves, self._calls)


class Person(Protocol):
    """Somebody with nc."""

    transport: ITCPTransport

    def __init__(self) -> None:
        self.heard = b""

    def dataReceived(self, data: bytes) -> None:
        self.heard += data

    def say(self, line: bytes) -> None:
        """Type a line."""
        self.transport.write(line + b"\n")


async def _heard(reactor: Any, person: Person, what: bytes) -> None:
    for _ in range(1000):
        if what in person.heard:
            return
        await deferLater(reactor, 0.01, lambda: None)
    raise RuntimeError("the server does not answer")


async def measure(reactor: Any) -> tuple[Walk, float]:
    """Start a server, let two people talk; return the walk of a line, and the Python of one in seconds of processor time."""
    served = ChatService(
        Settings(port="tcp:0:interface=127.0.0.1", database=":memory:", flood_limit=False), reactor
    )
    served.startService()
    try:
        people = []
        for nick in (b"ann", b"bob"):
            place = TCP4ClientEndpoint(
                reactor, "127.0.0.1", cast(IPv4Address, served.ports[0].getHost()).port
            )
            person = await connectProtocol(place, Person())
            person.say(nick)
            await _heard(reactor, person, b"Welcome")
            people.append(person)
        ann, bob = people
        # What is done for the first line only is done.
        ann.say(b"first")
        await _heard(reactor, bob, b"first")
        (door,) = (each.protocol for each in reactor.getReaders() if _is_other_end(each, ann))
        walker = Walker()
        sys.setprofile(walker)
        try:
            door.dataReceived(b"second\n")
            while b"second" not in bob.heard:
                await deferLater(reactor, 0, lambda: None)
        finally:
            sys.setprofile(None)
        shortest = float("inf")
        for row in range(_ROWS):
            end = b"end of row %d" % row
            before = time.process_time()
            for _ in range(_LINES):
                door.dataReceived(b"one more line of a usual length\n")
            shortest = min(shortest, time.process_time() - before)
            door.dataReceived(end + b"\n")
            await _heard(reactor, bob, end)
        return walker.walk(), shortest / _LINES
    finally:
        await _stopped(served)


def _is_other_end(reader: Any, person: Person) -> bool:
    """Tell whether this is the server's end of a person's connection."""
    mine = cast(IPv4Address, person.transport.getHost())
    return isinstance(reader, Server) and reader.client == (mine.host, mine.port)


async def _stopped(served: ChatService) -> None:
    stopping = served.stopService()
    if isinstance(stopping, Deferred):
        await stopping


async def _main(reactor: Any) -> None:
    walk, seconds = await measure(reactor)
    for name in walk.files:
        sys.stdout.write(f"{name}\n")
    sys.stdout.write(
        f"{len(walk.files)} files, {walk.moves} moves, {walk.calls} calls; "
        f"{seconds * 1e6:.1f} µs of Python from the bytes to the store and the outboxes\n"
    )


if __name__ == "__main__":
    react(lambda reactor: Deferred.fromCoroutine(_main(reactor)))
