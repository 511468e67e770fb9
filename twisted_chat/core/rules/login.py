"""Logging in, to an account or as a guest."""

from __future__ import annotations

import itertools
from typing import Final

from msgspec.structs import replace

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.api.replies import NameRefused, Refused
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.accounts import bad_password, become, prove
from twisted_chat.core.rules.decisions import (
    CheckPassword,
    Decision,
    Propose,
    Proven,
    SendReply,
)
from twisted_chat.core.rules.effects import CONFIRM
from twisted_chat.core.rules.outcomes import NOBODY, Applied, Near, Outcome, shown
from twisted_chat.core.rules.permissions import rename_refused
from twisted_chat.core.rules.presence import departed, note_departure
from twisted_chat.core.rules.refusals import STALE, has_account, refuse, taken
from twisted_chat.core.rules.renaming import free_nick, joins, ponder_nick, take_nick
from twisted_chat.core.rules.topic import Asked, Case, Ordered, Rule, Topic
from twisted_chat.core.state.dedup import owner_of
from twisted_chat.core.state.server_bans import shut
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.about import About
from twisted_chat.core.values.account import Account, Proof
from twisted_chat.core.values.ids import Node, UserId
from twisted_chat.core.values.names import BadName, Nick, guest_nick, parse_nick
from twisted_chat.core.values.text import CleanText

_NAME_IN_USE: Final = (
    "The first word is a name in use here, so the rest may be its password. The line was not sent. Type only a "
    "nickname, or NICK PASSWORD."
)


