"""The state folder: where history and rooms are kept on this machine, by one server at a time."""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
import pwd
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

#: ``PRAGMA application_id`` of our SQLite files: "tcha". Any other file is somebody else's.
APPLICATION_ID: Final = 0x74636861

_NAME: Final = "twisted-chat"
_DATABASE: Final = "chat.sqlite"
_LOCK: Final = "lock"


class StateDirError(Exception):
    """A state folder cannot be used. ``str()`` is one line with the folder, the reason, and what to do."""


def default_folder(
    environment: Mapping[str, str] = os.environ, platform: str = sys.platform
) -> Path:
    """Return the folder to use if none is named: that of the systemd service, or else of the user.

    ``STATE_DIRECTORY`` is in systemd.exec(5): absolute, several parted by colons. ``XDG_DATA_HOME`` is in the XDG Base
    Directory Specification, which says that a relative path in it is to be ignored. Raises :class:`StateDirError`.
    """
    service = environment.get("STATE_DIRECTORY", "").partition(":")[0]
    if service:
        return Path(service)
    if platform == "darwin":
        return _home(environment) / "Library" / "Application Support" / _NAME
    data = Path(environment.get("XDG_DATA_HOME", ""))
    return (data if data.is_absolute() else _home(environment) / ".local" / "share") / _NAME


def _home(environment: Mapping[str, str]) -> Path:
    home = environment.get("HOME", "")
    if not os.path.isabs(home):
        try:
            home = pwd.getpwuid(os.getuid()).pw_dir
        except KeyError:
            home = ""
    if not os.path.isabs(home):
        raise StateDirError(
            "there is no home folder to keep history in; choose a folder with --state-dir"
        )
    return Path(home)


class StateDir:
    """A state folder that is this process's alone from :meth:`open` to :meth:`close`."""

    def __init__(self, folder: Path, lock: int) -> None:
        """Use :meth:`open`."""
        self.folder = folder
        self._lock: int | None = lock

    @property
    def database(self) -> Path:
        """The file of the database. It exists, and is empty before SQLite has written to it."""
        return database_in(self.folder)

    @classmethod
    def open(cls, folder: Path) -> StateDir:
        """Make the folder if need be, and lock it. Raises :class:`StateDirError`.

        What is made is for this user's eyes only. The lock ends with the process, however that ends.
        """
        try:
            _make(folder)
            lock = _open(folder, _LOCK)
            try:
                _take(lock, folder)
                # SQLite would make it readable to all; the files it puts beside it get the mode of this one.
                os.close(_open(folder, _DATABASE))
            except BaseException:
                os.close(lock)
                raise
        except OSError as error:
            raise StateDirError(
                f"{folder}: {_why(folder, error)}; choose another folder with --state-dir"
            ) from None
        return cls(folder, lock)

    @staticmethod
    def look(folder: Path) -> None:
        """Find out whether :meth:`open` would succeed, and make and change nothing. Raises :class:`StateDirError`."""
        there = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
        try:
            if not stat.S_ISDIR(there.stat().st_mode):
                raise NotADirectoryError
            if not os.access(there, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(there))
            if (folder / _LOCK).exists():
                _look_at(folder)
        except OSError as error:
            raise StateDirError(
                f"{folder}: {_why(folder, error)}; choose another folder with --state-dir"
            ) from None

    def close(self) -> None:
        """Let others use the folder. Closing it again does nothing."""
        if self._lock is not None:
            os.ftruncate(self._lock, 0)
            # The file stays: removing it could remove one that another process has locked in the meantime.
            os.close(self._lock)
            self._lock = None


def database_in(folder: Path) -> Path:
    """Return the path of the database in a state folder."""
    return folder / _DATABASE


def give_to_owner(file: int, folder: Path) -> None:
    """As root, give a file to the owner of its folder, as SQLite does: another user may have restored a backup."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(file, owner.st_uid, owner.st_gid)


def _make(folder: Path) -> None:
    """Make a folder and those above it, where they are missing, with mode 0700."""
    missing = itertools.takewhile(lambda each: not each.is_dir(), (folder, *folder.parents))
    for each in reversed(list(missing)):
        try:
            each.mkdir(0o700)
        except FileExistsError:
            if not each.is_dir():  # or somebody else has just made it
                raise NotADirectoryError from None


def _open(folder: Path, name: str) -> int:
    # Descriptors that Python opens are not inherited by programs that are started, and so the lock is not.
    file = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
    give_to_owner(file, folder)
    return file


def _take(lock: int, folder: Path) -> None:
    """Lock a file, and write into it which process has it."""
    _lock(lock, folder, fcntl.LOCK_EX)
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)


def _look_at(folder: Path) -> None:
    """Find out whether somebody has locked a state folder."""
    lock = os.open(folder / _LOCK, os.O_RDONLY)
    try:
        _lock(lock, folder, fcntl.LOCK_SH)
    finally:
        os.close(lock)


def _lock(lock: int, folder: Path, kind: int) -> None:
    """Lock a file, or raise :class:`StateDirError` with the process that has it."""
    try:
        fcntl.flock(lock, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 20).decode("ascii", "replace").strip()
        who = f"process {holder}" if holder.isdigit() else "another process"
        raise StateDirError(
            f"{folder}: {who} uses this folder; stop that server, or choose another folder with --state-dir"
        ) from None


def _why(folder: Path, error: OSError) -> str:
    """Say why a folder cannot be used."""
    if isinstance(error, NotADirectoryError):
        return (
            "is not a folder"
            if os.path.lexists(folder)
            else "is inside something that is not a folder"
        )
    inside = "" if error.filename in (None, str(folder)) else f"{error.filename}: "
    return f"cannot be written: {inside}{error.strerror}"
