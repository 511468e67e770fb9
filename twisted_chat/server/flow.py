"""Flow control: which sessions wait before their next command is taken, and which acknowledgements are due to them."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable

from twisted_chat.core.api import replies as r
from twisted_chat.core.values.ids import MessageId, SessionId
from twisted_chat.delivery.session import MAX_UNACKED, Session
from twisted_chat.server.sessions import Sessions
from twisted_chat.store.port import Store


class FlowControl:
    """Lets the sessions of one node go on that waited for an answer, for acknowledgements, or for the store.

    An acknowledgement promises that a message is stored; they are given in the order of the store. ``on_settled`` is called
    with a session when it got the last one that was due.
    """

    def __init__(self, sessions: Sessions, store: Store) -> None:
        self._sessions = sessions
        self._store = store
        self.on_settled: Callable[[Session], None] = lambda peer: None
        #: Sessions that wait until the store has room for what they say, the first to wait first.
        self._held: OrderedDict[SessionId, Session] = OrderedDict()
        #: The id up to which all must be stored, and then who gets which acknowledgement.
        self._unacked: deque[tuple[MessageId, Session, r.Reply, str | None]] = deque()
        self._appended_to = MessageId(0)
        self._stored_to = MessageId(0)
        self._gone = 0  # how many acknowledgements are due to sessions that are gone

    @property
    def unacked(self) -> int:
        """How many acknowledgements are due."""
        return len(self._unacked)

    @property
    def held(self) -> int:
        """How many sessions wait until the store has room."""
        return len(self._held)

    # --- sessions that wait ---

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

    def hold(self, peer: Session) -> None:
        """Let a session wait until the store has room for more; what it said is in the queue, and nothing is lost."""
        if peer.id in self._sessions and peer.id not in self._held:
            peer.waits += 1
            self._held[peer.id] = peer

    def on_drained(self) -> None:
        """The store has room again for what those say who had to wait."""
        while self._held and not self._store.full:
            _, peer = self._held.popitem(last=False)
            self.release(peer)

    def stop(self) -> None:
        """All sessions are about to go."""
        self._held.clear()

    def forget(self, peer: Session) -> None:
        """A session is gone. What was due to it goes when that is half of all: each costs one look for that, on average."""
        self._held.pop(peer.id, None)
        self._gone += peer.unacked
        if self._gone > len(self._unacked) // 2:
            self._unacked = deque(each for each in self._unacked if each[1].id in self._sessions)
            self._gone = 0

    # --- acknowledgements ---

    def appended(self, message: MessageId) -> None:
        """The store has taken what came of this message, and will tell when it is stored."""
        self._appended_to = message

    def is_stored(self, message: MessageId) -> bool:
        """Tell whether everything up to this id is stored."""
        return message <= self._stored_to

    def took(self, message: MessageId) -> bool:
        """Tell whether the store has taken anything of this message, and of none after it."""
        return self._appended_to == message

    def on_committed(self, message: MessageId) -> None:
        """Everything up to this id is stored: acknowledge it."""
        self._stored_to = max(self._stored_to, message)
        freed: list[Session] = []
        while self._unacked and self._unacked[0][0] <= message:
            _, peer, reply, tag = self._unacked.popleft()
            peer.unacked -= 1
            if peer.id not in self._sessions:
                self._gone -= 1
                continue
            self._sessions.tell(peer, reply, tag)
            if peer.unacked == MAX_UNACKED - 1:
                freed.append(peer)
            elif not peer.unacked:
                self.on_settled(peer)
        # Only now: what they say next is acknowledged after all that was stored already.
        for peer in freed:
            if peer.ready:
                self.resume(peer)

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
            self._unacked.append((waits_for, peer, reply, tag))
