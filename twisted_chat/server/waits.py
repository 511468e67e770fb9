"""Waits: which sessions wait before they may hand in their next line, and how they go on."""

from __future__ import annotations

from collections import OrderedDict

from twisted_chat.core.values.ids import SessionId
from twisted_chat.delivery.session import Session
from twisted_chat.server.sessions import Sessions
from twisted_chat.store.port import Store


class Waits:
    """Lets the sessions of one node go on that waited for an answer, for acknowledgements, or for the store."""

    def __init__(self, sessions: Sessions, store: Store) -> None:
        self._sessions = sessions
        self._store = store
        #: Sessions that wait until the store has room for what they say, the first to wait first.
        self._held: OrderedDict[SessionId, Session] = OrderedDict()

    def __len__(self) -> int:
        """How many wait until the store has room."""
        return len(self._held)

    def release(self, peer: Session) -> None:
        """A session waited for an answer, and has it now."""
        peer.waits -= 1
        if peer.ready:
            self.resume(peer)

    def resume(self, peer: Session) -> None:
        """Let a session hand in what came meanwhile."""
        try:
            peer.door.resumed()
        except Exception:
            self._sessions.failed(peer, "what came meanwhile", None)

    def freed(self, peer: Session) -> None:
        """There is room again for acknowledgements that are due to a session."""
        if peer.ready:
            self.resume(peer)

    def hold(self, peer: Session) -> None:
        """Let a session wait until the store has room for more; what it said is in the queue, and nothing is lost."""
        if peer.id in self._sessions and peer.id not in self._held:
            peer.waits += 1
            self._held[peer.id] = peer

    def roomy(self) -> None:
        """The store has room again for what those say who had to wait."""
        while self._held and not self._store.full:
            _, peer = self._held.popitem(last=False)
            self.release(peer)

    def forget(self, peer: Session) -> None:
        """A session is gone."""
        self._held.pop(peer.id, None)

    def stop(self) -> None:
        """All sessions are about to go."""
        self._held.clear()
