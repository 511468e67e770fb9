"""Bans from the server; those that match are found without comparing each of them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from twisted_chat.core.values.addresses import Network, read_address
from twisted_chat.core.values.server_ban import MAX_BANS, Ban, Kind


class ServerBans:
    """All bans from a server, one for each target.

    An address is looked up once for each length of prefix that any ban has; there are at most 33 and 129.
    """

    def __init__(self) -> None:
        self._bans: dict[tuple[Kind, str], Ban] = {}
        #: By version and prefix length of the network, then by its number without the bits behind the prefix.
        self._networks: dict[tuple[int, int], dict[int, Ban]] = {}

    def __len__(self) -> int:
        return len(self._bans)

    def __iter__(self) -> Iterator[Ban]:
        return iter(self._bans.values())

    def restore(self, bans: Iterable[Ban]) -> None:
        """Restore the bans of an earlier run."""
        for ban in bans:
            self._put(ban)

    def full(self, ban: Ban, now: float) -> bool:
        """Return whether there are as many bans as there may be, and this one would not replace one of them."""
        return (
            len(self._bans) >= MAX_BANS
            and not self.has(ban.kind, ban.target)
            and sum(not each.over(now) for each in self) >= MAX_BANS
        )

    def has(self, kind: Kind, target: str) -> bool:
        """Return whether there is a ban of exactly this target."""
        return (kind, target) in self._bans

    def add(self, ban: Ban, now: float) -> None:
        """Add a ban, replacing another of the same target, unless they are :meth:`full`.

        Expired ones are dropped only if there is no room, because the clock may be wrong for a while.
        """
        if len(self._bans) >= MAX_BANS:
            for each in [each for each in self._bans.values() if each.over(now)]:
                self.lift(each.kind, each.target)
        self.lift(ban.kind, ban.target)
        self._put(ban)

    def lift(self, kind: Kind, target: str) -> Ban | None:
        """Remove a ban and return it; None if there is none. Bans of networks around or inside it stay."""
        ban = self._bans.pop((kind, target), None)
        if ban is not None and kind == "network":
            place, number = _place(ipaddress.ip_network(target))
            del self._networks[place][number]
            if not self._networks[place]:
                del self._networks[place]
        return ban

    def of_address(self, text: str | None, now: float) -> Ban | None:
        """Return the ban that keeps an address out, the longest of several; None for this machine."""
        address = read_address(text)
        if address is None:
            return None
        number, bits = int(address), address.max_prefixlen
        found = (
            bans.get(number >> (bits - prefix))
            for (version, prefix), bans in self._networks.items()
            if version == address.version
        )
        here = [ban for ban in found if ban is not None and not ban.over(now)]
        return max(here, key=lambda ban: ban.until or float("inf"), default=None)

    def of_account(self, key: str | None, now: float) -> Ban | None:
        """Return the ban that keeps an account out, by its key; None if there is none, or no account."""
        ban = self._bans.get(("account", key)) if key is not None else None
        return ban if ban is not None and not ban.over(now) else None

    def listed(self, now: float) -> list[Ban]:
        """Return the bans that have not expired, the newest first."""
        return [ban for ban in reversed(self._bans.values()) if not ban.over(now)]

    def _put(self, ban: Ban) -> None:
        self._bans[ban.kind, ban.target] = ban
        if ban.kind == "network":
            place, number = _place(ipaddress.ip_network(ban.target))
            self._networks.setdefault(place, {})[number] = ban


def shut(panic: int, *, account: str | None, local: bool) -> str:
    """Return why a user cannot log in during a lockdown (1: no new guests, 2: nobody new); None if they can.

    Nobody can register meanwhile, see :mod:`twisted_chat.core.rules.accounts`. Users on the server's own machine can always log
    in, because someone has to be able to end the lockdown.
    """
    if local or not panic or (panic == 1 and account is not None):
        return ""
    if panic == 1:
        return "This server is not accepting new guests at the moment. Try again later."
    return "This server is not accepting new people at the moment. Try again later."


def _place(network: Network) -> tuple[tuple[int, int], int]:
    bits = network.max_prefixlen - network.prefixlen
    return (network.version, network.prefixlen), int(network.network_address) >> bits
