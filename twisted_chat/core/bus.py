"""The port of the bus, and the bus of a single process."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from twisted_chat.core.api.events import Proposal
from twisted_chat.core.values.ids import MessageId

#: Called once for each proposal of any node, in the one order, with the proposal's place in it.
Apply = Callable[[MessageId, Proposal], None]


class Bus(Protocol):
    """Puts proposals in order and hands each, with its id, to every node."""

    def attach(self, apply: Apply) -> None:
        """Set the function that applies proposals. Called once, before anything is published."""

    def publish(self, proposal: Proposal) -> None:
        """Send a proposal on its way. It comes back through ``apply``, perhaps before this returns."""


class LocalBus:
    """A queue in one process, drained by the outermost call of :meth:`publish`.

    What is published while another proposal is applied waits until that one is done, so that everybody sees the two in
    their order. ``take_id`` returns the next free id, or None while the store has not committed another block of
    ids: then proposals wait, and :meth:`drain` goes on when there are ids again. The queue is bounded by the
    sessions that can publish: each waits for its claim, or with too many messages on their way, and reads no more
    while it waits.
    """

    def __init__(self, take_id: Callable[[], MessageId | None]) -> None:
        self._take_id = take_id
        self._waiting: deque[Proposal] = deque()
        self._apply: Apply | None = None
        self._draining = False

    def attach(self, apply: Apply) -> None:
        self._apply = apply

    def publish(self, proposal: Proposal) -> None:
        self._waiting.append(proposal)
        self.drain()

    def drain(self) -> None:
        """Apply what waits, unless an outer call does so already."""
        if self._draining:
            return
        assert self._apply is not None, "attach() comes first"
        self._draining = True
        try:
            while self._waiting:
                message = self._take_id()
                if message is None:
                    return
                # ``apply`` guards itself against its own faults: an exception here would be a bug of the node.
                self._apply(message, self._waiting.popleft())
        finally:
            self._draining = False


_check: type[Bus] = LocalBus
