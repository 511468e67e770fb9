"""Private messages: their recipients, here or away, when they are refused, and what is kept of them."""

from __future__ import annotations

from msgspec.structs import replace

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.commands import Kind
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.decisions import (
    Decision,
    PrivateHistory,
    Propose,
    Recall,
    SendReply,
)
from twisted_chat.core.rules.messages import bad_lines, come_back, is_kept, remember, sent_before
from twisted_chat.core.rules.outcomes import (
    NOBODY,
    Applied,
    Between,
    Outcome,
    Rejected,
)
from twisted_chat.core.rules.refusals import NOTHING_READ, refuse
from twisted_chat.core.rules.topic import NOT_HERE, Asked, Case, Ordered, Rule, Topic
from twisted_chat.core.state.conversations import GUESTS, NO_CONVERSATION, Participant, key_of, ref
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.account import Account
from twisted_chat.core.values.ids import MessageId, Node, RoomId
from twisted_chat.core.values.names import Nick


class Private(Topic):
    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.commands = {
            c.PrivateMessage: self.tell,
            c.ReplyPrivately: self.reply,
        }
        self.events = {
            e.Told: Rule(self.told, effects=_told),
            e.Received: Rule(self.received, self.check_received, effects=_received),
        }

    # --- writing to somebody ---

    def tell(self, asked: Asked, command: c.PrivateMessage) -> Decision:
        state, user = self.state, asked.user
        to, kind, lines, extras = command.to, command.kind, command.lines, command.extras
        target = addressee(state, to, kind)
        # Asked first: a client that lost its connection may send a message again, and its recipient may have left by now.
        if before := sent_before(state, asked.session, asked.tag, to, kind, lines, extras):
            return before
        scope = command.scope
        if target is not None and scope is not None and not is_meant(to, target, scope):
            return SendReply(somebody_else(to, scope))
        refused = self.check_told(user, target, to, kind)
        if refused is not None:
            return SendReply(refused)
        number = target.id if isinstance(target, User) else NOT_HERE
        return bad_lines(state, lines, extras) or Propose(
            e.Told(number, to, kind, lines, extras=extras)
        )

    def reply(self, asked: Asked, command: c.ReplyPrivately) -> Decision:
        target = self.user(asked.session.answer_to)
        if target is None:
            why = "There is nobody here to answer. The message was not sent. Type /msg NICK TEXT."
            return refuse("nobody-to-answer", why)
        return self.tell(asked, c.PrivateMessage(target.nick, command.lines))

    def check_told(
        self, user: User, target: User | Account | None, to: Nick, kind: c.Kind
    ) -> Refused | None:
        """Return why a user cannot send a message to its recipient; None if they can."""
        state = self.state
        if target is None:
            why = f"{to} is not here. The message was not sent. Type /who to list who is here."
            return Refused("no-such-nick", why)
        name = target.nick if isinstance(target, User) else target.name
        if not _wanted(state, user, target):
            return _not_to(state, target, name)
        if kind == "ctcp" and isinstance(target, User) and target.settings.no_ctcp:
            why = f"{name} does not accept requests from programs (CTCP). The message was not sent."
            return Refused("no-ctcp", why)
        if isinstance(target, User) or _ignored(user, target):
            return None
        sender, limits = user.account or GUESTS, state.limits
        if state.conversations.waiting(target.key, sender) >= limits.max_waiting_from:
            whose = "from you" if user.account is not None else "from guests"
            why = (
                f"{limits.max_waiting_from:,} messages {whose} are already waiting for {name}, which is the maximum. "
                "The message was not sent."
            )
            return Refused("too-many-waiting", why)
        if state.conversations.waiting(target.key) >= limits.max_waiting:
            why = (
                f"{limits.max_waiting:,} messages are already waiting for {name}, which is the maximum. The "
                "message was not sent."
            )
            return Refused("too-many-waiting", why)
        return None

    def told(self, it: Ordered, event: e.Told) -> Outcome:
        state, user, tag = self.state, it.user, it.proposal.origin.tag
        target: User | Account | None = state.users.get(event.to)
        if target is None:
            # Not by the nick, which another user may have by now. An account's name belongs to it.
            target = of_account(state, event.nick, event.kind)
        author = user.sessions[it.place]
        # What was sent before is not sent now, and nothing but that nobody is there stands in the way of saying so.
        if target is None or tag is None or state.client_ids.find(author.scope, tag) is None:
            refused = self.check_told(user, target, event.nick, event.kind)
            if refused is not None:
                return it.rejected(refused)
        assert target is not None
        sent = remember(state, it.message, it.proposal, author, event.nick, event)
        if isinstance(sent, Rejected):
            return sent
        user.spoke = it.now
        # Renamed on the way: it is still the same person, shown under the name they have now.
        told = self._kept(it.message, user, target, event)
        ears = (target.id,) if isinstance(target, User) else ()
        return it.applied(Between((user.id, *ears)), told)

    def _kept(
        self, message: MessageId, user: User, target: User | Account, event: e.Told
    ) -> e.Told:
        """Record in which conversation a message is kept, and whether it waits for its recipient."""
        told = (
            replace(event, to=target.id, nick=target.nick)
            if isinstance(target, User)
            else replace(event, to=NOT_HERE, nick=target.name)
        )
        if not is_kept(event):
            return told
        conversations, sender = self.state.conversations, user.account
        if isinstance(target, User) and (sender is None or target.account is None):
            pair = key_of(target.author), key_of(user.author)
            return replace(told, conversation=conversations.open(*pair, message), passing=True)
        account = target.account if isinstance(target, User) else target.key
        assert account is not None
        waits = isinstance(target, Account) and not _ignored(user, target)
        if sender is None and not waits:
            return told
        if waits:
            conversations.wait(account, sender or GUESTS)
        conversation = conversations.open(account, sender or GUESTS, message)
        return replace(told, conversation=conversation, account=account, waits=waits)

    # --- what waited ---

    def check_received(self, case: Case, event: e.Received) -> Refused | None:
        return NOTHING_READ if case.user.account is None else None

    def received(self, it: Ordered, event: e.Received) -> Outcome:
        conversation = self.state.conversations.receive(it.user.account or "")
        return it.applied(NOBODY, e.Received(conversation))


