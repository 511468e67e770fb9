"""Accounts: registration, password, settings, deletion, and the invitation codes of other people."""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.decisions import (
    CheckPassword,
    Decision,
    HashPassword,
    MakeInvite,
    SendReply,
)
from twisted_chat.core.rules.outcomes import Applied, Between, Outcome
from twisted_chat.core.rules.ownership import forget_account, recognise, step_back
from twisted_chat.core.rules.refusals import STALE, has_account, hidden, refuse, shown_again, taken
from twisted_chat.core.rules.topic import Asked, Case, Ordered, Rule, Topic
from twisted_chat.core.state.dedup import owner_of
from twisted_chat.core.state.invites import GOOD_FOR, digest_of
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.account import (
    KEPT_ELSEWHERE,
    MAX_PASSWORD,
    Account,
    Proof,
)
from twisted_chat.core.values.ids import MessageId, Node, RoomId, UserId
from twisted_chat.core.values.names import Nick

# The names that the server gives to users who ask for none.
_GUEST: Final = re.compile(r"guest[0-9]+")

_PRIVACY: Final = {
    "all": "Everyone can send you private messages.",
    "accounts": "Only people with an account can send you private messages.",
    "rooms": "Only people who share a room with you, such as the lobby, can send you private messages.",
}
_NO_ACCOUNT: Final = Refused(
    "no-account",
    (
        "You are a guest, so nothing was changed. Create an account with /register PASSWORD, or log in with "
        "/login NICK PASSWORD."
    ),
)
_BAD_INVITE: Final = Refused(
    "invite-needed",
    (
        "You need an unused invitation code: /register PASSWORD CODE. Ask the server's operator for one. "
        "Nothing was registered."
    ),
)
_TOO_MANY_INVITES: Final = Refused(
    "too-many-invites",
    "There are too many unused invitation codes, so no code was made. Try again in a few days.",
)