class Login(Topic):
    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._next_guest = 1
        self.commands = {
            c.Login: self.login,
            c.Authenticate: self.authenticate,
        }
        self.before_login = frozenset((c.Login, c.Authenticate))
        self.proven = {c.Login: self.logs_in, c.Authenticate: self.authenticates}
        self.events = {
            e.Arrived: Rule(self.arrived, effects=_arrived, by_nobody=True),
            e.LoggedIn: Rule(self.logged_in, self.check_logged_in, _logged_in),
        }

    # --- coming in ---

    def login(self, asked: Asked, command: c.Login) -> Decision:
        """Decide a login: the nick of a new session, or the account of a user who is already here."""
        if asked.here is not None:
            return self._login_again(asked, asked.here, command)
        state, session, now = self.state, asked.session, asked.now
        session.backlog = command.backlog
        if refused := self._banned(session.address, None, now):
            return SendReply(refused)
        if command.said is not None:
            if command.nick is not None and state.in_the_way(command.nick) is not None:
                return SendReply(NameRefused("looks-private", _NAME_IN_USE))
            command = c.Login()
        mine: Account | None = None
        if command.token is not None:
            ghost = state.user_in_scope(asked.scope)
            if ghost is not None:
                refused = self._banned(session.address, ghost.account, now)
                return self._arrive(asked, refused, ghost.nick, command.about)
            mine = state.accounts.login_of(asked.scope)
        if session.proof is not None:
            mine = state.accounts.proven(session.proof)
            if mine is None and not session.proof.outside:
                return SendReply(NameRefused("wrong-password", STALE))
        nick = command.nick or (mine.name if mine is not None else self._free_guest())
        if command.password is not None:
            bad = bad_password(command.password)
            if bad is not None:
                return SendReply(NameRefused("bad-password", bad.why))
            if command.or_guest and not state.asks_others and nick.key not in state.accounts:
                why = f"{nick} is not registered, so it has no password. A nickname is one word."
                free = nick if state.in_the_way(nick) is None else free_nick(state, nick)
                return SendReply(NameRefused("wrong-password", why, free))
            return prove(state, nick, command.password, command)
        proof = session.proof or (mine.proof if mine is not None else None)
        key = proof.account if proof is not None else None
        if refused := self._banned(session.address, key, now):
            return SendReply(refused)
        holder = state.in_the_way(nick, None, key)
        if isinstance(holder, Account) and holder.name == nick:
            return SendReply(r.NickPassword(nick, free_nick(state, nick)))
        refused = self._closed(key, local=session.local)
        if refused is None and holder is not None and not joins(holder, mine, nick):
            refused = NameRefused("nick-taken", taken(nick, holder), free_nick(state, nick))
        return self._arrive(asked, refused, nick, command.about, proof)

    def authenticate(self, asked: Asked, command: c.Authenticate) -> Decision:
        """Have the password of an account checked, whatever nick the session has or will have."""
        if asked.here is not None and (refused := _bound(asked.here, command.account.key)):
            return SendReply(refused)
        return prove(self.state, command.account, command.password, command)

    def authenticates(
        self, asked: Asked, proven: CheckPassword, proof: Proof, password: str
    ) -> Decision:
        account = self.state.accounts.get(proof.account)
        name = account.name if account is not None else proven.nick
        if asked.here is not None:
            nick = asked.here.nick if account is not None else name
            return self.propose(asked, e.LoggedIn(nick, proof))
        return SendReply(r.Authenticated(name), Proven(proof))

    def logs_in(self, asked: Asked, proven: CheckPassword, proof: Proof, password: str) -> Decision:
        """Decide what follows from a correct password."""
        if asked.here is not None:
            return self.propose(asked, e.LoggedIn(proven.nick, proof))
        session, login = asked.session, proven.command
        assert isinstance(login, c.Login)
        refused = self._banned(session.address, proof.account, asked.now)
        refused = refused or self._closed(proof.account, local=session.local)
        return self._arrive(asked, refused, proven.nick, login.about, proof)

    def _arrive(
        self,
        asked: Asked,
        refused: NameRefused | None,
        nick: Nick,
        about: About,
        proof: Proof | None = None,
    ) -> Decision:
        if refused is not None:
            return SendReply(refused)
        session, about = asked.session, about.cut(self.state.limits.max_real_name)
        arrived = e.Arrived(nick, asked.scope, session.host, proof=proof, about=about)
        arrived = replace(arrived, address=session.address or "", local=session.local)
        return Propose(arrived)

    def _banned(self, address: str | None, account: str | None, now: float) -> NameRefused | None:
        """Refuse the login of a banned user. ``account`` is the key of the account, if any."""
        bans = self.state.server_bans
        ban = bans.of_address(address, now) or bans.of_account(account, now)
        return NameRefused("banned", ban.explain(now)) if ban is not None else None

    def _closed(self, account: str | None, *, local: bool) -> NameRefused | None:
        """Refuse the login of a new user during a lockdown."""
        why = shut(self.state.panic, account=account, local=local)
        return NameRefused("closed", why) if why else None

    def arrived(self, it: Ordered, event: e.Arrived) -> Outcome:
        state, place = self.state, it.place
        ghost = state.user_in_scope(event.scope)
        if ghost is not None:
            return self._back(it, event, ghost)
        account = self._proven(it, event.proof, event.nick, None)
        if event.proof is not None and account is None:
            holder = state.in_the_way(event.nick) if event.proof.outside else None
            if holder is not None:
                return it.rejected(NameRefused("nick-taken", taken(event.nick, holder)))
            return it.rejected(NameRefused("wrong-password", STALE))
        key = account.key if account is not None else None
        # Operators of the server may have said so after the login was decided.
        refused = self._banned(event.address, key, it.now)
        refused = refused or self._closed(key, local=event.local)
        if refused is not None:
            return it.rejected(refused)
        holder = state.in_the_way(event.nick, None, key)
        if joins(holder, account, event.nick):
            user = holder
            author = replace(user.author, scope=event.scope, host=event.host)
            state.attach(user, place, author, event.address)
        elif holder is not None:
            return it.rejected(NameRefused("nick-taken", taken(event.nick, holder)))
        else:
            user_id, now = UserId(it.message), it.now
            about, name = event.about, account.name.text if account is not None else ""
            author = e.Author(
                user_id,
                event.nick,
                event.scope,
                key,
                event.host,
                about.real_name,
                about.bot,
                about.user_name,
                name,
            )
            user = User(user_id, author, since=now, spoke=now, sessions={place: author})
            user.addresses[place] = event.address
            state.add_user(user)
        if account is not None:
            state.accounts.logged_in(event.scope, account.proof)
            state.read_markers.prune(account.key, state.rooms)
        state.client_ids.touch(event.scope, it.now, owner_of(author))
        return it.by(user).applied(NOBODY)

    def _back(self, it: Ordered, event: e.Arrived, ghost: User) -> Outcome:
        """Let a client return before its old connection is known to be dead; it keeps nick and rooms."""
        place = it.place
        same = {
            old: author for old, author in ghost.sessions.items() if author.scope == event.scope
        }
        for old in same:
            del ghost.sessions[old]
            ghost.addresses.pop(old, None)
            self.state.set_operator(ghost, old, None)
        mine = next(iter(same.values()), ghost.author)
        back_here = replace(mine, host=event.host)
        if ghost.author.scope == mine.scope:
            ghost.author = back_here
        ghost.sessions[place] = back_here
        ghost.addresses[place] = event.address
        self.state.client_ids.touch(event.scope, it.now, owner_of(back_here))
        replaced = tuple(sorted(same.keys() - {place}))
        back = e.Arrived(ghost.nick, event.scope, event.host, replaced, address=event.address)
        return it.by(ghost).applied(NOBODY, back)

    # --- becoming an account ---

    def _login_again(self, asked: Asked, user: User, command: c.Login) -> Decision:
        """Log a user in who is already here; without a password it is a change of nick, as older clients mean it."""
        if isinstance(command.nick, Nick) and (
            wait := ponder_nick(self.state, asked, command, command.nick)
        ):
            return wait
        if command.token is not None:
            return refuse(
                "already-logged-in",
                f"You are already logged in as {user.nick}. Type /nick NICK to change your nickname.",
            )
        if command.password is None:
            return take_nick(self.state, asked, command.nick or self._free_guest())
        nick = command.nick or asked.session.wanted
        if nick is None and (registered := self._registered(user, command.password)):
            return SendReply(r.NickPassword(registered, None, inside=True))
        nick = nick or user.nick
        if user.account is not None and (user.account != nick.key or user.nick == nick):
            return SendReply(has_account(user.account))
        return prove(self.state, nick, command.password, command)

    def _registered(self, user: User, word: str) -> Nick | None:
        """Return the account whose name the user typed where a password should be; None if it is not one.

        The user would type its password next, and so say it aloud. If the user's own nick is registered, the word was meant as
        the password of that.
        """
        try:
            account = self.state.accounts.get(parse_nick(word).key)
        except BadName:
            return None
        own = user.account is not None or user.nick.key in self.state.accounts
        return account.name if account is not None and not own else None

    def check_logged_in(self, case: Case, event: e.LoggedIn) -> Refused | None:
        user, now = case.user, case.now
        state, proof = self.state, event.proof
        account = state.accounts.proven(proof)
        if account is None and not (proof.outside and state.in_the_way(event.nick, user) is None):
            return Refused("wrong-password", STALE)
        key = account.key if account is not None else event.nick.key
        ban = state.server_bans.of_account(key, now)
        if ban is not None:
            return Refused("banned", ban.explain(now))
        if refused := _bound(user, key):
            return refused
        holder = state.in_the_way(event.nick, user, key)
        if holder is None:
            return rename_refused(state, user, event.nick, now)
        if not joins(holder, account, event.nick):
            return Refused("nick-taken", taken(event.nick, holder))
        return None

    def logged_in(self, it: Ordered, event: e.LoggedIn) -> Outcome:
        state, user = self.state, it.user
        account = self._proven(it, event.proof, event.nick, user)
        assert account is not None
        holder = state.in_the_way(event.nick, user, account.key)
        happened = it.applied(NOBODY)
        if not joins(holder, account, event.nick):
            if user.nick != event.nick:
                note_departure(state, it.message, happened.envelope.author, it.now)
            if user.nick.text != event.nick.text:
                state.rename(user, event.nick)
            become(state, user, account, it.message, it.now)
            logged_in = replace(event, became=user.sessions[it.place])
            envelope = replace(happened.envelope, event=logged_in)
            return replace(
                happened, envelope=envelope, audience=Near(tuple(user.rooms), author=True)
            )
        # Their other sessions are here under that nick: this one goes over to them.
        place = it.place
        mine, address = user.sessions[place], user.addresses[place]
        operator = user.operators.get(place)
        state.detach(user, place)
        rooms = None
        if not user.sessions:
            rooms = tuple(user.rooms)
            for room in rooms:
                state.take_out(user, state.rooms[room])
            state.remove_user(user)
            note_departure(state, it.message, happened.envelope.author, it.now)
        author = replace(holder.author, scope=mine.scope, host=mine.host)
        state.attach(holder, place, author, address)
        state.set_operator(holder, place, operator)
        state.accounts.logged_in(mine.scope, account.proof)
        state.client_ids.touch(mine.scope, it.now, owner_of(author))
        moved = e.LoggedIn(holder.nick, event.proof, True, rooms, author)
        return replace(happened, envelope=replace(happened.envelope, event=moved))

    def _proven(
        self, it: Ordered, proof: Proof | None, nick: Nick, user: User | None
    ) -> Account | None:
        """Return the account that was proven. It is created now if another source vouches for a user without one.

        ``user``: the user, if they are already here; they may have the nick already, as a guest.
        """
        if proof is None:
            return None
        state = self.state
        account = state.accounts.proven(proof)
        ours = proof.outside and nick.key == proof.account
        if account is None and ours and state.in_the_way(nick, user) is None:
            account = Account(nick, it.now, it.message)
            state.accounts.put(account)
        return account

    def _free_guest(self) -> Nick:
        # Where to look first is a hint, no part of the state: a house of 5,000 guests costs one look-up, not 5,000.
        if self._next_guest > 2 * len(self.state.users) + 10:
            self._next_guest = 1
        names = ((n, guest_nick(n)) for n in itertools.count(self._next_guest))
        n, nick = next((n, nick) for n, nick in names if self.state.in_the_way(nick) is None)
        self._next_guest = n + 1
        return nick


