"""The two steps that every command takes, as the topics of the rules define them."""

from __future__ import annotations

from typing import Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules.accounts import Accounts
from twisted_chat.core.rules.decisions import CheckPassword, Decision, FindMessage, SendReply
from twisted_chat.core.rules.deletion import Deletion
from twisted_chat.core.rules.effects import NOT_IN_ROOM, Applied, Effects, Outcome, Rejected
from twisted_chat.core.rules.listings import Listings
from twisted_chat.core.rules.login import Login
from twisted_chat.core.rules.messages import Messages
from twisted_chat.core.rules.moderation import Moderation
from twisted_chat.core.rules.ownership import Ownership
from twisted_chat.core.rules.people import People
from twisted_chat.core.rules.presence import Presence
from twisted_chat.core.rules.private import Private
from twisted_chat.core.rules.profiles import Profiles
from twisted_chat.core.rules.reading import Reading
from twisted_chat.core.rules.refusals import refuse
from twisted_chat.core.rules.renaming import Renaming
from twisted_chat.core.rules.rooms import Rooms
from twisted_chat.core.rules.server import Server
from twisted_chat.core.rules.topic import Asked, Ordered
from twisted_chat.core.rules.watching import Watch, noticed
from twisted_chat.core.state.session import SessionState
from twisted_chat.core.state.state import State
from twisted_chat.core.values.account import Proof
from twisted_chat.core.values.ids import MessageId, Node, Scope

#: All topics. Each command and each event is in the table of one of them.
TOPICS: Final = (
    Messages,
    Deletion,
    Private,
    Reading,
    Rooms,
    Moderation,
    Ownership,
    Accounts,
    Login,
    Renaming,
    Presence,
    People,
    Profiles,
    Server,
    Watch,
    Listings,
)

_LOG_IN_FIRST: Final = "Pick a nickname first. Nothing was sent."
_GONE: Final = Refused("gone", "You are no longer in the chat, so nothing was done. Connect again.")


class Rules:
    """The rules for one state."""

    def __init__(self, state: State) -> None:
        self._state = state
        topics = [topic(state) for topic in TOPICS]
        self.commands = {kind: do for topic in topics for kind, do in topic.commands.items()}
        self.events = {kind: rule for topic in topics for kind, rule in topic.events.items()}
        self._proven = {kind: do for topic in topics for kind, do in topic.proven.items()}
        self._before_login = frozenset().union(*(topic.before_login for topic in topics))
        (messages,) = (topic for topic in topics if isinstance(topic, Messages))
        self._say, self._said = messages.say, messages.said
        (deletion,) = (topic for topic in topics if isinstance(topic, Deletion))
        self._found = deletion.found

    def decide(
        self, session: SessionState, command: c.Command, now: float, tag: str | None, scope: Scope
    ) -> Decision:
        """Decide a command. ``scope`` is the public scope of the token that the session has or, at login, will have."""
        kind = type(command)
        user = self._state.users.get(session.user) if session.user is not None else None
        if user is None and kind not in self._before_login:
            return refuse("not-logged-in", _LOG_IN_FIRST)
        if type(command) is c.Say and user is not None:  # nearly all commands are this one
            return self._say(session, user, command, now, tag)
        return self.commands[kind](Asked(session, user, now, tag, scope), command)

    def proven(
        self,
        session: SessionState,
        proven: CheckPassword,
        proof: Proof,
        scope: Scope,
        password: str,
        now: float,
    ) -> Decision:
        """Decide what follows from a correct password. ``password`` is what the store will keep of a new one."""
        user = self._state.users.get(session.user) if session.user is not None else None
        kind = type(proven.command)
        if user is None and kind not in self._before_login:
            return SendReply(_GONE)
        asked = Asked(session, user, now, None, scope)
        return self._proven[kind](asked, proven, proof, password)

    def found(
        self, session: SessionState, it: FindMessage, message: e.Envelope | None, now: float
    ) -> Decision:
        """Decide what to do with a message that was looked for; None if it was not found."""
        user = self._state.users.get(session.user) if session.user is not None else None
        if user is None:
            return SendReply(_GONE)
        return self._found(Asked(session, user, now, None, session.scope), it, message)

    def apply(self, message: MessageId, proposal: e.Proposal) -> Outcome:
        """Change the state as proposed and return what happened, or change nothing and return why."""
        state, event, origin = self._state, proposal.event, proposal.origin
        user = state.users.get(proposal.user) if proposal.user is not None else None
        here = user is not None and (origin.node, origin.session) in user.sessions
        if type(event) is e.Said and user is not None and here:  # nearly all events are this one
            return self._said(message, proposal, user, event)
        rule = self.events[type(event)]
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

    def effects(self, applied: Applied, node: Node) -> Effects:
        """Return the effects of an event on a node whose state is that after the event."""
        event, state = applied.envelope.event, self._state
        effects = self.events[type(event)].effects(applied, event, state, node)
        return (*effects, *noticed(applied.envelope, state)) if state.watchers else effects
