"""The servers under test: how they are started, looked at, and ended."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from unittest import mock

from twisted.internet.defer import ensureDeferred
from twisted.internet.error import ProcessDone
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from bench import ircds, servers
from bench.errors import BenchError
from bench.servers import KINDS, Elsewhere, Kind, Setting, start
from bench.wire import Target


class KindTests(SynchronousTestCase):
    def test_ours_is_started_as_documented_without_flood_limit_in_its_own_folder(self) -> None:
        command = KINDS["ours"].command(Setting(Path("/x"), 12345, 10, ("--motd", "hi")))
        self.assertEqual(
            command[3:],
            [
                *("-n", "--pidfile=", "chat", "--port", "12345", "--no-flood-limit"),
                *("--state-dir", "/x/state", "--motd", "hi"),
            ],
        )

    def test_what_is_not_installed_is_missing_and_programs_of_root_are_found(self) -> None:
        kind = Kind("irc", lambda setting: [], "no-such-ircd")
        self.assertIn("no-such-ircd is not installed (on Debian: apt-get install", kind.missing())
        self.assertEqual(KINDS["threads"].missing(), "")
        with (
            mock.patch.dict(os.environ, {"PATH": ""}),
            mock.patch.object(shutil, "which", return_value="/usr/sbin/x") as which,
        ):
            self.assertEqual(Kind("irc", lambda setting: [], "x").missing(), "")
        self.assertIn("/usr/sbin", which.call_args[1]["path"])

    def test_the_irc_servers_listen_on_loopback_only_without_limits(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            self.assertEqual(
                ircds.ngircd(directory, 6667), ["ngircd", "-n", "-f", f"{name}/ngircd.conf"]
            )
            command = ircds.inspircd(directory, 6668, 5000)
            self.assertEqual(command[-2:], ["--config", f"{name}/inspircd.conf"])
            ngircd = (directory / "ngircd.conf").read_text()
            inspircd = (directory / "inspircd.conf").read_text()
        for wanted in (
            "Listen = 127.0.0.1\n",
            "Ports = 6667\n",
            "MaxConnectionsIP = 0\n",
            "MaxPenaltyTime = 0\n",
        ):
            self.assertIn(wanted, ngircd)
        for wanted in (
            'address="127.0.0.1" port="6668"',
            'fakelag="off"',
            'localmax="10000"',
            f'target="{name}/',
        ):
            self.assertIn(wanted, inspircd)


class ElsewhereTests(SynchronousTestCase):
    def test_it_is_measured_by_its_process_id_and_not_ended(self) -> None:
        target = Target("127.0.0.1", 1, "line")
        self.assertIsNone(Elsewhere(target, None).usage())
        self.assertIsNotNone(Elsewhere(target, os.getpid()).usage())
        error = self.assertRaises(BenchError, Elsewhere, target, 2**30)
        self.assertEqual(str(error), f"there is no process {2**30} on this machine")
        server = Elsewhere(Target("127.0.0.1", 1, "line"), os.getpid())
        self.successResultOf(ensureDeferred(server.stop()))
        self.assertFalse(server.ended.happened)


class StartedTests(SynchronousTestCase):
    def test_one_that_ends_after_its_directory_is_gone_is_no_error(self) -> None:
        server = servers.Started("x", Target("127.0.0.1", 1, "line"), Path("/no/such"))
        self.assertIsNone(server.usage())
        server.processEnded(Failure(ProcessDone(None)))
        self.assertEqual(server.ended.value, "x ended (with status 0)")


class ResolveTests(SynchronousTestCase):
    def test_an_address_is_itself_and_no_such_host_is_told(self) -> None:
        self.assertEqual(servers.resolve("127.0.0.1"), "127.0.0.1")
        error = self.assertRaises(BenchError, servers.resolve, "no such host")
        self.assertIn("there is no host 'no such host'", str(error))


class StartTests(TestCase):
    async def _start(self, code: str) -> servers.Started:
        """Start a Python program as a kind of server; its arguments are the port."""
        kind = Kind("peer", lambda setting: [sys.executable, "-c", code, str(setting.port)])
        patch = mock.patch.dict(KINDS, {"test": kind})
        patch.start()
        self.addCleanup(patch.stop)
        from twisted.internet import reactor

        return await start(reactor, "test", 10, (), ())

    LISTENS = "import socket, sys; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); "

    async def test_it_is_there_when_it_accepts_and_gone_with_its_directory_then(self) -> None:
        server = await self._start(self.LISTENS + "[s.accept() for _ in iter(int, 1)]")
        self.assertIsNotNone(server.usage())
        self.assertTrue(server._directory.is_dir())
        await server.stop()
        self.assertIsNone(server.usage())
        self.assertFalse(server._directory.exists())
        self.assertFalse(server.ended.happened)

    async def test_one_that_is_killed_has_no_say_but_what_it_said_before(self) -> None:
        hello = "print('hello', flush=True); "
        server = await self._start(hello + self.LISTENS + "[s.accept() for _ in iter(int, 1)]")
        await server.kill()
        self.assertEqual((server.usage(), server.said), (None, "hello\n"))
        self.assertIn("ended (by SIGKILL)", f"{server._over.value}")
        self.assertFalse(server.ended.happened)
        await server.stop()
        self.assertFalse(server._directory.exists())

    async def test_one_that_does_not_want_to_end_is_made_to(self) -> None:
        self.patch(servers, "_END", 0.05)
        deaf = "import signal; signal.signal(15, signal.SIG_IGN); "
        server = await self._start(deaf + self.LISTENS + "[s.accept() for _ in iter(int, 1)]")
        await server.stop()
        self.assertIn("ended (by SIGKILL)", f"{server._over.value}")

    async def test_one_that_ends_at_once_is_told_with_its_last_line(self) -> None:
        with self.assertRaises(BenchError) as caught:
            await self._start(
                "import sys; print('starting', flush=True); sys.exit('no such option')"
            )
        self.assertEqual(
            str(caught.exception), "test ended (with status 1); it said: no such option"
        )

    async def test_one_that_never_listens_is_told_and_ended(self) -> None:
        self.patch(servers, "_START", 0.2)
        with self.assertRaises(BenchError) as caught:
            await self._start("import time; time.sleep(60)")
        self.assertEqual(str(caught.exception), "test is not listening after 0.2 s")

    async def test_one_that_ends_later_is_an_event(self) -> None:
        server = await self._start(self.LISTENS + "s.accept(); s.accept()")
        from twisted.internet import reactor
        from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
        from twisted.internet.protocol import Protocol

        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", server.target.port)
        connection = await connectProtocol(endpoint, Protocol())
        self.assertEqual(await server.ended.wait(), "test ended (with status 0)")
        connection.transport.abortConnection()
        await server.stop()

    async def test_what_is_missing_is_told(self) -> None:
        with mock.patch.dict(KINDS, {"test": Kind("irc", lambda setting: [], "no-such-ircd")}):
            from twisted.internet import reactor

            with self.assertRaises(BenchError):
                await start(reactor, "test", 10, (), ())
