"""How fast is read from one address, and from one network."""

from __future__ import annotations

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.doors.house import HouseTestCase
from twisted_chat.core.values.limits import Limits
from twisted_chat.doors.read_limits import BURST, PER_TURN, ByteRates, ReadTurns

KIB = 1024
HOME = IPv4Address("TCP", "127.0.0.1", 40000)


class ByteRatesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.rates = ByteRates(lambda: Limits(byte_rate=100))

    def test_an_address_may_send_a_burst_then_so_many_bytes_a_second(self) -> None:
        self.assertEqual(self.rates.spend(["a"], int(100 * BURST), 1000.0), 0.0)
        self.assertEqual(self.rates.spend(["a"], 50, 1000.0), 0.5)
        self.assertEqual(self.rates.spend(["a"], 0, 1000.25), 0.25)
        self.assertEqual(self.rates.spend(["a"], 0, 1000.5), 0.0)
        self.assertEqual(self.rates.spend(["b"], int(100 * BURST), 1000.0), 0.0)

    def test_addresses_and_networks_may_send_bursts_then_wait(self) -> None:
        waits = [self.rates.spend([f"{number}", "net"], 800, 1000.0) for number in range(5)]
        self.assertEqual(waits, [0, 0, 0, 0, 2.0])
        self.assertEqual(self.rates.spend(["elsewhere", "other"], 800, 1000.0), 0.0)
        self.assertEqual(self.rates.spend([], 10**9, 1000.0), 0.0)

    def test_networks_are_forgotten_when_they_have_sent_nothing_for_a_while(self) -> None:
        for number in range(100_000):
            self.rates.spend([f"{number}"], 10, float(number))
        self.assertLess(len(self.rates._due), 2000)

    def test_no_network_is_forgotten_that_has_to_wait(self) -> None:
        self.rates.spend(["flood"], 100_000, 0.0)
        for number in range(5000):
            self.rates.spend([f"{number}"], 10, number / 10)
        self.assertEqual(self.rates.spend(["flood"], 0, 500.0), 500.0 - BURST)


class SharedTests(HouseTestCase):
    """Many connections of one network share its rate. Nothing is lost; others do not wait."""

    limits = Limits(flood_burst=10**9, flood_rate=10**9, byte_rate=8 * KIB)

    def test_connections_of_one_address_share_its_rate(self) -> None:
        bob = self.house.enters("bob", HOME)
        guests = [self.house.enters(f"eve{number}") for number in range(4)]
        self.house.hush()
        for guest in guests:
            guest.sends((b"x" * 1023 + b"\n") * 30)
        self.assertEqual([guest.wire.reading for guest in guests], [True, True, False, False])
        self.assertEqual(len(bob.sees()), 4 * 30)
        for guest in guests:
            guest.sends(b"y\n")
        self.assertEqual(len(bob.sees()), 2)
        self.house.waits(3)
        self.assertEqual(len(bob.sees()), 0)
        self.house.waits(10)
        self.assertEqual(len(bob.sees()), 2)

    def test_telnet_commands_count_as_what_they_cost(self) -> None:
        eve = self.house.enters("eve")
        eve.sends(b"\xff\xf1" * 1200)
        self.house.waits(0.2)
        self.assertFalse(eve.wire.reading)
        self.house.waits(2)
        self.assertTrue(eve.wire.reading)

    def test_a_read_counts_as_what_it_costs(self) -> None:
        eve = self.house.enters("eve")
        for _ in range(900):
            eve.sends(b"x")
        self.assertTrue(eve.wire.reading)
        for _ in range(200):
            eve.sends(b"x")
        self.assertFalse(eve.wire.reading)


