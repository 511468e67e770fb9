"""Flow control: which sessions wait before their next command is taken, and which acknowledgements are due to them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container

from twisted_chat.core.api.replies import Reply
from twisted_chat.core.values.ids import MessageId, SessionId
from twisted_chat.delivery.session import MAX_FLYING, MAX_UNACKED, Session


class FlowControl:
    """Lets sessions go on that waited for an answer, for their messages to have a place in the order, or for acknowledgements.

    An acknowledgement promises that a message is stored; they are given in the order of the store. ``tell`` sends a reply,
    ``resume`` lets a session hand in more, ``settled`` ends one that leaves and to which nothing more is due.
    """

    def __init__(
        self,
        sessions: Container[SessionId],
        tell: Callable[[Session, Reply, str | None], None],
        resume: Callable[[Session], None],
        settled: Callable[[Session], None],
    ) -> None:
        self._sessions = sessions
        self._tell = tell
        self._resume = resume
        self._settled = settled
        #: The id up to which all must be stored, and then who gets which acknowledgement.
        self._unacked: deque[tuple[MessageId, Session, Reply, str | None]] = deque()
        self._stored_to = MessageId(0)
        self._gone = 0  # how many acknowledgements are due to sessions that are gone

    @property
    def unacked(self) -> int:
        """How many acknowledgements are due."""
        return len(self._unacked)

    # --- sessions that wait ---

    def release(self, session: Session) -> None:
        """A session waited for an answer, and has it now."""
        session.waits -= 1
        if session.ready:
            self._resume(session)

    def landed(self, session: Session) -> None:
        """A message of a session is no longer on its way."""
        session.flying -= 1
        if session.leaves is not None:
            self._settled(session)
        elif session.ready and (session.flying == MAX_FLYING - 1 or session.dialect.serial):
            self._resume(session)

    # --- acknowledgements ---

    def promise(self, session: Session, at: MessageId, reply: Reply, tag: str | None) -> None:
        """Send a reply once all up to a message is stored."""
        if at <= self._stored_to:
            self._tell(session, reply, tag)
        else:
            session.unacked += 1
            self._unacked.append((at, session, reply, tag))

    def committed(self, message: MessageId) -> None:
        """Everything up to this id is stored: acknowledge it."""
        self._stored_to = max(self._stored_to, message)
        freed: list[Session] = []
        while self._unacked and self._unacked[0][0] <= message:
            _, session, reply, tag = self._unacked.popleft()
            session.unacked -= 1
            if session.id not in self._sessions:
                self._gone -= 1
                continue
            self._tell(session, reply, tag)
            if session.unacked == MAX_UNACKED - 1:
                freed.append(session)
            elif not session.unacked:
                self._settled(session)
                if session.dialect.serial:
                    freed.append(session)
        # Only now: what they say next is acknowledged after all that was stored already.
        for session in freed:
            if session.ready:
                self._resume(session)

    def forget(self, session: Session) -> None:
        """A session is gone. What was due to it goes when that is half of all: each costs one look for that, on average."""
        self._gone += session.unacked
        if self._gone > len(self._unacked) // 2:
            self._unacked = deque(each for each in self._unacked if each[1].id in self._sessions)
            self._gone = 0
