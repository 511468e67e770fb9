"""Deciding what concerns names and accounts: who comes, under which name, and what proves whose that is."""

from __future__ import annotations

import itertools
import re
from typing import Final, Literal

from msgspec.structs import replace

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules.apply_accounts import BAD_INVITE, has_account, joins, taken
from twisted_chat.core.rules.checks import rename_refused
from twisted_chat.core.rules.decide_server import ServerDecider
from twisted_chat.core.rules.decisions import (
    CheckPassword,
    Decision,
    HashPassword,
    MakeInvite,
    Propose,
    SendReply,
)
from twisted_chat.core.rules.refusals import refuse
from twisted_chat.core.state.invites import digest_of
from twisted_chat.core.state.session import SessionState
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.account import KEPT_ELSEWHERE, Account, Proof
from twisted_chat.core.values.ids import Scope
from twisted_chat.core.values.names import Nick, guest_nick, suggest

#: Who can register: everybody, who has an invitation, or nobody.
Registration = Literal["open", "invite", "closed"]

#: The longest password, in UTF-8 bytes: beyond what anybody types, and what a password manager makes.
MAX_PASSWORD: Final = 1024
#: The shortest, in characters. NIST SP 800-63B, 5.1.1.2, asks for 8.
MIN_PASSWORD: Final = 8

# The names that the server gives to who asks for none.
_GUEST: Final = re.compile(r"guest[0-9]+")

_NAME_IN_USE: Final = (
    "The first word is a name that is in use here, so the rest may be its password. It was not sent. "
    "Type a nickname alone, or NICK PASSWORD"
)

_PRIVACY: Final = {
    "all": "everybody may write to you in private",
    "accounts": "only who has an account may write to you in private",
    "rooms": "only who is in one of your rooms, such as the lobby, may write to you in private",
}


