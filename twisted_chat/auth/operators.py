"""The operators of the server: a file of names with the argon2id hashes of their passwords."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from twisted_chat.auth.passwords import fault_in
from twisted_chat.core.values.text import shown

#: The longest file, in bytes: some 500 operators.
MAX_FILE: Final = 64 * 1024
_NAME: Final = re.compile(r"[A-Za-z0-9_][-A-Za-z0-9_.]{0,31}", re.ASCII)
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


class OperatorsError(Exception):
    """The file cannot be used. ``str()`` is one line that names the file, the line and the reason, and quotes no hash."""


class Operators:
    """The names, and what is stored of their passwords."""

    def __init__(self, hashes: Mapping[str, str] | None = None, warning: str = "") -> None:
        """``warning``: a problem with the file, which can be used nevertheless."""
        self._hashes = dict(hashes or {})
        self.warning = warning

    def __len__(self) -> int:
        return len(self._hashes)

    def hash_of(self, name: str) -> str | None:
        """Return the hash of an operator's password; None if there is no operator of that name."""
        return self._hashes.get(name)

    def decoy(self) -> str | None:
        """Return a hash for checking the password of an unknown name, so that it takes as long as for a known one."""
        return next(iter(self._hashes.values()), None)


def read_operators(path: Path) -> Operators:
    """Read a file: lines ``NAME ARGON2HASH``, comments with ``#``, empty lines. Raises :class:`OperatorsError`."""
    try:
        # A pipe without a writer would be waited for.
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(file)
            why = fault_of(status, os.geteuid())
            if why:
                raise OperatorsError(f"{path}: {why}")
            data = os.read(file, MAX_FILE + 1)
        finally:
            os.close(file)
    except OSError as error:
        raise OperatorsError(f"{path}: cannot be read: {error.strerror}") from None
    if len(data) > MAX_FILE:
        raise OperatorsError(
            f"{path}: larger than {MAX_FILE:,} bytes; this cannot be a list of operators"
        )
    try:
        hashes = _read_lines(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise OperatorsError(f"{path}: not valid UTF-8") from None
    except ValueError as error:
        raise OperatorsError(f"{path}:{error}") from None
    readable = f"{path}: every user of this machine can read it; chmod 640 protects its hashes"
    return Operators(hashes, readable if status.st_mode & stat.S_IROTH else "")


def fault_of(status: os.stat_result, user: int) -> str:
    """Say why a file with this status must not be trusted by a process of ``user``; nothing if it can be."""
    if not stat.S_ISREG(status.st_mode):
        return "is not a file"
    if status.st_uid not in (0, user):
        return "belongs to another user, who could add operators; chown it to root or to the user of the server"
    if status.st_mode & _OTHERS_WRITE:
        return "other users can write to it, and could add operators; run chmod go-w on it"
    return ""


def _read_lines(text: str) -> dict[str, str]:
    """Read the lines. Raises ValueError with ``LINE: reason``."""
    found: dict[str, str] = {}
    for number, each in enumerate(text.splitlines(), 1):
        line = each.strip()
        if not line or line.startswith("#"):
            continue
        name, _, rest = line.partition(" ")
        why = _fault_in(name, rest.strip(), found)
        if why:
            raise ValueError(f"{number}: {why}")
        found[name] = rest.strip()
    return found


def _fault_in(name: str, stored: str, found: Mapping[str, str]) -> str:
    if _NAME.fullmatch(name) is None:
        return f"{shown(name)!r} is not a name; use at most 32 letters, digits and _ - ."
    if name in found:
        return f"{name} is listed twice"
    if not stored.startswith("$"):
        return f"an argon2 hash must follow {name}; python -m twisted_chat.auth hash makes one"
    fault = fault_in(stored)
    if fault:
        return f"the hash of {name} {fault}; python -m twisted_chat.auth hash makes one"
    return ""
