"""The node: the way of a command through the server, from a session and back to everybody it concerns.

``submit`` is the one way in, for all doors: decide → bus → apply → deliver, store, acknowledge.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from twisted_chat.accounts import Accounts
from twisted_chat.acks import Acks
from twisted_chat.answers import Answers
from twisted_chat.auth.gate import Gate
from twisted_chat.cluster.bus import Bus
from twisted_chat.core import commands as c
from twisted_chat.core import decision as d
from twisted_chat.core import events as e
from twisted_chat.core import replies as r
from twisted_chat.core.cloak import Cloak
from twisted_chat.core.hub import NO_SCOPE, Hub, scope_of
from twisted_chat.core.ids import MessageId, Scope, SessionId, UserId
from twisted_chat.core.lasting import Remembered
from twisted_chat.core.limits import Limits
from twisted_chat.core.outcome import Applied, Duplicate, Void
from twisted_chat.core.text import CleanText
from twisted_chat.delivery.engine import Delivery
from twisted_chat.delivery.peer import MAX_FLYING, Door, Peer
from twisted_chat.dialects.base import BadLine, Dialect, Request
from twisted_chat.keeping import Keeping
from twisted_chat.operating import Operating
from twisted_chat.presence import Presence
from twisted_chat.recalls import Recalls
from twisted_chat.returns import Returns
from twisted_chat.sessions import Sessions
from twisted_chat.showing import Showing
from twisted_chat.store.port import Store

log = Logger()

_MESSAGES: Final = (e.Said, e.Told)


class Node:
    """One server: hub, bus, store and delivery, and the sessions of its doors."""

    def __init__(
        self,
        hub: Hub,
        bus: Bus,
        store: Store,
        clock: IReactorTime,
        gate: Gate,
        *,
        server: str = "twisted-chat",
        motd: tuple[CleanText, ...] = (),
        new_token: Callable[[], str] = lambda: secrets.token_urlsafe(16),
    ) -> None:
        self.hub = hub
        self.limits = hub.limits
        self.clock = clock
        self.server = server
        self._bus = bus
        self._store = store
        self.motd = motd
        self._new_token = new_token
        self.delivery = Delivery(clock, hub.limits)
        self._sessions = Sessions(hub, self.delivery)
        self._next_session = 1
        self._acks = Acks(self._sessions, self._settled, self._freed)
        self._keeping = Keeping(hub, bus, store, clock)
        #: Sessions that wait until the store has room for what they say, the first to wait first.
        self._held: OrderedDict[SessionId, Peer] = OrderedDict()
        self._accounts = Accounts(
            hub,
            self._sessions,
            self.delivery,
            self._acks,
            gate,
            clock,
            self._carry_out,
            self._release,
        )
        self._recalls = Recalls(self._sessions, self.delivery, store, clock, self._release)
        self._returns = Returns(hub, self._sessions, bus, store, clock, self._recalls)
        answers = Answers(self._sessions, clock, self._release)
        self.operating = Operating(
            hub,
            self._sessions,
            self.delivery,
            store,
            clock,
            answers,
            gate.passwords,
            self.say_goodbye,
        )
        self._presence = Presence(hub, bus, store, clock, answers)
        self._showing = Showing(
            hub,
            self._sessions,
            self.delivery,
            store,
            self._acks,
            self._recalls,
            self._keeping,
            self._accounts,
            self.operating,
            self._presence,
        )
        self._cloak = Cloak(secrets.token_bytes(32))
        bus.attach(self._apply)

    def restored(self, remembered: Remembered) -> None:
        """Take up what the store remembers of earlier runs, before anybody comes."""
        self._keeping.restore(remembered)
        if remembered.secret:
            self._cloak = Cloak(remembered.secret)

    def reserve(self, names: Iterable[str]) -> None:
        """Keep names for whom others vouch for, before anybody comes."""
        self._keeping.reserve(names)

    def limit(self, limits: Limits) -> None:
        """Let these limits count from now on; what a session or a room got at its beginning stays as it is."""
        self.limits.become(limits)
        self.delivery.backlog.limit = limits.max_backlog
        self.hub.state.nonces.max_ids = limits.max_ids
        self._accounts.limit(limits)

    def look_after(self) -> None:
        """Do what is due every ten minutes."""
        self._keeping.look_after()

    def look_around(self) -> None:
        """Do what is due every few seconds."""
        self._presence.check()

    # --- sessions ---

    def open(self, door: Door, dialect: Dialect, address: str | None) -> Peer:
        """Add a session and greet it. ``address``, None for this machine, is for the log, bans and server operators.

        The log has a line when it arrives, and one when it leaves, be it without a nickname; none before.
        """
        session = SessionId(self._next_session)
        self._next_session += 1
        seat = self.hub.open(session, self._cloak.of(address), self.clock.seconds(), address)
        outbox = self.delivery.outbox(door, dialect.here, dialect.elsewhere)
        outbox.ignored = seat.ignored
        peer = self._sessions[session] = Peer(
            session, door, dialect, outbox, address or "this machine"
        )
        self.tell(peer, r.Greeting(self.server))
        return peer

    def speak(self, peer: Peer, dialect: Dialect) -> None:
        """Let a session that has not logged in speak another dialect."""
        peer.dialect = dialect
        peer.outbox.here, peer.outbox.elsewhere = dialect.here, dialect.elsewhere

    def banned(self, address: str | None) -> str:
        """Say why nobody can come in from an address; nothing if they can."""
        return self.hub.banned(address, self.clock.seconds())

    def trust(self, peer: Peer) -> None:
        """Note that a session comes from the machine that the server runs on."""
        self.hub.trust(peer.id)

    def comes_from(self, peer: Peer, address: str | None) -> None:
        """Note where a session comes from: a proxy may have told since it was opened. Who is banned is told so, and ended."""
        seat = self.hub.state.sessions[peer.id]
        if address != seat.address:
            seat.address, seat.host = address, self._cloak.of(address)
            peer.address = address or "this machine"
            why = self.banned(address)
            if why:
                self.say_goodbye(peer, why, "banned")

    def close(self, peer: Peer, reason: str, *, logged: str | None = None) -> None:
        """Forget a session whose connection is gone or about to go; its user departs for ``reason``.

        ``logged`` is what the log says of it instead, where people chose the words: those are theirs.
        """
        if self._sessions.pop(peer.id, None) is None:
            return
        peer.closing = True
        self._held.pop(peer.id, None)
        self._acks.forget(peer)
        departure = self.hub.departure(peer.id, reason, self.clock.seconds())
        user = self.hub.user_of(peer.id)
        if user is not None:
            log.info(
                "{nick} left: {reason} (session {session})",
                nick=user.nick.text,
                reason=logged or reason,
                session=peer.id,
            )
        else:
            _left_nameless(peer, logged or reason)
        self.delivery.close(peer.outbox)
        self.hub.close(peer.id)
        if departure is not None:
            self._bus.publish(departure)

    def leave(self, peer: Peer, reason: str, *, logged: str | None = None) -> None:
        """End a session that wishes so, once all it said is told and acknowledged; nothing more of it is handed in."""
        peer.waits += 1
        peer.leaves = reason, logged
        self._settled(peer)

    def say_goodbye(self, peer: Peer, why: str, reason: str, *, logged: str | None = None) -> None:
        """End a session from this side: it is told ``why``, the others see ``reason``, the log see :meth:`close`."""
        if peer.id not in self._sessions:
            return
        self.tell(peer, r.Farewell(why))
        self.close(peer, reason, logged=logged)
        self._end(peer)

    def stop(self, why: str) -> None:
        """Say goodbye to everybody, without telling each of all the others. Rooms, and who is here, may come back."""
        self._keeping.stop()
        peers = list(self._sessions.values())
        self._sessions.clear()
        self._held.clear()
        self.delivery.settle_all()  # first: the farewell is the last thing a session sees
        self._recalls.stop()
        for peer in peers:
            peer.closing = True
            self.tell(peer, r.Farewell(why))
            if self.hub.user_of(peer.id) is None:
                _left_nameless(peer, why)
        self.delivery.flush()
        for peer in peers:
            self._end(peer)

    def _end(self, peer: Peer) -> None:
        # The fault of one door must not keep another session's login or goodbye from going on.
        try:
            peer.door.end()
        except Exception:
            log.failure("ending session {session} failed", session=peer.id)

    @property
    def sessions(self) -> int:
        """How many sessions this node has."""
        return len(self._sessions)

    # --- the way in ---

    def admit(self, peer: Peer) -> float:
        """Return 0.0 if a session may hand in its next line, or the seconds to wait before asking again."""
        return self.hub.admit(peer.id, self.clock.seconds())

    def rested(self, peer: Peer) -> bool:
        """Tell whether a session has not been near its flood limit for a while."""
        return self.hub.rested(peer.id)

    def submit(self, peer: Peer, request: Request) -> None:
        """Carry out a command of a session. Only while ``peer.ready``."""
        try:
            self._submit(peer, request.command, request.tag)
        except Exception:
            self._sessions.failed(peer, "a command", request.tag)

    def refuse(self, peer: Peer, bad: BadLine) -> None:
        """Tell a session that a line of it was no command."""
        if self.hub.user_of(peer.id) is None:
            self.tell(peer, r.NameRefused(bad.code, str(bad)), bad.tag)
        else:
            self.tell(peer, r.Refused(bad.code, str(bad)), bad.tag)

    def tell(self, peer: Peer, reply: r.Reply, tag: str | None = None) -> None:
        """Send a reply to one session."""
        self._sessions.tell(peer, reply, tag)

    def _submit(self, peer: Peer, command: c.Command, tag: str | None) -> None:
        now = self.clock.seconds()
        scope = NO_SCOPE
        if isinstance(command, c.Login) and self.hub.user_of(peer.id) is None:
            peer.token = self._known(command.token, now) or self._new_token()
            scope = scope_of(peer.token)
        self._carry_out(peer, self.hub.decide(peer.id, command, now, tag, scope), tag, scope)

    def _carry_out(
        self, peer: Peer, decision: d.Decision, tag: str | None, scope: Scope = NO_SCOPE
    ) -> None:
        """Do what a decision asks for. ``scope`` is that of a session that logs in."""
        match decision:
            case d.Propose():
                now = self.clock.seconds()
                proposal = self.hub.propose(peer.id, decision, now, tag)
                if decision.claim:
                    peer.waits += 1
                    peer.claims = True
                else:
                    peer.flying += 1
                self._bus.publish(proposal)
            case d.Tell():
                if decision.change is not None:
                    self._change(peer, decision.change)
                self._reply(peer, decision.reply, tag)
            case d.Recall():
                self._recalls.answer(peer, decision, tag, asked=True)
            case d.Seek():
                self._recalls.seek(peer, decision.query, tag)
            case d.Survey():
                self.operating.survey(peer, tag)
            case d.Operate():
                self.operating.answer(peer, decision.command, tag)
            case d.LastSeen():
                self._presence.tell_last_seen(peer, decision.nick, tag)
            case d.Prove():
                self._accounts.prove(peer, decision, scope, tag)
            case d.Enrol():
                self._accounts.enrol(peer, decision, tag)
            case d.MakeInvite():
                self.operating.note(peer, "made an invitation")
                self._accounts.invite(peer, tag)
            case d.Repeat():
                self._acks.acknowledge(peer, MessageId(decision.message), decision.time, tag)
            case d.GoodBye():
                self.leave(peer, decision.reason, logged="quit")
            case d.Nothing():  # pragma: no branch (mypy sees a missing case)
                pass

    def _reply(self, peer: Peer, reply: r.Reply, tag: str | None) -> None:
        """Answer; a password that is missing or wrong is asked for, if the door can keep it from the screen."""
        match reply:
            case r.PasswordNeeded(room=room, wrong=wrong):
                asked = peer.door.ask_password(room, wrong=wrong)
            case r.NickPassword(nick=nick):
                asked = peer.door.ask_password(nick, wrong=False)
            case _:
                asked = False
        if not asked:
            self.tell(peer, reply, tag)

    def _known(self, token: str | None, now: float) -> str | None:
        """Return a token that this server gave; one that a client made up might be guessed by another."""
        return token if token is not None and self.hub.knows(token, now) else None

    def _change(self, peer: Peer, change: d.FocusOn | d.Ignoring) -> None:
        # What was said until now is shown as it was ignored, and where one talked, until now.
        self.delivery.catch_up(peer.outbox)
        self.hub.change(peer.id, change)
        peer.outbox.refresh()
        if isinstance(change, d.FocusOn):
            self.delivery.focus(peer.outbox, change.room)

    # --- the way back ---

    def _apply(self, message: MessageId, proposal: e.Proposal) -> None:
        """Apply what the bus put in order, show it, and let its claimant go on."""
        origin = proposal.origin
        peer = self._sessions.get(origin.session) if origin.node == self.hub.node else None
        message_of_it = isinstance(proposal.event, _MESSAGES)
        claimed = (
            peer is not None and peer.claims and not message_of_it and not _noticed(proposal.event)
        )
        if peer is not None and claimed:
            peer.claims = False
        try:
            if message_of_it:
                self._carry(message, proposal, peer)
            else:
                self._bring_about(message, proposal, peer)
        except Exception:
            self._sessions.failed(peer, "an event", origin.tag)
        if peer is None:
            return
        if self._store.full and self._acks.took(message):
            self._hold(peer)
        if claimed:
            self._release(peer)
        elif message_of_it:
            if proposal.user is not None:
                self._presence.spoke(proposal.user)
            self._landed(peer)

    def _carry(self, message: MessageId, proposal: e.Proposal, peer: Peer | None) -> None:
        """Apply and show what somebody said: nearly all proposals are this one."""
        outcome = self.hub.apply(message, proposal)
        if isinstance(outcome, Applied):
            self._showing.show(outcome, peer)
        elif peer is not None:
            self._void(peer, outcome)

    def _bring_about(self, message: MessageId, proposal: e.Proposal, peer: Peer | None) -> None:
        """Apply and show what is no message."""
        if isinstance(proposal.event, e.Renamed | e.LoggedIn):
            self._sessions.catch_up_ignorers()
        elif isinstance(proposal.event, e.IgnoreSet):
            self._accounts.catch_up(proposal.user)
        outcome = self.hub.apply(message, proposal)
        if isinstance(outcome, Applied):
            event = outcome.envelope.event
            if self._keeping.keep_accounts(message, outcome.secret):
                self._acks.appended(message)
            self._keeping.keep_markers()
            if isinstance(event, e.Arrived):
                self._arrived(outcome.envelope, event, peer)
            else:
                self._showing.show(outcome, peer)
                if isinstance(event, e.LoggedIn):
                    self._logged_in(outcome.envelope, event, peer)
        elif peer is not None and not _noticed(proposal.event):
            self._void(peer, outcome)

    def _landed(self, peer: Peer) -> None:
        """A message of a session is no longer on its way."""
        peer.flying -= 1
        if peer.leaves is not None:
            self._settled(peer)
        elif peer.flying == MAX_FLYING - 1 and peer.ready:
            self._resume(peer)

    def _void(self, peer: Peer, void: Void) -> None:
        tag = void.proposal.origin.tag
        if isinstance(void.why, Duplicate):
            self._acks.acknowledge(peer, void.why.message, void.why.time, tag)
        else:
            self._reply(peer, void.why, tag)

    def _release(self, peer: Peer) -> None:
        peer.waits -= 1
        if peer.ready:
            self._resume(peer)

    def _resume(self, peer: Peer) -> None:
        try:
            peer.door.resumed()
        except Exception:
            self._sessions.failed(peer, "what came meanwhile", None)

    def _arrived(self, envelope: e.Envelope, event: e.Arrived, peer: Peer | None) -> None:
        for node, session in event.replaced:
            old = self._sessions.get(session) if node == self.hub.node else None
            if old is not None:
                self.say_goodbye(old, "your session goes on in another connection", "replaced")
        origin, author = envelope.origin, envelope.author
        assert origin is not None and author is not None
        self._keeping.seen(author.scope, envelope.time)
        if peer is None:
            self._take_out(origin, author.user, envelope.time)
            return
        user = self.hub.state.users[author.user]
        log.info(
            "{nick} arrived from {address} (session {session})",
            nick=user.nick.text,
            address=peer.address,
            session=peer.id,
        )
        # Back in an earlier session's place, or with the other sessions of its account.
        resumed = bool(event.replaced or user.rooms)
        self.tell(
            peer,
            r.Welcome(user.nick, peer.token, self.motd, resumed),
            envelope.tag,
        )
        if resumed:
            self._showing.enter(peer)
        peer.outbox.refresh()
        self._returns.came(peer, envelope.id, anew=not event.replaced)
        peer.door.logged_in(resumed=resumed)

    def _take_out(self, origin: e.Origin, user: UserId, time: float) -> None:
        """Take a session out whose connection was lost while its login was on its way: nobody else ever would."""
        if origin.node == self.hub.node:
            gone = e.Departed(CleanText("connection lost"))
            self._bus.publish(e.Proposal(gone, origin, time, user))

    def _logged_in(self, envelope: e.Envelope, event: e.LoggedIn, peer: Peer | None) -> None:
        origin, author = envelope.origin, envelope.author
        assert origin is not None and author is not None
        if peer is not None:
            log.info(
                "{old} logged in as {nick} (session {session})",
                old=author.nick.text,
                nick=event.nick.text,
                session=peer.id,
            )
            self._returns.came(peer, envelope.id, anew=True)
            if event.moved and not self.hub.state.users_by_key[event.nick.key].rooms:
                # As for who comes in as somebody who is in no room.
                peer.door.logged_in(resumed=False)
        elif event.moved:
            self._take_out(origin, self.hub.state.users_by_key[event.nick.key].id, envelope.time)

    # --- the store ---

    def stored(self, message: MessageId) -> None:
        """Everything up to this id is stored: acknowledge it."""
        self._acks.stored(message)

    def roomy(self) -> None:
        """The store has room again for what those say who had to wait."""
        while self._held and not self._store.full:
            _, peer = self._held.popitem(last=False)
            self._release(peer)

    def _hold(self, peer: Peer) -> None:
        """Let a session wait until the store has room for more; what it said is in the queue, and nothing is lost."""
        if peer.id in self._sessions and peer.id not in self._held:
            peer.waits += 1
            self._held[peer.id] = peer

    def _freed(self, peer: Peer) -> None:
        """There is room again for acknowledgements that are due to a session."""
        if peer.ready:
            self._resume(peer)

    def _settled(self, peer: Peer) -> None:
        """Let a session go that waited with that until all it said was told and acknowledged."""
        if peer.leaves is not None and peer.settled:
            reason, logged = peer.leaves
            self.say_goodbye(peer, "", reason, logged=logged)


def _noticed(event: e.Event) -> bool:
    """Tell whether the server made an event of what it noticed: nobody claimed it, and nobody waits for it."""
    return (isinstance(event, e.AwaySet) and event.auto) or isinstance(event, e.Received)


def _left_nameless(peer: Peer, reason: str) -> None:
    """Log the end of a session that never had a nickname: this is all that is ever heard of it."""
    log.info(
        "session {session} from {address} left without a nickname: {reason}",
        session=peer.id,
        address=peer.address,
        reason=reason,
    )
