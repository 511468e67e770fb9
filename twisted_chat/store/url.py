"""Which database is used, and when something counts as stored: the values of ``--database`` and ``--sync``."""

from __future__ import annotations

import argparse
import enum
import re
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

#: Keeps nothing beyond the process.
MEMORY: Final = ":memory:"

_POSSIBLE: Final = ":memory:, or postgresql://USER@HOST/NAME; without it, SQLite in --state-dir"
# RFC 3986, 3.2: user information, host and port; brackets are for IPv6 addresses.
_AUTHORITY: Final = re.compile(r"([^@]*@)?(\[[0-9A-Fa-f:.]+\]|[^:@\[\]]*)(:\d{1,5})?")
# What of the parameters of libpq says where the server is. All others are nobody's business: password is one of them.
_WHERE: Final = ("host", "hostaddr", "port", "dbname")


class Sync(enum.StrEnum):
    """When a commit counts, and with it an acknowledgement.

    SQLite calls it ``PRAGMA synchronous``, PostgreSQL ``synchronous_commit`` (on, off, off).
    """

    FULL = "full"
    """It is on the disk, and survives a power cut."""
    NORMAL = "normal"
    """It survives the end of the program, however that comes, but perhaps not a power cut."""
    OFF = "off"
    """For tests: a power cut may leave a database that cannot be read."""


class Kind(enum.Enum):
    """The kinds of database."""

    SQLITE = enum.auto()
    MEMORY = enum.auto()
    POSTGRESQL = enum.auto()


class BadDatabase(ValueError):
    """This names no database that can be used. ``str()`` is one line, which tells nothing of a password."""


def kind_of(database: str) -> Kind:
    """Return which kind of database this is: "" for SQLite in the state folder, ``:memory:``, or a URL.

    Only the form is looked at. Raises :class:`BadDatabase`.
    """
    if not database:
        return Kind.SQLITE
    if database == MEMORY:
        return Kind.MEMORY
    scheme, mark, _ = database.partition("://")
    if not mark or not re.fullmatch("[A-Za-z][A-Za-z0-9+.-]*", scheme):
        # Not quoted: whatever it is, there may be a password in it.
        raise BadDatabase(f"not the URL of a database; possible values: {_POSSIBLE}")
    if scheme not in ("postgresql", "postgres"):
        raise BadDatabase(f"{scheme}:// is not supported; possible values: {_POSSIBLE}")
    _check(database)
    return Kind.POSTGRESQL


def add_options(command: argparse.ArgumentParser) -> None:
    """Let a command take the options that say where the server keeps its data."""
    command.add_argument(
        "--state-dir",
        type=Path,
        metavar="DIR",
        help="the state folder of the server (default: the same as the server's)",
    )
    command.add_argument(
        "--database",
        default="",
        metavar="URL",
        help="the server's --database, if it is not SQLite",
    )


def kind_given(top: argparse.ArgumentParser, given: argparse.Namespace) -> Kind:
    """Return the kind of database that the options name; end the program if there is none of that name."""
    try:
        return kind_of(given.database)
    except BadDatabase as error:
        top.error(f"--database: {error}")


def _check(url: str) -> None:
    """Raise :class:`BadDatabase` if it is not clear where in a URL the password ends."""
    try:
        parts = urlsplit(url)
        bad = (
            _AUTHORITY.fullmatch(parts.netloc) is None
            or parts.port == 0
            or parts.fragment != ""
            or "@" in parts.path + parts.query
            or " " in url
            or not url.isprintable()
        )
    except ValueError:
        bad = True
    if bad:
        raise BadDatabase(
            "not of the form postgresql://USER:PASSWORD@HOST:PORT/NAME; in names and passwords, "
            "write a space as %20 and each of : / ? # @ [ ] % as %3A %2F %3F %23 %40 %5B %5D %25"
        )


def without_password(url: str) -> str:
    """Return the URL of a database fit to show: with user, host, port and name, and nothing else.

    It must be one that :func:`kind_of` has taken.
    """
    parts = urlsplit(url)
    information, at, host = parts.netloc.rpartition("@")
    user = information.partition(":")[0]
    where = [(key, value) for key, value in parse_qsl(parts.query) if key in _WHERE]
    query = f"?{urlencode(where, safe='/:,')}" if where else ""
    return f"{parts.scheme}://{user}{at}{host}{parts.path}{query}"
