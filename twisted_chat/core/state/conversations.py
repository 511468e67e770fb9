"""Private messages that are kept: conversations of two accounts, and messages that wait for accounts that are not here.

A conversation is kept as the history of a room that nobody can enter; its id is lower than that of any room. What guests write
to an account that is not here is a conversation, too, until the account has received it. Nothing else of a guest is kept.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec.structs import replace

from twisted_chat.core.api.events import Author, Envelope, RoomRef, Said, Told
from twisted_chat.core.values.ids import MessageId, RoomId, UserId
from twisted_chat.core.values.names import Nick, parse_room

#: The most conversations of one participant that are listed.
MOST: Final = 500
#: What stands for all guests where an account is named by its key: no key is empty.
GUESTS: Final = ""
#: No conversation has this id: ids are those of messages, below zero.
NO_CONVERSATION: Final = RoomId(-(1 << 62))

# Nobody is shown the name of a conversation.
_NAME: Final = parse_room("private")


def ref(conversation: RoomId) -> RoomRef:
    """Return what a store knows a conversation as."""
    return RoomRef(conversation, _NAME)


def as_kept(envelope: Envelope) -> Envelope:
    """Return a private message as a store keeps it: said in its conversation."""
    event = envelope.event
    assert isinstance(event, Told) and event.conversation is not None
    return replace(
        envelope, event=Said(event.kind, event.lines, event.extras), room=ref(event.conversation)
    )


def as_told(envelope: Envelope, to: Nick) -> Envelope:
    """Return a message that :func:`as_kept` made as a private message to ``to`` again."""
    event = envelope.event
    assert isinstance(event, Said)
    told = Told(UserId(0), to, event.kind, event.lines, extras=event.extras)
    return replace(envelope, event=told, room=None)


class Participant(msgspec.Struct, frozen=True, gc=False):
    """One of the two in a conversation: an account by its key, or a guest, and the name that the other knows."""

    key: str
    name: Nick


def key_of(author: Author) -> str:
    """Return what stands for a user: the account, or the guest who is here now. No key of an account has a blank."""
    return author.account if author.account is not None else f"user {author.user}"


class Conversations:
    """Conversations by participants, and how many messages wait for an account, by sender. Accounts are named by their keys.

    Guests take part as long as they are here, see :func:`key_of`; no store keeps those conversations.
    """

    def __init__(self) -> None:
        self._ids: dict[tuple[str, str], RoomId] = {}
        #: With whom each participant has one, the one that began last is last.
        self._of: dict[str, dict[str, None]] = {}
        self._waiting: dict[str, dict[str, int]] = {}
        #: The guests who take part in one, by what stands for them.
        self._guests: set[str] = set()
        #: Those with guests who are gone, since that was asked last.
        self._over: list[RoomId] = []

    def find(self, one: str, other: str) -> RoomId | None:
        """Return the conversation of two accounts, or of :data:`GUESTS` and an account."""
        return self._ids.get(_pair(one, other))

    def open(self, one: str, other: str, message: MessageId) -> RoomId:
        """Return the conversation of two; if there is none, this message begins it."""
        self._guests.update(key for key in (one, other) if " " in key)
        pair = _pair(one, other)
        if pair not in self._ids:
            self._add(pair, RoomId(-message))
        return self._ids[pair]

    def of(self, key: str) -> list[tuple[str, RoomId]]:
        """Return with whom somebody has a conversation, and which; at most the :data:`MOST` that began last."""
        partners = itertools.islice(reversed(self._of.get(key, {})), MOST)
        return [(other, self._ids[_pair(key, other)]) for other in partners if other != GUESTS]

    def _add(self, pair: tuple[str, str], conversation: RoomId) -> None:
        self._ids[pair] = conversation
        for one, other in (pair, pair[::-1]):
            self._of.setdefault(one, {})[other] = None

    def _remove(self, pair: tuple[str, str]) -> RoomId:
        for one, other in (pair, pair[::-1]):
            partners = self._of.get(one, {})
            partners.pop(other, None)
            if not partners:
                self._of.pop(one, None)
        return self._ids.pop(pair)

    def waiting(self, account: str, sender: str | None = None) -> int:
        """Return how many messages wait for an account: those of one sender, or all if that is None."""
        there = self._waiting.get(account, {})
        return sum(there.values()) if sender is None else there.get(sender, 0)

    def wait(self, account: str, sender: str) -> None:
        """Note that one more message waits for an account."""
        there = self._waiting.setdefault(account, {})
        there[sender] = there.get(sender, 0) + 1

    def receive(self, account: str) -> RoomId | None:
        """Note that an account has received what waited for it; return the conversation with guests that ends here, if any."""
        self._waiting.pop(account, None)
        pair = GUESTS, account
        return self._remove(pair) if pair in self._ids else None

    def unsend(self, sender: str) -> None:
        """Note that nothing an account has written waits any more."""
        for account in [account for account, there in self._waiting.items() if sender in there]:
            del self._waiting[account][sender]
            if not self._waiting[account]:
                del self._waiting[account]

    def drop(self, account: str) -> list[RoomId]:
        """Forget an account; return its conversations, which are deleted with it."""
        self._waiting.pop(account, None)
        self.unsend(account)
        return self._quit(account)

    def leave(self, user: UserId) -> None:
        """Forget the conversations that a user had as a guest."""
        guest = f"user {user}"
        # Most guests talk with nobody in private: the pairs are not gone through for each who leaves.
        if guest in self._guests:
            self._guests.remove(guest)
            self._over += self._quit(guest)

    def _quit(self, key: str) -> list[RoomId]:
        return [self._remove(_pair(key, other)) for other in list(self._of.get(key, ()))]

    def take_over(self) -> list[RoomId]:
        """Return the conversations that have ended since the last call because a guest left."""
        taken, self._over = self._over, []
        return taken

    def restore(
        self,
        conversations: Iterable[tuple[str, str, RoomId]],
        waiting: Iterable[tuple[str, str, int]],
    ) -> None:
        """Restore what a store remembers."""
        for one, other, conversation in conversations:
            self._add(_pair(one, other), conversation)
        for account, sender, count in waiting:
            self._waiting.setdefault(account, {})[sender] = count

    def dump(self) -> tuple[object, object]:
        """Return everything as plain data, to compare or write out."""
        return sorted(self._ids.items()), sorted(
            (account, sorted(there.items())) for account, there in self._waiting.items()
        )


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one <= other else (other, one)
