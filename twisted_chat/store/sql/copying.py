"""Copying everything from one database to another, of whatever kind: a server moves from SQLite to PostgreSQL, or back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Table, delete, func, select
from sqlalchemy.exc import SQLAlchemyError

from twisted_chat.store.port import StoreError
from twisted_chat.store.sql.bulk import insert_rows
from twisted_chat.store.sql.database import Database, explain, parse, sqlite_url
from twisted_chat.store.sql.opening import open_database
from twisted_chat.store.sql.schema import audit, counters, metadata, settings
from twisted_chat.store.sql.writing import set_counter
from twisted_chat.store.state_dir import StateDir, database_in

#: Rows that are read and written at once: some megabytes at most.
_ROWS: Final = 1_000
# Which a new database has rows of already. All others are empty in one that was never used.
_FILLED: Final = (settings, counters)


def copy(source: str, target: str, progress: Callable[[int], None]) -> int:
    """Copy all that a server keeps; return how many rows that were. ``progress`` is told now and then how many are copied.

    Each is a state folder, or the URL of a PostgreSQL database. No server may run on either; the target must be new, and is as
    it was if this fails. A source of an earlier version is brought up to date first, as a server that starts does it. Raises
    :class:`StoreError`, or :class:`twisted_chat.store.state_dir.StateDirError`.
    """
    if not _is_url(source) and not database_in(Path(source)).exists():
        raise StoreError(f"{source}: there is no database of a chat server")
    with opened(source) as reading, opened(target) as writing:
        try:
            return _copy(reading, writing, target, progress)
        except SQLAlchemyError as error:
            raise StoreError(f"copying failed: {explain(error)}; nothing was copied") from None


def _is_url(place: str) -> bool:
    return "://" in place


@contextmanager
def opened(place: str) -> Iterator[Connection]:
    """Open a database that nobody else uses."""
    if _is_url(place):
        database = Database(parse(place))
        with closing(database):
            open_database(database)
            yield database.writer()
        return
    with closing(StateDir.open(Path(place))) as folder:
        database = Database(sqlite_url(folder.database))
        with closing(database):
            open_database(database)
            yield database.writer()


def _copy(
    reading: Connection, writing: Connection, target: str, progress: Callable[[int], None]
) -> int:
    done = 0
    with reading.begin(), writing.begin():
        for table in metadata.sorted_tables:
            if table in _FILLED:
                writing.execute(delete(table))
            elif writing.execute(select(*table.primary_key).limit(1)).first() is not None:
                raise StoreError(
                    f"{'the target' if _is_url(target) else target} is in use already; copy to a new one"
                )
        for table in metadata.sorted_tables:
            for rows in _rows(reading, table):
                insert_rows(writing, table, rows)
                done += len(rows)
                progress(done)
        # The index of words is made anew, in the background of the server that starts next.
        set_counter(writing, "indexed", 0)
        if writing.dialect.name != "sqlite":
            last = writing.scalar(select(func.max(audit.c.id))) or 0
            number = func.pg_get_serial_sequence("audit", "id")
            writing.execute(select(func.setval(number, last + 1, False)))
    return done


def _rows(reading: Connection, table: Table) -> Iterator[list[tuple[object, ...]]]:
    found = reading.execution_options(yield_per=_ROWS).execute(select(table))
    for part in found.partitions():
        yield [tuple(row) for row in part]
