"""Walks with one line through our server: ``python -m bench.walk``.

Counts the files of the server that a line passes on its way from the bytes that came to the bytes that go out, the moves (calls
into another file), and all calls; and measures the Python that runs for it. What the walk shows is what somebody
who follows it in the code has to read.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Final, cast

import msgspec
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.task import react
from twisted.internet.tcp import Server

import twisted_chat
from bench.visitor import Visitor, come
from bench.wire import Target
from twisted_chat.app.service import ChatService
from twisted_chat.app.settings import Settings

_HOME: Final = str(Path(twisted_chat.__file__).parent) + "/"
#: So many lines are sent in a row, so often, when time is measured: the shortest time of a row counts.
_LINES: Final = 200
_ROWS: Final = 30
#: How long the server has for an answer, in seconds.
_PATIENCE: Final = 30.0


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


async def _told(reactor: Any, visitor: Visitor, what: str, then: Callable[[], None]) -> None:
    """Do something, and wait until a visitor is told of it."""
    told = visitor.told(what).addTimeout(_PATIENCE, reactor)
    then()
    await told


async def measure(reactor: Any) -> tuple[Walk, float]:
    """Start a server, let two people talk; return the walk of a line, and the Python of one in seconds of processor time."""
    served = ChatService(
        Settings(port="tcp:0:interface=127.0.0.1", database=":memory:", flood_limit=False), reactor
    )
    served.startService()
    try:
        port = cast(IPv4Address, served.doors.ports[0].getHost()).port
        target = Target("127.0.0.1", port, "line")
        ann, bob = await come(reactor, target), await come(reactor, target)
        for visitor, nick in ((ann, "ann"), (bob, "bob")):
            await _told(reactor, visitor, "Welcome, ", partial(visitor.types, nick))
        # What is done for the first line only is done.
        await _told(reactor, bob, "first", partial(ann.types, "first"))
        (door,) = (each.protocol for each in reactor.getReaders() if _is_other_end(each, ann))
        walker = Walker()
        sys.setprofile(walker)
        try:
            await _told(reactor, bob, "second", partial(door.dataReceived, b"second\n"))
        finally:
            sys.setprofile(None)
        shortest = float("inf")
        for row in range(_ROWS):
            before = time.process_time()
            for _ in range(_LINES):
                door.dataReceived(b"one more line of a usual length\n")
            shortest = min(shortest, time.process_time() - before)
            end = f"end of row {row}"
            await _told(reactor, bob, end, partial(door.dataReceived, f"{end}\n".encode()))
        return walker.walk(), shortest / _LINES
    finally:
        await _stopped(served)


def _is_other_end(reader: Any, visitor: Visitor) -> bool:
    """Return whether this is the server's end of a visitor's connection."""
    mine = cast(ITCPTransport, visitor.transport).getHost()
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
