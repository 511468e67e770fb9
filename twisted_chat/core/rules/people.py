"""Users: their settings and real names, ignoring others, earlier users of a nickname, and counts."""

from __future__ import annotations

from typing import Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.decisions import Decision, Ignoring, Propose, SendReply
from twisted_chat.core.rules.effects import CONFIRM
from twisted_chat.core.rules.outcomes import NOBODY, Applied, Near, Outcome
from twisted_chat.core.rules.refusals import absent_target, check_size, hidden, refuse, shown_again
from twisted_chat.core.rules.topic import Asked, Ordered, Rule, Topic
from twisted_chat.core.state.departures import Departure
from twisted_chat.core.state.state import State
from twisted_chat.core.values.ids import Node
from twisted_chat.core.values.names import Nick

#: The most people one session can ignore; a list that nobody could read any more.
MAX_IGNORED: Final = 500
_DAY: Final = 24 * 60 * 60


class People(Topic):
    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.commands = {
            c.SetRealName: self.set_real_name,
            c.ShowUser: self.show_user,
            c.ChangeUser: self.change_user,
            c.ShowCounts: self.show_counts,
            c.Whowas: self.whowas,
            c.Ignore: self.ignore,
            c.Unignore: self.unignore,
        }
        self.events = {
            e.RealNameSet: Rule(self.real_name_set),
            e.UserChanged: Rule(self.user_changed, effects=_own),
            e.OperatorSet: Rule(self.operator_set, effects=_origin),
        }

    # --- about oneself ---

    def set_real_name(self, asked: Asked, command: c.SetRealName) -> Decision:
        long = check_size(command.text, self.state.limits.max_real_name)
        return long or self.propose(asked, e.RealNameSet(str(command.text)))

    def real_name_set(self, it: Ordered, event: e.RealNameSet) -> Outcome:
        happened = it.applied(Near(tuple(it.user.rooms), author=True))
        self.state.describe(it.user, real_name=event.real_name)
        return happened

    def show_user(self, asked: Asked, command: c.ShowUser) -> Decision:
        user, operator = asked.user, asked.session.operator is not None
        settings = (("bot", user.author.bot), *user.settings.each())
        account = self.state.accounts.get(user.account or "")
        privacy = account.privacy if account is not None else None
        return SendReply(r.Yourself(user.nick, settings, operator, privacy))

    def change_user(self, asked: Asked, command: c.ChangeUser) -> Decision:
        return self.propose(asked, e.UserChanged(command.changes))

    def user_changed(self, it: Ordered, event: e.UserChanged) -> Outcome:
        user, happened = it.user, it.applied(NOBODY)
        for setting, value in event.changes:
            if setting == "bot":
                self.state.describe(user, bot=value)
            else:
                self.state.set_user(user, user.settings.changed(setting, value))
        return happened

    def operator_set(self, it: Ordered, event: e.OperatorSet) -> Outcome:
        self.state.set_operator(it.user, it.place, event.operator)
        return it.applied(NOBODY)

    # --- about others ---

    def whowas(self, asked: Asked, command: c.Whowas) -> Decision:
        found = _departures(self.state, command.nick, asked.now)
        if not found:
            why = f"Nobody has used the nickname {command.nick} recently. /whois {command.nick} asks about a user who is here."
            return refuse("was-not-here", why)
        count = command.count if command.count is not None and command.count > 0 else None
        users = tuple(was_here(each, asked.now) for each in found[:count])
        return SendReply(r.WereHere(command.nick, users))

    def show_counts(self, asked: Asked, command: c.ShowCounts) -> Decision:
        return SendReply(counts(self.state))

    # --- whom a session ignores ---

    def ignore(self, asked: Asked, command: c.Ignore) -> Decision:
        session, user = asked.session, asked.user
        if command.nick is None:
            return SendReply(r.Ignored(tuple(session.ignored.values())))
        target = self.state.user_named(command.nick)
        if target is None:
            return SendReply(absent_target(command.nick))
        if target is user:
            return refuse("self", "You cannot ignore yourself. Nothing was changed.")
        if len(session.ignored) >= MAX_IGNORED:
            why = f"You ignore {MAX_IGNORED} people and cannot ignore more. Nothing was changed. Type /unignore NICK first."
            return refuse("too-many-ignored", why)
        if user.account is not None:
            return Propose(e.IgnoreSet(target.nick.key, target.nick.text, hide=True))
        done = r.Confirmed(hidden(target.nick.text))
        return SendReply(done, Ignoring(target.nick.key, target.nick.text, hide=True))

    def unignore(self, asked: Asked, command: c.Unignore) -> Decision:
        key, ignored = command.nick.key, asked.session.ignored
        if key not in ignored:
            why = f"You do not ignore {command.nick}. Type /ignore to list the people you ignore."
            return refuse("not-ignored", why)
        name = ignored[key]
        if asked.user.account is not None:
            return Propose(e.IgnoreSet(key, name, hide=False))
        done = r.Confirmed(shown_again(name))
        return SendReply(done, Ignoring(key, command.nick.text, hide=False))


def counts(state: State) -> r.Counts:
    """Count users, operators and rooms."""
    rooms = sum(bool(room.members or room.owner) for room in state.rooms.values())
    users, hidden, operators = len(state.users), len(state.hidden), len(state.operators)
    return r.Counts(users, hidden, operators, len(state.nameless), rooms, state.peak)


def was_here(departure: Departure, now: float) -> r.WasHere:
    """Answer with a user who left, and when."""
    author, time = departure.author, departure.time
    return r.WasHere(
        author.nick.text,
        time,
        max(0.0, now - time),
        author.account,
        author.account_name,
        author.shown_user,
        author.shown_host,
        author.real_name,
    )


def latest_departure(state: State, nick: Nick, now: float) -> r.WasHere | None:
    """Answer with the last user of a nickname, and when they left."""
    found = _departures(state, nick, now)
    return was_here(found[0], now) if found else None


def _departures(state: State, nick: Nick, now: float) -> list[Departure]:
    """Return the users who had a nickname, as far back as may be known."""
    since = now - state.limits.last_seen * _DAY
    return [each for each in state.departures.of(nick.key) if each.time >= since]


# --- what follows ---


def _own(applied: Applied, event: e.UserChanged, state: State, node: Node) -> f.Effects:
    """Show it to the author's sessions: others see it when they ask."""
    return f.ShowOwn(), CONFIRM


def _origin(applied: Applied, event: e.OperatorSet, state: State, node: Node) -> f.Effects:
    """Show it to the session that it is about."""
    return (f.ShowOrigin(),)
