"""The command line: ``python -m bench users|fanout|sessions|compare|store|crash|logins|timing|client``."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from bench.client import Reading
from bench.compare import Compare
from bench.crash import Crash
from bench.errors import BenchError
from bench.fanout import Fanout
from bench.logins import Logins
from bench.processes import processors
from bench.runs import Place
from bench.servers import KINDS, resolve
from bench.sessions import Sessions
from bench.speak import LEAST_SIZE, SPEECHES
from bench.store import Storing
from bench.timing import Timing
from bench.users import Users
from bench.wire import Target

#: What one can ask for.
Load = Logins | Timing | Users | Fanout | Sessions | Compare | Storing | Crash | Reading


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What the user asked for: a load, where to put it, and where the results go."""

    load: Load
    place: Place
    json: Path | None = None
    plot: Path | None = None


def _count(least: int, most: int = 1_000_000) -> Callable[[str], int]:
    def read(text: str) -> int:
        value = int(text.replace(",", "").replace("_", ""))
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{value:,} is not between {least:,} and {most:,}")
        return value

    read.__name__ = "number"  # what argparse calls it in an error
    return read


def _positive(most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = float(text)
        if not 0 < value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between 0 and {most:,g}")
        return value

    read.__name__ = "number"
    return read


_PORT = _count(1, 65535)
# Message numbers have eight hexadecimal digits, clients four.
_CLIENTS = _count(2, 60_000)
_SIZE = _count(LEAST_SIZE, 4096)
_SECONDS = _positive(3600)


def _output(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("results")
    group.add_argument(
        "--json", type=Path, metavar="FILE", help="write the measurements to this file"
    )
    group.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw a chart, .png or .svg (needs matplotlib)"
    )


def _machine(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("this machine")
    group.add_argument(
        "--processes",
        type=_count(1, 64),
        default=max(1, min(4, len(os.sched_getaffinity(0)) - 1)),
        metavar="N",
        help="client processes (default here: %(default)s)",
    )
    group.add_argument(
        "--no-pin",
        dest="pin",
        action="store_false",
        help="do not reserve a processor for the server",
    )


def _ours(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("our server")
    group.add_argument(
        "--timeout",
        type=_SECONDS,
        default=30.0,
        metavar="SECONDS",
        help="seconds to wait for a login or a delivery (default: 30)",
    )
    group.add_argument(
        "--database",
        metavar="URL",
        help="where our server keeps history: :memory:, or the URL postgresql://… of a database used for nothing "
        "else (default: SQLite in a temporary folder)",
    )
    group.add_argument(
        "--ours",
        type=shlex.split,
        default=[],
        metavar="OPTIONS",
        help='more options for our server, as one argument: --ours="--motd hello"',
    )


def _server(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("server")
    group.add_argument(
        "--server",
        choices=KINDS,
        default="ours",
        help="the server to start (default: ours, as twistd chat --no-flood-limit)",
    )
    group.add_argument("--host", help="test a running server (default with --port: this machine)")
    group.add_argument("--port", type=_PORT, help="its port")
    group.add_argument(
        "--speaks",
        choices=SPEECHES,
        default="plain",
        help="its protocol: line is our plain lines; plain (the default) is any server that takes the first line as the name",
    )
    group.add_argument(
        "--pid", type=_count(1, 2**31), help="its process id, to measure the server as well"
    )


def _fanout(parser: argparse.ArgumentParser, default: Fanout) -> None:
    add = parser.add_argument
    add(
        "--members",
        type=_CLIENTS,
        default=default.members,
        metavar="N",
        help="members of the room (default: %(default)s)",
    )
    add(
        "--speakers",
        type=_count(1, 1000),
        default=default.speakers,
        metavar="N",
        help="how many of them speak, in turn (default: %(default)s)",
    )
    add(
        "--window",
        type=_count(1),
        default=default.window,
        metavar="N",
        help="busy: messages in flight (default: %(default)s)",
    )
    add(
        "--rate",
        type=_positive(1e6),
        default=default.rate,
        metavar="N",
        help="sparse: messages a second (default: %(default)g)",
    )
    add(
        "--size",
        type=_SIZE,
        default=default.size,
        metavar="BYTES",
        help="length of a message (default: %(default)s)",
    )
    add(
        "--idle",
        type=_count(0, 60_000),
        default=default.idle,
        metavar="N",
        help="additional idle sessions in the lobby (default: %(default)s)",
    )
    add(
        "--seconds",
        type=_SECONDS,
        default=default.seconds,
        metavar="N",
        help="seconds to speak (default: %(default)g)",
    )


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="python -m bench",
        description="Put load on a chat server and measure it. Servers started here listen on loopback only. "
        "The server's processor time is the system's own figure for its process; the clients run in other processes.",
        epilog="Ctrl-C ends a run early and shows the measurements so far; a second one ends at once.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    users = commands.add_parser(
        "users",
        help="N users send M messages each and wait until all have arrived: the classic chat benchmark",
    )
    users.add_argument("--users", type=_CLIENTS, default=10, metavar="N", help="default: 10")
    users.add_argument("--messages", type=_count(1), default=5, metavar="M", help="default: 5")
    users.add_argument("--size", type=_SIZE, default=64, metavar="BYTES", help="default: 64")

    fanout = commands.add_parser("fanout", help="messages to one room: cost and time per delivery")
    fanout.add_argument(
        "--mode",
        choices=("busy", "sparse"),
        default="busy",
        help="busy: as many messages as the server takes; sparse: --rate messages a second (default: busy)",
    )
    _fanout(fanout, Fanout())

    sessions = commands.add_parser(
        "sessions", help="many sessions: logins a second, memory per session"
    )
    sessions.add_argument(
        "--sessions", type=_count(1, 60_000), default=10_000, metavar="N", help="default: 10,000"
    )
    sessions.add_argument(
        "--at-once",
        type=_count(1),
        default=200,
        metavar="N",
        help="concurrent logins (default: 200)",
    )
    sessions.add_argument(
        "--seconds",
        type=_SECONDS,
        default=10.0,
        metavar="N",
        help="seconds that they stay idle (default: 10)",
    )
    for each in (users, fanout, sessions):
        _server(each)

    compare = commands.add_parser(
        "compare", help="the same load on several servers, in turn: a table of ratios"
    )
    compare.add_argument(
        "--servers",
        nargs="+",
        choices=KINDS,
        default=list(KINDS),
        metavar="NAME",
        help=f"servers to compare: {', '.join(KINDS)} (default: all installed); the first is compared with the others",
    )
    compare.add_argument(
        "--modes",
        nargs="+",
        choices=("busy", "sparse"),
        default=["busy", "sparse"],
        help="default: both",
    )
    compare.add_argument(
        "--repeat", type=_count(1, 100), default=3, metavar="N", help="rounds (default: 3)"
    )
    _fanout(compare, Fanout(seconds=5.0))

    store = commands.add_parser(
        "store", help="the store alone: writing, history and searches with many messages"
    )
    store.add_argument(
        "--messages",
        type=_count(1, 100_000_000),
        default=Storing().messages,
        metavar="N",
        help="default: 1,000,000",
    )
    store.add_argument(
        "--database",
        default="",
        metavar="URL",
        help="an empty database to fill (default: an SQLite file, deleted afterwards)",
    )

    crash = commands.add_parser(
        "crash", help="kill our server repeatedly under load, and check that it keeps its promises"
    )
    crash.add_argument("--kills", type=_count(1), default=30, metavar="N", help="default: 30")
    crash.add_argument(
        "--seconds-between",
        type=_SECONDS,
        default=Crash().between,
        metavar="N",
        help="average time until it is killed (default: 2)",
    )
    crash.add_argument(
        "--seed",
        type=_count(0),
        default=Crash().seed,
        metavar="N",
        help="seed of the random moments (default: 1)",
    )

    logins = commands.add_parser(
        "logins",
        help="many simultaneous logins with passwords: how long lines of other users take meanwhile",
    )
    logins.add_argument(
        "--logins",
        type=_count(1, 10_000),
        default=Logins().logins,
        metavar="N",
        help="default: 200",
    )
    logins.add_argument(
        "--seconds",
        type=_SECONDS,
        default=Logins().seconds,
        metavar="N",
        help="seconds for which people talk before the logins (default: 5)",
    )

    client = commands.add_parser(
        "client", help="the full-screen client: how long it takes to show a typed key"
    )
    for name, default, most, what in (
        ("--lines", Reading().lines, 1_000_000, "lines in its room"),
        ("--members", Reading().members, 2_000, "people in its room"),
        ("--rate", Reading().rate, 10_000, "lines a second that arrive while keys are typed"),
        (
            "--keys",
            Reading().keys,
            100_000,
            "keys to press, first while the room is quiet, then while lines arrive",
        ),
    ):
        client.add_argument(
            name,
            type=_count(1, most),
            default=default,
            metavar="N",
            help=f"{what} (default: {default:,})",
        )
    timing = commands.add_parser(
        "timing",
        help="wrong logins for existing and unknown names: whether the time differs",
    )
    timing.add_argument(
        "--tries",
        type=_count(1, 10_000),
        default=Timing().tries,
        metavar="N",
        help="wrong logins of each kind (default: %(default)s)",
    )

    for each in (users, fanout, sessions, compare):
        _machine(each)
    for each in (users, fanout, sessions, compare, crash, logins, timing):
        _ours(each)
    for each in (users, fanout, sessions, compare, store, crash, logins, timing, client):
        _output(each)
    return top


def _load(given: argparse.Namespace) -> Load:
    def fanout(mode: str) -> Fanout:
        return Fanout(
            members=given.members,
            mode=mode,
            rate=given.rate,
            window=given.window,
            speakers=given.speakers,
            size=given.size,
            seconds=given.seconds,
            idle=given.idle,
        )

    match given.command:
        case "users":
            return Users(users=given.users, messages=given.messages, size=given.size)
        case "fanout":
            return fanout(given.mode)
        case "sessions":
            return Sessions(sessions=given.sessions, at_once=given.at_once, seconds=given.seconds)
        case "logins":
            return Logins(logins=given.logins, seconds=given.seconds)
        case "timing":
            return Timing(tries=given.tries)
        case "store":
            return Storing(messages=given.messages, database=given.database)
        case "client":
            return Reading(
                lines=given.lines, members=given.members, rate=given.rate, keys=given.keys
            )
        case "crash":
            return Crash(kills=given.kills, between=given.seconds_between, seed=given.seed)
        case _:
            return Compare(
                loads=tuple(map(fanout, dict.fromkeys(given.modes))),
                servers=tuple(dict.fromkeys(given.servers)),
                repeat=given.repeat,
            )


def _place(given: argparse.Namespace) -> Place:
    if given.command in ("store", "client"):
        return Place()  # what is measured needs no server
    database = () if given.database is None else ("--database", given.database)
    ours = (*database, *given.ours)
    if given.command in ("crash", "logins", "timing"):
        return Place(options=ours, timeout=given.timeout)
    target = pid = None
    if given.command != "compare":
        pid = given.pid
        if given.port is not None:
            target = Target(resolve(given.host or "127.0.0.1"), given.port, given.speaks)
        elif given.host is not None or pid is not None:
            raise BenchError("--host and --pid need the --port of a running server")
    return Place(
        kind=getattr(given, "server", "ours"),
        options=ours,
        target=target,
        pid=pid,
        processes=given.processes,
        processors=processors(pin=given.pin and target is None),
        timeout=given.timeout,
    )


def read(arguments: Sequence[str]) -> Wish:
    """Read the command line. Raises :class:`BenchError`; ends the program on --help and on what argparse refuses."""
    given = parser().parse_args(arguments)
    return Wish(load=_load(given), place=_place(given), json=given.json, plot=given.plot)


def on(place: Place, kind: str) -> Place:
    """Return a place with another kind of server; the options for ours are for ours only."""
    return msgspec.structs.replace(
        place, kind=kind, options=place.options if kind == "ours" else ()
    )
