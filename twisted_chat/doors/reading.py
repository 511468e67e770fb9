"""When one session is read from, and how much at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_chat.doors.byte_rates import ByteRates
from twisted_chat.doors.read_ahead import FLOOR, ReadAhead
from twisted_chat.doors.sockets import READ_SIZE, read_at_most

#: What may come together with the longest frame before login, in bytes.
_ROOM_FOR_MORE: Final = 1024
#: So many bytes are counted at a time.
_WORTH_COUNTING: Final = 4096


class Source(Protocol):
    """Where the bytes come from: what is needed of a transport here."""

    def abortConnection(self) -> None: ...
    def pauseProducing(self) -> None: ...
    def resumeProducing(self) -> None: ...


class Reading:
    """Reads on while nothing waits and its network does not send too much; before login a little at a time.

    ``networks``: whose bytes these are, see :func:`.addresses.network_keys`. ``on``: more can come. ``go_on``
    is called when there is a reason no more not to read; it calls :meth:`read` again.
    """

    def __init__(
        self,
        source: Source,
        networks: tuple[str, ...],
        clock: IReactorTime,
        ahead: ReadAhead,
        rates: ByteRates,
        go_on: Callable[[], None],
    ) -> None:
        self._source = source
        self._clock = clock
        self._ahead = ahead
        self._rates = rates
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
        """See :meth:`twisted_chat.doors.read_ahead.Reader.granted`."""
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
