"""Whether a message fits a search: for stores, and parts of them, without an index."""

from __future__ import annotations

from twisted_chat.core.api.events import Envelope, Said
from twisted_chat.core.api.records import Query
from twisted_chat.core.values.words import words


class Matcher:
    """Tells which messages fit a query, whatever room they are of."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._floors = dict(query.floors)
        self._terms = [(words(term.text), term.prefix) for term in query.terms]

    def fits(self, envelope: Envelope) -> bool:
        """Return whether a message has all the words, and the author and time of the query."""
        event, author, query = envelope.event, envelope.author, self._query
        if not isinstance(event, Said) or author is None:
            return False
        if query.nick is not None and author.nick.key != query.nick:
            return False
        if query.since is not None and envelope.time < query.since:
            return False
        if query.before is not None and envelope.id >= query.before:
            return False
        room = envelope.room
        if self._floors and room is not None and envelope.id <= self._floors.get(room.id, 0):
            return False
        said = words("\n".join(event.lines))
        return all(_stands_in(term, said, prefix=prefix) for term, prefix in self._terms)


def _stands_in(term: list[str], said: list[str], *, prefix: bool) -> bool:
    """Return whether these words stand in that order, without a gap, among those."""
    *first, last = term or [""]
    for start in range(len(said) - len(first)):
        end = start + len(first)
        if said[start:end] == first and (
            said[end].startswith(last) if prefix else said[end] == last
        ):
            return True
    return False
