"""Saying what may be too long for one message: in pieces, over a link."""

from __future__ import annotations

from twisted_chat.client.commands import InvalidInput
from twisted_chat.client.link.link import Link, NoRoom, QueueFull
from twisted_chat.client.link.wire import TooLong
from twisted_chat.client.piped import LONGEST, pieces
from twisted_chat.core.api import commands as c
from twisted_chat.core.values.names import BadName
from twisted_chat.core.values.text import BadText, CleanText
from twisted_chat.dialects.base import BadLine
from twisted_chat.dialects.line.parse import read


def say(link: Link, text: str) -> None:
    """Say a text where one talks, as it stands. Raises :class:`~twisted_chat.client.commands.InvalidInput`."""
    try:
        for piece in pieces(text):
            if piece.strip():
                link.say(piece)
    except (BadText, QueueFull, NoRoom, TooLong) as error:
        raise InvalidInput(str(error)) from None


def enter_long(link: Link, line: str, *, whole: bool) -> None:
    """Carry out a line that is longer than a message may be, or (not ``whole``) the beginning of one.

    Each piece of it has the recipient of the line. Raises :class:`~twisted_chat.client.commands.InvalidInput`.
    """
    try:
        command = read(CleanText(line))
        match command:
            case c.Say(lines=(text,), kind="say", unless=unless) if not unless:
                say(link, text)
            case c.PrivateMessage(to=to, lines=(text,), kind=kind) if whole:
                for piece in pieces(text):
                    link.tell(to.text, piece, kind)
            case _:
                raise InvalidInput(
                    f"A line longer than {LONGEST:,} bytes was not sent, because it is, or could be, a command or a "
                    "private message. To say all lines as they stand, use --literal."
                )
    except (BadText, BadName, BadLine, QueueFull, NoRoom, TooLong) as error:
        raise InvalidInput(str(error)) from None
