"""The life of sessions: from the connection that a door opens to the last thing that they are sent."""

from __future__ import annotations

import secrets

from twisted.logger import Logger

from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.values.cloak import Cloak
from twisted_chat.core.values.ids import SessionId, UserId
from twisted_chat.core.values.text import CleanText
from twisted_chat.runtime.log_sums import FEW
from twisted_chat.server.catchup import CatchUp
from twisted_chat.server.commits import Outage
from twisted_chat.server.history import HistoryReader
from twisted_chat.server.recorder import StateRecorder
from twisted_chat.server.services import Services

log = Logger(namespace="twisted_chat.sessions")


class SessionLifecycle:
    """The sessions of one node, from open to close. ``server`` and ``motd`` are sent to each at its beginning."""

    def __init__(
        self,
        services: Services,
        history: HistoryReader,
        recorder: StateRecorder,
        catch_up: CatchUp,
        outage: Outage,
        server: str,
        motd: tuple[CleanText, ...],
    ) -> None:
        self._hub = services.hub
        self._bus = services.bus
        self._clock = services.clock
        self._wall = services.wall
        self._sessions = services.sessions
        self._connections = services.connections
        self._commits = services.commits
        self._pending = services.pending
        self._history = history
        self._recorder = recorder
        self._catch_up = catch_up
        self._outage = outage
        self.server = server
        self.motd = motd
        self._cloak = Cloak(secrets.token_bytes(32))

    def restored(self, secret: bytes) -> None:
        """Cloak addresses as in earlier runs; called before the first session."""
        self._cloak = Cloak(secret)

    def open(self, session: SessionId, address: str | None, private: bool) -> None:
        """Add a session and greet it. ``address``, None for this machine, is for the log, bans and server operators.

        The log has a line when it arrives, and one when it leaves, even without a nickname; none before.
        """
        entry = self._hub.open(session, self._cloak.of(address), self._clock.seconds(), address)
        entry.private, entry.local = private, address is None
        self._sessions.tell(session, r.Greeting(self.server))

    def arrived(self, envelope: e.Envelope, session: SessionId | None) -> None:
        """Complete a login. ``session`` is its session, None if that has ended already, or is on another node."""
        origin, author, event = envelope.origin, envelope.author, envelope.event
        assert origin is not None and author is not None and isinstance(event, e.Arrived)
        if session is None:
            self._take_out(origin, author.user, envelope.time)
            return
        user = self._hub.state.users[author.user]
        self._sessions.log_sums.write(
            log.info,
            "{nick} arrived from {address} (session {session})",
            nick=user.nick.text,
            address=self._sessions.address(session),
            session=session,
        )
        # Back in an earlier session's place, or with the other sessions of its account.
        resumed = bool(event.replaced or user.rooms)
        self._sessions.tell(
            session,
            r.Welcome(
                user.nick,
                self._hub.state.sessions[session].token,
                self.motd,
                resumed,
                author.scope,
                author,
            ),
            envelope.tag,
        )
        self._outage.tell(session)
        self._sessions.ignore(session)
        if resumed:
            self._sessions.enter(session)
        self._catch_up.came(session, envelope.id, anew=not event.replaced)
        self._connections.logged_in(session, resumed)

    def logged_in(self, envelope: e.Envelope, session: SessionId | None) -> None:
        """Complete the login of a user who was here already. ``session`` as in :meth:`arrived`."""
        origin, author, event = envelope.origin, envelope.author, envelope.event
        assert origin is not None and author is not None and isinstance(event, e.LoggedIn)
        if session is not None:
            self._sessions.log_sums.write(
                log.info,
                "{old} logged in as {nick} (session {session})",
                address=self._sessions.address(session),
                old=author.nick.text,
                nick=event.nick.text,
                session=session,
            )
            self._sessions.ignore(session)
            self._catch_up.came(session, envelope.id, anew=True)
            if event.moved and not self._hub.state.users_by_key[event.nick.key].rooms:
                # As for a session that logs in as a user without rooms.
                self._connections.logged_in(session, False)
        elif event.moved:
            self._take_out(origin, self._hub.state.users_by_key[event.nick.key].id, envelope.time)

    def _take_out(self, origin: e.Origin, user: UserId, time: float) -> None:
        """Remove a session whose connection was lost during its login, because nobody else would."""
        if origin.node == self._hub.node:
            gone = e.Departed(CleanText("connection lost"))
            self._bus.publish(e.Proposal(gone, origin, time, user))

    def close(self, session: SessionId, reason: str, logged: str | None) -> None:
        """Forget a session whose connection is closed. Its user departs for ``reason``; the log shows ``logged`` instead."""
        self._commits.forget(session)
        self._history.forget(session)
        departure = self._hub.departure(session, reason, self._wall())
        user = self._hub.user_of(session)
        if user is not None:
            self._sessions.log_sums.write(
                log.info,
                "{nick} left: {reason} (session {session})",
                address=self._sessions.address(session),
                nick=user.nick.text,
                reason=logged or reason,
                session=session,
            )
        else:
            self._left_nameless(session, logged or reason)
        self._hub.close(session)
        if departure is not None:
            self._bus.publish(departure)

    def stop(self, why: str) -> None:
        """Say goodbye to everyone, without telling each about all the others."""
        self._sessions.stopped = True
        self._commits.stop()
        self._pending.stop()
        for session in self._hub.state.sessions:
            if self._hub.user_of(session) is None:
                self._left_nameless(session, why)
        self._connections.stop(why)

    def _left_nameless(self, session: SessionId, reason: str) -> None:
        """Log the end of a session that never had a nickname; there is no other line about it."""
        self._sessions.log_sums.write(
            log.info,
            "session {session} from {address} left without a nickname: {reason}",
            address=self._sessions.address(session),
            most=FEW,
            session=session,
            reason=reason,
        )
