"""Numbers from numbers: latencies, percentiles, ratios with their spread."""

from __future__ import annotations

import math
import statistics
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final

import msgspec

#: Values below this have a bucket each; above it, each power of two is cut in half as many buckets, so a bucket is at
#: most 1/32 (3 %) wide.
_FINE: Final = 64
_BITS: Final = _FINE.bit_length() - 1
_HALF: Final = _FINE // 2
# 2^40 µs are twelve days.
_BUCKETS: Final = (40 - _BITS) * _HALF + _FINE


class Latencies:
    """How often which latency (in whole microseconds) was seen; exact to 3 %, in constant memory.

    Different processes count for themselves and send :meth:`counts` to be added up.
    """

    __slots__ = ("_counts", "total")

    def __init__(self) -> None:
        self._counts = [0] * _BUCKETS
        self.total = 0

    def add(self, micros: int, times: int = 1) -> None:
        """Count one, or several equal ones; below zero (a clock's rounding) counts as zero."""
        value = max(0, micros)
        shift = max(0, value.bit_length() - _BITS)
        self._counts[min(shift * _HALF + (value >> shift), _BUCKETS - 1)] += times
        self.total += times

    def counts(self) -> dict[int, int]:
        """Return the buckets that are not empty, for :meth:`merge`."""
        return {bucket: count for bucket, count in enumerate(self._counts) if count}

    def merge(self, counts: Mapping[int, int]) -> None:
        """Add what another one counted."""
        for bucket, count in counts.items():
            self._counts[bucket] += count
            self.total += count

    def percentile(self, percent: float) -> float:
        """Return the latency in microseconds that ``percent`` of all do not exceed; nan if there are none."""
        rank = max(1, math.ceil(self.total * percent / 100))
        seen = 0
        for bucket, count in enumerate(self._counts):
            seen += count
            if seen >= rank:
                return float(_upper(bucket))
        return math.nan

    def curve(self) -> Iterator[tuple[float, float]]:
        """Yield (latency in µs, share of all that do not exceed it), rising."""
        seen = 0
        for bucket, count in enumerate(self._counts):
            if count:
                seen += count
                yield float(_upper(bucket)), seen / self.total


def _upper(bucket: int) -> int:
    """Return the largest value that falls into a bucket."""
    if bucket < _FINE:
        return bucket
    shift = bucket // _HALF - 1
    return ((bucket - shift * _HALF + 1) << shift) - 1


def percentile(values: Iterable[float], percent: float) -> float:
    """Return the value that ``percent`` of all do not exceed (nearest rank); nan if there are none."""
    ordered = sorted(values)
    if not ordered:
        return math.nan
    return ordered[max(1, math.ceil(len(ordered) * percent / 100)) - 1]


class Spread(msgspec.Struct, frozen=True):
    """A median, and the lowest and highest value it came from."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread | None:
    """Return the spread of values that are numbers; None if there is none."""
    known = [value for value in values if math.isfinite(value)]
    if not known:
        return None
    return Spread(statistics.median(known), min(known), max(known))


def ratios(ours: Sequence[float | None], theirs: Sequence[float | None]) -> Spread | None:
    """Return ours/theirs, each ratio from one and the same round; rounds in which one is missing do not count."""
    pairs = zip(ours, theirs, strict=True)
    return spread([a / b for a, b in pairs if a is not None and b])


def median_interval(values: Sequence[float], doubt: float) -> Spread:
    """Return the median, and between which values that of all there could be lies, but for a chance of ``doubt``.

    It supposes nothing about how they are distributed: each is above the true median as often as below it, as a coin falls
    (the sign test). Of few values nothing is said: then it is between the infinities.
    """
    count, ordered = len(values), sorted(values)
    most = Fraction(doubt) * 2**count  # of all the ways in which so many coins fall
    ways, total, outside = 1, 0, 0  # of a coin to fall: to have this number of heads; this or less
    while outside < count // 2 and (total + ways) * 2 <= most:
        total += ways
        ways = ways * (count - outside) // (outside + 1)
        outside += 1
    middle = statistics.median(ordered) if ordered else math.nan
    if not outside:
        return Spread(middle, -math.inf, math.inf)
    return Spread(middle, ordered[outside - 1], ordered[count - outside])


def differ(some: Sequence[float], others: Sequence[float], doubt: float) -> bool:
    """Return whether two samples are of different distributions, but for a chance of ``doubt`` (Kolmogorov and Smirnov)."""
    if not some or not others:
        return False
    one, other = sorted(some), sorted(others)
    widest = max(
        abs(bisect_right(one, value) / len(one) - bisect_right(other, value) / len(other))
        for value in (*one, *other)
    )
    apart = math.sqrt(-math.log(doubt / 2) / 2 * (1 / len(one) + 1 / len(other)))
    return widest > apart
