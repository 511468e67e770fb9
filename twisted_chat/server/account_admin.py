"""Accounts of other people, as server operators manage them: finding them, and resetting forgotten passwords."""

from __future__ import annotations

from typing import Final

from twisted.internet.task import deferLater

from twisted_chat.auth.gate import GOOD_FOR, Code, new_code
from twisted_chat.auth.passwords import BusyError, Who
from twisted_chat.core.api import commands as c
from twisted_chat.core.api import events as e
from twisted_chat.core.api import replies as r
from twisted_chat.core.rules import decisions as d
from twisted_chat.core.rules.listings import cut_page
from twisted_chat.core.rules.server import NOT_OPERATOR
from twisted_chat.core.state.invites import digest_of
from twisted_chat.core.values.addresses import network_keys
from twisted_chat.core.values.ids import SessionId
from twisted_chat.core.values.masks import MAX_MASK, fits, shortened
from twisted_chat.core.values.names import fold
from twisted_chat.server.services import CarryOut, Services

#: How many accounts are held against a mask in one turn: some take 5 µs.
_SLICE: Final = 200


class AccountAdmin:
    """Answers operators' questions about accounts, on one node."""

    def __init__(self, services: Services, carry_out: CarryOut) -> None:
        self._hub = services.hub
        self._store = services.store
        self._clock = services.clock
        self._wall = services.wall
        self._pending = services.pending
        self._passwords = services.gate.passwords
        self._carry_out = carry_out
        #: The codes that are on their way to be stored, by their digests.
        self._codes: dict[str, str] = {}

    def answer(
        self, session: SessionId, command: c.ShowAccounts | c.ResetPassword, tag: str | None
    ) -> None:
        """Carry out a command that was permitted."""
        if isinstance(command, c.ShowAccounts):
            self._pending.start(session, tag, self._list(command), "/accounts")
        else:
            self._pending.start(session, tag, self._reset(session, command, tag), "/reset-password")

    def code_of(self, digest: str) -> str:
        """Return the code that was made for this, once."""
        return self._codes.pop(digest, "")

    async def _list(self, asked: c.ShowAccounts) -> r.Reply:
        mask = shortened(fold(asked.mask)) if asked.mask is not None else "*"
        if len(mask) > MAX_MASK:
            return r.Refused("bad-arguments", f"A mask can have at most {MAX_MASK} characters.")
        state, found = self._hub.state, []
        for n, key in enumerate(sorted(state.accounts), 1):
            if fits(mask, key):
                found.append(key)
            if n % _SLICE == 0:
                await deferLater(self._clock, 0, lambda: None)
        found = [key for key in found if key in state.accounts]
        keys, page, pages = cut_page(found, asked.page, self._hub.limits.page_size)
        lines = []
        for key in keys:
            here = bool(state.users_of(key))
            seen = None if here else await self._pending.in_time(self._store.last_seen(key))
            account = state.accounts.get(key)
            if account is not None:
                lines.append(r.AccountLine(account.name, account.created, here, seen))
        return r.AccountList(tuple(lines), len(found), page, pages, asked.mask)

    async def _reset(
        self, session: SessionId, command: c.ResetPassword, tag: str | None
    ) -> r.Reply | None:
        code = new_code()
        address = self._hub.state.sessions[session].address
        try:
            hashed = await self._passwords.hash(code, Who(network_keys(address), known=True))
        except BusyError as busy:
            return r.Refused("try-later", str(busy))
        entry = self._hub.state.sessions.get(session)
        if entry is None or entry.operator is None:
            return NOT_OPERATOR  # any more
        digest = digest_of(code)
        self._codes = {digest: code}  # one at a time, for what is not applied at once is void
        stored = Code(hashed, self._wall() + GOOD_FOR).spell()
        event = e.PasswordReset(entry.operator, command.account.key, digest, stored)
        self._carry_out(session, d.Propose(event), tag)
        return None
