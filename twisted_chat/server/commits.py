"""What sessions are told about the store: when something is stored, and while it is full or failing."""

from __future__ import annotations

from typing import Final

from twisted_chat.core.api import replies as r
from twisted_chat.core.values.ids import MessageId, SessionId
from twisted_chat.seam.ports import ConnectionsPort
from twisted_chat.server.sessions import HubSessions
from twisted_chat.store.port import Store

_BEGAN: Final = r.Notice(
    "not-stored",
    "The server cannot store messages at the moment. Messages are shown, but they are lost if the server stops before they "
    "are stored.",
)
_ENDED: Final = r.Notice(
    "stored-again",
    "The server can store messages again, and has stored everything said in the meantime.",
)


class Commits:
    """Sends replies to sessions once the store has committed, and makes sessions wait while it is full."""

    def __init__(self, connections: ConnectionsPort, store: Store) -> None:
        self._connections = connections
        self._store = store
        #: Sessions that wait until the store has room for what they say, the first to wait first.
        self._held: dict[SessionId, None] = {}

    @property
    def held(self) -> int:
        """How many sessions are waiting for room in the store."""
        return len(self._held)

    def at(self, message: MessageId) -> MessageId:
        """Return up to which message everything must be stored before a message is acknowledged."""
        return min(message, self._store.given)

    def promise(
        self, session: SessionId, message: MessageId, reply: r.Reply, tag: str | None
    ) -> None:
        """Send a reply about a message once that is stored."""
        self._connections.promise(session, self.at(message), reply, tag)

    def acknowledge(
        self, session: SessionId, message: MessageId, time: float, tag: str | None
    ) -> None:
        """Acknowledge a message once it is stored; if it is not for the store, once all before it are."""
        self._connections.acknowledge(session, self.at(message), message, time, True, tag)

    # --- sessions that wait ---

    def hold(self, session: SessionId) -> None:
        """Make a session wait until the store has room; what it said is in the queue, and nothing is lost."""
        if session not in self._held:
            self._connections.hold(session)
            self._held[session] = None

    def on_drained(self) -> None:
        """Let the sessions go on that waited for room in the store."""
        while self._held and not self._store.full:
            session = next(iter(self._held))
            del self._held[session]
            self._connections.release(session)

    def forget(self, session: SessionId) -> None:
        """A session is gone."""
        self._held.pop(session, None)

    def stop(self) -> None:
        """All sessions are about to end."""
        self._held.clear()


class Outage:
    """Watches whether the store can commit. One that fails only once, and works again some seconds later, is not reported."""

    def __init__(self, sessions: HubSessions, store: Store) -> None:
        self._sessions = sessions
        self._store = store
        self._failed = False
        self._told = False

    def tick(self) -> None:
        """Check the store; called every few seconds."""
        failed, self._failed = self._failed, self._store.health().error is not None
        if self._failed == failed and self._failed != self._told:
            self._told = self._failed
            for session in self._sessions.inside():
                self._sessions.tell(session, _BEGAN if self._told else _ENDED)

    def tell(self, session: SessionId) -> None:
        """Tell a session that has logged in."""
        if self._told:
            self._sessions.tell(session, _BEGAN)
