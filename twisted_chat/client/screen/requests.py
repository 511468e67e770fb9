"""What the screen asks the server for by itself: who is in the room that is shown, and earlier lines."""

from __future__ import annotations

from typing import Final

from twisted_chat.client import events as ev
from twisted_chat.client.link import Link, QueueFull
from twisted_chat.client.model.conversation import Key
from twisted_chat.client.model.picture import Picture

#: How many earlier lines are asked for at once: several screens.
PAGE: Final = 200


class Requests:
    """Asks for each thing once, and knows the answers that nobody typed for."""

    def __init__(self, picture: Picture, link: Link) -> None:
        self._picture = picture
        self._link = link
        # By tag, which room each is about.
        self._quiet: dict[str, Key] = {}
        # The page of people that is known, or asked for, of each room, and how many there are.
        self._pages: dict[Key, tuple[int, int]] = {}

    def is_quiet(self, event: ev.Event) -> bool:
        """Whether the event answers what nobody typed, and is to be shown nowhere."""
        tag = event.tag if isinstance(event, ev.Answer | ev.Undone) else None
        if tag is None or tag not in self._quiet:
            return False
        room = self._quiet.pop(tag)
        if isinstance(event, ev.Who):
            self._pages[room] = (event.page, event.pages)
        return True

    def lost(self) -> None:
        """The connection is lost: what was asked for is not answered any more."""
        self._quiet.clear()
        self._pages.clear()

    def want_people(self) -> None:
        """Ask who is in the room that is shown, if that is not known since the connection was made."""
        room = self._picture.shown
        if room.key not in self._pages:
            self._ask_people(1, 1)

    def want_more_people(self) -> None:
        """Ask for the next page of people."""
        page, pages = self._pages.get(self._picture.view, (0, 0))
        if page < pages and self._picture.view not in self._quiet.values():
            self._ask_people(page + 1, pages)

    def want_history(self) -> None:
        """Ask for earlier lines of the room that is shown, if there are any."""
        picture, room = self._picture, self._picture.shown
        if room.buffer.first_id and picture.can_load(room.key):
            try:
                tag = self._link.history(room.name, before=room.buffer.first_id, limit=PAGE)
            except QueueFull:
                return  # so much waits that this can wait too
            picture.loading(tag, room.key)

    def _ask_people(self, page: int, pages: int) -> None:
        room = self._picture.shown
        if room.key.sort == "room" and room.joined and self._picture.connection == "online":
            try:
                tag = self._link.command(f"/who #{room.name} {page}")
            except QueueFull:
                return
            self._quiet[tag] = room.key
            self._pages[room.key] = (page, pages)
