"""The node: the way of a command through the server, from a session and back to everybody it concerns.

``submit`` is the one way in, for all doors: decide → bus → apply → deliver, store, acknowledge.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import Final

from twisted.internet.interfaces import IReactorTime

from twisted_chat.auth.gate import Gate
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.records import Remembered
from twisted_chat.core.bus import Bus
from twisted_chat.core.hub import NO_SCOPE, Hub
from twisted_chat.core.rules import decisions as d
from twisted_chat.core.rules.outcomes import Applied, Duplicate, Rejected
from twisted_chat.core.values.ids import MessageId, Scope
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.text import CleanText
from twisted_chat.core.values.tokens import Tokens
from twisted_chat.delivery.engine import Delivery
from twisted_chat.delivery.session import MAX_FLYING, Session
from twisted_chat.dialects.base import BadLine, Request
from twisted_chat.runtime.clock import wall_of
from twisted_chat.runtime.log_sums import LogSums
from twisted_chat.server.account_admin import AccountAdmin
from twisted_chat.server.admin import Admin
from twisted_chat.server.catchup import CatchUp
from twisted_chat.server.disk import Disk
from twisted_chat.server.fanout import EventFanout
from twisted_chat.server.flow import FlowControl
from twisted_chat.server.history import HistoryReader
from twisted_chat.server.lifecycle import SessionLifecycle
from twisted_chat.server.login import AccountLogin
from twisted_chat.server.pending import PendingReplies
from twisted_chat.server.presence import Presence
from twisted_chat.server.recorder import StateRecorder
from twisted_chat.server.services import Services
from twisted_chat.server.sessions import Sessions
from twisted_chat.server.turns import Slices
from twisted_chat.store.port import Store

_MESSAGES: Final = (e.Said, e.Told)


class Node:
    """One server: hub, bus, store and delivery, and the sessions of its doors.

    ``visits`` is how these come and go, ``admin`` what operators of the server may do.
    """

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
        hub.ask_others(gate.asks_others)
        self.clock = clock
        self._wall = wall_of(clock)
        self._bus = bus
        self._store = store
        self._new_token = new_token
        self.tokens = Tokens(secrets.token_bytes(32))
        self.delivery = Delivery(clock, hub.limits)
        self.log_sums = LogSums(clock)
        self._sessions = Sessions(hub, self.delivery, self.log_sums)
        self._flow = FlowControl(self._sessions, store)
        pending = PendingReplies(self._sessions, clock, self._flow.release)
        services = Services(
            hub,
            bus,
            store,
            clock,
            self._wall,
            gate,
            self._sessions,
            self.delivery,
            self._flow,
            pending,
        )
        self._history = HistoryReader(services)
        self._recorder = StateRecorder(services)
        catch_up = CatchUp(services, self._history)
        self.visits = SessionLifecycle(
            services, self._history, self._recorder, catch_up, server, motd
        )
        self._login = AccountLogin(services, self._recorder, self._carry_out)
        self._disk = Disk(services)
        self._presence = Presence(services)
        accounts = AccountAdmin(services, self._carry_out)
        self.admin = Admin(services, self._disk, accounts)
        self._fanout = EventFanout(
            services,
            self._history,
            self._recorder,
            self.visits,
            self._login,
            self.admin,
            self._presence,
            self._disk,
        )
        self._slices = Slices(clock, self._ponder)
        bus.attach(self._apply)

    def restored(self, remembered: Remembered) -> None:
        """Take up what the store remembers of earlier runs, before anybody comes."""
        self._recorder.restore(remembered)
        if remembered.secret:
            self.tokens = Tokens(remembered.secret)
            self.visits.restored(remembered.secret)

    def reserve(self, names: Iterable[str]) -> None:
        """Keep names for whom others vouch for, before anybody comes."""
        self._recorder.reserve(names)

    @property
    def limits(self) -> Limits:
        """The limits that count now."""
        return self.hub.limits

    def limit(self, limits: Limits) -> None:
        """Let these limits count from now on; what a session or a room got at its beginning stays as it is."""
        self.hub.limit(limits)
        self.delivery.limit(limits)
        self._login.limit(limits)

    def housekeep(self) -> None:
        """Do what is due every ten minutes."""
        self._recorder.housekeep()

    def tick(self) -> None:
        """Do what is due every few seconds."""
        self.log_sums.tell()
        self._presence.check()
        self._disk.tick()
        self._recorder.tick()
        self.admin.tick()

    def stop(self, why: str) -> None:
        """Say goodbye to everybody. Rooms, and who is here, may come back."""
        self._recorder.stop()
        self.visits.stop(why)
        self.log_sums.tell(everything=True)

    @property
    def sessions(self) -> int:
        """How many sessions this node has."""
        return len(self._sessions)

    # --- the way in ---

    def admit(self, peer: Session) -> float:
        """Return 0.0 if a session may hand in its next line, or the seconds to wait before asking again."""
        return self.hub.admit(peer.id, self.clock.seconds())

    def crowded(self, peer: Session) -> bool:
        """Tell whether a session waits for others of its network or room, and not for itself."""
        return self.hub.crowded(peer.id, self.clock.seconds())

    def rested(self, peer: Session) -> bool:
        """Tell whether a session has not been near its flood limit for a while."""
        return self.hub.rested(peer.id)

    def submit(self, peer: Session, request: Request) -> None:
        """Carry out a command of a session. Only while ``peer.ready``."""
        try:
            self._submit(peer, request.command, request.tag)
        except Exception:
            self._sessions.failed(peer, "a command", request.tag)

    def refuse(self, peer: Session, bad: BadLine) -> None:
        """Tell a session that a line of it was no command."""
        if self.hub.user_of(peer.id) is None:
            self.tell(peer, r.NameRefused(bad.code, str(bad)), bad.tag)
        else:
            self.tell(peer, r.Refused(bad.code, str(bad)), bad.tag)

    def tell(self, peer: Session, reply: r.Reply, tag: str | None = None) -> None:
        """Send a reply to one session."""
        self._sessions.tell(peer, reply, tag)

    def _submit(self, peer: Session, command: c.Command, tag: str | None) -> None:
        now = self._wall()
        scope = NO_SCOPE
        if isinstance(command, c.Login) and self.hub.user_of(peer.id) is None:
            peer.token = self._known(command.token) or self.tokens.issue(self._new_token())
            scope = self.tokens.scope_of(peer.token)
        self._carry_out(peer, self.hub.decide(peer.id, command, now, tag, scope), tag, scope)

    def _carry_out(
        self, peer: Session, decision: d.Decision, tag: str | None, scope: Scope = NO_SCOPE
    ) -> None:
        """Do what a decision asks for. ``scope`` is that of a session that logs in."""
        match decision:
            case d.Propose():
                now = self._wall()
                proposal = self.hub.propose(peer.id, decision, now, tag)
                if decision.claim:
                    peer.waits += 1
                    peer.claims = True
                else:
                    peer.flying += 1
                self._bus.publish(proposal)
            case d.SendReply():
                if decision.change is not None:
                    self._change(peer, decision.change)
                self._reply(peer, decision.reply, tag)
            case d.Recall():
                self._history.answer(peer, decision, tag, asked=True)
            case d.RunSearch():
                self._history.search(peer, decision.query, tag)
            case d.ServerStats():
                self.admin.tell_stats(peer, tag)
            case d.AdminAction():
                self.admin.answer(peer, decision.command, tag)
            case d.LastSeen():
                self._presence.tell_last_seen(peer, decision.nick, tag)
            case d.CheckPassword():
                self._login.check_password(peer, decision, scope, tag)
            case d.HashPassword():
                self._login.hash_password(peer, decision, tag)
            case d.MakeInvite():
                self.admin.note(peer, "made an invitation")
                self._login.invite(peer, tag)
            case d.Ponder():
                peer.waits += 1
                self._slices.add(self._sessions.path(peer), (peer, Request(decision.command, tag)))
            case d.Repeat():
                self._flow.acknowledge(peer, MessageId(decision.message), decision.time, tag)
            case d.GoodBye():
                self.visits.leave(peer, decision.reason, logged="quit")
            case d.Nothing():  # pragma: no branch (mypy sees a missing case)
                pass

    def _ponder(self, asked: tuple[Session, Request]) -> None:
        """Go on with a command that takes several turns; its session waits."""
        peer, request = asked
        if peer.id in self._sessions:
            self.submit(peer, request)
        self._flow.release(peer)

    def _reply(self, peer: Session, reply: r.Reply, tag: str | None) -> None:
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

    def _known(self, token: str | None) -> str | None:
        """Return a token that this server gave; one that a client made up might be guessed by another."""
        if token is None or not self.tokens.genuine(token):
            return None
        return token if self.hub.knows(self.tokens.scope_of(token)) else None

    def _change(self, peer: Session, change: d.FocusOn | d.Ignoring) -> None:
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
        if self._store.full and self._flow.took(message):
            self._flow.hold(peer)
        if claimed:
            self._flow.release(peer)
        elif message_of_it:
            if proposal.user is not None:
                self._presence.spoke(proposal.user)
            self._landed(peer)

    def _carry(self, message: MessageId, proposal: e.Proposal, peer: Session | None) -> None:
        """Apply and show what somebody said: nearly all proposals are this one."""
        outcome = self.hub.apply(message, proposal)
        if isinstance(outcome, Applied):
            self._fanout.show(outcome, peer)
        elif peer is not None:
            self._void(peer, outcome)

    def _bring_about(self, message: MessageId, proposal: e.Proposal, peer: Session | None) -> None:
        """Apply and show what is no message."""
        if isinstance(proposal.event, e.Renamed | e.LoggedIn):
            self._sessions.catch_up_ignorers()
        elif isinstance(proposal.event, e.IgnoreSet):
            self._login.catch_up(proposal.user)
        outcome = self.hub.apply(message, proposal)
        if isinstance(outcome, Applied):
            if self._recorder.keep_accounts(message, outcome.secret):
                self._flow.appended(message)
            self._recorder.keep_markers()
            self._fanout.show(outcome, peer)
        elif peer is not None and not _noticed(proposal.event):
            self._void(peer, outcome)

    def _landed(self, peer: Session) -> None:
        """A message of a session is no longer on its way."""
        peer.flying -= 1
        if peer.leaves is not None:
            self.visits.settle(peer)
        elif peer.ready and (peer.flying == MAX_FLYING - 1 or peer.dialect.serial):
            self._flow.resume(peer)

    def _void(self, peer: Session, void: Rejected) -> None:
        tag = void.proposal.origin.tag
        if isinstance(void.why, Duplicate):
            self._flow.acknowledge(peer, void.why.message, void.why.time, tag)
        else:
            self._reply(peer, void.why, tag)

    # --- the store ---

    def on_committed(self, message: MessageId) -> None:
        """Everything up to this id is stored: acknowledge it."""
        self._flow.on_committed(message)

    def on_drained(self) -> None:
        """The store has room again for what those say who had to wait."""
        self._flow.on_drained()


def _noticed(event: e.Event) -> bool:
    """Tell whether the server made an event of what it noticed: nobody claimed it, and nobody waits for it."""
    return (isinstance(event, e.AwaySet) and event.auto) or isinstance(event, e.Received)
