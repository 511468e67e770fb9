"""What the fields of a JSON object hold: names, ids, texts and numbers, and the errors that name the field."""

from __future__ import annotations

from typing import Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.values.extras import BadTags, Extras, read_tags
from twisted_chat.core.values.ids import MessageId, read_id
from twisted_chat.core.values.names import BadName, Nick, RoomName, parse_nick, parse_room
from twisted_chat.core.values.text import CleanText, Secret
from twisted_chat.dialects.base import BadLine
from twisted_chat.dialects.schema.base import Incoming

#: The most lines of one message (as Ergo's multi-line limit).
MAX_LINES: Final = 100


def bad_field(why: str) -> BadLine:
    return BadLine(why, "bad-field")


def room(name: str | None) -> RoomName | None:
    return parse_room(name) if name else None


def nick(content: str) -> Nick | None:
    content = content.strip(" ")
    if not content:
        return None
    try:
        return parse_nick(content)
    except BadName as bad:
        raise BadLine(f"That cannot be your nickname: {bad}.", "bad-nick") from None


def partner(incoming: Incoming) -> Nick | None:
    """Return the partner of the conversation that an object is about; None if it is about a room."""
    return parse_nick(incoming.partner) if incoming.partner else None


def password(incoming: Incoming) -> Secret | None:
    """Return the password, cleaned as in the line dialect, so that each dialect accepts what the other can send."""
    return Secret(incoming.password) if incoming.password else None


def message_id(text: str | None) -> MessageId | None:
    if text is None:
        return None
    message = read_id(text)
    if message is None:
        raise bad_field(
            "before, after and message need the id of a message, as the server sent it."
        )
    return message


def positive(name: str, number: int | None) -> int | None:
    if number is not None and number < 1:
        raise bad_field(f"{name} must be at least 1.")
    return number


def kind(name: str) -> c.Kind:
    match name:
        case "say" | "action" | "notice" | "ctcp" | "ctcp-reply":
            return name
        case _:
            raise bad_field(
                "The kind must be say, action, notice, ctcp or ctcp-reply. Nothing was sent."
            )


def lines(content: str) -> c.Lines:
    """Split a text into lines. As in a file, a line end at the very end does not begin another line."""
    found = content.removesuffix("\n").split("\n")
    if len(found) > MAX_LINES:
        raise BadLine(
            f"A message can have at most {MAX_LINES} lines. Nothing was sent.", "too-long"
        )
    return tuple(CleanText(line.removesuffix("\r")) for line in found)


def extras(incoming: Incoming) -> Extras | None:
    if not incoming.tags and not incoming.operators:
        return None
    try:
        tags = read_tags((incoming.tags or {}).items())
        return Extras(tags, operators=incoming.operators)
    except BadTags as bad:
        raise BadLine(f"{bad} Nothing was sent.", "bad-tags") from None
