"""Many rows in one statement.

A statement for each row would release Python's interpreter lock each time, and a busy reactor then holds it for milliseconds:
200 times slower, measured. One statement with many rows releases it once.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

#: Rows in one statement, from most to least: few sizes, so that the database need not read a new statement each time.
_SIZES: Final = (256, 128, 64, 32, 16, 8, 4, 2, 1)


def insert_rows(connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows, with a value for each column; see :func:`insert_values`."""
    insert_values(connection, table, list(chain.from_iterable(rows)))


def insert_values(connection: Connection, table: Table, values: Sequence[Any]) -> None:
    """Insert rows, given as their values one row after the other. Those that are there already stay as they are.

    They are, if a commit got through and only the answer was lost.
    """
    insert_into(
        connection, table.name, tuple(table.columns.keys()), values, " ON CONFLICT DO NOTHING"
    )


def insert_into(
    connection: Connection,
    table: str,
    columns: tuple[str, ...],
    values: Sequence[Any],
    conflict: str = "",
) -> None:
    """Insert rows, given as their values one row after the other, into the named columns of a table."""
    done, width = 0, len(columns)
    for size in _SIZES:
        step = size * width
        while len(values) - done >= step:
            statement = _statement(connection.dialect, table, columns, size) + conflict
            connection.exec_driver_sql(statement, tuple(values[done : done + step]))
            done += step


def put_rows(connection: Connection, table: Table, values: list[dict[str, Any]]) -> None:
    """Insert rows, or replace those with the same key."""
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = make(table)
    key = [column.name for column in table.primary_key]
    rest = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if column.name not in key
    }
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=rest), values)


@functools.lru_cache(maxsize=256)
def _statement(dialect: Dialect, table: str, columns: tuple[str, ...], size: int) -> str:
    quote = dialect.identifier_preparer.quote
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    row = f"({', '.join([mark] * len(columns))})"
    names = ", ".join(map(quote, columns))
    return f"INSERT INTO {quote(table)} ({names}) VALUES {', '.join([row] * size)}"
