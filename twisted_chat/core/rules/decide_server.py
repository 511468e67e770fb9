"""Deciding what server operators ask for, and who may come in at all."""

from __future__ import annotations

import ipaddress
from typing import Final

from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules.apply import absent_target
from twisted_chat.core.rules.apply_accounts import account_refused
from twisted_chat.core.rules.decisions import AdminAction, Decision, Propose, SendReply
from twisted_chat.core.rules.listings import cut_page
from twisted_chat.core.rules.refusals import check_size, refuse, too_long
from twisted_chat.core.state.server_bans import shut
from twisted_chat.core.state.session import SessionState
from twisted_chat.core.state.state import State
from twisted_chat.core.state.user import User
from twisted_chat.core.values.addresses import rate_limit_network, read_address, spell_network
from twisted_chat.core.values.names import Nick
from twisted_chat.core.values.server_ban import Ban
from twisted_chat.core.values.text import CleanText

NOT_OPERATOR: Final = r.Refused(
    "not-operator", "only operators of this server can do that; /oper NAME PASSWORD makes you one"
)
# A network with more addresses than this many bits stand for is a slip, or needs a second thought: no provider has more.
_WIDE: Final = {4: 8, 6: 16}
_INSIST: Final = "nothing was done; to do it all the same, put ! in front of it: /server-ban !"


class ServerDecider:
    """Decides the commands of server operators against one state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def keep_out(
        self, session: SessionState, now: float, account: str | None = None
    ) -> SendReply | None:
        """Refuse a login of who is banned. ``account`` is the key of its account, if any."""
        bans = self._state.server_bans
        ban = bans.of_address(session.address, now) or bans.of_account(account, now)
        return SendReply(r.NameRefused("banned", ban.explain(now))) if ban is not None else None

    def let_in(self, session: SessionState, account: str | None = None) -> SendReply | None:
        """Refuse a login of somebody new while nobody new may come in."""
        why = shut(self._state.panic, account=account, local=session.local)
        return SendReply(r.NameRefused("closed", why)) if why else None

    def decide(
        self, session: SessionState, user: User, command: c.ServerCommand, now: float
    ) -> Decision:
        """Decide a command. Refuses it to who is no operator."""
        by = session.operator
        if by is None:
            return SendReply(NOT_OPERATOR)
        match command:
            case c.Kill():
                return self._kill(user, command, by)
            case c.PutServerBan():
                return self._ban(session, user, command, by, now)
            case c.LiftServerBan():
                kind, target = command.target.kind, command.target.target
                return Propose(e.ServerUnbanned(by, kind, target), claim=True)
            case c.Announce():
                return self._announce(command, by)
            case c.SetPanic():
                return Propose(e.PanicSet(by, command.level), claim=True)
            case c.ResetPassword(account=account):
                return self._not_to_be_changed(user, account, "/passwd OLD NEW") or AdminAction(
                    command
                )
            case c.RemoveAccount(account=account):
                refused = self._not_to_be_changed(user, account, "/drop-account PASSWORD")
                return refused or Propose(e.AccountRemoved(by, account.key), claim=True)
            case c.Deoper() | c.ShowServerBans() | c.ShowAudit() | c.ShowAccounts():
                return AdminAction(command)

    def list_bans(self, page: int, now: float) -> r.ServerBanList:
        """Return a page of the bans that are not over, the newest first."""
        bans = self._state.server_bans.listed(now)
        some, page, pages = cut_page(bans, page, self._state.limits.page_size)
        return r.ServerBanList(some, len(bans), page, pages, now)

    def _kill(self, user: User, command: c.Kill, by: str) -> Decision:
        target = self._state.user_named(command.nick)
        if target is user:
            return refuse("self", "you cannot end your own sessions so; /quit leaves")
        if target is None:
            return SendReply(absent_target(command.nick))
        return check_size(command.reason, self._state.limits.max_away) or Propose(
            e.Killed(by, target.id, target.nick, command.reason), claim=True
        )

    def _not_to_be_changed(self, user: User, account: Nick, instead: str) -> SendReply | None:
        """Refuse to change an account that there is not, or one's own."""
        if user.account == account.key:
            why = f"That is your own account. Nothing was changed. Type {instead} instead."
            return refuse("self", why)
        refused = account_refused(self._state, account.key)
        return SendReply(refused) if refused is not None else None

    def _announce(self, command: c.Announce, by: str) -> Decision:
        size = sum(len(line.encode("utf-8")) + 1 for line in command.lines) - 1
        if size > self._state.limits.max_text:
            return refuse("too-long", too_long(size, self._state.limits.max_text))
        if not any(map(str.strip, command.lines)):
            return refuse("empty", "there is nothing to announce; nothing was sent")
        return Propose(e.Announced(by, command.lines), claim=True)

    def _ban(
        self, session: SessionState, user: User, command: c.PutServerBan, by: str, now: float
    ) -> Decision:
        found = self._resolve(command.target)
        if isinstance(found, SendReply):
            return found
        until = None if command.duration is None else now + command.duration
        reason = command.reason or CleanText("")
        ban = Ban(found.kind, found.target, by, now, until, reason)
        why = "" if command.target.insist else self._second_thought(session, user, ban)
        if why:
            return refuse("insist", f"{why}; {_INSIST}{ban.target}")
        return check_size(reason, self._state.limits.max_away) or Propose(
            e.ServerBanned(by, ban), claim=True
        )

    def _resolve(self, target: c.BanTarget) -> c.BanTarget | SendReply:
        """Find what to ban of who has a nick now: the account, or else the address. Who is not here is an account."""
        user = self._state.user_named(target.nick) if target.nick is not None else None
        if user is None:
            if target.kind == "network" and ipaddress.ip_network(target.target).is_loopback:
                return refuse("this-machine", "the server's own machine cannot be banned")
            return target
        if user.author.account is not None:
            return c.BanTarget("account", user.author.account)
        seats = (self._state.sessions.get(session) for _, session in sorted(user.sessions))
        addresses = (read_address(seat.address) for seat in seats if seat is not None)
        address = next((each for each in addresses if each is not None), None)
        if address is None:
            why = f"{user.nick} is a guest on the server's own machine, which cannot be banned; /kill ends the session"
            return refuse("this-machine", why)
        return c.BanTarget("network", spell_network(rate_limit_network(address)))

    def _second_thought(self, session: SessionState, user: User, ban: Ban) -> str:
        """Say why a ban may not be meant so; nothing if there is no reason to ask."""
        if ban.kind == "account":
            own = ban.target == user.author.account
            return "that is your own account, and you would be locked out" if own else ""
        network = ipaddress.ip_network(ban.target)
        address = read_address(session.address)
        if address is not None and address.version == network.version and address in network:
            return f"your own address is in {ban.target}, and you would be locked out"
        if network.prefixlen < _WIDE[network.version]:
            return f"{ban.target} is {network.num_addresses:,} addresses"
        return ""
