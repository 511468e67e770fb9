"""Operators of the server: ending sessions, bans, announcements, lockdown, other people's accounts."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Callable, Iterable
from typing import Any, Final

from msgspec.structs import replace

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api.replies import Refused
from twisted_chat.core.rules import effects as f
from twisted_chat.core.rules.accounts import account_refused, drop_account
from twisted_chat.core.rules.decisions import AdminAction, Decision, Propose, SendReply, ServerStats
from twisted_chat.core.rules.outcomes import NOBODY, Applied, Outcome
from twisted_chat.core.rules.refusals import UNMATCHED, absent_target, check_size, refuse, too_long
from twisted_chat.core.rules.topic import NOT_HERE, Asked, Case, Ordered, Rule, Topic
from twisted_chat.core.state.session import SessionState
from twisted_chat.core.state.state import State
from twisted_chat.core.values.addresses import rate_limit_network, read_address, spell_network
from twisted_chat.core.values.ids import Node, UserId
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.server_ban import MAX_BANS, Ban
from twisted_chat.core.values.text import CleanText

NOT_OPERATOR: Final = Refused(
    "not-operator",
    "Only server operators can do that. Nothing was changed. To become one, type /oper NAME PASSWORD.",
)
_ONLY_HERE: Final = "Only server operators and people on the server's own machine can see that."
_TOO_MANY_BANS: Final = Refused(
    "too-many-bans",
    f"There are already {MAX_BANS:,} server bans, which is the maximum. Nothing was changed. Lift one first.",
)
# A network with more addresses than this many bits stand for is a slip, or needs a second thought: no provider has more.
_WIDE: Final = {4: 8, 6: 16}
_INSIST: Final = "Nothing was changed. To do it anyway, type /server-ban !"

#: What an operator is told who set the lockdown level to 0, 1 or 2.
PANIC: Final = (
    "Lockdown lifted. Everyone can join again.",
    "New guests cannot join and nobody can register until /panic 0. People on the server's own machine still can.",
    "Nobody new can join or register until /panic 0. People on the server's own machine still can.",
)


class Server(Topic):
    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.commands = {
            c.ShowStats: self.show_stats,
            c.Oper: self.act,
            c.Deoper: operators_only(self.act),
            c.ShowAudit: operators_only(self.act),
            c.ShowAccounts: operators_only(self.act),
            c.ShowServerBans: operators_only(self.act),
            c.Kill: operators_only(self.kill),
            c.PutServerBan: operators_only(self.put_ban),
            c.LiftServerBan: operators_only(self.lift_ban),
            c.Announce: operators_only(self.announce),
            c.SetPanic: operators_only(self.set_panic),
            c.ResetPassword: operators_only(self.reset_password),
            c.RemoveAccount: operators_only(self.remove_account),
        }
        self.events = {
            e.Killed: Rule(_told_nobody, self.check_killed, effects=_deed),
            e.ServerBanned: Rule(self.banned, self.check_banned, effects=_deed),
            e.ServerUnbanned: Rule(self.unbanned, self.check_unbanned, effects=_deed),
            e.Announced: Rule(_told_nobody, effects=_deed),
            e.PanicSet: Rule(self.panic_set, effects=_deed),
            e.PasswordReset: Rule(self.password_reset, self.check_account, effects=_deed),
            e.AccountRemoved: Rule(self.account_removed, self.check_account, effects=_deed),
        }

    # --- what takes more than the state ---

    def show_stats(self, asked: Asked, command: c.ShowStats) -> Decision:
        if asked.session.local or asked.session.operator is not None:
            return ServerStats()
        return refuse("not-operator", _ONLY_HERE)

    def act(
        self,
        asked: Asked,
        command: c.Oper | c.Deoper | c.ShowAudit | c.ShowAccounts | c.ShowServerBans,
    ) -> Decision:
        return AdminAction(command)

    # --- ending sessions ---

    def kill(self, asked: Asked, command: c.Kill) -> Decision:
        target = self.state.user_named(command.nick)
        if target is asked.user:
            return refuse("self", "You cannot disconnect yourself with /kill. Type /quit to leave.")
        event = e.Killed(asked.operator, NOT_HERE, command.nick, command.reason)
        if target is not None:
            event = replace(event, user=target.id, nick=target.nick)
        decision = self.propose(asked, event)
        if isinstance(decision, Propose):
            return check_size(command.reason, self.state.limits.max_away) or decision
        return decision

    def check_killed(self, case: Case, event: e.Killed) -> Refused | None:
        return absent_target(event.nick) if event.user not in self.state.users else None

    # --- bans ---

    def put_ban(self, asked: Asked, command: c.PutServerBan) -> Decision:
        found = self._resolve(command.target)
        if isinstance(found, SendReply):
            return found
        until = None if command.duration is None else asked.now + command.duration
        reason = command.reason or CleanText("")
        ban = Ban(found.kind, found.target, asked.operator, asked.now, until, reason)
        why = "" if command.target.insist else _second_thought(asked, ban)
        if why:
            return refuse("insist", f"{why} {_INSIST}{ban.target}.")
        long = check_size(reason, self.state.limits.max_away)
        return long or self.propose(asked, e.ServerBanned(asked.operator, ban))

    def _resolve(self, target: c.BanTarget) -> c.BanTarget | SendReply:
        """Return what to ban for a nick: the user's account, or else their address; if the user is not here, the account."""
        user = self.state.user_named(target.nick) if target.nick is not None else None
        if user is None:
            if target.kind == "network" and ipaddress.ip_network(target.target).is_loopback:
                return refuse(
                    "this-machine",
                    "The server's own machine cannot be banned. Nothing was changed.",
                )
            return target
        if user.author.account is not None:
            return c.BanTarget("account", user.author.account)
        sessions = (self.state.sessions.get(session) for _, session in sorted(user.sessions))
        addresses = (read_address(each.address) for each in sessions if each is not None)
        address = next((each for each in addresses if each is not None), None)
        if address is None:
            why = (
                f"{user.nick} is a guest on the server's own machine, which cannot be banned. Nothing was changed. "
                f"Type /kill {user.nick} to disconnect them."
            )
            return refuse("this-machine", why)
        return c.BanTarget("network", spell_network(rate_limit_network(address)))

    def check_banned(self, case: Case, event: e.ServerBanned) -> Refused | None:
        return _TOO_MANY_BANS if self.state.server_bans.full(event.ban, case.now) else None

    def banned(self, it: Ordered, event: e.ServerBanned) -> Outcome:
        self.state.server_bans.add(event.ban, it.now)
        return it.applied(NOBODY)

    def lift_ban(self, asked: Asked, command: c.LiftServerBan) -> Decision:
        kind, target = command.target.kind, command.target.target
        return self.propose(asked, e.ServerUnbanned(asked.operator, kind, target))

    def check_unbanned(self, case: Case, event: e.ServerUnbanned) -> Refused | None:
        if self.state.server_bans.has(event.kind, event.target):
            return None
        why = f"{event.target} is not banned. Nothing was changed. Type /server-bans to list the bans."
        return Refused("not-banned", why)

    def unbanned(self, it: Ordered, event: e.ServerUnbanned) -> Outcome:
        self.state.server_bans.lift(event.kind, event.target)
        return it.applied(NOBODY)

    # --- everybody ---

    def announce(self, asked: Asked, command: c.Announce) -> Decision:
        size = sum(len(line.encode("utf-8")) + 1 for line in command.lines) - 1
        if size > self.state.limits.max_text:
            why = f"{too_long(size, self.state.limits.max_text)} The announcement was not sent."
            return refuse("too-long", why)
        if not any(map(str.strip, command.lines)):
            return refuse("empty", "The announcement is empty, so it was not sent.")
        return self.propose(asked, e.Announced(asked.operator, command.lines, command.wallops))

    def set_panic(self, asked: Asked, command: c.SetPanic) -> Decision:
        return self.propose(asked, e.PanicSet(asked.operator, command.level))

    def panic_set(self, it: Ordered, event: e.PanicSet) -> Outcome:
        self.state.panic = event.level
        return it.applied(NOBODY)

    # --- accounts of others ---

    def reset_password(self, asked: Asked, command: c.ResetPassword) -> Decision:
        return self._not_to_be_changed(asked, command.account, "/passwd OLD NEW") or AdminAction(
            command
        )

    def remove_account(self, asked: Asked, command: c.RemoveAccount) -> Decision:
        refused = self._not_to_be_changed(asked, command.account, "/drop-account PASSWORD")
        event = e.AccountRemoved(asked.operator, command.account.key)
        return refused or self.propose(asked, event)

    def _not_to_be_changed(self, asked: Asked, account: Nick, instead: str) -> SendReply | None:
        """Refuse to change an account that does not exist, or the operator's own."""
        if asked.user.account == account.key:
            why = f"That is your own account. Nothing was changed. Type {instead} instead."
            return refuse("self", why)
        refused = account_refused(self.state, account.key)
        return SendReply(refused) if refused is not None else None

    def check_account(
        self, case: Case, event: e.PasswordReset | e.AccountRemoved
    ) -> Refused | None:
        return account_refused(self.state, event.account)

    def password_reset(self, it: Ordered, event: e.PasswordReset) -> Outcome:
        state = self.state
        # Nobody comes back by the secret of a session, either.
        account = replace(state.accounts[event.account], since=it.message)
        state.accounts.put(account)
        users = tuple(each.id for each in state.users_of(account.key))
        shown = replace(event, password="", users=users)
        return it.applied(NOBODY, shown, event.password)

    def account_removed(self, it: Ordered, event: e.AccountRemoved) -> Outcome:
        users, gone = drop_account(self.state, event.account)
        return it.applied(NOBODY, replace(event, users=users, gone=gone))


