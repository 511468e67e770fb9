"""Conversations in the database, messages that wait for accounts, and read markers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, or_, select

from twisted_chat.core.api.events import Envelope
from twisted_chat.core.state.conversations import ref
from twisted_chat.core.values.ids import MessageId, RoomId
from twisted_chat.store.sql.bulk import insert_rows, put_rows
from twisted_chat.store.sql.rows import read_messages, select_messages
from twisted_chat.store.sql.schema import forgotten, markers, messages, read_times, talks, waiting

_MARKER: Final = (
    delete(markers)
    .where(markers.c.account == bindparam("whose"))
    .where(markers.c.place == bindparam("where"))
)


class ConversationBatch:
    """Changes of these that are committed together."""

    def __init__(self) -> None:
        self._conversations: dict[RoomId, tuple[str, str]] = {}
        self._waiting: list[tuple[MessageId, str, str]] = []
        #: What no longer waits: by recipient (True) or by sender, up to which event.
        self._over: list[tuple[bool, str, MessageId]] = []
        self._markers: dict[tuple[str, RoomId], MessageId | None] = {}
        self._times: dict[tuple[str, str], int | None] = {}
        #: Conversations that went with an account before they were in the database.
        self._gone: set[RoomId] = set()

    def keep(self, conversation: RoomId, one: str, other: str) -> None:
        """Note which two accounts a conversation is between."""
        self._conversations[conversation] = (one, other)

    def wait(self, message: MessageId, account: str, sender: str) -> None:
        """Keep that a message waits for an account."""
        self._waiting.append((message, account, sender))

    def receive(self, account: str, at: MessageId) -> None:
        """Let nothing wait for an account any more that was written before an event."""
        self._over.append((True, account, at))

    def unsend(self, sender: str, at: MessageId) -> None:
        """Let nothing wait any more that an account has written before an event."""
        self._over.append((False, sender, at))

    def mark(self, account: str, place: RoomId, message: MessageId | None) -> None:
        """Keep up to where an account has read; None drops that."""
        self._markers[account, place] = message

    def mark_time(self, account: str, target: str, time: int | None) -> None:
        """Keep until when an account has read; None drops that."""
        self._times[account, target] = time

    def drop(self, account: str, at: MessageId) -> None:
        """Drop what is kept of an account."""
        mine = {
            conversation for conversation, pair in self._conversations.items() if account in pair
        }
        self._gone |= mine
        for conversation in mine:
            del self._conversations[conversation]
        for key in [key for key in self._markers if key[0] == account]:
            del self._markers[key]
        for name in [name for name in self._times if name[0] == account]:
            del self._times[name]
        self.receive(account, at)
        self.unsend(account, at)

    def write(self, connection: Connection, dropped: Mapping[str, MessageId]) -> None:
        """Bring it all into the database, within the transaction of the caller.

        Of ``dropped`` accounts nothing is left from before the event since which they are gone.
        """
        gone = sorted(dropped)
        if gone:
            for table in (markers, read_times):
                connection.execute(delete(table).where(table.c.account.in_(gone)))
            # In this commit, not in one behind it: the next owner of the name must not find them there after a crash.
            for account, at in dropped.items():
                theirs = or_(talks.c.one == account, talks.c.other == account)
                # Not those of the next owner of the name.
                older = select(talks.c.id).where(theirs, talks.c.id > -at)
                self._gone.update(map(RoomId, connection.scalars(older)))
        if self._gone:
            insert_rows(
                connection, forgotten, ((conversation,) for conversation in sorted(self._gone))
            )
            forget_places(connection, sorted(self._gone))
        if self._conversations:
            rows = (
                (conversation, one, other)
                for conversation, (one, other) in self._conversations.items()
            )
            insert_rows(connection, talks, rows)
        if self._waiting:
            insert_rows(connection, waiting, self._waiting)
        for for_it, account, at in self._over:
            whose = waiting.c.account if for_it else waiting.c.sender
            connection.execute(delete(waiting).where(whose == account, waiting.c.message < at))
        if self._markers:
            self._write_markers(connection)
        if self._times:
            self._write_times(connection)

    def _write_markers(self, connection: Connection) -> None:
        gone = [
            {"whose": account, "where": place}
            for (account, place), message in self._markers.items()
            if message is None
        ]
        if gone:
            connection.execute(_MARKER, gone)
        moved = [
            {"account": account, "place": place, "message": message}
            for (account, place), message in self._markers.items()
            if message is not None
        ]
        if moved:
            put_rows(connection, markers, moved)

    def _write_times(self, connection: Connection) -> None:
        kept: list[dict[str, object]] = []
        for (account, target), time in self._times.items():
            if time is None:
                this = (read_times.c.account == account) & (read_times.c.target == target)
                connection.execute(delete(read_times).where(this))
            else:
                kept.append({"account": account, "target": target, "time": time})
        if kept:
            put_rows(connection, read_times, kept)


def forget_places(connection: Connection, gone: Sequence[RoomId]) -> None:
    """Drop conversations that are gone, and the markers in them and in rooms that are gone."""
    places = [{"gone": place} for place in gone]
    connection.execute(delete(markers).where(markers.c.place == bindparam("gone")), places)
    connection.execute(delete(talks).where(talks.c.id == bindparam("gone")), places)


def read_conversations(connection: Connection) -> tuple[tuple[str, str, RoomId], ...]:
    """Read the conversations, the oldest first."""
    rows = connection.execute(select(talks).order_by(talks.c.id.desc()))
    return tuple((row.one, row.other, RoomId(row.id)) for row in rows)


def read_counts(connection: Connection) -> tuple[tuple[str, str, int], ...]:
    """Read how many messages wait for each account, by sender."""
    by = (waiting.c.account, waiting.c.sender)
    rows = connection.execute(select(*by, func.count()).group_by(*by).order_by(*by))
    return tuple((account, sender, count) for account, sender, count in rows)


def read_markers(connection: Connection) -> tuple[tuple[str, RoomId, MessageId], ...]:
    """Read up to where accounts have read."""
    rows = connection.execute(select(markers).order_by(markers.c.account, markers.c.message))
    return tuple((row.account, RoomId(row.place), MessageId(row.message)) for row in rows)


def read_all_times(connection: Connection) -> tuple[tuple[str, str, int], ...]:
    """Read until when accounts have read."""
    rows = connection.execute(select(read_times).order_by(read_times.c.account, read_times.c.time))
    return tuple((row.account, row.target, row.time) for row in rows)


def read_waiting(connection: Connection, account: str) -> tuple[Envelope, ...]:
    """Read what waits for an account, oldest first."""
    wanted = (
        select_messages()
        .join(waiting, waiting.c.message == messages.c.id)
        .where(waiting.c.account == account)
        .where(messages.c.room.not_in(select(forgotten.c.room)))
    )
    rows = connection.execute(wanted.order_by(messages.c.id)).fetchall()
    return tuple(read_messages(rows, {row.room: ref(RoomId(row.room)) for row in rows}))


def delete_orphans(connection: Connection) -> None:
    """Delete what waits and is no longer there: it was too old, or its author wished so."""
    there = select(messages.c.id).where(messages.c.id == waiting.c.message)
    connection.execute(delete(waiting).where(~there.exists()))


def delete_empty(connection: Connection) -> None:
    """Delete conversations without messages, and the markers in them.

    A conversation that goes on is stored again with its next message.
    """
    there = select(messages.c.id).where(messages.c.room == talks.c.id)
    connection.execute(delete(talks).where(~there.exists()))
    known = select(talks.c.id).where(talks.c.id == markers.c.place)
    connection.execute(delete(markers).where(markers.c.place < 0, ~known.exists()))
