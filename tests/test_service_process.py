"""The server as a process of its own, started by ``twistd`` and ``twist``; what else it does is in ``test_service``."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from twisted.internet.defer import Deferred, succeed
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import ProcessProtocol, Protocol, connectionDone
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from tests.making import folder_for

ROOT = Path(__file__).parent.parent

#: How long a process may take for anything, in seconds; only a fault takes that long.
PATIENCE = 20


def within(found: Deferred[Any], reactor: Any, so_far: Callable[[], object]) -> Deferred[Any]:
    """Fail with what came so far if ``found`` takes too long."""

    def late(result: object, timeout: float) -> None:
        raise AssertionError(f"not within {timeout} seconds; what came is: {so_far()!r}")

    return found.addTimeout(PATIENCE, reactor, late)


class Program(ProcessProtocol):
    """``twistd`` or ``twist`` in a process of its own."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self.out = self.err = ""
        self.ended: Deferred[int] = Deferred()
        self._waiting: tuple[str, Deferred[re.Match[str]]] | None = None

    def outReceived(self, data: bytes) -> None:
        self.out += data.decode()
        self._look()

    def errReceived(self, data: bytes) -> None:
        self.err += data.decode()

    def prints(self, pattern: str) -> Deferred[re.Match[str]]:
        """Wait until the standard output has this."""
        found: Deferred[re.Match[str]] = Deferred()
        self._waiting = pattern, found
        self._look()
        return within(found, self._reactor, lambda: self.out + self.err)

    def _look(self) -> None:
        if self._waiting is not None and (match := re.search(self._waiting[0], self.out)):
            _, found = self._waiting
            self._waiting = None
            found.callback(match)

    def processEnded(self, reason: Failure) -> None:
        value: Any = reason.value  # ProcessDone or ProcessTerminated
        self.ended.callback(-value.signal if value.signal else value.exitCode)
        if self._waiting is not None:
            self._waiting[1].errback(AssertionError(self.out + self.err))

    def signals(self, number: signal.Signals) -> None:
        assert self.transport is not None
        self.transport.signalProcess(number)


