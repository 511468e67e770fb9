"""Read limits: how much is read from a session, from an address and its networks, and from all sessions before login.

Opening more connections does not raise the limit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_chat.core.values.fair_queue import FairQueue
from twisted_chat.core.values.limits import Limits
from twisted_chat.doors.sockets import READ_SIZE, read_at_most

#: The rate of a network, as a multiple of the rate of one address: a /24 or /48 has more than one address in use.
SHARE: Final = 4
#: The burst, in seconds of the rate: a few people at one address may paste 256 KiB each.
BURST: Final = 8.0
#: With fewer networks than this, it is not worth looking for ones that can be forgotten.
_MANY: Final = 1024
#: Bytes that are always read before login: enough for a nickname with a password, or a login object.
FLOOR: Final = 1024
#: Bytes that may be read from all sessions together beyond that: 500 of the longest objects. Logging in does not need them.
POOL: Final = 8 * 1024 * 1024
#: Bytes that may come together with the longest frame before login.
_ROOM_FOR_MORE: Final = 1024
#: How much input is handled in one reactor turn, over all sessions, in bytes: 4 ms of the usual lines. Each frame and each telnet
#: command counts as some bytes more, see :data:`.reader.COST`.
PER_TURN: Final = 32 * 1024
#: From this much on, :meth:`ReadTurns.begin_anew` must be called: less is not worth a call in each turn.
NOTICED: Final = PER_TURN // 4
#: Bytes are counted for the networks in steps of this size.
_WORTH_COUNTING: Final = 4096


class NetworkRates:
    """A token bucket for each network, see :func:`twisted_chat.core.values.addresses.network_keys`."""

    def __init__(self, rate: Callable[[], float], burst: float) -> None:
        """``rate`` returns the amount per second for one address. ``burst`` is in seconds of the rate."""
        self._rate = rate
        self._burst = burst
        # When everything so far would have arrived at the allowed rate; forgotten once that is a burst ago.
        self._due: dict[str, float] = {}
        self._tidy_at = _MANY

    def spend(self, keys: Sequence[str], size: int, now: float) -> float:
        """Count an amount for an address and its networks; return the seconds to wait before more may come."""
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
        """The room that :meth:`ReadAhead.grant` refused is there now."""


class ReadAhead:
    """Grants sessions room for frames longer than :data:`FLOOR`, first come, first served."""

    def __init__(self, pool: int = POOL) -> None:
        self._free = pool
        self._given: dict[Waiting, int] = {}
        self._waiting: dict[Waiting, int] = {}

    def grant(self, session: Waiting, size: int) -> bool:
        """Grant a session room for ``size`` bytes; if there is none, its :meth:`Waiting.granted` is called later."""
        if session in self._given:
            return True
        if size > self._free or self._waiting:
            self._waiting.setdefault(session, size)
            return False
        self._give(session, size)
        return True

    def give_back(self, session: Waiting) -> None:
        """Take back what a session was granted or is waiting for."""
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


class ReadTurns:
    """Bounds the input that is handled in one reactor turn. Sessions beyond that wait, and their networks take turns.

    ``spent`` is what has been handled in this turn, or in several with little input. At most one turn waits for each session,
    which is not read from meanwhile: that bounds the queue.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._waiting: FairQueue[Callable[[], None]] = FairQueue()
        self._called = False
        self.spent = 0

    def wait(self, path: tuple[str, ...], go_on: Callable[[], None]) -> None:
        """Call ``go_on`` in a later turn. ``path``: the networks of a session, the widest first, then its number."""
        self._waiting.add(path, go_on)
        self.begin_anew()

    def forget(self, path: tuple[str, ...], go_on: Callable[[], None]) -> None:
        """Take back what :meth:`wait` was called with."""
        self._waiting.remove(path, go_on)

    def begin_anew(self) -> None:
        """Begin with nothing spent in the next turn of the reactor."""
        if not self._called:
            self._called = True
            # Twisted runs this after all sockets that were ready in this turn have been read.
            self._clock.callLater(0, self._begin)

    def _begin(self) -> None:
        self._called = False
        self.spent = 0
        try:
            for _ in range(self._waiting.count):
                # One that went on may have ended others that wait.
                if self.spent >= PER_TURN or not self._waiting.count:
                    break
                self._waiting.next()()
        finally:
            if self._waiting.count:
                self.begin_anew()


class ReadLimits:
    """The limits that all sessions share."""

    def __init__(self, limits: Callable[[], Limits], clock: IReactorTime) -> None:
        self.ahead = ReadAhead()
        self.rates = ByteRates(limits)
        self.turns = ReadTurns(clock)


class Source(Protocol):
    """Where the bytes come from: what is needed from a transport here."""

    def abortConnection(self) -> None: ...
    def pauseProducing(self) -> None: ...
    def resumeProducing(self) -> None: ...


class ReadControl:
    """Pauses reading for one session while its input waits or its network sends too much; before login it reads little at a time.

    ``networks`` are charged for the bytes, see :func:`.addresses.network_keys`. ``on``: it is reading. ``go_on`` is called when a
    reason to pause has gone; it calls :meth:`read` again.
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
        self._unspent = 0  # bytes not counted for the networks yet
        self._resting: IDelayedCall | None = None  # they sent too much: no reading until then
        self._ended = False  # end of input
        self._networks = networks
        self.on = True
        read_at_most(source, FLOOR)

    def count(self, size: int) -> None:
        """Count bytes that were read; if their networks send too much, the next read is delayed."""
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
        """Resume or pause reading, unless the networks' rate demands a pause."""
        on = on and self._resting is None
        if on != self.on and not self._ended:
            self.on = on
            if on:
                self._source.resumeProducing()
            else:
                self._source.pauseProducing()

    def read_before_login(self, held: int, longest: int) -> None:
        """Limit the next read to what is missing from the longest frame, of which ``held`` bytes are there, and a little more."""
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
        """Read in the usual sizes from now on."""
        self._ahead.give_back(self)
        read_at_most(self._source, READ_SIZE)

    def finish(self) -> None:
        """Note the end of input."""
        self._ended = True

    def stop(self) -> None:
        """The connection is gone."""
        self._ahead.give_back(self)
        self._spend()
        if self._resting is not None:
            self._resting.cancel()
            self._resting = None
