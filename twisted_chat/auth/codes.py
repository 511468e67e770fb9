"""One-time codes, which stand for a password that was forgotten: how they are made up, and what is stored of them."""

from __future__ import annotations

import base64
import secrets
from typing import Final

import msgspec

#: How long a code is good for, in seconds: a day, in which somebody can be told it and use it.
GOOD_FOR: Final = 24 * 60 * 60
_ONCE: Final = "once"
_USED: Final = "used"


class Code(msgspec.Struct, frozen=True):
    """What is stored of a code in place of a password's hash. With one that was used one cannot log in, only set a password."""

    hashed: str
    until: float
    used: bool = False

    def spell(self) -> str:
        """Return it as it is stored, which no hash looks like."""
        return f"{_USED if self.used else _ONCE} {self.until:.0f} {self.hashed}"


def read_code(stored: str | None) -> Code | None:
    """Return the code of which something is stored; None if it is a password's hash, or nothing."""
    kind, _, rest = (stored or "").partition(" ")
    until, _, hashed = rest.partition(" ")
    if kind not in (_ONCE, _USED) or not until.isdigit():
        return None
    return Code(hashed, float(until), kind == _USED)


def new_code() -> str:
    """Make up a code: 80 bits, in letters and digits that are easily read out and typed."""
    text = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(text[i : i + 4] for i in range(0, len(text), 4))
