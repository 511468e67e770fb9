"""Texts that are said as they stand, by programs and in pieces: whether they look like private texts that people type.

Nothing in it is a command. But a person who typed ``psst > bob`` into a program that passes on lines did not mean it for
everyone.
"""

from __future__ import annotations

from twisted_chat.core.api import commands as c
from twisted_chat.core.values.names import BadName, Nick, RoomName
from twisted_chat.core.values.text import BadText, CleanText, decode
from twisted_chat.dialects.base import BadLine
from twisted_chat.dialects.line.parse import LOOKS_PRIVATE, is_plain, private_form, read


def meant_for(line: CleanText) -> Nick | RoomName | None:
    """Look at a line that a program says as it stands, and in which nothing is a command.

    Return for whom it was perhaps meant, as in ``Say.unless``. Raises :class:`BadLine`, which quotes nothing, if the line is a
    private form, or a command with a password, as people type them: the person who typed it did not mean it for everyone.
    """
    private, meant = (False, None) if is_plain(line) else private_form(line)
    if private:
        raise BadLine(f"{LOOKS_PRIVATE} It was not sent. {c.SAY_LITERALLY}", "looks-private")
    return meant


def begins_private(piece: bytes) -> bool:
    """Return whether a piece of a line is private, or may become so with what follows: that must not be said to everybody."""
    try:
        line = CleanText(decode(piece))
        if meant_for(line) is not None:
            return True
        read(line)
    except BadText:
        return False  # half a character, perhaps
    except (BadLine, BadName):
        return True
    return False


def is_whole(piece: bytes) -> bool:
    """Return whether a piece of a line can be read: its last character did not come in part only."""
    try:
        CleanText(decode(piece))
    except BadText:
        return False
    return True
