"""Connections that have not logged in: how many there may be, and which go first when there are too many."""

from __future__ import annotations

import sys
from typing import Final, Protocol

#: The most of them at a time: a crowd that comes back after a restart, at 8 KiB each.
MOST: Final = 4096
# A share of less would end people who type their nicknames, where there is hardly room for anybody.
_FEWEST: Final = 16


class HalfOpenConnection(Protocol):
    """A connection that has not logged in."""

    def make_room(self) -> None:
        """End it, for others have no room."""


def share(room: int) -> int:
    """Return how many of all connections there is room for may be ones that have not logged in.

    The rest is for people who have: whoever opens connections and says nothing cannot take it from them.
    """
    return max(_FEWEST, min(MOST, room // 2))


class HalfOpen:
    """The connections that have not logged in, by the widest network that they are counted by.

    The one that goes first is the oldest of the network with most of them: a flood makes room for itself, and whoever is typing a
    nickname elsewhere stays.
    """

    def __init__(self) -> None:
        self.most = share(sys.maxsize)
        # Both in the order in which they came.
        self._by_network: dict[str, dict[HalfOpenConnection, None]] = {}
        self._network: dict[HalfOpenConnection, str] = {}

    def __len__(self) -> int:
        return len(self._network)

    def add(self, connection: HalfOpenConnection, network: str) -> None:
        """Note a connection that was made; another one goes if there are too many."""
        self._network[connection] = network
        self._by_network.setdefault(network, {})[connection] = None
        if len(self) > self.most:
            self._end_one()

    def discard(self, connection: HalfOpenConnection) -> None:
        """Forget a connection that has logged in, or is gone."""
        network = self._network.pop(connection, None)
        if network is not None:
            mine = self._by_network[network]
            del mine[connection]
            if not mine:
                del self._by_network[network]

    def make_room(self) -> None:
        """End one if a network has more than one of them; else each may be a person, and the others have to wait."""
        if len(self._network) > len(self._by_network):
            self._end_one()

    def _end_one(self) -> None:
        # Of networks that have as many, the one from which somebody came first.
        largest = max(self._by_network.values(), key=len)
        oldest = next(iter(largest))
        self.discard(oldest)
        oldest.make_room()
