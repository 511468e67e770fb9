"""Background work, done a little at a time by the thread that writes: indexing words, and deleting."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select, delete, func, select, update

from twisted_chat.core.values.account import KNOWN_FOR
from twisted_chat.core.values.ids import RoomId
from twisted_chat.core.values.limits import REMEMBERED
from twisted_chat.core.values.retention import Keep
from twisted_chat.store.sql.conversations import delete_empty, delete_orphans
from twisted_chat.store.sql.operators import delete_over
from twisted_chat.store.sql.reading import read_counter
from twisted_chat.store.sql.schema import (
    authors,
    erased,
    forgotten,
    invites,
    logins,
    messages,
    places,
    rooms,
    scopes,
    sent,
)
from twisted_chat.store.sql.searching import first_since
from twisted_chat.store.sql.words import Row, Words
from twisted_chat.store.sql.writing import set_counter

#: Messages that one step indexes or deletes: some 10 ms, for which a commit may have to wait.
STEP: Final = 500
_INCREMENTAL: Final = 2  # https://www.sqlite.org/pragma.html#pragma_auto_vacuum
#: Pages that one step gives back to the file system, and as many that stay free for what is said next: 1 MB.
FREE_PAGES: Final = 256
_DAY: Final = 24 * 60 * 60
# What the index of words needs of a message.
_ROW: Final = select(messages.c.id, messages.c.room, messages.c.author, messages.c.text)


def index_some(connection: Connection, index: Words) -> int:
    """Index the next messages; return how many that were."""
    done = read_counter(connection, "indexed")
    rows = _rows(connection, _ROW.where(messages.c.id > done).order_by(messages.c.id).limit(STEP))
    if rows:
        index.add(connection, rows)
        set_counter(connection, "indexed", rows[-1][0])
    return len(rows)


def unindexed(connection: Connection) -> int:
    """Count the messages that are not indexed yet."""
    done = read_counter(connection, "indexed")
    count: int = (
        connection.scalar(select(func.count()).select_from(messages).where(messages.c.id > done))
        or 0
    )
    return count


def give_back(connection: Connection) -> bool:
    """Make the file of an SQLite database smaller by pages that are free; return whether there may be more.

    Databases that were made by an older version cannot: ``python -m twisted_chat.store compact`` lets them.
    """
    if connection.dialect.name != "sqlite":
        return False  # PostgreSQL sees to that by itself
    (incremental,) = connection.exec_driver_sql("PRAGMA auto_vacuum").one()
    (free,) = connection.exec_driver_sql("PRAGMA freelist_count").one()
    if incremental != _INCREMENTAL or free <= FREE_PAGES:
        return False
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    # Each step of it gives back one page, and it has no rows to tell of.
    raw.execute(f"PRAGMA incremental_vacuum({FREE_PAGES})").fetchall()
    return True


def delete_forgotten(connection: Connection, index: Words) -> bool:
    """Delete some messages of a room that is gone; return whether there may be more."""
    room = connection.scalar(select(forgotten.c.room).limit(1))
    if room is None:
        return False
    if _delete(connection, index, _of(room).order_by(messages.c.id).limit(STEP)) < STEP:
        connection.execute(delete(forgotten).where(forgotten.c.room == room))
    return True


def delete_erased(connection: Connection, index: Words) -> bool:
    """Delete some messages of an account that wishes so; return whether there may be more."""
    wish = connection.execute(select(erased).order_by(erased.c.id).limit(1)).first()
    if wish is None:
        return False
    mine = select(authors.c.id).where(authors.c.account == wish.account)
    some = select(messages.c.id).where(
        messages.c.author.in_(mine), messages.c.id > wish.done, messages.c.id < wish.id
    )
    if wish.room is not None:
        some = some.where(messages.c.room == wish.room)
    gone = list(connection.scalars(some.order_by(messages.c.id).limit(STEP)))
    if gone:
        _delete(connection, index, select(messages.c.id).where(messages.c.id.in_(gone)))
    this = erased.c.id == wish.id
    if len(gone) < STEP:
        connection.execute(delete(erased).where(this))
        if wish.room is None:
            connection.execute(
                delete(authors).where(authors.c.id.in_(mine.where(authors.c.id < wish.id)))
            )
    else:
        connection.execute(update(erased).where(this).values(done=gone[-1]))
    return True


def delete_messages(connection: Connection, index: Words, gone: Sequence[int]) -> None:
    """Delete these messages."""
    for first in range(0, len(gone), STEP):
        some = gone[first : first + STEP]
        _delete(connection, index, select(messages.c.id).where(messages.c.id.in_(some)))


def delete_old(
    connection: Connection, index: Words, room: RoomId, keep: Keep, now: float
) -> tuple[int, int]:
    """Delete some messages of a room beyond what is kept of it; return how many, and the id of the last of them."""
    up_to = 0
    if keep.lines:
        newest = _of(room).order_by(messages.c.id.desc())
        up_to = connection.scalar(newest.limit(1).offset(keep.lines)) or 0
    since = now - keep.days * _DAY if keep.days else float("-inf")
    oldest = select(messages.c.id, messages.c.time).where(messages.c.room == room)
    gone: list[int] = []
    candidates: list[int] = []
    for number, time in connection.execute(oldest.order_by(messages.c.id).limit(STEP)):
        candidates.append(number)
        if number <= up_to or time < since:
            gone += candidates
            candidates.clear()
        elif time <= now:
            # What was said after it is younger, whatever a clock that was wrong for a while said of it.
            break
    if not gone:
        return 0, 0
    _delete(connection, index, _of(room).where(messages.c.id.in_(gone)))
    return len(gone), gone[-1]


def delete_old_conversations(
    connection: Connection, index: Words, days: int, now: float
) -> tuple[tuple[int, int], ...]:
    """Delete some private messages that are older than so many days; return the conversation and the id of each."""
    since = now - days * _DAY
    old = (messages.c.room < 0) & (messages.c.id < first_since(connection, since))
    wanted = select(messages.c.room, messages.c.id).where(old, messages.c.time < since)
    gone = tuple(
        (conversation, number) for conversation, number in connection.execute(wanted.limit(STEP))
    )
    if gone:
        numbers = [number for _, number in gone]
        _delete(connection, index, select(messages.c.id).where(messages.c.id.in_(numbers)))
    return gone


def delete_unused(connection: Connection, now: float) -> None:
    """Delete what is remembered of clients, and of server operators, for longer than promised."""
    connection.execute(delete(scopes).where(scopes.c.seen < now - REMEMBERED))
    connection.execute(delete(sent).where(sent.c.time < now - REMEMBERED))
    connection.execute(delete(logins).where(logins.c.scope.not_in(select(scopes.c.scope))))
    connection.execute(delete(places).where(places.c.seen < now - KNOWN_FOR))
    connection.execute(delete(invites).where(invites.c.until < now))
    delete_over(connection, now)
    delete_orphans(connection)


def delete_silent(connection: Connection) -> None:
    """Delete authors and conversations without messages."""
    used = select(messages.c.author)
    connection.execute(delete(authors).where(authors.c.id.not_in(used)))
    delete_empty(connection)


def limits_of(connection: Connection) -> dict[RoomId, Keep]:
    """Return what is kept of each room that has a limit of its own."""
    rows = connection.execute(select(rooms.c.id, rooms.c.keep_days, rooms.c.keep_lines))
    return {RoomId(row.id): Keep(row.keep_days, row.keep_lines) for row in rows}


def _of(room: int) -> Select[tuple[int]]:
    return select(messages.c.id).where(messages.c.room == room)


def _rows(connection: Connection, wanted: Select[Any]) -> list[Row]:
    return [tuple(row) for row in connection.execute(wanted)]


def _delete(connection: Connection, index: Words, wanted: Select[tuple[int]]) -> int:
    """Delete messages, also from the index; return how many."""
    rows = _rows(connection, _ROW.where(messages.c.id.in_(wanted)))
    done = read_counter(connection, "indexed")
    known = [row for row in rows if row[0] <= done]
    if known:
        index.drop(connection, known)
    if rows:
        connection.execute(delete(messages).where(messages.c.id.in_([row[0] for row in rows])))
    return len(rows)
