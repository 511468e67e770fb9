"""The disk: how much space is free, and which messages of guests are kept when there is little.

Anyone can come as a guest and talk all day. A guest who fills the disk would end history for everyone, because then nothing is
acknowledged any more. So messages of guests in rooms are the first that are no longer kept. They are still shown.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from twisted.logger import Logger

from twisted_chat.core.api import replies as r
from twisted_chat.core.api.events import Envelope, Said
from twisted_chat.core.values.addresses import network_keys
from twisted_chat.core.values.ids import RoomId, SessionId
from twisted_chat.core.values.names import RoomName
from twisted_chat.server.services import Services
from twisted_chat.store.port import Health

log = Logger(namespace="twisted_chat.store")

DAY: Final = 24 * 60 * 60.0
#: Seconds between two samples of the size.
_SAMPLE: Final = 600.0
#: So much free space, in times of the least, is worth a line in the log at the start.
_SCARCE: Final = 4
#: So much must be free again, in times of the least, before what guests say is kept again: else it would begin and end all day.
_ENOUGH: Final = 1.25
#: What a line takes in the database besides its text: its row, and its part of the index.
_OF_A_LINE: Final = 80
#: So much is counted ahead for a session while its networks have not used half of what they have: most lines cost less then.
_AHEAD: Final = 2048
#: What is kept of all in a network around an address (/24; /56, /48), in times of what is kept of the address.
_SHARE: Final = 4
#: The most networks whose lines of a day are counted, 2 MB of them. Another that comes makes the first one be forgotten.
_MAX_NETWORKS: Final = 20_000


class Disk:
    """Watches the disk of one server, and decides whether a message is kept."""

    def __init__(self, services: Services) -> None:
        self._hub = services.hub
        self._sessions = services.sessions
        self._store = services.store
        self._clock = services.clock
        self.low = False
        self._began = False
        self._samples: deque[tuple[float, int]] = deque(maxlen=int(DAY / _SAMPLE) + 1)
        #: Rooms that were told that what guests say there is not kept now.
        self._told: set[RoomId] = set()
        #: By network: how many bytes were kept since the day began, and whether that was too much.
        self._kept: dict[str, int] = {}
        self._full: set[str] = set()
        self._day = services.clock.seconds()

    def tick(self) -> None:
        """Check the disk; called every few seconds."""
        now, health = self._clock.seconds(), self._store.health()
        if now - self._day >= DAY:
            self._day = now
            self._kept.clear()
            self._full.clear()
        if health.size is not None and (not self._samples or now - self._samples[-1][0] >= _SAMPLE):
            self._samples.append((now, health.size))
        self._judge(health)

    def _judge(self, health: Health) -> None:
        least, free = self._hub.limits.min_free, health.free
        if free is None:
            return
        if not self._began:
            self._began = True
            if free < least * _SCARCE:
                log.warn("only {free} MB of disk space are free for the database", free=_mega(free))
        if not self.low and free < least:
            self.low = True
            log.warn(
                "{free} MB are free, which is less than min-free ({least} MB): messages of guests in rooms are not kept",
                free=_mega(free),
                least=_mega(least),
            )
        elif self.low and free >= least * _ENOUGH:
            self.low = False
            self._told.clear()
            log.info(
                "{free} MB are free: messages of guests in rooms are kept again", free=_mega(free)
            )

    def growth(self) -> tuple[int | None, float]:
        """Return by how many bytes the store grew, and in how many seconds, a day at most; None if that is not known yet."""
        size = self._store.health().size
        if size is None or not self._samples:
            return None, 0.0
        since, before = self._samples[0]
        return size - before, self._clock.seconds() - since

    def keeps(self, envelope: Envelope, session: SessionId | None) -> bool:
        """Return whether a message in a room is kept; if it is not, the people concerned are told.

        ``session`` is the session that said it; None if that is on another node, which counts it.
        """
        author, room, event = envelope.author, envelope.room, envelope.event
        assert author is not None and room is not None and type(event) is Said
        if author.account is not None or session is None:
            return True
        if self.low:
            self._tell(room.id, room.name)
            return False
        entry = self._hub.state.sessions[session]
        if entry.address is None:
            return True
        size = _OF_A_LINE
        for line in event.lines:
            size += len(line) if line.isascii() else len(line.encode())
        if event.extras is not None:
            size += event.extras.size
        if size <= entry.kept_ahead:
            entry.kept_ahead -= size
            return True
        most = self._hub.state.limits.max_guest_day
        networks = network_keys(entry.address) if most else ()
        if not networks:
            return True
        much, kept = size + _AHEAD, self._kept
        for each in networks:
            before = kept.get(each, 0)
            if before + size > most:
                if networks[0] not in self._full:
                    self._full.add(networks[0])
                    self._sessions.tell(session, r.Notice("not-kept", _TOO_MUCH))
                return False
            if before + much > most // 2:
                much = size
            # The first is their own address; those around it are shared.
            most = self._hub.state.limits.max_guest_day * _SHARE
        for each in networks:
            kept[each] = kept.pop(each, 0) + much
        entry.kept_ahead += much - size
        while len(kept) > _MAX_NETWORKS:
            first = next(iter(kept))
            del kept[first]
            self._full.discard(first)
        return True

    def _tell(self, room: RoomId, name: RoomName) -> None:
        """Tell a room once while this lasts."""
        if room in self._told:
            return
        self._told.add(room)
        text = (
            f"The server is short of disk space. What guests say in {name} is shown, but not kept in its history, "
            "until there is more space."
        )
        for user in self._hub.state.rooms[room].members:
            for session in self._sessions.of(user):
                self._sessions.tell(session, r.Notice("not-kept", text))


_TOO_MUCH: Final = (
    "Guests from your address have said so much today that further messages are shown, but not kept in the history. "
    "This ends within 24 hours; what you say with an account is kept."
)


def _mega(size: int) -> int:
    return size // 1_000_000
