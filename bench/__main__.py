"""Runs the bench: reads the command line, runs what it asks for, shows and writes what came of it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any, Final

from rich.console import Console
from rich.text import Text
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from bench import (
    client,
    compare,
    crash,
    document,
    fanout,
    logins,
    options,
    plot,
    report,
    sessions,
    store,
    timing,
    users,
)
from bench.client import Reading
from bench.compare import Compare
from bench.crash import Crash
from bench.errors import BenchError
from bench.fanout import Fanout
from bench.logins import Logins
from bench.options import Wish
from bench.results import FanoutResult, Outcome
from bench.runs import Run
from bench.screen import Screen
from bench.sessions import Sessions
from bench.store import Storing
from bench.timing import Timing
from bench.users import Users
from bench.waiting import Event

# What a shell says of a program that Ctrl-C ended.
_STOPPED: Final = 130


class Bench:
    """One use of the bench. :attr:`status` is the exit status: 0 sound, 1 not, 130 stopped by the user."""

    def __init__(self, reactor: Any, wish: Wish, out: Console, screen: Screen) -> None:
        self._reactor = reactor
        self._wish = wish
        self._out = out
        self._screen = screen
        self._stop: Event[bool] = Event()
        self.status = 0

    def stop(self) -> None:
        """End the run early."""
        self._stop.happen(True)

    def _run(self, kind: str) -> Run:
        place = self._wish.place
        if isinstance(self._wish.load, Compare):
            self._screen.title(kind)
            place = options.on(place, kind)
        return Run(self._reactor, place, self._stop, self._screen.show)

    async def _measure(self) -> Outcome:
        match self._wish.load:
            case Users() as load:
                return await users.measure(self._run(""), load)
            case Fanout() as load:
                return await fanout.measure(self._run(""), load)
            case Sessions() as load:
                return await sessions.measure(self._run(""), load)
            case Logins() as load:
                return await logins.measure(
                    self._reactor, self._wish.place, load, self._stop, self._screen.show
                )
            case Timing() as load:
                return await timing.measure(
                    self._reactor, self._wish.place, load, self._stop, self._screen.show
                )
            case Storing() as load:
                return await store.measure(self._reactor, load, self._stop, self._screen.show)
            case Crash() as load:
                return await crash.measure(
                    self._reactor, self._wish.place, load, self._stop, self._screen.show
                )
            case Reading() as load:
                return await client.measure(self._reactor, load, self._stop, self._screen.show)
            case Compare() as load:
                return await compare.measure(
                    load, self._run, lambda: self._stop.happened, self._tell
                )

    def _tell(self, result: FanoutResult) -> None:
        """Show that one run of a comparison is over."""
        cost = report.micros(result.cost)
        what = result.error or f"{cost} a delivery, {report.number(result.per_second)} deliveries/s"
        self._out.print(Text(f"{result.server}, {result.mode}: {what}"), style="dim")

    async def run(self) -> None:
        """Do it."""
        if self._wish.plot is not None:
            plot.check(self._wish.plot)
        with self._screen:
            result = await self._measure()
        report.show(self._out, result)
        if self._wish.json is not None:
            document.write_json(self._wish.json, result)
        if self._wish.plot is not None:
            plot.draw(self._wish.plot, result)
        if result.stopped:
            self.status = _STOPPED
        elif result.error:
            self.status = 1


def main(arguments: Sequence[str]) -> int:
    """Run the bench; return its exit status."""
    errors = Console(stderr=True, soft_wrap=True)
    try:
        wish = options.read(arguments)
    except BenchError as error:
        errors.print(Text(f"bench: {error}"), style="red")
        return 2

    from twisted.internet import reactor as _reactor  # noqa: PLC0415  not needed for --help

    reactor: Any = _reactor
    bench = Bench(reactor, wish, report.console(), Screen(errors))

    def ended(outcome: object) -> None:
        if isinstance(outcome, Failure):
            bench.status = 1
            if isinstance(outcome.value, BenchError):
                errors.print(Text(f"bench: {outcome.value}"), style="red")
            else:
                outcome.printTraceback()
        reactor.stop()

    def interrupted(number: int, frame: FrameType | None) -> None:
        # A second one does not wait: the processes started here end with this one.
        signal.signal(number, signal.SIG_DFL)
        reactor.callFromThread(bench.stop)

    def begin() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, interrupted)
        _ = Deferred.fromCoroutine(bench.run()).addBoth(ended)

    reactor.callWhenRunning(begin)
    reactor.run()
    return bench.status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
