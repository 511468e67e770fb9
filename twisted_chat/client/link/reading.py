"""Which answer the replayed messages that come belong to. Pure.

The server gives one answer after the other: what stands between the start and the end of one is of that one. History that was
asked for bears the tag of the request; what comes with the entry to a room has none.
"""

from __future__ import annotations

from typing import Final

from twisted_chat.client import events as ev
from twisted_chat.client.link.weight import MOST_HELD, weight

#: The most messages in one page: a longer answer, such as an export of all there is, comes as several.
MAX_COLLECTED: Final = 1_000


class Reading:
    """The answers that are expected, and the one that is being read."""

    def __init__(self) -> None:
        #: What was missed in which room, by the tag of the request.
        self._missed: dict[str, str] = {}
        #: Of the answer that is being read: the tag, and of which room or with whom it is.
        self._tag: str | None = None
        self._room = ""
        self._partner: str | None = None
        #: Its messages are to be collected, for a page or for what a search finds.
        self.collects = False
        #: Its messages are those that come with the entry to a room.
        self.at_entry = False
        #: Its messages are what was missed in this room.
        self.missed: str | None = None
        self._collected: list[ev.Message] = []
        #: How many bytes these take.
        self._weight = 0

    def clear(self) -> None:
        """The connection is lost: nothing more comes of what was asked for."""
        self._missed.clear()
        self._close()

    def expect_missed(self, tag: str, room: str) -> None:
        """What was missed in a room was asked for."""
        self._missed[tag] = room

    def catches_up(self, room: str) -> bool:
        """Tell whether what was missed in a room is already on its way."""
        return room in self._missed.values()

    def start(self, start: ev.HistoryStart) -> None:
        """History begins."""
        self._close()
        self._tag, self._room, self._partner = start.tag, start.room, start.partner
        self.at_entry = start.tag is None
        self.missed = self._missed.get(start.tag) if start.tag is not None else None
        self.collects = start.tag is not None and self.missed is None

    def start_search(self) -> None:
        """What a search found begins."""
        self._close()
        self.collects = True

    def collect(self, message: ev.Message) -> ev.Page | None:
        """Keep a message for the answer in which it stands. Return a page, if that is full."""
        page = None
        heavy = weight(message)
        if len(self._collected) >= MAX_COLLECTED or self._weight + heavy > MOST_HELD:
            if self._tag is None:
                return None  # a search, which should not bring so many
            page = self._page(self._tag, more=True)
        self._collected.append(message)
        self._weight += heavy
        return page

    def end(self, end: ev.HistoryEnd) -> ev.Page | None:
        """History is over: return the page, if that was asked for."""
        page = self._page(self._tag, more=end.more) if self.collects and self._tag else None
        if end.tag is not None:
            self._missed.pop(end.tag, None)
        self._close()
        return page

    def found(self, end: ev.SearchEnd) -> ev.Found:
        """The search is over: return what it found."""
        found = ev.Found(
            content=end.content,
            tag=end.tag,
            messages=tuple(self._collected),
            more=end.more,
            whole=end.whole,
        )
        self._close()
        return found

    def refused(self, tag: str | None) -> str | None:
        """An answer is refused. Return the room, if it was what was missed there."""
        if tag is None:
            return None
        if tag == self._tag:
            self._close()
        return self._missed.pop(tag, None)

    def _page(self, tag: str, *, more: bool) -> ev.Page:
        messages = tuple(self._collected)
        self._collected, self._weight = [], 0
        return ev.Page(
            tag=tag, room=self._room, partner=self._partner, messages=messages, more=more
        )

    def _close(self) -> None:
        """No answer is being read."""
        self._tag = self._partner = self.missed = None
        self._room = ""
        self.collects = self.at_entry = False
        self._collected, self._weight = [], 0
