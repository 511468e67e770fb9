"""What sessions are told once the store has kept it, and which of them wait until it has room for more."""

from __future__ import annotations

from twisted_chat.core.api import replies as r
from twisted_chat.core.values.ids import MessageId, SessionId
from twisted_chat.seam.ports import ConnectionsPort
from twisted_chat.store.port import Store


class Commits:
    """Promises sessions what waits for the store, and lets those wait that say more than it has room for."""

    def __init__(self, connections: ConnectionsPort, store: Store) -> None:
        self._connections = connections
        self._store = store
        #: Sessions that wait until the store has room for what they say, the first to wait first.
        self._held: dict[SessionId, None] = {}

    @property
    def held(self) -> int:
        """How many sessions wait until the store has room."""
        return len(self._held)

    def at(self, message: MessageId) -> MessageId:
        """Return up to where all must be stored before a message is acknowledged; one may be none that the store keeps."""
        return min(message, self._store.given)

    def promise(
        self, session: SessionId, message: MessageId, reply: r.Reply, tag: str | None
    ) -> None:
        """Say what came of a message once that is stored."""
        self._connections.promise(session, self.at(message), reply, tag)

    def acknowledge(
        self, session: SessionId, message: MessageId, time: float, tag: str | None
    ) -> None:
        """Acknowledge a message once it is stored; one that is not for the store, once all before it are."""
        self._connections.acknowledge(session, self.at(message), message, time, True, tag)

    # --- sessions that wait ---

    def hold(self, session: SessionId) -> None:
        """Let a session wait until the store has room for more; what it said is in the queue, and nothing is lost."""
        if session not in self._held:
            self._connections.hold(session)
            self._held[session] = None

    def on_drained(self) -> None:
        """The store has room again for what those say who had to wait."""
        while self._held and not self._store.full:
            session = next(iter(self._held))
            del self._held[session]
            self._connections.release(session)

    def forget(self, session: SessionId) -> None:
        """A session is gone."""
        self._held.pop(session, None)

    def stop(self) -> None:
        """All sessions are about to go."""
        self._held.clear()
