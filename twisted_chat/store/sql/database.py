"""Connections to the database, one that writes and some that read, in SQLite and in PostgreSQL."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool, QueuePool

from twisted_chat.store.port import StoreError
from twisted_chat.store.state_dir import APPLICATION_ID
from twisted_chat.store.url import Sync

#: How long a commit waits for another program that writes to the same SQLite file, in seconds; then it is tried again later.
_PATIENCE: Final = 1.0
#: SQLite's write-ahead log is copied into the database when it has so many pages of 4 KiB: 16 MiB.
_CHECKPOINT: Final = 4000
#: How long the lock of a server that stops is waited for, as PostgreSQL writes it; and what that says when it was in vain.
_HANDOVER: Final = "2s"
_LOCKED: Final = "55P03"
#: The most that one read may take, in seconds: long enough for whatever a person waits for.
READ_TIME: Final = 5.0
#: After how many seconds of silence PostgreSQL and this side look whether the other is still there.
_SILENCE: Final = 15
#: How many threads read: with more, they would only wait for each other.
READERS: Final = 2
# Connections to read with: one for each of these, for the thread that searches, and for the one of logins.
_READING: Final = READERS + 2


class Database:
    """A database that is there: its writing and its reading side."""

    def __init__(self, url: URL, sync: Sync = Sync.FULL) -> None:
        self.url = url
        self.kind = url.get_backend_name()
        self.sync = sync
        self._writer: Connection | None = None
        self._worn = False  # it failed
        self._file: tuple[int, int] | None = None
        self._journal: Journal | None = None
        #: The write-ahead log of SQLite was removed, and what was in it is saved. The code that reports it resets it.
        self.saved_journal = False
        if self.kind == "sqlite":
            assert url.database is not None
            self._journal = Journal(Path(url.database))
            self._writing = _sqlite(Path(url.database), sync, read_only=False)
            self.reading = _sqlite(Path(url.database), sync, read_only=True)
        else:
            self._writing = _postgresql(url, sync)
            self.reading = _postgresql(url, sync, pool_size=_READING, max_overflow=0)

    # --- in the thread that writes ---

    def writer(self) -> Connection:
        """Return the connection that writes; it is made anew if the last one failed. Raises SQLAlchemyError or StoreError."""
        if self.kind == "sqlite":
            self._look_at_file()
            self.keep_journal()
        if self._worn:
            self._discard()
        if self._writer is None:
            connection = self._writing.connect()
            try:
                self._claim(connection)
            except BaseException:
                connection.close()
                raise
            self._writer = connection
        return self._writer

    @property
    def is_kept(self) -> bool:
        """What was committed will be found at the next start, as far as the files tell; looked at after a commit."""
        if self._journal is None:
            return True
        self._journal.opened()
        return self._journal.is_there

    def keep_journal(self) -> None:
        """Make sure that what was committed is found at the next start. Raises StoreError if it would not be."""
        if self._journal is None or self._journal.is_there:
            return
        if self._writer is not None:
            raw = self._writer.connection.dbapi_connection
            assert isinstance(raw, sqlite3.Connection)
            self._journal.save(raw)
        # All connections are opened again: one with the old log open does not see what is written to the new one.
        self.close()
        self.saved_journal = True

    def _look_at_file(self) -> None:
        """Make sure that the file has not been removed or replaced: SQLite would go on with one that nobody finds again."""
        path = Path(str(self.url.database))
        found = identity(path)
        if self._file is None:
            self._file = found
        elif found != self._file:
            raise StoreError(
                f"{path} was removed or replaced while the server was running; put it back with its -wal and -shm, "
                "or restart the server"
            )

    def _claim(self, connection: Connection) -> None:
        """Make sure that no other server uses this database; a SQLite file is guarded by the lock of its folder."""
        if self.kind == "sqlite":
            return
        try:
            with connection.begin():
                # A server that was just stopped releases it a moment later.
                connection.execute(text(f"SET LOCAL lock_timeout = '{_HANDOVER}'"))
                # Held as long as this connection lives; the number only has to be always the same.
                connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": APPLICATION_ID})
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCKED:
                raise
            raise StoreError(
                "another server uses this database; stop it, or choose another database with --database"
            ) from None

    def broke(self) -> None:
        """Note that the writing connection failed: the next is a new one.

        Until then it may be all that still has what was committed, see :meth:`keep_journal`.
        """
        self._worn = self._writer is not None

    def _discard(self) -> None:
        if self._writer is not None:
            try:
                self._writer.invalidate()
                self._writer.close()
            except SQLAlchemyError:
                pass  # it is of no use any more, however it ends
        self._writer, self._worn = None, False
        if self._journal is not None:
            self._journal.closed()

    @contextmanager
    def durable(self, connection: Connection) -> Iterator[None]:
        """Run a transaction that is on the disk when it is committed, whatever the policy is."""
        relaxed = self.sync is Sync.NORMAL
        if relaxed and self.kind == "sqlite":
            _pragma(connection, "synchronous=full")
        with connection.begin():
            if relaxed and self.kind != "sqlite":
                connection.exec_driver_sql("SET LOCAL synchronous_commit TO on")
            yield
        if relaxed and self.kind == "sqlite":
            _pragma(connection, "synchronous=normal")

    # --- from any thread ---

    def size(self) -> int | None:
        """Return how many bytes the database takes, its log included; None if it is elsewhere."""
        if self.kind != "sqlite":
            return None
        name = str(self.url.database)
        return sum(_file_size(Path(name + suffix)) for suffix in ("", "-wal"))

    def free(self) -> int | None:
        """Return how many bytes are free for it; None if it is elsewhere, or that cannot be told."""
        if self.kind != "sqlite":
            return None
        try:
            return shutil.disk_usage(Path(str(self.url.database)).parent).free
        except OSError:
            return None

    def close(self) -> None:
        """Close every connection; no thread uses one any more."""
        # The writer last: only it can bring SQLite's write-ahead log into the database, and it does when it is the last.
        self.reading.dispose()
        if self._writer is not None:
            try:
                self._writer.close()
            except SQLAlchemyError:
                pass  # the database is gone already
            self._writer, self._worn = None, False
        self._writing.dispose()
        if self._journal is not None:
            self._journal.closed()


def parse(url: str) -> URL:
    """Parse the URL of a database as ``--database`` takes it."""
    parsed = make_url(url)
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


def sqlite_url(path: Path) -> URL:
    """Return the URL of a SQLite file."""
    return URL.create("sqlite", database=str(path))


def explain(error: BaseException) -> str:
    """Say in one line what a database said, without the statement and its values: those are what people wrote."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig
    return " ".join(str(error).split()) or type(error).__name__


