"""The rooms the user wants to be in, and the focused one; also through lost connections. Pure."""

from __future__ import annotations

from collections.abc import Container
from typing import Final

LOBBY: Final = "lobby"
#: The most rooms that one is taken to be in.
MAX_ROOMS: Final = 1_000


class Membership:
    """Rooms by their names, with the passwords that opened them."""

    def __init__(self, rooms: tuple[tuple[str, str | None], ...]) -> None:
        self.wanted: dict[str, str | None] = {LOBBY: None, **dict(rooms)}
        #: Where plain text goes.
        self.focus: str | None = rooms[-1][0] if rooms else LOBBY
        #: The rooms that the server was asked for, with the passwords that they had before, by the tag of the request.
        self._asked: dict[str, tuple[str, str | None]] = {}
        #: The rooms that the server has let one into since the login, and where it last said that one talks.
        self._entered: set[str] = set()
        self._confirmed: str | None = None
        #: Rooms that were left, with their passwords, until the server says so; and the lobby, for each login opens it again.
        self._left: dict[str, str | None] = {}

    def wants(self, room: str, password: str | None, tag: str) -> None:
        """Somebody wants to enter a room, and to talk there."""
        self.asked(tag, room)
        self.wanted[room] = password or self.wanted.get(room)
        self._left.pop(room, None)
        self.focus = room

    def asked(self, tag: str, room: str) -> None:
        """The server is asked to let one in."""
        self._asked[tag] = room, self.wanted.get(room)

    def leaves(self, room: str) -> None:
        """Somebody wants to leave a room, and talks in the one before."""
        password = self.wanted.get(room)
        self.gone(room)
        self._left[room] = password
        if self.focus is None:
            self.focus = next(reversed(self.wanted), None)

    def to_enter(self) -> list[tuple[str, str | None]]:
        """Return the rooms to enter after a login, the one that is talked in last; the server has opened the lobby."""
        self._asked.clear()
        self._entered = {LOBBY}
        self._confirmed = LOBBY
        rooms = [room for room in self.wanted if room not in (LOBBY, self.focus)]
        if self.focus is not None and (rooms or self.focus != LOBBY):
            rooms.append(self.focus)
        return [(room, self.wanted.get(room)) for room in rooms]

    def to_visit(self, rooms: Container[str | None]) -> list[tuple[str, str | None]]:
        """Return those of ``rooms`` to enter after a login once more, before they are left."""
        return [(room, password) for room, password in self._left.items() if room in rooms]

    def to_leave(self) -> list[str]:
        """Return the rooms to leave after a login, if the server has one in them."""
        return list(self._left)

    def entered(self, room: str, tag: str | None) -> None:
        """The server let the client into a room, whose name it spells like this."""
        if len(self._entered) >= MAX_ROOMS:
            return  # a server of ours lets one be in a tenth of these
        self._entered.add(room)
        if tag is not None:
            self.focused(room, tag)
        elif room not in self._left:
            # With a login, or by another session of the same account.
            self.wanted.setdefault(room, None)

    def focused(self, room: str | None, tag: str | None) -> None:
        """One talks in this room now."""
        asked, _ = self._asked.pop(tag or "", (room, None))
        self._confirmed = room
        if room is not None and tag is not None:
            self._respell(asked or room, room)
        if not self._asked:
            # What is still asked for will change it again.
            self.focus = room

    def refused(self, tag: str | None) -> str | None:
        """What was asked for under this tag is refused: one talks where one did before. Return the room, if it was one."""
        room, password = self._asked.pop(tag or "", (None, None))
        if room is None:
            return None
        if room in self._entered:
            self.wanted[room] = password
            return room
        elsewhere = self.focus != room
        self.gone(room)
        if not elsewhere and self._confirmed in self.wanted:
            self.focus = self._confirmed
        return room

    def gone(self, room: str) -> None:
        """One is no longer in this room."""
        if room != LOBBY:
            self._left.pop(room, None)
        self._entered.discard(room)
        self.wanted.pop(room, None)
        if self.focus == room:
            self.focus = None

    def renamed(self, room: str, name: str) -> None:
        """A room is called otherwise now."""
        if room in self.wanted:
            self._respell(room, name)
        if room in self._left:
            self._left[name] = self._left.pop(room)
        if room in self._entered:
            self._entered.remove(room)
            self._entered.add(name)
        if self._confirmed == room:
            self._confirmed = name

    def _respell(self, asked: str, room: str) -> None:
        password = self.wanted.pop(asked, None)
        self.wanted[room] = password
        if self.focus == asked:
            self.focus = room