def history_with(
    state: State, user: User, partner: Nick, command: c.ShowHistory, limit: int
) -> Decision:
    """Answer with the conversation of a user and ``partner``; only these two can read it."""
    conversation = conversation_with(state, user, partner)
    if isinstance(conversation, SendReply):
        return conversation
    number, mine, other = conversation
    with_ = PrivateHistory(mine, other)
    return Recall(
        ref(number), command.before, command.after, limit, private=with_, newest=command.newest
    )


def conversation_with(
    state: State, user: User, nick: Nick
) -> tuple[RoomId, Participant, Participant] | SendReply:
    """Return the conversation of a user and the one called ``nick``, and who both are: guests are only known while here."""
    here = state.user_named(nick)
    other = participant(state, here) if here is not None else None
    if here is None and (account := state.accounts.get(nick.key)) is not None:
        other = Participant(account.key, account.name)
    if other is None:
        why = f"There is no account {nick}. Private messages with guests are only kept while both are here."
        return refuse("no-such-account", why)
    mine = participant(state, user)
    return state.conversations.find(mine.key, other.key) or NO_CONVERSATION, mine, other


def participant(state: State, user: User) -> Participant:
    """Return what a user is in a conversation."""
    account = state.accounts.get(user.account) if user.account is not None else None
    return Participant(key_of(user.author), account.name if account is not None else user.nick)


def addressee(state: State, nick: Nick, kind: Kind) -> User | Account | None:
    """Return the recipient of a message to this nick: the user who has it, or what :func:`of_account` returns."""
    return state.user_named(nick) or of_account(state, nick, kind)


