"""The connections of all doors: how many may come from one address, and how all of them end."""

from __future__ import annotations

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress

from tests.doors.house import Guest, HouseTestCase, Wire
from twisted_chat.core.values.limits import Limits
from twisted_chat.doors.admission import WIDER, Connections
from twisted_chat.doors.read_limits import SHARE


class ManyConnectionsTests(HouseTestCase):
    limits = Limits(max_per_address=2)
    REFUSED = "! Too many connections from your address are open. Close one, or try again later."

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
        self.assertEqual(len(self.house.sessions), 2)

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

    def test_others_are_not_counted_and_nothing_is_kept_of_who_is_gone(self) -> None:
        for host in ("192.0.2.1", "2001:db8::1"):
            self.comes_from(host).resets()
        self.assertEqual(self.house.factory.connections._per_network, {})
        for host in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1"):
            self.assertFalse([guest for guest in map(self.comes_from, [host] * 2) if guest.gone])


class NetworkTests(HouseTestCase):
    limits = Limits(max_per_address=2)

    def comes_from(self, host: str) -> Guest:
        return self.house.comes((IPv6Address if ":" in host else IPv4Address)("TCP", host, 40000))

    def test_network_has_so_many_times_what_one_address_has(self) -> None:
        for form in ("2001:db8:1:{:x}00::1", "2001:db8:1:{:x}::1", "192.0.2.{}"):
            most = 2 * WIDER
            guests = [self.comes_from(form.format(number)) for number in range(most + 1)]
            self.assertEqual([guest.gone for guest in guests], [False] * most + [True])
            self.assertIn("Too many connections from your network are open.", guests[-1].sees()[-1])
            for guest in guests:
                guest.wire.reset()
            self.house.turn()
            self.house.waits(100)

    def test_connections_a_second_of_one_address_are_limited(self) -> None:
        """Two may be open, so four may come at once, and then one every eight seconds."""

        def comes() -> bool:
            guest = self.comes_from("192.0.2.1")
            told = guest.sees()[-1]
            if guest.gone:
                self.assertIn("Your address or network has opened too many connections", told)
                return False
            guest.resets()
            return True

        self.assertEqual([comes() for _ in range(7)], [True] * 5 + [False] * 2)
        self.house.waits(7.9)
        self.assertFalse(comes())
        self.house.waits(0.2)
        self.assertEqual([comes(), comes()], [True, False])
        # Others are not affected, and neither are those around it.
        self.assertFalse(self.comes_from("192.0.2.2").gone)
        self.assertFalse(self.comes_from("198.51.100.1").gone)

    def test_connections_a_second_of_one_network_are_limited(self) -> None:
        came = 0
        for number in range(200):
            guest = self.comes_from(f"2001:db8:1:{number:x}::1")
            came += not guest.gone
            guest.resets()
        self.assertEqual(came, 4 * SHARE + 1)

    def test_this_machine_comes_as_often_as_it_likes(self) -> None:
        for _ in range(50):
            guest = self.comes_from("127.0.0.1")
            self.assertFalse(guest.gone)
            guest.resets()

    def test_a_class_behind_one_address_comes_and_comes_back(self) -> None:
        connections = Connections(Limits().max_per_address)
        networks = ("192.0.2.7", "192.0.2.0/24")
        for _ in range(2):
            self.assertEqual({connections.count(networks, 0.0) for _ in range(64)}, {""})
            for _ in range(64):
                connections.discount(networks)


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
