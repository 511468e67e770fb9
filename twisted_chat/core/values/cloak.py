"""Cloaks: what others see instead of an address.

As on IRC networks, a cloak tells who comes from the same place without telling where that is. It has a part for the address
and one for each of two networks around it, so that a mask can name a neighbourhood: ``*.PART.PART.ip`` is everyone in one IPv4
/24. Without the key nobody can find the address by trying all of them.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import re
from typing import Final

from twisted_chat.core.values.addresses import Address, read_address

#: What stands for this machine: there is nothing to hide.
HERE: Final = "localhost"
# Prefix lengths of the parts behind the first, from near to far: the networks that one site has, and that a provider gives.
_IPV4: Final = (24, 16)
_IPV6: Final = (64, 48)
# 40 bits of each part: 8 characters, and nobody shares one by chance.
_DIGEST: Final = 5
# A whole cloak, or a star for the parts that do not matter: what a digest begins with tells nothing.
_MASK: Final = re.compile(r"(\*(\.[a-z2-7]{8}){0,2}|[a-z2-7]{8}(\.[a-z2-7]{8}){2})\.ip6?")


def neighbourhood(host: str) -> str:
    """Return the part of a cloak that all of one network have: an IPv4 /24, an IPv6 /48."""
    return ".".join(host.split(".")[-(3 if host.endswith(".ip") else 2) :])


class Cloak:
    """Cloaks addresses under one secret key; the same key always gives the same cloak."""

    def __init__(self, key: bytes) -> None:
        """``key``: as many secret bytes as you like; those after the 64th do not count."""
        self._key = key[:64]

    def of(self, text: str | None) -> str:
        """Return what others see of the address that a transport names; None is this machine."""
        address = read_address(text)
        if address is None:
            return HERE
        own, near = (32, _IPV4) if address.version == 4 else (128, _IPV6)
        parts = [self._part(address, prefix) for prefix in (own, *near)]
        return ".".join((*parts, "ip" if address.version == 4 else "ip6"))

    def _part(self, address: Address, prefix: int) -> str:
        network = ipaddress.ip_network((address.packed, prefix), strict=False)
        digest = hashlib.blake2b(str(network).encode(), key=self._key, digest_size=_DIGEST)
        return base64.b32encode(digest.digest()).decode().lower()


def is_cloak_mask(text: str) -> bool:
    """Return whether a folded text is a cloak, or a mask such as ``*.PART.PART.ip`` that cloaks can fit."""
    return _MASK.fullmatch(text) is not None


def neighbourhoods(cloak: str) -> tuple[str, ...]:
    """Return the masks that a cloak fits: itself, and those of the networks around it; none for this machine."""
    parts = cloak.split(".")
    return (cloak, *("*." + ".".join(parts[i:]) for i in range(1, len(parts)))) if parts[1:] else ()
