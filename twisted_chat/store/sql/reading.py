"""Reading from the database: history, and what a server needs when it starts."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, func, or_, select
from twisted.logger import Logger

from twisted_chat.core.api.events import Envelope, RoomRef
from twisted_chat.core.api.records import Remembered, RoomRecord
from twisted_chat.core.state.dedup import MAX_SCOPES, MAX_TOTAL
from twisted_chat.core.values.ids import MessageId, Scope
from twisted_chat.core.values.names import BadName
from twisted_chat.core.values.text import shown
from twisted_chat.store.port import Skip
from twisted_chat.store.sql.accounts import read_accounts, read_invites, read_logins, read_places
from twisted_chat.store.sql.conversations import (
    read_all_times,
    read_conversations,
    read_counts,
    read_markers,
)
from twisted_chat.store.sql.database import READ_TIME
from twisted_chat.store.sql.operators import read_bans, read_setting
from twisted_chat.store.sql.rows import (
    BadStanding,
    read_messages,
    read_room,
    read_sent,
    select_messages,
)
from twisted_chat.store.sql.schema import (
    authors,
    counters,
    logins,
    messages,
    passwords,
    rooms,
    scopes,
    sent,
)

log = Logger(namespace="twisted_chat.store")

# How often SQLite looks whether a read took too long, in steps of its machine: a thousand times a second, about.
_STEPS: Final = 20_000


@contextmanager
def reading(engine: Engine, seconds: float = READ_TIME) -> Iterator[Connection]:
    """Lend a connection to read with, for at most so many seconds; then what is read raises an OperationalError."""
    with engine.connect() as connection:
        raw = connection.connection.dbapi_connection
        if isinstance(raw, sqlite3.Connection):
            end = time.monotonic() + seconds
            raw.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        yield connection


def read_history(
    engine: Engine,
    room: RoomRef,
    before: MessageId | None,
    after: MessageId | None,
    limit: int,
) -> list[Envelope]:
    """Read the last messages of a room (before ``before``), or the first ones after ``after``; oldest first."""
    wanted = select_messages().where(messages.c.room == room.id)
    if before is not None:
        wanted = wanted.where(messages.c.id < before)
    if after is not None:
        wanted = wanted.where(messages.c.id > after)
    order = messages.c.id.desc() if after is None else messages.c.id
    with reading(engine) as connection:
        rows = connection.execute(wanted.order_by(order).limit(limit)).fetchall()
    found = read_messages(rows, {room.id: room})
    return found if after is not None else found[::-1]


def count_lines(
    engine: Engine, room: RoomRef, after: MessageId, before: MessageId, skip: Skip, limit: int
) -> int:
    """Count the messages of a room between two, but those to skip; no more than ``limit``."""
    wanted = (
        select_messages()
        .with_only_columns(messages.c.id)
        .where(messages.c.room == room.id, messages.c.id > after, messages.c.id < before)
        .where(or_(authors.c.account.is_(None), authors.c.account != skip.account))
    )
    if skip.nicks:
        wanted = wanted.where(authors.c.key.not_in(sorted(skip.nicks)))
    with reading(engine) as connection:
        some = wanted.limit(limit).subquery()
        return connection.scalar(select(func.count()).select_from(some)) or 0


def read_password(engine: Engine, key: str) -> str | None:
    """Read what is stored of the password of an account."""
    with reading(engine) as connection:
        found: str | None = connection.scalar(
            select(passwords.c.hash).where(passwords.c.account == key)
        )
    return found


def read_start(
    engine: Engine, room: RoomRef, before: MessageId | None, offset: int
) -> MessageId | None:
    """Return the id of the message of a room (before ``before``) that ``offset`` others come after; None if there is none."""
    wanted = select(messages.c.id).where(messages.c.room == room.id)
    if before is not None:
        wanted = wanted.where(messages.c.id < before)
    with reading(engine) as connection:
        found = connection.scalar(wanted.order_by(messages.c.id.desc()).limit(1).offset(offset))
    return None if found is None else MessageId(found)


def read_last_before(engine: Engine, room: RoomRef, time: float) -> MessageId:
    """Return the id of the last message of a room said before a time; 0 if there is none.

    There is no index of times, but the ids are in their order: the place is found by halves, 63 at most.
    """
    of_room = select(messages.c.id, messages.c.time).where(messages.c.room == room.id)
    with reading(engine) as connection:
        low = 0
        high = connection.scalar(of_room.order_by(messages.c.id.desc()).limit(1)) or 0
        # What is up to ``low`` was said before; what is above ``high`` was not.
        while low < high:
            middle = (low + high + 1) // 2
            found = connection.execute(
                of_room.where(messages.c.id >= middle).order_by(messages.c.id).limit(1)
            ).one()
            if found.time < time:
                low = found.id
            else:
                high = middle - 1
    return MessageId(low)


def read_remembered(connection: Connection) -> Remembered:
    """Read what a server needs to know when it starts: whatever is kept, for the time of day may be wrong then."""
    records: list[RoomRecord] = []
    for row in connection.execute(select(rooms).order_by(rooms.c.id)):
        try:
            records.append(read_room(row))
        except (BadName, BadStanding) as bad:
            log.warn("room {name} was not restored: {why}", name=shown(row.name), why=str(bad))
    known = _known(connection)
    ids = connection.execute(select(sent).order_by(sent.c.message.desc()).limit(MAX_TOTAL)).all()
    return Remembered(
        tuple(records),
        tuple((Scope(row.scope), row.seen, row.network) for row in known),
        tuple(read_sent(row) for row in reversed(ids)),
        read_accounts(connection),
        read_logins(connection, {Scope(row.scope) for row in known}),
        read_invites(connection),
        read_bans(connection),
        int(read_setting(connection, "panic")),
        bytes.fromhex(read_setting(connection, "secret")),
        read_conversations(connection),
        read_counts(connection),
        read_markers(connection),
        read_places(connection),
        read_all_times(connection),
    )


def _known(connection: Connection) -> list[Row[Any]]:
    """Read the scopes that are still known, the longest idle first.

    If there are too many, the networks of guests get as many each: a crowd from one makes nobody else be forgotten.
    """
    latest = scopes.c.seen.desc()
    places = select(
        scopes,
        logins.c.account.is_(None).label("guest"),
        func.row_number()
        .over(partition_by=(logins.c.account, scopes.c.network), order_by=latest)
        .label("place"),
    ).select_from(scopes.outerjoin(logins, logins.c.scope == scopes.c.scope))
    ranked = places.subquery()
    rows = connection.execute(
        select(ranked)
        .order_by(ranked.c.guest, ranked.c.place, ranked.c.seen.desc())
        .limit(MAX_SCOPES)
    ).all()
    return sorted(rows, key=lambda row: (row.seen, row.scope))


def read_counter(connection: Connection, name: str) -> int:
    """Return the value of a counter."""
    value: int = connection.execute(
        select(counters.c.value).where(counters.c.name == name)
    ).scalar_one()
    return value
