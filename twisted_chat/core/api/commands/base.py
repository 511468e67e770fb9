"""What all commands have in common, and what messages are made of."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from twisted_chat.core.values.text import CleanText

#: How a message is meant: as speech, as an action (``/me``), as a notice (which no program answers), as a request from client to
#: client or the answer to one, or as tags without a text.
Kind = Literal["say", "action", "notice", "ctcp", "ctcp-reply", "tags"]


#: What programs send to each other; people do not see it.
BETWEEN_PROGRAMS: Final = frozenset(("ctcp", "ctcp-reply", "tags"))


#: The lines of one message, in order; empty if it is tags alone. Doors without multi-line messages show them one by one.
Lines = tuple[CleanText, ...]


class Command(msgspec.Struct, frozen=True, gc=False):
    """Base of all commands."""


class ServerCommand(Command, frozen=True):
    """Base of the commands that only the session of a server operator can give."""


class RoomCommand(Command, frozen=True):
    """Base of the commands about the settings, roles, bans and ownership of a room."""