def _bound(user: User, account: str) -> Refused | None:
    """Refuse another account to somebody whose other sessions belong to the one they have."""
    if user.account in (None, account) or len(user.sessions) == 1:
        return None
    return has_account(user.account or "")


# --- what follows ---


def _arrived(applied: Applied, event: e.Arrived, state: State, node: Node) -> f.Effects:
    old = tuple(each for at, each in event.replaced if at == node)
    why = "Your session continues on another connection."
    return f.HangUp(old, why, "replaced"), f.Seen(), f.Arrive()


def _logged_in(applied: Applied, event: e.LoggedIn, state: State, node: Node) -> f.Effects:
    if not event.moved:
        return (*shown(applied, event, state, node), f.LogIn())
    author = applied.envelope.author
    assert author is not None
    effects: list[f.Effect] = []
    if event.rooms is not None:
        # The former user is gone. Nothing is read with that: the session goes on.
        gone = e.Departed(CleanText(f"logged in as {event.nick}"), event.rooms, marks=True)
        effects.append(f.LeaveRooms(event.rooms))
        effects.append(f.Instead(gone, departed(applied, gone, state, node)))
    else:
        old = state.users.get(author.user)
        effects.append(f.LeaveRooms(tuple(old.rooms) if old is not None else ()))
    inside = bool(state.users_by_key[event.nick.key].rooms)
    return (*effects, f.JoinUser(inside), CONFIRM, f.LogIn())
