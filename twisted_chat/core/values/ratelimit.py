"""Token buckets: how long a user waits before the next line is taken, and how many tries somebody has who may be guessing."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from twisted_chat.core.values.limits import Limits

# The grain of the clock, in seconds: today's date in a float has steps of a quarter of a microsecond. A session that has waited
# as long as it was told must get the token, whichever way the sum was rounded.
_GRAIN: Final = 1e-6

#: How many times as much again several sessions may send at once: a whole class says hello, but does not go on doing so.
AT_ONCE: Final = 2


class Bucket:
    """``burst`` lines at once, then ``rate`` lines a second (https://en.wikipedia.org/wiki/Token_bucket).

    Times are seconds of any clock that only goes forward; one that jumps back is treated as standing still.
    """

    __slots__ = ("at", "tokens")

    def __init__(self, burst: int, now: float) -> None:
        self.tokens = float(burst)
        self.at = now

    def refill(self, burst: int, rate: float, now: float) -> None:
        """Add the tokens that came since it was used last."""
        if now > self.at:
            self.tokens = min(float(burst), self.tokens + (now - self.at) * rate)
        self.at = now

    def take(self, burst: int, rate: int, now: float) -> float:
        """Take a token and return 0.0, or return the seconds until one is free and take none."""
        # As in refill: once more, for every line comes here.
        if now > self.at:
            self.tokens = min(float(burst), self.tokens + (now - self.at) * rate)
        self.at = now
        if self.tokens + _GRAIN * rate >= 1.0:
            self.tokens -= 1.0
            return 0.0
        return (1.0 - self.tokens) / rate

    def full(self, burst: int) -> bool:
        """Return whether nobody has been slowed down by this bucket for a while."""
        return self.tokens >= burst - 1.0


class Pool(Bucket):
    """A budget of several sessions: a bucket that may be overdrawn, if the sender then waits until it is filled again."""

    __slots__ = ("sessions", "times")

    def __init__(self, limits: Limits, times: int, now: float) -> None:
        super().__init__(limits.flood_burst * times * AT_ONCE, now)
        self.times = times
        self.sessions = 0

    def spend(self, much: float, limits: Limits, now: float) -> float:
        """Take so much, and return the seconds until it is there."""
        rate = limits.flood_rate * self.times
        self.refill(limits.flood_burst * self.times * AT_ONCE, rate, now)
        self.tokens -= much
        return -self.tokens / rate if self.tokens < 0.0 else 0.0


#: The most keys that are remembered, 5 MB of them. Making the throttle forget a key takes a try for each of so many others.
MAX_KEYS: Final = 20_000


class Throttle:
    """``tries`` at once for each key, and then as many within ``seconds``. A clock that jumps back counts as standing still."""

    def __init__(self, tries: int, seconds: float) -> None:
        self.tries = tries
        self._seconds = seconds
        #: By keys, the one that was used longest ago first.
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def wait(self, key: str, now: float) -> float:
        """Return 0.0 if there may be a try for ``key`` now, or the seconds until there may be one."""
        bucket = self._buckets.get(key)
        if bucket is None:
            return 0.0
        bucket.at = min(bucket.at, now)  # else nobody could try until the clock is where it was
        tokens = bucket.tokens + (now - bucket.at) * self.tries / self._seconds
        # A millionth is the grain of a clock of today, as in a bucket.
        return 0.0 if tokens > 1.0 - 1e-6 else (1.0 - tokens) * self._seconds / self.tries

    def count(self, key: str, now: float) -> None:
        """Count a try for ``key``."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(self.tries, now)
            while len(self._buckets) > MAX_KEYS:
                self._buckets.popitem(last=False)
        self._refill(bucket, now)
        bucket.tokens = max(bucket.tokens - 1.0, 0.0)
        self._buckets.move_to_end(key)

    def forgive(self, key: str, now: float) -> None:
        """Take back a try for ``key``: it was no guess."""
        bucket = self._buckets.get(key)
        if bucket is None:
            return
        self._refill(bucket, now)
        bucket.tokens = min(bucket.tokens + 1.0, float(self.tries))
        if bucket.tokens == self.tries:
            del self._buckets[key]

    def _refill(self, bucket: Bucket, now: float) -> None:
        if now > bucket.at:
            refilled = bucket.tokens + (now - bucket.at) * self.tries / self._seconds
            bucket.tokens = min(refilled, float(self.tries))
        bucket.at = now
