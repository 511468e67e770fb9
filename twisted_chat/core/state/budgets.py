"""Budgets: how much all sessions of an address, a network or a room may send together, however many they are.

A session over a budget waits; nothing is dropped. A room's budget is shared by the networks that write there: while it is used
up, each has an equal share of it, so a flood only makes its own network wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from twisted_chat.core.state.session import SessionState
from twisted_chat.core.values.addresses import network_keys
from twisted_chat.core.values.ids import RoomId
from twisted_chat.core.values.limits import Limits
from twisted_chat.core.values.ratelimit import AT_ONCE, Bucket, Pool

#: How many times as much as one user all from one address or IPv6 /64 may send, all from one /24 or /48, and all in one room. A
#: school of 200 people behind one address: 400 lines at once, then each one in two seconds.
OF_ADDRESS: Final = 10
OF_NETWORK: Final = 20
OF_ROOM: Final = 20
#: As much text as counts as one line, in bytes: what people write is shorter.
LINE: Final = 512
# A session takes so many lines from its budgets at once, while those are at least half full: one line costs less then.
_LINES: Final = 16
#: A text of so many characters is no more than a line, whatever they are.
SHORT: Final = LINE // 4
#: From so many budgets of networks on, or of rooms, those that nobody uses are forgotten. All are full again after seconds.
MANY: Final = 10_000
# From so many networks on that wrote in a room, those are forgotten that did not for so many seconds.
_FEW: Final = 8
_WHILE: Final = 10.0
# By so many times as much as it may send at once a network is behind at most: else those who ask for their turn and leave
# would make others of it wait for ever.
_PATIENCE: Final = 4


class Budgets:
    """The budgets of one node."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._pools: dict[str, Pool] = {}
        self._rooms: dict[RoomId, _RoomBudget] = {}
        self._many = self._many_rooms = MANY

    def come(self, session: SessionState, now: float) -> None:
        """Count a session for its address and network; this machine is exempt."""
        if session.address is None:
            return
        # What is no address of the Internet counts for itself.
        keys = network_keys(session.address) or (session.address,)
        session.network = keys[-1]
        counted = [(f"address {keys[0]}", OF_ADDRESS), (f"network {keys[-1]}", OF_NETWORK)]
        pools = []
        for key, times in counted:
            pool = self._pools.get(key)
            if pool is None:
                pool = self._pools[key] = Pool(self.limits, times, now)
            pool.sessions += 1
            pools.append(pool)
        session.pools = tuple(pools)
        self._forget()

    def leave(self, session: SessionState) -> None:
        """Stop counting a session. What it took and did not use is returned."""
        for pool in session.pools:
            pool.sessions -= 1
            pool.tokens += max(session.credit, 0)
        session.pools = ()

    def draw(self, session: SessionState, now: float) -> float:
        """Take lines from a session's budgets, and from that of its last room; return the seconds until they are available."""
        limits, wait, much = self.limits, 0.0, _LINES
        half = limits.flood_burst * AT_ONCE / 2
        room = self._rooms.get(session.spoke_in) if session.spoke_in is not None else None
        if room is None:
            session.spoke_in = None  # it was forgotten, and is made anew by what is said next
        for pool in session.pools if room is None else (*session.pools, room.whole):
            pool.spend(0, limits, now)
            if pool.tokens < half * pool.times:
                much = 1
        much -= session.credit
        session.credit += much
        for pool in session.pools:
            wait = max(wait, pool.spend(much, limits, now))
        return wait if room is None else max(wait, room.spend(session.network, much, limits, now))

    def said(
        self, session: SessionState, room: RoomId | None, texts: Sequence[str], more: int = 0
    ) -> None:
        """Count what has not been taken yet: long texts, and the first one in another room. ``room`` is None for private ones.

        ``more`` is the number of bytes that come with the texts.
        """
        much = 0
        if more or len(texts) > 1 or len(texts[0]) > SHORT:
            size = sum(len(text) if text.isascii() else 3 * len(text) for text in texts)
            much = (size + more) // LINE
            session.credit -= much
        if room is None or room == session.spoke_in:
            return
        now = session.bucket.at  # since it was admitted no time has passed
        session.spoke_in = room
        budget = self._rooms.get(room) or self._add_room(room, now)
        wait = budget.spend(session.network, 1 + much, self.limits, now)
        if wait:
            session.until = max(session.until, now + wait)

    def _forget(self) -> None:
        """If there are many, forget the budgets of networks without sessions."""
        if len(self._pools) <= self._many:
            return
        for key, pool in list(self._pools.items()):
            if not pool.sessions:
                del self._pools[key]
        # Do not go through all of them for each new session.
        self._many = max(MANY, 2 * len(self._pools))

    def _add_room(self, room: RoomId, now: float) -> _RoomBudget:
        """Make the budget of a room; now and then, full ones and those of deleted rooms are forgotten."""
        if len(self._rooms) >= self._many_rooms:
            for number, each in list(self._rooms.items()):
                if each.is_full(self.limits, now):
                    del self._rooms[number]
            self._many_rooms = max(MANY, 2 * len(self._rooms))
        budget = self._rooms[room] = _RoomBudget(self.limits, now)
        return budget


class _RoomBudget:
    """The budget of one room. ``shares`` are those of the networks that wrote while there was not enough for all."""

    __slots__ = ("_many", "_shares", "whole")

    def __init__(self, limits: Limits, now: float) -> None:
        self.whole = Pool(limits, OF_ROOM, now)
        self._shares: dict[str, Bucket] = {}
        self._many = _FEW

    def is_full(self, limits: Limits, now: float) -> bool:
        self.whole.spend(0, limits, now)
        return self.whole.tokens >= limits.flood_burst * OF_ROOM * AT_ONCE

    def spend(self, network: str, much: int, limits: Limits, now: float) -> float:
        """Take ``much`` for a network, and return the seconds that it has to wait for it."""
        whole, rate = self.whole, limits.flood_rate * OF_ROOM
        whole.spend(0, limits, now)
        enough = whole.tokens >= much
        # What the shares give is taken from the whole as well: it is there for all again when less is asked for than they give.
        whole.tokens = max(whole.tokens - much, -rate)
        if enough:
            return 0.0
        at_once = limits.flood_burst
        share = self._shares.get(network)
        if share is None:
            share = self._add(network, at_once, now)
        its = rate / len(self._shares)
        share.refill(at_once, its, now)
        share.tokens = max(share.tokens - much, -_PATIENCE * at_once)
        return -share.tokens / its if share.tokens < 0.0 else 0.0

    def _add(self, network: str, at_once: int, now: float) -> Bucket:
        if len(self._shares) >= self._many:
            # Those that were not used for a while do not make the others smaller any more.
            self._shares = {
                name: each for name, each in self._shares.items() if each.at > now - _WHILE
            }
            self._many = max(_FEW, 2 * len(self._shares))
        share = self._shares[network] = Bucket(at_once, now)
        return share
