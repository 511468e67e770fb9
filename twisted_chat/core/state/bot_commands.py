"""The words that bots answer to, such as ``!roll``: people may say them, though they look like commands."""

from __future__ import annotations

import re
from typing import Final

from twisted_chat.core.state.room import Room
from twisted_chat.core.values.ids import UserId

#: The most words of one bot: what can be read in a line at the join.
MAX_WORDS: Final = 20
#: The most bots on a server: each join, and each line that begins with such a word, looks at all of them (50 µs).
MAX_BOTS: Final = 500

# ASCII alone: nobody is to type a word that only looks like another.
_WORD: Final = re.compile(r"![A-Za-z][A-Za-z0-9_-]{0,30}")


def is_word(word: str) -> bool:
    """Return whether a word is written so that bots can answer to it."""
    return _WORD.fullmatch(word) is not None


class Bots(dict[UserId, frozenset[str]]):
    """The words that each bot answers to."""

    def answer(self, room: Room, word: str) -> bool:
        """Return whether a bot in a room answers to a word."""
        return any(word in words and user in room.members for user, words in self.items())

    def in_room(self, room: Room, most: int) -> list[str]:
        """Return words to which bots in a room answer, those declared first, and not many more than ``most``."""
        found: dict[str, None] = {}
        for user, words in self.items():
            if user in room.members:
                found.update(dict.fromkeys(words))
                if len(found) >= most:
                    break
        return sorted(found)
