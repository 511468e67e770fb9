"""What the contract tests of the store's port share: a store begun and stopped, and the adapters that it is run against.

An adapter is a class of its own here; a contract is run against it by a class that has both: the contract first, then the
adapter, then ``TestCase``.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import TestCase

from tests.making import said
from tests.store import postgres
from twisted_chat.core.api.records import Remembered
from twisted_chat.core.values.ids import MessageId, RoomId, Scope
from twisted_chat.core.values.retention import KEEP_ALL, Keep
from twisted_chat.runtime.clock import ServerClock
from twisted_chat.store.memory import MemoryStore
from twisted_chat.store.port import Page, Store
from twisted_chat.store.sql import writer
from twisted_chat.store.sql.database import Database, parse, sqlite_url
from twisted_chat.store.sql.store import SqlStore
from twisted_chat.store.sql.threads import RealThreads

# A contract is no test by itself: only its children are test cases.
if TYPE_CHECKING:
    Base = TestCase
else:
    Base = object

ROOM, OTHER, NEVER = RoomId(1), RoomId(2), RoomId(3)
NOW = 1_700_000_000.0


class Contract(Base):
    """A store, and what tests do with it. Ids are taken from the store's own blocks, as the server does."""

    async def setUp(self) -> None:  # type: ignore[override]  # trial waits
        self.remembered = await self.begin()

    def make(self, keep: Keep) -> Store:
        """Return a store that is not started; what it holds is what earlier ones of this test left, if they last."""
        raise NotImplementedError

    def step(self) -> None:
        """Let a store that works with a clock do what is due now."""

    async def begin(self, keep: Keep = KEEP_ALL) -> Remembered:
        """Start a store."""
        # Only when the reactor runs there are threads, see RealThreads.
        await deferLater(reactor, 0)
        self.reported: list[MessageId] = []
        self._waiting: list[tuple[MessageId, Deferred[None]]] = []
        self.store = self.make(keep)
        self._stopped = False
        self.addCleanup(lambda: Deferred.fromCoroutine(self.stop()))
        return await self.store.start(self._report, self._roomy)

    async def again(self, keep: Keep = KEEP_ALL) -> Remembered:
        """Stop the store, and start another one with what that one kept."""
        await self.stop()
        return await self.begin(keep)

    async def stop(self) -> None:
        """Stop the store, once."""
        if not self._stopped:
            self._stopped = True
            await self.store.stop()

    def _roomy(self) -> None: ...

    def _report(self, message: MessageId) -> None:
        self.reported.append(message)
        done = [each for wanted, each in self._waiting if wanted <= message]
        self._waiting = [(wanted, each) for wanted, each in self._waiting if wanted > message]
        for each in done:
            each.callback(None)

    async def until_stored(self, message: MessageId) -> None:
        """Wait until all up to ``message`` is reported as stored."""
        done: Deferred[None] = Deferred()
        if self.reported and self.reported[-1] >= message:
            return
        self._waiting.append((message, done))
        self.step()
        await done

    async def settle(self) -> None:
        """Wait until everything is stored and indexed, and nothing is left to do in the background."""
        last = await self.store.reserve(1)
        self.store.seen({Scope("settling"): ""}, NOW)
        self.store.forget([], MessageId(last.start))
        await self.until_stored(MessageId(last.start))
        await self.rest()

    async def rest(self) -> None:
        """Wait until nothing is left to do in the background."""

    async def say(self, count: int, where: RoomId = ROOM) -> list[MessageId]:
        """Append that many messages, and return their ids."""
        ids = [MessageId(number) for number in await self.store.reserve(count)]
        for message in ids:
            self.store.append(said(message, where))
        return ids

    def assert_page(self, page: Page, ids: Sequence[int], *, more: bool) -> None:
        self.assertEqual([envelope.id for envelope in page.envelopes], list(ids))
        self.assertEqual(page.more, more)


class MemoryAdapter(Contract):
    """In memory."""

    def make(self, keep: Keep) -> Store:
        self.clock = Clock()
        return MemoryStore(self.clock, keep=keep)

    def step(self) -> None:
        self.clock.advance(0)

    def tearDown(self) -> None:
        # Cleanups run after this one: the store is stopped here to see that it leaves no timer.
        self.successResultOf(Deferred.fromCoroutine(self.stop()))
        self.assertEqual(self.clock.getDelayedCalls(), [])


class SqlAdapter(Contract):
    """A database, with the newest lines in memory."""

    lines = 20

    async def setUp(self) -> None:  # type: ignore[override]  # trial waits
        self.url = self.make_database()
        self.patch(writer, "_SMALL_STEP", 0.0)
        await super().setUp()

    def make_database(self) -> URL:
        raise NotImplementedError

    def make(self, keep: Keep) -> Store:
        database = Database(self.url)
        return SqlStore(
            database, RealThreads(reactor), ServerClock(reactor), keep=keep, lines=self.lines
        )

    async def rest(self) -> None:
        assert isinstance(self.store, SqlStore)
        await self.store.all_done()


class SqliteAdapter(SqlAdapter):
    """SQLite."""

    def make_database(self) -> URL:
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        return sqlite_url(self.folder / "chat.sqlite")


class SqliteReadingAdapter(SqliteAdapter):
    """SQLite, from which nearly everything is read."""

    lines = 0


class PostgresAdapter(SqlAdapter):
    """PostgreSQL, from which nearly everything is read."""

    lines = 0

    def make_database(self) -> URL:
        return parse(postgres.fresh(self))