def _pragma(connection: Connection, setting: str) -> None:
    """Set something in SQLite that cannot be set within a transaction, which SQLAlchemy would begin."""
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    raw.execute(f"PRAGMA {setting}")


def _file_size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _sqlite(path: Path, sync: Sync, *, read_only: bool) -> Engine:
    mode = "ro" if read_only else "rw"

    def connect() -> sqlite3.Connection:
        uri = f"{path.absolute().as_uri()}?mode={mode}"
        return sqlite3.connect(
            uri, uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
        )

    pool: dict[str, Any] = (
        {"poolclass": QueuePool, "pool_size": _READING, "max_overflow": 0}
        if read_only
        else {"poolclass": NullPool}
    )
    engine = create_engine("sqlite://", creator=connect, **pool)

    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, record: object) -> None:
        connection.execute("PRAGMA cache_size=-16000")
        if not read_only:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA synchronous={sync.value}")
            connection.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT}")

    if not read_only:

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            # A transaction that begins by reading may find, when it writes, that another program wrote meanwhile.
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _postgresql(url: URL, sync: Sync, **pool: Any) -> Engine:
    # Reads are bounded by the server; a commit that takes long is still better than none.
    reading = bool(pool)
    options = (
        f"-c statement_timeout={int(READ_TIME * 1000)} -c default_transaction_read_only=on"
        if reading
        else f"-c synchronous_commit={'on' if sync is Sync.FULL else 'off'}"
    )
    if not reading:
        pool["poolclass"] = NullPool
    # Where the network is gone and nobody says so: this side notices within half a minute, in the middle of a commit too;
    # and so does the other, which holds the lock of _claim() for that long: its own default is two hours.
    options += (
        f" -c tcp_keepalives_idle={_SILENCE} -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
    )
    given = url.query.get("options", ())
    return create_engine(
        url,
        connect_args={
            "connect_timeout": 5,
            # Whatever the environment of the process says: what people write is in every script.
            "client_encoding": "utf8",
            "application_name": "twisted-chat",
            # What the URL sets besides (a schema to look in, say) goes on.
            "options": " ".join([*((given,) if isinstance(given, str) else given), options]),
            "keepalives_idle": _SILENCE,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 30_000,
        },
        pool_pre_ping=reading,
        **pool,
    )


Identity = tuple[int, int]


class Journal:
    """The write-ahead log of one database and its index, as the connection that writes has them open."""

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(f"{database.name}-wal")
        self._files = (self.path, database.with_name(f"{database.name}-shm"))
        self._known: list[Identity | None] | None = None

    def opened(self) -> None:
        """Note which files these are, if that is not known yet. They are there once a transaction has begun."""
        if self._known is None:
            self._known = [identity(path) for path in self._files]

    def closed(self) -> None:
        """Note that the next connection has others."""
        self._known = None

    @property
    def is_there(self) -> bool:
        """The files that are written to are those that the next start will read."""
        if self._known is None:
            return True
        return None not in self._known and self._known == [identity(path) for path in self._files]

    def save(self, connection: sqlite3.Connection) -> None:
        """Copy all that was committed into the database. Raises :class:`StoreError` if that cannot be done now."""
        try:
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            why = str(error)
        else:
            why = "it is being read" if busy else ""
        if why:
            raise StoreError(
                f"{self.path} or its -shm was removed while the server was running, and its contents are not saved yet ({why})"
            )


def identity(path: Path) -> Identity | None:
    """Return what tells a file from another that was put in its place; None if there is none."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino
