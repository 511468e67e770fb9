"""Small real runs: real servers, real client processes, every message counted. Nothing here looks at how long it took."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock, skipUnless

from twisted.internet.defer import Deferred
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.utils import getProcessOutputAndValue
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from bench import compare, fanout, sessions, team, users
from bench.compare import Compare
from bench.errors import BenchError
from bench.fanout import Fanout
from bench.results import FanoutResult
from bench.runs import Place, Run, Step
from bench.servers import KINDS, Kind, Started, free_port, start
from bench.sessions import Sessions
from bench.users import Users
from bench.waiting import Event
from bench.wire import Target
from tests.bench import real_runs

ROOT = Path(__file__).parent.parent.parent
SMALL = Fanout(members=6, speakers=2, window=4, seconds=0.3)

#: A chat server that makes mistakes: MISTAKE is called with a message and the method that hands it out.
BROKEN = """
import sys
from bench.peers import selects

send = selects.Server.send
count = 0

def mistaken(self, client, data):
    global count
    count += b"=" in data
    if count == 10:
        count += 1
        MISTAKE
    else:
        send(self, client, data)

selects.Server.send = mistaken
selects.Server(int(sys.argv[1])).run()
"""

#: A chat server for two, that ends the first session and waits for the second one to leave.
ENDS_ONE = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
listener.accept()  # whether it is there
first, second = listener.accept()[0], listener.accept()[0]
for client in (first, second):
    client.recv(99)
    client.sendall(b"-- Welcome\\r\\n")
first.close()
second.recv(99)
second.close()
listener.accept()
"""

#: A chat server that refuses those whose name ends in WHOM.
REFUSES = """
import sys
from bench.peers import selects

handle = selects.Server.handle

def refuse(self, client, text):
    if not client.nick and text.endswith(WHOM):
        self.send(client, b"! no\\r\\n")
    else:
        handle(self, client, text)

selects.Server.handle = refuse
selects.Server(int(sys.argv[1])).run()
"""


@real_runs
class RunCase(TestCase):
    """Makes runs."""

    def setUp(self) -> None:
        self.stop: Event[bool] = Event()
        self.steps: list[Step] = []
        self.on_step: Callable[[Step], None] = self.steps.append

    def run_on(
        self, kind: str = "selects", processes: int = 1, target: Target | None = None
    ) -> Run:
        from twisted.internet import reactor

        place = Place(kind=kind, processes=processes, target=target, timeout=10.0)
        self.made = Run(reactor, place, self.stop, lambda step: self.on_step(step))
        return self.made

    def make_kind(self, code: str) -> None:
        """Let a Python program be the kind of server "test"; its argument is the port."""
        kind = Kind("peer", lambda setting: [sys.executable, "-c", code, str(setting.port)])
        patch = mock.patch.dict(KINDS, {"test": kind})
        patch.start()
        self.addCleanup(patch.stop)

    def when_something_came(self, do: Callable[[], None]) -> None:
        """Do something in the middle of the run."""

        def look(step: Step) -> None:
            if step.delivered:
                self.on_step = self.steps.append
                do()

        self.on_step = look

    def assert_sound(self, result: FanoutResult, members: int) -> None:
        """Everybody got everything, once and in order."""
        self.assertEqual((result.error, result.duplicates, result.misordered), ("", 0, 0))
        self.assertGreater(result.sent, 0)
        self.assertEqual(result.delivered, result.sent * (members - 1))
        self.assertEqual(result.expected, result.delivered)


