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


def _number(
    parser: argparse.ArgumentParser,
    name: str,
    read: Callable[[str], float],
    default: float,
    what: str = "",
    unit: str = "N",
) -> None:
    """Add an option that is a number."""
    usual = f"default: {default:,}" if isinstance(default, int) else f"default: {default:,g}"
    parser.add_argument(
        name,
        type=read,
        default=default,
        metavar=unit,
        help=f"{what} ({usual})" if what else usual,
    )


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
    _number(parser, "--members", _CLIENTS, default.members, "members of the room")
    _number(
        parser, "--speakers", _count(1, 1000), default.speakers, "how many of them speak, in turn"
    )
    _number(parser, "--window", _count(1), default.window, "busy: messages in flight")
    _number(parser, "--rate", _positive(1e6), default.rate, "sparse: messages a second")
    _number(parser, "--size", _SIZE, default.size, "length of a message", "BYTES")
    _number(
        parser, "--idle", _count(0, 60_000), default.idle, "additional idle sessions in the lobby"
    )
    _number(parser, "--seconds", _SECONDS, default.seconds, "seconds to speak")


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
    _number(users, "--users", _CLIENTS, 10)
    _number(users, "--messages", _count(1), 5, "", "M")
    _number(users, "--size", _SIZE, 64, "", "BYTES")

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
    _number(sessions, "--sessions", _count(1, 60_000), 10_000)
    _number(sessions, "--at-once", _count(1), 200, "concurrent logins")
    _number(sessions, "--seconds", _SECONDS, 10.0, "seconds that they stay idle")
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
    _number(compare, "--repeat", _count(1, 100), 3, "rounds")
    _fanout(compare, Fanout(seconds=5.0))

    store = commands.add_parser(
        "store", help="the store alone: writing, history and searches with many messages"
    )
    _number(store, "--messages", _count(1, 100_000_000), Storing().messages)
    store.add_argument(
        "--database",
        default="",
        metavar="URL",
        help="an empty database to fill (default: an SQLite file, deleted afterwards)",
    )

    crash = commands.add_parser(
        "crash", help="kill our server repeatedly under load, and check that it keeps its promises"
    )
    _number(crash, "--kills", _count(1), 30)
    _number(
        crash, "--seconds-between", _SECONDS, Crash().between, "average time until it is killed"
    )
    _number(crash, "--seed", _count(0), Crash().seed, "seed of the random moments")

    logins = commands.add_parser(
        "logins",
        help="many simultaneous logins with passwords: how long lines of other users take meanwhile",
    )
    _number(logins, "--logins", _count(1, 10_000), Logins().logins)
    _number(
        logins,
        "--seconds",
        _SECONDS,
        Logins().seconds,
        "seconds for which people talk before the logins",
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
        _number(client, name, _count(1, most), default, what)
    timing = commands.add_parser(
        "timing",
        help="wrong logins for existing and unknown names: whether the time differs",
    )
    _number(timing, "--tries", _count(1, 10_000), Timing().tries, "wrong logins of each kind")

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
