"""In which rooms and conversations something was said lately: the store knows when."""

from __future__ import annotations

from typing import Final

from twisted_chat.core.api import replies as r
from twisted_chat.core.rules.decisions import FindRecent
from twisted_chat.server.history import HistoryReader

#: The most places in one answer: a user is in at most a hundred rooms, and few write with more people than that.
MOST: Final = 1_000


async def find_recent(history: HistoryReader, wanted: FindRecent) -> r.RecentPlaces:
    """Find the places whose last message is between two times, in the order of these. Raises :class:`StoreError`."""
    found: list[tuple[int, int]] = []
    for number, place in enumerate(wanted.places):
        last = await history.last(place.ref)
        if last is not None and last.id > place.floor:
            time = int(last.time * 1000)
            if wanted.after < time < wanted.before:
                found.append((time, number))
    some = sorted(found)[: min(wanted.limit, MOST)]
    return r.RecentPlaces(tuple((wanted.places[number].name, time) for time, number in some))
