"""Private messages that are kept: the talks of two accounts each, and what waits for accounts that are not here.

A talk is kept as the history of a room that nobody can enter: its id is below all ids of rooms. What guests write to an
account that is not here is a talk, too, until the account has got it: of a guest nothing is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from twisted_chat.core.api.events import Envelope, RoomRef, Said, Told
from twisted_chat.core.values.ids import MessageId, RoomId, UserId
from twisted_chat.core.values.names import Nick, parse_room

#: What stands for all guests where an account is named by its key: no key is empty.
GUESTS: Final = ""
#: No talk has this id: ids are those of messages, below zero.
NO_TALK: Final = RoomId(-(1 << 62))

# A talk has no name that anybody is shown.
_NAME: Final = parse_room("private")


def ref(talk: RoomId) -> RoomRef:
    """Return what a store knows a talk as."""
    return RoomRef(talk, _NAME)


def as_kept(envelope: Envelope) -> Envelope:
    """Return a private message as a store keeps it: said in its talk."""
    event = envelope.event
    assert isinstance(event, Told) and event.talk is not None
    return replace(
        envelope, event=Said(event.kind, event.lines, event.extras), room=ref(event.talk)
    )


def as_told(envelope: Envelope, to: Nick) -> Envelope:
    """Return what :func:`as_kept` made of a message as a message to somebody."""
    event = envelope.event
    assert isinstance(event, Said)
    told = Told(UserId(0), to, event.kind, event.lines, extras=event.extras)
    return replace(envelope, event=told, room=None)


class Talks:
    """The talks by who takes part, and how many messages of whom wait for whom. Accounts are named by their keys."""

    def __init__(self) -> None:
        self._ids: dict[tuple[str, str], RoomId] = {}
        self._waiting: dict[str, dict[str, int]] = {}

    def find(self, one: str, other: str) -> RoomId | None:
        """Return the talk of two accounts, or of :data:`GUESTS` and an account."""
        return self._ids.get(_pair(one, other))

    def open(self, one: str, other: str, message: MessageId) -> RoomId:
        """Return the talk of two; if there is none, this message begins it."""
        return self._ids.setdefault(_pair(one, other), RoomId(-message))

    def waiting(self, account: str, sender: str | None = None) -> int:
        """Return how many messages wait for an account: of one sender, or of all if that is None."""
        there = self._waiting.get(account, {})
        return sum(there.values()) if sender is None else there.get(sender, 0)

    def wait(self, account: str, sender: str) -> None:
        """Note that one more message waits for an account."""
        there = self._waiting.setdefault(account, {})
        there[sender] = there.get(sender, 0) + 1

    def receive(self, account: str) -> RoomId | None:
        """Note that an account has got what waited for it; return the talk of guests that is gone with that, if any."""
        self._waiting.pop(account, None)
        return self._ids.pop((GUESTS, account), None)

    def unsend(self, sender: str) -> None:
        """Note that nothing an account has written waits any more."""
        for account in [account for account, there in self._waiting.items() if sender in there]:
            del self._waiting[account][sender]
            if not self._waiting[account]:
                del self._waiting[account]

    def drop(self, account: str) -> list[RoomId]:
        """Forget an account; return its talks, which are gone with it."""
        gone = [pair for pair in self._ids if account in pair]
        self._waiting.pop(account, None)
        self.unsend(account)
        return [self._ids.pop(pair) for pair in gone]

    def restore(
        self, talks: Iterable[tuple[str, str, RoomId]], waiting: Iterable[tuple[str, str, int]]
    ) -> None:
        """Take up what a store remembers."""
        self._ids.update((_pair(one, other), talk) for one, other, talk in talks)
        for account, sender, count in waiting:
            self._waiting.setdefault(account, {})[sender] = count

    def dump(self) -> tuple[object, object]:
        """Return everything as plain data, to compare or write out."""
        return sorted(self._ids.items()), sorted(
            (account, sorted(there.items())) for account, there in self._waiting.items()
        )


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one <= other else (other, one)
