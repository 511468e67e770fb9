"""How fast is read from one address, and from one network: whoever opens many connections gets no more for that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from twisted_chat.core.values.limits import Limits

#: How many addresses share what a network has: a /24 or a /48 that is not all one attacker's has more than one in use.
SHARE: Final = 4
#: What may come at once, in seconds of the rate: a few people of one address may paste 256 KiB each.
BURST: Final = 8.0
#: The fewest networks that are worth a look for those that can be forgotten.
_MANY: Final = 1024


class NetworkRates:
    """A token bucket for each network, see :func:`twisted_chat.core.values.addresses.network_keys`."""

    def __init__(self, rate: Callable[[], float], burst: float) -> None:
        """``rate``: how much a second for one address. ``burst``: what may come at once, in seconds of the rate."""
        self._rate = rate
        self._burst = burst
        # When what came would all have come, at the rate; forgotten once that is the burst ago.
        self._due: dict[str, float] = {}
        self._tidy_at = _MANY

    def spend(self, keys: Sequence[str], size: int, now: float) -> float:
        """Count what came from a network and those around it; return the seconds to wait before there may be more."""
        wait = 0.0
        one = rate = self._rate()
        full = now - self._burst
        for key in keys:
            due = max(self._due.get(key, full), full) + size / rate
            self._due[key] = due
            wait = max(wait, due - now)
            rate = one * SHARE
        if len(self._due) > self._tidy_at:
            self._due = {key: due for key, due in self._due.items() if due > full}
            self._tidy_at = max(_MANY, 2 * len(self._due))
        return wait


class ByteRates(NetworkRates):
    """How many bytes are read from each network."""

    def __init__(self, limits: Callable[[], Limits]) -> None:
        super().__init__(lambda: float(limits().byte_rate), BURST)
