"""Turns: who is next among those who wait for a password to be checked, whatever crowd waits with them."""

from __future__ import annotations

from typing import Final, Generic, NamedTuple, TypeVar

from twisted_chat.core.values.fair_queue import FairQueue

T = TypeVar("T")

#: How many from where an account was entered before may wait at a time, besides the others: three seconds' worth.
MAX_KNOWN: Final = 100
#: How many others may: ten seconds' worth. Nobody waits longer than both at a login.
MAX_WAITING: Final = 300


class Who(NamedTuple):
    """Whose password it is: the networks of their address (see :func:`twisted_chat.core.values.addresses.network_keys`).

    ``known``: the account was entered from there before.
    """

    networks: tuple[str, ...] = ()
    known: bool = False


class Turns(Generic[T]):
    """Two queues that take turns; in each the networks do, and within one the networks that it has."""

    def __init__(self) -> None:
        self._known: FairQueue[T] = FairQueue()
        self._others: FairQueue[T] = FairQueue()
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
