"""The store over threads that do nothing until the test says so."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.exc import OperationalError
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.making import room, said
from tests.store.sql.fakes import HeldThreads
from twisted_chat.core.values.ids import RoomId
from twisted_chat.store.port import Page
from twisted_chat.store.sql.database import Database, sqlite_url
from twisted_chat.store.sql.store import SqlStore

T = TypeVar("T")
GONE = OperationalError("SELECT", None, Exception("the disk is gone"))
OLD = RoomId(1)


class HeldStoreCase(SynchronousTestCase):
    """A store with thirty messages from an earlier run, whose threads do nothing until the test says so."""

    def setUp(self) -> None:
        # Not removed by a cleanup: these run before tearDown, which closes the store.
        self.folder = Path(tempfile.mkdtemp())
        self.url = sqlite_url(self.folder / "chat.sqlite")
        self.clock = Clock()
        self.open()
        self.say(range(1, 31))
        self.finish()
        self.open()

    def tearDown(self) -> None:
        self.finish()
        shutil.rmtree(self.folder)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def open(self) -> None:
        self.threads = HeldThreads()
        self.store = SqlStore(Database(self.url), self.threads, self.clock, lines=5)
        started = self.ask(self.store.start(lambda message: None, lambda: None))
        self.threads.run_all()
        self.successResultOf(started)
        self.successResultOf(self.reserved(100))

    def reserved(self, count: int) -> Deferred[range]:
        block = self.ask(self.store.reserve(count))
        self.threads.run_all()
        return block

    def finish(self) -> None:
        stopped = self.ask(self.store.stop())
        self.threads.run_all()
        self.successResultOf(stopped)
        self.assertTrue(self.threads.stopped)

    def ask(self, work: Coroutine[Any, Any, T]) -> Deferred[T]:
        return Deferred.fromCoroutine(work)

    def say(self, ids: range, where: int = OLD) -> None:
        for number in ids:
            self.store.append(said(number, where))

    def history(self, limit: int = 5, **more: Any) -> Deferred[Page]:
        return self.ask(self.store.history(room(OLD), limit=limit, **more))

    def ids(self, page: Deferred[Page]) -> list[int]:
        return [each.id for each in self.successResultOf(page).envelopes]

    def read(self) -> None:
        """Let the oldest reading happen."""
        answer, work = self.threads.reads.popleft()
        answer.callback(work())
