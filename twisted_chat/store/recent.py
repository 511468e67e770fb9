"""The newest messages of each room, kept in memory: most of what a store is asked for, and what is not stored yet."""

from __future__ import annotations

import itertools
from collections import OrderedDict, deque
from typing import Final

import msgspec

from twisted_chat.core.api.events import Envelope, RoomRef
from twisted_chat.core.values.ids import MessageId, RoomId
from twisted_chat.store.port import Page

#: Messages kept in all, beside those that are not stored yet: some 15 MB of common ones, 80 MB of the longest.
MAX_MESSAGES: Final = 20_000


class _Tail(msgspec.Struct, gc=False):
    """The last messages of a room, without a gap; ``whole`` if there are no others; ``gone`` counts up when some go."""

    envelopes: deque[Envelope]
    whole: bool
    gone: int = 0


class Recent:
    """Keeps ``lines`` messages of each room, and of all rooms :data:`MAX_MESSAGES`; the rooms that were silent longest go.

    No message goes before it is stored.
    """

    def __init__(self, lines: int, first: MessageId) -> None:
        """``first``: rooms with this id or one above it were made later, so that all of their history passes here."""
        # One more, to know whether there is more.
        self._lines = lines + 1
        self._first = first
        self._tails: OrderedDict[RoomId, _Tail] = OrderedDict()
        # Rooms made in this run whose tail was dropped.
        self._dropped: set[RoomId] = set()
        self._count = 0
        # Rooms with more messages than are to be kept, since these are not stored yet.
        self._long: set[RoomId] = set()
        self._stored = MessageId(0)

    def append(self, envelope: Envelope) -> None:
        """Keep a message that was just said."""
        assert envelope.room is not None
        room = envelope.room.id
        tail = self._tails.get(room)
        if tail is None:
            tail = self._add(room)
        else:
            self._tails.move_to_end(room)
        tail.envelopes.append(envelope)
        self._count += 1
        if len(tail.envelopes) > self._lines and room not in self._long:
            self._trim(room, tail)
        if self._count > MAX_MESSAGES:
            self._make_room()

    def _add(self, room: RoomId) -> _Tail:
        tail = self._tails[room] = _Tail(deque(), self._is_new(room))
        return tail

    def _is_new(self, room: RoomId) -> bool:
        return room >= self._first and room not in self._dropped

    def stored(self, message: MessageId) -> None:
        """Note that every message up to this one is stored."""
        self._stored = message
        long, self._long = self._long, set()
        for room in long:
            tail = self._tails.get(room)
            if tail is not None:
                self._trim(room, tail)

    def cut(self, room: RoomId, up_to: MessageId) -> None:
        """Drop the messages of a room up to this one, which are deleted."""
        tail = self._tails.get(room)
        while tail is not None and tail.envelopes and tail.envelopes[0].id <= up_to:
            tail.envelopes.popleft()
            self._count -= 1

    def rename(self, room: RoomRef) -> None:
        """Note what a room is called now."""
        tail = self._tails.get(room.id)
        if tail is None or not tail.envelopes or tail.envelopes[-1].room == room:
            return
        # What is being read from the database has the name of before, and must not be adopted.
        tail.gone += 1
        tail.envelopes = deque(msgspec.structs.replace(each, room=room) for each in tail.envelopes)

    def erase(self, account: str, room: RoomId | None, up_to: MessageId) -> None:
        """Drop what an account has said up to this message, in a room or in all."""
        for number, tail in self._tails.items():
            if room is not None and number != room:
                continue
            kept = deque(
                each
                for each in tail.envelopes
                if each.id > up_to or each.author is None or each.author.account != account
            )
            self._count -= len(tail.envelopes) - len(kept)
            # What is being read from the database may still have some, and must not be adopted.
            tail.gone += 1
            tail.envelopes = kept

    def delete(self, room: RoomId, message: MessageId) -> None:
        """Drop one message."""
        tail = self._tails.get(room)
        if tail is None:
            return
        kept = deque(each for each in tail.envelopes if each.id != message)
        self._count -= len(tail.envelopes) - len(kept)
        # What is being read from the database may still have it, and must not be adopted.
        tail.gone += 1
        tail.envelopes = kept

    def disown(self, account: str, up_to: MessageId) -> None:
        """Note that what an account has said up to this message is nobody's any more."""
        for tail in self._tails.values():
            # What is being read from the database may still be the account's, and must not be adopted.
            tail.gone += 1
            tail.envelopes = deque(disowned(each, account, up_to) for each in tail.envelopes)

    def forget(self, room: RoomId) -> None:
        """Drop a room."""
        tail = self._tails.pop(room, None)
        if tail is not None:
            self._count -= len(tail.envelopes)
        self._dropped.discard(room)

    def mark(self, room: RoomId) -> int:
        """Return what :meth:`adopt` needs to know of the moment before a room's history is read."""
        return (self._tails.get(room) or self._add(room)).gone

    def adopt(self, room: RoomId, page: Page, mark: int) -> None:
        """Keep the last page of a room's history, as it was read; what was said since is here already.

        If some of that is no longer here, there would be a gap: then nothing is kept.
        """
        tail = self._tails.get(room)
        if tail is not None and not tail.whole and tail.gone == mark:
            oldest = tail.envelopes[0].id if tail.envelopes else None
            older = [each for each in page.envelopes if oldest is None or each.id < oldest]
            tail.envelopes.extendleft(reversed(older))
            self._count += len(older)
            tail.whole = not page.more

    def page(
        self, room: RoomId, before: MessageId | None, after: MessageId | None, limit: int
    ) -> Page | None:
        """Return a page of a room's history, as :meth:`twisted_chat.store.port.Store.history` does; None if more than is
        here would be needed.
        """
        tail = self._tails.get(room)
        if tail is None:
            return Page((), more=False) if self._is_new(room) else None
        kept = tail.envelopes
        if after is not None:
            if not tail.whole and not (kept and kept[0].id <= after):
                return None
            later = (
                each for each in kept if each.id > after and (before is None or each.id < before)
            )
            some = tuple(itertools.islice(later, limit + 1))
            return Page(some[:limit], more=len(some) > limit)
        last = (each for each in reversed(kept) if before is None or each.id < before)
        some = tuple(itertools.islice(last, limit + 1))
        if len(some) <= limit and not tail.whole:
            return None
        return Page(some[:limit][::-1], more=len(some) > limit)

    def unstored(self, room: RoomId) -> list[Envelope]:
        """Return what was said in a room and is perhaps not stored yet, oldest first."""
        tail = self._tails.get(room)
        if tail is None:
            return []
        newest = itertools.takewhile(lambda each: each.id > self._stored, reversed(tail.envelopes))
        return list(newest)[::-1]

    def _trim(self, room: RoomId, tail: _Tail) -> None:
        kept = tail.envelopes
        before = len(kept)
        while len(kept) > self._lines and kept[0].id <= self._stored:
            kept.popleft()
        if gone := before - len(kept):
            self._count -= gone
            tail.gone += gone
            tail.whole = False
        if len(kept) > self._lines:
            self._long.add(room)

    def _make_room(self) -> None:
        """Drop rooms that were silent longest, as far as all that was said there is stored."""
        for room in list(itertools.islice(self._tails, 10)):
            tail = self._tails[room]
            if self._count <= MAX_MESSAGES or (
                tail.envelopes and tail.envelopes[-1].id > self._stored
            ):
                return
            self.forget(room)
            if room >= self._first:
                self._dropped.add(room)


def disowned(envelope: Envelope, account: str, up_to: MessageId) -> Envelope:
    """Return a message as it is when its author has no account any more, if it is of that account and not behind ``up_to``."""
    author = envelope.author
    if envelope.id > up_to or author is None or author.account != account:
        return envelope
    return msgspec.structs.replace(envelope, author=msgspec.structs.replace(author, account=None))
