"""Replies that take a while: the session that asked waits, and no other."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.defer import TimeoutError as DeferredTimeoutError
from twisted.internet.interfaces import IReactorTime

from twisted_chat.core.api import replies as r
from twisted_chat.core.values.ids import SessionId
from twisted_chat.runtime import tasks
from twisted_chat.seam.ports import ConnectionsPort
from twisted_chat.server.sessions import HubSessions
from twisted_chat.store.port import StoreError

T = TypeVar("T")

#: How long the store has for one answer, in seconds. Live lines of the session wait behind it, and they are what people
#: are here for; a store that takes longer is not slow but stuck.
PATIENCE: Final = 10.0

_STUCK: Final = "the store does not answer; try again later"


class PendingReplies:
    """Sends replies that take a while to find out."""

    def __init__(
        self, sessions: HubSessions, connections: ConnectionsPort, clock: IReactorTime
    ) -> None:
        self._sessions = sessions
        self._connections = connections
        self._clock = clock
        self._asked: dict[Deferred[Any], None] = {}

    def start(
        self,
        session: SessionId,
        tag: str | None,
        work: Coroutine[Any, Any, r.Reply | None],
        what: str,
    ) -> None:
        """Make a session wait for the reply that ``work`` returns, or None for no reply. If it ends meanwhile, it gets none."""
        self._connections.hold(session)
        tasks.start(self._tell(session, tag, work, what), what)

    async def _tell(
        self,
        session: SessionId,
        tag: str | None,
        work: Coroutine[Any, Any, r.Reply | None],
        what: str,
    ) -> None:
        try:
            reply = await work
            if reply is not None and self._sessions.here(session):
                self._sessions.tell(session, reply, tag)
        except StoreError as error:
            if self._sessions.here(session):
                self._sessions.tell(session, r.Refused("store-unavailable", str(error)), tag)
        except Exception:
            self._sessions.failed(session, what, tag)
        self._connections.release(session)

    async def in_time(self, work: Coroutine[Any, Any, T], late: str = _STUCK) -> T:
        """Wait for the store, but not forever: then raise :class:`StoreError` with the text ``late``."""
        asked = Deferred.fromCoroutine(work)
        if asked.called:
            return await asked
        self._asked[asked] = None
        try:
            return await asked.addTimeout(PATIENCE, self._clock)
        except DeferredTimeoutError:
            raise StoreError(late) from None
        except CancelledError:
            raise StoreError("the server is stopping") from None
        finally:
            del self._asked[asked]

    def stop(self) -> None:
        """Stop waiting for the store. Sessions that wait are told so, and what comes after that is no longer held back."""
        for asked in list(self._asked):
            asked.cancel()