class Accounts(Topic):
    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.commands = {
            c.Register: self.register,
            c.ChangePassword: self.change_password,
            c.DropAccount: self.drop,
            c.MakeInviteCode: self.make_invite,
            c.SetPrivacy: self.set_privacy,
        }
        self.proven = {
            c.ChangePassword: self.changes_password,
            c.DropAccount: self.drops,
        }
        self.events = {
            e.AccountRegistered: Rule(self.registered, self.check_registered, effects=_account),
            e.PasswordChanged: Rule(self.password_changed, self.check_own, effects=_account),
            e.AccountDropped: Rule(self.dropped, self.check_own, effects=_account),
            e.InviteCodeMade: Rule(self.invite_made, self.check_invite_made, effects=_account),
            e.PrivacySet: Rule(self.privacy_set, self.check_has_account, effects=_account),
            e.IgnoreSet: Rule(self.ignore_set, self.check_has_account, effects=_account),
        }

    # --- making an account ---

    def register(self, asked: Asked, command: c.Register) -> Decision:
        user, state = asked.user, self.state
        if user.account is not None:
            return SendReply(has_account(user.account))
        if state.panic and not asked.session.local:
            why = "Registration is closed for now. Nothing was registered. Try again later."
            return refuse("registration-closed", why)
        if state.registration == "closed":
            why = "Registration is closed on this server. Nothing was registered. Ask the server's operator for an account."
            return refuse("registration-closed", why)
        invite = digest_of(command.code) if command.code is not None else None
        if state.registration == "invite" and not state.invites.good(invite, asked.now):
            return SendReply(_BAD_INVITE)
        if invite is not None and not state.invites.good(invite, asked.now):
            # Otherwise a password with a space in it would be cut at the space.
            why = "A password cannot contain spaces. Nothing was changed. Type /register PASSWORD."
            return refuse("bad-password", why)
        if _GUEST.fullmatch(user.nick.key):
            why = f"{user.nick} is a guest name and cannot be registered. Choose another with /nick NICK, then register that."
            return refuse("bad-nick", why)
        banned = state.server_bans.of_account(user.nick.key, asked.now)
        if banned is not None:
            return refuse(
                "banned",
                (
                    f"{user.nick} is banned from this server. Nothing was registered. "
                    "Choose another name with /nick NICK, then register that."
                ),
            )
        bad = bad_password(command.password, self.state.limits.min_password)
        if bad is not None:
            return SendReply(bad)
        needed = invite if state.registration == "invite" else None
        return HashPassword(user.nick, command.password, needed)

    def check_registered(self, case: Case, event: e.AccountRegistered) -> Refused | None:
        user, now = case.user, case.now
        if user.account is not None:
            return has_account(user.account)
        if user.nick.text != event.nick.text:
            why = f"Your nickname is {user.nick} now, so nothing was registered. Type /register PASSWORD to register it."
            return Refused("nick-changed", why)
        holder = self.state.in_the_way(event.nick, user)
        if holder is not None:
            return Refused("nick-taken", taken(event.nick, holder))
        if event.invite is not None and not self.state.invites.good(event.invite, now):
            return _BAD_INVITE
        return None

    def registered(self, it: Ordered, event: e.AccountRegistered) -> Outcome:
        user = it.user
        if event.invite is not None:
            self.state.invites.use(event.invite)
        account = Account(user.nick, it.now, it.message)
        self.state.accounts.put(account)
        become(self.state, user, account, it.message, it.now)
        return it.applied(Between((user.id,)), e.AccountRegistered(user.nick), event.password)

    # --- its password, and deleting it ---

    def change_password(self, asked: Asked, command: c.ChangePassword) -> Decision:
        account = account_of(self.state, asked.user)
        if account is None:
            return SendReply(_NO_ACCOUNT)
        bad = bad_password(command.new, self.state.limits.min_password)
        if bad is not None:
            return SendReply(bad)
        return prove(self.state, account.name, command.old, command)

    def changes_password(
        self, asked: Asked, proven: CheckPassword, proof: Proof, password: str
    ) -> Decision:
        return self.propose(asked, e.PasswordChanged(proof, password))

    def check_own(self, case: Case, event: e.PasswordChanged | e.AccountDropped) -> Refused | None:
        account = self.state.accounts.proven(event.proof)
        own = account is not None and case.user.account == account.key
        return None if own else Refused("wrong-password", STALE)

    def password_changed(self, it: Ordered, event: e.PasswordChanged) -> Outcome:
        state = self.state
        account = state.accounts[event.proof.account]
        if event.renewed:
            state.accounts.put(account)
            shown = e.PasswordChanged(account.proof, renewed=True)
            return it.applied(Between(()), shown, event.password)
        account = replace(account, since=it.message)
        state.accounts.put(account)
        # Users who are here stay; those who could return by a session's secret need the new password.
        users = state.users_of(account.key)
        for each in users:
            for author in each.sessions.values():
                state.accounts.logged_in(author.scope, account.proof)
        shown = e.PasswordChanged(account.proof)
        return it.applied(Between(tuple(each.id for each in users)), shown, event.password)

    def drop(self, asked: Asked, command: c.DropAccount) -> Decision:
        account = account_of(self.state, asked.user)
        if account is None:
            return SendReply(_NO_ACCOUNT)
        if account.since == KEPT_ELSEWHERE:
            why = (
                "Your account is managed in a file on this server. Nothing was changed. Ask the server's operator to "
                "delete it there."
            )
            return refuse("unsupported", why)
        return prove(self.state, account.name, command.password, command)

    def drops(self, asked: Asked, proven: CheckPassword, proof: Proof, password: str) -> Decision:
        return self.propose(asked, e.AccountDropped(proof))

    def dropped(self, it: Ordered, event: e.AccountDropped) -> Outcome:
        happened = it.applied(Between(()))
        proof = self.state.accounts[event.proof.account].proof
        users, gone = drop_account(self.state, event.proof.account)
        envelope = replace(happened.envelope, event=e.AccountDropped(proof, gone))
        return replace(happened, envelope=envelope, audience=Between(users))

    # --- its settings ---

    def set_privacy(self, asked: Asked, command: c.SetPrivacy) -> Decision:
        account = account_of(self.state, asked.user)
        if account is None:
            return SendReply(_NO_ACCOUNT)
        if command.privacy is None:
            return SendReply(r.Confirmed(privacy_text(account.privacy)))
        return self.propose(asked, e.PrivacySet(command.privacy))

    def check_has_account(self, case: Case, event: e.PrivacySet | e.IgnoreSet) -> Refused | None:
        return _NO_ACCOUNT if account_of(self.state, case.user) is None else None

    def privacy_set(self, it: Ordered, event: e.PrivacySet) -> Outcome:
        return self._set(it, privacy=event.privacy)

    def ignore_set(self, it: Ordered, event: e.IgnoreSet) -> Outcome:
        before = self.state.accounts[it.user.account or ""].ignored
        ignored = {key: name for key, name in before if key != event.key}
        if event.hide:
            ignored[event.key] = event.name
        return self._set(it, ignored=tuple(ignored.items()))

    def _set(self, it: Ordered, **setting: object) -> Outcome:
        account = self.state.accounts[it.user.account or ""]
        self.state.accounts.put(replace(account, **setting))
        users = tuple(each.id for each in self.state.users_of(account.key))
        return it.applied(Between(users))

    # --- codes ---

    def make_invite(self, asked: Asked, command: c.MakeInviteCode) -> Decision:
        if not asked.session.local and asked.session.operator is None:
            why = "Only server operators and people on the server's own machine can make invitation codes. No code was made."
            return refuse("not-operator", why)
        if self.state.registration == "closed":
            why = "Registration is closed on this server, so invitation codes cannot be used. No code was made."
            return refuse("registration-closed", why)
        return MakeInvite()

    def check_invite_made(self, case: Case, event: e.InviteCodeMade) -> Refused | None:
        return _TOO_MANY_INVITES if self.state.invites.full(case.now) else None

    def invite_made(self, it: Ordered, event: e.InviteCodeMade) -> Outcome:
        self.state.invites.put(event.invite, event.until, it.now)
        return it.applied(Between((it.user.id,)))


