"""What the screen asks the server for, or tells it, without the user: people, earlier lines, and up to where the user has
read."""

from __future__ import annotations

from typing import Final, Literal

from twisted_chat.client import events as ev
from twisted_chat.client.link.link import Link, QueueFull
from twisted_chat.client.link.wire import TooLong
from twisted_chat.client.model.conversation import Conversation, Key
from twisted_chat.client.model.state import ClientState

#: How many earlier lines are asked for at once: several screens.
PAGE: Final = 200
#: The server is told what was read in a conversation once in so many seconds at most.
READ_EVERY: Final = 5.0


class Requests:
    """Asks for each thing once, and knows the answers that nobody typed for."""

    def __init__(self, state: ClientState, link: Link) -> None:
        self._state = state
        self._link = link
        # By tag, what each is for, and which conversation it is about.
        self._quiet: dict[str, tuple[Literal["people", "history", "read"], Key]] = {}
        # The page of people that is known, or asked for, of each room, and how many there are.
        self._pages: dict[Key, tuple[int, int]] = {}
        # The conversations whose last lines were asked for.
        self._opened: dict[Key, Conversation] = {}
        # What of each conversation was read, and not told yet; what was told, and when.
        self._seen: dict[Key, str] = {}
        self._told: dict[Key, tuple[str, float]] = {}
        # Where the server keeps no marker: of guests, and of what is written to them.
        self._unmarked: set[Key] = set()

    def is_quiet(self, event: ev.Event) -> bool:
        """Whether the event answers what nobody typed, and is to be shown nowhere."""
        tag = event.tag if isinstance(event, ev.Answer | ev.Undone | ev.Page) else None
        if tag is None or tag not in self._quiet:
            return False
        purpose, key = self._quiet.pop(tag)
        match event:
            case ev.Page():
                return False
            case ev.Who(page=page, pages=pages):
                self._pages[key] = (page, pages)
            case ev.Refused(code=code) if purpose == "history":
                self._state.loaded(tag, more=code == "history-unavailable")
            case ev.Refused() if purpose == "read":
                self._unmarked.add(key)
            case _:
                pass
        return True

    def lost(self) -> None:
        """The connection is lost: what was asked for is not answered any more."""
        self._quiet.clear()
        self._pages.clear()
        self._opened.clear()
        self._unmarked.clear()

    def logged_in(self) -> None:
        """The user has an account now, for which more is kept."""
        self._opened.clear()
        self._unmarked.clear()
        for conversation in self._state.conversations.values():
            if conversation.key.sort == "private":
                conversation.buffer.more = True

    def want_people(self) -> None:
        """Ask for the people in the shown room, if they are not known since the connection was made."""
        room = self._state.shown
        if room.key not in self._pages:
            self._ask_people(1, 1)

    def want_more_people(self) -> None:
        """Ask for the next page of people."""
        page, pages = self._pages.get(self._state.view, (0, 0))
        if page < pages and ("people", self._state.view) not in self._quiet.values():
            self._ask_people(page + 1, pages)

    def want_last(self) -> None:
        """Ask for the last lines of the conversation that is shown, once a connection: little of it is here."""
        where = self._state.shown
        # One that was closed, and is opened again, is another.
        if self._opened.get(where.key) is not where and self._state.can_load(where.key):
            open_ones = self._state.conversations
            self._opened = {key: one for key, one in self._opened.items() if key in open_ones}
            self._opened[where.key] = where
            self.want_history()

    def want_history(self) -> None:
        """Ask for earlier lines of the conversation that is shown, if there are any."""
        state, where = self._state, self._state.shown
        if not state.can_load(where.key):
            return
        before = where.buffer.first_id or None
        try:
            if where.key.sort == "room":
                tag = self._link.history(where.name, before=before, limit=PAGE)
            else:
                tag = self._link.private_history(where.name, before=before, limit=PAGE)
                # Of what is written by guests, and to them, nothing is kept.
                self._quiet[tag] = ("history", where.key)
        except (QueueFull, TooLong):
            return  # so much waits that this can wait too; or that is no name or id of a server of ours
        state.loading(tag, where.key)

    def tell_read(self, now: float, *, leaving: bool = False) -> None:
        """Tell the server what the user has seen: soon, or (``leaving``) at once. ``now`` is in seconds."""
        state, shown = self._state, self._state.shown
        if shown.key.sort != "server" and shown.joined and state.sees(shown.key):
            self._saw(shown.key, shown.last_said)
        if state.connection != "online":
            return
        for key, message in list(self._seen.items()):
            if leaving or now - self._told.get(key, ("", 0.0))[1] >= READ_EVERY:
                del self._seen[key]
                self._tell_read(key, message, now)

    def _saw(self, key: Key, message: str) -> None:
        if key not in self._unmarked and message > self._told.get(key, ("", 0.0))[0]:
            self._seen[key] = message

    def _tell_read(self, key: Key, message: str, now: float) -> None:
        conversation = self._state.conversations.get(key)
        if conversation is None:
            self._told.pop(key, None)  # it was closed
            return
        self._told[key] = (message, now)
        room, partner = (
            (conversation.name, None) if key.sort == "room" else (None, conversation.name)
        )
        try:
            tag = self._link.read(message, room, partner)
        except TooLong:
            return  # that is no id of a server of ours
        self._quiet[tag] = ("read", key)

    def _ask_people(self, page: int, pages: int) -> None:
        room = self._state.shown
        if room.key.sort == "room" and room.joined and self._state.connection == "online":
            try:
                tag = self._link.command(f"/who #{room.name} {page}")
            except (QueueFull, TooLong):
                return
            self._quiet[tag] = ("people", room.key)
            self._pages[room.key] = (page, pages)
