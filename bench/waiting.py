"""Waiting for the first of several things, one of which is that the user has had enough."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from twisted.internet.defer import Deferred, DeferredList

_T = TypeVar("_T")


class Event(Generic[_T]):
    """Something that happens at most once, for any number of waiters."""

    def __init__(self) -> None:
        self.value: _T | None = None
        self.happened = False
        self._waiters: list[Deferred[_T]] = []

    def happen(self, value: _T) -> None:
        """It happened; a second time is ignored."""
        if self.happened:
            return
        self.happened = True
        self.value = value
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.callback(value)

    def wait(self) -> Deferred[_T]:
        """Return a Deferred that fires when it happens; it may be cancelled."""
        waiter: Deferred[_T] = Deferred(self._forget)
        if self.happened:
            assert self.value is not None
            waiter.callback(self.value)
        else:
            self._waiters.append(waiter)
        return waiter

    def _forget(self, waiter: Deferred[_T]) -> None:
        self._waiters.remove(waiter)


async def first(*things: Deferred[Any]) -> int:
    """Wait for the first to fire, cancel the others, return which it was. Raises what the first raises."""
    everything = DeferredList(
        things, fireOnOneCallback=True, fireOnOneErrback=True, consumeErrors=True
    )
    try:
        _, index = await everything
    except Exception as error:
        # FirstError wraps what happened.
        raise getattr(getattr(error, "subFailure", None), "value", error) from None
    finally:
        for thing in things:
            thing.cancel()
    return int(index)
