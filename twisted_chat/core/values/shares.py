"""Shares: how much each of many has of what is bounded, so that room is made at the cost of who has most."""

from __future__ import annotations

from collections import defaultdict


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
