"""The store in a database, as the server sees it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from twisted.internet.defer import TimeoutError as DeferredTimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from twisted_chat.core.api.events import Author, Envelope, RoomRef, Said, Told
from twisted_chat.core.api.records import AuditRecord, Query, Remembered, RoomRecord, Sent
from twisted_chat.core.state.conversations import GUESTS, as_kept
from twisted_chat.core.state.room import LOBBY_ID
from twisted_chat.core.values.account import Account, KnownNetwork, Proof
from twisted_chat.core.values.ids import MessageId, RoomId, Scope
from twisted_chat.core.values.retention import KEEP_ALL, Keep
from twisted_chat.core.values.server_ban import Ban
from twisted_chat.core.values.server_ban import Kind as BanKind
from twisted_chat.store.port import Health, Page, Skip, Store, StoreError
from twisted_chat.store.recent import Recent
from twisted_chat.store.sql import operators, reading, upkeep
from twisted_chat.store.sql.conversations import read_waiting
from twisted_chat.store.sql.database import Database, explain
from twisted_chat.store.sql.history import History
from twisted_chat.store.sql.opening import open_database
from twisted_chat.store.sql.threads import Threads
from twisted_chat.store.sql.words import Words, index_of
from twisted_chat.store.sql.writer import Writer
from twisted_chat.store.sql.writing import take_ids

log = Logger(namespace="twisted_chat.store")

#: Changes that may wait for the database before those who make them have to: a minute of a busy server, 80 MB at worst.
MAX_WAITING: Final = 20_000
# Authors whose row is known. It is no more than a saving: one that is forgotten gets another row.
_MAX_AUTHORS: Final = 50_000
# How long closing the database may take, in seconds: SQLite copies what is in its log, PostgreSQL is told goodbye.
_CLOSING: Final = 0.5


class SqlStore:
    """Keeps everything in a database. Blocks nothing: threads talk to it."""

    def __init__(
        self,
        database: Database,
        threads: Threads,
        clock: IReactorTime,
        *,
        lines: int = 20,
        keep: Keep = KEEP_ALL,
        limit: int = MAX_WAITING,
    ) -> None:
        """``lines``: how many lines of a room are asked for at each join; ``keep``: how much of a room is kept at most;
        ``limit``: how many changes may wait before the store is full.
        """
        self._database = database
        self._threads = threads
        self._clock = clock
        self._keep = keep
        self._index = index_of(database.kind)
        self._writer = Writer(database, threads, clock, limit)
        self._history = History(database, threads, self._writer, self._index, lines)
        # By scope: the sessions of a user each are an author of their own.
        self._authors: dict[Scope, tuple[Author, int]] = {}
        #: What is stored of passwords that were set since the last commit, and of which event; None for what is dropped.
        self._passwords: dict[str, tuple[MessageId, str | None]] = {}
        self._started = False
        self.kept = MessageId(0)

    # --- beginning and end ---

    async def start(
        self, stored: Callable[[MessageId], None], roomy: Callable[[], None]
    ) -> Remembered:
        def report(message: MessageId) -> None:
            self.kept = message
            self._history.stored(message)
            for key in [key for key, (at, _) in self._passwords.items() if at <= message]:
                del self._passwords[key]
            stored(message)

        try:
            done, first, unindexed, remembered = await self._threads.write(self._open)
        except SQLAlchemyError as error:
            raise StoreError(f"cannot read the database: {explain(error)}") from None
        if done is not None:
            log.info("{line}", line=done)
        self._history.begin(first)
        self._writer.unindexed = unindexed
        self._writer.start(report, roomy)
        self._started = True
        return remembered

    def _open(self) -> tuple[str | None, MessageId, int, Remembered]:
        """Open the database and read what is needed at a start. Runs in the thread that writes."""
        done = open_database(self._database)
        connection = self._database.writer()
        with connection.begin():
            return (
                done,
                MessageId(reading.read_counter(connection, "ids")),
                upkeep.unindexed(connection),
                reading.read_remembered(connection),
            )

    async def stop(self) -> None:
        lost = await self._writer.stop() if self._started else 0
        if lost:
            log.error(
                "{lost} changes could not be stored and were lost; none of them had been acknowledged",
                lost=lost,
            )
        if not self._writer.given_up:
            closing = self._threads.write(self._database.close)
            try:
                await closing.addTimeout(_CLOSING, self._clock)
            except DeferredTimeoutError:
                log.warn("the database was not closed in time; everything stored is safe")
        self._threads.stop()

    # --- changes ---

    @property
    def full(self) -> bool:
        return self._writer.full

    @property
    def given(self) -> MessageId:
        return self._writer.given

    async def reserve(self, count: int) -> range:
        return await self._writer.ask(functools.partial(take_ids, count=count), durable=True)

    def append(self, envelope: Envelope, sent: Sent | None = None) -> None:
        batch = self._writer.batch
        author = envelope.author
        assert author is not None
        if type(envelope.event) is Said:
            known = self._authors.get(author.scope)
            if known is None or known[0] is not author:
                known = self._authors[author.scope] = author, envelope.id
                batch.authors.append((envelope.id, author))
                if len(self._authors) > _MAX_AUTHORS:
                    self._authors.clear()
            batch.add(envelope, known[1])
            self._history.recent.append(envelope)
        if sent is not None and envelope.tag is not None:
            batch.sent.append((author.scope, envelope.tag, sent))
        self._writer.changed(envelope.id)

    def keep_private(self, envelope: Envelope, sent: Sent | None = None) -> None:
        event, author = envelope.event, envelope.author
        assert isinstance(event, Told) and event.conversation is not None and author is not None
        batch = self._writer.batch
        sender = author.account or GUESTS
        batch.conversations.keep(event.conversation, sender, event.account)
        if event.waits:
            batch.conversations.wait(envelope.id, event.account, sender)
        # Last: this may begin a commit.
        self.append(as_kept(envelope), sent)

    def receive(self, account: str, at: MessageId) -> None:
        self._writer.batch.conversations.receive(account, at)
        self._writer.changed(at)

    async def waiting(self, account: str) -> tuple[Envelope, ...]:
        return await self._writer.ask(functools.partial(read_waiting, account=account), behind=True)

    def mark(self, account: str, place: RoomId, message: MessageId | None) -> None:
        batch = self._writer.batch
        batch.conversations.mark(account, place, message)
        if not batch.size:
            # Else not counted: now and then all who are here come at once, and nobody waits for that.
            self._writer.touched()

    def mark_time(self, account: str, target: str, time: int | None) -> None:
        batch = self._writer.batch
        batch.conversations.mark_time(account, target, time)
        if not batch.size:
            self._writer.touched()

    def keep_room(self, record: RoomRecord, at: MessageId) -> None:
        self._writer.batch.rooms[record.ref.id] = record
        self._history.recent.rename(record.ref)
        self._writer.changed(at)

    def forget(self, gone: Sequence[RoomId], at: MessageId) -> None:
        for room in gone:
            self._history.recent.forget(room)
        self._writer.batch.forget(gone)
        self._writer.changed(at)

    def keep_account(self, account: Account, password: str | None, at: MessageId) -> None:
        if password is not None:
            self._passwords[account.key] = at, password
        self._writer.batch.accounts.keep(account, password)
        self._writer.changed(at)

    def drop_account(self, key: str, at: MessageId) -> None:
        self._passwords[key] = at, None
        self._history.disown(key, at)
        self._writer.batch.drop_account(key, at)
        self._writer.changed(at)

    def keep_login(self, scope: Scope, proof: Proof, at: MessageId) -> None:
        self._writer.batch.accounts.logins[scope] = proof
        self._writer.changed(at)

    def keep_invite(self, digest: str, until: float | None, at: MessageId) -> None:
        self._writer.batch.accounts.invites[digest] = until
        self._writer.changed(at)

    async def password(self, key: str) -> str | None:
        if key in self._passwords:
            return self._passwords[key][1]
        try:
            found = await self._threads.log_in(reading.read_password, self._database.reading, key)
        except SQLAlchemyError as error:
            log.error("reading a password failed: {why}", why=explain(error))
            raise StoreError("Passwords cannot be checked right now; try again later") from None
        # Set while it was read, perhaps.
        return self._passwords[key][1] if key in self._passwords else found

    def erase(self, account: str, room: RoomId | None, at: MessageId) -> None:
        self._history.erase(account, room, at)
        # What the account says from now on gets rows of its own: those of before go with the messages.
        self._authors.clear()
        self._writer.batch.erased.append((at, account, room))
        if room is None:
            self._writer.batch.conversations.unsend(account, at)
        self._writer.changed(at)

    def delete(self, place: RoomId, message: MessageId, at: MessageId) -> None:
        self._history.delete(place, message, at)
        self._writer.batch.deleted.append(message)
        self._writer.changed(at)

    def seen(self, scopes: Mapping[Scope, str], time: float) -> None:
        self._writer.batch.scopes.update((scope, (time, near)) for scope, near in scopes.items())
        self._writer.touched()

    def ban(self, ban: Ban, at: MessageId) -> None:
        self._writer.batch.others.bans[ban.kind, ban.target] = ban
        self._writer.changed(at)

    def unban(self, kind: BanKind, target: str, at: MessageId) -> None:
        self._writer.batch.others.bans[kind, target] = None
        self._writer.changed(at)

    def set_panic(self, level: int, at: MessageId) -> None:
        self._writer.batch.others.settings["panic"] = str(level)
        self._writer.changed(at)

    def record(self, record: AuditRecord) -> None:
        self._writer.batch.others.records.append(record)
        self._writer.touched()

    async def audit(self, page: int, size: int) -> tuple[tuple[AuditRecord, ...], int]:
        work = functools.partial(operators.read_audit, page=page, size=size)
        return await self._writer.ask(work, behind=True)

    def account_seen(self, account: str, time: float) -> None:
        self._writer.batch.others.seen[account] = time
        self._writer.touched()

    def place_seen(self, place: KnownNetwork) -> None:
        self._writer.batch.accounts.places[place.account, place.digest] = place
        self._writer.touched()

    async def last_seen(self, account: str) -> float | None:
        work = functools.partial(operators.read_last_seen, account=account)
        return await self._writer.ask(work, behind=True)

    # --- history ---

    async def history(
        self,
        room: RoomRef,
        *,
        before: MessageId | None = None,
        after: MessageId | None = None,
        limit: int,
    ) -> Page:
        return await self._history.page(room, before, after, limit)

    async def start_of(
        self, room: RoomRef, *, before: MessageId | None = None, limit: int
    ) -> MessageId | None:
        return await self._history.start_of(room, before, limit)

    async def last_before(self, room: RoomRef, time: float) -> MessageId:
        return await self._history.last_before(room, time)

    async def count(
        self, room: RoomRef, *, after: MessageId, before: MessageId, skip: Skip, limit: int
    ) -> int:
        return await self._history.count(room, after, before, skip, limit)

    async def search(self, query: Query) -> Page:
        return await self._history.search(query)

    # --- what is no longer needed ---

    async def tidy(self, now: float) -> None:
        deleted = await drop_old(self._writer, self._history.recent, self._index, self._keep, now)
        if deleted:
            # What is said from now on gets rows of its own; what was said before is stored when this is done.
            self._authors.clear()
            await self._writer.ask(upkeep.delete_silent, behind=True)
        await self._writer.ask(functools.partial(upkeep.delete_unused, now=now))

    async def all_done(self) -> None:
        """Wait until everything that is stored is indexed, and everything that is forgotten is deleted."""
        await self._writer.all_done()

    def check(self) -> None:
        if self._started and self._database.kind == "sqlite":
            self._writer.check()

    def health(self) -> Health:
        writer = self._writer
        return Health(
            self._database.kind,
            waiting=writer.waiting,
            most=writer.limit,
            stored=writer.messages,
            commits=writer.commits,
            last=writer.last,
            slowest=writer.slowest,
            unindexed=max(writer.unindexed, 0),
            error=writer.error,
            since=writer.since,
            size=self._database.size(),
            free=self._database.free(),
        )


_check: type[Store] = SqlStore


async def drop_old(writer: Writer, recent: Recent, index: Words, most: Keep, now: float) -> bool:
    """Delete what is over the limits of its room, or of the server (``most``); return whether there was anything."""
    limits = await writer.ask(upkeep.limits_of, behind=True)
    limits.setdefault(LOBBY_ID, KEEP_ALL)
    deleted = False
    for room, own in limits.items():
        keep = own.within(most)
        while keep != KEEP_ALL:
            work = functools.partial(upkeep.delete_old, index=index, room=room, keep=keep, now=now)
            count, last = await writer.ask(work)
            if not count:
                break
            recent.cut(room, MessageId(last))
            deleted = True
    while most.days:
        # Of private messages only the age counts.
        days = most.days
        old = await writer.ask(
            functools.partial(upkeep.delete_old_conversations, index=index, days=days, now=now)
        )
        if not old:
            break
        for conversation, number in old:
            recent.cut(RoomId(conversation), MessageId(number))
        deleted = True
    return deleted
