"""How sessions come and go: from the connection that a door opens to the last thing that they see."""

from __future__ import annotations

import secrets

from twisted.logger import Logger

from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules.effects import HangUp
from twisted_chat.core.values.cloak import Cloak
from twisted_chat.core.values.ids import SessionId, UserId
from twisted_chat.core.values.text import CleanText
from twisted_chat.delivery.session import Door, Session
from twisted_chat.dialects.base import DialectSession
from twisted_chat.runtime.log_sums import FEW
from twisted_chat.server.catchup import CatchUp
from twisted_chat.server.history import HistoryReader
from twisted_chat.server.recorder import StateRecorder
from twisted_chat.server.services import Services

log = Logger(namespace="twisted_chat.sessions")


class SessionLifecycle:
    """The sessions of one node, from open to close. ``server`` and ``motd`` are what each is told at its beginning."""

    def __init__(
        self,
        services: Services,
        history: HistoryReader,
        recorder: StateRecorder,
        catch_up: CatchUp,
        server: str,
        motd: tuple[CleanText, ...],
    ) -> None:
        self._hub = services.hub
        self._bus = services.bus
        self._clock = services.clock
        self._wall = services.wall
        self._sessions = services.sessions
        self._delivery = services.delivery
        self._flow = services.flow
        self._history = history
        self._recorder = recorder
        self._catch_up = catch_up
        self.server = server
        self.motd = motd
        self._next_session = 1
        self._flow.on_settled = self.settle
        self._cloak = Cloak(secrets.token_bytes(32))

    def restored(self, secret: bytes) -> None:
        """Cloak addresses as in earlier runs, before anybody comes."""
        self._cloak = Cloak(secret)

    def open(self, door: Door, dialect: DialectSession, address: str | None) -> Session:
        """Add a session and greet it. ``address``, None for this machine, is for the log, bans and server operators.

        The log has a line when it arrives, and one when it leaves, be it without a nickname; none before.
        """
        session = SessionId(self._next_session)
        self._next_session += 1
        seat = self._hub.open(session, self._cloak.of(address), self._clock.seconds(), address)
        outbox = self._delivery.outbox(door, dialect.here, dialect.elsewhere)
        outbox.ignored = seat.ignored
        peer = self._sessions[session] = Session(
            session, door, dialect, outbox, address or "this machine"
        )
        self._sessions.tell(peer, r.Greeting(self.server))
        return peer

    def speak(self, peer: Session, dialect: DialectSession) -> None:
        """Let a session speak another dialect, or see what it is shown in another way, from now on."""
        peer.dialect = dialect
        self._delivery.look(peer.outbox, dialect.here, dialect.elsewhere)

    def banned(self, address: str | None) -> str:
        """Say why nobody can come in from an address; nothing if they can."""
        return self._hub.banned(address, self._wall())

    def trust(self, peer: Session) -> None:
        """Note that a session comes from the machine that the server runs on."""
        self._hub.trust(peer.id)

    def arrived(self, envelope: e.Envelope, peer: Session | None) -> None:
        """Complete a login. ``peer`` is its session, None if that is gone already, or of another node."""
        origin, author, event = envelope.origin, envelope.author, envelope.event
        assert origin is not None and author is not None and isinstance(event, e.Arrived)
        if peer is None:
            self._take_out(origin, author.user, envelope.time)
            return
        user = self._hub.state.users[author.user]
        self._sessions.log_sums.write(
            log.info,
            "{nick} arrived from {address} (session {session})",
            nick=user.nick.text,
            address=peer.address,
            session=peer.id,
        )
        # Back in an earlier session's place, or with the other sessions of its account.
        resumed = bool(event.replaced or user.rooms)
        self._sessions.tell(
            peer,
            r.Welcome(user.nick, peer.token, self.motd, resumed, author.scope),
            envelope.tag,
        )
        if resumed:
            self._sessions.enter(peer)
        peer.outbox.refresh()
        self._catch_up.came(peer, envelope.id, anew=not event.replaced)
        peer.door.logged_in(resumed=resumed)

    def logged_in(self, envelope: e.Envelope, peer: Session | None) -> None:
        """Complete the login of a user who was here already. ``peer`` as in :meth:`arrived`."""
        origin, author, event = envelope.origin, envelope.author, envelope.event
        assert origin is not None and author is not None and isinstance(event, e.LoggedIn)
        if peer is not None:
            self._sessions.log_sums.write(
                log.info,
                "{old} logged in as {nick} (session {session})",
                address=peer.address,
                old=author.nick.text,
                nick=event.nick.text,
                session=peer.id,
            )
            self._catch_up.came(peer, envelope.id, anew=True)
            if event.moved and not self._hub.state.users_by_key[event.nick.key].rooms:
                # As for who comes in as somebody who is in no room.
                peer.door.logged_in(resumed=False)
        elif event.moved:
            self._take_out(origin, self._hub.state.users_by_key[event.nick.key].id, envelope.time)

    def _take_out(self, origin: e.Origin, user: UserId, time: float) -> None:
        """Take a session out whose connection was lost while its login was on its way: nobody else ever would."""
        if origin.node == self._hub.node:
            gone = e.Departed(CleanText("connection lost"))
            self._bus.publish(e.Proposal(gone, origin, time, user))

    def close(self, peer: Session, reason: str, *, logged: str | None = None) -> None:
        """Forget a session whose connection is gone or about to go; its user departs for ``reason``.

        ``logged`` is what the log says of it instead, where people chose the words: those are theirs.
        """
        if self._sessions.pop(peer.id, None) is None:
            return
        peer.closing = True
        self._flow.forget(peer)
        departure = self._hub.departure(peer.id, reason, self._wall())
        user = self._hub.user_of(peer.id)
        if user is not None:
            self._sessions.log_sums.write(
                log.info,
                "{nick} left: {reason} (session {session})",
                address=peer.address,
                nick=user.nick.text,
                reason=logged or reason,
                session=peer.id,
            )
        else:
            self._left_nameless(peer, logged or reason)
        self._delivery.close(peer.outbox)
        self._hub.close(peer.id)
        if departure is not None:
            self._bus.publish(departure)

    def leave(self, peer: Session, reason: str, *, logged: str | None = None) -> None:
        """End a session that wishes so, once all it said is told and acknowledged; nothing more of it is handed in."""
        peer.waits += 1
        peer.leaves = reason, logged
        self.settle(peer)

    def settle(self, peer: Session) -> None:
        """Let a session go that waited with that until all it said was told and acknowledged."""
        if peer.leaves is not None and peer.settled:
            reason, logged = peer.leaves
            self.say_goodbye(peer, "", reason, logged=logged)

    def say_goodbye(
        self, peer: Session, why: str, reason: str, *, logged: str | None = None
    ) -> None:
        """End a session from this side: it is told ``why``, the others see ``reason``, the log see :meth:`close`."""
        if peer.id not in self._sessions:
            return
        self._sessions.tell(peer, r.Farewell(why))
        self.close(peer, reason, logged=logged)
        self._end(peer)

    def hang_up(self, it: HangUp) -> None:
        """End the sessions of this node that an effect names."""
        for each in it.sessions:
            peer = self._sessions.get(each)
            if peer is not None:  # it may have ended with what the others were told
                self.say_goodbye(peer, it.why, it.reason)

    def stop(self, why: str) -> None:
        """Say goodbye to everybody, without telling each of all the others."""
        peers = list(self._sessions.values())
        self._sessions.clear()
        self._flow.stop()
        self._delivery.settle_all()  # first: the farewell is the last thing a session sees
        self._history.stop()
        for peer in peers:
            peer.closing = True
            self._sessions.tell(peer, r.Farewell(why))
            if self._hub.user_of(peer.id) is None:
                self._left_nameless(peer, why)
        self._delivery.flush()
        for peer in peers:
            self._end(peer)

    def _end(self, peer: Session) -> None:
        # The fault of one door must not keep another session's login or goodbye from going on.
        try:
            peer.door.end()
        except Exception:
            log.failure("ending session {session} failed", session=peer.id)

    def _left_nameless(self, peer: Session, reason: str) -> None:
        """Log the end of a session that never had a nickname: this is all that is ever heard of it."""
        self._sessions.log_sums.write(
            log.info,
            "session {session} from {address} left without a nickname: {reason}",
            address=peer.address,
            most=FEW,
            session=peer.id,
            reason=reason,
        )
