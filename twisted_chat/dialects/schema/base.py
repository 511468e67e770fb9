"""The objects of the JSON dialect, each declared once: the server writes them, and clients read them.

The order of the fields is their order on the wire. A field that has its default is left out, unless :func:`always` declares it.
Times are texts there (RFC 3339), and seconds since 1970 in what a client reads; see :func:`moment`.

A client may be told less than is declared (by an older server), so everything that it can do without has a default. The
attributes are those of :mod:`twisted_chat.client.events`, which bots use.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, cast

from msgspec import Struct, field
from msgspec.json import Encoder

from twisted_chat.core.api.commands import Kind

_T = TypeVar("_T")


def always(default: _T) -> _T:
    """Declare a field that is written even if it has its default."""
    # msgspec compares a value with a default, and not with what a function returns.
    made: _T = field(default_factory=lambda: default)
    return made


def plain(kind: Kind) -> Kind:
    """Return the one object of each kind: msgspec leaves out what is the default, and not what is equal to it."""
    return cast("Kind", sys.intern(kind))


# --- values ---


def rfc3339(time: float) -> str:
    """Write a time as RFC 3339 has it: UTC, with milliseconds (cut, not rounded)."""
    return rfc3339_of(int(time * 1000))


def rfc3339_of(milliseconds: int) -> str:
    """Write a time in milliseconds since 1970 like that."""
    whole, thousandth = divmod(milliseconds, 1000)
    return f"{_date(whole)}.{thousandth:03d}Z"


# A date and a time of day as programs write them, with up to nine digits of a second; UTC.
_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", re.ASCII)


def read_rfc3339(text: str) -> int | None:
    """Read a time in UTC as milliseconds since 1970, what is smaller is cut; None if it is none."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    try:
        whole = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(whole.timestamp()) * 1000 + int((found[2] or "0").ljust(3, "0")[:3])


def moment(time: float) -> float:
    """Return what a server puts into a field for a time: a client reads seconds there again."""
    return cast("float", rfc3339(time))


def second(time: float) -> float:
    """Return a time as :func:`moment`, in whole seconds."""
    return cast("float", f"{_date(int(time))}Z")


@functools.lru_cache(maxsize=4096)
def _date(whole: int) -> str:
    return datetime.fromtimestamp(whole, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _write(value: object) -> str:
    """Write a value that msgspec takes for none of its own, such as a :class:`CleanText`: it knows no subclasses."""
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"{type(value)} cannot be written as JSON")


encode: Final[Callable[[Any], bytes]] = Encoder(enc_hook=_write).encode


# --- what all objects have ---


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Anything that a client is told. ``content`` is what the server would show to a person."""

    content: str = always("")

    @property
    def lines(self) -> tuple[str, ...]:
        """The content: none, one or more lines."""
        return tuple(self.content.split("\n")) if self.content else ()

    @property
    def text(self) -> str:
        """All in one line."""
        return self.content.replace("\n", " ")


class Object(Event, frozen=True, kw_only=True, tag_field="type"):
    """What a server sends. ``timestamp`` is the time of day at the server, for programs that do not look at ``time``."""

    timestamp: str = always("")


class Placed(Object, frozen=True, kw_only=True):
    """What happened, with the server's id of it (ids sort as strings; "" if it has none) and its time."""

    sender: str | None = field(name="from", default=None)
    account: str | None = None
    room: str | None = None
    id: str = ""
    time: float = always(0.0)


class Answer(Object, frozen=True, kw_only=True):
    """What only this session gets. ``tag`` is the id that was given to what asked for it."""

    # The server writes it behind all other fields.
    tag: str | None = field(name="id", default=None)


# --- what clients send ---


class Incoming(Struct, frozen=True, omit_defaults=True):
    """Every field a client may send; which of them mean something depends on ``type``. Others are ignored."""

    type: str
    content: str = ""
    room: str | None = None
    to: str | None = None
    kind: str = "say"
    password: str | None = None
    session: str | None = None
    before: str | None = None
    after: str | None = None
    limit: int | None = None
    page: int = 1
    message: str | None = None
    commands: tuple[str, ...] | None = None
    values: dict[str, str | None] | None = None
    id: str | None = None
    literal: bool = False
    scope: str | None = None
    partner: str | None = field(name="with", default=None)
    tags: dict[str, str] | None = None
    operators: bool = False
    time: str | None = None
    real_name: str = ""
    bot: bool = False
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
