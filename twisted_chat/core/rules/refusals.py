"""Short ways to refuse a command, and what is said in more than one place."""

from __future__ import annotations

from typing import Final

from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules.decisions import SendReply
from twisted_chat.core.values.text import CleanText

#: What is added when somebody is banned or muted by a name that nobody here has.
UNMATCHED: Final = "Nobody here matches it now."


def refuse(code: str, why: str) -> SendReply:
    """Refuse a command: ``code`` is for programs, ``why`` for people."""
    return SendReply(Refused(code, why))


def check_size(text: CleanText | None, limit: int) -> SendReply | None:
    """Refuse a text of more than ``limit`` bytes."""
    size = len(text.encode("utf-8")) if text is not None else 0
    return refuse("too-long", too_long(size, limit)) if size > limit else None


def too_long(size: int, limit: int) -> str:
    """Say that a text is too long."""
    return f"that text has {size:,} bytes, and {limit:,} are the most"


def hidden(name: str) -> str:
    """Say that somebody is ignored."""
    return f"you no longer see what {name} says; /unignore {name} undoes that"


def shown_again(name: str) -> str:
    """Say that somebody is no longer ignored."""
    return f"you see again what {name} says"
