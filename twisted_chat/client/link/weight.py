"""How much memory the server's data takes; a limit on their number alone is not enough, because each may have any size. Pure."""

from __future__ import annotations

import sys
from typing import Final

import msgspec

#: The most bytes of messages that are held for one purpose: a page that is being read, all rooms that are behind. The longest
#: page that a server of ours sends, of 1,000 messages, has 5 MB when each is as long as it may be.
MOST_HELD: Final = 8 * 1024 * 1024
#: What an object takes beside the texts in it.
OBJECT: Final = 300


def weight(value: object) -> int:
    """Return how many bytes an event, or what is in one, takes, about."""
    match value:
        case str():
            return sys.getsizeof(value)
        case tuple():
            return sys.getsizeof(value) + sum(map(weight, value))
        case dict():
            return OBJECT + sum(weight(key) + weight(each) for key, each in value.items())
        case msgspec.Struct():
            return OBJECT + sum(weight(getattr(value, name)) for name in value.__struct_fields__)
        case _:
            return 0