class FanoutTests(RunCase):
    async def test_ours_delivers_everything_once_and_in_order(self) -> None:
        for load in (SMALL, Fanout(members=6, mode="sparse", rate=100, seconds=0.3, idle=3)):
            result = await fanout.measure(self.run_on("ours"), load)
            self.assert_sound(result, 6)
            assert result.cpu is not None and result.rss is not None
            self.assertGreater(result.rss, 1024**2)
            self.assertGreater(sum(result.latencies.values()), 0)
        self.assertIn("logging in", {step.phase for step in self.steps})

    async def test_a_sparse_room_gets_what_the_rate_says(self) -> None:
        result = await fanout.measure(
            self.run_on(), Fanout(members=3, mode="sparse", rate=100, seconds=0.5)
        )
        self.assert_sound(result, 3)
        self.assertTrue(1 < result.sent <= result.seconds * 100 + 1, result.sent)

    async def test_more_speakers_than_members_are_as_many_as_there_are(self) -> None:
        result = await fanout.measure(
            self.run_on(), Fanout(members=2, speakers=9, window=4, seconds=0.2)
        )
        self.assert_sound(result, 2)
        self.assertEqual(result.speakers, 2)

    async def test_ctrl_c_shows_what_was_measured_until_then(self) -> None:
        self.when_something_came(lambda: self.stop.happen(True))
        result = await fanout.measure(self.run_on(), Fanout(members=6, seconds=60))
        self.assert_sound(result, 6)
        self.assertTrue(result.stopped)

    async def test_ctrl_c_during_the_logins_leaves_nothing_to_show(self) -> None:
        self.make_kind(
            "import socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(60)"
        )

        def look(step: Step) -> None:
            if step.phase == "logging in":
                self.stop.happen(True)

        self.on_step = look
        with self.assertRaises(BenchError) as caught:
            await fanout.measure(self.run_on("test"), SMALL)
        self.assertEqual(str(caught.exception), "stopped during the logins: nothing was measured")

    async def test_a_server_that_dies_is_told_with_what_came_before(self) -> None:
        def kill() -> None:
            server = self.made.server
            assert isinstance(server, Started) and server._process is not None
            server._process.signalProcess("KILL")

        self.when_something_came(kill)
        result = await fanout.measure(self.run_on(), Fanout(members=6, seconds=60))
        self.assertRegex(result.error, r"^selects ended \(by SIGKILL\)")
        self.assertGreater(result.delivered, 0)
        self.assertIsNotNone(result.cost)

    async def test_a_server_that_dies_during_the_logins_is_told(self) -> None:
        self.make_kind(
            "import socket, sys; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); s.accept(); s.accept()"
        )
        with self.assertRaises(BenchError) as caught:
            await fanout.measure(self.run_on("test"), SMALL)
        self.assertIn("during the logins test ended (with status 0)", str(caught.exception))

    async def test_a_message_that_is_lost_is_told(self) -> None:
        self.make_kind(BROKEN.replace("MISTAKE", "pass"))
        load = Fanout(members=4, mode="sparse", rate=50, seconds=0.3)
        with mock.patch.object(fanout, "_PATIENCE", 0.3):
            result = await fanout.measure(self.run_on("test"), load)
        self.assertEqual(result.lost, 1)
        self.assertRegex(result.error, "^[0-9]+ of [0-9]+ deliveries arrived$")

    async def test_a_message_that_comes_twice_is_told(self) -> None:
        self.make_kind(BROKEN.replace("MISTAKE", "send(self, client, data + data)"))
        load = Fanout(members=4, mode="sparse", rate=50, seconds=0.3)
        result = await fanout.measure(self.run_on("test"), load)
        self.assertEqual((result.lost, result.duplicates, result.error), (0, 1, "1 arrived twice"))

    async def test_a_message_out_of_order_is_told(self) -> None:
        self.make_kind(
            BROKEN.replace("MISTAKE", "self.late = client, data").replace(
                "        send(self, client, data)\n",
                "        send(self, client, data)\n"
                "        if getattr(self, 'late', (None,))[0] is client: send(self, *self.late); del self.late\n",
            )
        )
        load = Fanout(members=4, mode="sparse", rate=50, seconds=0.5, speakers=1)
        result = await fanout.measure(self.run_on("test"), load)
        self.assertEqual((result.lost, result.misordered), (0, 1))
        self.assertEqual(result.error, "1 arrived out of order")

    async def test_a_connection_the_server_closes_is_told_with_its_last_words(self) -> None:
        self.make_kind(
            BROKEN.replace("MISTAKE", "send(self, client, b'! too slow\\r\\n'); self.drop(client)")
        )
        load = Fanout(members=4, mode="sparse", rate=50, seconds=0.3)
        with mock.patch.object(fanout, "_PATIENCE", 0.3):
            result = await fanout.measure(self.run_on("test"), load)
        self.assertIn("test closed 1 connections (it said: ! too slow)", result.error)

    async def test_a_load_that_makes_no_sense_is_refused(self) -> None:
        for load in (Fanout(members=1), Fanout(size=10)):
            with self.assertRaises(BenchError):
                await fanout.measure(self.run_on(), load)


