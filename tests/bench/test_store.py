"""The store under load: small real runs. Nothing here looks at how long it took."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

import msgspec
from twisted.trial.unittest import TestCase

from bench import store
from bench.errors import BenchError
from bench.results import StoreResult
from bench.runs import Step
from bench.store import Storing
from bench.waiting import Event
from tests.store import postgres
from twisted_chat.core.api.events import Envelope, Said
from twisted_chat.core.api.records import Sent
from twisted_chat.core.values.ids import MessageId
from twisted_chat.core.values.text import CleanText
from twisted_chat.store.id_blocks import BLOCK
from twisted_chat.store.port import Page
from twisted_chat.store.sql.store import SqlStore

SMALL = Storing(messages=2_500)
#: A message in the middle.
SOME = MessageId(BLOCK + 1_200)


class StoreTests(TestCase):
    def setUp(self) -> None:
        self.stop: Event[bool] = Event()
        self.steps: list[Step] = []
        self.on_step: Callable[[Step], None] = self.steps.append

    async def measure(self, load: Storing = SMALL) -> StoreResult:
        from twisted.internet import reactor

        return await store.measure(reactor, load, self.stop, lambda step: self.on_step(step))

    def make_mistake(self, append: Callable[[Callable[..., None], Envelope], None]) -> None:
        right = SqlStore.append

        def mistaken(self: SqlStore, envelope: Envelope, sent: Sent | None = None) -> None:
            def add(envelope: Envelope) -> None:
                right(self, envelope)

            if envelope.id == SOME:
                append(add, envelope)
            else:
                add(envelope)

        self.patch(SqlStore, "append", mistaken)

    async def test_what_was_stored_is_what_is_read(self) -> None:
        result = await self.measure()
        self.assertEqual((result.error, result.stopped), ("", False))
        self.assertEqual((result.stored, result.read), (2_500, 2_500))
        self.assertEqual(
            list(result.memory), ["before", "half filled", "filled", "indexed", "at the end"]
        )
        self.assertEqual((len(result.joins), len(result.joins_again)), (20, 20))
        self.assertEqual(result.history_lines, 125)
        found = {search.name: search.found for search in result.searches}
        self.assertEqual(found["a word in every message, all rooms"], 50)
        self.assertEqual(found["a rare word, all rooms"], 1)
        self.assertTrue(all(search.whole for search in result.searches))
        self.assertEqual(
            list(dict.fromkeys(step.phase for step in self.steps)),
            ["storing", "indexing words", "asking for history", "searching", "reading all"],
        )

    async def test_more_than_the_store_takes_at_once_waits(self) -> None:
        small = mock.patch.object(store, "SqlStore", lambda *a, **k: SqlStore(*a, **k, limit=300))
        with small:
            result = await self.measure()
        self.assertEqual((result.error, result.read), ("", 2_500))

    async def test_a_message_that_is_lost_is_told(self) -> None:
        self.make_mistake(lambda add, envelope: None)
        result = await self.measure()
        self.assertRegex(result.error, rf"message \d+ is in the place of {SOME}")
        self.assertLess(result.read, 2_500)

    async def test_the_last_message_that_is_lost_is_told(self) -> None:
        self.make_mistake(lambda add, envelope: None)
        result = await self.measure(Storing(messages=1_200))
        self.assertIn(f"message {SOME} in room19 is missing", result.error)
        self.assertIn("the search for a word in every message, all rooms", result.error)

    async def test_a_message_that_came_out_otherwise_is_told(self) -> None:
        def change(add: Callable[..., None], envelope: Envelope) -> None:
            add(msgspec.structs.replace(envelope, event=Said("say", (CleanText("no"),))))

        self.make_mistake(change)
        result = await self.measure()
        self.assertIn(f"message {SOME} in history is not as it was said", result.error)

    async def test_a_search_that_misses_something_is_told(self) -> None:
        right = SqlStore.search

        async def search(self: SqlStore, query: Any) -> Page:
            page = await right(self, query)
            return msgspec.structs.replace(page, envelopes=page.envelopes[1:])

        with mock.patch.object(SqlStore, "search", search):
            result = await self.measure()
        self.assertIn("the search for a rare word, all rooms did not find", result.error)
        self.assertEqual(result.read, 2_500)

    async def test_ctrl_c_shows_what_was_measured_until_then(self) -> None:
        def look(step: Step) -> None:
            if step.done:
                self.stop.happen(True)

        self.on_step = look
        result = await self.measure(Storing(messages=10_000_000))
        self.assertTrue(result.stopped)
        self.assertEqual((result.error, result.searches, result.read), ("", [], 0))
        self.assertEqual(list(result.memory), ["before", "at the end"])

    async def refused(self, database: str) -> str:
        with self.assertRaises(BenchError) as caught:
            await self.measure(Storing(messages=100, database=database))
        return str(caught.exception)

    async def test_a_database_that_is_in_use_is_not_filled(self) -> None:
        url = postgres.fresh(self)
        self.assertEqual((await self.measure(Storing(messages=100, database=url))).error, "")
        self.assertIn("not empty; name an empty one", await self.refused(url))

    async def test_what_is_no_database_is_refused(self) -> None:
        self.assertIn("--database: not the URL of a database", await self.refused("here"))
        self.assertIn("--database: mysql:// is not supported", await self.refused("mysql://x/y"))
        self.assertIn("a store that keeps nothing", await self.refused(":memory:"))
        self.assertIn("cannot be opened", await self.refused("postgresql:///x?host=/no/such"))

    async def test_postgresql_is_measured_as_well(self) -> None:
        result = await self.measure(Storing(messages=2_500, database=postgres.fresh(self)))
        self.assertEqual((result.server, result.error, result.read), ("postgresql", "", 2_500))
        assert result.bytes is not None
        self.assertGreater(result.bytes, 100_000)
