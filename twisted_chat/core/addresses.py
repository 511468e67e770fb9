"""Addresses and networks of the Internet Protocol, as the server compares them: IPv4 is IPv4 in whatever form it comes."""

from __future__ import annotations

import ipaddress
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Where IPv6 has the addresses of IPv4, RFC 4291 section 2.5.5.2: so a socket for both names them.
_MAPPED: Final = ipaddress.IPv6Network("::ffff:0:0/96")


def read_address(text: str | None) -> Address | None:
    """Return the address that a transport names, without a zone (``%eth0``); None if it is none, or that of this machine."""
    if text is None:
        return None
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return None if address.is_loopback else address


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


def household(address: Address) -> Network:
    """Return the network that one subscriber has: an IPv4 address, or an IPv6 /64 (RFC 6177 gives nobody less)."""
    if isinstance(address, ipaddress.IPv6Address):
        return ipaddress.IPv6Network((int(address), 64), strict=False)
    return ipaddress.IPv4Network(int(address))
