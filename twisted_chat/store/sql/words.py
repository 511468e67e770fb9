"""The index of words: an FTS5 table in SQLite, a GIN index of text vectors in PostgreSQL.

Both get the words that :func:`twisted_chat.store.match.words` finds, so that both find the same, and so does a scan of
what is not indexed yet. SQLite's index holds nothing but words: to take a message out, its words must be given again.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final, Protocol

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    column,
    delete,
    func,
    select,
    table,
    text,
)

from twisted_chat.core.api.commands import Term
from twisted_chat.core.api.records import Query
from twisted_chat.core.values.words import words
from twisted_chat.store.sql.bulk import insert_into
from twisted_chat.store.sql.schema import messages

# Pages of the index that are merged at once, some 10 ms; and a part of all messages that is much.
_MERGED: Final = 200
_MUCH: Final = 4
_INDEX: Final = "messages_words"

#: A message, as the index needs it: its id, room, author (the row of that) and text.
Row = tuple[int, int, int, str]


class Words(Protocol):
    """An index of words."""

    def add(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Index messages, within the transaction of the caller."""

    def drop(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Take messages out of the index, within the transaction of the caller."""

    def shrink(self, connection: Connection) -> bool:
        """Do a little of what gives back the room of messages that were taken out; return whether there is more to do."""

    def having(
        self, query: Query, authors: Sequence[int] | None
    ) -> tuple[Any, ColumnElement[bool], ColumnElement[int]]:
        """Return the table to join to the messages, on what, and the column of ids that it is best ordered by.

        ``authors``: the rows of possible authors; None for all.
        """


class SqliteWords:
    """An FTS5 table. Room and author are words too: a search need not look at each message with a common word."""

    _columns = ("rowid", "text", "room", "author")

    def __init__(self) -> None:
        # Taken out since the index was merged last, and whether that is being done.
        self._dropped = 0
        self._merging = False

    def add(self, connection: Connection, rows: Sequence[Row]) -> None:
        values = chain.from_iterable(map(self._entry, rows))
        insert_into(connection, _INDEX, self._columns, list(values))

    def drop(self, connection: Connection, rows: Sequence[Row]) -> None:
        # Not the columns of a row but a command to the table, see "The 'delete' command" in SQLite's FTS5 documentation.
        values = chain.from_iterable(("delete", *self._entry(row)) for row in rows)
        insert_into(connection, _INDEX, (_INDEX, *self._columns), list(values))
        self._dropped += len(rows)

    def shrink(self, connection: Connection) -> bool:
        # What was taken out goes when the parts of the index are merged. That writes all of it, so it is worth the work only
        # when much went: then a negative number begins, and positive ones go on, see "The 'merge' command" there.
        if not self._merging:
            left = connection.scalar(select(func.count()).select_from(messages)) or 0
            if not self._dropped or self._dropped * _MUCH < left:
                return False
        pages = _MERGED if self._merging else -_MERGED
        changes = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
        insert_into(connection, _INDEX, (_INDEX, "rank"), ["merge", pages])
        changed = connection.exec_driver_sql("SELECT total_changes()").scalar_one() - changes
        self._dropped = 0
        self._merging = not self._merging or changed > 1
        return self._merging

    def _entry(self, row: Row) -> tuple[int, str, str, str]:
        number, room, author, said = row
        return number, " ".join(words(said)), str(room), str(author)

    def having(
        self, query: Query, authors: Sequence[int] | None
    ) -> tuple[Any, ColumnElement[bool], ColumnElement[int]]:
        index = table(_INDEX, column("rowid"))
        wanted = [_either("room", [room.id for room in query.rooms])]
        if authors is not None:
            wanted.append(_either("author", authors))
        wanted += [f"{{text}} : {_phrase(term)}" for term in query.terms]
        match = text(f"{_INDEX} MATCH :wanted").bindparams(wanted=" AND ".join(wanted))
        rowid: ColumnElement[int] = index.c.rowid
        return index, match & (messages.c.id == rowid), rowid


class PostgresWords:
    """A table of text vectors with a GIN index."""

    def add(self, connection: Connection, rows: Sequence[Row]) -> None:
        connection.execute(
            text(
                f"INSERT INTO {_INDEX} (id, words) SELECT id, to_tsvector('simple', said) "  # noqa: S608
                "FROM unnest(CAST(:ids AS bigint[]), CAST(:texts AS text[])) AS new (id, said) ON CONFLICT DO NOTHING"
            ),
            {"ids": [row[0] for row in rows], "texts": [" ".join(words(row[3])) for row in rows]},
        )

    def drop(self, connection: Connection, rows: Sequence[Row]) -> None:
        index = table(_INDEX, column("id"))
        connection.execute(delete(index).where(index.c.id.in_([row[0] for row in rows])))

    def shrink(self, connection: Connection) -> bool:
        return False  # autovacuum does that

    def having(
        self, query: Query, authors: Sequence[int] | None
    ) -> tuple[Any, ColumnElement[bool], ColumnElement[int]]:
        index = table(_INDEX, column("id"), column("words"))
        wanted: ColumnElement[bool] = (messages.c.id == index.c.id) & messages.c.room.in_(
            [room.id for room in query.rooms]
        )
        if authors is not None:
            wanted &= messages.c.author.in_(authors)
        for number, term in enumerate(query.terms):
            # Letters and digits alone: none of them means anything in a text query.
            said = " <-> ".join(words(term.text)) + (":*" if term.prefix else "")
            wanted &= index.c.words.op("@@", is_comparison=True)(
                func.to_tsquery("simple", bindparam(f"term{number}", said))
            )
        return index, wanted, messages.c.id


def index_of(kind: str) -> Words:
    """Return the index of words of that kind of database."""
    return SqliteWords() if kind == "sqlite" else PostgresWords()


def _either(name: str, numbers: Sequence[int]) -> str:
    """Write a query for one of some numbers in a column."""
    any_of = " OR ".join([f'"{number}"' for number in numbers])
    return f"{{{name}}} : ({any_of})"


def _phrase(term: Term) -> str:
    """Write words as a phrase: letters and digits alone, in quotes, mean nothing but themselves."""
    phrase = '"' + " ".join(words(term.text)) + '"'
    return f"{phrase} *" if term.prefix else phrase
