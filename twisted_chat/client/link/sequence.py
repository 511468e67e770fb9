"""The messages of each room as one sequence: without gaps, without duplicates, in the order of their ids. Pure.

After a lost connection a room is *behind*: what is said live is held back until the history since the last known message has
come. A message that was shown and lost by a server that crashed comes again under another id when its author sends it again;
it is known by the author's own id (nonce) and the scope of that.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from twisted_chat.client.events import Message
from twisted_chat.client.link.weight import MOST_HELD, weight

#: How many live messages are held back for a room that is behind. If there are more, or those of all rooms have too many bytes,
#: its history is read on instead.
MAX_HELD: Final = 1_000
#: How many messages are remembered by nonce and scope. A resend comes within minutes of what it repeats.
MAX_SEEN: Final = 20_000
#: The longest nonce, and the longest scope, that is remembered: what a server of ours takes (docs/protocol.md, "What you send").
MAX_NONCE: Final = 64
#: Of how many rooms the last message is remembered: ten times as many as a server lets one be in.
MAX_ROOMS: Final = 1_000

#: Before the first id.
ZERO: Final = "0" * 16


class _Room:
    __slots__ = ("behind", "floor", "held", "last", "reached", "spilled", "weight")

    def __init__(self, floor: str) -> None:
        #: The greatest id that was handed out.
        self.last = ZERO
        #: What was said up to this id is shown by the history at the entry, or not at all.
        self.floor = floor
        self.behind = False
        #: Up to which id history had come when it was asked for more.
        self.reached = ""
        #: What was said live while the room was behind.
        self.held: list[Message] = []
        #: How many bytes these take.
        self.weight = 0
        #: More was said than could be held.
        self.spilled = False

    def let_go(self) -> list[Message]:
        """Hold nothing any more; return what was."""
        held, self.held, self.weight = self.held, [], 0
        return held


class Sequences:
    """The sequences of all rooms. ``own`` tells whether a message is one's own, which was handed out when it was typed."""

    def __init__(self, own: Callable[[Message], bool]) -> None:
        self._own = own
        self._rooms: OrderedDict[str, _Room] = OrderedDict()
        self._seen: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._latest = ZERO

    def note(self, message_id: str) -> None:
        """Note the id of anything that happened: a room that is entered after it begins behind it."""
        self._latest = max(self._latest, message_id)

    def entered(self, room: str) -> None:
        """The room was entered: what comes is new from here on, unless more is known of it."""
        if room not in self._rooms:
            self._rooms[room] = _Room(self._latest)
            while len(self._rooms) > MAX_ROOMS:
                self._rooms.popitem(last=False)
        self._rooms.move_to_end(room)

    def renamed(self, room: str, name: str) -> None:
        """A room is called otherwise now, and its messages go on."""
        if room in self._rooms:
            self._rooms[name] = self._rooms.pop(room)

    def lose(self) -> None:
        """The connection is lost: all rooms are behind."""
        for room in self._rooms.values():
            room.last = max(room.last, room.floor)
            room.behind = True
            room.reached = ""
            room.let_go()
            room.spilled = False

    def behind(self, room: str) -> str | None:
        """Return the id behind which history of the room is missing, or None if none is."""
        state = self._rooms.get(room)
        return state.last if state is not None and state.behind else None

    def live(self, message: Message) -> list[Message]:
        """Take in a message said now; return what is to be handed out."""
        state = self._state(message)
        if not state.behind:
            return self._next(state, message)
        heavy = weight(message)
        all_held = sum(room.weight for room in self._rooms.values() if room.behind)
        if len(state.held) < MAX_HELD and all_held + heavy <= MOST_HELD:
            state.held.append(message)
            state.weight += heavy
        else:
            state.let_go()
            state.spilled = True
        return []

    def replayed(self, message: Message) -> list[Message]:
        """Take in a message of the history that was asked for, or that came when the room was entered."""
        state = self._state(message)
        if message.id <= state.last:
            return []
        # It may have been said since one is back: then it is no old message, though history has it too.
        live = next((held for held in state.held if held.id == message.id), message)
        return self._next(state, live)

    def caught_up(self, room: str, more: bool, end: str = "") -> tuple[list[Message], str | None]:
        """The history that was asked for has come: return what is to be handed out, and after which id to ask again.

        It was read up to the id ``end``, though the last messages before that may be hidden from us.
        """
        state = self._rooms.get(room)
        if state is None:
            return [], None
        state.last = max(state.last, end)
        if state.spilled or (more and state.last > state.reached):
            state.spilled = False
            state.reached = state.last
            return [], state.last
        return self.give_up(room), None

    def give_up(self, room: str) -> list[Message]:
        """No more history will come: go on with what was said live, which is returned."""
        state = self._rooms.get(room)
        if state is None:
            return []
        state.behind = state.spilled = False
        return [
            m
            for message in state.let_go()
            if message.id > state.last
            for m in self._next(state, message)
        ]

    def _state(self, message: Message) -> _Room:
        room = message.room or ""
        if room not in self._rooms:
            self.entered(room)
        return self._rooms[room]

    def _next(self, state: _Room, message: Message) -> list[Message]:
        state.last = message.id
        self.note(message.id)
        if self._own(message):
            return []
        key = (message.scope or "", message.nonce or "")
        if all(0 < len(part) <= MAX_NONCE for part in key):
            if key in self._seen:
                return []
            self._seen[key] = message.id
            if len(self._seen) > MAX_SEEN:
                self._seen.popitem(last=False)
        return [message]
