"""The node: the way of a command through the server, from a session and back to everybody it concerns.

``submit`` is the one way in, for all doors: decide → bus → apply → deliver, store, acknowledge.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Iterator

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from twisted_chat import background
from twisted_chat.cluster.bus import Bus
from twisted_chat.core import commands as c
from twisted_chat.core import decide as d
from twisted_chat.core import events as e
from twisted_chat.core import replies as r
from twisted_chat.core.apply import Applied, Between, Duplicate, InRoom, Near, Void
from twisted_chat.core.hub import Hub, scope_of
from twisted_chat.core.ids import MessageId, RoomId, SessionId, UserId
from twisted_chat.core.text import CleanText
from twisted_chat.delivery.channel import hidden
from twisted_chat.delivery.engine import Delivery
from twisted_chat.delivery.outbox import Outbox
from twisted_chat.delivery.peer import Door, Peer
from twisted_chat.dialects.base import BadLine, Dialect, Request
from twisted_chat.store.port import Store

log = Logger()


class Node:
    """One server: hub, bus, store and delivery, and the sessions of its doors."""

    def __init__(
        self,
        hub: Hub,
        bus: Bus,
        store: Store,
        clock: IReactorTime,
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
        self._motd = motd
        self._new_token = new_token
        self.delivery = Delivery(clock, hub.limits)
        self._peers: dict[SessionId, Peer] = {}
        self._next_session = 1
        #: Who is to be told when: the id up to which all must be stored, and the acknowledgement.
        self._unstored: deque[tuple[MessageId, Peer, r.Acked, str | None]] = deque()
        self._appended_to = MessageId(0)
        self._stored_to = MessageId(0)
        bus.attach(self._apply)

    # --- sessions ---

    def open(self, door: Door, dialect: Dialect, host: str) -> Peer:
        """Add a session and greet it. ``host`` is the address that others may see."""
        session = SessionId(self._next_session)
        self._next_session += 1
        seat = self.hub.open(session, host, self.clock.seconds())
        outbox = Outbox(door, dialect.here, dialect.elsewhere, self.limits.max_queue)
        outbox.ignored = seat.ignored
        peer = self._peers[session] = Peer(session, door, dialect, outbox)
        self.tell(peer, r.Greeting(self.server))
        return peer

    def speak(self, peer: Peer, dialect: Dialect) -> None:
        """Let a session that has not logged in speak another dialect."""
        peer.dialect = dialect
        peer.outbox.here, peer.outbox.elsewhere = dialect.here, dialect.elsewhere

    def close(self, peer: Peer, reason: str, *, logged: str | None = None) -> None:
        """Forget a session whose connection is gone or about to go; its user departs for ``reason``.

        ``logged`` is what the log says of it instead, where people chose the words: those are theirs.
        """
        if self._peers.pop(peer.id, None) is None:
            return
        peer.closing = True
        departure = self.hub.departure(peer.id, reason, self.clock.seconds())
        user = self.hub.user_of(peer.id)
        if user is not None:
            log.info(
                "{nick} left: {reason} (session {session})",
                nick=user.nick.text,
                reason=logged or reason,
                session=peer.id,
            )
        self.delivery.close(peer.outbox)
        self.hub.close(peer.id)
        if departure is not None:
            self._bus.publish(departure)

    def say_goodbye(self, peer: Peer, why: str, reason: str, *, logged: str | None = None) -> None:
        """End a session from this side: it is told ``why``, the others see ``reason``, the log see :meth:`close`."""
        if peer.id not in self._peers:
            return
        self.tell(peer, r.Farewell(why))
        self.close(peer, reason, logged=logged)
        self._end(peer)

    def stop(self, why: str) -> None:
        """Say goodbye to everybody, without telling each of all the others."""
        peers, self._peers = list(self._peers.values()), {}
        self.delivery.settle_all()  # first: the farewell is the last thing a session sees
        for peer in peers:
            peer.closing = True
            self.tell(peer, r.Farewell(why))
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
        return len(self._peers)

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
            self._failed(peer, "a command", request.tag)

    def refuse(self, peer: Peer, bad: BadLine) -> None:
        """Tell a session that a line of it was no command."""
        if self.hub.user_of(peer.id) is None:
            self.tell(peer, r.NameRefused(bad.code, str(bad)), bad.tag)
        else:
            self.tell(peer, r.Refused(bad.code, str(bad)), bad.tag)

    def tell(self, peer: Peer, reply: r.Reply, tag: str | None = None) -> None:
        """Send a reply to one session."""
        self.delivery.send(peer.outbox, peer.outbox.here.reply(reply, tag))

    def _submit(self, peer: Peer, command: c.Command, tag: str | None) -> None:
        now = self.clock.seconds()
        if isinstance(command, c.Login) and self.hub.user_of(peer.id) is None:
            peer.token = self._known(command.token, now) or self._new_token()
        decision = self.hub.decide(peer.id, command, now, tag, scope_of(peer.token))
        match decision:
            case d.Propose():
                proposal = self.hub.propose(peer.id, decision, now, tag)
                if decision.claim:
                    peer.waits += 1
                    peer.claims = True
                self._bus.publish(proposal)
            case d.Tell():
                if decision.change is not None:
                    self._change(peer, decision.change)
                self._reply(peer, decision.reply, tag)
            case d.Recall():
                self._recall(peer, decision, tag, asked=True)
            case d.Repeat():
                self._acknowledge(peer, MessageId(decision.message), decision.time, tag)
            case d.GoodBye():
                if peer.unacked:
                    peer.waits += 1
                    peer.leaves = decision.reason
                else:
                    self.say_goodbye(peer, "", decision.reason, logged="quit")
            case d.Nothing():  # pragma: no branch (mypy sees a missing case)
                pass

    def _reply(self, peer: Peer, reply: r.Reply, tag: str | None) -> None:
        """Answer; a password that is missing is asked for, if the door can keep it from the screen."""
        if not isinstance(reply, r.PasswordNeeded) or not peer.door.ask_password(reply.room):
            self.tell(peer, reply, tag)

    def _known(self, token: str | None, now: float) -> str | None:
        """Return a token that this server gave; one that a client made up might be guessed by another."""
        return token if token is not None and self.hub.knows(token, now) else None

    def _change(self, peer: Peer, change: d.FocusOn | d.Ignoring) -> None:
        # What was said until now is shown as it was ignored, and where one talked, until now.
        self.delivery.catch_up(peer.outbox)
        self.hub.change(peer.id, change)
        if isinstance(change, d.FocusOn):
            self.delivery.focus(peer.outbox, change.room)

    # --- the way back ---

    def _apply(self, message: MessageId, proposal: e.Proposal) -> None:
        """Apply what the bus put in order, show it, and let its claimant go on."""
        peer = (
            self._peers.get(proposal.origin.session)
            if proposal.origin.node == self.hub.node
            else None
        )
        claimed = (
            peer is not None and peer.claims and not isinstance(proposal.event, e.Said | e.Told)
        )
        if peer is not None and claimed:
            peer.claims = False
        try:
            if isinstance(proposal.event, e.Renamed):
                self._catch_up_ignorers()
            outcome = self.hub.apply(message, proposal)
            if isinstance(outcome, Applied):
                self._deliver(outcome, peer)
            elif peer is not None:
                self._void(peer, outcome)
        except Exception:
            self._failed(peer, "an event", proposal.origin.tag)
        if peer is not None and claimed:
            self._release(peer)

    def _catch_up_ignorers(self) -> None:
        """Hide what was said in this turn while it can be told by the old nick: the hub will know the new one only."""
        for each in self._peers.values():
            if each.outbox.ignored:
                self.delivery.catch_up(each.outbox)

    def _void(self, peer: Peer, void: Void) -> None:
        tag = void.proposal.origin.tag
        if isinstance(void.why, Duplicate):
            self._acknowledge(peer, void.why.message, void.why.time, tag)
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
            self._failed(peer, "what came meanwhile", None)

    def _deliver(self, applied: Applied, peer: Peer | None) -> None:
        """Show what happened: to its audience, and to ``peer``, the session of this node that did it."""
        envelope, audience = applied.envelope, applied.audience
        event = envelope.event
        match event:
            case e.Said():
                self._said(envelope, peer)
            case e.Arrived():
                self._arrived(envelope, event, peer)
            case e.Joined():
                self._joined(envelope, event, peer)
            case e.Left():
                self._left(envelope, peer)
            case e.Kicked():
                self._kicked(envelope, event, peer)
            case e.Departed():
                self._departed(envelope, event)
            case _:
                self._shown(envelope, audience, peer)

    def _said(self, envelope: e.Envelope, peer: Peer | None) -> None:
        assert envelope.room is not None
        self.delivery.say(
            envelope.room.id, envelope, skip=peer.outbox if peer is not None else None
        )
        if peer is not None:
            self._copy(peer, envelope, acked=peer.dialect.acks)
        self._store.append(envelope)
        self._appended_to = envelope.id
        if peer is not None and peer.dialect.acks:
            self._acknowledge(peer, envelope.id, envelope.time, envelope.tag)

    def _copy(self, peer: Peer, envelope: e.Envelope, *, acked: bool) -> None:
        """Send a session the author's own copy."""
        self.delivery.send(peer.outbox, peer.outbox.here.own(envelope, acked=acked))

    def _arrived(self, envelope: e.Envelope, event: e.Arrived, peer: Peer | None) -> None:
        for node, session in event.replaced:
            old = self._peers.get(session) if node == self.hub.node else None
            if old is not None:
                self.say_goodbye(old, "your session goes on in another connection", "replaced")
        origin, author = envelope.origin, envelope.author
        assert origin is not None and author is not None
        if peer is None:
            if origin.node == self.hub.node:
                # The connection was lost while its login was on its way: nobody else would ever take that user out.
                gone = e.Departed(CleanText("connection lost"))
                self._bus.publish(e.Proposal(gone, origin, envelope.time, author.user))
            return
        user = self.hub.state.users[author.user]
        log.info("{nick} arrived (session {session})", nick=user.nick.text, session=peer.id)
        resumed = bool(user.rooms)
        self.tell(
            peer,
            r.Welcome(user.nick, peer.token, self._motd, resumed),
            envelope.tag,
        )
        for room in user.rooms:
            self.delivery.enter(peer.outbox, room)
            self.tell(peer, self.hub.entered(self.hub.state.rooms[room], created=False))
        self._refocus(peer)
        peer.door.logged_in(resumed=resumed)

    def _joined(self, envelope: e.Envelope, event: e.Joined, peer: Peer | None) -> None:
        room_ref, author = envelope.room, envelope.author
        assert room_ref is not None and author is not None
        room = self.hub.state.rooms[room_ref.id]
        if len(room.members) > self.limits.crowd_size:
            self.delivery.gather(room_ref, author.nick, len(room.members), joined=True)
        else:
            self.delivery.say(room_ref.id, envelope)
        for each in self._peers_of(author.user):
            self.delivery.enter(each.outbox, room_ref.id)
            if each is peer:
                self._refocus(each)
                self.tell(
                    each,
                    self.hub.entered(room, created=event.created),
                    envelope.tag,
                )
                recall = d.Recall(
                    room_ref, before=envelope.id, after=None, limit=self.limits.history_lines
                )
                self._recall(each, recall, None, asked=False)
            else:
                self._copy(each, envelope, acked=False)

    def _left(self, envelope: e.Envelope, peer: Peer | None) -> None:
        assert envelope.room is not None and envelope.author is not None
        for each in self._peers_of(envelope.author.user):
            self.delivery.leave(each.outbox, envelope.room.id)
            self._refocus(each)
            if each is not peer:
                self._copy(each, envelope, acked=False)
        self._gone_from(envelope)
        if peer is not None:
            focus = self.hub.focus_of(peer.id)
            left = r.FocusSet(focus.name if focus is not None else None, envelope.room.name)
            self.tell(peer, left, envelope.tag)

    def _gone_from(self, envelope: e.Envelope) -> None:
        """Tell a room that somebody left it, or forget the room if nobody is there any more."""
        assert envelope.room is not None and envelope.author is not None
        room = self.hub.state.rooms.get(envelope.room.id)
        if room is None:
            self._store.forget([envelope.room.id])
        elif len(room.members) > self.limits.crowd_size:
            self.delivery.gather(
                envelope.room, envelope.author.nick, len(room.members), joined=False
            )
        else:
            self.delivery.say(envelope.room.id, envelope)

    def _kicked(self, envelope: e.Envelope, event: e.Kicked, peer: Peer | None) -> None:
        assert envelope.room is not None
        self.delivery.say(envelope.room.id, envelope)
        for each in self._peers_of(event.user):
            self.delivery.leave(each.outbox, envelope.room.id)
            self._refocus(each)
            self.tell(
                each,
                r.Notice(
                    "kicked",
                    f"you are no longer in {envelope.room.name}; /join ROOM says where you talk now",
                ),
            )
        self._confirm(envelope, peer)
        if envelope.room.id not in self.hub.state.rooms:
            self._store.forget([envelope.room.id])

    def _departed(self, envelope: e.Envelope, event: e.Departed) -> None:
        rooms = self.hub.state.rooms
        self._store.forget([room for room in event.rooms if room not in rooms])
        small: list[RoomId] = []
        for room in event.rooms:
            left = rooms.get(room)
            if (
                left is not None
                and len(left.members) > self.limits.crowd_size
                and envelope.author is not None
            ):
                self.delivery.gather(
                    left.ref, envelope.author.nick, len(left.members), joined=False
                )
            else:
                small.append(room)
        self.delivery.show(self.delivery.near(small), envelope)

    def _shown(
        self, envelope: e.Envelope, audience: InRoom | Near | Between, peer: Peer | None
    ) -> None:
        """Show an event that changes nothing of who hears what."""
        author = envelope.author
        assert author is not None
        mine = self._peers_of(author.user)
        match audience:
            case InRoom(room=room):
                self.delivery.say(room, envelope)
            case Near(rooms=rooms):
                others = self.delivery.near(rooms)
                for each in mine:
                    others.pop(each.outbox, None)
                self.delivery.show(others, envelope)
                for each in mine:
                    self._copy(each, envelope, acked=False)
            case Between(users=users):  # pragma: no branch (mypy sees a missing case)
                for each in mine:
                    self._copy(each, envelope, acked=each is peer and each.dialect.acks)
                for user in users[1:]:
                    ears = (each.outbox for each in self._peers_of(user))
                    self.delivery.show(
                        (ear for ear in ears if not hidden(envelope, ear.ignored)), envelope
                    )
                    self._mention_away(peer, user)
        self._confirm(envelope, peer)

    def _mention_away(self, peer: Peer | None, user: UserId) -> None:
        """Tell who wrote to somebody in private that they are away."""
        told = self.hub.state.users.get(user)
        if peer is not None and told is not None and told.away is not None:
            self.tell(peer, r.Notice("away", f"{told.nick} is away: {told.away}"))

    def _confirm(self, envelope: e.Envelope, peer: Peer | None) -> None:
        """Acknowledge what is not stored, to a client that gave it an id or expects it."""
        tag = envelope.tag
        if (
            peer is not None
            and peer.dialect.acks
            and (tag is not None or isinstance(envelope.event, e.Told))
        ):
            self.tell(peer, r.Acked(envelope.id, envelope.time), tag)

    def _refocus(self, peer: Peer) -> None:
        """Let delivery know where the hub says that a session talks now."""
        focus = self.hub.focus_of(peer.id)
        self.delivery.focus(peer.outbox, focus.ref.id if focus is not None else None)

    def _peers_of(self, user: UserId) -> list[Peer]:
        """Return this node's sessions of a user."""
        found = self.hub.state.users.get(user)
        places = found.sessions if found is not None else ()
        return [
            self._peers[session]
            for node, session in places
            if node == self.hub.node and session in self._peers
        ]

    # --- the store ---

    def stored(self, message: MessageId) -> None:
        """Everything up to this id is stored: acknowledge it."""
        self._stored_to = max(self._stored_to, message)
        while self._unstored and self._unstored[0][0] <= message:
            _, peer, acked, tag = self._unstored.popleft()
            peer.unacked -= 1
            if peer.id in self._peers:
                self.tell(peer, acked, tag)
                if not peer.unacked:
                    self._all_acked(peer)

    def _acknowledge(self, peer: Peer, message: MessageId, time: float, tag: str | None) -> None:
        """Acknowledge a message once it is stored; one that is not for the store, once all before it are."""
        acked, waits_for = r.Acked(message, time), min(message, self._appended_to)
        if waits_for <= self._stored_to:
            self.tell(peer, acked, tag)
        else:
            peer.unacked += 1
            self._unstored.append((waits_for, peer, acked, tag))

    def _all_acked(self, peer: Peer) -> None:
        """Let a session go on to leave that waited for its last acknowledgement to do so."""
        if peer.leaves is not None:
            self.say_goodbye(peer, "", peer.leaves, logged="quit")
        elif peer.ready:
            self._resume(peer)

    def _recall(self, peer: Peer, recall: d.Recall, tag: str | None, *, asked: bool) -> None:
        """Answer with history, and let the session wait until the answer is out."""
        peer.waits += 1
        slot = self.delivery.slot(peer.outbox, lambda: self._release(peer))
        view = peer.outbox.here if peer.outbox.focus == recall.room.id else peer.outbox.elsewhere
        ignored = peer.outbox.ignored

        async def answer() -> None:
            page = await self._store.history(
                recall.room.id,
                before=None if recall.before is None else MessageId(recall.before),
                after=None if recall.after is None else MessageId(recall.after),
                limit=recall.limit,
            )
            lines = [envelope for envelope in page.envelopes if not hidden(envelope, ignored)]

            def pieces() -> Iterator[bytes]:
                count, name = len(lines), recall.room.name
                try:
                    yield view.reply(r.HistoryStart(name, count, asked), tag)
                    for envelope in lines:
                        yield view.replay(envelope)
                    yield view.reply(r.HistoryEnd(name, count, asked, page.more), tag)
                except Exception:
                    self._failed(peer, "a request for history", tag)

            self.delivery.fill(slot, pieces())

        def failed(why: Failure) -> None:
            self._failed(peer, "a request for history", tag, why)
            self.delivery.fill(slot, ())

        background.start(answer(), "history", failed)

    # --- faults ---

    def _failed(
        self, peer: Peer | None, what: str, tag: str | None, why: Failure | None = None
    ) -> None:
        """Log an exception under an id, and show the id, nothing else, to whose session it was.

        ``why`` is the exception being handled if None.
        """
        fault = secrets.token_hex(4)
        log.failure("fault {fault} while handling {what}", why or Failure(), fault=fault, what=what)
        if peer is not None and peer.id in self._peers:
            self.tell(
                peer,
                r.Refused(
                    "internal", f"something went wrong here; the server's log has it as {fault}"
                ),
                tag,
            )
