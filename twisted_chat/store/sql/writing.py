"""What one commit writes to the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, delete, update

from twisted_chat.core.api.events import Author, Envelope
from twisted_chat.core.api.records import RoomRecord, Sent
from twisted_chat.core.values.ids import MessageId, RoomId, Scope
from twisted_chat.store.sql.accounts import AccountBatch, gone_account
from twisted_chat.store.sql.bulk import insert_rows, insert_values, put_rows
from twisted_chat.store.sql.conversations import ConversationBatch, forget_places
from twisted_chat.store.sql.operators import Changes
from twisted_chat.store.sql.rows import author_row, message_row, room_row, sent_row
from twisted_chat.store.sql.schema import (
    authors,
    counters,
    erased,
    forgotten,
    messages,
    rooms,
    scopes,
    sent,
)

_COUNT_UP: Final = (
    update(counters)
    .where(counters.c.name == "ids")
    .values(value=counters.c.value + bindparam("count"))
    .returning(counters.c.value)
)


class Batch:
    """Changes that are committed together. What comes later stands for what came before of the same room or scope."""

    def __init__(self) -> None:
        #: The rows of messages, each value by itself, and how many rows these are.
        self.values: list[Any] = []
        self.messages = 0
        self.authors: list[tuple[int, Author]] = []
        self.sent: list[tuple[Scope, str, Sent]] = []
        self.rooms: dict[RoomId, RoomRecord] = {}
        self.forgotten: set[RoomId] = set()
        #: Accounts whose messages are to be deleted, in which room, up to which event.
        self.erased: list[tuple[MessageId, str, RoomId | None]] = []
        #: Single messages that are deleted.
        self.deleted: list[MessageId] = []
        self.scopes: dict[Scope, tuple[float, str]] = {}
        self.accounts = AccountBatch()
        self.conversations = ConversationBatch()
        #: What concerns server operators, and accounts that left.
        self.others = Changes()
        #: Everything up to this message is stored once this is.
        self.up_to = MessageId(0)
        #: How many changes it was asked for.
        self.size = 0

    def __len__(self) -> int:
        return self.size

    def add(self, envelope: Envelope, author: int) -> None:
        """Add a message; ``author`` is the row of its author.

        Its row is made here, on the reactor's thread, once and in one go: the thread that writes should need the
        interpreter as little as can be.
        """
        self.values += message_row(envelope, author)
        self.messages += 1

    def forget(self, gone: Sequence[RoomId]) -> None:
        """Drop rooms, and what is kept of them."""
        for room in gone:
            self.rooms.pop(room, None)
        self.forgotten.update(gone)

    def drop_account(self, key: str, at: MessageId) -> None:
        """Drop an account; what it has said before the event ``at`` is nobody's from then on."""
        self.accounts.drop(key, at)
        self.conversations.drop(key, at)
        self.others.seen.pop(key, None)
        # What is in the database already is changed there; both before anybody can have the name again.
        gone = gone_account(key, at)
        self.authors = [
            (row, replace(author, account=gone) if author.account == key else author)
            for row, author in self.authors
        ]
        self.erased = [
            (wish, gone if account == key else account, room) for wish, account, room in self.erased
        ]

    def write(self, connection: Connection) -> None:
        """Bring it all into the database, within the transaction of the caller."""
        # Before what may belong to the next owners of the names.
        self.accounts.disown(connection)
        if self.authors:
            insert_rows(connection, authors, (author_row(*each) for each in self.authors))
        if self.messages:
            insert_values(connection, messages, self.values)
        if self.sent:
            insert_rows(connection, sent, (sent_row(*each) for each in self.sent))
        if self.rooms:
            put_rows(connection, rooms, [room_row(record) for record in self.rooms.values()])
        if self.scopes:
            seen = [
                {"scope": scope, "seen": time, "network": near}
                for scope, (time, near) in self.scopes.items()
            ]
            put_rows(connection, scopes, seen)
        self.accounts.write(connection)
        self.conversations.write(connection, self.accounts.dropped)
        if self.erased:
            insert_rows(connection, erased, ((*each, 0) for each in self.erased))
        self.others.write(connection)
        if self.forgotten:
            gone = sorted(self.forgotten)
            connection.execute(
                delete(rooms).where(rooms.c.id == bindparam("gone")),
                [{"gone": room} for room in gone],
            )
            insert_rows(connection, forgotten, ((room,) for room in gone))
            forget_places(connection, gone)


def take_ids(connection: Connection, count: int) -> range:
    """Take a block of ids, within the transaction of the caller."""
    end = connection.execute(_COUNT_UP, {"count": count}).scalar_one()
    return range(end - count, end)


def set_counter(connection: Connection, name: str, value: int) -> None:
    """Set a counter, within the transaction of the caller."""
    connection.execute(update(counters).where(counters.c.name == name).values(value=value))