class UsersTests(RunCase):
    async def test_everybody_hears_all_the_others(self) -> None:
        for kind, processes in (("ours", 1), ("threads", 2)):
            result = await users.measure(self.run_on(kind, processes), Users(users=4, messages=3))
            self.assertEqual(result.error, "")
            self.assertEqual([(row.delivered, row.error) for row in result.rows], [(9, "")] * 4)

    async def test_any_server_that_hands_on_lines_will_do(self) -> None:
        from twisted.internet import reactor

        server = await start(reactor, "selects", 10, (), ())
        try:
            target = Target("127.0.0.1", server.target.port, "plain")
            result = await users.measure(self.run_on(target=target), Users(users=3, messages=2))
            self.assertEqual([(row.delivered, row.error) for row in result.rows], [(4, "")] * 3)
            self.assertIsNotNone(server.usage(), "it is still there")
        finally:
            await server.stop()

    async def test_a_lost_message_is_an_error_of_who_missed_it(self) -> None:
        self.make_kind(BROKEN.replace("MISTAKE", "pass"))
        run = self.run_on("test")
        self.when_something_came(lambda: self.stop.happen(True))
        result = await users.measure(run, Users(users=4, messages=3))
        self.assertEqual(
            sorted(row.error for row in result.rows), ["", "", "", "got 8 of 9 messages"]
        )
        self.assertEqual(result.error, "1 of 4 users did not hear everything")

    async def test_a_user_the_server_closes_on_is_an_error(self) -> None:
        self.make_kind(
            BROKEN.replace("MISTAKE", "send(self, client, b'! no\\r\\n'); self.drop(client)")
        )
        run = self.run_on("test")
        self.when_something_came(lambda: self.stop.happen(True))
        result = await users.measure(run, Users(users=4, messages=3))
        errors = "".join(row.error for row in result.rows)
        self.assertIn("messages, then the server closed the connection (it said: ! no)", errors)

    async def test_a_user_who_is_refused_is_an_error_of_that_one(self) -> None:
        self.make_kind(REFUSES.replace("WHOM", "b'0001'"))
        run = self.run_on("test")
        self.when_something_came(lambda: self.stop.happen(True))
        result = await users.measure(run, Users(users=3, messages=2))
        self.assertEqual(
            [row.error for row in result.rows],
            ["got 2 of 4 messages", "the server refused the login: no", "got 2 of 4 messages"],
        )

    async def test_nobody_listens(self) -> None:
        port = free_port()
        with self.assertRaises(BenchError) as caught:
            await users.measure(self.run_on(target=Target("127.0.0.1", port, "plain")), Users())
        self.assertEqual(
            str(caught.exception), f"nothing listens on 127.0.0.1 port {port} (10 logins failed)"
        )

    async def test_a_load_that_makes_no_sense_is_refused(self) -> None:
        for load in (Users(users=1), Users(size=10)):
            with self.assertRaises(BenchError):
                await users.measure(self.run_on(), load)


class SessionsTests(RunCase):
    async def test_they_come_and_go(self) -> None:
        for kind, processes in (("ours", 1), ("sends", 2)):
            result = await sessions.measure(
                self.run_on(kind, processes), Sessions(sessions=20, seconds=0.1, at_once=3)
            )
            self.assertEqual((result.error, result.ready, result.left), ("", 20, 20))
            self.assertEqual(sum(result.logins.values()), 20)
            self.assertIsNotNone(result.per_session)

    async def test_sessions_that_are_refused_are_told(self) -> None:
        self.make_kind(REFUSES.replace("WHOM", "b'0001'"))
        result = await sessions.measure(self.run_on("test"), Sessions(sessions=3, seconds=0.1))
        self.assertEqual((result.ready, result.failed, result.left), (2, 1, 2))
        self.assertEqual(
            result.error, "1 logins failed, the first because the server refused the login: no"
        )

    async def test_ctrl_c_during_the_logins_shows_those_that_were_through(self) -> None:
        self.make_kind(REFUSES.replace("! no", "-- wait").replace("WHOM", "b'0002'"))

        def look(step: Step) -> None:
            if step.phase == "logging in" and step.done == 2:
                self.stop.happen(True)

        self.on_step = look
        result = await sessions.measure(self.run_on("test"), Sessions(sessions=3, seconds=60))
        self.assertEqual((result.ready, result.left, result.error), (2, 2, ""))
        self.assertTrue(result.stopped)

    async def test_a_server_that_says_nothing_is_left_by_closing(self) -> None:
        from twisted.internet import reactor

        server = await start(reactor, "selects", 10, (), ())
        try:
            target = Target("127.0.0.1", server.target.port, "plain")
            result = await sessions.measure(
                self.run_on(target=target), Sessions(sessions=3, seconds=0.1)
            )
        finally:
            await server.stop()
        self.assertEqual((result.error, result.left, result.per_session), ("", 3, None))

    async def test_sessions_the_server_ends_are_told(self) -> None:
        self.make_kind(ENDS_ONE)
        result = await sessions.measure(self.run_on("test"), Sessions(sessions=2, seconds=0.3))
        self.assertEqual((result.ready, result.left, result.closed), (2, 1, 1))
        self.assertIn("test closed 1 sessions", result.error)

    async def test_a_load_that_makes_no_sense_is_refused(self) -> None:
        with self.assertRaises(BenchError):
            await sessions.measure(self.run_on(), Sessions(sessions=0))


