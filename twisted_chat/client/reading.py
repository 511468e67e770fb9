"""Which answer the replayed messages that come belong to. Pure.

The server gives one answer after the other: what stands between the start and the end of one is of that one.
"""

from __future__ import annotations

from twisted_chat.client import events as ev

#: The most messages that are collected for one answer; what a server brings above that was not asked for.
MAX_COLLECTED = 1_000


class Reading:
    """The answers that are expected, and the one that is being read."""

    def __init__(self) -> None:
        #: Pages that were asked for.
        self._pages: set[str] = set()
        #: What was missed in which room, by the tag of the request.
        self._missed: dict[str, str] = {}
        self.clear()

    def clear(self) -> None:
        """The connection is lost: nothing more comes of what was asked for."""
        self._pages.clear()
        self._missed.clear()
        #: The replayed messages are to be collected, for a page or for what a search finds.
        self.collects = False
        #: They are those that come with the entry to a room.
        self.at_entry = False
        #: They are what was missed in this room.
        self.missed: str | None = None
        self._tag: str | None = None
        self._collected: list[ev.Message] = []

    def expect(self, tag: str) -> None:
        """A page was asked for."""
        self._pages.add(tag)

    def expect_missed(self, tag: str, room: str) -> None:
        """What was missed in a room was asked for."""
        self._missed[tag] = room

    def catches_up(self, room: str) -> bool:
        """Tell whether what was missed in a room is already on its way."""
        return room in self._missed.values()

    def start(self, tag: str | None) -> None:
        """History begins."""
        self._tag = tag
        self.missed = self._missed.get(tag) if tag is not None else None
        self.collects = tag in self._pages
        self.at_entry = self.missed is None and not self.collects
        self._collected = []

    def start_search(self) -> None:
        """What a search found begins."""
        self._tag = None
        self.collects, self.at_entry, self.missed = True, False, None
        self._collected = []

    def collect(self, message: ev.Message) -> None:
        if len(self._collected) < MAX_COLLECTED:
            self._collected.append(message)

    def end(self, end: ev.HistoryEnd) -> ev.Page | None:
        """History is over: return the page, if it was one."""
        page = None
        if self.collects and end.tag is not None:
            page = ev.Page(
                tag=end.tag, room=end.room, messages=tuple(self._collected), more=end.more
            )
        self._forget(end.tag)
        return page

    def found(self, end: ev.SearchEnd) -> ev.Found:
        """The search is over: return what it found."""
        found = ev.Found(
            lines=end.lines,
            tag=end.tag,
            messages=tuple(self._collected),
            more=end.more,
            whole=end.whole,
        )
        self._forget(None)
        return found

    def refused(self, tag: str | None) -> str | None:
        """An answer is refused. Return the room, if it was what was missed there."""
        if tag is None:
            return None
        room = self._missed.pop(tag, None)
        self._pages.discard(tag)
        if tag == self._tag:
            self._close()
        return room

    def _forget(self, tag: str | None) -> None:
        if tag is not None:
            self._pages.discard(tag)
            self._missed.pop(tag, None)
        self._close()

    def _close(self) -> None:
        """The answer that is being read is over."""
        self._tag = None
        self.collects = self.at_entry = False
        self.missed = None
        self._collected = []
