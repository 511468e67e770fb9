"""Read markers: up to where an account has read, for each of its rooms and conversations.

A marker is set when an account enters a room, and only moves forward. It is dropped when the account leaves the room or is
removed from it. It stays when the account leaves the chat, so that the account can return to where it was.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Final

from twisted_chat.core.values.ids import MessageId, RoomId

#: The most markers of one account; beyond that, the place entered longest ago loses its marker. This is twice the number of
#: rooms a user can be in, and few enough to ask a store about all of them at once.
MAX_MARKERS: Final = 200


class ReadMarkers:
    """The markers by account (its key) and place: a room, or a conversation."""

    def __init__(self) -> None:
        self._of: dict[str, dict[RoomId, MessageId]] = {}
        #: The markers that have changed since a store was told; None for one that was dropped.
        self.altered: dict[tuple[str, RoomId], MessageId | None] = {}

    def of(self, account: str) -> dict[RoomId, MessageId]:
        """Return the markers of an account; callers must not change them."""
        return self._of.get(account, {})

    def enter(self, account: str, places: Iterable[RoomId], at: MessageId) -> None:
        """Set a marker at an event for each of these places that has none yet."""
        mine = self._of.get(account, {})
        for place in places:
            if place not in mine:
                self.read(account, place, at)

    def read(self, account: str, place: RoomId, up_to: MessageId) -> MessageId:
        """Move a marker forward; return where it is now."""
        mine = self._of.setdefault(account, {})
        before = mine.get(place)
        if before is not None and before >= up_to:
            return before
        mine[place] = up_to
        self.altered[account, place] = up_to
        if len(mine) > MAX_MARKERS:
            self.quit(account, next(iter(mine)))
        return up_to

    def take_altered(self) -> dict[tuple[str, RoomId], MessageId | None]:
        """Return the markers that have changed since the last call."""
        taken, self.altered = self.altered, {}
        return taken

    def quit(self, account: str, place: RoomId) -> None:
        """Drop a marker, if there is one."""
        if self._of.get(account, {}).pop(place, None) is not None:
            self.altered[account, place] = None

    def close(self, place: RoomId, but: Container[str | None]) -> None:
        """Drop the markers of a place, except those of some accounts."""
        gone = [account for account, mine in self._of.items() if place in mine]
        for account in gone:
            if account not in but:
                self.quit(account, place)

    def prune(self, account: str, rooms: Container[RoomId]) -> None:
        """Drop the markers of an account in rooms that no longer exist; a store has dropped them with the rooms."""
        mine = self._of.get(account, {})
        for place in [place for place in mine if place >= 0 and place not in rooms]:
            del mine[place]

    def drop(self, account: str) -> None:
        """Drop all markers of an account; a store does that with the account."""
        self._of.pop(account, None)
        for key in [key for key in self.altered if key[0] == account]:
            del self.altered[key]

    def restore(self, markers: Iterable[tuple[str, RoomId, MessageId]]) -> None:
        """Restore what a store remembers."""
        for account, place, message in markers:
            self._of.setdefault(account, {})[place] = message

    def dump(self) -> dict[str, list[tuple[RoomId, MessageId]]]:
        """Return everything as plain data, to compare or write out."""
        return {account: list(mine.items()) for account, mine in self._of.items() if mine}