class CompareTests(RunCase):
    async def test_every_server_that_is_here_delivers_everything(self) -> None:
        found = await compare.measure(
            Compare(loads=(SMALL,), repeat=1),
            self.run_on,
            lambda: False,
            self.steps.append,  # type: ignore[arg-type]
        )
        self.assertEqual(found.error, "")
        self.assertEqual({each.server for each in found.rounds[0]}, set(KINDS) - set(found.missing))
        for result in found.rounds[0]:
            self.assert_sound(result, 6)


class TeamTests(RunCase):
    async def test_a_client_process_that_ends_is_told(self) -> None:
        def kill() -> None:
            process = self.made.team._helpers[0]._process
            assert process is not None
            process.signalProcess("KILL")

        self.when_something_came(kill)
        with self.assertRaises(BenchError) as caught:
            await fanout.measure(self.run_on(), Fanout(members=6, seconds=0.5))
        self.assertEqual(str(caught.exception), "a client process ended unexpectedly")

    def test_clients_are_split_evenly(self) -> None:
        self.assertEqual(
            [team.split(10, parts) for parts in (1, 3, 4)], [[10], [4, 3, 3], [3, 3, 2, 2]]
        )


class Interrupting(ProcessProtocol):
    """Sends Ctrl-C when the first output comes."""

    def __init__(self) -> None:
        self.text = b""
        self.over: Deferred[int | None] = Deferred()

    def outReceived(self, data: bytes) -> None:
        if not self.text:
            assert self.transport is not None
            self.transport.signalProcess("INT")
        self.text += data

    def processEnded(self, reason: Failure) -> None:
        self.over.callback(getattr(reason.value, "exitCode", None))


@real_runs
class ProgramTests(TestCase):
    """The program itself, as it is called."""

    async def bench(self, *arguments: str) -> tuple[str, str, int]:
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        out, errors, status = await getProcessOutputAndValue(
            sys.executable, ["-m", "bench", *arguments], environment
        )
        return out.decode(), errors.decode(), status

    async def test_a_run_shows_a_table_and_writes_files(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "x.json"
            out, errors, status = await self.bench(
                "users", "--users", "3", "--messages", "2", "--json", str(path)
            )
            self.assertEqual((errors, status), ("", 0))
            self.assertIn("3 users × 2 messages on ours", out)
            rows = json.loads(path.read_text())["result"]["rows"]
        self.assertEqual([row["delivered"] for row in rows], [4] * 3)

    async def test_compare_shows_ratios(self) -> None:
        load = ["--modes", "busy", "--repeat", "1", "--members", "4", "--seconds", "0.2"]
        options = ["--servers", "selects", "threads", *load]
        out, errors, status = await self.bench("compare", *options)
        self.assertEqual((errors, status), ("", 0))
        self.assertRegex(out, r"selects ÷ it")

    async def test_ctrl_c_ends_a_comparison_with_what_was_measured_and_status_130(self) -> None:
        from twisted.internet import reactor

        output = Interrupting()
        arguments = ["compare", "--servers", "selects", "--members", "4", "--seconds", "0.2"]
        reactor.spawnProcess(
            output,
            sys.executable,
            [sys.executable, "-m", "bench", *arguments, "--repeat", "100"],
            os.environ | {"PYTHONPATH": str(ROOT)},
        )
        self.assertEqual(await output.over, 130)
        self.assertIn(b"Stopped early", output.text)
        self.assertRegex(output.text, rb"selects .* 1\.00 ")

    @skipUnless(importlib.util.find_spec("matplotlib"), "matplotlib is not installed")
    async def test_fanout_and_sessions_are_shown_and_drawn(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "x.svg"
            small = ["--server", "selects", "--seconds", "0.2", "--plot", str(path)]
            for load in (["fanout", "--members", "4"], ["sessions", "--sessions", "4"]):
                out, errors, status = await self.bench(*load, *small)
                self.assertEqual((errors, status), ("", 0))
                self.assertIn("selects", out)
                self.assertTrue(path.exists())
                path.unlink()

    async def test_an_error_is_one_line_and_a_status(self) -> None:
        port = str(free_port())
        for arguments, status in (
            (("users", "--port", port), 1),
            (("sessions", "--port", port, "--sessions", "3"), 1),
            (("users", "--host", "x"), 2),
            (("users", "--plot", "x.jpg"), 1),
        ):
            out, errors, ended = await self.bench(*arguments)
            self.assertEqual((out, ended), ("", status), arguments)
            self.assertRegex(errors, r"\Abench: .+\n\Z")