def of_account(state: State, nick: Nick, kind: Kind) -> User | Account | None:
    """Return a user of the account of this name, or the account if it is not here; None if there is no such account.

    Requests between programs are only for users who are here.
    """
    account = state.accounts.get(nick.key)
    if account is None:
        return None
    here = next(iter(state.users_of(account.key)), None)
    if here is None and kind in c.BETWEEN_PROGRAMS:
        return None
    return here or account


def is_meant(to: Nick, target: User | Account, scope: str) -> bool:
    """Return whether the user with a nickname has the session of this public scope or, if it is "", is that account."""
    if scope:
        return isinstance(target, User) and any(
            session.scope == scope for session in target.sessions.values()
        )
    return isinstance(target, Account) or target.account == to.key


def somebody_else(to: Nick, scope: str) -> Refused:
    """Refuse a message to a nickname that another person may have by now."""
    why = (
        "someone else may have that nickname now"
        if scope
        else "it is not registered, so anyone can take it"
    )
    return Refused(
        "another-session",
        f"{to} may not be the person you wrote to: {why}. The message was not sent.",
    )


def _ignored(user: User, account: Account) -> bool:
    """Return whether an account ignores a user. The user is not told, just as when the account is here."""
    return any(key == user.nick.key for key, _ in account.ignored)


def _wanted(state: State, user: User, target: User | Account) -> bool:
    """Return whether a user or account accepts private messages from this user; an absent one counts as in its last rooms."""
    account = _account(state, target)
    if account is None or account.key == user.account:
        return True
    match account.privacy:
        case "all":
            return True
        case "accounts":
            return user.account is not None
        case "rooms":  # pragma: no branch (mypy sees a missing case)
            rooms = target.rooms if isinstance(target, User) else state.read_markers.of(account.key)
            return not user.rooms.keys().isdisjoint(rooms)


def _account(state: State, target: User | Account) -> Account | None:
    if isinstance(target, Account):
        return target
    return state.accounts.get(target.account) if target.account is not None else None


def _not_to(state: State, target: User | Account, name: Nick) -> Refused:
    """Refuse a private message to a user who does not accept it from everyone."""
    account = _account(state, target)
    wants = "people who share a room with them"
    if account is not None and account.privacy == "accounts":
        wants = "people with an account (/register PASSWORD makes one)"
    why = f"{name} only accepts private messages from {wants}. The message was not sent."
    return Refused("not-wanted", why)


# --- what follows ---


def _told(applied: Applied, event: e.Told, state: State, node: Node) -> f.Effects:
    audience = applied.audience
    assert isinstance(audience, Between)
    effects: list[f.Effect] = [f.ShowOwn()]
    for each in audience.users[1:]:
        effects.append(f.ShowUser(each))
        user = state.users.get(each)
        asks = event.kind not in ("ctcp-reply", "tags")
        if asks and user is not None and user.away is not None:
            effects.append(f.NotifyOrigin(r.RecipientAway(user.nick, user.away)))
    author, tag = applied.envelope.author, applied.envelope.tag
    assert author is not None
    sent = state.client_ids.find(author.scope, tag) if tag is not None else None
    if event.passing:
        effects.append(f.KeepPassing())
    elif event.conversation is not None:
        effects.append(f.KeepPrivate(sent))
    if sent is not None and (event.passing or event.conversation is None):
        # Where a guest takes part its id is kept, so that it is not sent twice.
        effects.append(f.KeepId(sent))
    effects += come_back(state.users[author.user])
    if event.to == NOT_HERE:
        why = f"{event.nick} is not here. The message will be delivered when {event.nick} is back."
        effects.append(f.NotifyOrigin(r.Notice("not-here", why)))
    return (*effects, f.Confirm(always=True))


def _received(applied: Applied, event: e.Received, state: State, node: Node) -> f.Effects:
    author = applied.envelope.author
    assert author is not None and author.account is not None
    gone = (f.Dissolve((event.conversation,)),) if event.conversation is not None else ()
    return (f.Deliver(author.account), *gone)
