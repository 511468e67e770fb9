"""What was sent, or typed without a connection, until the server has answered it; and the callers that wait for that."""

from __future__ import annotations

from typing import Final

import msgspec
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

#: The most that may wait. A server acknowledges at most 1,000 messages of one session later; nobody types more while away.
MAX_WAITING: Final = 1_000
#: The most bytes that may wait: four times what the longest pasted text of a thousand lines has.
MAX_BYTES: Final = 1024 * 1024
#: Of how many commands that were carried out a late acknowledgement is expected: it comes within a second.
MAX_SEEN: Final = 1_000


class QueueFull(Exception):
    """So much waits for its acknowledgement that no more is taken. ``str()`` is fit to show."""


class Item(msgspec.Struct):
    """Something for the server.

    ``again``: it may be sent a second time, for the server knows it by its tag. ``what`` names it to a person. ``room`` is where
    it was typed, if that matters. ``to`` is its recipient, if it is private: then ``guarded`` is sent instead of ``data`` if it
    is ``suspect``, for the name may have become somebody else's since it was typed, and nothing while it is ``held``.
    ``barrier`` is the number of the first ping that is sent behind it: once that is answered, the server has seen it. It is
    None until it is sent.
    """

    tag: str
    data: bytes
    what: str
    again: bool
    room: str | None = None
    to: str | None = None
    guarded: bytes | None = None
    suspect: bool = False
    held: bool = False
    barrier: int | None = None


class Outgoing:
    """Everything that waits, in the order in which it was typed."""

    def __init__(self, max_waiting: int = MAX_WAITING, max_bytes: int = MAX_BYTES) -> None:
        self._items: dict[str, Item] = {}
        self._max_waiting = max_waiting
        self._max_bytes = max_bytes
        self._bytes = 0
        #: What the server has seen, and may still acknowledge.
        self._seen: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, tag: str) -> bool:
        return tag in self._items

    def has_room(self) -> bool:
        """Return whether half of what may wait does not."""
        return 2 * len(self._items) < self._max_waiting and 2 * self._bytes < self._max_bytes

    def add(self, item: Item) -> None:
        """Take something up, or raise :class:`QueueFull`."""
        if len(self._items) >= self._max_waiting or self._bytes + len(item.data) > self._max_bytes:
            raise QueueFull(
                f"{len(self._items):,} lines are already waiting for the server. This one was not sent."
            )
        self._items[item.tag] = item
        self._bytes += len(item.data)

    def rooms(self) -> set[str | None]:
        """Return the rooms in which something was typed that waits."""
        return {item.room for item in self._items.values()}

    def send(self, next_ping: int) -> list[bytes]:
        """Return what has not been sent over this connection yet. It counts as sent before ping ``next_ping``."""
        unsent = [item for item in self._items.values() if item.barrier is None and not item.held]
        for item in unsent:
            item.barrier = next_ping
        return [
            item.guarded if item.suspect and item.guarded is not None else item.data
            for item in unsent
        ]

    def get(self, tag: str | None) -> Item | None:
        """Return what waits under a tag."""
        return self._items.get(tag or "")

    def to(self, nick: str) -> list[Item]:
        """Return what waits for somebody, in the order in which it was typed."""
        return [item for item in self._items.values() if item.to == nick]

    def answered(self, tag: str) -> bool:
        """Forget what was answered; return whether it was still waiting."""
        if tag in self._seen:
            del self._seen[tag]
            return True
        item = self._items.pop(tag, None)
        if item is None:
            return False
        self._bytes -= len(item.data)
        return True

    def passed(self, ping: int) -> None:
        """Wait no longer for what was sent before this ping and needs no answer: the server has carried it out."""
        for item in list(self._items.values()):
            if not item.again and item.barrier is not None and item.barrier <= ping:
                self.answered(item.tag)
                self._seen[item.tag] = None
                if len(self._seen) > MAX_SEEN:
                    del self._seen[next(iter(self._seen))]

    def lost(self) -> list[Item]:
        """The connection is lost: what can be sent again will be; forget and return what cannot."""
        undone = [
            item for item in self._items.values() if item.barrier is not None and not item.again
        ]
        for item in undone:
            self.answered(item.tag)
        for item in self._items.values():
            item.barrier = None
            item.suspect, item.held = True, False
        self._seen.clear()
        return undone


class Settling:
    """Who waits. A ping that is sent behind all else, the *barrier*, tells that all is seen when it is answered."""

    def __init__(self) -> None:
        self._waiting: list[Deferred[None]] = []
        self._barrier: int | None = None
        self._seen = False

    def __bool__(self) -> bool:
        """Return whether anybody waits."""
        return bool(self._waiting)

    def wait(self) -> Deferred[None]:
        """Return what fires when all is settled, and fails with ConnectionError if it never will be."""
        settled: Deferred[None] = Deferred()
        self._waiting.append(settled)
        return settled

    def asked(self, ping: int) -> None:
        """The barrier was sent."""
        self._barrier, self._seen = ping, False

    def answered(self, ping: int) -> None:
        """A ping was answered."""
        self._seen = self._seen or ping == self._barrier

    def lost(self) -> None:
        """The connection is lost: another barrier must be sent."""
        self._barrier, self._seen = None, False

    def look(self, *, outstanding: bool) -> None:
        """If all is seen, and nothing is ``outstanding``, it is settled."""
        if self._seen and not outstanding:
            self._waiting, waiting = [], self._waiting
            for settled in waiting:
                settled.callback(None)

    def fail(self, why: str) -> None:
        """It will never be settled."""
        self._waiting, waiting = [], self._waiting
        for settled in waiting:
            settled.errback(Failure(ConnectionError(why)))
