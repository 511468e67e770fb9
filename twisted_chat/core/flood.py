"""A token bucket: how long a user has to wait before the next line is taken."""

from __future__ import annotations

from typing import Final

# The grain of the clock, in seconds: today's date in a float has steps of a quarter of a microsecond. Who waited as long
# as was asked must find the token there, whichever way the sum was rounded.
_GRAIN: Final = 1e-6


class Bucket:
    """``burst`` lines at once, then ``rate`` lines a second (https://en.wikipedia.org/wiki/Token_bucket).

    Times are seconds of any clock that only goes forward; one that jumps back is treated as standing still.
    """

    __slots__ = ("at", "tokens")

    def __init__(self, burst: int, now: float) -> None:
        self.tokens = float(burst)
        self.at = now

    def take(self, burst: int, rate: int, now: float) -> float:
        """Take a token and return 0.0, or return the seconds until one is free and take none."""
        if now > self.at:
            self.tokens = min(float(burst), self.tokens + (now - self.at) * rate)
        self.at = now
        if self.tokens + _GRAIN * rate >= 1.0:
            self.tokens -= 1.0
            return 0.0
        return (1.0 - self.tokens) / rate

    def full(self, burst: int) -> bool:
        """Tell whether nobody has been slowed down by this bucket for a while."""
        return self.tokens >= burst - 1.0
