"""Turns: one after the other, in turn among networks, and within one among its users."""

from __future__ import annotations

from collections import OrderedDict, deque

from twisted.internet.defer import Deferred

from twisted_chat.core.ids import UserId


class Turns:
    """Lets one at a time begin. Whoever asks for much, from one network or under many names there, waits behind the others.

    At most one waits for each session, which hands in nothing else meanwhile: that bounds the queue.
    """

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, OrderedDict[UserId | None, deque[Deferred[None]]]] = (
            OrderedDict()
        )
        self._busy = False

    def __len__(self) -> int:
        """How many wait."""
        return sum(len(queue) for users in self._waiting.values() for queue in users.values())

    async def begin(self, network: str, user: UserId | None) -> None:
        """Return when it is one's turn; then :meth:`end` must be called. Cancelled, one does not wait any longer."""
        if self._busy:
            turn: Deferred[None] = Deferred()
            queue = self._waiting.setdefault(network, OrderedDict()).setdefault(user, deque())
            queue.append(turn)
            await turn
        self._busy = True

    def end(self) -> None:
        """Let the next one begin."""
        self._busy = False
        while self._waiting and not self._busy:
            network, users = self._waiting.popitem(last=False)
            user, queue = users.popitem(last=False)
            turn = queue.popleft()
            # To the end: first come all other networks, and there all other users.
            if queue:
                users[user] = queue
            if users:
                self._waiting[network] = users
            if not turn.called:  # it was not given up
                turn.callback(None)
