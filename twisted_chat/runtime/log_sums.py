"""Log lines that strangers cause: written while there are few, and summed up when there are many.

A client that opens a thousand connections a second would fill the disk with a line for each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from twisted_chat.core.values.addresses import network_keys

log = Logger(namespace="twisted_chat.log")

#: In how many seconds so many lines of a kind are written; those beyond are summed up in one line when that time is over.
WINDOW: Final = 60.0
#: Lines about connections that never had a nickname; and about people, whom operators may look for later: ten a second.
FEW: Final = 60
MANY: Final = 600
#: The most networks that are counted of one kind; the others are one.
_NETWORKS: Final = 1_000
#: How many of them a sum names.
_NAMED: Final = 3


class _Kind:
    """Lines of one kind in the window that began at ``since``."""

    def __init__(self, since: float) -> None:
        self.since = since
        self.written = 0
        self.left_out: Counter[str] = Counter()


class LogSums:
    """Writes lines to the log, of each kind so many and then their number. A kind is what lines have in common: their format."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._kinds: dict[str, _Kind] = {}

    def write(
        self,
        emit: Callable[..., object],
        line: str,
        *,
        address: str,
        most: int = MANY,
        **fields: object,
    ) -> None:
        """Log a line with ``emit``, such as ``log.info``, unless there were too many. ``address`` is the one it is about."""
        now = self._clock.seconds()
        kind = self._kinds.setdefault(line, _Kind(now))
        if kind.written < most:
            kind.written += 1
            emit(line, address=address, **fields)
            return
        where = next(iter(network_keys(address)[-1:]), address)
        if where not in kind.left_out and len(kind.left_out) >= _NETWORKS:
            where = "elsewhere"
        kind.left_out[where] += 1

    def tell(self, *, everything: bool = False) -> None:
        """Write the sums of the windows that are over (``everything``: of all); called every few seconds."""
        now = self._clock.seconds()
        for line, kind in list(self._kinds.items()):
            if everything or now - kind.since >= WINDOW:
                del self._kinds[line]
                if kind.left_out:
                    most = kind.left_out.most_common(_NAMED)
                    log.warn(
                        '{count:,} more lines like "{line}" were left out in {seconds:.0f} seconds, most of them about {where}',
                        count=kind.left_out.total(),
                        line=line,
                        seconds=now - kind.since,
                        where=", ".join(f"{network} ({count:,})" for network, count in most),
                    )
