"""The last users that left, or changed their nickname."""

from __future__ import annotations

from typing import Final

import msgspec

from twisted_chat.core.api.events import Author
from twisted_chat.core.values.ids import MessageId

#: How many are remembered, and of one nickname: as many as a small IRC network has, for nobody looks further back.
MAX_DEPARTURES: Final = 1000
MAX_OF_NAME: Final = 10


class Departure(msgspec.Struct, frozen=True, gc=False):
    """A user, and when they left, in seconds since 1970."""

    author: Author
    time: float


class Departures:
    """The last departures, by the ids of their events."""

    def __init__(self) -> None:
        self._all: dict[MessageId, Departure] = {}
        self._by_key: dict[str, list[MessageId]] = {}

    def add(self, message: MessageId, author: Author, time: float) -> None:
        """Record that a user is no longer here under a nickname."""
        self._all[message] = Departure(author, time)
        of_name = self._by_key.setdefault(author.nick.key, [])
        of_name.append(message)
        if len(of_name) > MAX_OF_NAME:
            self._drop(of_name[0])
        elif len(self._all) > MAX_DEPARTURES:
            self._drop(next(iter(self._all)))

    def _drop(self, message: MessageId) -> None:
        key = self._all.pop(message).author.nick.key
        self._by_key[key].remove(message)
        if not self._by_key[key]:
            del self._by_key[key]

    def of(self, key: str) -> list[Departure]:
        """Return the users who had the nickname with a key, the latest first."""
        return [self._all[message] for message in reversed(self._by_key.get(key, ()))]

    def dump(self) -> list[object]:
        """Return everything as plain data, to compare."""
        return [
            (message, msgspec.structs.astuple(each.author), each.time)
            for message, each in self._all.items()
        ]
