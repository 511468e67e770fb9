"""Does the time tell who has an account? Many wrong tries by turns, at names that are there and at names that are not."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from bench import servers
from bench.results import TimingResult
from bench.runs import Place, Step
from bench.visitor import Visitor, come
from bench.waiting import Event, first
from bench.wire import Target
from twisted_chat.auth.passwords import hash_now

#: The names of each kind: several, for what is at hand for one name need not be for others. All are equally long.
_NAMES: Final = 5
_RIGHT: Final = "correct-horse"  # of accounts that are gone with the run
_WRONG: Final = "battery-stapl"
#: Each kind of try, by how its names begin. The first is what the others are compared with.
KINDS: Final = {
    "wrong password": "holder",
    "unknown name": "nobody",
    "suspended account": "banned",
}
#: So long one try takes at most on a slow machine, in seconds.
_LONGEST: Final = 1.0


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """A load: so many tries of each kind, by turns in a random order."""

    tries: int = 500


async def measure(
    reactor: Any, place: Place, load: Timing, stop: Event[bool], show: Callable[[Step], None]
) -> TimingResult:
    """Run it. Raises :class:`BenchError` if the server does not start, or closes a connection."""
    folder = Path(tempfile.mkdtemp(prefix="chat-timing-"))
    try:
        operators = folder / "operators"
        operators.write_text(f"root {hash_now(_RIGHT)}\n")
        operators.chmod(0o600)
        # Nobody is slowed down: it is the check itself that is to be seen.
        options = "--operators", str(operators), "--login-tries", "1000000"
        server = await servers.start(
            reactor, "ours", 2, place.processors.server, (*options, *place.options)
        )
        visit = _Visit(reactor, server.target, load, show)
        try:
            done = Deferred.fromCoroutine(visit.run())
            tries = (load.tries + _NAMES) * len(KINDS)
            limit: Deferred[None] = deferLater(reactor, place.timeout + tries * _LONGEST)
            which = await first(done, stop.wait(), server.ended.wait(), limit)
            visit.result.stopped = which == 1
            visit.result.error = (
                visit.result.told_apart,
                "",
                "the server ended",
                "it took too long",
            )[which]
            return visit.result
        finally:
            visit.close()
            await server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Visit:
    """One run: somebody who makes accounts, an operator who suspends some, and who tries passwords at all of them."""

    def __init__(
        self, reactor: Any, target: Target, load: Timing, show: Callable[[Step], None]
    ) -> None:
        self._reactor = reactor
        self._target = target
        self._load = load
        self._show = show
        self._all: list[Visitor] = []
        self._dice = random.Random(1)  # noqa: S311  no secret
        self.result = TimingResult(
            server="ours", asked=load.tries, tries={kind: [] for kind in KINDS}
        )

    async def _enter(self, name: str) -> Visitor:
        visitor = await come(self._reactor, self._target)
        self._all.append(visitor)
        await self._ask(visitor, name, "/help lists the rest")
        return visitor

    async def _ask(self, visitor: Visitor, line: str, answer: str) -> None:
        told = visitor.told(answer)
        visitor.types(line)
        await told

    async def run(self) -> None:
        for number in range(_NAMES):
            for kind in ("wrong password", "suspended account"):
                visitor = await self._enter(f"{KINDS[kind]}{number}")
                await self._ask(visitor, f"/register {_RIGHT}", "is registered")
                visitor.leave()
        operator = await self._enter("warden")
        await self._ask(operator, f"/oper root {_RIGHT}", "the server operator root")
        for number in range(_NAMES):
            name = f"{KINDS['suspended account']}{number}"
            await self._ask(operator, f"/suspend {name}", name)
        guesser = await self._enter("guesser")
        for number in range(self._load.tries):
            self._show(Step("trying", number, self._load.tries, 0))
            kinds = list(KINDS)
            self._dice.shuffle(kinds)
            took = {kind: await self._try(guesser, KINDS[kind], number) for kind in kinds}
            for kind, seconds in took.items():
                self.result.tries[kind].append(seconds)

    async def _try(self, guesser: Visitor, name: str, number: int) -> float:
        """Try a wrong password; return how long the answer took, in seconds."""
        began = perf_counter()
        line = f"/login {name}{number % _NAMES} {_WRONG}"
        await self._ask(guesser, line, "ype /login")  # whether it is registered or not
        return perf_counter() - began

    def close(self) -> None:
        """End what was begun."""
        for visitor in self._all:
            visitor.leave()
