"""What the scenarios are made of: servers in processes of their own, visitors on sockets, real client programs.

Nothing here knows the package: the server is the command ``twistd -n chat``, and whoever visits it sends and gets bytes.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, ParamSpec, cast

import pytest
import pytest_twisted  # type: ignore[import-untyped]
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, connectProtocol
from twisted.internet.error import ConnectionDone, ProcessDone, ProcessTerminated
from twisted.internet.interfaces import ITCPTransport
from twisted.internet.protocol import ProcessProtocol, Protocol
from twisted.python.failure import Failure

P = ParamSpec("P")

PATIENCE = 20.0
"""Seconds to wait for something that should happen at once: only a failing test waits so long."""

BASE = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8", "TERM": "dumb"}


def the_reactor() -> Any:
    """The reactor that pytest-twisted runs: nothing may ask for it before that is installed."""
    from twisted.internet import reactor

    return reactor


def scenario(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, Deferred[None]]:
    """Let the reactor run an async test."""
    return cast(Callable[P, Deferred[None]], pytest_twisted.ensureDeferred(test))


def fixture(function: Callable[P, AsyncGenerator[Any, None]]) -> Any:
    """Make a fixture of an async generator that the reactor runs."""
    return pytest_twisted.async_yield_fixture()(function)


def real(program: str) -> str:
    """The path of a real client program. A missing one skips the test, or fails it where ``CI`` is set."""
    path = shutil.which(program)
    if path is None:
        why = f"{program} is not installed: run .ci/get-programs"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    return path


LOST = Failure(ConnectionDone())


#: What moves the cursor of a terminal, or colours what comes (ECMA-48).
_STEERING = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_(][0-9A-B]?)")


class Listener:
    """Somebody who hears lines, and a test that waits for them.

    ``raw`` is every byte that came, ``lines`` the complete lines without their ends. ``sees`` reads on from where the
    test has read so far; so a test names what it waits for in the order in which it must come.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.raw = bytearray()
        self.lines: list[str] = []
        self.ended = False
        self._rest = b""
        self._read = 0
        self._wake: Deferred[None] | None = None

    def hear(self, data: bytes) -> None:
        self.raw += data
        *whole, self._rest = (self._rest + data).split(b"\n")
        self.lines += (line.decode("utf-8", "replace").rstrip("\r") for line in whole)
        self._notify()

    def end(self) -> None:
        self.ended = True
        self._notify()

    async def sees(self, wanted: str | re.Pattern[str], within: float = PATIENCE) -> str:
        """Wait for the next line that is ``wanted`` (or in which the pattern is found), and give it."""
        return await self._find(wanted, self._read, within)

    async def hears(self, wanted: str | re.Pattern[str], within: float = PATIENCE) -> str:
        """Wait for a line as ``sees`` does, but also among those that the test has passed over already."""
        read = self._read
        try:
            return await self._find(wanted, 0, within)
        finally:
            self._read = max(read, self._read)

    async def _find(self, wanted: str | re.Pattern[str], at: int, within: float) -> str:
        while True:
            for line in self.lines[at:]:
                at += 1
                if line == wanted if isinstance(wanted, str) else wanted.search(line):
                    self._read = at
                    return line
            assert not self.ended, f"{self.name} was cut off before {wanted!r}\n{self.transcript()}"
            await self._more(within, wanted)

    async def shows(self, wanted: str, within: float = PATIENCE) -> None:
        """Wait until a text has come at any time, on a screen that is drawn without line ends."""
        while wanted not in _STEERING.sub("", self.raw.decode("utf-8", "replace")):
            assert not self.ended, f"{self.name} ended before {wanted!r}\n{self.transcript()}"
            await self._more(within, wanted)

    async def ends(self, within: float = PATIENCE) -> None:
        """Wait until the connection or the program has ended."""
        while not self.ended:
            await self._more(within, "the end")

    def said(self) -> list[str]:
        """The public lines heard so far, as ``<name> text``, without replayed ones."""
        return [line for line in self.lines if line.startswith("<")]

    def transcript(self) -> str:
        return "\n".join(
            f"    {self.name} < {line}"
            for line in [*self.lines, self._rest.decode("utf-8", "replace")]
        )

    async def _more(self, within: float, wanted: object) -> None:
        self._wake = Deferred()
        timeout = the_reactor().callLater(within, self._too_late, wanted)
        try:
            await self._wake
        finally:
            if timeout.active():
                timeout.cancel()

    def _too_late(self, wanted: object) -> None:
        wake, self._wake = self._wake, None
        if wake is not None:
            wake.errback(
                AssertionError(f"{self.name} waits in vain for {wanted!r}\n{self.transcript()}")
            )

    def _notify(self) -> None:
        wake, self._wake = self._wake, None
        if wake is not None:
            wake.callback(None)


class Visitor(Listener, Protocol):
    """A session on a socket of the test's own process."""

    transport: ITCPTransport

    def dataReceived(self, data: bytes) -> None:
        self.hear(data)

    def connectionLost(self, reason: Failure = LOST) -> None:
        self.end()

    def types(self, *lines: str) -> None:
        """Send lines as they are, each with a line end, in one piece."""
        self.sends("".join(f"{line}\n" for line in lines).encode())

    def sends(self, data: bytes) -> None:
        self.transport.write(data)

    def hangs_up(self) -> None:
        self.transport.loseConnection()

    def resets(self) -> None:
        """Break the connection off as a crash does."""
        self.transport.abortConnection()


