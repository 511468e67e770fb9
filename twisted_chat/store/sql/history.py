"""History: from memory if it is still there, otherwise from the database, with what is not stored yet."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from twisted_chat.core.api.events import Envelope, RoomRef
from twisted_chat.core.api.records import Query
from twisted_chat.core.values.ids import MessageId, RoomId
from twisted_chat.store.match import Matcher
from twisted_chat.store.port import Page, Skip, StoreError
from twisted_chat.store.recent import Recent
from twisted_chat.store.sql import reading
from twisted_chat.store.sql.database import Database, explain
from twisted_chat.store.sql.searching import search
from twisted_chat.store.sql.threads import Threads
from twisted_chat.store.sql.words import Words
from twisted_chat.store.sql.writer import Writer

log = Logger(namespace="twisted_chat.store")


class History:
    """Answers what the port of the store asks of history; ``recent`` are the newest messages, which are in memory."""

    def __init__(
        self, database: Database, threads: Threads, writer: Writer, index: Words, lines: int
    ) -> None:
        """``lines``: how many lines of a room are asked for at each join."""
        self._database = database
        self._threads = threads
        self._writer = writer
        self._index = index
        self._lines = lines
        self.recent = Recent(lines, MessageId(0))
        #: What is to be done to the messages in memory once more as soon as these events are stored.
        self._once_stored: deque[tuple[MessageId, Callable[[], None]]] = deque()
        self._loading: dict[RoomId, list[Deferred[None]]] = {}

    def begin(self, first: MessageId) -> None:
        """Begin with a database that was opened: rooms with this id or one above it are made in this run."""
        self.recent = Recent(self._lines, first)

    def stored(self, message: MessageId) -> None:
        """Note that every message and event up to this one is stored."""
        self.recent.stored(message)
        while self._once_stored and self._once_stored[0][0] <= message:
            # Until now what was there before could be read from the database, and came back into memory so.
            self._once_stored.popleft()[1]()

    def erase(self, account: str, room: RoomId | None, at: MessageId) -> None:
        """Drop what an account said before the event ``at``, in a room or in all."""
        self._change(at, functools.partial(self.recent.erase, account, room, at))

    def delete(self, place: RoomId, message: MessageId, at: MessageId) -> None:
        """Drop one message, which is deleted since the event ``at``."""
        self._change(at, functools.partial(self.recent.delete, place, message))

    def disown(self, account: str, at: MessageId) -> None:
        """Note that what an account said before the event ``at`` is nobody's any more."""
        self._change(at, functools.partial(self.recent.disown, account, at))

    def _change(self, at: MessageId, change: Callable[[], None]) -> None:
        """Change the messages in memory, now and when the event ``at`` is stored."""
        change()
        self._once_stored.append((at, change))

    async def page(
        self, room: RoomRef, before: MessageId | None, after: MessageId | None, limit: int
    ) -> Page:
        """See :meth:`twisted_chat.store.port.Store.history`; so for the others."""
        page = self.recent.page(room.id, before, after, limit)
        if page is None and after is None and limit <= self._lines:
            await self._load(room)
            page = self.recent.page(room.id, before, after, limit)
        if page is None:
            page = await self._read(room, before, after, limit)
        return page

    async def _load(self, room: RoomRef) -> None:
        """Read the end of a room's history once for all that ask for it, because after a restart everyone comes back at once."""
        waiting = self._loading.get(room.id)
        if waiting is not None:
            turn: Deferred[None] = Deferred()
            waiting.append(turn)
            await turn
            return
        self._loading[room.id] = []
        mark = self.recent.mark(room.id)
        try:
            page = await self._read(room, None, None, self._lines + 1)
            self.recent.adopt(room.id, page, mark)
        finally:
            for turn in self._loading.pop(room.id):
                turn.callback(None)

    async def _read(
        self, room: RoomRef, before: MessageId | None, after: MessageId | None, limit: int
    ) -> Page:
        """Read a page, and add what may not be stored yet."""
        newest = [
            each
            for each in self.recent.unstored(room.id)
            if (before is None or each.id < before) and (after is None or each.id > after)
        ]
        found = await self._ask(
            reading.read_history, self._database.reading, room, before, after, limit + 1
        )
        some = _in_order(found, newest)
        page = some[:limit] if after is not None else some[max(len(some) - limit, 0) :]
        return Page(tuple(page), more=len(some) > limit)

    async def start_of(
        self, room: RoomRef, before: MessageId | None, limit: int
    ) -> MessageId | None:
        newest = [
            each.id for each in self.recent.unstored(room.id) if before is None or each.id < before
        ]
        if len(newest) > limit:
            return newest[-limit - 1]
        found: MessageId | None = await self._ask(
            reading.read_start,
            self._database.reading,
            room,
            newest[0] if newest else before,
            limit - len(newest),
        )
        return found

    async def last_before(self, room: RoomRef, time: float) -> MessageId:
        for each in reversed(self.recent.unstored(room.id)):
            if each.time < time:
                return each.id
        found: MessageId = await self._ask(
            reading.read_last_before, self._database.reading, room, time
        )
        return found

    async def count(
        self, room: RoomRef, after: MessageId, before: MessageId, skip: Skip, limit: int
    ) -> int:
        newest = [each for each in self.recent.unstored(room.id) if after < each.id < before]
        end = newest[0].id if newest else before
        found: int = await self._ask(
            reading.count_lines, self._database.reading, room, after, end, skip, limit
        )
        return min(found + skip.left(newest), limit)

    async def search(self, query: Query) -> Page:
        if not query.rooms:
            return Page((), more=False)
        matcher = Matcher(query)
        newest = [
            each
            for room in query.rooms
            for each in self.recent.unstored(room.id)
            if matcher.fits(each)
        ]
        found, whole = await self._ask(
            search, self._database.reading, self._index, query, query.limit + 1, searches=True
        )
        some = _in_order(found, newest)
        return Page(
            tuple(some[max(len(some) - query.limit, 0) :]),
            more=len(some) > query.limit,
            whole=whole,
        )

    async def _ask(self, work: Callable[..., Any], *args: Any, searches: bool = False) -> Any:
        """Read something; an error is reported to the caller, and logged."""
        if self._once_stored:
            # The database hides what is to be erased, and knows whose account is gone, only when it was told so.
            await self._writer.ask(_nothing, behind=True)
        try:
            run = self._threads.search if searches else self._threads.read
            return await run(work, *args)
        except SQLAlchemyError as error:
            log.error("reading history failed: {why}", why=explain(error))
            raise StoreError("the database cannot be read right now; try again later") from None


def _nothing(connection: Connection) -> None:
    """Do nothing, in a transaction behind those before."""


def _in_order(found: Iterable[Envelope], newest: Iterable[Envelope]) -> list[Envelope]:
    """Put together what was read and what may not be stored yet, each message once, oldest first."""
    both = {each.id: each for each in (*found, *newest)}
    return [both[number] for number in sorted(both)]
