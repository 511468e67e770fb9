"""Arrivals: what a login does once it has its place in the order, for who came and for whose session it goes on as."""

from __future__ import annotations

from twisted.logger import Logger

from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.bus import Bus
from twisted_chat.core.hub import Hub
from twisted_chat.core.values.ids import UserId
from twisted_chat.core.values.text import CleanText
from twisted_chat.delivery.session import Session
from twisted_chat.server.catchup import CatchUp
from twisted_chat.server.fanout import EventFanout
from twisted_chat.server.lifecycle import SessionLifecycle
from twisted_chat.server.recorder import StateRecorder
from twisted_chat.server.sessions import Sessions

log = Logger(namespace="twisted_chat.sessions")


class Arrivals:
    """Lets those in who logged in. ``motd`` is what each of them is told."""

    def __init__(
        self,
        hub: Hub,
        bus: Bus,
        sessions: Sessions,
        keeping: StateRecorder,
        showing: EventFanout,
        returns: CatchUp,
        visits: SessionLifecycle,
        motd: tuple[CleanText, ...],
    ) -> None:
        self._hub = hub
        self._bus = bus
        self._sessions = sessions
        self._keeping = keeping
        self._showing = showing
        self._returns = returns
        self._visits = visits
        self.motd = motd

    def arrived(self, envelope: e.Envelope, event: e.Arrived, peer: Session | None) -> None:
        """Somebody came in. ``peer`` is their session, None if that is gone already, or of another node."""
        for node, session in event.replaced:
            old = self._sessions.get(session) if node == self._hub.node else None
            if old is not None:
                self._visits.say_goodbye(
                    old, "your session goes on in another connection", "replaced"
                )
        origin, author = envelope.origin, envelope.author
        assert origin is not None and author is not None
        self._keeping.seen(author, envelope.time)
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
            self._showing.enter(peer)
        peer.outbox.refresh()
        self._returns.came(peer, envelope.id, anew=not event.replaced)
        peer.door.logged_in(resumed=resumed)

    def logged_in(self, envelope: e.Envelope, event: e.LoggedIn, peer: Session | None) -> None:
        """Somebody who was here has logged in to an account. ``peer`` as in :meth:`arrived`."""
        origin, author = envelope.origin, envelope.author
        assert origin is not None and author is not None
        if peer is not None:
            self._sessions.log_sums.write(
                log.info,
                "{old} logged in as {nick} (session {session})",
                address=peer.address,
                old=author.nick.text,
                nick=event.nick.text,
                session=peer.id,
            )
            self._returns.came(peer, envelope.id, anew=True)
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
