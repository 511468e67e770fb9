"""Addresses and networks: one form for each, whatever form they come in."""

from __future__ import annotations

import ipaddress

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.values.addresses import (
    UNIX,
    network_keys,
    rate_limit_network,
    read_address,
    read_network,
    spell_network,
)


class AddressTests(SynchronousTestCase):
    def test_ipv4_is_the_same_in_ipv6_and_a_zone_does_not_count(self) -> None:
        self.assertEqual(read_address("::ffff:192.0.2.7"), read_address("192.0.2.7"))
        self.assertEqual(str(read_address("fe80::1%eth0")), "fe80::1")

    def test_this_machine_and_what_is_no_address_are_none(self) -> None:
        for text in (
            None,
            "",
            "127.0.0.1",
            "127.9.9.9",
            "::1",
            "::ffff:127.0.0.1",
            "example",
            "1.2.3",
        ):
            self.assertIsNone(read_address(text), text)

    def test_address_is_counted_by_networks_each_within_the_next(self) -> None:
        for host, keys in (
            ("192.0.2.7", ("192.0.2.7", "192.0.2.0/24")),
            ("::ffff:192.0.2.7", ("192.0.2.7", "192.0.2.0/24")),
            (
                "2001:db8:1:2345::1",
                ("2001:db8:1:2345::/64", "2001:db8:1:2300::/56", "2001:db8:1::/48"),
            ),
            ("127.0.0.1", ("127.0.0.1", "127.0.0.0/24")),
            ("::1", ("::/64", "::/56", "::/48")),
            (UNIX, (UNIX,)),
            ("nonsense", ()),
            (None, ()),
        ):
            self.assertEqual(network_keys(host), keys)

    def test_household_is_an_address_or_a_64(self) -> None:
        for text, home in (("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64")):
            address = read_address(text)
            assert address is not None
            self.assertEqual(spell_network(rate_limit_network(address)), home)


class NetworkTests(SynchronousTestCase):
    def test_each_network_has_one_form(self) -> None:
        for text, form in (
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7/32", "192.0.2.7"),
            ("192.0.2.7/24", "192.0.2.0/24"),
            ("192.0.2.0/255.255.255.0", "192.0.2.0/24"),
            ("2001:DB8::1/32", "2001:db8::/32"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7/120", "192.0.2.0/24"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::/0", "::/0"),
        ):
            network = read_network(text)
            assert network is not None
            self.assertEqual(spell_network(network), form)

    def test_what_is_no_network_is_none(self) -> None:
        for text in (
            "",
            "fe80::1%eth0",
            "/",
            "10.0.0.0/33",
            "10.0.0.0/",
            "300.1.1.1",
            "::/129",
            "*",
            "1",
            "a:b",
        ):
            self.assertIsNone(read_network(text), text)

    @given(st.text() | st.from_regex(r"[0-9a-f.:/]{1,50}", fullmatch=True))
    def test_any_text_is_a_network_or_none(self, text: str) -> None:
        network = read_network(text)
        if network is not None:
            self.assertEqual(read_network(spell_network(network)), network)

    @given(st.integers(0, 2**32 - 1))
    def test_ipv4_and_its_mapped_form_are_one(self, number: int) -> None:
        address = ipaddress.IPv4Address(number)
        self.assertEqual(read_network(f"::ffff:{address}"), read_network(str(address)))