class NetworkTests(HouseTestCase):
    """The same with little, for these are many bytes."""

    limits = Limits(flood_burst=10**9, flood_rate=10**9, byte_rate=KIB)

    def test_connections_of_one_network_share_its_rate(self) -> None:
        for form in ("192.0.2.{}", "2001:db8:5:{}::1", "2001:db8:5:{}00::1"):
            guests = []
            for number in range(6):
                kind = IPv6Address if ":" in form else IPv4Address
                guests.append(self.house.comes(kind("TCP", form.format(number + 1), 4000)))
                guests[-1].sends(f"x{number}\n".encode() + b"\n" * int(7.5 * KIB))
            self.assertEqual([guest.wire.reading for guest in guests], [True] * 4 + [False] * 2)
            self.house.empties()
            self.house.waits(60)

    def test_others_and_this_machine_do_not_wait_for_them(self) -> None:
        eve, other = self.house.enters("eve"), IPv4Address("TCP", "198.51.100.1", 4000)
        eve.sends(b"x\n" * 8 * KIB)
        self.assertFalse(eve.wire.reading)
        for name, address in (("bob", HOME), ("ann", other)):
            guest = self.house.enters(name, address)
            guest.sends(b"\n" * int(7.5 * KIB))
            self.assertTrue(guest.wire.reading, name)

    def test_who_comes_again_and_again_is_counted_together(self) -> None:
        for number in range(64):
            guest = self.house.comes()
            guest.sends(f"x{number}\n".encode() + b"\n" * 250)
            guest.resets()
        guest = self.house.comes()
        guest.sends(b"y\n" + b"\n" * 5000)
        self.assertFalse(guest.wire.reading)


class ReadTurnsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.turns = ReadTurns(self.clock)
        self.went: list[str] = []

    def waits(self, who: str, *networks: str, costs: int = PER_TURN) -> None:
        def go_on() -> None:
            self.went.append(who)
            self.turns.spent += costs

        self.turns.wait((*networks, who), go_on)

    def test_next_turn_begins_anew(self) -> None:
        self.turns.spent = PER_TURN
        self.turns.begin_anew()
        self.clock.advance(0)
        self.assertEqual((self.turns.spent, self.clock.getDelayedCalls()), (0, []))

    def test_session_that_ends_another_leaves_the_rest_their_turns(self) -> None:
        def other() -> None:
            self.went.append("b")

        self.turns.wait(("a",), lambda: self.turns.forget(("b",), other))
        self.turns.wait(("b",), other)
        self.clock.advance(0)
        self.waits("c", costs=0)
        self.clock.advance(0)
        self.assertEqual((self.went, self.clock.getDelayedCalls()), (["c"], []))

    def test_as_many_go_on_in_a_turn_as_it_has_room_for(self) -> None:
        for who in "abcd":
            self.waits(who, costs=PER_TURN // 2)
        rightly = [["a", "b"], ["c", "d"]]
        for expected in rightly:
            (call,) = self.clock.getDelayedCalls()
            call.cancel()
            self.turns._begin()
            self.assertEqual(self.went, expected)
            self.went.clear()

    def test_networks_take_turns(self) -> None:
        for number in range(3):
            self.waits(f"flood {number}", "net")
        self.waits("ann", "home")
        self.clock.advance(0)
        self.assertEqual(self.went, ["flood 0", "ann", "flood 1", "flood 2"])

    def test_who_is_gone_is_not_called(self) -> None:
        gone = self.went.clear
        self.turns.wait(("net", "a"), gone)
        self.turns.forget(("net", "a"), gone)
        self.waits("b", "net")
        self.clock.advance(0)
        self.assertEqual(self.went, ["b"])

    def test_fault_of_one_does_not_keep_the_others_waiting(self) -> None:
        def fails() -> None:
            raise ZeroDivisionError

        self.turns.wait(("a",), fails)
        self.waits("b")
        with self.assertRaises(ZeroDivisionError):
            self.turns._begin()
        self.turns._begin()
        self.assertEqual(self.went, ["b"])


class CrowdTests(HouseTestCase):
    """Two hundred send all at once."""

    limits = Limits(flood_burst=10**9, flood_rate=10**9, max_per_address=1000)

    def test_input_of_one_turn_is_bounded_over_all_sessions_and_nothing_is_lost(self) -> None:
        crowd = [self.house.enters(f"n{number}") for number in range(100)]
        ann = self.house.enters("ann", HOME)
        turns = self.house.factory.read_limits.turns
        most = 0
        begin = turns._begin

        def noted() -> None:
            nonlocal most
            most = max(most, turns.spent)
            begin()

        self.patch(turns, "_begin", noted)
        for guest in crowd:
            guest.protocol.dataReceived(b"x" * 1000 + b"\r\n")
        self.assertLess(turns.spent, PER_TURN + 2 * KIB)
        ann.protocol.dataReceived(b"hi\r\n")
        self.house.turn()
        self.assertLess(most, PER_TURN + 10 * KIB)
        said = crowd[0].sees()
        self.assertEqual(len([line for line in said if line.endswith("x" * 1000)]), 99)
        # Whose network is no flood's does not wait behind it.
        self.assertLess(said.index("<ann> hi"), 60)
