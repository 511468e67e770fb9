"""Turns: who is next among those who wait for a password to be checked, whatever crowd waits with them."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Final, Generic, NamedTuple, TypeVar

T = TypeVar("T")

#: How many from where an account was entered before may wait at a time, besides the others: three seconds' worth.
MAX_KNOWN: Final = 100
#: How many others may: ten seconds' worth. Nobody waits longer than both at a login.
MAX_WAITING: Final = 300


class Who(NamedTuple):
    """Whose password it is: the networks of their address (see :func:`twisted_chat.core.addresses.network_keys`).

    ``known``: the account was entered from there before.
    """

    networks: tuple[str, ...] = ()
    known: bool = False


class Turns(Generic[T]):
    """Two queues that take turns; in each the networks do, and within one the networks that it has."""

    def __init__(self) -> None:
        self._known: _Network[T] = _Network()
        self._others: _Network[T] = _Network()
        self._known_next = True

    def add(self, who: Who, one: T) -> T | None:
        """Let one wait. Return who has to go for it: the last to come of the network with most, maybe that one itself."""
        queue, most = (self._known, MAX_KNOWN) if who.known else (self._others, MAX_WAITING)
        queue.add(who.networks[::-1], one)
        return queue.give_up(who.networks[::-1]) if queue.count > most else None

    def remove(self, who: Who, one: T) -> None:
        """Let one wait no longer, if it does."""
        (self._known if who.known else self._others).remove(who.networks[::-1], one)

    def next(self) -> T | None:
        """Take the next; None if nobody waits."""
        first, second = self._known, self._others
        if not self._known_next:
            first, second = second, first
        queue = first if first.count else second
        self._known_next = queue is self._others
        return queue.next() if queue.count else None


class _Network(Generic[T]):
    """Those who wait in one network: in it, or in the networks that are part of it, the one whose turn it is first."""

    def __init__(self) -> None:
        self.count = 0
        self._own: deque[T] = deque()
        self._parts: OrderedDict[str, _Network[T]] = OrderedDict()

    def add(self, path: tuple[str, ...], one: T) -> None:
        self.count += 1
        if path:
            self._parts.setdefault(path[0], _Network()).add(path[1:], one)
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
            # Those of this machine, who are of no network, and of a network as small as it gets.
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
