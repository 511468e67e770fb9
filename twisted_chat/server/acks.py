"""Acknowledgements: a promise that a message is stored, given in the order of the store."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from twisted_chat.core.api import replies as r
from twisted_chat.core.values.ids import MessageId
from twisted_chat.delivery.session import MAX_UNACKED, Session
from twisted_chat.server.sessions import Sessions


class Acks:
    """Who is to be told that a message is stored, once it is.

    ``settled`` is called with a session when it got the last acknowledgement that was due, ``freed`` when there were as many as
    may be, and are no longer.
    """

    def __init__(
        self,
        sessions: Sessions,
        settled: Callable[[Session], None],
        freed: Callable[[Session], None],
    ) -> None:
        self._sessions = sessions
        self._settled = settled
        self._freed = freed
        #: The id up to which all must be stored, and then who gets which acknowledgement.
        self._waiting: deque[tuple[MessageId, Session, r.Reply, str | None]] = deque()
        self._appended_to = MessageId(0)
        self._stored_to = MessageId(0)
        self._gone = 0  # how many wait for sessions that are gone

    def __len__(self) -> int:
        return len(self._waiting)

    def appended(self, message: MessageId) -> None:
        """The store has taken what came of this message, and will tell when it is stored."""
        self._appended_to = message

    def is_stored(self, message: MessageId) -> bool:
        """Tell whether everything up to this id is stored."""
        return message <= self._stored_to

    def took(self, message: MessageId) -> bool:
        """Tell whether the store has taken anything of this message, and of none after it."""
        return self._appended_to == message

    def stored(self, message: MessageId) -> None:
        """Everything up to this id is stored: acknowledge it."""
        self._stored_to = max(self._stored_to, message)
        freed: list[Session] = []
        while self._waiting and self._waiting[0][0] <= message:
            _, peer, reply, tag = self._waiting.popleft()
            peer.unacked -= 1
            if peer.id not in self._sessions:
                self._gone -= 1
                continue
            self._sessions.tell(peer, reply, tag)
            if peer.unacked == MAX_UNACKED - 1:
                freed.append(peer)
            elif not peer.unacked:
                self._settled(peer)
        # Only now: what they say next is acknowledged after all that was stored already.
        for peer in freed:
            self._freed(peer)

    def forget(self, peer: Session) -> None:
        """A session is gone. What was due to it goes when that is half of all: each costs one look for that, on average."""
        self._gone += peer.unacked
        if self._gone > len(self._waiting) // 2:
            self._waiting = deque(each for each in self._waiting if each[1].id in self._sessions)
            self._gone = 0

    def acknowledge(self, peer: Session, message: MessageId, time: float, tag: str | None) -> None:
        """Acknowledge a message once it is stored; one that is not for the store, once all before it are."""
        self.promise(peer, message, r.Acked(message, time), tag)

    def promise(self, peer: Session, message: MessageId, reply: r.Reply, tag: str | None) -> None:
        """Say what came of a message once that is stored."""
        waits_for = min(message, self._appended_to)
        if waits_for <= self._stored_to:
            self._sessions.tell(peer, reply, tag)
        else:
            peer.unacked += 1
            self._waiting.append((waits_for, peer, reply, tag))