def _told_nobody(it: Ordered, event: e.Event) -> Outcome:
    return it.applied(NOBODY)


def operators_only(method: Callable[[Asked, Any], Decision]) -> Callable[[Asked, Any], Decision]:
    """Refuse a command unless the session is one of a server operator; otherwise let ``method`` decide it."""

    @functools.wraps(method)
    def decide(asked: Asked, command: Any) -> Decision:
        if asked.session.operator is None:
            return SendReply(NOT_OPERATOR)
        return method(asked, command)

    return decide


def _second_thought(asked: Asked, ban: Ban) -> str:
    """Return why a ban may be a mistake; "" if there is no reason to ask."""
    if ban.kind == "account":
        own = ban.target == asked.user.account
        return "That is your own account, so you would be locked out." if own else ""
    network = ipaddress.ip_network(ban.target)
    address = read_address(asked.session.address)
    if address is not None and address.version == network.version and address in network:
        return f"Your own address is in {ban.target}, so you would be locked out."
    if network.prefixlen < _WIDE[network.version]:
        return f"{ban.target} covers {network.num_addresses:,} addresses."
    return ""


# --- what follows ---


def is_banned(state: State, session: SessionState, now: float) -> bool:
    """Return whether a ban from the server matches a session that is here."""
    bans, user = state.server_bans, state.users.get(session.user) if session.user else None
    account = user.author.account if user is not None else None
    return bool(bans.of_address(session.address, now) or bans.of_account(account, now))


