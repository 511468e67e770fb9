"""What a client is told, as typed and frozen values: what the server sends, and what the link itself reports.

Every text in them is clean: its lines have no controls, escape sequences and direction overrides. Names are spelled as the
server spells them, rooms without ``#``. Times are seconds since 1970.
"""

from __future__ import annotations

from typing import TypeAlias

from twisted_chat.core.api import commands as c

# What the server sends is declared once, for both sides. Bots find all of it here.
from twisted_chat.dialects.schema.answers import *  # noqa: F403
from twisted_chat.dialects.schema.base import *  # noqa: F403
from twisted_chat.dialects.schema.base import Event
from twisted_chat.dialects.schema.events import *  # noqa: F403
from twisted_chat.dialects.schema.events import Message

Kind: TypeAlias = c.Kind


# --- what is none of these ---


class Unknown(Event, frozen=True, kw_only=True):
    """Of a type that this client does not know."""

    type: str


class Malformed(Event, frozen=True, kw_only=True):
    """Not what it should be; ``why`` says what is wrong with it."""

    type: str
    why: str


# --- what the link says ---


class Connecting(Event, frozen=True, kw_only=True):
    """A connection is being made."""


class Offline(Event, frozen=True, kw_only=True):
    """There is no connection, because of ``why``. The next try is in ``again`` seconds; None: there is none."""

    why: str
    again: float | None = None


class NameRefused(Event, frozen=True, kw_only=True):
    """The server lets nobody in as ``nick``: ``code`` and ``text`` say why. :meth:`Link.use` tries with another."""

    code: str
    nick: str
    suggestion: str | None = None


class Sending(Event, frozen=True, kw_only=True):
    """One's own message: it is on its way, or waits for a connection. An :class:`Ack` or :class:`Refused` follows."""

    tag: str
    room: str | None = None
    to: str | None = None
    kind: Kind = "say"
    time: float = 0.0


class Undone(Event, frozen=True, kw_only=True):
    """The connection was lost before the answer to ``what``: nobody knows whether it was done, and it is not sent again."""

    tag: str
    what: str


class HandedBack(Event, frozen=True, kw_only=True):
    """One's own private message ``said`` was not sent: the person did not come back, or somebody else may have the name now."""

    tag: str
    to: str
    said: tuple[str, ...]


class Lag(Event, frozen=True, kw_only=True):
    """How long the server took to answer, in seconds."""

    seconds: float


class Page(Event, frozen=True, kw_only=True):
    """Earlier messages that were asked for as ``tag``, oldest first; ``more`` in that direction.

    Of a room, or (``room`` is "") what was written in private with ``partner``.
    """

    tag: str
    room: str
    partner: str | None = None
    messages: tuple[Message, ...]
    more: bool = False


class Found(Event, frozen=True, kw_only=True):
    """What a search brought. ``whole``: everything could be searched; ``more``: there is older."""

    tag: str | None
    messages: tuple[Message, ...]
    more: bool = False
    whole: bool = True
