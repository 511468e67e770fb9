"""The connections of all doors: how many may come from one address, and how all of them end."""

from __future__ import annotations

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress

from tests.doors.house import Guest, HouseTestCase, Wire
from twisted_chat.core.limits import Limits


class ManyConnectionsTests(HouseTestCase):
    limits = Limits(max_per_address=2)
    REFUSED = "! There are too many connections from your address; close one, or try again later."

    def comes_from(self, host: str) -> Guest:
        kind = IPv6Address if ":" in host else IPv4Address
        return self.house.comes(kind("TCP", host, 40000))

    def assert_limit(self, *hosts: str) -> None:
        """Check that these hosts count as one, and that the count goes down again."""
        guests = [self.comes_from(host) for host in hosts[:2]]
        for host in hosts:
            refused = self.comes_from(host)
            self.assert_sees(refused, self.REFUSED)
            self.assertTrue(refused.gone)
        self.assertFalse(any(guest.gone for guest in guests))
        guests[0].resets()
        guests.append(self.comes_from(hosts[0]))
        self.assertFalse(guests[-1].gone)
        self.assertTrue(self.comes_from(hosts[1]).gone)
        for guest in guests[1:]:
            guest.resets()

    def test_one_address_has_so_many_and_no_more(self) -> None:
        self.assert_limit("192.0.2.1", "192.0.2.1")

    def test_a_network_of_64_bits_counts_as_one_address(self) -> None:
        self.assert_limit("2001:db8::1", "2001:db8::2:3:4:5")

    def test_an_address_written_as_of_ipv6_is_the_same(self) -> None:
        self.assert_limit("192.0.2.1", "::ffff:192.0.2.1")

    def test_others_are_not_counted_with_it(self) -> None:
        for host in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1"):
            self.assertFalse([guest for guest in map(self.comes_from, [host] * 2) if guest.gone])

    def test_this_machine_is_exempt(self) -> None:
        for host in ("127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"):
            self.assertFalse([guest for guest in map(self.comes_from, [host] * 3) if guest.gone])
        for _ in range(3):
            self.assertFalse(self.house.comes(UNIXAddress(None)).gone)

    def test_who_was_refused_and_sends_on_has_no_effect(self) -> None:
        bob = self.house.enters("bob")
        self.house.enters("alice")
        bob.hears()
        refused = self.house.comes()
        refused.protocol.dataReceived(b"carol\nhi\n")
        refused.protocol.readConnectionLost()
        self.house.turn()
        self.assert_sees(bob)
        self.assertEqual(self.house.node.sessions, 2)

    def test_who_is_refused_holds_a_descriptor_until_it_is_gone(self) -> None:
        connections, freed = self.house.factory.connections, []
        connections.freed = lambda: freed.append(connections.held)
        guests = [self.comes_from("192.0.2.1") for _ in range(2)]
        refused = self.house.factory.buildProtocol(guests[0].wire.getPeer())
        refused.makeConnection(Wire(self.house.clock, refused, guests[0].wire.getPeer()))
        self.assertEqual((connections.held, len(connections)), (3, 2))
        self.house.turn()
        self.assertEqual((connections.held, freed), (2, [2]))
        guests[0].resets()
        self.assertEqual((connections.held, freed), (1, [2, 1]))

    def test_nothing_is_kept_of_those_who_are_gone(self) -> None:
        for host in ("192.0.2.1", "2001:db8::1"):
            self.comes_from(host).resets()
        self.assertEqual(self.house.factory.connections._per_address, {})


class EndTests(HouseTestCase):
    def test_it_tells_when_all_are_gone(self) -> None:
        guests = [self.house.enters(name) for name in ("bob", "alice")]
        gone = self.house.factory.connections.all_gone()
        self.assertNoResult(gone)
        guests[0].resets()
        self.assertNoResult(gone)
        guests[1].resets()
        self.assertIsNone(self.successResultOf(gone))

    def test_when_nobody_is_there_all_are_gone(self) -> None:
        self.assertIsNone(self.successResultOf(self.house.factory.connections.all_gone()))
        self.assertIsNone(self.successResultOf(self.house.factory.connections.all_gone()))

    def test_it_can_end_all_at_once(self) -> None:
        guests = [self.house.enters(name) for name in ("bob", "alice")]
        self.house.factory.connections.abort()
        self.house.turn()
        self.assertTrue(all(guest.gone and guest.wire.aborted for guest in guests))
