"""Opening a database: is it ours, is it sound, is it of this version? A new one is created, an older one is upgraded."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from twisted_chat.store.port import StoreError
from twisted_chat.store.sql.database import Database, explain
from twisted_chat.store.sql.schema import HEAD
from twisted_chat.store.state_dir import APPLICATION_ID

#: How long the check of a SQLite file may take at a start, in seconds. 100,000 messages are checked in that.
_CHECK_TIME: Final = 0.3
#: How long another program that holds the file is waited for, in seconds.
_PATIENCE: Final = 1.0
# Whether a server has the lock of Database, whose number is the lower half of what PostgreSQL stores.
_IN_USE: Final = """SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
WHERE datname = current_database() AND locktype = 'advisory' AND classid = 0 AND objid = :key AND objsubid = 1 AND granted"""
_MAY_WRITE: Final = "SELECT has_table_privilege('messages', 'INSERT')"
_MAY_CREATE: Final = "SELECT has_schema_privilege(current_schema(), 'CREATE')"
_MAGIC: Final = b"SQLite format 3\0"


def open_database(database: Database) -> str | None:
    """Make sure that the database can be used; return what was done about its version, if anything. Blocks.

    Raises :class:`StoreError`, with what to do; what is not ours, not whole or newer is left as it is.
    """
    if database.kind == "sqlite":
        assert database.url.database is not None
        path = Path(database.url.database)
        _look_at(path)
    try:
        connection = database.writer()
        return _bring_up_to_date(database, connection)
    except StoreError:
        database.broke()
        raise
    except SQLAlchemyError as error:
        database.broke()
        raise StoreError(f"the database cannot be opened: {explain(error)}") from None


def look(path: Path) -> str | None:
    """Find out whether a SQLite file could be opened, and change nothing; return what would be done to it, if anything.

    Raises :class:`StoreError`, as :func:`open_database`.
    """
    with _explained(path):
        if not path.exists():
            return "would be created"
        with path.open("rb") as file:
            header = file.read(100)
        if not header:
            return "would be created"
        if path.with_name(f"{path.name}-wal").exists():
            # To read it is to work in the files beside it.
            _check_header(path, header)
            return "not closed properly; would be recovered"
        _check(path, header, "?mode=ro&immutable=1")
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            found = None  # marked as ours, and not used yet
        finally:
            connection.close()
    version = found[0] if found else None
    _refuse_newer(str(path), version)
    return None if version == HEAD else f"would be upgraded to schema {HEAD}"


def look_at(database: Database) -> str | None:
    """Find out whether a PostgreSQL database could be opened, in transactions that cannot write; return as :func:`look`."""
    try:
        with database.reading.connect() as connection:
            version = _version_in(database, connection)
            with connection.begin():
                in_use = connection.execute(text(_IN_USE), {"key": APPLICATION_ID}).scalar()
                may = connection.exec_driver_sql(
                    _MAY_WRITE if version == HEAD else _MAY_CREATE
                ).scalar()
    except SQLAlchemyError as error:
        raise StoreError(f"the database cannot be opened: {explain(error)}") from None
    finally:
        database.close()
    _refuse_newer(_name(database), version)
    if in_use:
        raise StoreError(f"another server uses {_name(database)}")
    if not may:
        raise StoreError(
            f"the user has no permission to write to {_name(database)}; "
            "createdb --owner USER makes a database that belongs to the user"
        )
    if version is None:
        return "the tables would be created"
    return None if version == HEAD else f"would be upgraded to schema {HEAD}"


def _refuse_newer(name: str, version: str | None) -> None:
    if version is not None and version > HEAD:
        raise StoreError(
            f"{name} was made by a newer version of twisted-chat (schema {version}, this one supports {HEAD}); "
            "it was not changed; install that version again, or restore the backup from before it was upgraded"
        )


def _bring_up_to_date(database: Database, connection: Connection) -> str | None:
    version = _version_in(database, connection)
    if version == HEAD:
        return None
    _refuse_newer(_name(database), version)
    if version is None or database.kind != "sqlite":
        _migrate(connection)
        return f"upgraded the database from schema {version} to {HEAD}" if version else None
    assert database.url.database is not None
    copy = _copy(connection, Path(database.url.database), HEAD)
    try:
        _migrate(connection)
    except SQLAlchemyError:
        # All is as it was, and each further start would leave one more copy, perhaps on a disk that is full already.
        copy.unlink()
        raise
    return (
        f"upgraded the database from schema {version} to {HEAD}; "
        f"the previous version was saved as {copy}"
    )


def _version_in(database: Database, connection: Connection) -> str | None:
    """Return the schema of a database, None if it has none yet. Raises :class:`StoreError` if it cannot be ours."""
    with connection.begin():
        if database.kind != "sqlite":
            _check_encoding(database, connection)
        names = inspect(connection).get_table_names()
        if "alembic_version" in names:
            found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
            return None if found is None else str(found)
        if "messages" in names or "rooms" in names:
            raise StoreError(
                f"{_name(database)} has tables of another program; use a separate database"
            )
    return None


def _check_encoding(database: Database, connection: Connection) -> None:
    """Refuse a database that cannot hold every text: one that did not fit would hold up all that comes behind it."""
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        raise StoreError(
            f"{_name(database)} has the encoding {encoding}, which cannot store every text; "
            "create one with createdb --encoding UTF8 --template template0"
        )


def _name(database: Database) -> str:
    """Say which database it is: the file, or its URL without a password."""
    if database.kind == "sqlite":
        return str(database.url.database)
    return f"the database {database.url.database}"


def _migrate(connection: Connection) -> None:
    """Run the migrations that are due, all or none."""
    # Alembic takes as long to load as all the rest: most starts do without it.
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(Path(__file__).parent / "migrations"))

    def steps(revision: object, context: object) -> list[object]:
        return list(scripts._upgrade_revs(HEAD, revision))  # type: ignore[arg-type]

    with EnvironmentContext(Config(), scripts, fn=steps) as environment, connection.begin():
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()


def _look_at(path: Path) -> None:
    """Look at a SQLite file without changing it; make an empty one, that only its owner can read, if there is none."""
    with _explained(path):
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with path.open("rb") as file:
            header = file.read(100)
        if header:
            _check(path, header, "?mode=ro")
        else:
            _mark(path)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Make a :class:`StoreError` of what the system or SQLite say of a file."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{path} cannot be used: {error.strerror}") from None
    except sqlite3.Error as error:
        if "locked" in str(error):
            raise StoreError(f"{path} is locked by another program; stop that program") from None
        raise StoreError(
            f"{path} is damaged ({explain(error)}); it was not changed; restore a backup "
            "(python -m twisted_chat.store restore FILE), or move it away to start with an empty database"
        ) from None


def _mark(path: Path) -> None:
    """Mark an empty file as ours, and as able to shrink, which can only be set before anything is in it."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    finally:
        connection.close()


