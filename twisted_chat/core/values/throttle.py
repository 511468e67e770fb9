"""A throttle: a few tries at a time for each name or address, so that nobody can guess at speed."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from twisted_chat.core.values.ratelimit import Bucket

#: The most keys that are remembered, 5 MB of them. Who makes the throttle forget one by using so many others pays for each.
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
