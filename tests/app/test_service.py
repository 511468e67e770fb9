"""The service: how the server starts and stops. As real processes it does so in ``test_service_process``."""

from __future__ import annotations

import os
import re
import resource
import signal
import sys
import tempfile
import time
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
from twisted.application.app import ServerOptions
from twisted.application.service import Application
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ReactorNotRunning
from twisted.logger import ILogObserver

from tests.app.cases import ServiceTestCase
from tests.auth.test_operators import HASH
from tests.clocks import TurnsClock
from tests.making import folder_for
from tests.store import postgres
from tests.tls import certs
from twisted_chat.app.options import Options
from twisted_chat.app.service import ChatService, makeService
from twisted_chat.app.settings import Settings
from twisted_chat.app.startup import StartError
from twisted_chat.core.api import events as e
from twisted_chat.core.api.records import Remembered, RoomRecord
from twisted_chat.core.values.ids import RoomId
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import parse_room
from twisted_chat.store.memory import MemoryStore
from twisted_chat.store.sql import database
from twisted_chat.store.state_dir import StateDir, StateDirError


class StartTests(ServiceTestCase):
    def test_it_serves_with_the_settings_it_got(self) -> None:
        served = self.starts(
            server_name="Ops", motd="Be kind.", limits=Limits(max_text=5), flood_limit=False
        )
        house = self.house(served)
        bob, alice = house.enters("bob"), house.comes()
        alice.types("alice")
        seen = alice.sees()
        self.assertEqual((seen[0], seen[3]), ("Welcome to Ops.", "-- Be kind."))
        bob.hears()
        alice.types("123456", *["12345"] * 100)
        self.assertEqual(bob.sees(), ["<alice> 12345"] * 100)

    def test_silent_programs_are_pinged_every_few_seconds(self) -> None:
        served = self.starts()
        house = self.house(served)
        robot = house.program("robot")
        self.reactor.pump([1] * 119)
        self.assertEqual(robot.gets(), [])
        self.reactor.pump([1] * 6)
        self.assertEqual([each["type"] for each in robot.gets()], ["ping"])

    def test_what_has_arrived_is_read_before_silence_is_judged(self) -> None:
        self.reactor.advance = partial(TurnsClock.advance, self.reactor)  # type: ignore[method-assign, arg-type]
        served = self.starts(limits=Limits(ping_after=5, ping_wait=5))
        house = self.house(served)
        robots = [house.program("robot"), house.program("ghost")]
        for _ in range(2):
            self.reactor.pump([5.0, 0.0, 0.0])
            for robot in robots:
                self.assertEqual([each["type"] for each in robot.gets()], ["ping"])
                robot.objects({"type": "pong"})
        self.reactor.pump([5.0, 0.0, 0.0])
        # As after a pause of the process: the timers are due before anything is read.
        robots[0]._waiting.append(b'{"type":"pong"}\n')
        self.reactor.advance(8.0)
        robots[0].arrive()
        self.reactor.pump([0.0] * 4)
        self.assertEqual([robot.gone for robot in robots], [False, True])
        del self.reactor.advance

    def test_watchdog_knows_of_the_start_and_of_the_end(self) -> None:
        self.patch(StateDir, "open", lambda folder: self.watched.append("opens the state folder"))
        served = self.starts()
        self.assertEqual(self.watched, ["start", "started"])
        self.stops(served)
        self.assertEqual(self.watched[2:], ["stopping", "stop"])

    def test_watchdog_is_told_of_no_start_until_the_store_has_written(self) -> None:
        block: Deferred[range] = Deferred()

        async def reserve(store: object, count: int) -> range:
            return await block

        self.patch(MemoryStore, "reserve", reserve)
        self.starts()
        self.assertEqual(self.watched, ["start"])
        block.callback(range(1, 100))
        self.assertEqual(self.watched, ["start", "started"])

    def test_a_fault_in_that_is_logged_and_does_not_end_it(self) -> None:
        served = self.starts()
        calls: list[None] = []

        def check(now: float) -> None:
            calls.append(None)
            raise RuntimeError("a fault")

        self.patch(served.doors.connections, "check", check)
        self.reactor.pump([5, 5])
        self.assertEqual(len(calls), 2)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 2)

    def test_what_the_store_remembers_is_there_before_anybody_comes(self) -> None:
        record = RoomRecord(e.RoomRef(RoomId(5), parse_room("dev")), 5.0)

        async def start(*reports: object) -> Remembered:
            return Remembered((record,))

        self.patch(MemoryStore, "start", lambda store, *reports: start(*reports))
        served = self.starts()
        self.assertIn("restored 1 room", self.log())
        house = self.house(served)
        bob = house.enters("bob")
        bob.types("/rooms")
        self.assertIn("--   #dev       0", bob.sees())

    def test_store_is_looked_after_every_ten_minutes_in_spite_of_faults(self) -> None:
        served = self.starts()
        calls: list[None] = []

        def housekeep() -> None:
            calls.append(None)
            raise RuntimeError("a fault")

        self.patch(served.node, "housekeep", housekeep)
        self.reactor.pump([599, 1, 600])
        self.assertEqual(len(calls), 2)
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 2)

    def test_history_is_kept_within_the_limits_of_the_server(self) -> None:
        served = self.starts(limits=Limits(keep_lines=3))
        house = self.house(served)
        bob = house.enters("bob")
        bob.types(*"12345")
        alice = house.enters("alice")
        bob.types("/keep")
        self.assertIn("-- The history of #lobby is kept up to 3 lines.", bob.sees())
        self.assertNotIn("<bob> 2", "".join(alice.sees()))

    def test_history_in_a_database_is_kept_within_the_limits_of_the_server(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        settings = {"database": "", "state_dir": folder.name, "limits": Limits(keep_lines=3)}
        served = self.starts(**settings)
        house = self.house(served)
        house.enters("bob").types(*"12345")
        self.reactor.advance(3600)
        house.empties()
        self.stops(served)
        served = self.starts(**settings)
        house = self.house(served)
        alice = house.comes()
        alice.types("alice")
        seen = "".join(alice.sees())
        self.assertNotIn("<bob> 2", seen)
        self.assertIn("<bob> 3", seen)
        house.empties()
        self.stops(served)

    def test_ids_of_a_later_run_lie_above_those_of_an_earlier(self) -> None:
        ids = []
        for now in (1000.0, 1000.001):
            self.patch(time, "time", lambda now=now: now)
            served = self.starts()
            house = self.house(served)
            robot = house.program("robot")
            robot.objects({"type": "message", "content": "x"})
            ids.append(robot.gets()[0]["message"])
            house.empties()
            self.stops(served)
        self.assertLess(ids[0], ids[1])

    def test_as_many_connections_are_allowed_as_the_system_has(self) -> None:
        self.stops(self.starts())
        self.assertEqual(self.limits, [(20, 20)])
        self.assertEqual(self.collector, ["freeze", 5_000])

    def test_a_system_that_allows_no_more_is_no_error(self) -> None:
        self.patch(resource, "getrlimit", lambda which: (20, 20))
        self.stops(self.starts())
        self.assertEqual(self.limits, [])

    def test_a_system_that_refuses_what_it_allows_is_no_error(self) -> None:
        def refuse(which: int, limits: object) -> None:
            raise ValueError("not allowed to raise maximum limit")

        self.patch(resource, "setrlimit", refuse)
        self.stops(self.starts())

    def test_the_options_make_it(self) -> None:
        options = Options()
        options.parseOptions(["--server-name", "Ops", "--database", ":memory:"])
        made = makeService(options)
        self.assertEqual(made.node.lifecycle.server, "Ops")

    def test_under_twistd_it_says_where_the_log_goes(self) -> None:
        for twistd, ours in ((ServerOptions(), True), (None, False)):
            options = Options()
            options.parent = twistd
            options.parseOptions(["--database", ":memory:", "--log-level", "error"])
            application = Application("chat")
            made = makeService(options)
            made.setServiceParent(application)
            self.assertEqual(application.getComponent(ILogObserver, None) is not None, ours)
            made.disownServiceParent()

    def test_log_is_opened_again_at_a_signal(self) -> None:
        self.starts()
        self.handlers[signal.SIGUSR1](signal.SIGUSR1, None)
        self.reactor.advance(0)
        self.assertIn("nothing to reopen", self.log())

    def test_check_only_tells_whether_it_could_start(self) -> None:
        self.patch(sys, "stdout", StringIO())
        options = Options()
        options.parseOptions(["--check", "--port=0", "--database", ":memory:"])
        self.assertEqual(self.assertRaises(SystemExit, makeService, options).code, 0)
        self.assertEqual(self.handlers, {})

    def test_sessions_of_two_starts_have_no_name_in_common(self) -> None:
        first, second = (self.made().node.hub.node for _ in range(2))
        self.assertNotEqual(first, second)


class CannotStartTests(ServiceTestCase):
    def test_it_is_shown_as_one_line(self) -> None:
        printed = StringIO()
        self.patch(sys, "__stderr__", printed)
        error = self.assertRaises(StartError, self.made(port=("a\nb:",)).startService)
        sys.excepthook(type(error), error, None)
        self.assertRegex(printed.getvalue(), r"\Atwistd chat: cannot listen on 'a\\nb:': .*\n\Z")

    def test_any_other_exception_is_shown_as_ever(self) -> None:
        shown: list[object] = []
        self.patch(sys, "__excepthook__", lambda *what: shown.append(what))
        self.stops(self.starts())
        error = ValueError("a fault")
        sys.excepthook(ValueError, error, None)
        self.assertEqual(shown, [(ValueError, error, None)])


class OperatorsTests(ServiceTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.path = folder_for(self) / "operators"
        self.write("root")

    def write(self, *names: str, mode: int = 0o600) -> None:
        self.path.write_text("".join(f"{name} {HASH}\n" for name in names))
        self.path.chmod(mode)

    def test_they_are_read_at_the_start(self) -> None:
        served = self.starts(operators=str(self.path), oper_in_clear=True)
        self.assertIsNotNone(served.node.admin._operators.hash_of("root"))
        self.assertTrue(served.node.admin.in_clear)
        self.assertNotIn("read it", self.log())

    def test_bad_file_is_one_line_and_no_start(self) -> None:
        self.path.write_text("nonsense\n")
        error = self.assertRaises(StartError, self.starts, operators=str(self.path))
        self.assertRegex(str(error), rf"\A{self.path}:1: [^\n]*\Z")
        self.assertEqual(self.reactor.tcpServers, [])

    def test_file_that_all_can_read_is_warned_of(self) -> None:
        self.write("root", mode=0o644)
        self.stops(self.starts(operators=str(self.path)))
        self.assertIn(f"{self.path}: every user of this machine can read it", self.log())

    def test_who_is_silent_is_looked_after_every_few_seconds(self) -> None:
        served = self.starts(limits=Limits(auto_away=1))
        bob = self.house(served).enters("bob")
        self.reactor.pump([5.0] * 13)
        bob.types("/whois bob")
        self.assertIn("away: idle", bob.sees()[-2])
        bob.ends()


class KeptTests(ServiceTestCase):
    """The state folder: a server has it for itself for as long as it runs, and says where it is."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = folder_for(self) / "state"

    def test_it_has_its_folder_to_itself_until_it_has_stopped(self) -> None:
        settings = {"database": "", "state_dir": str(self.folder)}
        served = self.starts(**settings)
        self.assertIn(f"history and rooms are kept in {self.folder}", self.log())
        error = self.assertRaises(StartError, self.made(**settings).startService)
        self.assertRegex(
            str(error), f"^{self.folder}: process .* uses this folder; stop that server"
        )
        self.assertRaises(StateDirError, StateDir.open, self.folder)
        self.stops(served)
        StateDir.open(self.folder).close()

    def test_it_stays_its_own_until_the_store_is_closed_even_if_that_fails(self) -> None:
        served = self.starts(database="", state_dir=str(self.folder))
        closing: Deferred[None] = Deferred()
        self.patch(served._store, "stop", lambda: closing)
        stopped = served.stopService()
        self.reactor.advance(0)
        self.assertRaises(StateDirError, StateDir.open, self.folder)
        closing.errback(OSError("a fault"))
        self.failureResultOf(stopped, OSError)
        StateDir.open(self.folder).close()

    def test_accounts_and_their_sessions_are_there_after_a_restart(self) -> None:
        settings = {"database": "", "state_dir": str(self.folder)}
        served = self.starts(**settings)
        house = self.house(served)
        robot = house.comes()
        robot.objects({"type": "nick", "content": "Robot"})
        token = next(each["session"] for each in robot.gets() if each["type"] == "welcome")
        robot.objects({"type": "register", "password": "correct-horse"})
        robot.objects({"type": "command", "content": "/privacy rooms"})
        house.waits(1)
        self.assertEqual(
            [each["code"] for each in robot.gets() if "code" in each][-2:], ["done"] * 2
        )
        house.empties()
        self.stops(served)
        for login in (
            {"content": "robot", "password": "correct-horse"},
            {"content": "robot", "session": token},
        ):
            served = self.starts(**settings)
            house = self.house(served)
            robot = house.comes()
            robot.objects({"type": "nick", **login}, {"type": "command", "content": "/privacy"})
            house.waits(1)
            self.assertIn("share a room with you", robot.gets()[-1]["content"])
            guest = house.comes()
            guest.types("robot")
            self.assertIn("robot is registered. Type its password", guest.sees()[-1])
            house.empties()
            self.stops(served)

    def test_whose_names_are_in_a_file_of_passwords_are_kept_for_them(self) -> None:
        people = self.folder.with_name("people")
        people.write_text("bob:$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$x\n")
        served = self.starts(auth=(f"argon2:{people}",))
        house = self.house(served)
        guest = house.comes()
        guest.types("bob")
        self.assertIn("bob is registered. Type its password", guest.sees()[-1])

    def test_a_file_of_passwords_that_is_none_is_one_line(self) -> None:
        for auth, why in (
            ("argon2:/nowhere", "auth: 'argon2:/nowhere' cannot be used"),
            ("nonsense:x", "auth: there is no kind 'nonsense'; use argon2:FILE"),
        ):
            error = self.assertRaises(StartError, self.made, auth=(auth,))
            self.assertIn(why, str(error))

    def test_a_server_that_could_not_have_its_folder_can_be_stopped(self) -> None:
        self.folder.write_text("a file")
        served = self.made(database="", state_dir=str(self.folder))
        error = self.assertRaises(StartError, served.startService)
        self.assertEqual(
            str(error), f"{self.folder}: is not a folder; choose another folder with --state-dir"
        )

    def test_the_folder_is_where_it_was_when_the_options_were_read(self) -> None:
        self.addCleanup(os.chdir, Path.cwd())
        os.chdir(self.folder.parent)
        served = self.made(database="", state_dir="state")
        os.chdir("/")
        served.startService()
        self.assertTrue(self.folder.is_dir())

    def test_what_needs_no_folder_makes_none_and_its_name_forges_no_line(self) -> None:
        self.stops(self.starts(state_dir=str(self.folder)))
        self.assertIn("nothing is kept: --database :memory:", self.log().splitlines())
        self.assertFalse(self.folder.exists())
        self.stops(self.starts(database="", state_dir=f"{self.folder}\nforged"))
        self.assertIn(f"kept in {self.folder}?forged", self.log())

    def test_postgresql_needs_no_folder_and_its_password_is_nowhere(self) -> None:
        url = postgres.fresh(self)
        secret = f"{url.replace('chat@', 'chat:s3cret@')}&password=s3cret"
        self.stops(self.starts(database=secret, state_dir=str(self.folder)))
        self.assertIn(f"history and rooms are kept in {url}", self.log().splitlines())
        self.assertNotIn("s3cret", repr(self.logged))
        self.assertFalse(self.folder.exists())

    def test_database_that_cannot_be_had_is_one_line_without_its_password(self) -> None:
        served = self.made(database="postgresql://chat:s3cret@/chat?host=/nowhere/at/all")
        error = self.assertRaises(StartError, served.startService)
        self.assertTrue(str(error).startswith("the database cannot be opened: "), error)
        self.assertNotIn("s3cret", str(error))

    def test_what_postgresql_needs_and_is_not_there_is_one_line_too(self) -> None:
        def missing(*args: object) -> None:
            raise ImportError("No module named 'psycopg'", name="psycopg")

        self.patch(database, "Database", missing)
        printed = StringIO()
        self.patch(sys, "__stderr__", printed)
        error = self.assertRaises(StartError, self.made, database="postgresql:///chat")
        sys.excepthook(type(error), error, None)
        self.assertRegex(
            printed.getvalue(),
            r"\Atwistd chat: PostgreSQL needs psycopg, which is not installed: pip install .*\n\Z",
        )

    def test_that_nobody_can_join_yet_is_told(self) -> None:
        served = self.made()
        ids: Deferred[range] = Deferred()
        self.patch(served._store, "reserve", lambda count: ids)
        served.startService()
        self.reactor.advance(1)
        self.assertEqual(self.log().count("waiting for the database"), 1)
        self.assertEqual(self.reactor.tcpServers, [])
        ids.callback(range(1, 1000))
        self.assertEqual(len(self.reactor.tcpServers), 1)

    def test_a_start_that_waits_can_be_stopped(self) -> None:
        served = self.made()
        self.patch(served._store, "reserve", lambda count: Deferred())
        served.startService()
        self.stops(served)
        self.assertNotIn("waiting for the database", self.log())


class StopTests(ServiceTestCase):
    def test_everybody_is_told_and_nobody_is_waited_for_who_is_gone(self) -> None:
        served = self.starts()
        house = self.house(served)
        guests = [house.enters("bob"), house.enters("alice"), house.comes()]
        house.hush()
        self.stops(served)
        for guest in guests:
            self.assertEqual(guest.sees(), ["-- Goodbye (the server is stopping)."])
            self.assertTrue(guest.gone and not guest.wire.aborted)

    def test_who_never_reads_is_given_two_seconds(self) -> None:
        served = self.starts()
        house = self.house(served)
        bob = house.enters("bob")
        bob.wire.takes = False
        stopped = served.stopService()
        self.reactor.pump([0.1] * 19)
        self.assertNoResult(stopped)
        self.assertFalse(bob.gone)
        self.reactor.pump([0.1] * 2)
        self.successResultOf(stopped)
        self.reactor.advance(0)
        self.assertTrue(bob.gone and bob.wire.aborted)

    def test_it_listens_no_more_before_it_says_goodbye(self) -> None:
        self.reactor.closing = Deferred()
        served = self.starts()
        house = self.house(served)
        bob = house.enters("bob")
        stopped = served.stopService()
        self.reactor.advance(0)
        self.assertEqual(bob.sees(), [])
        self.reactor.closing.callback(None)
        self.reactor.advance(0)
        self.assertEqual(bob.sees(), ["-- Goodbye (the server is stopping)."])
        self.successResultOf(stopped)

    def test_a_server_that_did_not_start_can_be_stopped(self) -> None:
        self.reactor.fails = OSError("taken")
        served = self.made()
        self.assertRaises(StartError, served.startService)

    def test_signals_stop_the_reactor_in_order_and_once(self) -> None:
        self.starts()
        self.assertEqual(list(self.handlers), [signal.SIGHUP, signal.SIGUSR1])
        stops: list[None] = []

        def stop() -> None:
            stops.append(None)
            if len(stops) > 1:
                raise ReactorNotRunning

        self.patch(self.reactor, "stop", stop)
        self.reactor.run()
        usual = [signal.SIGHUP, signal.SIGINT, signal.SIGUSR1, signal.SIGTERM]
        self.assertEqual(sorted(self.handlers), usual)
        stops.clear()
        for number in (signal.SIGINT, signal.SIGTERM):
            self.handlers[number](number, None)
        self.assertEqual(stops, [])
        self.reactor.advance(0)
        self.assertEqual(len(stops), 2)


class AgainTests(ServiceTestCase):
    """SIGHUP: certificates and settings are read again, and nobody notices but by what changed."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = folder_for(self)
        self.now = Settings(database=":memory:")

    def reread(self) -> Settings:
        return self.now.check()

    def serves(self, **settings: Any) -> ChatService:
        self.now = msgspec.structs.replace(self.now, **settings)
        served = ChatService(self.now, self.reactor, self.reread)
        self.services.append(served)
        served.startService()
        return served

    def hangs_up(self, **settings: Any) -> None:
        """Change settings, and tell the server."""
        self.now = msgspec.structs.replace(self.now, **settings)
        self.handlers[signal.SIGHUP](signal.SIGHUP, None)
        self.reactor.advance(0)

    def test_who_can_register_changes_for_who_is_here(self) -> None:
        served = self.serves()
        house = self.house(served)
        bob = house.enters("bob")
        self.hangs_up(registration="closed")
        bob.types("/register correct-horse")
        self.assertIn(
            "! Registration is closed on this server. Nothing was registered. Ask the server's operator for an account.",
            bob.sees(),
        )

    def test_limits_motd_and_name_change_for_who_is_here_and_who_comes(self) -> None:
        served = self.serves()
        house = self.house(served)
        bob = house.enters("bob")
        limits = Limits(max_text=5, max_per_address=1, max_backlog=70_000, max_ids=8)
        self.hangs_up(server_name="Ops", motd="Be kind.", limits=limits, flood_limit=False)
        bob.types("123456")
        self.assertIn("! That text has 6 bytes", bob.sees()[0])
        refused = house.comes()
        self.assertIn("Too many connections", refused.sees()[0])
        alice = house.comes(IPv4Address("TCP", "192.0.2.8", 1))
        alice.types("alice")
        seen = alice.sees()
        self.assertEqual((seen[0], seen[3]), ("Welcome to Ops.", "-- Be kind."), seen)
        bob.hears()
        alice.types(*["12345"] * 100)
        self.assertEqual(bob.sees(), ["<alice> 12345"] * 100)
        self.assertEqual(served.sessions.delivery.backlog.limit, 70_000)
        self.assertEqual(served.node.hub.state.client_ids.max_ids, 8)

    def test_operators_are_read_again(self) -> None:
        first, second = self.folder / "first", self.folder / "second"
        for file, name in ((first, "root"), (second, "toor")):
            file.write_text(f"{name} {HASH}\n")
            file.chmod(0o600)
        served = self.serves(operators=str(first))
        operating = served.node.admin
        self.hangs_up(operators=str(second), oper_in_clear=True)
        self.assertEqual(operating._operators.hash_of("toor"), HASH)
        self.assertIsNone(operating._operators.hash_of("root"))
        self.assertTrue(operating.in_clear)
        second.write_text("nonsense\n")
        self.hangs_up(oper_in_clear=False)
        self.assertIn("the new operators are invalid; the previous ones stay in use", self.log())
        self.assertEqual(operating._operators.hash_of("toor"), HASH)
        self.assertTrue(operating.in_clear)

    def test_what_cannot_change_is_told_and_stays(self) -> None:
        served = self.serves()
        self.hangs_up(port=1, motd="x", limits=Limits(keep_days=1))
        self.assertIn(
            "motd changed; port, limits.keep-days changed too; this takes effect after a restart",
            self.log(),
        )
        self.assertEqual(served.node.limits.keep_days, 0)

    def test_bad_settings_are_refused_as_a_whole(self) -> None:
        served = self.serves(motd="old")
        self.hangs_up(motd="new", server_name="\x1b")
        self.assertEqual(served.node.lifecycle.motd, ("old",))
        self.assertRegex(
            self.log(),
            "the new settings are invalid; the previous ones stay in use: server-name: U.001B",
        )

    def test_signal_that_comes_before_the_server_starts_or_runs_waits(self) -> None:
        """As soon as twistd has written its pid file somebody may send one."""
        for early in (True, False):
            self.logged.clear()
            served = self.made()
            steps = [served.startService, lambda: self.handlers[signal.SIGHUP](signal.SIGHUP, None)]
            for step in reversed(steps) if early else steps:
                step()
            self.assertNotIn("reloaded", self.log())
            self.reactor.advance(0)
            self.assertIn("reloaded the settings: nothing changed", self.log())
            self.stops(served)

    def presented(self, port: int = 0) -> str:
        """Connect to a TLS port; return the name in the certificate that is presented."""
        factory = self.reactor.tcpServers[port][1]
        return certs.presented(factory, self.reactor)

    def test_port_with_tls_presents_the_certificate_that_is_there_now(self) -> None:
        cert, key = certs.write(self.folder, "one.example")
        self.serves(port=(), tls_port=1, tls_cert=str(cert), tls_key=str(key))
        self.assertIn("the chat is open with TLS on 0.0.0.0 port 1", self.log())
        self.assertEqual(self.presented(), "one.example")
        certs.write(self.folder, "two.example")
        self.hangs_up()
        self.assertEqual(self.presented(), "two.example")

    def test_certificate_that_cannot_be_used_is_refused_and_the_old_one_goes_on(self) -> None:
        cert, key = certs.write(self.folder, "one.example")
        self.serves(tls_port=1, tls_cert=str(cert), tls_key=str(key))
        good = key.read_bytes()
        for spoil in (
            lambda: key.write_bytes(certs.self_signed("two.example").key),
            lambda: key.write_text("rubbish"),
            key.unlink,
            lambda: certs.write(self.folder, "two.example", days=-1),
        ):
            spoil()
            self.logged.clear()
            self.hangs_up()
            self.assertEqual(len(re.findall("the new certificates are invalid", self.log())), 1)
            self.assertEqual(self.presented(1), "one.example")
            key.write_bytes(good)

    def test_bad_settings_do_not_keep_a_new_certificate_out(self) -> None:
        cert, key = certs.write(self.folder, "one.example")
        self.serves(tls_port=1, tls_cert=str(cert), tls_key=str(key))
        certs.write(self.folder, "two.example")
        self.hangs_up(motd="\x1b")
        self.assertEqual(self.presented(1), "two.example")

    def test_doubts_about_a_certificate_are_logged_at_the_start(self) -> None:
        cert, key = certs.write(self.folder, "one.example", days=7)
        self.stops(self.serves(tls_port=1, tls_cert=str(cert), tls_key=str(key)))
        self.assertRegex(self.log(), rf"{cert}: expires in \d days")

    def test_server_does_not_start_without_its_certificate_or_what_tls_needs(self) -> None:
        cert = self.folder / "none.pem"
        served = self.made(tls_port=1, tls_cert=str(cert))
        error = self.assertRaises(StartError, served.startService)
        self.assertEqual(str(error), f"{cert}: cannot be read: No such file or directory")
        self.stops(served)
        certs.not_installed(self)
        served = self.made(tls_port=1, tls_cert=str(cert))
        error = self.assertRaises(StartError, served.startService)
        self.assertIn("which is not installed: pip install 'PATH-OF-THE-CLONE[tls]'", str(error))


class SecrecyTests(ServiceTestCase):
    """What nobody may read in the log, at whatever level."""

    def test_the_log_tells_who_came_and_went_and_nothing_of_what_they_said(self) -> None:
        served = self.starts(flood_limit=False)
        house = self.house(served)
        bob, robot = house.comes(), house.comes()
        bob.sends(b"\xff\xf1")
        bob.types(
            *("bob", "s3cret said", "/join dev s3cret", "MSG robot:s3cret", "/topic s3cret"),
            *(
                "/away s3cret",
                "/s3cret",
                "!s3cret",
                "s3cret > nobody",
                "s3cret\x1b",
                "/nick a s3cret",
            ),
        )
        bob.sends(b"s3cret \xff\xfe\r\n" + b"s3cret" * 1000 + b"\r\n")
        robot.objects(
            {"type": "nick", "content": "robot", "password": "s3cret", "session": "s3cret"},
            {"type": "nick", "content": "robot"},
            {"type": "message", "content": "s3cret", "id": "s3cret"},
            {"type": "join", "content": "dev", "password": "s3cret-wrong"},
            {"type": "s3cret", "content": "s3cret"},
            {"type": "message", "content": ["s3cret"]},
        )
        robot.sends(b'{"s3cret\n')
        token = next(each["session"] for each in robot.gets() if each["type"] == "welcome")
        robot.objects({"type": "join", "content": "dev", "password": "s3cret"})
        again = house.comes()
        again.objects({"type": "nick", "content": "robot", "session": token})
        bob.types("/leave", "/join dev")
        bob.sends(b"s3cret\r\n")
        third = house.comes()
        third.types(
            "bob s3cret", "", "/nick carol", "/register s3cret-s3cret", "/login bob s3cret-bob"
        )
        third.types(
            "/passwd s3cret-s3cret s3cret-new", "/drop-account s3cret-new", "login x s3cret"
        )
        third.sends(b"GET /s3cret HTTP/1.1\r\n")
        house.comes().sends(b"GET /s3cret HTTP/1.1\r\n")
        house.comes().sends(b"s3cret" * 300_000)
        third.types("/quit")
        bob.resets()
        self.stops(served)
        everything = self.log() + "".join(
            repr(sorted(event.items(), key=str)) for event in self.logged
        )
        for secret in ("s3cret", token):
            self.assertNotIn(secret, everything)
        for told in (
            "bob arrived from 192.0.2.7 (session 1)",
            "bob left: connection lost (session 1)",
            "robot arrived",
            "carol left: quit",
            "session 5 from 192.0.2.7 left without a nickname: it speaks HTTP",
            "session 6 from 192.0.2.7 left without a nickname: nickname too long",
        ):
            self.assertIn(told, self.log())
