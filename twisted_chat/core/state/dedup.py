"""The ids that clients gave to the messages they sent, so that a message that is sent again is not said twice."""

from __future__ import annotations

import hashlib
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from typing import Final

from twisted_chat.core.api.events import Author
from twisted_chat.core.api.records import Sent
from twisted_chat.core.values.cloak import neighbourhood
from twisted_chat.core.values.ids import MessageId, Scope
from twisted_chat.core.values.limits import REMEMBERED

#: The most scopes and ids remembered in all. 500,000 ids are some 150 MB at worst, and more than one machine receives in the
#: minutes in which clients send a message again. Beyond that, the network whose guests have most of them loses some first, and
#: accounts only after that: a user who comes and goes all the time does not make the server forget anyone else.
MAX_SCOPES: Final = 100_000
MAX_TOTAL: Final = 500_000


# No network begins with this.
_ACCOUNT: Final = "@"


class ClientIds:
    """Clients' message ids by scope. All times are those of the envelopes.

    Ids over the limits are forgotten at once; old ones only by :meth:`forget`, because the clock may be wrong for a while. Of
    one owner (see :func:`owner_of`), the scope that has been idle for longest is forgotten first.
    """

    def __init__(self, max_ids: int) -> None:
        self.max_ids = max_ids
        self._scopes: OrderedDict[Scope, OrderedDict[str, Sent]] = OrderedDict()
        self._seen: dict[Scope, float] = {}
        self._total = 0
        self._owners: dict[Scope, str] = {}
        #: By owners, their scopes, the one that was idle longest first.
        self._owned: dict[str, OrderedDict[Scope, None]] = {}
        #: How many scopes the guests of each network have, and each account; and how many ids either has.
        self._guests, self._accounts, self._ids = Shares(), Shares(), Shares()

    def known(self, scope: Scope) -> bool:
        """Return whether the scope was in use and has not been forgotten yet."""
        return scope in self._seen

    def touch(self, scope: Scope, now: float, owner: str | None = None) -> None:
        """Note that the scope is in use, and forget what exceeds the limits. ``owner``: None leaves it unchanged."""
        if scope not in self._scopes:
            self._open(scope, owner or "")
        elif owner is not None and owner != self._owners[scope]:
            self._disown(scope)
            self._own(scope, owner)
        self._scopes.move_to_end(scope)
        self._owned[self._owners[scope]].move_to_end(scope)
        self._seen[scope] = now
        self._purge(scope)

    def find(self, scope: Scope, tag: str) -> Sent | None:
        """Return what was sent under this id, if it is remembered."""
        ids = self._scopes.get(scope)
        return ids.get(tag) if ids is not None else None

    def scopes(self) -> list[Scope]:
        """Return all known scopes."""
        return list(self._scopes)

    def forget(self, now: float, scopes: Iterable[Scope] | None = None) -> None:
        """Forget the scopes that were not in use for 24 hours at the time ``now``, and ids of that age.

        ``scopes``: look only at these. Looking at all of them may take a second if there are many.
        """
        since = now - REMEMBERED
        for scope in self.scopes() if scopes is None else scopes:
            ids = self._scopes.get(scope)
            if ids is None:
                continue  # forgotten meanwhile
            while ids and next(iter(ids.values())).time <= since:
                self._forget_oldest(scope)
            if self._seen[scope] <= since:
                self._drop(scope)

    def remember(self, scope: Scope, tag: str, sent: Sent) -> None:
        """Remember what was sent under this id; if the scope has too many, its oldest are forgotten."""
        self.touch(scope, sent.time)
        self._add(scope, tag, sent)

    def restore(
        self, scopes: Iterable[tuple[Scope, float, str]], sent: Iterable[tuple[Scope, str, Sent]]
    ) -> None:
        """Restore what is known from earlier runs: scopes with their owners, and ids in the order in which they were used."""
        seen: dict[Scope, float] = {}
        owners: dict[Scope, str] = {}
        for scope, time, owner in scopes:
            seen[scope], owners[scope] = time, owner
        ids = list(sent)
        for scope, _, one in ids:
            seen[scope] = max(one.time, seen.get(scope, one.time))
        for scope in sorted(seen, key=seen.__getitem__):
            self._open(scope, owners.get(scope, ""))
            self._seen[scope] = seen[scope]
        for scope, tag, one in ids:
            self._add(scope, tag, one)
        self._purge(None)

    def _open(self, scope: Scope, owner: str) -> None:
        self._scopes[scope] = OrderedDict()
        self._own(scope, owner)

    def _own(self, scope: Scope, owner: str) -> None:
        self._owners[scope] = owner
        self._owned.setdefault(owner, OrderedDict())[scope] = None
        self._count(owner, 1, len(self._scopes[scope]))

    def _disown(self, scope: Scope) -> None:
        owner = self._owners.pop(scope)
        owned = self._owned[owner]
        del owned[scope]
        if not owned:
            del self._owned[owner]
        self._count(owner, -1, -len(self._scopes[scope]))

    def _count(self, owner: str, scopes: int, ids: int) -> None:
        (self._accounts if owner.startswith(_ACCOUNT) else self._guests).add(owner, scopes)
        self._ids.add(owner, ids)

    def _add(self, scope: Scope, tag: str, sent: Sent) -> None:
        ids = self._scopes[scope]
        if tag in ids:
            del ids[tag]
        else:
            self._total += 1
            self._ids.add(self._owners[scope], 1)
        ids[tag] = sent
        while len(ids) > self.max_ids:
            self._forget_oldest(scope)

    def _forget_oldest(self, scope: Scope) -> None:
        self._scopes[scope].popitem(last=False)
        self._total -= 1
        self._ids.add(self._owners[scope], -1)

    def _purge(self, used: Scope | None) -> None:
        """Forget what exceeds the limits, except for the scope that is being ``used``."""
        while len(self._scopes) > 1 and (len(self._scopes) > MAX_SCOPES or self._total > MAX_TOTAL):
            full = self._ids if self._total > MAX_TOTAL else self._guests or self._accounts
            scope = next(iter(self._owned[full.largest()]))
            # It may be the only scope of the owner that has most.
            self._drop(scope if scope != used else next(iter(self._scopes)))

    def _drop(self, scope: Scope) -> None:
        self._disown(scope)
        self._total -= len(self._scopes.pop(scope))
        del self._seen[scope]

    def dump(self) -> list[tuple[Scope, float, str, list[tuple[str, str, MessageId, float]]]]:
        """Return everything as plain data, the scopes in the order in which they were used, to compare or write out."""
        return [
            (
                scope,
                self._seen[scope],
                self._owners[scope],
                [(tag, sent.digest.hex(), sent.message, sent.time) for tag, sent in ids.items()],
            )
            for scope, ids in self._scopes.items()
        ]


