"""The store alone, in this process: how fast it takes messages, and gives them back when there are many."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from twisted.internet.task import deferLater

from bench.errors import BenchError
from bench.processes import usage
from bench.results import Searched, StoreResult
from bench.runs import Step
from bench.talk import Talk
from bench.ticks import Ticks
from bench.waiting import Event, first
from twisted_chat.core.api.events import Envelope, RoomRef
from twisted_chat.core.api.records import Query
from twisted_chat.core.values.ids import MessageId
from twisted_chat.server.history import CHUNK
from twisted_chat.store.id_blocks import BLOCK
from twisted_chat.store.port import StoreError
from twisted_chat.store.sql.database import Database, explain, parse, sqlite_url
from twisted_chat.store.sql.store import SqlStore
from twisted_chat.store.sql.threads import RealThreads
from twisted_chat.store.url import BadDatabase, Kind, kind_of

# The reactor gets its turn after so many messages.
_TURN: Final = 500
# What the server shows at a join.
_JOIN: Final = 20
_LONG: Final = 10_000
_PAGE: Final = 1_000
_TRIES: Final = 5
# How often it is looked whether all is indexed, in seconds.
_LOOK: Final = 0.1


class Storing(msgspec.Struct, frozen=True, kw_only=True):
    """A load: so many messages into an empty database; without a URL that is a SQLite file, which is gone afterwards."""

    messages: int = 1_000_000
    database: str = ""


class _Stopped(Exception):
    """The user has had enough."""


async def measure(
    reactor: Any, load: Storing, stop: Event[bool], show: Callable[[Step], None]
) -> StoreResult:
    """Run it. Raises :class:`BenchError` if the database cannot be used."""
    try:
        kind = kind_of(load.database)
    except BadDatabase as error:
        raise BenchError(f"--database: {error}") from None
    if kind is Kind.MEMORY:
        raise BenchError("--database: a store that keeps nothing cannot be measured")
    folder = Path(tempfile.mkdtemp(prefix="chat-bench-"))
    url = parse(load.database) if load.database else sqlite_url(folder / "chat.sqlite")
    result = StoreResult(server=kind.name.lower())
    try:
        await _Trial(reactor, load, lambda: Database(url), stop, show, result).run()
    except StoreError as error:
        raise BenchError(str(error)) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return result


class _Trial:
    """One run, step by step; ``result`` gets what is found."""

    def __init__(
        self,
        reactor: Any,
        load: Storing,
        database: Callable[[], Database],
        stop: Event[bool],
        show: Callable[[Step], None],
        result: StoreResult,
    ) -> None:
        self._reactor = reactor
        self._make = database
        self._stop = stop
        self._show = show
        self._talk = Talk(load.messages, reactor.seconds())
        self._roomy: Event[bool] = Event()
        self._result = result

    async def run(self) -> None:
        """Do it all, or what there is time for."""
        result = self._result
        result.asked = self._talk.count
        try:
            await self._with_store(self._fill)
            result.bytes = await self._size()
            await self._with_store(self._read)
        except _Stopped:
            result.stopped = True
        self._note_memory("at the end")

    async def _with_store(self, work: Callable[[SqlStore], Any]) -> None:
        self._database = self._make()
        self._threads = RealThreads(self._reactor)
        store = SqlStore(self._database, self._threads, self._reactor, lines=_JOIN)
        began = time.perf_counter()
        try:
            await store.start(lambda message: None, lambda: self._roomy.happen(True))
        except BaseException:
            self._threads.stop()
            raise
        self._result.start = time.perf_counter() - began
        try:
            await work(store)
        finally:
            began = time.perf_counter()
            await store.stop()
            self._result.stop = time.perf_counter() - began

    # --- writing ---

    async def _fill(self, store: SqlStore) -> None:
        talk, result = self._talk, self._result
        if (await store.reserve(BLOCK)).start != 1:
            raise BenchError("the database is not empty; name an empty one")
        self._note_memory("before")
        began, used = time.perf_counter(), time.process_time()
        for number in range(talk.count):
            if number % BLOCK == 0:
                await store.reserve(BLOCK)
            store.append(talk.envelope(number))
            if store.full:
                self._roomy = Event()
                await self._or_stop(self._roomy.wait())
            elif number % _TURN == 0:
                self._step("storing", number, talk.count)
                await self._pause(0)
            if number == talk.count // 2:
                self._note_memory("half filled")
        while store.health().waiting:
            await self._pause(0.001)
        result.seconds = time.perf_counter() - began
        result.cpu = time.process_time() - used
        health = store.health()
        result.stored, result.commits, result.slowest = (
            health.stored,
            health.commits,
            health.slowest,
        )
        self._note_memory("filled")
        while left := store.health().unindexed:
            self._step("indexing words", talk.count - left, talk.count)
            await self._pause(_LOOK)
        result.indexed = time.perf_counter() - began
        self._note_memory("indexed")

    async def _size(self) -> int | None:
        """Return the bytes of the database on the disk, once it is closed."""
        url = self._database.url
        if url.database is not None and self._database.kind == "sqlite":
            return sum(
                each.stat().st_size for each in Path(url.database).parent.glob("chat.sqlite*")
            )
        try:
            with self._database.reading.connect() as connection:
                asked = text("SELECT pg_database_size(current_database())")
                found: int | None = connection.scalar(asked)
        except SQLAlchemyError as error:
            raise BenchError(explain(error)) from None
        finally:
            self._database.close()
        return found

    # --- reading ---

    async def _read(self, store: SqlStore) -> None:
        result, rooms = self._result, self._talk.rooms
        self._step("asking for history", 0, 0)
        for room in rooms:
            result.joins.append(await self._timed(store, room))
        result.joins_again = [await self._timed(store, room) for room in rooms]
        with Ticks(self._reactor) as ticks:
            await self._read_long(store, rooms[-1])
        result.held_up = ticks.most
        queries = self._talk.queries()
        for done, (name, query) in enumerate(queries):
            self._step("searching", done, len(queries))
            result.searches.append(await self._search(store, name, query))
        await self._check(store)

    async def _read_long(self, store: SqlStore, room: RoomRef) -> None:
        """Read a long history as the server does: from where it starts, in chunks."""
        result = self._result
        began, more = time.perf_counter(), True
        after = await store.start_of(room, limit=_LONG) or MessageId(0)
        while more and result.history_lines < _LONG:
            asked = time.perf_counter()
            page = await store.history(room, after=after, limit=CHUNK)
            result.longest_chunk = max(result.longest_chunk, time.perf_counter() - asked)
            result.history_lines += len(page.envelopes)
            more = page.more
            after = page.envelopes[-1].id if page.envelopes else after
            await self._pause(0)  # as the reader's socket takes it
        result.history = time.perf_counter() - began

    async def _timed(self, store: SqlStore, room: RoomRef) -> float:
        await self._pause(0)
        began = time.perf_counter()
        await store.history(room, limit=_JOIN)
        return time.perf_counter() - began

    async def _search(self, store: SqlStore, name: str, query: Query) -> Searched:
        times: list[float] = []
        with Ticks(self._reactor) as ticks:
            for _ in range(_TRIES):
                await self._pause(0)
                began = time.perf_counter()
                page = await store.search(query)
                times.append(time.perf_counter() - began)
        lowest, expected = self._talk.expected(query)
        found = [each.id for each in page.envelopes]
        if page.whole and [each for each in found if each >= lowest] != expected:
            self._wrong(f"the search for {name} did not find what was said")
        return Searched(
            name, len(found), page.whole, statistics.median(times), max(times), ticks.most
        )

    async def _check(self, store: SqlStore) -> None:
        """Read everything: each message must come once, in its order, as it was said."""
        for number, room in enumerate(self._talk.rooms):
            expected = self._talk.of(number)
            after, more = MessageId(0), True
            while more:
                self._step("reading all", self._result.read, self._talk.count)
                page = await store.history(room, after=after, limit=_PAGE)
                if not self._same(page.envelopes, expected):
                    return
                self._result.read += len(page.envelopes)
                more = page.more
                after = page.envelopes[-1].id if page.envelopes else after
                await self._pause(0)
            lost = next(expected, None)
            if lost is not None:
                self._wrong(f"message {lost.id} in {room.name.text} is missing")
                return

    def _same(self, found: Sequence[Envelope], expected: Iterator[Envelope]) -> bool:
        for got in found:
            wanted = next(expected, None)
            if wanted is None or _seen(got) != _seen(wanted):
                self._wrong(
                    f"message {got.id} in history is not as it was said"
                    if wanted is None or got.id == wanted.id
                    else f"message {got.id} is in the place of {wanted.id}"
                )
                return False
        return True

    def _wrong(self, what: str) -> None:
        self._result.error = f"{self._result.error}; {what}" if self._result.error else what

    # --- what every step needs ---

    async def _pause(self, seconds: float) -> None:
        await self._or_stop(deferLater(self._reactor, seconds))

    async def _or_stop(self, waits_for: Any) -> None:
        await first(waits_for, self._stop.wait())
        if self._stop.happened:
            raise _Stopped

    def _step(self, phase: str, done: float, total: float) -> None:
        self._show(Step(phase, done, total, 0))

    def _note_memory(self, when: str) -> None:
        used = usage(os.getpid())
        if used is not None:
            self._result.memory[when] = used.rss


def _seen(envelope: Envelope) -> tuple[object, ...]:
    """Return what a reader sees of a message."""
    author = envelope.author
    return envelope.id, envelope.time, envelope.event, author and author.nick.key, envelope.room