class AccountDecider:
    """Decides commands about names and accounts against one state."""

    def __init__(self, state: State, server: ServerDecider) -> None:
        """``server`` says who may come in at all."""
        self._state = state
        self._server = server
        self.registration: Registration = "open"
        #: Whether others than this server are asked about passwords, who may know names that it does not.
        self.asks_others = False
        self._next_guest = 1

    # --- coming in ---

    def login(self, session: SessionState, command: c.Login, scope: Scope, now: float) -> Decision:
        """Decide under which name a session comes in. ``scope`` is that of the token it brings or will be given."""
        state, server = self._state, self._server
        if refused := server.keep_out(session, now):
            return refused
        if command.said is not None:
            if command.nick is not None and state.in_the_way(command.nick) is not None:
                return SendReply(r.NameRefused("looks-private", _NAME_IN_USE))
            command = c.Login()
        mine: Account | None = None
        if command.token is not None:
            ghost = state.user_in_scope(scope)
            if ghost is not None:
                refused = server.keep_out(session, now, ghost.account)
                return refused or self._arrive(session, ghost.nick, scope)
            mine = state.accounts.login_of(scope)
        nick = command.nick or (mine.name if mine is not None else self._free_guest())
        if command.password is not None:
            bad = _bad_password(command.password, new=False)
            if bad is not None:
                return SendReply(r.NameRefused("bad-password", bad.why))
            if command.or_guest and not self.asks_others and nick.key not in state.accounts:
                why = f"{nick} is not registered, so it has no password. A nickname is one word"
                free = nick if state.in_the_way(nick) is None else self._free(nick)
                return SendReply(r.NameRefused("wrong-password", why, free))
            return self._prove(nick, command.password, command)
        key = mine.key if mine is not None else None
        if refused := server.keep_out(session, now, key):
            return refused
        holder = state.in_the_way(nick, None, key)
        if isinstance(holder, Account) and holder.name == nick:
            return SendReply(r.NickPassword(nick, self._free(nick)))
        if refused := server.let_in(session, key):
            return refused
        if holder is not None and not joins(holder, mine, nick):
            return SendReply(r.NameRefused("nick-taken", taken(nick, holder), self._free(nick)))
        return self._arrive(session, nick, scope, mine.proof if mine is not None else None)

    def _arrive(
        self, session: SessionState, nick: Nick, scope: Scope, proof: Proof | None = None
    ) -> Decision:
        arrived = e.Arrived(nick, scope, session.host, proof=proof)
        arrived = replace(arrived, address=session.address or "", local=session.local)
        return Propose(arrived, claim=True)

    def login_again(
        self, session: SessionState, user: User, command: c.Login, now: float
    ) -> Decision:
        """Let somebody who is here become an account; without a password it is a rename, as classic clients mean it."""
        if command.token is not None:
            return refuse(
                "already-logged-in",
                f"you are logged in as {user.nick} already; /nick NICK changes that name",
            )
        if command.password is None:
            return self.rename(user, command.nick or self._free_guest(), now)
        nick = command.nick or session.wanted or user.nick
        if user.account is not None and (user.account != nick.key or user.nick == nick):
            return SendReply(has_account(user.account))
        return self._prove(nick, command.password, command)

    def rename(self, user: User, nick: Nick, now: float) -> Decision:
        state = self._state
        holder = state.in_the_way(nick, user, user.account)
        account = state.accounts.get(user.account) if user.account is not None else None
        if account is not None and joins(holder, account, nick):
            return Propose(e.LoggedIn(nick, account.proof), claim=True)
        if holder is not None:
            why = taken(nick, holder)
            free = self._free(nick)
            return refuse("nick-taken", f"{why}; try {free}" if free else why)
        if nick.text == user.nick.text:
            return refuse("same-nick", f"you are called {nick} already; nothing was changed")
        refused = rename_refused(state, user, nick, now)
        return SendReply(refused) if refused is not None else Propose(e.Renamed(nick), claim=True)

    # --- accounts ---

    def register(
        self, session: SessionState, user: User, command: c.Register, now: float
    ) -> Decision:
        if user.account is not None:
            return SendReply(has_account(user.account))
        if self._state.panic and not session.local:
            why = "nobody new can register for now; try again later"
            return refuse("registration-closed", why)
        if self.registration == "closed":
            why = "nobody can register here; ask who runs this server"
            return refuse("registration-closed", why)
        invite = digest_of(command.code) if command.code is not None else None
        if self.registration == "invite" and not self._state.invites.good(invite, now):
            return SendReply(BAD_INVITE)
        if invite is not None and not self._state.invites.good(invite, now):
            # Else who chose a password with a blank in it would have one without what follows the blank.
            why = "a password has no blanks, and nobody needs an invitation here: /register PASSWORD; nothing was changed"
            return refuse("bad-password", why)
        if _GUEST.fullmatch(user.nick.key):
            why = f"{user.nick} is a name for guests; take another with /nick NICK, then register that"
            return refuse("bad-nick", why)
        banned = self._state.server_bans.of_account(user.nick.key, now)
        if banned is not None:
            return refuse(
                "banned", f"{user.nick} is banned here; take another name, then register that"
            )
        bad = _bad_password(command.password, new=True)
        if bad is not None:
            return SendReply(bad)
        needed = invite if self.registration == "invite" else None
        return HashPassword(user.nick, command.password, needed)

    def change_password(self, user: User, command: c.ChangePassword) -> Decision:
        account = self._account_of(user)
        if isinstance(account, SendReply):
            return account
        bad = _bad_password(command.new, new=True)
        return (
            SendReply(bad) if bad is not None else self._prove(account.name, command.old, command)
        )

    def drop(self, user: User, command: c.DropAccount) -> Decision:
        account = self._account_of(user)
        if isinstance(account, SendReply):
            return account
        if account.since == KEPT_ELSEWHERE:
            why = "your account is kept elsewhere; ask who runs this server to delete it there; nothing was changed"
            return refuse("unsupported", why)
        return self._prove(account.name, command.password, command)

    def proven(
        self,
        session: SessionState,
        user: User | None,
        proven: CheckPassword,
        proof: Proof,
        scope: Scope,
        password: str,
        now: float,
    ) -> Decision:
        """Decide what a right password leads to. ``password`` is what is stored of a new one."""
        command = proven.command
        match command:
            case c.Login() if user is None:
                key = proof.account
                refused = self._server.keep_out(session, now, key)
                refused = refused or self._server.let_in(session, key)
                return refused or self._arrive(session, proven.nick, scope, proof)
            case c.Login():
                banned = self._state.server_bans.of_account(proof.account, now)
                if banned is not None:
                    return refuse("banned", banned.explain(now))
                return Propose(e.LoggedIn(proven.nick, proof), claim=True)
            case c.ChangePassword():
                return Propose(e.PasswordChanged(proof, password), claim=True)
            case c.DropAccount():  # pragma: no branch (mypy sees a missing case)
                return Propose(e.AccountDropped(proof), claim=True)

    def invite(self, session: SessionState) -> Decision:
        if not session.local and session.operator is None:
            why = "only operators of this server, and who connects from the machine it runs on, can invite"
            return refuse("not-operator", why)
        if self.registration == "closed":
            why = (
                "nobody can register here, with an invitation or without; the server was started so"
            )
            return refuse("registration-closed", why)
        return MakeInvite()

    def privacy(self, user: User, command: c.SetPrivacy) -> Decision:
        account = self._account_of(user)
        if isinstance(account, SendReply):
            return account
        if command.privacy is None:
            return SendReply(r.Confirmed(privacy_text(account.privacy)))
        return Propose(e.PrivacySet(command.privacy), claim=True)

    def _account_of(self, user: User) -> Account | SendReply:
        account = self._state.accounts.get(user.account) if user.account is not None else None
        if account is not None:
            return account
        why = "you are a guest here; /register PASSWORD makes an account, /login NICK PASSWORD enters one"
        return refuse("no-account", why)

    def _prove(
        self, nick: Nick, password: str, command: c.Login | c.ChangePassword | c.DropAccount
    ) -> Decision:
        bad = _bad_password(password, new=False)
        if bad is not None:
            return SendReply(bad)
        account = self._state.accounts.get(nick.key)
        return CheckPassword(
            nick, password, command, account.proof if account is not None else None
        )

    # --- free names ---

    def _free(self, nick: Nick) -> Nick | None:
        """Suggest a free nick like the one that is taken."""
        return next((near for near in suggest(nick) if self._state.in_the_way(near) is None), None)

    def suggestion(self, refused: r.NameRefused, nick: Nick) -> r.NameRefused:
        """Add a suggestion to a refusal that was made while applying."""
        return r.NameRefused(refused.code, refused.why, self._free(nick))

    def _free_guest(self) -> Nick:
        # Where to look first is a hint, no part of the state: a house of 5,000 guests costs one look-up, not 5,000.
        if self._next_guest > 2 * len(self._state.users) + 10:
            self._next_guest = 1
        names = ((n, guest_nick(n)) for n in itertools.count(self._next_guest))
        n, nick = next((n, nick) for n, nick in names if self._state.in_the_way(nick) is None)
        self._next_guest = n + 1
        return nick


def privacy_text(privacy: str) -> str:
    """Say who may write to somebody in private."""
    return _PRIVACY[privacy]


def _bad_password(password: str, *, new: bool) -> r.Refused | None:
    """Refuse what can be no password, before anything costly is done with it."""
    size = len(password.encode("utf-8"))
    if size > MAX_PASSWORD:
        why = f"a password has at most {MAX_PASSWORD:,} bytes; nothing was done with it"
        return r.Refused("bad-password", why)
    if new and password != password.strip(" "):
        why = "a password cannot begin or end with a blank: a line of chat loses it; nothing was changed"
        return r.Refused("bad-password", why)
    if new and len(password) < MIN_PASSWORD:
        why = f"a password has at least {MIN_PASSWORD} characters; nothing was changed"
        return r.Refused("bad-password", why)
    return None
