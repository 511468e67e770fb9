"""SQLite's write-ahead log as files: somebody may remove them while the server runs.

SQLite does not notice. It goes on writing to the file that has no name any more, and whatever was committed since the last
checkpoint is gone when the process is killed. As long as a connection is open, all of it can still be copied into the database.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from twisted_chat.store.port import StoreError

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