def owner_of(author: Author) -> str:
    """Return to whom a scope is attributed: the account of its user, or a guest's network."""
    if author.account is not None:
        return account_owner(author.account)
    return neighbourhood(author.host)


def account_owner(account: str) -> str:
    """Return to whom the scopes of an account are attributed."""
    return f"{_ACCOUNT}{account}"


def digest(*parts: str) -> bytes:
    """Digest what a message says, in parts without NUL (clean texts and names have none).

    Not salted: nodes must agree. 64 bits, since only one client's own ids compare.
    """
    return hashlib.blake2b("\0".join(parts).encode("utf-8"), digest_size=8).digest()


class Shares:
    """Counts by names; adding, taking and finding the largest cost the same however many there are."""

    def __init__(self) -> None:
        self._sizes: dict[str, int] = {}
        #: By sizes, the names that have so much, in the order in which they came to it: no node has another.
        self._by_size: defaultdict[int, dict[str, None]] = defaultdict(dict)
        self._most = 0

    def __bool__(self) -> bool:
        return bool(self._sizes)

    def add(self, name: str, much: int) -> None:
        """Add to what a name has; ``much`` may be negative. Who has nothing is forgotten."""
        before = self._sizes.pop(name, 0)
        if before:
            at = self._by_size[before]
            del at[name]
            if not at:
                del self._by_size[before]
        now = before + much
        if now:
            self._sizes[name] = now
            self._by_size[now][name] = None
        self._most = max(self._most, now)
        # Each step down was a step up once, or part of one of a whole list of ids that was gone through.
        while self._most and self._most not in self._by_size:
            self._most -= 1

    def of(self, name: str) -> int:
        return self._sizes.get(name, 0)

    def largest(self) -> str:
        """Return who has most, the one that came to it first. Only while anybody has anything."""
        return next(iter(self._by_size[self._most]))
