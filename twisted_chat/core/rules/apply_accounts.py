"""Applying what concerns names and accounts: who comes, under which name, and whose that is."""

from __future__ import annotations

from typing import TypeGuard

import msgspec

from twisted_chat.core.api import events as e
from twisted_chat.core.api.replies import NameRefused, Refused
from twisted_chat.core.rules.apply_rooms import forget_account, recognise
from twisted_chat.core.rules.checks import rename_refused
from twisted_chat.core.rules.outcomes import (
    NOBODY,
    Applied,
    Between,
    Near,
    Outcome,
    Rejected,
    envelope,
)
from twisted_chat.core.state.dedup import owner_of
from twisted_chat.core.state.server_bans import shut
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.account import KEPT_ELSEWHERE, Account, Proof
from twisted_chat.core.values.ids import MessageId, RoomId, UserId
from twisted_chat.core.values.names import Nick

_STALE = "the password was changed meanwhile, or the account deleted; log in again"
_NO_ACCOUNT = Refused("no-account", "you have no account (any more); nothing was changed")


class AccountApplier:
    """Applies ordered proposals about names and accounts to one state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def arrived(self, message: MessageId, proposal: e.Proposal, event: e.Arrived) -> Outcome:
        state = self._state
        place = (proposal.origin.node, proposal.origin.session)
        ghost = state.user_in_scope(event.scope)
        if ghost is not None:
            # The same client comes back before its old connection was known to be dead: it keeps nick and rooms.
            same = {old: it for old, it in ghost.sessions.items() if it.scope == event.scope}
            for old in same:
                del ghost.sessions[old]
                ghost.addresses.pop(old, None)
            mine = next(iter(same.values()), ghost.author)
            back_here = msgspec.structs.replace(mine, host=event.host)
            if ghost.author.scope == mine.scope:
                ghost.author = back_here
            ghost.sessions[place] = back_here
            ghost.addresses[place] = event.address
            state.nonces.touch(event.scope, proposal.time, owner_of(back_here))
            replaced = tuple(sorted(same.keys() - {place}))
            back = e.Arrived(ghost.nick, event.scope, event.host, replaced, address=event.address)
            return Applied(envelope(message, proposal, ghost, event=back), NOBODY)
        account = self._proven(message, proposal, event.proof, event.nick)
        if event.proof is not None and account is None:
            holder = state.in_the_way(event.nick) if event.proof.outside else None
            if holder is not None:
                return Rejected(proposal, NameRefused("nick-taken", taken(event.nick, holder)))
            return Rejected(proposal, NameRefused("wrong-password", _STALE))
        key = account.key if account is not None else None
        refused = self._shut_out(event, key, proposal.time)
        if refused is not None:
            return Rejected(proposal, refused)
        holder = state.in_the_way(event.nick, None, key)
        if joins(holder, account, event.nick):
            user = holder
            author = msgspec.structs.replace(user.author, scope=event.scope, host=event.host)
            state.attach(user, place, author, event.address)
        elif holder is not None:
            return Rejected(proposal, NameRefused("nick-taken", taken(event.nick, holder)))
        else:
            user_id, now = UserId(message), proposal.time
            author = e.Author(user_id, event.nick, event.scope, key, event.host)
            user = User(user_id, author, since=now, spoke=now, sessions={place: author})
            user.addresses[place] = event.address
            state.add_user(user)
        if account is not None:
            state.accounts.logged_in(event.scope, account.proof)
            state.markers.prune(account.key, state.rooms)
        state.nonces.touch(event.scope, proposal.time, owner_of(author))
        return Applied(envelope(message, proposal, user), NOBODY)

    def _shut_out(self, event: e.Arrived, account: str | None, now: float) -> NameRefused | None:
        """Refuse who may not come in since operators of the server said so, after the login was decided."""
        bans = self._state.server_bans
        ban = bans.of_address(event.address, now) or bans.of_account(account, now)
        if ban is not None:
            return NameRefused("banned", ban.explain(now))
        why = shut(self._state.panic, account=account, local=event.local)
        return NameRefused("closed", why) if why else None

    def renamed(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.Renamed
    ) -> Outcome:
        holder = self._state.in_the_way(event.nick, user, user.account)
        if holder is not None:
            return Rejected(proposal, Refused("nick-taken", taken(event.nick, holder)))
        refused = rename_refused(self._state, user, event.nick, proposal.time)
        if refused is not None:
            return Rejected(proposal, refused)
        happened = envelope(message, proposal, user)
        self._state.rename(user, event.nick)
        return Applied(happened, Near(tuple(user.rooms), author=True))

    def registered(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.AccountRegistered
    ) -> Outcome:
        state = self._state
        if user.account is not None:
            return Rejected(proposal, has_account(user.account))
        if user.nick.text != event.nick.text:
            why = f"you are called {user.nick} now; nothing was registered"
            return Rejected(proposal, Refused("nick-changed", why))
        holder = state.in_the_way(event.nick, user)
        if holder is not None:
            return Rejected(proposal, Refused("nick-taken", taken(event.nick, holder)))
        if event.invite is not None:
            if not state.invites.good(event.invite, proposal.time):
                return Rejected(proposal, BAD_INVITE)
            state.invites.use(event.invite)
        account = Account(user.nick, proposal.time, message)
        state.accounts.put(account)
        self._give(user, account, message, proposal.time)
        shown = e.AccountRegistered(user.nick)
        happened = envelope(message, proposal, user, event=shown)
        return Applied(happened, Between((user.id,)), event.password)

    def logged_in(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.LoggedIn
    ) -> Outcome:
        state = self._state
        account = self._proven(message, proposal, event.proof, event.nick, user)
        if account is None:
            return Rejected(proposal, Refused("wrong-password", _STALE))
        ban = state.server_bans.of_account(account.key, proposal.time)
        if ban is not None:
            return Rejected(proposal, Refused("banned", ban.explain(proposal.time)))
        if user.account not in (None, account.key):
            return Rejected(proposal, has_account(user.account or ""))
        holder = state.in_the_way(event.nick, user, account.key)
        happened = envelope(message, proposal, user)
        if holder is None:
            refused = rename_refused(state, user, event.nick, proposal.time)
            if refused is not None:
                return Rejected(proposal, refused)
            if user.nick.text != event.nick.text:
                state.rename(user, event.nick)
            self._give(user, account, message, proposal.time)
            return Applied(happened, Near(tuple(user.rooms), author=True))
        if not joins(holder, account, event.nick):
            return Rejected(proposal, Refused("nick-taken", taken(event.nick, holder)))
        # Their other sessions are here under that nick: this one goes over to them.
        place = (proposal.origin.node, proposal.origin.session)
        mine, address = user.sessions[place], user.addresses[place]
        state.detach(user, place)
        rooms = None
        if not user.sessions:
            rooms = tuple(user.rooms)
            for room in rooms:
                state.take_out(user, state.rooms[room])
            state.remove_user(user)
        author = msgspec.structs.replace(holder.author, scope=mine.scope, host=mine.host)
        state.attach(holder, place, author, address)
        state.accounts.logged_in(mine.scope, account.proof)
        state.nonces.touch(mine.scope, proposal.time, owner_of(author))
        moved = e.LoggedIn(holder.nick, event.proof, moved=True, rooms=rooms)
        return Applied(msgspec.structs.replace(happened, event=moved), NOBODY)

    def password_set(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.PasswordChanged
    ) -> Outcome:
        state = self._state
        account = state.accounts.proven(event.proof)
        if account is None or user.account != account.key:
            return Rejected(proposal, Refused("wrong-password", _STALE))
        if event.renewed:
            state.accounts.put(account)
            shown = e.PasswordChanged(account.proof, renewed=True)
            happened = envelope(message, proposal, user, event=shown)
            return Applied(happened, Between(()), event.password)
        account = msgspec.structs.replace(account, since=message)
        state.accounts.put(account)
        # Who is here stays; who might come back by a session's secret needs the new password.
        users = state.users_of(account.key)
        for each in users:
            for author in each.sessions.values():
                state.accounts.logged_in(author.scope, account.proof)
        shown = e.PasswordChanged(account.proof)
        happened = envelope(message, proposal, user, event=shown)
        return Applied(happened, Between(tuple(each.id for each in users)), event.password)

    def account_dropped(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.AccountDropped
    ) -> Outcome:
        account = self._state.accounts.proven(event.proof)
        if account is None or user.account != account.key:
            return Rejected(proposal, Refused("wrong-password", _STALE))
        happened = envelope(message, proposal, user)
        users, gone = drop_account(self._state, account.key)
        shown = e.AccountDropped(account.proof, gone)
        return Applied(msgspec.structs.replace(happened, event=shown), Between(users))

    def removed(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.AccountRemoved
    ) -> Outcome:
        refused = account_refused(self._state, event.account)
        if refused is not None:
            return Rejected(proposal, refused)
        users, gone = drop_account(self._state, event.account)
        shown = msgspec.structs.replace(event, users=users, gone=gone)
        return Applied(envelope(message, proposal, user, event=shown), NOBODY)

    def reset(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.PasswordReset
    ) -> Outcome:
        state = self._state
        refused = account_refused(state, event.account)
        if refused is not None:
            return Rejected(proposal, refused)
        # Nobody comes back by the secret of a session, either.
        account = msgspec.structs.replace(state.accounts[event.account], since=message)
        state.accounts.put(account)
        users = tuple(each.id for each in state.users_of(account.key))
        shown = msgspec.structs.replace(event, password="", users=users)
        return Applied(
            envelope(message, proposal, user, event=shown), NOBODY, secret=event.password
        )

    def invited(
        self, message: MessageId, proposal: e.Proposal, user: User, event: e.InviteCodeMade
    ) -> Outcome:
        if not self._state.invites.put(event.invite, event.until, proposal.time):
            why = "there are too many invitations that nobody used yet; try again in some days"
            return Rejected(proposal, Refused("too-many-invites", why))
        return Applied(envelope(message, proposal, user), Between((user.id,)))

    def set(
        self,
        message: MessageId,
        proposal: e.Proposal,
        user: User,
        event: e.PrivacySet | e.IgnoreSet,
    ) -> Outcome:
        """Apply a setting of an account."""
        state = self._state
        account = state.accounts.get(user.account) if user.account is not None else None
        if account is None:
            return Rejected(proposal, _NO_ACCOUNT)
        if isinstance(event, e.PrivacySet):
            account = msgspec.structs.replace(account, privacy=event.privacy)
        else:
            ignored = {key: name for key, name in account.ignored if key != event.key}
            if event.hide:
                ignored[event.key] = event.name
            account = msgspec.structs.replace(account, ignored=tuple(ignored.items()))
        state.accounts.put(account)
        users = tuple(each.id for each in state.users_of(account.key))
        return Applied(envelope(message, proposal, user), Between(users))

    def _proven(
        self,
        message: MessageId,
        proposal: e.Proposal,
        proof: Proof | None,
        nick: Nick,
        user: User | None = None,
    ) -> Account | None:
        """Return the account that was proven; made now, if others vouch for somebody who has none here yet.

        ``user``: who that is if they are here; they may have the nick already, as a guest.
        """
        if proof is None:
            return None
        state = self._state
        account = state.accounts.proven(proof)
        if account is None and proof.outside and state.in_the_way(nick, user) is None:
            account = Account(nick, proposal.time, message)
            state.accounts.put(account)
        return account

    def _give(self, user: User, account: Account, message: MessageId, time: float) -> None:
        """Make a user one of an account."""
        before = user.invitation
        self._state.markers.prune(account.key, self._state.rooms)
        self._state.markers.enter(account.key, user.rooms, message)
        self._state.set_account(user, account.key)
        recognise(self._state, user, before)
        for author in user.sessions.values():
            self._state.accounts.logged_in(author.scope, account.proof)
            self._state.nonces.touch(author.scope, time, owner_of(author))


def account_refused(state: State, key: str) -> Refused | None:
    """Return why the account of somebody cannot be changed by a server operator; None if it can."""
    account = state.accounts.get(key)
    if account is None:
        why = f"There is no account {key}. Nothing was changed. /accounts lists them."
        return Refused("no-such-account", why)
    if account.since == KEPT_ELSEWHERE:
        why = f"The account {key} is kept elsewhere, in a file of this server. Nothing was changed."
        return Refused("unsupported", why)
    return None


def drop_account(state: State, key: str) -> tuple[tuple[UserId, ...], tuple[RoomId, ...]]:
    """Delete an account; return who had it, and is a guest now, and the rooms and talks that are gone with it."""
    gone = (*forget_account(state, key), *state.talks.drop(key))
    state.markers.drop(key)
    users = state.users_of(key)
    state.accounts.drop(key)
    for each in users:
        state.set_account(each, None)
    return tuple(each.id for each in users), gone


def joins(holder: User | Account | None, account: Account | None, nick: Nick) -> TypeGuard[User]:
    """Tell whether a session of an account that asks for this nick joins others of the same account, who have it."""
    return (
        isinstance(holder, User)
        and account is not None
        and holder.account == account.key
        and holder.nick == nick
    )


BAD_INVITE = Refused(
    "invite-needed",
    "who registers here needs an invitation that is not used yet: /register PASSWORD CODE; ask who runs this server for a code",
)


def has_account(key: str) -> Refused:
    """Refuse what only guests can do."""
    return Refused(
        "already-logged-in",
        f"you have the account {key} here; /quit, and come again, to be another",
    )


def taken(nick: Nick, holder: User | Account) -> str:
    """Say why ``nick`` cannot be had."""
    if isinstance(holder, Account):
        if holder.name == nick:
            return f'"{nick}" is registered (/login {nick} PASSWORD if it is yours)'
        return f'"{nick}" is taken: it looks too much like {holder.name}, which is registered'
    if holder.nick == nick:
        return f'"{nick}" is taken'
    return f'"{nick}" is taken: it looks too much like {holder.nick}, who is here'