class Visitor(Protocol):
    """A client over a real connection."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self.seen = b""
        self.ended: Deferred[None] = Deferred()
        self._waiting: tuple[bytes, Deferred[None]] | None = None

    def dataReceived(self, data: bytes) -> None:
        self.seen += data
        self._look()

    def sees(self, what: bytes) -> Deferred[None]:
        """Wait until this has come."""
        found: Deferred[None] = Deferred()
        self._waiting = what, found
        self._look()
        return within(found, self._reactor, lambda: self.seen)

    def _look(self) -> None:
        if self._waiting is not None and self._waiting[0] in self.seen:
            _, found = self._waiting
            self._waiting = None
            found.callback(None)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.ended.callback(None)
        if self._waiting is not None:
            self._waiting[1].errback(AssertionError(self.seen))


class ProcessTests(TestCase):
    """The real programs, each in an empty folder."""

    timeout = 60

    def setUp(self) -> None:
        from twisted.internet import reactor

        self.reactor: Any = reactor
        self.folder = folder_for(self)
        self.state = folder_for(self)

    def runs(self, name: str, *arguments: str, first: str = "pass") -> Program:
        """Start ``twistd`` or ``twist``; it ends with the test at the latest. ``first`` is what it runs before all else.

        Its state folder is not the user's, but ``self.state``.
        """
        start = {
            "twistd": "from twisted.scripts.twistd import run; run()",
            "twist": "from twisted.application.twist._twist import Twist; Twist.main()",
        }[name]
        code = f"import sys; sys.argv[0] = {name!r}; {first}; {start}"
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        program = Program(self.reactor)
        self.reactor.spawnProcess(
            program,
            sys.executable,
            [sys.executable, "-c", code, *arguments, "--state-dir", str(self.state)],
            env={**os.environ, "PYTHONPATH": path},
            path=str(self.folder),
        )

        def kill() -> Deferred[int]:
            if not program.ended.called:
                program.signals(signal.SIGKILL)
            return program.ended

        self.addCleanup(kill)
        return program

    async def opens(self, program: Program) -> int:
        """Wait until the server is open; return its port, which the line about it tells."""
        line = await program.prints(
            r"the chat is open on 127\.0\.0\.1 port (\d+), for this machine only: nc 127\.0\.0\.1 \1 joins it; .*\n"
        )
        return int(line[1])

    async def comes(self, port: int, login: bytes) -> Visitor:
        """Connect and log in; the last that is seen of that is how to get help."""
        endpoint = TCP4ClientEndpoint(self.reactor, "127.0.0.1", port)
        visitor: Visitor = await connectProtocol(endpoint, Visitor(self.reactor))

        def leave() -> Deferred[None]:
            assert visitor.transport is not None
            cast(Any, visitor.transport).abortConnection()
            return visitor.ended

        self.addCleanup(leave)
        assert visitor.transport is not None
        visitor.transport.write(login + b"\n")
        await visitor.sees(b"help")
        return visitor

    async def ends(self, program: Program) -> int:
        """Wait for the end; return the exit status."""
        status: int = await program.ended.addTimeout(PATIENCE, self.reactor)
        program.ended = succeed(status)
        return status

    def taken(self) -> int:
        """Return a port that somebody listens on."""
        listening = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listening.close)
        return int(listening.getsockname()[1])

    async def test_a_signal_says_goodbye_and_exits_with_0(self) -> None:
        for name, number, flags in (
            ("twistd", signal.SIGTERM, ["-n"]),
            ("twistd", signal.SIGINT, ["-n"]),
            ("twist", signal.SIGTERM, []),
            ("twist", signal.SIGINT, []),
        ):
            program = self.runs(name, *flags, "chat", "--port", "0")
            port = await self.opens(program)
            bob = await self.comes(port, b"bob")
            program.signals(number)
            await bob.sees(b"-- Goodbye (the server is stopping).\r\n")
            self.assertEqual((await self.ends(program), program.err), (0, ""), (name, number))
            self.assertNotIn("Traceback", program.out)
            self.assertEqual(list(self.folder.iterdir()), [])

    async def test_a_client_that_never_reads_holds_nobody_up(self) -> None:
        program = self.runs(
            "twistd", "-n", "chat", "--port=0", "--no-flood-limit", "--send-buffer=4096"
        )
        port = await self.opens(program)
        bob = await self.comes(port, b"bob")
        deaf = socket.socket()
        self.addCleanup(deaf.close)
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", port))
        # The kernel takes some of the answers, the transport some, and the rest waits.
        deaf.sendall(b"eve\n" + b"/help\n" * 70 + b"done\n")
        await bob.sees(b"<eve> done")
        program.signals(signal.SIGTERM)
        await bob.sees(b"-- Goodbye (the server is stopping).\r\n")
        self.assertEqual((await self.ends(program), program.err), (0, ""))
        self.assertNotRegex(program.out, "too slow|Traceback")

    async def fills(self, first: str) -> tuple[Program, int, list[socket.socket]]:
        """Start a server of 90 descriptors, and connect until it accepts no more."""
        limit = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (90, 90))"
        program = self.runs("twistd", "-n", "chat", "--port=0", first=f"{limit}; {first}")
        port = await self.opens(program)
        await program.prints("there is room for up to")
        crowd = [socket.create_connection(("127.0.0.1", port)) for _ in range(100)]
        for each in crowd:
            self.addCleanup(each.close)
        await program.prints("new ones wait")
        return program, port, crowd

    async def waits_and_comes(self, port: int, crowd: list[socket.socket]) -> None:
        """Somebody waits until the others go."""
        endpoint = TCP4ClientEndpoint(self.reactor, "127.0.0.1", port)
        bob: Visitor = await connectProtocol(endpoint, Visitor(self.reactor))
        assert bob.transport is not None
        bob.transport.write(b"bob\n")
        self.assertEqual(bob.seen, b"")
        for each in crowd:
            each.close()
        await bob.sees(b"help")
        bob.transport.loseConnection()
        await bob.ended

    async def test_who_comes_when_all_descriptors_are_in_use_waits(self) -> None:
        program, port, crowd = await self.fills("pass")
        room = re.search(r"there is room for up to (\d+) connections", program.out)
        assert room is not None
        self.assertIn(
            f"{room[1]} connections are open; new ones wait until one closes: the limit",
            program.out,
        )
        await self.waits_and_comes(port, crowd)
        await program.prints("accepting connections again")
        program.signals(signal.SIGTERM)
        self.assertEqual((await self.ends(program), program.err), (0, ""))
        self.assertNotRegex(program.out, "EMFILE|Traceback|Unhandled")

    async def test_if_descriptors_are_gone_unexpectedly_who_comes_waits_too(self) -> None:
        # It counts on more than there are.
        program, port, crowd = await self.fills(
            "import twisted_chat.doors.admission as c; c.RESERVE = -50"
        )
        self.assertIn(
            "new ones wait until one closes: the system has no file descriptors left", program.out
        )
        await self.waits_and_comes(port, crowd)
        program.signals(signal.SIGTERM)
        self.assertEqual((await self.ends(program), program.err), (0, ""))
        self.assertNotRegex(program.out, "EMFILE|Traceback|Unhandled")

    async def test_a_taken_port_is_one_line_and_exit_status_1(self) -> None:
        port = self.taken()
        for name, flags in (("twistd", ["-n"]), ("twist", [])):
            program = self.runs(name, *flags, "chat", "--port", str(port))
            self.assertEqual(await self.ends(program), 1)
            self.assertEqual(
                program.err,
                f"twistd chat: cannot listen on 127.0.0.1 port {port}: Address already in use; "
                "stop the program that uses it, or choose another port with --port\n",
            )
            self.assertNotIn("Traceback", program.out)
            self.assertEqual(list(self.folder.iterdir()), [])

    async def test_start_and_end_say_only_what_an_operator_needs(self) -> None:
        for name, flags in (("twistd", ["-n"]), ("twist", ["--log-format=text"])):
            program = self.runs(name, *flags, "chat", "--port=0")
            # Signals are handled from the first turn of the reactor on.
            _ = await self.comes(await self.opens(program), b"bob")
            program.signals(signal.SIGINT)
            self.assertEqual(await self.ends(program), 0)
            said = [line.split("] ")[1] for line in program.out.splitlines()]
            said = [line for line in said if not line.startswith("bob ")]
            beginnings = (
                "history and rooms are kept in /",
                "the chat is open on 127.0.0.1 port ",
                "there is room for ",
                "connections from ",
                "the server is stopping",
            )
            self.assertEqual(len(said), len(beginnings), said)
            for line, beginning in zip(said, beginnings, strict=True):
                self.assertTrue(line.startswith(beginning), line)

    async def test_second_server_in_the_same_folder_is_told_how_to_start(self) -> None:
        first = self.runs("twistd", "-n", "chat", "--port=0")
        _ = await self.opens(first)
        second = self.runs("twistd", "-n", "chat", "--port=0")
        self.assertEqual(await self.ends(second), 1)
        self.assertRegex(
            second.err,
            r"\Atwistd chat: a server is already running in this folder \(process \d+ in twistd\.pid\); "
            r"to run a second one: twistd -n --pidfile= chat --port PORT --state-dir DIR .*\n\Z",
        )
        self.assertEqual(second.out, "")

    async def test_a_state_folder_in_use_is_one_line_and_exit_status_1(self) -> None:
        def runs(name: str) -> Program:
            return self.runs(name, *flags[name], "chat", "--port=0")

        flags = {"twistd": ["-n", "--pidfile="], "twist": []}
        first = runs("twistd")
        await first.prints(f"history and rooms are kept in {self.state}\n")
        await self.opens(first)
        for name in flags:
            second = runs(name)
            self.assertEqual(await self.ends(second), 1)
            self.assertRegex(
                second.err,
                rf"\Atwistd chat: {self.state}: process \d+ uses this folder; stop that server, "
                r"or choose another folder with --state-dir\n\Z",
            )
            self.assertNotIn("Traceback", second.out)
        # It is free again even after the worst of ends.
        first.signals(signal.SIGKILL)
        await self.ends(first)
        await self.opens(runs("twistd"))

    async def test_a_bad_option_is_one_line_and_exit_status_1(self) -> None:
        Path(self.folder, "chat.toml").write_text("\nprot = 1\n")
        for name, flags in (("twistd", ["-n"]), ("twist", [])):
            for arguments, said in (
                (["--max-text=x"], "--max-text: 'x' is not a whole number of at least 1"),
                (["--config=chat.toml"], "chat.toml:2: prot: no such setting; did you mean port?"),
            ):
                program = self.runs(name, *flags, "chat", *arguments)
                self.assertEqual(await self.ends(program), 1)
                line = f"twistd chat: {said} (twistd chat --help lists the options)\n"
                self.assertEqual((program.err, program.out), (line, ""))

    async def test_a_unix_socket_can_be_joined_and_is_gone_afterwards(self) -> None:
        program = self.runs("twistd", "-n", "chat", "--port=unix:chat.sock", "--port=0")
        await program.prints(r"the chat is open on chat\.sock\n")
        await self.opens(program)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self.folder / "chat.sock"))
            client.sendall(b"bob\n")
            await program.prints(r"bob arrived from this machine \(session 1\)\n")
        program.signals(signal.SIGTERM)
        self.assertEqual((await self.ends(program), program.err), (0, ""))
        self.assertEqual(list(self.folder.iterdir()), [])

    async def test_log_goes_on_in_a_new_file_after_it_was_moved_away(self) -> None:
        files = [self.folder / name for name in ("chat.log", "chat.log.1")]
        program = self.runs("twistd", "-n", "--logfile", "chat.log", "chat", "--port=unix:c.sock")
        while not (files[0].exists() and "(local-trust" in files[0].read_text()):
            await deferLater(self.reactor, 0.05)
        files[0].rename(files[1])
        program.signals(signal.SIGUSR1)
        while not (files[0].exists() and "reopened the log" in files[0].read_text()):
            await deferLater(self.reactor, 0.05)
        program.signals(signal.SIGTERM)
        self.assertEqual(await self.ends(program), 0)
        self.assertIn("the server is stopping", files[0].read_text())
        self.assertNotIn("the server is stopping", files[1].read_text())

    async def test_log_has_nothing_below_its_level(self) -> None:
        options = ("--log-level=error", "--port=unix:c.sock")
        program = self.runs("twistd", "-n", "chat", *options)
        while not (self.folder / "c.sock").exists():
            await deferLater(self.reactor, 0.05)
        program.signals(signal.SIGUSR1)
        program.signals(signal.SIGTERM)
        self.assertEqual((await self.ends(program), program.out, program.err), (0, "", ""))

    async def test_the_log_of_a_program_has_no_secrets(self) -> None:
        program = self.runs("twistd", "-n", "chat", "--port", "0")
        port = await self.opens(program)
        bob = await self.comes(port, b"bob")
        assert bob.transport is not None
        bob.transport.write(b"s3cret\n/join dev s3cret\nMSG bob:s3cret\n/s3cret\n/quit\n")
        await bob.ended
        bob.ended = succeed(None)
        robot = await self.comes(port, b'{"type":"nick","content":"robot"}')
        token = next(
            json.loads(line)["session"] for line in robot.seen.splitlines() if b'"welcome"' in line
        )
        program.signals(signal.SIGTERM)
        self.assertEqual(await self.ends(program), 0)
        for told in (
            "bob arrived from this machine (session 1)",
            "bob left: quit (session 1)",
            "robot arrived",
        ):
            self.assertIn(told, program.out)
        for secret in ("s3cret", token):
            self.assertNotIn(secret, program.out + program.err)
