"""The node: the path of a command through the server, from a session and back to everyone it concerns.

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
from twisted_chat.core.api.records import Remembered
from twisted_chat.core.bus import Bus
from twisted_chat.core.hub import NO_SCOPE, Hub
from twisted_chat.core.rules import decisions as d
from twisted_chat.core.rules.outcomes import Applied, Duplicate, Rejected
from twisted_chat.core.values.ids import MessageId, Scope, SessionId
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.text import CleanText
from twisted_chat.core.values.tokens import Tokens
from twisted_chat.runtime.clock import wall_of
from twisted_chat.runtime.log_sums import LogSums
from twisted_chat.seam.ports import ConnectionsPort, HubPort, Identity
from twisted_chat.server.admin import AccountAdmin, Admin
from twisted_chat.server.catchup import CatchUp
from twisted_chat.server.commits import Commits, Outage
from twisted_chat.server.disk import Disk
from twisted_chat.server.fanout import EventFanout
from twisted_chat.server.history import HistoryReader
from twisted_chat.server.lifecycle import SessionLifecycle
from twisted_chat.server.login import AccountLogin
from twisted_chat.server.pending import PendingReplies
from twisted_chat.server.presence import Presence
from twisted_chat.server.recent import find_recent
from twisted_chat.server.recorder import StateRecorder
from twisted_chat.server.services import Services
from twisted_chat.server.sessions import HubSessions
from twisted_chat.server.turns import Slices
from twisted_chat.store.port import Store

_MESSAGES: Final = (e.Said, e.Told)


class Node:
    """One server: hub, bus and store, and its sessions, which it knows by their numbers.

    ``lifecycle`` handles their beginning and end, ``admin`` what operators of the server may do.
    """

    def __init__(
        self,
        hub: Hub,
        bus: Bus,
        store: Store,
        clock: IReactorTime,
        gate: Gate,
        connections: ConnectionsPort,
        log_sums: LogSums,
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
        self._connections = connections
        self.log_sums = log_sums
        self._sessions = HubSessions(hub, connections, log_sums)
        self._commits = Commits(connections, store)
        #: What the store calls, see :meth:`.Store.start`.
        self.on_committed, self.on_drained = connections.committed, self._commits.on_drained
        pending = self._pending = PendingReplies(self._sessions, connections, clock)
        services = Services(
            hub,
            bus,
            store,
            clock,
            self._wall,
            gate,
            connections,
            self._sessions,
            self._commits,
            pending,
        )
        self._history = HistoryReader(services)
        self._recorder = StateRecorder(services)
        catch_up = CatchUp(services, self._history)
        self._outage = Outage(self._sessions, store)
        self.lifecycle = SessionLifecycle(
            services, self._history, self._recorder, catch_up, self._outage, server, motd
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
            self.lifecycle,
            self._login,
            self.admin,
            self._presence,
            self._disk,
        )
        self._slices = Slices(clock, self._ponder)
        #: The message that is being submitted, until it has its place in the order.
        self._on_its_way: e.Proposal | None = None
        bus.attach(self._apply)

    def restored(self, remembered: Remembered) -> None:
        """Restore what the store remembers of earlier runs, before the first session."""
        self._recorder.restore(remembered)
        if remembered.secret:
            self.tokens = Tokens(remembered.secret)
            self.lifecycle.restored(remembered.secret)

    def reserve(self, names: Iterable[str]) -> None:
        """Reserve names of users whom other sources vouch for, before the first session."""
        self._recorder.reserve(names)

    @property
    def limits(self) -> Limits:
        """The current limits."""
        return self.hub.limits

    def limit(self, limits: Limits) -> None:
        """Apply these limits from now on; what a session or a room was given at its beginning stays."""
        self.hub.limit(limits)
        self._connections.limit(limits)
        self._login.limit(limits)

    def housekeep(self) -> None:
        """Do what is due every ten minutes."""
        self._recorder.housekeep()

    def tick(self) -> None:
        """Do what is due every few seconds."""
        self.log_sums.tell()
        self._presence.check()
        self._disk.tick()
        self._outage.tick()
        self._recorder.tick()
        self.admin.tick()

    def stop(self, why: str) -> None:
        """Say goodbye to everyone. Rooms and users may come back."""
        self._recorder.stop()
        self.lifecycle.stop(why)
        self.log_sums.tell(everything=True)

    # --- what connections ask, see HubPort ---

    @property
    def asks_others(self) -> bool:
        return self.hub.asks_others

    def banned(self, address: str | None) -> str:
        return self.hub.banned(address, self._wall())

    def identity(self, session: SessionId) -> Identity | None:
        user = self.hub.user_of(session)
        return Identity(user.nick, user.account is None) if user is not None else None

    def reserved_for(self, nick: Nick) -> str | None:
        account = self.hub.state.accounts.holder(nick)
        return account.key if account is not None else None

    def admit(self, session: SessionId) -> float:
        return self.hub.admit(session, self.clock.seconds())

    def crowded(self, session: SessionId) -> bool:
        return self.hub.crowded(session, self.clock.seconds())

    def rested(self, session: SessionId) -> bool:
        return self.hub.rested(session)

    def open(self, session: SessionId, address: str | None, private: bool) -> None:
        self.lifecycle.open(session, address, private)

    def taken(self, session: SessionId, answer: int, whole: bool) -> None:
        self._history.taken(session, answer, whole)

    def close(self, session: SessionId, reason: str, logged: str | None) -> None:
        self.lifecycle.close(session, reason, logged)

    # --- the way in ---

    def submit(self, session: SessionId, command: c.Command, tag: str | None) -> bool:
        before, self._on_its_way = self._on_its_way, None
        try:
            scope = NO_SCOPE
            if isinstance(command, c.Login) and self.hub.user_of(session) is None:
                token = self._known(command.token) or self.tokens.issue(self._new_token())
                self.hub.state.sessions[session].token = token
                scope = self.tokens.scope_of(token)
            decision = self.hub.decide(session, command, self._wall(), tag, scope)
            if isinstance(decision, e.Proposal):
                self._on_its_way = decision
                self._bus.publish(decision)
            else:
                self._carry_out(session, decision, tag, scope)
        except Exception:
            self._sessions.failed(session, "a command", tag)
        landed = self._on_its_way is None
        self._on_its_way = before
        return landed

    def _carry_out(
        self, session: SessionId, decision: d.Decision, tag: str | None, scope: Scope = NO_SCOPE
    ) -> None:
        """Carry out a decision. ``scope`` is that of a session that logs in."""
        match decision:
            case d.Propose():
                self.hub.state.sessions[session].claims = True
                self._connections.hold(session, True)
                self._bus.publish(self.hub.propose(session, decision, self._wall(), tag))
            case d.SendReply():
                if decision.change is not None:
                    self._change(session, decision.change)
                self._sessions.tell(session, decision.reply, tag)
            case d.InParts():
                self._history.tell(session, decision.parts, tag)
            case d.Recall():
                self._history.answer(session, decision, tag, asked=True)
            case d.RunSearch():
                self._history.search(session, decision.query, tag)
            case d.ServerStats():
                self.admin.tell_stats(session, tag)
            case d.AdminAction():
                self.admin.answer(session, decision.command, tag)
            case d.FindMessage():
                what = "deleting a message"
                self._pending.start(session, tag, self._find(session, decision, tag), what)
            case d.FindRecent():
                work = find_recent(self._history, decision)
                self._pending.start(session, tag, work, "listing what is recent")
            case d.LastSeen():
                self._presence.tell_last_seen(session, decision.nick, tag)
            case d.CheckPassword():
                self._login.check_password(session, decision, scope, tag)
            case d.HashPassword():
                self._login.hash_password(session, decision, tag)
            case d.MakeInvite():
                self.admin.note(session, "made an invitation")
                self._login.invite(session, tag)
            case d.Ponder():
                self._connections.hold(session)
                self._slices.add(self._sessions.path(session), (session, decision.command, tag))
            case d.Repeat():
                message = MessageId(decision.message)
                self._commits.acknowledge(session, message, decision.time, tag)
            case d.GoodBye():
                self._connections.leave(session, decision.reason, "quit")
            case d.Nothing():  # pragma: no branch (mypy sees a missing case)
                pass

    async def _find(self, session: SessionId, decision: d.FindMessage, tag: str | None) -> None:
        """Go on with a command about a message once that was found."""
        wanted = decision.command.message
        store = self._history.store_of(decision.place.id)
        history = store.history(decision.place, after=MessageId(wanted - 1), limit=1)
        page = await self._pending.in_time(history)
        found = next((each for each in page.envelopes if each.id == wanted), None)
        if self._sessions.here(session):
            self._carry_out(session, self.hub.found(session, decision, found, self._wall()), tag)

    def _ponder(self, asked: tuple[SessionId, c.Command, str | None]) -> None:
        """Go on with a command that takes several turns; its session waits."""
        session, command, tag = asked
        if self._sessions.here(session):
            self.submit(session, command, tag)
        self._connections.release(session)

    def _known(self, token: str | None) -> str | None:
        """Return a token that this server issued; one that a client made up could be guessed by another."""
        if token is None or not self.tokens.genuine(token):
            return None
        return token if self.hub.knows(self.tokens.scope_of(token)) else None

    def _change(
        self, session: SessionId, change: d.FocusOn | d.Ignoring | d.Proven | d.Watching
    ) -> None:
        self.hub.change(session, change)
        match change:
            case d.FocusOn():
                self._connections.focus(session, change.room)
            case d.Ignoring():
                self._sessions.ignore(session)
            case d.Proven() | d.Watching():  # pragma: no branch (mypy sees a missing case)
                pass

    # --- the way back ---

    def _apply(self, message: MessageId, proposal: e.Proposal) -> None:
        """Apply what the bus put in order, show it, and let the session go on that waits for it."""
        origin, event = proposal.origin, proposal.event
        sessions, spoken = self.hub.state.sessions, isinstance(event, _MESSAGES)
        entry = sessions.get(origin.session) if origin.node == self.hub.node else None
        session = entry.id if entry is not None else None
        claimed = not spoken and entry is not None and entry.claims and not _noticed(event)
        if claimed and entry is not None:
            entry.claims = False
        try:
            outcome = self.hub.apply(message, proposal)
            if isinstance(outcome, Applied):
                if not spoken:
                    self._keep(message, outcome)
                self._fanout.show(outcome, session)
            elif session is not None and not _noticed(event):
                self._reject(session, outcome)
        except Exception:
            self._sessions.failed(session, "an event", origin.tag)
        if session is None:
            return
        if self._store.full and self._store.given == message and self._sessions.here(session):
            self._commits.hold(session)
        if claimed:
            self._connections.release(session, True)
        elif self._on_its_way is proposal:
            self._on_its_way = None
        elif spoken:
            self._connections.landed(session)

    def _keep(self, message: MessageId, applied: Applied) -> None:
        """Store what an event other than a message changed of accounts and read markers."""
        self._recorder.keep_accounts(message, applied.secret)
        self._recorder.keep_markers()
        if gone := self.hub.state.conversations.take_over():
            self._history.forget_passing(gone)

    def _reject(self, session: SessionId, rejected: Rejected) -> None:
        tag = rejected.proposal.origin.tag
        if isinstance(rejected.why, Duplicate):
            why = rejected.why
            self._commits.acknowledge(session, why.message, why.time, tag)
        else:
            self._sessions.tell(session, rejected.why, tag)


_check: type[HubPort] = Node


def _noticed(event: e.Event) -> bool:
    """Return whether the server itself caused an event: nobody claimed it, and nobody waits for it."""
    by_itself = isinstance(event, e.AwaySet) and event.auto
    by_itself |= isinstance(event, e.Read | e.ReadUntil) and event.noticed
    return by_itself or isinstance(event, e.Received | e.OperatorSet)
