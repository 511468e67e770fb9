"""A crowd: 2,000 sessions of one server in one room, and one of them that never reads."""

from __future__ import annotations

import re
import resource
import socket
import time
from collections.abc import Generator, Iterable

import pytest
from twisted.internet.defer import Deferred, DeferredList, DeferredSemaphore
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure

from tests.scenarios.helpers import LOST, PATIENCE, Scene, scenario, the_reactor

CROWD = 2_000
FILES = 3 * CROWD
"""Descriptors that each side may need: its sockets, and room for the rest."""

SPEAKERS = 4
ROUNDS = 30
AT_ONCE = 2
"""Lines that each speaker says in a round, which ends when everybody has heard them. So 32 kB are under way at a time:
a session that reads stays far from the 256 kB that may wait for it."""

TEXT = 4_000
"""Bytes of a line: 960 kB for each session in the whole talk, of which a session that never reads can leave at most
some 500 kB in its queue and in the kernel."""

GROWTH = 20 * 2**20
"""Bytes that the server may grow by during the talk, in which it sends 1.9 GB."""

SECONDS = 60


@pytest.fixture
def many_files() -> Generator[None, None, None]:
    """Let this process, and the server that it starts, have enough sockets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FILES:
        pytest.skip(f"at most {hard} open files are allowed here, {FILES} are needed (ulimit -Hn)")
    if soft != resource.RLIM_INFINITY and soft < FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Hearer(Protocol):
    """A session that keeps the beginning of what it hears, for 2,000 times the whole would be too much."""

    transport: ITCPTransport

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard: list[bytes] = []
        self.lost = False
        self.entered: Deferred[None] = Deferred()
        self._rest = b""
        self._awaited = 0
        self._reached: Deferred[None] | None = None

    def connectionMade(self) -> None:
        self.transport.write(f"{self.name}\n".encode())

    def dataReceived(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        for line in lines:
            if line.startswith(b"<"):
                mark, _, filler = line.rpartition(b" ")
                self.heard.append(mark if filler == FILLER else line)
            elif b"/help" in line and not self.entered.called:
                self.entered.callback(None)
        self._notify()

    def connectionLost(self, reason: Failure = LOST) -> None:
        self.lost = True
        if not self.entered.called:
            self.entered.errback(reason)
        self._notify()

    def hears(self, count: int) -> Deferred[None]:
        """Fires when so many lines of the talk came, or when none can come any more."""
        self._awaited = count
        reached = self._reached = Deferred()
        self._notify()
        return reached

    def _notify(self) -> None:
        if self._reached is not None and (len(self.heard) >= self._awaited or self.lost):
            reached, self._reached = self._reached, None
            reached.callback(None)


FILLER = b"x" * (TEXT - 16)


def mark(number: int) -> bytes:
    """What distinguishes the line of a speaker: its place among those of this speaker."""
    return b"line %06d" % number


async def enters(hearer: Hearer, port: int) -> None:
    endpoint = TCP4ClientEndpoint(the_reactor(), "127.0.0.1", port, timeout=SECONDS)
    await connectProtocol(endpoint, hearer)
    await hearer.entered


def never_reads(port: int) -> socket.socket:
    """Connect and log in, and then leave what comes to the kernel, which takes little."""
    sleeper = socket.socket()
    sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    sleeper.connect(("127.0.0.1", port))
    sleeper.sendall(b"sleeper\n")
    return sleeper


async def all_of(several: Iterable[Deferred[None]]) -> None:
    """Wait until all have fired, or one has failed."""
    together = DeferredList(list(several), fireOnOneErrback=True, consumeErrors=True)
    await together.addTimeout(PATIENCE, the_reactor())


@scenario
async def test_two_thousand_sessions_hear_every_line_once_in_one_order_while_one_never_reads(
    scene: Scene, many_files: None
) -> None:
    began = time.monotonic()
    server = await scene.server("--no-flood-limit")
    sleeper = never_reads(server.port)
    crowd = [Hearer(f"hearer{number}") for number in range(CROWD - 1 - SPEAKERS)]
    gate = DeferredSemaphore(100)
    try:
        await all_of(
            gate.run(Deferred.fromCoroutine, enters(hearer, server.port)) for hearer in crowd
        )
        speakers = [await scene.visits(server, f"speaker{number}") for number in range(SPEAKERS)]
        before = peak = server.resident()

        for first in range(0, ROUNDS * AT_ONCE, AT_ONCE):
            for speaker in speakers:
                speaker.sends(
                    b"".join(mark(first + n) + b" " + FILLER + b"\n" for n in range(AT_ONCE))
                )
            await all_of(hearer.hears((first + AT_ONCE) * SPEAKERS) for hearer in crowd)
            peak = max(peak, server.resident())

        assert not [hearer.name for hearer in crowd if hearer.lost]
        order = crowd[0].heard
        for speaker in speakers:
            tag = f"<{speaker.name}> ".encode()
            said = [line.removeprefix(tag) for line in order if line.startswith(tag)]
            assert said == [mark(number) for number in range(ROUNDS * AT_ONCE)]
        assert len(order) == SPEAKERS * ROUNDS * AT_ONCE
        assert not [hearer.name for hearer in crowd if hearer.heard != order]
        await server.sees(re.compile("sleeper left"))
        assert peak - before < GROWTH
        assert time.monotonic() - began < SECONDS
    finally:
        sleeper.close()
        for hearer in crowd:
            if hearer.transport is not None:
                hearer.transport.abortConnection()
