"""Session tokens: the secrets with which clients come back, and the public names of what they stand for.

A token ends with a proof that this server made it, compared in constant time: what others can see of a session (its scope)
does not help in making another token that would be accepted.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from twisted_chat.core.values.ids import Scope

# 128 bits, which nobody finds by trying.
_DIGEST: Final = 16
_PARTED: Final = "."


class Tokens:
    """Tokens under one secret key. Whoever has the key, and nothing else, can make some up."""

    def __init__(self, key: bytes) -> None:
        """``key``: as many secret bytes as you like; those after the 64th do not count."""
        self._key = key[:64]

    def issue(self, unique: str) -> str:
        """Make a token of what nobody else can guess."""
        return f"{unique}{_PARTED}{self._digest(b'issued', unique)}"

    def genuine(self, token: str) -> bool:
        """Return whether this server issued a token."""
        unique, parted, proof = token.rpartition(_PARTED)
        wanted = self._digest(b"issued", unique)
        given = proof.encode("utf-8", "replace")
        return hmac.compare_digest(wanted.encode("ascii"), given) and bool(parted)

    def scope_of(self, token: str) -> Scope:
        """Return the public name of the scope that a token stands for."""
        return Scope(self._digest(b"scope", token))

    def _digest(self, purpose: bytes, text: str) -> str:
        # Each purpose has digests of its own: a scope, which everybody sees, is no proof of anything.
        data = text.encode("utf-8", "replace")
        return hashlib.blake2b(data, key=self._key, person=purpose, digest_size=_DIGEST).hexdigest()
