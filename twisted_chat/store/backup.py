"""Copies of an SQLite database that may be in use: making, checking and restoring them."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from twisted_chat.store.state_dir import APPLICATION_ID, StateDir, database_in, give_to_owner

#: How far above every known id the ids go on after a restore: more than a server uses up between a backup and the day it
#: is needed, for nobody knows which of those were shown. There is room for two thousand million restores.
GAP: Final = 2**32

_HEADER: Final = b"SQLite format 3\0"
# How long a lock of the server is waited for, in seconds. It has one that keeps readers out only while it starts.
_WAIT: Final = 30.0
# The most faults that a check names.
_FAULTS: Final = 20


class BackupError(Exception):
    """It cannot be done. ``str()`` is one line that names the file and the reason."""


class Summary(msgspec.Struct, frozen=True):
    """What is in a database: messages, and bytes of the file."""

    messages: int
    size: int


class Restored(msgspec.Struct, frozen=True):
    """What :func:`restore` did.

    ``aside`` is what the database before is called now, if there was one; ``readable`` is unset if nothing could be read in
    that, not even which ids it had used. ``first`` is the first id that will be used.
    """

    summary: Summary
    aside: Path | None
    readable: bool
    first: int


def backup(folder: Path, target: Path) -> Summary:
    """Copy the database in a state folder to a file that does not exist yet, and look the copy through.

    A server may run in the folder meanwhile. Raises :class:`BackupError`; then the file does not exist.
    """
    database = _required(folder)
    if os.path.lexists(target):
        raise BackupError(f"{target}: already exists; choose another name")
    with _recognized(database, shown=database):
        pass  # else an error would name the copy
    with _temporary(target) as copy:
        _copy(database, copy)
        summary = _sound(copy, shown=target)
        if os.path.lexists(target):
            raise BackupError(f"{target}: another program has just created it")
        _sync(copy)
        copy.rename(target)
    _sync_names(target)
    return summary


def check(folder: Path) -> Summary:
    """Look through everything in the database of a state folder, of a server that may run.

    Raises :class:`BackupError`, with what is wrong with it.
    """
    return _sound(_required(folder), thorough=True)


def compact(place: StateDir) -> tuple[int, int]:
    """Make the file of a database as small as it can be; from now on it shrinks by itself when something is deleted.

    Return how many bytes it took before and takes now. Raises :class:`BackupError`; then it is as it was.
    """
    _sound(_required(place.folder), still=True)
    before = place.database.stat().st_size
    free = shutil.disk_usage(place.folder).free
    # SQLite writes a copy of all of it, and that once more into its log.
    if free < 2 * before:
        needed = f"{2 * before / 1e6:,.0f} MB of free space are needed, and {free / 1e6:,.0f} MB are free"
        raise BackupError(f"{place.database}: {needed}")
    try:
        with contextlib.closing(sqlite3.connect(place.database)) as connection:
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise BackupError(f"{place.database}: {error}") from None
    return before, place.database.stat().st_size


def restore(place: StateDir, source: Path, now: float | None = None) -> Restored:
    """Put a backup in the place of the database; that one is kept, under another name with the time ``now``.

    Raises :class:`BackupError`; then nothing has changed.
    """
    if not source.is_file():
        raise BackupError(f"{source}: is not a file")
    _sound(source, still=True)
    _refuse_newer(source)
    database = place.database
    with _temporary(database) as copy:
        _copy(source, copy, still=True)
        summary = _sound(copy, shown=source)
        first = _next_id(copy, shown=source)
        there, readable = database.stat().st_size > 0, True
        if there:
            try:
                first = max(first, _next_id(database, shown=database))
            except BackupError:
                readable = False
        first += GAP
        with _opened(copy, writing=True) as connection:
            connection.execute(
                "INSERT INTO counters (name, value) VALUES ('ids', ?) "
                "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (first,),
            )
        with copy.open("rb") as file:
            give_to_owner(file.fileno(), place.folder)
        _sync(copy)
        aside = _set_aside(database, time.time() if now is None else now) if there else None
        copy.rename(database)
    _sync_names(database)
    return Restored(summary, aside, readable, first)


def _required(folder: Path) -> Path:
    """Return the path of the database in a state folder. Raises :class:`BackupError` if there is none."""
    database = database_in(folder)
    try:
        size = database.stat().st_size
    except OSError as error:
        raise BackupError(
            f"{database}: {error.strerror}; use --state-dir to name the server's folder"
        ) from None
    if not size:
        raise BackupError(f"{database}: the database is empty")
    return database


@contextlib.contextmanager
def _opened(
    path: Path, *, writing: bool = False, still: bool = False, shown: object = None
) -> Iterator[sqlite3.Connection]:
    """Open a database that exists, and is called ``shown`` in errors. Those of SQLite become :class:`BackupError`.

    ``still``: nobody uses it; then it is left as it is, with no new files beside it, and may be where nothing can be written.
    """
    how = "mode=rw" if writing else "mode=ro"
    if still and not os.path.lexists(f"{path}-wal"):
        how = "immutable=1"
    try:
        # A path in a URL, for only there it can be said that nothing is to be changed or made.
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None, timeout=_WAIT
        )
        with contextlib.closing(connection):
            yield connection
    except sqlite3.Error as error:
        raise BackupError(f"{shown or path}: {error}") from None


def _copy(source: Path, target: Path, *, still: bool = False) -> None:
    """Write the content of a database into an empty file, as it is at this moment."""
    shown = f"{source}, copied to {target.parent}"
    try:
        with _opened(source, still=still, shown=shown) as connection:
            connection.execute("VACUUM INTO ?", (os.fspath(target),))
    except BackupError:
        # Of a damaged one SQLite may say that the copy cannot be opened.
        _sound(source, still=still)
        raise


def _sound(
    database: Path, *, shown: Path | None = None, still: bool = False, thorough: bool = False
) -> Summary:
    """Look through a database, which ``shown`` is called in errors.

    Raises :class:`BackupError` if it is not sound, or no chat's.
    """
    shown = shown or database
    with _recognized(database, shown=shown, still=still) as (connection, size):
        pragma = "integrity_check" if thorough else "quick_check"
        faults = [row[0] for row in connection.execute(f"PRAGMA {pragma}({_FAULTS})")]
        if faults != ["ok"]:
            more = ", and more" if len(faults) >= _FAULTS else ""
            raise BackupError(f"{shown}: is damaged: {'; '.join(map(_one_line, faults))}{more}")
        (messages,) = connection.execute("SELECT count(*) FROM messages").fetchone()
    return Summary(messages, size)


@contextlib.contextmanager
def _recognized(
    database: Path, *, shown: Path, still: bool = False
) -> Iterator[tuple[sqlite3.Connection, int]]:
    """Open a database, which has so many bytes. Raises :class:`BackupError` if it is no chat's."""
    try:
        with database.open("rb") as file:
            header = file.read(len(_HEADER))
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise BackupError(f"{shown}: cannot be read: {error.strerror}") from None
    if header != _HEADER:
        raise BackupError(f"{shown}: not an SQLite database")
    with _opened(database, still=still, shown=shown) as connection:
        (identity,) = connection.execute("PRAGMA application_id").fetchone()
        if identity != APPLICATION_ID:
            raise BackupError(f"{shown}: this database belongs to another program")
        yield connection, size


