"""Search: by the index of words, and by looking at every message that is not indexed yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Engine, Select, or_, select
from sqlalchemy.exc import DBAPIError

from twisted_chat.core.api.events import Envelope, RoomRef
from twisted_chat.core.api.records import Query
from twisted_chat.store.match import Matcher
from twisted_chat.store.sql.reading import read_counter, reading
from twisted_chat.store.sql.rows import read_messages, select_messages
from twisted_chat.store.sql.schema import authors, messages
from twisted_chat.store.sql.words import Words

#: The most messages that one search looks at one by one, the newest. The index follows within seconds, but in a storm.
MAX_SCANNED: Final = 5_000
#: The most that one search may take, in seconds.
SEARCH_TIME: Final = 2.0
# More rows of one name than anyone has; an author with more is found by the latest ones.
_MAX_AUTHORS: Final = 1_000


def search(engine: Engine, index: Words, query: Query, limit: int) -> tuple[list[Envelope], bool]:
    """Return the newest ``limit`` stored messages that fit, newest first; and whether everything was looked at."""
    rooms: dict[int, RoomRef] = {room.id: room for room in query.rooms}
    with reading(engine, SEARCH_TIME) as connection:
        low = max(first_since(connection, query.since), _floor(query))
        indexed = read_counter(connection, "indexed")
        rows, whole = _scan(connection, query, max(low, indexed + 1))
        matcher = Matcher(query)
        found = [each for each in read_messages(rows, rooms) if matcher.fits(each)][:limit]
        if len(found) < limit:
            try:
                rows = _look_up(connection, index, query, low, indexed, limit - len(found))
            except DBAPIError as error:
                if not _took_too_long(error):
                    raise
                return found, False
            found += read_messages(rows, rooms)
    return found, whole


def _scan(connection: Connection, query: Query, low: int) -> tuple[Sequence[Any], bool]:
    """Return the newest messages of the rooms that are not indexed, newest first; and whether these are all."""
    rows = connection.execute(
        _limited(query, low)
        .where(messages.c.room.in_([room.id for room in query.rooms]))
        .order_by(messages.c.id.desc())
        .limit(MAX_SCANNED + 1)
    ).fetchall()
    return rows[:MAX_SCANNED], len(rows) <= MAX_SCANNED


def _look_up(
    connection: Connection, index: Words, query: Query, low: int, high: int, limit: int
) -> Sequence[Any]:
    """Return the newest indexed messages that fit, newest first."""
    writers = None
    if query.nick is not None:
        named = select(authors.c.id).where(authors.c.key == query.nick)
        newest = named.order_by(authors.c.id.desc()).limit(_MAX_AUTHORS)
        writers = list(connection.scalars(newest))
        if not writers:
            return []
    table, fits, number = index.having(query, writers)
    wanted = _limited(query, low).join(table, fits).where(number <= high)
    if query.before is not None:
        wanted = wanted.where(number < query.before)
    if low:
        # Also of the index: else it is read to its end where a common word was not said since.
        wanted = wanted.where(number >= low)
    if query.since is not None:
        wanted = wanted.where(messages.c.time >= query.since)
    return connection.execute(wanted.order_by(number.desc()).limit(limit)).fetchall()


def _limited(query: Query, low: int) -> Select[Any]:
    wanted = select_messages().where(messages.c.id >= low)
    for room, floor in query.floors:
        wanted = wanted.where(or_(messages.c.room != room, messages.c.id > floor))
    return wanted if query.before is None else wanted.where(messages.c.id < query.before)


def _floor(query: Query) -> int:
    """Return the id below which no room of the query is searched."""
    floors = dict(query.floors)
    return min(floors.get(room.id, -1) for room in query.rooms) + 1


def first_since(connection: Connection, since: float | None) -> int:
    """Return the id of about the first message since a time, found by halving: times grow with the ids.

    Where the clock was set back they do not; what is returned then is the first of one of the two times.
    """
    if since is None:
        return 0
    at = select(messages.c.id, messages.c.time)
    low, newest = 0, connection.execute(at.order_by(messages.c.id.desc()).limit(1)).first()
    if newest is None:
        return 0
    high = newest.id + 1
    while low < high:
        middle = (low + high) // 2
        row = connection.execute(
            at.where(messages.c.id >= middle).order_by(messages.c.id).limit(1)
        ).first()
        if row is None or row.time >= since:
            high = middle
        else:
            low = row.id + 1
    return low


def _took_too_long(error: DBAPIError) -> bool:
    """Return whether a database gave up because the time was over."""
    # SQLite says it in English, PostgreSQL in the language of its administrator, but always with query_canceled.
    return "interrupted" in str(error.orig) or getattr(error.orig, "sqlstate", None) == "57014"