class Program(Listener, ProcessProtocol):
    """A client program: what it writes is heard, what the test types is its input."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.status: int | None = None
        self.complaints = bytearray()

    def outReceived(self, data: bytes) -> None:
        self.hear(data)

    def errReceived(self, data: bytes) -> None:
        self.complaints += data

    def processEnded(self, reason: Failure) -> None:
        ended = reason.value
        assert isinstance(ended, ProcessDone | ProcessTerminated)
        self.status = ended.exitCode if ended.signal is None else -ended.signal
        self.end()

    def types(self, *lines: str) -> None:
        """Type lines at the program's input."""
        assert self.transport is not None
        self.transport.write("".join(f"{line}\n" for line in lines).encode())

    def types_no_more(self) -> None:
        """End the program's input, as Ctrl-D or the end of a pipe does."""
        assert self.transport is not None
        self.transport.closeStdin()

    def kill(self, name: str) -> None:
        assert self.transport is not None
        if self.status is None:
            self.transport.signalProcess(name)


async def fence(speaker: Visitor | Program, *others: Listener) -> None:
    """Let everybody hear one more line: what came before it has come by then, or never will."""
    speaker.types("that was it")
    for other in others:
        await other.sees(f"<{speaker.name}> that was it")


class Server(Program):
    """A server process, listening on the ``ports`` that its start-up lines name."""

    def __init__(self, folder: Path) -> None:
        super().__init__("server")
        self.folder = folder
        self.ports: list[int] = []
        #: What it may log though it looks like a fault, since the test has seen to that.
        self.excused: re.Pattern[str] | None = None

    @property
    def port(self) -> int:
        return self.ports[0]

    @property
    def pid(self) -> int:
        assert self.transport is not None
        return cast(int, self.transport.pid)

    def errReceived(self, data: bytes) -> None:
        # Where the log goes is the server's business: a test reads both.
        self.hear(data)

    def resident(self) -> int:
        """The bytes of memory that the server has in use now."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
        assert found is not None
        return int(found[1]) * 1024

    async def stops(self) -> None:
        """Ask the server to stop as ``kill`` does. It must do so within 5 s, with exit code 0, and without a fault so far."""
        self.kill("TERM")
        await self.ends(within=5)
        assert self.status == 0, self.transcript()
        self.has_no_fault()

    def has_no_fault(self) -> None:
        faults = [
            line
            for line in self.lines
            if re.search(r"Traceback|#critical|#error|Unhandled", line)
            and not (self.excused and self.excused.search(line))
        ]
        assert not faults, self.transcript()


class Scene:
    """Starts what a scenario needs and takes it down again, whatever happened."""

    def __init__(self) -> None:
        self._folders: list[Path] = []
        self._servers: list[Server] = []
        self._guests: list[Visitor | Program] = []

    def folder(self) -> Path:
        self._folders.append(Path(tempfile.mkdtemp(prefix="chat-scenario-")))
        return self._folders[-1]

    def starts(self, *options: str) -> Server:
        """Start a server, and wait for nothing. Its state folder is one of its own, unless an option names another."""
        beside = Path(sys.executable).with_name("twistd")
        twistd = str(beside) if beside.exists() else real("twistd")
        server = Server(self.folder())
        self._servers.append(server)
        argv = [twistd, "-n", "chat", "--state-dir", str(server.folder / "state"), *options]
        the_reactor().spawnProcess(server, twistd, argv, env=BASE, path=str(server.folder))
        return server

    async def server(self, *options: str, ports: int = 1) -> Server:
        """Start a server on free ports, and wait until it says that it is open."""
        server = self.starts(*options, *["--port", "0"] * ports)
        for _ in range(ports):
            line = await server.sees(re.compile(r"the chat is open on 127\.0\.0\.1 port \d+"))
            found = re.search(r"port (\d+)", line)
            assert found is not None
            server.ports.append(int(found[1]))
        return server

    async def connects(
        self, server: Server, name: str = "somebody", port: int | None = None
    ) -> Visitor:
        """Connect, and do no more."""
        endpoint = HostnameEndpoint(the_reactor(), "127.0.0.1", port or server.port)
        visitor: Visitor = await connectProtocol(endpoint, Visitor(name))
        self._guests.append(visitor)
        return visitor

    def joins(self, visitor: Visitor) -> None:
        """Let somebody who connected in a way of their own be sent home with the others."""
        self._guests.append(visitor)

    async def visits(self, server: Server, name: str, port: int | None = None) -> Visitor:
        """Connect, log in, and be in the lobby."""
        visitor = await self.connects(server, name, port)
        visitor.types(name)
        await visitor.sees(f"-- Welcome, {name}.")
        await visitor.sees(re.compile(r"^-- You are in #lobby\."))
        await visitor.sees(re.compile(r"/help"))
        return visitor

    def runs(self, name: str, argv: Sequence[str], terminal: bool = False) -> Program:
        """Start a program, on a terminal of its own or on pipes."""
        program = Program(name)
        self._guests.append(program)
        path = argv[0]
        the_reactor().spawnProcess(
            program, path, list(argv), env=BASE, path=str(self.folder()), usePTY=terminal
        )
        return program

    async def closes(self) -> None:
        """Everybody leaves, then the servers stop: each must do so in order, and must have logged no fault."""
        try:
            for guest in self._guests:
                if isinstance(guest, Program):
                    guest.kill("KILL")
                elif not guest.ended:
                    guest.resets()
            for guest in self._guests:
                await guest.ends()
            for server in self._servers:
                if not server.ended:
                    await server.stops()
                server.has_no_fault()
        finally:
            for server in self._servers:
                server.kill("KILL")
                await server.ends()
            for folder in self._folders:
                shutil.rmtree(folder, ignore_errors=True)
