"""Turns: one after the other, in turn among networks, and within one among its users."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from twisted_chat.core.values.fair_queue import FairQueue


class Turns:
    """Lets one at a time begin. Whoever asks for much, from one network or under many names there, waits behind the others.

    At most one waits for each session, which hands in nothing else meanwhile: that bounds the queue.
    """

    def __init__(self) -> None:
        self._waiting: FairQueue[Deferred[None]] = FairQueue()
        self._busy = False

    def __len__(self) -> int:
        """How many wait."""
        return self._waiting.count

    async def begin(self, path: tuple[str, ...]) -> None:
        """Return when it is one's turn; then :meth:`end` must be called. Cancelled, one does not wait any longer.

        ``path``: the networks of whoever asks, the widest first, then who that is.
        """
        if self._busy:
            turn: Deferred[None] = Deferred(lambda given_up: self._give_up(path, given_up))
            self._waiting.add(path, turn)
            await turn
        self._busy = True

    def _give_up(self, path: tuple[str, ...], turn: Deferred[None]) -> None:
        self._waiting.remove(path, turn)

    def end(self) -> None:
        """Let the next one begin."""
        self._busy = False
        if self._waiting.count:
            self._waiting.next().callback(None)
