"""The servers under test: started here, each in a process of its own, or running already."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final, Protocol

import msgspec
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.error import ConnectError, ProcessDone, ProcessTerminated
from twisted.internet.interfaces import IProcessTransport
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.protocol import Protocol as Connection
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from bench import ircds
from bench.errors import BenchError
from bench.processes import Usage, spawn, usage
from bench.waiting import Event, first
from bench.wire import Target

#: The address everything that is started here listens on.
LOOPBACK: Final = "127.0.0.1"
# How long a server may take until it accepts connections, and to end when it is asked to, in seconds.
_START: Final = 20.0
_END: Final = 10.0
# How often it is tried whether it accepts connections, in seconds.
_TRY: Final = 0.05


class Setting(msgspec.Struct, frozen=True):
    """What a server is started with: a directory of its own, a port, for how many clients, further options."""

    directory: Path
    port: int
    clients: int
    options: tuple[str, ...] = ()


class Kind(msgspec.Struct, frozen=True):
    """A kind of server: how one speaks to it, which command starts it, and the program that must be installed for it.

    ``at_once`` is how many clients of one process may log in at a time.
    """

    speech: str
    command: Callable[[Setting], list[str]]
    program: str = ""
    at_once: int = 1000

    def missing(self) -> str:
        """Return why it cannot be started here; empty if it can."""
        if not self.program or _which(self.program):
            return ""
        return f"{self.program} is not installed (on Debian: apt-get install {self.program})"


def _which(program: str) -> str | None:
    # Debian has servers where only root looks.
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    return shutil.which(program, path=path)


def _ours(setting: Setting) -> list[str]:
    return _chat(setting, "--port", str(setting.port))


def _ours_irc(setting: Setting) -> list[str]:
    lines = setting.directory / "lines.sock"
    return _chat(setting, "--port", f"unix:{lines}", "--irc-port", str(setting.port))


def _chat(setting: Setting, *ports: str) -> list[str]:
    twistd = [sys.executable, "-c", "from twisted.scripts.twistd import run; run()"]
    # History is on, as users have it, but not in their folder.
    state = ["--state-dir", str(setting.directory / "state")]
    options = ["--no-flood-limit", *state, *setting.options]
    return [*twistd, "-n", "--pidfile=", "chat", *ports, *options]


def _peer(name: str) -> Callable[[Setting], list[str]]:
    return lambda setting: [sys.executable, "-m", f"bench.peers.{name}", str(setting.port)]


#: What can be started, by the name it has on the command line and in the reports.
KINDS: Final[dict[str, Kind]] = {
    "ours": Kind("line", _ours),
    "ours-irc": Kind("irc", _ours_irc),
    "threads": Kind("peer", _peer("threads")),
    "selects": Kind("peer", _peer("selects")),
    "writes": Kind("peer", _peer("writes")),
    "sends": Kind("peer", _peer("sends")),
    # It lets ten connections wait to be accepted; more hang for half a minute.
    "ngircd": Kind("irc", lambda s: ircds.ngircd(s.directory, s.port), "ngircd", at_once=4),
    "inspircd": Kind("irc", lambda s: ircds.inspircd(s.directory, s.port, s.clients), "inspircd"),
}


class Server(Protocol):
    """A server under test; ``ended`` happens, with the reason, when it is gone before it was stopped."""

    @property
    def name(self) -> str: ...
    @property
    def target(self) -> Target: ...
    @property
    def ended(self) -> Event[str]: ...

    def usage(self) -> Usage | None:
        """Return what it used until now; None if nobody knows."""

    async def stop(self) -> None:
        """End it, if it was started here."""


class Elsewhere:
    """A server that somebody else runs; with its process id (on this machine) it can be measured."""

    def __init__(self, target: Target, pid: int | None) -> None:
        self.name = f"{target.host}:{target.port}"
        self.target = target
        self.ended: Event[str] = Event()
        self._pid = pid
        if pid is not None and usage(pid) is None:
            raise BenchError(f"there is no process {pid} on this machine")

    def usage(self) -> Usage | None:
        return None if self._pid is None else usage(self._pid)

    async def stop(self) -> None:
        """Nothing: it is not ours to end."""


class Started(ProcessProtocol):
    """A server that was started here: see :func:`start`."""

    def __init__(self, name: str, target: Target, directory: Path) -> None:
        self.name = name
        self.target = target
        self.ended: Event[str] = Event()
        self._over: Event[str] = Event()
        self._directory = directory
        self._process: IProcessTransport | None = None
        self._stopping = False

    def run(self, reactor: Any, command: list[str], processors: tuple[int, ...]) -> None:
        """Start the process."""
        self._reactor = reactor
        program = _which(command[0]) or command[0]
        with open(os.devnull) as nothing, self._log.open("wb") as log:
            self._process = spawn(
                reactor,
                self,
                [program, *command[1:]],
                processors=processors,
                files=_files(nothing, log),
                directory=self._directory,
            )

    @property
    def _log(self) -> Path:
        return self._directory / "log"

    def usage(self) -> Usage | None:
        pid = None if self._process is None else self._process.pid
        return None if pid is None else usage(pid)

    def processEnded(self, reason: Failure) -> None:
        why = f"{self.name} ended ({_how(reason.value)}){self._last_line()}"
        self._over.happen(why)
        if not self._stopping:
            self.ended.happen(why)

    def _last_line(self) -> str:
        try:
            lines = self._log.read_text("utf-8", "replace").split("\n")
        except OSError:
            return ""  # it ended later than could be waited for
        said = [line.strip() for line in lines if line.strip()]
        return f"; it said: {said[-1][:300]}" if said else ""

    async def accepts(self) -> None:
        """Wait until it accepts connections. Raises :class:`BenchError` if it does not come to that."""
        endpoint = TCP4ClientEndpoint(self._reactor, self.target.host, self.target.port, timeout=2)
        until = self._reactor.seconds() + _START
        while self._reactor.seconds() < until:
            if self.ended.happened:
                raise BenchError(f"{self.ended.value}")
            try:
                connection = await connectProtocol(endpoint, Connection())
            except ConnectError:
                await first(deferLater(self._reactor, _TRY), self.ended.wait())
                continue
            assert connection.transport is not None
            connection.transport.abortConnection()
            return
        raise BenchError(f"{self.name} is not listening after {_START:g} s{self._last_line()}")

    @property
    def said(self) -> str:
        """What it wrote until now: its log."""
        return self._log.read_text("utf-8", "replace")

    async def kill(self) -> None:
        """End it as a crash would, and wait until it is gone. :meth:`stop` clears up."""
        self._stopping = True
        if self._process is not None and not self._over.happened:
            self._process.signalProcess("KILL")
            await self._over.wait()

    async def stop(self) -> None:
        """Ask it to end, then make it; its directory goes with it."""
        self._stopping = True
        for name in ("TERM", "KILL"):
            if self._process is None or self._over.happened:
                break
            self._process.signalProcess(name)
            await first(self._over.wait(), deferLater(self._reactor, _END))
        shutil.rmtree(self._directory, ignore_errors=True)


def _files(nothing: IO[str], log: IO[bytes]) -> dict[int, int]:
    return {0: nothing.fileno(), 1: log.fileno(), 2: log.fileno()}


def _how(error: BaseException | None) -> str:
    if isinstance(error, ProcessTerminated) and error.signal is not None:
        return f"by {signal.Signals(error.signal).name}"
    status = error.exitCode if isinstance(error, ProcessDone | ProcessTerminated) else None
    return f"with status {status}"


def free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


async def start(
    reactor: Any, name: str, clients: int, processors: tuple[int, ...], options: tuple[str, ...]
) -> Started:
    """Start a server of the kind ``name``, and wait until it accepts connections.

    Raises :class:`BenchError`; then nothing is left of it.
    """
    kind = KINDS[name]
    missing = kind.missing()
    if missing:
        raise BenchError(missing)
    directory = Path(tempfile.mkdtemp(prefix="chat-bench-"))
    setting = Setting(directory, free_port(), clients, options)
    server = Started(name, Target(LOOPBACK, setting.port, kind.speech, kind.at_once), directory)
    try:
        server.run(reactor, kind.command(setting), processors)
        await server.accepts()
    except BaseException:
        await server.stop()
        raise
    return server


def resolve(host: str) -> str:
    """Return the address of a host; looked up once, before anything runs. Raises :class:`BenchError`."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise BenchError(f"there is no host {host!r}: {error.strerror or error}") from None
    return str(found[0][4][0])
