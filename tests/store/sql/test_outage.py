"""Databases that go away and come back while people talk, or that somebody else uses."""

from __future__ import annotations

import os
import signal
import sqlite3

from sqlalchemy import create_engine, text
from twisted.internet import reactor
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from tests.making import room, said
from tests.store import postgres
from tests.store.contract import ROOM, Contract, PostgresAdapter, SqliteAdapter
from twisted_chat.core.values.ids import MessageId
from twisted_chat.store.port import StoreError
from twisted_chat.store.sql import writer
from twisted_chat.store.sql.database import Database, parse
from twisted_chat.store.sql.opening import open_database
from twisted_chat.store.sql.schema import HEAD
from twisted_chat.store.sql.store import SqlStore


class OutageCase(Contract):
    """What holds for any database that cannot be written for a while."""

    async def until_failed(self) -> str:
        """Wait until the store says that it cannot be written, and return why."""
        assert isinstance(self.store, SqlStore)
        while (error := self.store.health().error) is None:
            await deferLater(reactor, 0.01)
        return error

    async def goes_away(self) -> None: ...

    async def comes_back(self) -> None: ...

    async def test_what_is_said_meanwhile_is_stored_afterwards_in_order(self) -> None:
        self.patch(writer, "_AGAIN", (0.01, 0.05))
        ids = [MessageId(number) for number in await self.store.reserve(30)]
        for message in ids[:10]:
            self.store.append(said(message, ROOM))
        await self.until_stored(ids[9])
        await self.goes_away()
        for message in ids[10:20]:
            self.store.append(said(message, ROOM))
        self.assertTrue(await self.until_failed())
        for message in ids[20:]:
            self.store.append(said(message, ROOM))
        await deferLater(reactor, 0.1)
        self.assertEqual(self.reported[-1], ids[9])
        health = self.store.health()
        self.assertEqual(
            (health.waiting, health.error is None, health.since is None), (20, False, False)
        )
        await self.comes_back()
        await self.until_stored(ids[-1])
        self.assertIsNone(self.store.health().error)
        await self.again()
        page = await self.store.history(room(ROOM), limit=100)
        self.assert_page(page, ids, more=False)


class PostgresOutageTests(OutageCase, PostgresAdapter, TestCase):
    async def goes_away(self) -> None:
        postgres.server().stop(signal.SIGKILL)

    async def comes_back(self) -> None:
        postgres.server()

    async def test_history_that_cannot_be_read_is_an_error_to_show(self) -> None:
        ids = await self.say(30)
        await self.until_stored(ids[-1])
        await self.goes_away()
        for work in (
            self.store.history(room(ROOM), limit=25),
            self.store.start_of(room(ROOM), limit=5),
        ):
            try:
                await work
            except StoreError as error:
                self.assertIn("try again", str(error))
            else:
                self.fail("it was read")
        await self.comes_back()
        page = await self.store.history(room(ROOM), limit=25)
        self.assert_page(page, ids[-25:], more=True)

    async def test_server_whose_database_another_has_taken_meanwhile_waits(self) -> None:
        """The lock goes with the connection; whoever comes first has it."""
        self.patch(writer, "_AGAIN", (0.01, 0.05))
        await self.goes_away()
        await self.comes_back()
        other = Database(self.url)
        other.writer()
        message = MessageId(1_000_000)
        self.store.append(said(message, ROOM))
        while "another server" not in await self.until_failed():
            await deferLater(reactor, 0.01)
        other.close()
        await self.until_stored(message)


class PostgresOpeningTests(TestCase):
    def setUp(self) -> None:
        self.url = parse(postgres.fresh(self))

    def database(self) -> Database:
        database = Database(self.url)
        self.addCleanup(database.close)
        return database

    def execute(self, *statements: str) -> None:
        engine = create_engine(self.url)
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()

    def refusal(self) -> str:
        return str(self.assertRaises(StoreError, open_database, self.database()))

    def test_new_database_is_made_and_opened_again(self) -> None:
        for _ in range(2):
            database = self.database()
            self.assertIsNone(open_database(database))
            database.close()

    def test_database_in_use_is_refused(self) -> None:
        open_database(self.database())
        self.assertIn("another server uses this database", self.refusal())

    def test_newer_database_is_refused(self) -> None:
        database = self.database()
        open_database(database)
        database.close()
        self.execute("UPDATE alembic_version SET version_num = '9999'")
        self.assertIn(
            f"newer version of twisted-chat (schema 9999, this one supports {HEAD})", self.refusal()
        )

    def test_database_that_cannot_hold_every_text_is_refused(self) -> None:
        self.url = parse(postgres.fresh(self, encoding="LATIN1"))
        self.assertIn(f"the database {self.url.database} has the encoding LATIN1", self.refusal())

    def test_every_text_gets_there_whatever_the_environment_says(self) -> None:
        self.addCleanup(os.environ.pop, "PGCLIENTENCODING", None)
        os.environ["PGCLIENTENCODING"] = "LATIN1"
        database = self.database()
        open_database(database)
        for connection in (database.writer(), database.reading.connect()):
            self.assertEqual(connection.scalar(text("SHOW client_encoding")), "UTF8")
            connection.close()

    def test_database_of_another_program_is_refused(self) -> None:
        self.execute("CREATE TABLE messages (id int)")
        self.assertIn("tables of another program", self.refusal())


class SqliteOutageTests(OutageCase, SqliteAdapter, TestCase):
    """Another program holds the file."""

    async def setUp(self) -> None:  # type: ignore[override]  # trial waits
        self.patch(writer, "GROUP", 0.001)
        await super().setUp()
        self.other = sqlite3.connect(self.folder / "chat.sqlite", isolation_level=None)
        self.addCleanup(self.other.close)

    async def goes_away(self) -> None:
        self.other.execute("BEGIN IMMEDIATE")

    async def comes_back(self) -> None:
        self.other.execute("ROLLBACK")

    async def until_failed(self) -> str:
        error = await super().until_failed()
        self.assertIn("locked", error)
        return error
