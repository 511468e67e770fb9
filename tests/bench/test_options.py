"""The command line."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from bench import options
from bench.client import Reading
from bench.compare import Compare
from bench.crash import Crash
from bench.errors import BenchError
from bench.fanout import Fanout
from bench.logins import Logins
from bench.options import Wish, read
from bench.servers import KINDS
from bench.sessions import Sessions
from bench.store import Storing
from bench.timing import Timing
from bench.users import Users
from bench.wire import Target


def asked(line: str) -> Wish:
    return read(line.split())


class LoadTests(SynchronousTestCase):
    def test_each_load_has_its_defaults_and_options(self) -> None:
        self.assertEqual(asked("users").load, Users(users=10, messages=5))
        self.assertEqual(asked("users --users 50 --messages 10").load, Users(users=50, messages=10))
        self.assertEqual(asked("users --users 60 --messages 25").load, Users(users=60, messages=25))
        self.assertEqual(asked("fanout").load, Fanout())
        self.assertEqual(
            asked(
                "fanout --members 2,000 --mode sparse --rate 50 --size 100 --seconds 2.5 --window 9 --speakers 3 --idle 8000"
            ).load,
            Fanout(
                members=2000,
                mode="sparse",
                rate=50,
                size=100,
                seconds=2.5,
                window=9,
                speakers=3,
                idle=8000,
            ),
        )
        self.assertEqual(asked("sessions").load, Sessions(sessions=10_000))
        self.assertEqual(
            asked("sessions --sessions 5 --at-once 2 --seconds 1").load,
            Sessions(sessions=5, at_once=2, seconds=1),
        )
        self.assertEqual(asked("store").load, Storing(messages=1_000_000))
        self.assertEqual(
            asked("store --messages 2,000 --database postgresql:///x --json a.json").load,
            Storing(messages=2000, database="postgresql:///x"),
        )
        self.assertEqual(asked("client").load, Reading(lines=50_000, members=2_000, rate=200))
        self.assertEqual(
            asked("client --lines 5 --members 4 --rate 3 --keys 2").load,
            Reading(lines=5, members=4, rate=3, keys=2),
        )
        self.assertEqual(asked("timing").load, Timing(tries=500))
        self.assertEqual(asked("timing --tries 7").load, Timing(tries=7))
        self.assertEqual(asked("logins").load, Logins(logins=200, seconds=5.0))
        self.assertEqual(asked("logins --logins 3 --seconds 1").load, Logins(logins=3, seconds=1.0))
        self.assertEqual(asked("crash").load, Crash(kills=30, between=2.0, seed=1))
        self.assertEqual(
            asked("crash --kills 3 --seconds-between 0.5 --seed 7").load,
            Crash(kills=3, between=0.5, seed=7),
        )
        place = asked("crash --timeout 9 --database postgresql:///x --ours=--sync=off").place
        self.assertEqual(
            (place.timeout, place.options), (9, ("--database", "postgresql:///x", "--sync=off"))
        )

    def test_compare_is_everything_three_times(self) -> None:
        load = asked("compare").load
        assert isinstance(load, Compare)
        self.assertEqual((load.servers, load.repeat), (tuple(KINDS), 3))
        self.assertEqual([each.mode for each in load.loads], ["busy", "sparse"])
        load = asked(
            "compare --servers ours inspircd ours --modes busy --repeat 1 --members 50"
        ).load
        assert isinstance(load, Compare)
        self.assertEqual(load.servers, ("ours", "inspircd"))
        self.assertEqual([(each.mode, each.members) for each in load.loads], [("busy", 50)])


class PlaceTests(SynchronousTestCase):
    def test_ours_is_started_unless_a_running_server_is_named(self) -> None:
        place = asked("users").place
        self.assertEqual((place.kind, place.target, place.options), ("ours", None, ()))
        self.assertEqual(asked("fanout --server threads").place.kind, "threads")
        self.assertEqual(
            asked("users --port 5000").place.target, Target("127.0.0.1", 5000, "plain")
        )
        place = asked(f"fanout --host 127.0.0.2 --port 6667 --speaks irc --pid {os.getpid()}").place
        self.assertEqual((place.target, place.pid), (Target("127.0.0.2", 6667, "irc"), os.getpid()))
        self.assertEqual(asked("users --port 5000").place.processors.clients, ())
        for line in ("users --host 127.0.0.1", "users --pid 1"):
            self.assertRaises(BenchError, asked, line)

    def test_options_for_ours_are_for_ours_only(self) -> None:
        place = read(["compare", "--ours=--motd 'a b' --history-lines 0"]).place
        self.assertEqual(place.options, ("--motd", "a b", "--history-lines", "0"))
        self.assertEqual(options.on(place, "ours"), place)
        self.assertEqual(
            (options.on(place, "writes").kind, options.on(place, "writes").options), ("writes", ())
        )
        for command in ("users", "compare"):
            place = read([command, "--database", ":memory:", "--ours=--motd x"]).place
            self.assertEqual(place.options, ("--database", ":memory:", "--motd", "x"))
        wish = asked("sessions --json a.json --plot b.svg")
        self.assertEqual((wish.json, wish.plot), (Path("a.json"), Path("b.svg")))


class RefusalTests(SynchronousTestCase):
    def test_bad_values_are_refused_with_what_would_do(self) -> None:
        for line, why in (
            ("users --users 1", "1 is not between 2 and 60,000"),
            ("users --users x", "invalid number value: 'x'"),
            ("fanout --size 9", "9 is not between 32 and 4,096"),
            ("fanout --seconds 0", "0 is not between 0 and 3,600"),
            ("fanout --seconds nan", "nan is not between 0 and 3,600"),
            ("fanout --mode fast", "invalid choice: 'fast'"),
            ("fanout --server irc", "invalid choice: 'irc'"),
            ("users --port 70000", "70,000 is not between 1 and 65,535"),
            ("compare --servers nobody", "invalid choice: 'nobody'"),
            ("compare --host x", "unrecognized arguments"),
            ("store --messages 0", "0 is not between 1 and 100,000,000"),
            ("store --server ours", "unrecognized arguments"),
            ("crash --kills 0", "0 is not between 1 and 1,000,000"),
            ("crash --host x", "unrecognized arguments"),
            ("dance", "invalid choice: 'dance'"),
            ("", "required: COMMAND"),
        ):
            with contextlib.redirect_stderr(io.StringIO()) as errors:
                ended = self.assertRaises(SystemExit, asked, line)
            self.assertEqual(ended.code, 2, line)
            self.assertIn(why, errors.getvalue())

    def test_every_option_has_help(self) -> None:
        commands = "users fanout sessions compare store crash logins client timing"
        for command in ("", *commands.split()):
            with contextlib.redirect_stdout(io.StringIO()) as out:
                self.assertRaises(SystemExit, asked, f"{command} --help")
            self.assertIn("python -m bench", out.getvalue())
