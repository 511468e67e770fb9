"""What is said in a store under test. It can be told from its number, so that what is read can be held against it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from twisted_chat.core.api.commands import Term
from twisted_chat.core.api.events import Author, Envelope, Origin, RoomRef, Said
from twisted_chat.core.api.records import Query
from twisted_chat.core.values.ids import MessageId, Node, RoomId, Scope, SessionId, UserId
from twisted_chat.core.values.names import parse_nick, parse_room
from twisted_chat.core.values.text import CleanText
from twisted_chat.store.id_blocks import BLOCK
from twisted_chat.store.match import Matcher

_ROOMS: Final = 20
_AUTHORS: Final = 500
# One word that every message has, and one that only some have.
_COMMON: Final = "common"
_RARE: Final = "rare"
_SELDOM: Final = 49_999
# Searches are held against the newest messages only: to go through all of them takes long.
_LOOKED_AT: Final = 20_000


class Talk:
    """What is said, by its number (from 0): words that are the rarer the longer their list, as in any language."""

    def __init__(self, count: int, now: float) -> None:
        """``now``: when the last of ``count`` messages is said; they come 50 a second."""
        dice = random.Random(1)  # noqa: S311  no secret: the same each time
        self._words = [f"w{int(dice.paretovariate(0.5)) % 50_000}" for _ in range(100_000)]
        self._began = now - count / 50
        self.count = count
        self.rooms = [
            RoomRef(RoomId(1 + number), parse_room(f"room{number}")) for number in range(_ROOMS)
        ]
        self._authors = [
            Author(UserId(1 + _ROOMS + number), parse_nick(f"nick{number}"), Scope(f"s{number}"))
            for number in range(_AUTHORS)
        ]
        self._origin = Origin(Node("bench"), SessionId(1))

    def envelope(self, number: int) -> Envelope:
        """Return a message. Its id lies above those of rooms and authors, which are in the first block."""
        at = number * 7919 % 95_000
        said = [*self._words[at : at + 3 + number % 12], _COMMON]
        if number % _SELDOM == 7:
            said.append(_RARE)
        return Envelope(
            MessageId(1 + BLOCK + number),
            self.time(number),
            Said("say", (CleanText(" ".join(said)),)),
            self._origin,
            self._authors[number // _ROOMS % _AUTHORS],
            self.rooms[number % _ROOMS],
        )

    def time(self, number: int) -> float:
        """Return when a message was said."""
        return self._began + number / 50

    def of(self, room: int) -> Iterator[Envelope]:
        """Yield what was said in a room, in order."""
        return map(self.envelope, range(room, self.count, _ROOMS))

    def queries(self) -> list[tuple[str, Query]]:
        """Return what is searched for, and what that is called."""
        one, every, common = self.rooms[:1], tuple(self.rooms), (Term(_COMMON),)
        room = tuple(one)
        nick = self._authors[22].nick.key
        since = self.time(self.count - self.count // 10)
        return [
            ("a word in every message, one room", Query(room, common)),
            ("a word in every message, all rooms", Query(every, common)),
            ("a rare word, all rooms", Query(every, (Term(_RARE),))),
            ("two words in a row, all rooms", Query(every, (Term("w1 w2"),))),
            ("three common words, one room", Query(room, (Term("w1"), Term("w2"), *common))),
            ("the beginning of a word, one room", Query(room, (Term("w12", prefix=True),))),
            ("that word from: one of 500, one room", Query(room, common, nick=nick)),
            ("that word since: the last tenth", Query(room, common, since=since)),
            ("a word in no message, all rooms", Query(every, (Term("nosuchword"),))),
        ]

    def expected(self, query: Query) -> tuple[MessageId, list[MessageId]]:
        """Return what a search must find of the newest messages, and the first id of those."""
        matcher = Matcher(query)
        lowest = max(0, self.count - _LOOKED_AT)
        found: list[MessageId] = []
        for number in range(self.count - 1, lowest - 1, -1):
            said = self.envelope(number)
            if said.room in query.rooms and matcher.fits(said):
                found.append(said.id)
                if len(found) == query.limit:
                    break
        return self.envelope(lowest).id, found[::-1]
