"""Changing the nick, and whether one is free."""

from __future__ import annotations

from typing import TypeGuard

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.accounts import account_of
from twisted_chat.core.rules.decisions import Decision, Propose, SendReply
from twisted_chat.core.rules.outcomes import Applied, Near, Outcome, shown
from twisted_chat.core.rules.permissions import ponder, rename_refused
from twisted_chat.core.rules.presence import note_departure
from twisted_chat.core.rules.refusals import refuse, taken
from twisted_chat.core.rules.topic import Asked, Case, Ordered, Rule, Topic
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.account import Account
from twisted_chat.core.values.ids import Node
from twisted_chat.core.values.names import Nick, suggest


class Renaming(Topic):
    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.commands = {c.Rename: self.rename}
        self.events = {e.Renamed: Rule(self.renamed, self.check_renamed, _renamed)}

    def rename(self, asked: Asked, command: c.Rename) -> Decision:
        wait = ponder_nick(self.state, asked, command, command.nick)
        return wait or take_nick(self.state, asked, command.nick)

    def check_renamed(self, case: Case, event: e.Renamed) -> Refused | None:
        return _refused(self.state, case, event.nick)

    def renamed(self, it: Ordered, event: e.Renamed) -> Outcome:
        happened = it.applied(Near(tuple(it.user.rooms), author=True))
        if event.nick != it.user.nick:
            note_departure(self.state, it.message, happened.envelope.author, it.now)
        self.state.rename(it.user, event.nick)
        return happened


def ponder_nick(state: State, asked: Asked, command: c.Command, nick: Nick) -> Decision | None:
    """Make a command wait while a nick has to be compared with more bans than one turn has time for."""
    rooms = map(state.rooms.__getitem__, asked.user.rooms)
    return ponder(asked.session, command, asked.user, rooms, nick)


def take_nick(state: State, asked: Asked, nick: Nick) -> Decision:
    """Decide the new nick of a user who is here."""
    user = asked.user
    account = account_of(state, user)
    holder = state.in_the_way(nick, user, user.account)
    if account is not None and joins(holder, account, nick):
        return Propose(e.LoggedIn(nick, account.proof))
    if holder is None and nick.text == user.nick.text:
        return refuse("same-nick", f"Your nickname is already {nick}. Nothing was changed.")
    if holder is not None and (free := free_nick(state, nick)) is not None:
        return refuse("nick-taken", f"{taken(nick, holder)} Try {free}.")
    refused = _refused(state, asked, nick)
    return SendReply(refused) if refused is not None else Propose(e.Renamed(nick))


def _refused(state: State, case: Case, nick: Nick) -> Refused | None:
    holder = state.in_the_way(nick, case.user, case.user.account)
    if holder is not None:
        return Refused("nick-taken", taken(nick, holder))
    return rename_refused(state, case.user, nick, case.now)


def free_nick(state: State, nick: Nick) -> Nick | None:
    """Suggest a free nick like the one that is taken."""
    return next((near for near in suggest(nick) if state.in_the_way(near) is None), None)


def joins(holder: User | Account | None, account: Account | None, nick: Nick) -> TypeGuard[User]:
    """Return whether a session of an account that asks for this nick joins the account's other sessions, which have it."""
    return (
        isinstance(holder, User)
        and account is not None
        and holder.account == account.key
        and holder.nick == nick
    )


# --- what follows ---


def _renamed(applied: Applied, event: e.Renamed, state: State, node: Node) -> f.Effects:
    """Users who ignore the author go on ignoring them under the new nick."""
    key, entries = event.nick.key, state.sessions.values()
    ignoring = f.UpdateIgnored(tuple(each.id for each in entries if key in each.ignored))
    return (ignoring, *shown(applied, event, state, node))
