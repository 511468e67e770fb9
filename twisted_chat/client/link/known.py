"""Servers that were visited with TLS, and how each was verified: a file with one line a server, for its owner only."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

#: Instead of a fingerprint: the certificate was signed by an authority that this machine trusts.
BY_AUTHORITY: Final = "authority"

_NAME: Final = "twisted-chat"
_HEADER: Final = "# Servers that this client connected to with TLS, and the SHA-256 fingerprints of their certificates.\n"
_DIGITS: Final = re.compile("[0-9A-F]{64}")
# Far more than anybody visits; a file that is larger is none of ours.
_MAX_SIZE: Final = 4 * 1024 * 1024


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_LOCK, 1)
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)


class NotKept(Exception):
    """The file cannot be read or written. ``str()`` is one line with its name and the reason."""


def data_folder(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Return the user's folder for what programs remember (on POSIX after the XDG Base Directory Specification)."""
    home = Path(environment.get("HOME") or Path("~").expanduser())
    if platform == "win32":
        return Path(environment.get("APPDATA") or home) / _NAME
    if platform == "darwin":
        return home / "Library" / "Application Support" / _NAME
    data = Path(environment.get("XDG_DATA_HOME", ""))
    return (data if data.is_absolute() else home / ".local" / "share") / _NAME


def read_fingerprint(text: str) -> str | None:
    """Read a SHA-256 fingerprint as people write it, with colons or without; None if it is not one."""
    digits = (
        text.upper().removeprefix("SHA256:").removeprefix("SHA256 FINGERPRINT=").replace(":", "")
    )
    if not _DIGITS.fullmatch(digits):
        return None
    return ":".join(digits[i : i + 2] for i in range(0, 64, 2))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let no other client read and write this file meanwhile: each would forget what the other writes.

    A program holds the lock for a few milliseconds, and releases it when it ends.
    """
    # Not the file itself: that is replaced by another.
    lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(lock)
        yield
    finally:
        os.close(lock)


class KnownServers:
    """The file. It is read anew each time: other clients of the same user write it too."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def find(self, server: str) -> str | None:
        """Return what is known of ``server`` (HOST:PORT): a fingerprint, :data:`BY_AUTHORITY` or None. Raises NotKept."""
        for line in self._lines():
            name, _, rest = line.strip().partition(" ")
            if name == server:
                known = rest if rest == BY_AUTHORITY else read_fingerprint(rest)
                if known is None:
                    # Spoiling a line must not lead to another first visit.
                    raise NotKept(
                        f"{self.path}: the line that begins with {server} has no fingerprint"
                    )
                return known
        return None

    def remember(self, server: str, known: str, before: str | None) -> None:
        """Remember a server, in place of what was known of it ``before``. Raises NotKept, also if that is no more known."""
        try:
            self.path.parent.mkdir(0o700, parents=True, exist_ok=True)
            with locked(self.path):
                if self.find(server) != before:
                    raise NotKept(
                        f"another client has just changed the entry of {server} in {self.path}; try again"
                    )
                self._write(server, known)
        except OSError as error:
            raise NotKept(f"{self.path} cannot be written: {error.strerror}") from None

    def _write(self, server: str, known: str) -> None:
        lines = [line for line in self._lines() if line.partition(" ")[0] != server]
        text = "".join(f"{line}\n" for line in lines) or _HEADER
        beside = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        beside.unlink(missing_ok=True)
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{text}{server} {known}\n")
        beside.replace(self.path)

    def _lines(self) -> list[str]:
        try:
            if self.path.stat().st_size > _MAX_SIZE:
                raise NotKept(f"{self.path} is too large to be a list of servers")
            return self.path.read_text("utf-8-sig").splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise NotKept(f"{self.path} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise NotKept(f"{self.path} is not a list of servers") from None
