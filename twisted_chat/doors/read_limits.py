"""How much is read, and when: of one session, of one address and network, and of all sessions that have not logged in.

Whoever opens many connections gets no more for that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_chat.core.values.limits import Limits
from twisted_chat.doors.sockets import READ_SIZE, read_at_most

#: How many addresses share what a network has: a /24 or a /48 that is not all one attacker's has more than one in use.
SHARE: Final = 4
#: What may come at once, in seconds of the rate: a few people of one address may paste 256 KiB each.
BURST: Final = 8.0
#: The fewest networks that are worth a look for those that can be forgotten.
_MANY: Final = 1024
#: What is always read before login, in bytes: a nickname with its password, or a login object, and then some.
FLOOR: Final = 1024
#: What may be read of all sessions beyond that, in bytes: 500 of the longest objects. Nobody needs it to log in.
POOL: Final = 8 * 1024 * 1024
#: What may come together with the longest frame before login, in bytes.
_ROOM_FOR_MORE: Final = 1024
#: So many bytes are counted at a time.
_WORTH_COUNTING: Final = 4096


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


class Waiting(Protocol):
    """A session that has not logged in."""

    def granted(self) -> None:
        """There is room for what :meth:`ReadAhead.grant` refused."""


class ReadAhead:
    """Gives out the room for frames that are longer than :data:`FLOOR`, to those who came first."""

    def __init__(self, pool: int = POOL) -> None:
        self._free = pool
        self._given: dict[Waiting, int] = {}
        self._waiting: dict[Waiting, int] = {}

    def grant(self, session: Waiting, size: int) -> bool:
        """Give a session room for so many bytes; if there is none, it is told when there is."""
        if session in self._given:
            return True
        if size > self._free or self._waiting:
            self._waiting.setdefault(session, size)
            return False
        self._give(session, size)
        return True

    def give_back(self, session: Waiting) -> None:
        """Take back what a session was given, or waits for."""
        self._waiting.pop(session, None)
        self._free += self._given.pop(session, 0)
        while self._waiting:
            first, size = next(iter(self._waiting.items()))
            if size > self._free:
                break
            del self._waiting[first]
            self._give(first, size)
            first.granted()

    def _give(self, session: Waiting, size: int) -> None:
        self._free -= size
        self._given[session] = size


class ReadLimits:
    """What all sessions share."""

    def __init__(self, limits: Callable[[], Limits]) -> None:
        self.ahead = ReadAhead()
        self.rates = ByteRates(limits)


class Source(Protocol):
    """Where the bytes come from: what is needed of a transport here."""

    def abortConnection(self) -> None: ...
    def pauseProducing(self) -> None: ...
    def resumeProducing(self) -> None: ...


class ReadControl:
    """Reads on while nothing waits and its network does not send too much; before login a little at a time.

    ``networks``: whose bytes these are, see :func:`.addresses.network_keys`. ``on``: more can come. ``go_on``
    is called when there is a reason no more not to read; it calls :meth:`read` again.
    """

    def __init__(
        self,
        source: Source,
        networks: tuple[str, ...],
        clock: IReactorTime,
        shared: ReadLimits,
        go_on: Callable[[], None],
    ) -> None:
        self._source = source
        self._clock = clock
        self._ahead = shared.ahead
        self._rates = shared.rates
        self._go_on = go_on
        self._unspent = 0  # bytes that were not counted for the networks yet
        self._resting: IDelayedCall | None = None  # they sent too many: no reading until then
        self._ended = False  # no more comes
        self._networks = networks
        self.on = True
        read_at_most(source, FLOOR)

    def count(self, size: int) -> None:
        """Count bytes that were read; the next read waits while the networks that they came from send too much."""
        self._unspent += size
        if self._unspent >= _WORTH_COUNTING:
            wait = self._spend()
            if wait > 0 and self._resting is None:
                self._resting = self._clock.callLater(wait, self._rested)
                self.read(False)

    def _spend(self) -> float:
        size, self._unspent = self._unspent, 0
        return self._rates.spend(self._networks, size, self._clock.seconds())

    def _rested(self) -> None:
        self._resting = None
        self._go_on()

    def read(self, on: bool) -> None:
        """Read on or not, as far as that is for the session to say."""
        on = on and self._resting is None
        if on != self.on and not self._ended:
            self.on = on
            if on:
                self._source.resumeProducing()
            else:
                self._source.pauseProducing()

    def read_before_login(self, held: int, longest: int) -> None:
        """Read no more than the rest of the longest frame, of which so much is there, and a little."""
        if not held:
            self._ahead.give_back(self)
            read_at_most(self._source, FLOOR)
        elif self._ahead.grant(self, longest + _ROOM_FOR_MORE - FLOOR):
            read_at_most(self._source, longest + _ROOM_FOR_MORE - held)
        elif held < FLOOR:
            read_at_most(self._source, FLOOR - held)
        else:
            self.read(False)

    def granted(self) -> None:
        """See :meth:`Waiting.granted`."""
        self._go_on()

    def logged_in(self) -> None:
        """Read as much at a time as ever, from now on."""
        self._ahead.give_back(self)
        read_at_most(self._source, READ_SIZE)

    def finish(self) -> None:
        """No more comes."""
        self._ended = True

    def stop(self) -> None:
        """The connection is gone."""
        self._ahead.give_back(self)
        self._spend()
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None
