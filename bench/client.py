"""The client on a full screen, in a process and on a terminal of its own: how long it takes until a key is drawn.

The server is one that only talks: it is in this process, and says what the load asks for.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.protocol import Factory
from twisted.internet.task import LoopingCall, deferLater
from twisted.protocols.basic import LineOnlyReceiver

from bench.processes import usage
from bench.results import ClientResult
from bench.runs import Step
from bench.terminal import Terminal
from bench.waiting import Event, first

_SIZE: Final = (120, 40)
# What is typed: so many of it in a row stand in nothing that is said or drawn otherwise.
_KEY: Final = b"z"
# So many keys are typed into one line, which Ctrl-C clears then.
_LINE: Final = 50
_CLEAR: Final = b"\x03"
_LEAVE: Final = b"\x11"
# Seconds between two keys; faster than anybody types.
_PAUSE: Final = 0.05
# How many people the server names at entering.
_NAMED: Final = 50
# How many lines are said at once while the client is filled: some 64 KiB.
_CHUNK: Final = 500


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A load: so many lines and people in a room, and so many keys, without and with so many more lines a second."""

    lines: int = 50_000
    members: int = 2_000
    rate: int = 200
    keys: int = 200
    timeout: float = 180.0


async def measure(
    reactor: Any, load: Reading, stop: Event[bool], show: Callable[[Step], None]
) -> ClientResult:
    """Run it."""
    trial = _Trial(reactor, load, show)
    try:
        done = Deferred.fromCoroutine(trial.run())
        limit: Deferred[None] = deferLater(reactor, load.timeout)
        which = await first(done, stop.wait(), trial.ended.wait(), limit)
        trial.result.stopped = which == 1
        trial.result.error = ("", "", "the client ended", "it took too long")[which]
        return trial.result
    finally:
        await trial.close()


class _Talker(LineOnlyReceiver):
    """The server's side of the one connection."""

    delimiter = b"\n"
    transport: ITCPTransport

    def __init__(self, members: int, known: Callable[[], None]) -> None:
        self._names = [f"user{number}" for number in range(members)]
        self._known = known
        self._said = 0

    def lineReceived(self, line: bytes) -> None:
        asked = msgspec.json.decode(line)
        tag, people = {"id": asked.get("id")}, len(self._names)
        match asked["type"]:
            case "nick":
                self._tell("welcome", nick="me", session="secret", **tag)
                self._tell("members", room="lobby", names=self._names[:_NAMED], count=people)
                self._tell("history_end", room="lobby", more=False)
            case "command":
                users = [{"nick": name} for name in self._names]
                self._tell("who", room="lobby", users=users, count=people, **tag)
                self._known()
            case "ping":
                self._tell("pong", content=asked.get("content", ""))
            case _:
                pass

    def say(self, text: str = "") -> None:
        """Say something in the room."""
        self._said += 1
        more = "a few words more " * (self._said % 7)
        self._tell(
            "message",
            **{"from": self._names[self._said % len(self._names)]},
            room="lobby",
            id=f"{self._said:016x}",
            time="2026-11-20T12:30:00.000Z",
            content=text or f"line {self._said}: {more}",
        )

    def _tell(self, kind: str, **fields: Any) -> None:
        self.transport.write(msgspec.json.encode({"type": kind, "content": "", **fields}) + b"\n")


class _Trial:
    """One run, step by step; ``result`` gets what is found, ``ended`` happens if the client ends."""

    def __init__(self, reactor: Any, load: Reading, show: Callable[[Step], None]) -> None:
        self._reactor = reactor
        self._load = load
        self._show = show
        self._known: Event[bool] = Event()
        self._talker = _Talker(load.members, lambda: self._known.happen(True))
        self._talking = LoopingCall.withCount(self._talk)
        self._talking.clock = reactor
        self._port: Any = None
        self._terminal: Terminal | None = None
        self.ended: Event[bool] = Event()
        self.result = ClientResult(
            server="client", lines=load.lines, members=load.members, rate=load.rate
        )

    async def run(self) -> None:
        began = time.perf_counter()
        terminal = await self._start()
        await self._known.wait()
        self.result.start = time.perf_counter() - began
        await self._fill(terminal)
        self.result.quiet = await self._type(terminal, "typing")
        used, began = usage(terminal.pid), time.perf_counter()
        _ = self._talking.start(1 / 20)
        self.result.busy = await self._type(terminal, "typing while others talk")
        self._talking.stop()
        after = usage(terminal.pid)
        if used is not None and after is not None:
            self.result.share = (after.cpu - used.cpu) / (time.perf_counter() - began)
            self.result.rss = after.rss

    async def close(self) -> None:
        """End what was begun."""
        if self._talking.running:
            self._talking.stop()
        if self._terminal is not None:
            await self._terminal.close(_LEAVE)
        if self._port is not None:
            await self._port.stopListening()

    async def _start(self) -> Terminal:
        factory = Factory.forProtocol(lambda: self._talker)
        endpoint = TCP4ServerEndpoint(self._reactor, 0, interface="127.0.0.1")
        self._port = await endpoint.listen(factory)
        port = self._port.getHost().port
        # The user's own settings are none of this.
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "XDG_CONFIG_HOME": os.devnull,
            "XDG_DATA_HOME": os.devnull,
        }
        self._terminal = Terminal(
            self._reactor,
            (sys.executable, "-m", "twisted_chat", "127.0.0.1", str(port)),
            environment,
            str(Path(__file__).parent.parent),
            _SIZE,
        )
        self.ended = self._terminal.ended
        return self._terminal

    async def _fill(self, terminal: Terminal) -> None:
        """Say all lines, and wait until the last is drawn."""
        began, used = time.perf_counter(), usage(terminal.pid)
        for number in range(self._load.lines):
            if number % _CHUNK == 0:
                self._show(Step("filling", number, self._load.lines, 0))
                await deferLater(self._reactor, 0)
            self._talker.say()
        drawn = terminal.draws(b"that is all")
        self._talker.say("that is all")
        await drawn
        self.result.filled = time.perf_counter() - began
        after = usage(terminal.pid)
        if used is not None and after is not None:
            self.result.grown = after.rss - used.rss

    async def _type(self, terminal: Terminal, phase: str) -> list[float]:
        """Type, and return how long each key took until it was drawn, in seconds, the shortest first."""
        took: list[float] = []
        for number in range(self._load.keys):
            self._show(Step(phase, number, self._load.keys, 0))
            place = number % _LINE
            if number and place == 0:
                terminal.press(_CLEAR)
                await deferLater(self._reactor, _PAUSE)
            began = time.perf_counter()
            drawn = terminal.draws(_KEY * (place + 1))
            terminal.press(_KEY)
            await drawn
            took.append(time.perf_counter() - began)
            await deferLater(self._reactor, _PAUSE)
        terminal.press(_CLEAR)
        return sorted(took)

    def _talk(self, count: int) -> None:
        for _ in range(count * self._load.rate // 20):
            self._talker.say()
