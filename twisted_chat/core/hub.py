"""The hub: the state of the chat, and the two steps that every command takes through it.

``decide`` turns a command into a proposal or a reply. The bus gives the proposal its place in the order. ``apply`` makes it
happen, on every node in the same way, or rejects it. The hub has no clock and does no I/O: a test drives it with values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec.structs import replace

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.records import LeftOut, Remembered, RoomRecord
from twisted_chat.core.api.replies import NameRefused, Refused
from twisted_chat.core.rules import listings, people
from twisted_chat.core.rules.decisions import (
    CheckPassword,
    Decision,
    FindMessage,
    FocusOn,
    Ignoring,
    Propose,
    Proven,
    SendReply,
    Watching,
)
from twisted_chat.core.rules.dispatch import Rules
from twisted_chat.core.rules.effects import Effects
from twisted_chat.core.rules.following import Following, ignore
from twisted_chat.core.rules.outcomes import NOT_IN_ROOM, Applied, Outcome, Rejected
from twisted_chat.core.rules.permissions import floor
from twisted_chat.core.rules.refusals import refuse
from twisted_chat.core.rules.renaming import free_nick
from twisted_chat.core.rules.topic import Asked, Ordered
from twisted_chat.core.rules.watching import noticed
from twisted_chat.core.state import snapshot
from twisted_chat.core.state.budgets import SHORT, Budgets
from twisted_chat.core.state.room import Room
from twisted_chat.core.state.session import SessionState
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.account import Proof, Registration
from twisted_chat.core.values.ids import MessageId, Node, Scope, SessionId, UserId
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.ratelimit import Bucket
from twisted_chat.core.values.text import CleanText

NO_SCOPE = Scope("")
# A session that has not waited for so many seconds is told again when it has to.
_RESTED: Final = 10.0
# Once: making it costs more than asking for it.
_SPOKEN: Final = (e.Said, e.Told)
_LOG_IN_FIRST: Final = "Pick a nickname first. Nothing was sent."
_GONE: Final = Refused("gone", "You are no longer in the chat, so nothing was done. Connect again.")


class Hub:
    """One node's view of the chat."""

    def __init__(self, node: Node, limits: Limits, *, registration: Registration = "open") -> None:
        self.node = node
        self.state = State(limits)
        self.state.registration = registration
        self._rules = Rules(self.state)
        self._budgets = Budgets(limits)
        #: The last that was applied: everything up to it was shown.
        self.latest = MessageId(0)
        self._following = Following(self.state, node)

    @property
    def limits(self) -> Limits:
        """The current limits."""
        return self.state.limits

    def limit(self, limits: Limits) -> None:
        """Apply other limits from now on; what a session or a room was given at its beginning stays."""
        self.state.limit(limits)
        self._budgets.limits = limits

    # --- sessions of this node ---

    def open(
        self, session: SessionId, host: str, now: float, address: str | None = None
    ) -> SessionState:
        """Add a session that has not logged in yet. ``host`` is what others may see of its ``address``."""
        opened = SessionState(session, host, Bucket(self.limits.flood_burst, now), address=address)
        self.state.sessions[session] = opened
        self.state.nameless.add(session)
        self._budgets.come(opened, now)
        return opened

    def close(self, session: SessionId) -> None:
        """Forget a session. Its user departs by a proposal of its own, see :meth:`departure`."""
        entry = self.state.sessions.pop(session, None)
        self.state.nameless.discard(session)
        self.state.watchers.forget(session)
        if entry is not None:
            self._budgets.leave(entry)
        if entry is not None and entry.user in self.state.users:
            self._following.leaving[session] = entry

    def banned(self, address: str | None, now: float) -> str:
        """Return why nobody can log in from an address; None if they can."""
        ban = self.state.server_bans.of_address(address, now)
        return ban.explain(now) if ban is not None else ""

    def server_bans(self, page: int, now: float) -> r.ServerBanList:
        """Return a page of the bans from the server."""
        return listings.server_bans(self.state, page, now)

    def counts(self) -> r.Counts:
        """Return how many users, operators and rooms there are."""
        return people.counts(self.state)

    def admit(self, session: SessionId, now: float) -> float:
        """Take a token for one line; return 0.0, or the seconds to wait until the line may be handed in."""
        entry = self.state.sessions[session]
        if entry.until > now:
            return entry.until - now
        if entry.credit < 1 and entry.user is not None:
            wait = self._budgets.draw(entry, now)
            if wait:
                entry.until = now + wait
                return wait
        limits = self.state.limits
        wait = entry.bucket.take(limits.flood_burst, limits.flood_rate, now)
        if not wait:
            entry.credit -= 1
        return wait

    def crowded(self, session: SessionId, now: float) -> bool:
        """Return whether a session waits for a budget that it shares with others, and not for tokens of its own."""
        return self.state.sessions[session].until > now

    def rested(self, session: SessionId) -> bool:
        """Return whether a session has nearly all its tokens, and has not waited for others for a while."""
        entry = self.state.sessions[session]
        return (
            entry.bucket.full(self.limits.flood_burst) and entry.bucket.at > entry.until + _RESTED
        )

    def user_of(self, session: SessionId) -> User | None:
        """Return the user of a session, None before login or after the user is gone."""
        entry = self.state.sessions.get(session)
        return (
            self.state.users.get(entry.user)
            if entry is not None and entry.user is not None
            else None
        )

    def ids_of(self, keys: Iterable[str]) -> set[UserId]:
        """Return the users who have these nick keys now."""
        named = self.state.users_by_key
        return {named[key].id for key in keys if key in named}

    def focus_of(self, session: SessionId) -> Room | None:
        """Return the focused room of a session."""
        focus = self.state.sessions[session].focus
        return self.state.rooms.get(focus) if focus is not None else None

    # --- what lasts ---

    def restore(self, remembered: Remembered) -> tuple[LeftOut, ...]:
        """Restore what a store remembers of earlier runs, before any user is here; return the rooms that cannot be restored."""
        return snapshot.restore(self.state, remembered)

    def altered(self) -> Iterator[RoomRecord]:
        """Yield the records of the rooms that have changed since the last call, each once."""
        return snapshot.altered(self.state)

    # --- the two steps ---

    def decide(
        self,
        session: SessionId,
        command: c.Command,
        now: float,
        tag: str | None = None,
        scope: Scope = NO_SCOPE,
    ) -> Decision | e.Proposal:
        """Decide a command of a session at time ``now``. ``tag`` is the sender's own id of it.

        ``scope`` is needed for a login only: that of the token it brings or will be given.
        """
        entry, kind, rules = self.state.sessions[session], type(command), self._rules
        user = self.state.users.get(entry.user) if entry.user is not None else None
        if user is None and kind not in rules.before_login:
            return refuse("not-logged-in", _LOG_IN_FIRST)
        if type(command) is c.Say and user is not None:  # nearly all commands are this one
            decision = rules.messages.say(entry, user, command, now, tag)
        else:
            decision = rules.commands[kind](Asked(entry, user, now, tag, scope), command)
        if type(decision) is not Propose or not isinstance(event := decision.event, _SPOKEN):
            return decision
        lines, extras = event.lines, event.extras
        # What people write is short, and where they wrote before.
        if extras is not None:
            self._budgets.said(entry, decision.room, lines, extras.size)
        elif decision.room != entry.spoke_in or len(lines) > 1 or len(lines[0]) > SHORT:
            self._budgets.said(entry, decision.room, lines)
        return self.propose(session, decision, now, tag)

    def propose(
        self, session: SessionId, decision: Propose, now: float, tag: str | None = None
    ) -> e.Proposal:
        """Make the proposal that a decision asks for."""
        user = self.state.sessions[session].user
        return e.Proposal(
            decision.event, e.Origin(self.node, session, tag), now, user, decision.room
        )

    def knows(self, scope: Scope) -> bool:
        """Return whether this is the scope of a session that is here, or that was here and is not forgotten yet."""
        return self.state.user_in_scope(scope) is not None or self.state.client_ids.known(scope)

    def proven(
        self,
        session: SessionId,
        proven: CheckPassword,
        proof: Proof,
        scope: Scope,
        now: float,
        password: str = "",
    ) -> Decision:
        """Go on with a decision after the password was found right.

        ``scope`` as in :meth:`decide`; ``password`` is what is stored of a new one.
        """
        kind, user = type(proven.command), self.user_of(session)
        if user is None and kind not in self._rules.before_login:
            return SendReply(_GONE)
        asked = Asked(self.state.sessions[session], user, now, None, scope)
        return self._rules.proven[kind](asked, proven, proof, password)

    def found(
        self, session: SessionId, decision: FindMessage, message: e.Envelope | None, now: float
    ) -> Decision:
        """Go on with a decision when the message was found, or (None) is not there."""
        user, entry = self.user_of(session), self.state.sessions[session]
        if user is None:
            return SendReply(_GONE)
        asked = Asked(entry, user, now, None, entry.scope)
        return self._rules.deletion.found(asked, decision, message)

    def forget_old(self, now: float, scopes: Iterable[Scope] | None = None) -> None:
        """Forget the sessions, and the ids of their messages, that were not used for 24 hours at the time ``now``.

        ``scopes``: look at those of these scopes only.
        """
        self.state.client_ids.forget(now, scopes)

    def let_register(self, who: Registration) -> None:
        """Set who can register from now on."""
        self.state.registration = who

    @property
    def asks_others(self) -> bool:
        """Whether other sources than this server are asked about passwords; they may know names that it does not."""
        return self.state.asks_others

    def ask_others(self, ask: bool) -> None:
        """Set whether they are."""
        self.state.asks_others = ask

    def make_operator(self, session: SessionId, name: str | None, now: float) -> e.Proposal:
        """Make a session one of the server operator of this name, or of none any more; return the event that announces it."""
        self.state.sessions[session].operator = name
        return self.propose(session, Propose(e.OperatorSet(name)), now)

    def want(self, session: SessionId, nick: Nick) -> None:
        """Record which registered name a session did not get for lack of its password."""
        self.state.sessions[session].wanted = nick

    def departure(self, session: SessionId, reason: str, now: float) -> e.Proposal | None:
        """Propose that a session's user departs; None if it has none (any more)."""
        if self.user_of(session) is None:
            return None
        marks = self.state.sessions[session].marks
        return self.propose(session, Propose(e.Departed(CleanText(reason), marks=marks)), now)

    def apply(self, message: MessageId, proposal: e.Proposal) -> Outcome:
        """Apply a proposal at its place in the order, and bring this node's own sessions up to date with it."""
        self.latest = message
        outcome = self._apply(message, proposal)
        if type(proposal.event) is e.Said:
            # Nearly always. It has its effects, and changes nothing of who hears what.
            return outcome
        if isinstance(proposal.event, e.Departed) and proposal.origin.node == self.node:
            self._following.leaving.pop(proposal.origin.session, None)
        if isinstance(outcome, Applied):
            self._following.follow(outcome.envelope)
            return replace(outcome, effects=self._effects(outcome))
        if isinstance(outcome.why, NameRefused) and isinstance(proposal.event, e.Arrived):
            why, nick = outcome.why, proposal.event.nick
            return Rejected(proposal, NameRefused(why.code, why.why, free_nick(self.state, nick)))
        return outcome

    def _apply(self, message: MessageId, proposal: e.Proposal) -> Outcome:
        """Change the state as proposed and return what happened, or change nothing and return why."""
        state, event, origin = self.state, proposal.event, proposal.origin
        user = state.users.get(proposal.user) if proposal.user is not None else None
        here = user is not None and (origin.node, origin.session) in user.sessions
        if type(event) is e.Said and user is not None and here:  # nearly all events are this one
            return self._rules.messages.said(message, proposal, user, event)
        rule = self._rules.events[type(event)]
        if rule.by_nobody:
            return rule.apply(Ordered(message, proposal, None), event)
        if user is None or not here:
            return Rejected(proposal, _GONE)
        room = state.room_with(proposal.room, user)
        if room is None and rule.in_room:
            return Rejected(proposal, NOT_IN_ROOM)
        it = Ordered(message, proposal, user, room)
        refused = rule.check(it, event) if rule.check is not None else None
        if refused is not None:
            return Rejected(proposal, refused)
        if rule.lasting and room is not None:
            # First: what puts everybody out removes the room, which is then no longer to be kept.
            state.altered[room.ref.id] = None
        return rule.apply(it, event)

    def _effects(self, applied: Applied) -> Effects:
        """Return the effects of an event on this node, whose state is that after the event."""
        event, state = applied.envelope.event, self.state
        effects = self._rules.events[type(event)].effects(applied, event, state, self.node)
        return (*effects, *noticed(applied.envelope, state)) if state.watchers else effects

    def change(self, session: SessionId, change: FocusOn | Ignoring | Proven | Watching) -> None:
        """Change what concerns one session only."""
        entry = self.state.sessions[session]
        match change:
            case FocusOn():
                entry.focus_on(change.room)
            case Ignoring():
                ignore(entry, change.key, change.name, hide=change.hide)
            case Proven():
                entry.proof = change.proof
            case Watching():
                watchers = self.state.watchers
                if change.clear:
                    watchers.forget(session)
                watchers.remove(session, change.remove)
                watchers.add(session, change.add)
                if change.in_detail:
                    watchers.in_detail.add(session)

    def floor(self, user: UserId, room: Room, now: float) -> MessageId:
        """Return the message after which a member of a room sees what was said there."""
        return floor(self.state.users[user], room, now)

    def entered(self, room: Room, *, created: bool) -> r.Entered:
        """Return a description of a room for a user who has entered it."""
        names = room.first(self.limits.page_size, self.state.users)
        locked = room.password is not None
        bots = tuple(self.state.bots.in_room(room, self.limits.page_size))
        return r.Entered(room.name, len(room.members), names, room.topic, created, locked, bots)
