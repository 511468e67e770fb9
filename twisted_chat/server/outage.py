"""Outages of the store: everybody is told while what they say may be lost, and when that is over."""

from __future__ import annotations

from typing import Final

from twisted_chat.core.api import replies as r
from twisted_chat.core.values.ids import SessionId
from twisted_chat.server.services import Services

_BEGAN: Final = r.Notice(
    "not-stored",
    "The server cannot store messages at the moment. Messages are shown, but they are lost if the server stops before they "
    "are stored.",
)
_ENDED: Final = r.Notice(
    "stored-again",
    "The server can store messages again, and has stored everything said in the meantime.",
)


class Outage:
    """Watches whether the store can commit. One that fails only once, and works again some seconds later, is no news."""

    def __init__(self, services: Services) -> None:
        self._sessions = services.sessions
        self._store = services.store
        self._failed = False
        self._told = False

    def tick(self) -> None:
        """Look at the store; called every few seconds."""
        failed, self._failed = self._failed, self._store.health().error is not None
        if self._failed == failed and self._failed != self._told:
            self._told = self._failed
            for session in self._sessions.inside():
                self._sessions.tell(session, _BEGAN if self._told else _ENDED)

    def tell(self, session: SessionId) -> None:
        """Tell somebody who has come in."""
        if self._told:
            self._sessions.tell(session, _BEGAN)
