"""A network from which somebody logged in to an account."""

from __future__ import annotations

from typing import Final

import msgspec

#: The most places that are known of one account: home, work, a telephone, and some more.
MAX_PLACES: Final = 8


#: The most accounts of which places are known, some 20 MB of them. One that is forgotten is guarded as from a strange place.
MAX_ACCOUNTS: Final = 20_000


#: How long a place is known after the last login from there, in seconds: who comes back after a long summer is known.
KNOWN_FOR: Final = 90 * 24 * 60 * 60


class KnownNetwork(msgspec.Struct, frozen=True, gc=False):
    """A place that an account was entered from, and when that was last. The digest tells nobody without the key where it is."""

    account: str
    digest: str
    seen: float
