"""The sessions of this node as the hub side sees them: finding them by user, and replies to one of them alone."""

from __future__ import annotations

from twisted.python.failure import Failure

from twisted_chat.core.api import replies as r
from twisted_chat.core.hub import Hub
from twisted_chat.core.values.addresses import network_keys
from twisted_chat.core.values.ids import SessionId, UserId
from twisted_chat.runtime.log_sums import LogSums
from twisted_chat.seam import faults
from twisted_chat.seam.ports import ConnectionsPort


class HubSessions:
    """The sessions of this node. ``log_sums`` counts the log lines that they cause."""

    def __init__(self, hub: Hub, connections: ConnectionsPort, log_sums: LogSums) -> None:
        self._hub = hub
        self._connections = connections
        self.log_sums = log_sums
        self.tell = connections.tell
        #: The server is stopping: to it, all sessions are gone.
        self.stopped = False

    def here(self, session: SessionId) -> bool:
        """Return whether a session has not ended yet."""
        return session in self._hub.state.sessions and not self.stopped

    def inside(self) -> tuple[SessionId, ...]:
        """Return the sessions of this node that have logged in."""
        return tuple(each for each in self._hub.state.sessions if self._hub.user_of(each))

    def of(self, user: UserId) -> tuple[SessionId, ...]:
        """Return this node's sessions of a user."""
        return self._hub.state.sessions_of(self._hub.node, user)

    def of_account(self, account: str | None) -> tuple[SessionId, ...]:
        """Return this node's sessions of an account, given by its key; of guests, none."""
        users = self._hub.state.users_of(account) if account is not None else ()
        return tuple(each for user in users for each in self.of(user.id))

    def address(self, session: SessionId) -> str:
        """Return the address of a session, for the log and the audit log."""
        return self._hub.state.sessions[session].address or "this machine"

    def networks(self, session: SessionId) -> tuple[str, ...]:
        """Return the networks under which a session is counted, the smallest first; none for this machine."""
        entry = self._hub.state.sessions.get(session)
        return network_keys(entry.address) if entry is not None else ()

    def network(self, session: SessionId) -> str | None:
        """Return the address or IPv6 network under which a session's tries are counted; None for this machine."""
        return next(iter(self.networks(session)), None)

    def path(self, session: SessionId) -> tuple[str, ...]:
        """Return the path for a session's turns: its networks, the widest first, then its user."""
        user = self._hub.user_of(session)
        return (*self.networks(session)[::-1], str(user.id if user is not None else session))

    def refocus(self, session: SessionId) -> None:
        """Tell the connections which room of a session is focused."""
        focus = self._hub.focus_of(session)
        self._connections.focus(session, focus.ref.id if focus is not None else None)

    def ignore(self, session: SessionId) -> None:
        """Tell the connections which users a session ignores."""
        self._connections.ignore(session, dict(self._hub.state.sessions[session].ignored))

    def enter(self, session: SessionId) -> None:
        """Let a session into the rooms of its user, and tell it which one is focused."""
        user = self._hub.user_of(session)
        assert user is not None
        for room in user.rooms:
            self._connections.enter(session, room)
            self.tell(session, self._hub.entered(self._hub.state.rooms[room], created=False))
        self.refocus(session)
        focus = self._hub.focus_of(session)
        self.tell(session, r.FocusSet(focus.name if focus is not None else None))

    def failed(
        self, session: SessionId | None, what: str, tag: str | None, why: Failure | None = None
    ) -> None:
        """Log an exception, and show its id to the session that caused it. ``why`` defaults to the one being handled."""
        here = session is not None and session in self._hub.state.sessions
        address = self.address(session) if session is not None and here else "no session"
        refused = faults.report(self.log_sums, what, address, why)
        if session is not None and here:
            self.tell(session, refused, tag)
