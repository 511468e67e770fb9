"""Familiar places: from where somebody logged in to an account, so that wrong tries of others do not keep them out of it."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

#: The most places that are known of one account: home, work, a telephone, and some more.
MAX_PLACES: Final = 8
#: The most accounts of which places are known, some 10 MB of them. One that is forgotten is guarded as from a strange place.
MAX_ACCOUNTS: Final = 20_000


class Familiar:
    """The networks from which accounts were entered with the right password; None is the server's own machine."""

    def __init__(self) -> None:
        #: By keys of accounts; of both, the one that was used longest ago first.
        self._places: OrderedDict[str, list[str | None]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._places)

    def knows(self, account: str, place: str | None) -> bool:
        """Tell whether an account was entered from this place."""
        return place in self._places.get(account, ())

    def note(self, account: str, place: str | None) -> None:
        """Remember that an account was entered from a place."""
        places = self._places.setdefault(account, [])
        self._places.move_to_end(account)
        if place in places:
            places.remove(place)
        places.append(place)
        del places[:-MAX_PLACES]
        if len(self._places) > MAX_ACCOUNTS:
            self._places.popitem(last=False)

    def forget(self, account: str) -> None:
        """Forget an account that is gone: its name may be somebody else's soon."""
        self._places.pop(account, None)
