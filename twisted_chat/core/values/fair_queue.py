"""A queue in which networks take turns, and so do the networks and users within each: a crowd only delays itself."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """What waits for one network, or for networks within it; what is next is first.

    A path names the networks of a user, the widest first.
    """

    def __init__(self) -> None:
        self.count = 0
        self._own: deque[T] = deque()
        self._parts: OrderedDict[str, FairQueue[T]] = OrderedDict()

    def add(self, path: tuple[str, ...], one: T) -> None:
        self.count += 1
        if path:
            self._parts.setdefault(path[0], FairQueue()).add(path[1:], one)
        else:
            self._own.append(one)

    def remove(self, path: tuple[str, ...], one: T) -> bool:
        part = self._parts.get(path[0]) if path else None
        if part is not None:
            removed = part.remove(path[1:], one)
            if not part.count:
                del self._parts[path[0]]
        elif removed := not path and one in self._own:
            self._own.remove(one)
        self.count -= removed
        return removed

    def next(self) -> T:
        self.count -= 1
        if self._own:
            # From this machine, which has no network, and from the smallest networks.
            return self._own.popleft()
        name, part = self._parts.popitem(last=False)
        one = part.next()
        if part.count:
            self._parts[name] = part
        return one

    def give_up(self, path: tuple[str, ...]) -> T:
        """Take the last to come of the part with most; where several have as much, of the one on the ``path``."""
        self.count -= 1
        if not self._parts:
            return self._own.pop()
        own = self._parts.get(path[0]) if path else None
        name, part = max(self._parts.items(), key=lambda item: (item[1].count, item[1] is own))
        one = part.give_up(path[1:])
        if not part.count:
            del self._parts[name]
        return one
