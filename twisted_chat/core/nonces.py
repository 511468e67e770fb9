"""Which messages a client has already sent, by the ids it gave them, so that a resend is not said twice."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

import msgspec

from twisted_chat.core.ids import MessageId, Scope
from twisted_chat.core.limits import REMEMBERED

#: The most scopes and ids remembered in all; the scopes that were idle longest are forgotten first. 500,000 ids are
#: some 150 MB at worst, and more than any server of one machine is sent in the minutes in which clients resend.
MAX_SCOPES: Final = 100_000
MAX_TOTAL: Final = 500_000


class Sent(msgspec.Struct, frozen=True, gc=False):
    """A message that was applied: what it said (digest), the server's id, when."""

    digest: bytes
    message: MessageId
    time: float


class Nonces:
    """Ids by scope. All times are those of the envelopes.

    What is too much is forgotten at once; what is old, only by :meth:`forget`: the time of day may be wrong for a while.
    """

    def __init__(self, max_ids: int) -> None:
        self.max_ids = max_ids
        self._scopes: OrderedDict[Scope, OrderedDict[str, Sent]] = OrderedDict()
        self._seen: dict[Scope, float] = {}
        self._total = 0

    def known(self, scope: Scope) -> bool:
        """Tell whether the scope was in use, and is not forgotten yet."""
        return scope in self._seen

    def touch(self, scope: Scope, now: float) -> None:
        """Note that the scope is in use, and forget what is too much."""
        self._scopes.setdefault(scope, OrderedDict())
        self._scopes.move_to_end(scope)
        self._seen[scope] = now
        self._purge()

    def find(self, scope: Scope, tag: str) -> Sent | None:
        """Return what was sent under this id, if it is remembered."""
        ids = self._scopes.get(scope)
        return ids.get(tag) if ids is not None else None

    def forget(self, now: float) -> None:
        """Forget the scopes that were not in use for 24 hours at the time ``now``, and the ids that are as old."""
        since = now - REMEMBERED
        for scope, ids in list(self._scopes.items()):
            while ids and next(iter(ids.values())).time <= since:
                ids.popitem(last=False)
                self._total -= 1
            if self._seen[scope] <= since:
                self._drop(scope)

    def remember(self, scope: Scope, tag: str, sent: Sent) -> None:
        """Keep what was sent under this id; the oldest of the scope go when there are too many."""
        self.touch(scope, sent.time)
        self._add(scope, tag, sent)

    def restore(
        self, scopes: Iterable[tuple[Scope, float]], sent: Iterable[tuple[Scope, str, Sent]]
    ) -> None:
        """Take up what is remembered of an earlier run, the ids in the order in which they were used.

        What has been idle longest is the first to be forgotten.
        """
        seen = dict(scopes)
        ids = list(sent)
        for scope, _, one in ids:
            seen[scope] = max(one.time, seen.get(scope, one.time))
        for scope in sorted(seen, key=seen.__getitem__):
            self._scopes[scope] = OrderedDict()
            self._seen[scope] = seen[scope]
        for scope, tag, one in ids:
            self._add(scope, tag, one)
        self._purge()

    def _add(self, scope: Scope, tag: str, sent: Sent) -> None:
        ids = self._scopes[scope]
        if tag in ids:
            del ids[tag]
        else:
            self._total += 1
        ids[tag] = sent
        while len(ids) > self.max_ids:
            ids.popitem(last=False)
            self._total -= 1

    def _purge(self) -> None:
        while len(self._scopes) > 1 and (len(self._scopes) > MAX_SCOPES or self._total > MAX_TOTAL):
            self._drop(next(iter(self._scopes)))

    def _drop(self, scope: Scope) -> None:
        self._total -= len(self._scopes.pop(scope))
        del self._seen[scope]

    def dump(self) -> list[tuple[Scope, float, list[tuple[str, str, MessageId, float]]]]:
        """Return everything as plain data, in the order in which it is forgotten, to compare or write out."""
        return [
            (
                scope,
                self._seen[scope],
                [(tag, sent.digest.hex(), sent.message, sent.time) for tag, sent in ids.items()],
            )
            for scope, ids in self._scopes.items()
        ]


def digest(*parts: str) -> bytes:
    """Digest what a message says, in parts without NUL (clean texts and names have none).

    Not salted: nodes must agree. 64 bits, since only one client's own ids compare.
    """
    return hashlib.blake2b("\0".join(parts).encode("utf-8"), digest_size=8).digest()