def _refuse_newer(source: Path) -> None:
    """Raise :class:`BackupError` if no server of this version could use a backup."""
    # What it is in takes longer to load than a backup takes.
    from twisted_chat.store.sql.schema import HEAD

    with _opened(source, still=True) as connection:
        row = connection.execute(
            "SELECT count(*) FROM sqlite_schema WHERE name = 'alembic_version'"
        ).fetchone()
        if row[0]:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            if row and str(row[0]) > HEAD:
                raise BackupError(
                    f"{source}: was made by a newer version of twisted-chat (schema {row[0]}, this one supports {HEAD}); "
                    "restore it with that version"
                )


def _one_line(fault: str) -> str:
    return " ".join(fault.split())


def _next_id(database: Path, *, shown: Path) -> int:
    """Return the next free id of a database that nobody uses."""
    with _opened(database, still=True, shown=shown) as connection:
        row = connection.execute("SELECT value FROM counters WHERE name = 'ids'").fetchone()
    return int(row[0]) if row else 0


def _set_aside(database: Path, now: float) -> Path:
    """Give a database, and what belongs to it, names with the time in them."""
    name = f"{database.name}.replaced-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now))}"
    aside = database.with_name(name)
    number = 2
    while os.path.lexists(aside):
        aside = database.with_name(f"{name}-{number}")
        number += 1
    # SQLite looks for the log under the name of the database, so that what was set aside can be opened.
    for suffix in ("-wal", "-shm", ""):
        with contextlib.suppress(FileNotFoundError):
            os.rename(f"{database}{suffix}", f"{aside}{suffix}")
    return aside


@contextlib.contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    """Make an empty file beside ``target``, for this user's eyes only. It is gone afterwards, unless it was put elsewhere."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.absolute().parent)
        os.close(descriptor)
        try:
            yield Path(name)
        finally:
            for suffix in ("", "-journal", "-wal", "-shm"):
                Path(f"{name}{suffix}").unlink(missing_ok=True)
    except OSError as error:
        raise BackupError(f"{target}: cannot be written: {error.strerror}") from None


def _sync(path: Path) -> None:
    """Wait until all of a file is on the disk: VACUUM INTO does not."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_names(path: Path) -> None:
    """Wait until the names in the folder of a file are on the disk."""
    with contextlib.suppress(
        OSError
    ):  # there are file systems that cannot be asked; the file is there all the same
        _sync(path.absolute().parent)
