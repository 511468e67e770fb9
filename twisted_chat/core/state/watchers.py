"""Which sessions of this node watch which nicknames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from twisted_chat.core.values.ids import SessionId
from twisted_chat.core.values.names import Nick


class Watchers:
    """The nicknames that sessions watch. ``in_detail`` are the sessions that are also told how people change."""

    def __init__(self) -> None:
        self._watched: dict[SessionId, dict[str, Nick]] = {}
        self._sessions: dict[str, dict[SessionId, None]] = {}
        self.in_detail: set[SessionId] = set()

    def __bool__(self) -> bool:
        return bool(self._watched)

    def add(self, session: SessionId, nicks: Iterable[Nick]) -> None:
        for nick in nicks:
            self._watched.setdefault(session, {})[nick.key] = nick
            self._sessions.setdefault(nick.key, {})[session] = None

    def remove(self, session: SessionId, nicks: Iterable[Nick]) -> None:
        watched = self._watched.get(session, {})
        for nick in nicks:
            if watched.pop(nick.key, None) is not None:
                self._unindex(session, nick.key)
        if not watched:
            self._watched.pop(session, None)

    def forget(self, session: SessionId) -> None:
        """Let a session watch nobody."""
        for key in self._watched.pop(session, {}):
            self._unindex(session, key)
        self.in_detail.discard(session)

    def _unindex(self, session: SessionId, key: str) -> None:
        sessions = self._sessions[key]
        del sessions[session]
        if not sessions:
            del self._sessions[key]

    def of(self, nick: Nick) -> tuple[SessionId, ...]:
        """Return the sessions that watch a nickname."""
        return tuple(self._sessions.get(nick.key, ()))

    def watched_by(self, session: SessionId) -> Sequence[Nick]:
        """Return the nicknames that a session watches."""
        return tuple(self._watched.get(session, {}).values())
