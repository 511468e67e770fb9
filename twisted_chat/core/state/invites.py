"""Invitation codes, with which a person can register where not everyone can. Only their digests are kept."""

from __future__ import annotations

import hashlib
from typing import Final

#: How long a code is good for, in seconds: a week, in which most people read their mail.
GOOD_FOR: Final = 7 * 24 * 60 * 60.0
#: The most codes that are good at a time; more than any house needs.
MAX_INVITES: Final = 1_000


def digest_of(code: str) -> str:
    """Return the digest of a code. A code is random, so a fast hash keeps it secret.

    The full stop after it, in the line that showed it, may have been copied along.
    """
    return hashlib.blake2b(code.strip(" .").encode("utf-8", "replace"), digest_size=16).hexdigest()


class Invites(dict[str, float]):
    """When the codes with these digests expire. Change them with :meth:`put` and :meth:`use`."""

    def __init__(self) -> None:
        super().__init__()
        #: What a store was not told yet; None for a code that is used up.
        self.altered: dict[str, float | None] = {}

    def good(self, digest: str | None, now: float) -> bool:
        """Return whether a code can still be used."""
        return digest is not None and self.get(digest, 0.0) > now

    def full(self, now: float) -> bool:
        """Return whether there are as many usable codes as there may be."""
        return len(self) >= MAX_INVITES and sum(end > now for end in self.values()) >= MAX_INVITES

    def put(self, digest: str, until: float, now: float) -> None:
        """Add a code, unless they are :meth:`full`. Expired ones are dropped only if there is no room."""
        if len(self) >= MAX_INVITES:
            for old in [each for each, end in self.items() if end <= now]:
                self.use(old)
        self[digest] = self.altered[digest] = until

    def take_altered(self) -> dict[str, float | None]:
        """Return what has changed since the last call."""
        taken, self.altered = self.altered, {}
        return taken

    def use(self, digest: str) -> None:
        """Use a code up."""
        del self[digest]
        self.altered[digest] = None