def privacy_text(privacy: str) -> str:
    """Tell a user who may send them private messages."""
    return _PRIVACY[privacy]


def bad_password(password: str, least: int = 0) -> Refused | None:
    """Refuse a text that cannot be a password, before it costs anything; a new one needs ``least`` characters."""
    size = len(password.encode("utf-8"))
    if size > MAX_PASSWORD:
        why = f"A password can have at most {MAX_PASSWORD:,} bytes. Nothing was changed. Choose a shorter one."
        return Refused("bad-password", why)
    if least and password != password.strip(" "):
        why = (
            "A password cannot begin or end with a space, because chat lines lose it. Nothing was changed. "
            "Choose another one."
        )
        return Refused("bad-password", why)
    if len(password) < least:
        why = f"A password needs at least {least} characters. Nothing was changed. Choose a longer one."
        return Refused("bad-password", why)
    return None


def prove(
    state: State,
    nick: Nick,
    password: str,
    command: c.Login | c.Authenticate | c.ChangePassword | c.DropAccount,
) -> Decision:
    """Have a password checked; then the decision goes on with ``command``."""
    bad = bad_password(password)
    if bad is not None:
        return SendReply(bad)
    account = state.accounts.get(nick.key)
    return CheckPassword(nick, password, command, account.proof if account is not None else None)


def account_of(state: State, user: User) -> Account | None:
    """Return the account of a user; None for a guest."""
    return state.accounts.get(user.account) if user.account is not None else None


def become(state: State, user: User, account: Account, message: MessageId, time: float) -> None:
    """Log a user in to an account."""
    if user.account not in (None, account.key):
        step_back(state, user)
    before = user.invitation
    state.read_markers.prune(account.key, state.rooms)
    state.read_markers.enter(account.key, user.rooms, message)
    state.set_account(user, account.key)
    recognise(state, user, before)
    state.read_times.adopt(user.invitation, before)
    for author in user.sessions.values():
        state.accounts.logged_in(author.scope, account.proof)
        state.client_ids.touch(author.scope, time, owner_of(author))


def account_refused(state: State, key: str) -> Refused | None:
    """Return why a server operator cannot change this account; None if they can."""
    account = state.accounts.get(key)
    if account is None:
        why = f"There is no account {key}. Nothing was changed. Type /accounts to list them."
        return Refused("no-such-account", why)
    if account.since == KEPT_ELSEWHERE:
        why = f"The account {key} is managed in a file on this server. Nothing was changed. Edit that file instead."
        return Refused("unsupported", why)
    return None


def drop_account(state: State, key: str) -> tuple[tuple[UserId, ...], tuple[RoomId, ...]]:
    """Delete an account; return its users, who are guests now, and the rooms and conversations that are deleted with it."""
    gone = (*forget_account(state, key), *state.conversations.drop(key))
    state.read_markers.drop(key)
    state.read_times.drop(key)
    users = state.users_of(key)
    state.accounts.drop(key)
    for each in users:
        state.set_account(each, None)
    return tuple(each.id for each in users), gone


# --- what follows ---


def _account(applied: Applied, event: e.Event, state: State, node: Node) -> f.Effects:
    """Tell the sessions of an account about a change; the session that made it, once the change is stored."""
    assert isinstance(applied.audience, Between)
    users, code = applied.audience.users, ""
    effects: list[f.Effect] = []
    match event:
        case e.AccountRegistered(nick=nick):
            effects.append(f.NoteNetwork(nick.key))
            done = f"{nick} is registered, and is now yours. To log in from elsewhere, type {nick} PASSWORD."
            other = f"{nick} is registered now."
        case e.PasswordChanged(renewed=renewed):
            if renewed:
                return ()  # nothing that anybody would notice
            done = "Your password was changed."
            other = "Your password was changed in another session."
        case e.AccountDropped(proof=proof, gone=gone):
            if gone:
                effects.append(f.Dissolve(gone))
            effects.append(f.ForgetNetworks(proof.account))
            done = other = (
                f"The account {proof.account} was deleted. You are a guest now, and the name is free."
            )
        case e.InviteCodeMade(invite=code):
            days = round(GOOD_FOR / 86400)
            done = f"This invitation code can be used once within {days} days: /register PASSWORD "
            other = "An invitation code was made in another session."
        case e.PrivacySet(privacy=privacy):
            done = other = privacy_text(privacy)
        case e.IgnoreSet(name=name, hide=hide):
            effects.append(f.UpdateIgnored(state.sessions_of(node, *users)))
            done = other = hidden(name) if hide else shown_again(name)
        case _:
            raise AssertionError(f"{type(event).__name__} is not an account event")
    author = state.users.get(applied.envelope.author.user) if applied.envelope.author else None
    if author is not None and isinstance(event, e.AccountRegistered | e.AccountDropped):
        # Programs may show which users have an account.
        effects.append(f.ShowNear(tuple(author.rooms)))
    notify = f.Notify(users, r.Notice("account", other))
    return (*effects, notify, f.ConfirmStored(done, code))
