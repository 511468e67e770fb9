"""Tests for twisted_chat.store.sql.searching: what a search reads of the index, and what it leaves alone."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

from twisted.trial.unittest import TestCase

from tests.making import room, said
from tests.store.contract import OTHER, ROOM, Contract, SqliteAdapter
from twisted_chat.core.api.commands import Term
from twisted_chat.core.api.records import Query
from twisted_chat.core.values.ids import MessageId, RoomId
from twisted_chat.store.port import Page
from twisted_chat.store.sql import reading
from twisted_chat.store.sql.searching import SEARCH_TIME

MANY = 2_000


class FloorTests(SqliteAdapter, Contract, TestCase):
    """A word that is in every message, looked for only since somebody was here last."""

    async def said_often(self) -> list[MessageId]:
        ids = [MessageId(number) for number in await self.store.reserve(MANY)]
        for message in ids:
            self.store.append(said(message, ROOM, "ok"))
        await self.settle()
        return ids

    async def search(self, after: MessageId, *rooms: RoomId) -> Page:
        """Search in a time in which some hundred messages are looked at, however fast the machine is."""
        ticks = itertools.count(step=SEARCH_TIME / 200)
        self.patch(reading, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
        self.patch(reading, "_STEPS", 100)
        return await self.store.search(
            Query(tuple(map(room, rooms)), (Term("ok"),), limit=MANY, floors=((rooms[0], after),))
        )

    async def test_index_is_not_read_beyond_the_floors_of_all_rooms(self) -> None:
        ids = await self.said_often()
        page = await self.search(ids[-11], ROOM)
        self.assertEqual(([each.id for each in page.envelopes], page.whole), (ids[-10:], True))

    async def test_room_without_a_floor_is_read_to_its_beginning(self) -> None:
        ids = await self.said_often()
        page = await self.search(ids[-11], OTHER, ROOM)
        self.assertFalse(page.whole)
