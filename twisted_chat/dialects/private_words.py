"""Words of private commands, and of commands with a password: nobody should say them aloud, and no bot can answer to them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from twisted_chat.core.grammar.table import COMMANDS, may_be_login, nearest
from twisted_chat.core.state.bot_commands import MAX_WORDS, is_word
from twisted_chat.dialects.base import BadLine

#: Commands that say something to some people only.
PRIVATE: Final = frozenset(("msg", "reply"))
#: How those begin, and those that take a password.
HUSHED: Final = (*PRIVATE, *(name for name, spec in COMMANDS.items() if spec.secret))


def is_private(line: str) -> bool:
    """Return whether a line that begins with a mark is a private command, or one with a password, right or mistyped."""
    word, *arguments = line.lstrip("/!").split() or [""]
    name = word.lower()
    meant = name if name in COMMANDS else nearest(word)
    return (
        name.startswith(HUSHED)
        or (meant is not None and (meant in PRIVATE or COMMANDS[meant].secret))
        or (meant == "join" and len(arguments) > 1)
    )


def read_bot_commands(words: Iterable[str]) -> tuple[str, ...]:
    """Return the words to which a bot wants to answer, each once. Raises :class:`BadLine`."""
    words = tuple(dict.fromkeys(words))
    if len(words) > MAX_WORDS:
        raise BadLine(f"A bot can answer to at most {MAX_WORDS} words.", "bad-bot-command")
    for word in words:
        if why := no_bot_command(word):
            raise BadLine(why, "bad-bot-command")
    return words


def no_bot_command(word: str) -> str | None:
    """Return why bots cannot answer to a word, None if they can: nobody is to say aloud what they mean for one person."""
    if not is_word(word):
        return "A bot can answer to words such as !roll: a letter and at most 30 letters, digits, - and _ after the !."
    if word[1:].lower() in COMMANDS or may_be_login(word[1:]) or is_private(word):
        return "That is a command of the server, or looks like a private message or a password. Choose another word."
    return None
