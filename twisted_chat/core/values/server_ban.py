"""A ban from the server: of an account, or of a network."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from twisted_chat.core.values.durations import spell_duration
from twisted_chat.core.values.text import CleanText

#: The most bans. A list that is longer is not kept by people; and each takes some 500 bytes.
MAX_BANS: Final = 10_000


#: What is banned: an account by its key, or a network in its one form (:func:`.addresses.spell_network`).
Kind = Literal["account", "network"]


class Ban(msgspec.Struct, frozen=True, gc=False):
    """One ban. ``by`` is the name of the operator; times are seconds since 1970; ``until`` is None if it is for good."""

    kind: Kind
    target: str
    by: str
    since: float
    until: float | None = None
    reason: CleanText = CleanText("")

    def over(self, now: float) -> bool:
        return self.until is not None and self.until <= now

    def lasts(self, now: float) -> str:
        """Say how long it lasts from now on, behind "is banned"."""
        return "for good" if self.until is None else f"for {spell_duration(self.until - now)}"

    def explain(self, now: float) -> str:
        """Return the sentence for the user whom it keeps out."""
        more = "" if self.until is None else " more"
        reason = f": {self.reason}" if self.reason else ""
        return f"You are banned from this server {self.lasts(now)}{more}{reason}."