def _check_header(path: Path, header: bytes) -> None:
    if not header.startswith(_MAGIC) or int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise StoreError(
            f"{path} is not a database of twisted-chat; it was not changed; "
            "move it away, or choose another folder with --state-dir"
        )


def _check(path: Path, header: bytes, how: str) -> None:
    """Check a file for faults, opened as the query of its URI says."""
    _check_header(path, header)
    connection = sqlite3.connect(f"{path.absolute().as_uri()}{how}", uri=True, timeout=_PATIENCE)
    try:
        end = time.monotonic() + _CHECK_TIME
        connection.set_progress_handler(lambda: time.monotonic() > end, 10_000)
        try:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.OperationalError as error:
            if "interrupted" not in str(error):
                raise
            found = "ok"  # as far as there was time to look
        if found != "ok":
            raise sqlite3.DatabaseError(found)
    finally:
        connection.close()


def _copy(connection: Connection, path: Path, version: str) -> Path:
    """Copy a database as it is now to a file beside it."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    copy = path.with_name(f"{path.name}.before-{version}-{stamp}")
    try:
        os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            _copy_to(copy, connection)
        except BaseException:
            for suffix in ("", "-journal", "-wal", "-shm"):
                Path(f"{copy}{suffix}").unlink(missing_ok=True)
            raise
    except (OSError, sqlite3.Error) as error:
        why = error.strerror if isinstance(error, OSError) else explain(error)
        raise StoreError(
            f"{path} needs an upgrade, but the copy that is made first failed: {why}; it was not changed"
        ) from None
    return copy


def _copy_to(copy: Path, connection: Connection) -> None:
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    target = sqlite3.connect(copy)
    try:
        raw.backup(target)
    finally:
        target.close()
