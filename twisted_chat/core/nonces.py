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
    """Ids by scope. All times are those of the envelopes, so that every node forgets the same."""

    def __init__(self, max_ids: int) -> None:
        self.max_ids = max_ids
        self._scopes: OrderedDict[Scope, OrderedDict[str, Sent]] = OrderedDict()
        self._seen: dict[Scope, float] = {}
        self._total = 0

    def known(self, scope: Scope, now: float) -> bool:
        """Tell whether the scope was in use in the last 24 hours."""
        return now - self._seen.get(scope, float("-inf")) < REMEMBERED

    def touch(self, scope: Scope, now: float) -> None:
        """Note that the scope is in use, and forget what has been idle for 24 hours or is too much."""
        self._scopes.setdefault(scope, OrderedDict())
        self._scopes.move_to_end(scope)
        self._seen[scope] = now
        self._purge(now)

    def find(self, scope: Scope, tag: str, now: float) -> Sent | None:
        """Return what was sent under this id, if it is remembered."""
        ids = self._scopes.get(scope)
        sent = ids.get(tag) if ids is not None else None
        return sent if sent is not None and now - sent.time < REMEMBERED else None

    def remember(self, scope: Scope, tag: str, sent: Sent) -> None:
        """Keep what was sent under this id; the oldest of the scope go when there are too many."""
        self.touch(scope, sent.time)
        self._add(scope, tag, sent)

    def restore(
        self, scopes: Iterable[tuple[Scope, float]], sent: Iterable[tuple[Scope, str, Sent]]
    ) -> None:
        """Take up what is remembered of an earlier run, the ids in the order in which they were used.

        What has been idle longest is the first to be forgotten: now if it is too much, by its age when the next is used.
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
        self._purge(float("-inf"))

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

    def _purge(self, now: float) -> None:
        while len(self._scopes) > 1:
            oldest = next(iter(self._scopes))
            if (
                now - self._seen[oldest] < REMEMBERED
                and len(self._scopes) <= MAX_SCOPES
                and self._total <= MAX_TOTAL
            ):
                break
            self._total -= len(self._scopes.pop(oldest))
            del self._seen[oldest]

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
