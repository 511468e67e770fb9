"""Accounts: names that have an owner, who may be here or not, and the sessions that may come back as them.

The hash of an account's password is not here: only the store has it.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import msgspec

from twisted_chat.core.values.account import KEPT_ELSEWHERE, Account, Proof
from twisted_chat.core.values.ids import Scope
from twisted_chat.core.values.names import Nick, looks

#: How many sessions may come back to their accounts; as many as there are scopes in :mod:`twisted_chat.core.state.dedup`.
MAX_LOGINS: Final = 100_000


class Accounts(dict[str, Account]):
    """The accounts by their keys. Change them by :meth:`put` and :meth:`drop`."""

    def __init__(self) -> None:
        super().__init__()
        self._by_look: dict[str, Account] = {}
        self._logins: OrderedDict[Scope, Proof] = OrderedDict()
        #: Accounts of which something is another than a store was told; None for one that is gone.
        self.altered: dict[str, Account | None] = {}
        self.new_logins: dict[Scope, Proof] = {}

    def holder(self, nick: Nick) -> Account | None:
        """Return the account that a nick is reserved for: its own name, or one that looks the same."""
        found = [self.get(nick.key), *map(self._by_look.get, looks(nick))]
        return next((account for account in found if account is not None), None)

    def put(self, account: Account) -> None:
        """Add an account, or change what is known of it."""
        self.restore(account)
        self.altered[account.key] = account

    def restore(self, account: Account) -> None:
        """Restore an account from the store."""
        self[account.key] = account
        self._by_look.update(dict.fromkeys(looks(account.name), account))

    def drop(self, key: str) -> None:
        """Forget an account; its name is free."""
        gone = self.pop(key)
        for look in looks(gone.name):
            # Two that were told apart when they were made may look the same to the Unicode of today.
            if self._by_look.get(look) is gone:
                del self._by_look[look]
        self.altered[key] = None

    def proven(self, proof: Proof) -> Account | None:
        """Return the account that a proof is for, if it still proves anything."""
        account = self.get(proof.account)
        good = account is not None and (proof.outside or account.since == proof.since)
        return account if good else None

    def reserve(self, nick: Nick, now: float) -> None:
        """Create an account without a password of ours, for a user whom another source vouches for; the name must be free."""
        if self.holder(nick) is None:
            self.restore(Account(nick, now, KEPT_ELSEWHERE))

    def take_altered(self) -> tuple[dict[str, Account | None], dict[Scope, Proof]]:
        """Return the accounts and the logins that have changed since the last call."""
        taken = self.altered, self.new_logins
        self.altered, self.new_logins = {}, {}
        return taken

    def logged_in(self, scope: Scope, proof: Proof) -> None:
        """Record that the sessions of a scope belong to an account, and may come back as it."""
        self.restore_login(scope, proof)
        self.new_logins[scope] = proof

    def restore_login(self, scope: Scope, proof: Proof) -> None:
        """Restore a login from the store."""
        self._logins[scope] = proof
        self._logins.move_to_end(scope)
        if len(self._logins) > MAX_LOGINS:
            self._logins.popitem(last=False)

    def login_of(self, scope: Scope) -> Account | None:
        """Return the account that the sessions of a scope may come back as."""
        proof = self._logins.get(scope)
        return self.proven(proof) if proof is not None else None

    def dump(self) -> dict[str, object]:
        """Return everything as plain data, to compare or write out."""
        return {
            "accounts": {
                key: (account.name.text, *msgspec.structs.astuple(account)[1:])
                for key, account in self.items()
            },
            "looks": {look: account.key for look, account in self._by_look.items()},
            "logins": [
                (scope, proof.account, proof.since) for scope, proof in self._logins.items()
            ],
        }
