"""IP addresses and networks, as the server compares them: an IPv4 address is the same in every form."""

from __future__ import annotations

import functools
import ipaddress
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: What is shown instead of an address for a connection over a UNIX socket that does not count as this machine.
UNIX: Final = "a UNIX socket"

# Where IPv6 has the addresses of IPv4, RFC 4291 section 2.5.5.2: so a socket for both names them.
_MAPPED: Final = ipaddress.IPv6Network("::ffff:0:0/96")
# What one person may have, then what one customer or one rented server may, then what one small provider may: RFC 6177 gives
# sites a /48 to a /64; an IPv4 /24 is the least that is announced on the Internet.
_PREFIXES: Final = {4: (32, 24), 6: (64, 56, 48)}


def read_address(text: str | None) -> Address | None:
    """Return the address that a transport names, without a zone (``%eth0``); None if it is none, or that of this machine."""
    address = _read(text)
    return None if address is None or address.is_loopback else address


def is_loopback(text: str | None) -> bool:
    """Return whether that is an address of this machine."""
    address = _read(text)
    return address is not None and address.is_loopback


def _read(text: str | None) -> Address | None:
    if text is None:
        return None
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address


def read_network(text: str) -> Network | None:
    """Return the network written as an address or in CIDR form, with any bits behind the prefix; None if it is neither."""
    if "%" in text:
        return None  # a zone is an interface of one machine
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
        low = int(network.network_address) & 0xFFFFFFFF
        return ipaddress.IPv4Network((low, network.prefixlen - 96))
    return network


def spell_network(network: Network) -> str:
    """Write a network in the one form that stands for it: a single address without its prefix length."""
    whole = network.prefixlen == network.max_prefixlen
    return str(network.network_address if whole else network)


def rate_limit_network(address: Address) -> Network:
    """Return the network that one subscriber has: an IPv4 address, or an IPv6 /64 (RFC 6177 gives nobody less)."""
    return ipaddress.ip_network((address, _PREFIXES[address.version][0]), strict=False)


def networks(address: Address) -> tuple[Network, ...]:
    """Return the networks that an address is counted by, its :func:`rate_limit_network` first, each within the next."""
    prefixes = _PREFIXES[address.version]
    return tuple(ipaddress.ip_network((address, prefix), strict=False) for prefix in prefixes)


@functools.lru_cache(maxsize=4096)
def network_keys(host: str | None) -> tuple[str, ...]:
    """Return by what networks the limits count what a door names, in their one form; empty for None and what is no address.

    Loopback addresses are counted as any other: a door names None for what it takes for this machine.
    """
    if host == UNIX:
        return (UNIX,)
    address = _read(host)
    return () if address is None else tuple(map(spell_network, networks(address)))
