"""Answers from the store, and long lists, each in its place in the order of the session."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from twisted_chat.core.api import replies as r
from twisted_chat.core.api.events import Envelope, RoomRef, is_hidden
from twisted_chat.core.api.records import Query
from twisted_chat.core.rules import decisions as d
from twisted_chat.core.values.ids import MessageId, Moment, RoomId, SessionId
from twisted_chat.runtime import tasks
from twisted_chat.seam.ports import ConnectionsPort
from twisted_chat.server.services import Services
from twisted_chat.server.turns import Turns
from twisted_chat.store.memory import PassingHistory
from twisted_chat.store.port import Store, StoreError

_T = TypeVar("_T")

#: How many messages of a long history are read at once: 400 KiB at most, for each session that is reading one.
CHUNK: Final = 100

_BUSY: Final = "too many searches are waiting; try again later"
_CROWDED: Final = "too many long histories are being read; try again later"


class HistoryReader:
    """Answers requests for history, and searches; the session waits until its answer has been sent."""

    def __init__(self, services: Services) -> None:
        self._hub = services.hub
        self._sessions = services.sessions
        self._connections = services.connections
        self._store = services.store
        #: The private messages of guests.
        self._passing = PassingHistory(services.clock)
        self._clock = services.clock
        self._in_time = services.pending.in_time
        self._turns = Turns()
        self._parts = Turns()
        self._last = 0
        #: By session and number, what is called when the reader took the next part of an answer: is it whole?
        self._taking: dict[SessionId, dict[int, Callable[[bool], None]]] = {}

    def answer(self, session: SessionId, recall: d.Recall, tag: str | None, *, asked: bool) -> None:
        """Answer with history; the session waits until the answer has been sent.

        The history ends where the messages that the session has seen live began; new messages are shown after it.
        """
        focus = self._hub.focus_of(session)
        here = focus is not None and focus.ref.id == recall.room.id
        answer = self._begin(session, tag, dated=recall.export, here=here)
        until = MessageId(self._hub.latest + 1)
        history = _History(self.store_of(recall.room.id), recall, until)
        self._start(self._tell(answer, history, recall, asked), answer)

    def store_of(self, place: RoomId) -> Store:
        """Return what keeps the history of a room or a conversation."""
        return self._passing if place in self._passing else self._store

    async def last(self, place: RoomRef) -> Envelope | None:
        """Return the last message of a room or a conversation. Raises :class:`StoreError`."""
        page = await self._in_time(self.store_of(place.id).history(place, limit=1))
        return page.envelopes[-1] if page.envelopes else None

    def keep_passing(self, envelope: Envelope) -> None:
        """Keep a private message of a guest, or to one."""
        self._passing.keep_private(envelope)

    def forget_passing(self, gone: Sequence[RoomId]) -> None:
        """Forget conversations of guests who are gone."""
        self._passing.forget(gone, self._passing.given)

    def search(self, session: SessionId, query: Query, tag: str | None) -> None:
        """Answer with what a search finds; the session waits until the answer has been sent."""
        answer = self._begin(session, tag, dated=True, here=None)
        self._start(self._find(answer, query), answer)

    def tell(self, session: SessionId, parts: Iterator[r.Reply], tag: str | None) -> None:
        """Answer with a long list; the session waits until the answer has been sent."""
        answer = self._begin(session, tag, dated=False, here=None)
        self._start(self._list(answer, parts), answer)

    async def _list(self, answer: _Answer, parts: Iterator[r.Reply]) -> None:
        for part in parts:
            if not await answer.give((part,)):
                break
        answer.end()

    def show(
        self, session: SessionId, told: Iterable[r.Reply | Envelope], taken: Callable[[], None]
    ) -> None:
        """Show a session what was read for it, with dates, as fast as it takes it; ``taken`` is called with the last part."""

        answer = self._begin(session, None, dated=True, here=True)
        answer.on_taken(lambda whole: taken())
        answer.end(told)

    def _begin(
        self, session: SessionId, tag: str | None, *, dated: bool, here: bool | None
    ) -> _Answer:
        """Reserve a place for an answer; the session waits for it."""
        self._last += 1
        self._connections.reserve(session, self._last, tag, dated, here)
        taking = self._taking.setdefault(session, {})
        return _Answer(self._connections, session, self._last, tag, taking)

    def taken(self, session: SessionId, answer: int, whole: bool) -> None:
        """The reader has taken a part of an answer; unless ``whole``, some of it could not be shown."""
        taken = self._taking.get(session, {}).pop(answer, None)
        if taken is not None:
            taken(whole)

    def forget(self, session: SessionId) -> None:
        """A session has ended: forget what waits for its reader."""
        self._taking.pop(session, None)

    def _start(self, work: Coroutine[Any, Any, None], answer: _Answer) -> None:
        def failed(why: Failure) -> None:
            self._failed(answer.session, answer.tag, why)
            answer.end()

        tasks.start(work, "an answer from the store", failed)

    def _failed(self, session: SessionId, tag: str | None, why: Failure | None = None) -> None:
        self._sessions.failed(session, "an answer from the store", tag, why)

    async def _tell(
        self, answer: _Answer, history: _History, recall: d.Recall, asked: bool
    ) -> None:
        name = recall.place
        count, opened, over = 0, False, False
        try:
            while not over:
                part, over = await self._next(answer, history, first=not opened)
                lines = part if recall.export else self.visible(answer.session, part)
                if recall.private is not None:
                    lines = [recall.private.told(each) for each in lines]
                count += len(lines)
                told: list[r.Reply | Envelope] = []
                if not opened and (lines or over):
                    opened = True
                    told.append(r.HistoryStart(name, count if over else None, asked))
                told += lines
                if over:
                    answer.end([*told, history.end(count, asked)])
                elif told and not await answer.give(told):
                    answer.end()
                    return
        except StoreError as error:
            refused = r.Refused("history-unavailable", f"History cannot be shown now: {error}")
            answer.end([refused, history.end(count, asked)] if opened else [refused])

    async def _next(
        self, answer: _Answer, history: _History, *, first: bool
    ) -> tuple[Sequence[Envelope], bool]:
        """Read the next part. After the first, parts are read one at a time, so many long answers delay nobody else."""
        if first:
            return await self._in_time(history.read())
        async with self._turn_of(answer.session, self._parts, _CROWDED):
            return await self._in_time(history.read())

    @asynccontextmanager
    async def _turn_of(self, session: SessionId, turns: Turns, late: str) -> AsyncIterator[None]:
        """Wait for the turn of a session, but not forever: then raise :class:`StoreError` with the text ``late``."""
        await self._in_time(turns.begin(self._sessions.path(session)), late)
        try:
            yield
        finally:
            turns.end()

    async def _find(self, answer: _Answer, query: Query) -> None:
        session = answer.session
        try:
            async with self._turn_of(session, self._turns, _BUSY):
                if not self._sessions.here(session):
                    return  # and never read the answer
                page = await self._in_time(self._store.search(query))
        except StoreError as error:
            why = f"Searching is not possible now: {error}"
            answer.end([r.Refused("search-unavailable", why)])
            return
        found = self.visible(answer.session, page.envelopes)
        count = len(found)
        end = r.SearchEnd(count, page.more, page.whole)
        answer.end([r.SearchStart(count), *found, end])

    def visible(self, session: SessionId, envelopes: Sequence[Envelope]) -> Sequence[Envelope]:
        """Leave out messages of users whom the session ignores."""
        entry = self._hub.state.sessions.get(session)
        ignored = entry.ignored if entry is not None else {}
        if not ignored:
            return envelopes
        # Ignoring follows a person to another nick; their lines from before that bear the old one.
        ids = self._hub.ids_of(ignored)
        return [
            envelope
            for envelope in envelopes
            if not is_hidden(envelope, ignored)
            and (envelope.author is None or envelope.author.user not in ids)
        ]


class _Answer:
    """An answer in its place, sent as fast as the reader takes it, while the session waits."""

    def __init__(
        self,
        connections: ConnectionsPort,
        session: SessionId,
        number: int,
        tag: str | None,
        taking: dict[int, Callable[[bool], None]],
    ) -> None:
        """``taking``: the functions to call, by number of the answer, when the reader has taken a part."""
        self._connections = connections
        self.session = session
        self.tag = tag
        self._number = number
        self._taking = taking

    def on_taken(self, taken: Callable[[bool], None]) -> None:
        """Call ``taken`` once the reader has taken the next part, with whether all of it could be shown."""
        self._taking[self._number] = taken

    async def give(self, told: Iterable[r.Reply | Envelope]) -> bool:
        """Send a part; return when the reader has taken it, with whether all of it could be shown.

        If the session ends before that, this never returns: its caller is forgotten with the session.
        """
        taken: Deferred[bool] = Deferred()
        self.on_taken(taken.callback)
        self._connections.fill(self.session, self._number, tuple(told), False)
        return await taken

    def end(self, told: Iterable[r.Reply | Envelope] = ()) -> None:
        """Send the last part."""
        self._connections.fill(self.session, self._number, tuple(told), True)


class _History:
    """The messages for one request for history, oldest first, with ids below ``until``."""

    def __init__(self, store: Store, recall: d.Recall, until: MessageId) -> None:
        self._store = store
        self._recall = recall
        self._until = until
        self._before = until
        self._floor = MessageId(recall.floor)
        self._after: MessageId | None = None
        self._placed = False  # the ends are known by their ids
        self._first: MessageId | None = None
        self._left = recall.limit
        self._more = False
        self._over = False

    async def read(self) -> tuple[Sequence[Envelope], bool]:
        """Read the next part; also return whether it is the last one. Raises :class:`StoreError`."""
        if not self._placed:
            await self._place()
        room, after = self._recall.room, self._after
        if after is None and self._left <= CHUNK:
            page = await self._store.history(room, before=self._before, limit=self._left)
            seen = [envelope for envelope in page.envelopes if envelope.id > self._floor]
            self._over, self._more = True, page.more and len(seen) == len(page.envelopes)
            return self._noted(seen), True
        if after is None:
            start = await self._store.start_of(room, before=self._before, limit=self._left)
            self._more = start is not None and start > self._floor
            after = max(start or MessageId(0), self._floor)
        page = await self._store.history(room, after=after, limit=min(CHUNK, self._left))
        lines = [envelope for envelope in page.envelopes if envelope.id < self._before]
        self._left -= len(lines)
        goes_on = page.more and len(lines) == len(page.envelopes)
        self._over = not (goes_on and self._left)
        if self._forward:
            self._more = goes_on
        return self._noted(lines), self._over

    @property
    def _forward(self) -> bool:
        """Whether the request is for the first messages after one."""
        return self._recall.after is not None and not self._recall.newest

    async def _place(self) -> None:
        """Find out between which messages the requested ones are."""
        recall = self._recall
        self._placed = True
        if recall.before is not None:
            self._before = min(await self._id(recall.before, 1), self._until)
        if recall.after is None:
            return
        after = max(await self._id(recall.after, 0), self._floor)
        if recall.newest:
            self._floor = after
        else:
            self._after = after

    async def _id(self, place: int | Moment, more: int) -> MessageId:
        if isinstance(place, Moment):
            return MessageId(await self._store.last_before(self._recall.room, place.time) + more)
        return MessageId(place)

    def _noted(self, lines: Sequence[Envelope]) -> Sequence[Envelope]:
        """Remember where reading goes on."""
        if lines:
            self._first = self._first or lines[0].id
            self._after = lines[-1].id
        return lines

    def end(self, count: int, asked: bool) -> r.HistoryEnd:
        """Return the end of the answer, with where to go on if there is more."""
        name = self._recall.place
        if not self._over:  # broken off
            return r.HistoryEnd(name, count, asked, True, "after", self._after)
        if not self._forward:
            return r.HistoryEnd(name, count, asked, self._more, "before", self._first)
        return r.HistoryEnd(name, count, asked, self._more, "after", self._after)
