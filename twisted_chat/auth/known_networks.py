"""Known networks: where accounts logged in from, so that other people's guesses do not keep their owners out."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable

from twisted_chat.core.values.account import KNOWN_FOR, MAX_ACCOUNTS, MAX_PLACES, KnownNetwork


class KnownNetworks:
    """The networks from which accounts were entered with the right password; None is the server's own machine."""

    def __init__(self, key: bytes) -> None:
        """``key``: as many secret bytes as you like; those after the 64th do not count."""
        self._key = key[:64]
        #: By keys of accounts; of both, the one that was used longest ago first.
        self._places: OrderedDict[str, dict[str, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._places)

    def restore(self, places: Iterable[KnownNetwork]) -> None:
        """Take up what is known from earlier runs, the place that was used longest ago first."""
        for each in places:
            self._note(each)

    def knows(self, account: str, place: str | None) -> bool:
        """Return whether an account was entered from this place."""
        return self._digest(account, place) in self._places.get(account, ())

    def note(self, account: str, place: str | None, now: float) -> KnownNetwork:
        """Remember that an account was entered from a place; return what is to be kept of that."""
        noted = KnownNetwork(account, self._digest(account, place), now)
        self._note(noted)
        return noted

    def forget(self, account: str) -> None:
        """Forget an account that is gone: another person may register its name."""
        self._places.pop(account, None)

    def forget_old(self, now: float) -> None:
        """Forget the places that were not used for long at the time ``now``."""
        for account, places in list(self._places.items()):
            for digest, seen in list(places.items()):
                if seen <= now - KNOWN_FOR:
                    del places[digest]
            if not places:
                del self._places[account]

    def _note(self, place: KnownNetwork) -> None:
        places = self._places.setdefault(place.account, {})
        self._places.move_to_end(place.account)
        places.pop(place.digest, None)
        places[place.digest] = place.seen
        if len(places) > MAX_PLACES:
            del places[next(iter(places))]
        if len(self._places) > MAX_ACCOUNTS:
            self._places.popitem(last=False)

    def _digest(self, account: str, place: str | None) -> str:
        # Not the same for two accounts; otherwise the database would reveal which accounts come from the same network.
        data = f"{account}\0{place or ''}".encode("utf-8", "replace")
        return hashlib.blake2b(data, key=self._key, person=b"place", digest_size=16).hexdigest()