def _deed(applied: Applied, deed: e.Deed, state: State, node: Node) -> f.Effects:
    """Carry out what an operator did; the operator's node records and stores it."""
    origin, now = applied.envelope.origin, applied.envelope.time
    effects: list[f.Effect] = []
    keep: f.Effect | None = None
    then: f.Effect | None = None
    stored: str | None = None
    code = ""
    match deed:
        case e.Killed(user=user, nick=nick, reason=reason):
            what, told = f"disconnected {nick}{_because(reason)}", f"You disconnected {nick}."
            why = f"A server operator disconnected you{_because(reason)}."
            then = f.HangUp(state.sessions_of(node, user), why, "disconnected by an operator")
        case e.ServerBanned(ban=ban):
            what = f"banned {ban.kind} {ban.target} {ban.lasts(now)}{_because(ban.reason)}"
            told = f"The {ban.kind} {ban.target} is banned {ban.lasts(now)}. To undo that, type /server-unban {ban.target}."
            hit = [each for each in state.sessions.values() if is_banned(state, each, now)]
            if not hit:
                told = f"{told} {UNMATCHED}"
            keep, stored = f.StoreBan(ban), "/server-ban"
            then = f.HangUp(tuple(each.id for each in hit), ban.explain(now), "banned")
        case e.ServerUnbanned(kind=kind, target=target):
            what = f"lifted the ban on {kind} {target}"
            told = f"The {kind} {target} is no longer banned."
            keep, stored = f.StoreUnban(kind, target), "/server-unban"
        case e.Announced(lines=lines):
            what, told = f"announced: {' / '.join(lines)}", ""
            then = f.ShowUsers(_who_get_wallops(state)) if deed.wallops else f.ShowAll()
        case e.PasswordReset(account=account, users=users):
            what, code = f"reset the password of the account {account}", deed.code
            told = (
                f"The password of {account} was reset, and the sessions of the account were ended. "
                "This code replaces the password for one login within 24 hours: "
            )
            stored = "/reset-password"
            then = _end_account(users, "reset your password", state, node)
        case e.AccountRemoved(account=account, users=users, gone=gone):
            if gone:
                effects.append(f.Dissolve(gone))
            effects.append(f.ForgetNetworks(account))
            what = f"removed the account {account}"
            told, stored = (
                f"The account {account} was removed and its sessions were ended.",
                "/remove-account",
            )
            then = _end_account(users, "removed your account", state, node)
        case e.PanicSet(level=level):  # pragma: no branch (mypy sees a missing case)
            what, told = f"set the lockdown level to {level}", PANIC[level]
            keep, stored = f.StorePanic(level), "/panic"
    if origin is not None and origin.node == node:
        effects.append(f.Audit(deed.by, what))
        effects += [keep] if keep is not None else []
    if told:
        # Before anyone is disconnected, because that may be the operator.
        effects.append(f.ConfirmDeed(told, stored, code))
    return (*effects, then) if then is not None else tuple(effects)


def _who_get_wallops(state: State) -> tuple[UserId, ...]:
    return tuple(
        user.id for user in state.users.values() if user.operators or user.settings.wallops
    )


def _end_account(users: Iterable[UserId], did: str, state: State, node: Node) -> f.HangUp:
    why = f"A server operator {did}."
    return f.HangUp(state.sessions_of(node, *users), why, "account changed")


def _because(reason: CleanText | None) -> str:
    return f": {reason}" if reason else ""
