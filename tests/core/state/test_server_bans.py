"""Server bans: whom they hit, for how long, and that many cost no more than few."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.state import server_bans
from twisted_chat.core.state.server_bans import ServerBans
from twisted_chat.core.values.server_ban import MAX_BANS, Ban
from twisted_chat.core.values.text import CleanText

NOW = 1_750_000_000.0


def network(target: str, until: float | None = None) -> Ban:
    return Ban("network", target, "root", NOW, until)


class BansTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.bans = ServerBans()

    def hit(self, address: str | None, now: float = NOW) -> str | None:
        ban = self.bans.of_address(address, now)
        return ban.target if ban is not None else None

    def test_address_network_and_account_are_hit_and_nobody_else(self) -> None:
        for ban in (
            network("192.0.2.7"),
            network("2001:db8::/32"),
            Ban("account", "eve", "root", NOW),
        ):
            self.bans.add(ban, NOW)
        self.assertEqual(self.hit("192.0.2.7"), "192.0.2.7")
        self.assertEqual(self.hit("::ffff:192.0.2.7"), "192.0.2.7")
        self.assertEqual(self.hit("2001:db8:ffff::1"), "2001:db8::/32")
        for other in ("192.0.2.8", "2001:db9::1", "::c000:207", None):
            self.assertIsNone(self.hit(other), other)
        self.assertIsNotNone(self.bans.of_account("eve", NOW))
        for name in ("bob", None):
            self.assertIsNone(self.bans.of_account(name, NOW))

    def test_ban_of_everybody_spares_this_machine(self) -> None:
        for everybody in ("0.0.0.0/0", "::/0"):
            self.bans.add(network(everybody), NOW)
        self.assertEqual(self.hit("198.51.100.1"), "0.0.0.0/0")
        self.assertEqual(self.hit("2001:db8::1"), "::/0")
        for here in (None, "127.0.0.1", "::1", "::ffff:127.0.0.1"):
            self.assertIsNone(self.hit(here))

    def test_of_nested_networks_the_longest_ban_counts_and_each_is_lifted_alone(self) -> None:
        self.bans.add(network("10.0.0.0/8", NOW + 60), NOW)
        self.bans.add(network("10.1.0.0/16"), NOW)
        self.bans.add(network("10.1.2.3", NOW + 30), NOW)
        self.assertEqual(self.hit("10.1.2.3"), "10.1.0.0/16")
        self.assertIsNotNone(self.bans.lift("network", "10.1.0.0/16"))
        self.assertEqual(self.hit("10.1.2.3"), "10.0.0.0/8")
        self.assertIsNotNone(self.bans.lift("network", "10.0.0.0/8"))
        self.assertEqual(self.hit("10.1.2.3"), "10.1.2.3")
        self.assertIsNone(self.hit("10.1.2.4"))
        self.assertIsNone(self.bans.lift("network", "10.0.0.0/8"))

    def test_ban_that_is_over_hits_nobody_and_vanishes_where_there_is_no_room(self) -> None:
        self.patch(server_bans, "MAX_BANS", 2)
        self.bans.add(network("192.0.2.7", NOW + 60), NOW)
        self.assertEqual(self.hit("192.0.2.7", NOW + 59), "192.0.2.7")
        self.assertIsNone(self.hit("192.0.2.7", NOW + 60))
        self.assertEqual(self.bans.listed(NOW + 60), [])
        self.bans.add(Ban("account", "eve", "root", NOW), NOW + 60)
        self.assertEqual(len(self.bans), 2)
        mallory = Ban("account", "mallory", "root", NOW)
        self.assertFalse(self.bans.full(mallory, NOW + 60))
        self.bans.add(mallory, NOW + 60)
        self.assertTrue(self.bans.full(network("192.0.2.7"), NOW + 60))
        self.assertEqual([each.target for each in self.bans], ["eve", "mallory"])

    def test_another_ban_of_the_same_target_takes_its_place(self) -> None:
        self.bans.add(network("192.0.2.7", NOW + 60), NOW)
        self.bans.add(network("192.0.2.7", NOW + 600), NOW)
        self.assertEqual([ban.until for ban in self.bans.listed(NOW)], [NOW + 600])

    def test_no_more_than_so_many_and_each_look_up_is_one_for_each_prefix(self) -> None:
        self.bans.restore(network(f"10.{n // 250}.{n % 250}.0/24") for n in range(MAX_BANS))
        self.assertEqual(len(self.bans), MAX_BANS)
        self.assertTrue(self.bans.full(network("192.0.2.7"), NOW))
        again = network("10.0.0.0/24", NOW + 5)
        self.assertFalse(self.bans.full(again, NOW))
        self.bans.add(again, NOW)
        # All of one length: one look-up, however many there are.
        self.assertEqual(len(self.bans._networks), 1)
        self.assertEqual(self.hit("10.39.249.9"), "10.39.249.0/24")
        self.assertFalse(self.bans.full(network("192.0.2.7"), NOW + 5))

    def test_lifting_all_leaves_nothing_to_look_up(self) -> None:
        self.bans.add(network("10.0.0.0/8"), NOW)
        self.bans.lift("network", "10.0.0.0/8")
        self.assertEqual((self.bans._networks, len(self.bans)), ({}, 0))
        for target in ("192.0.2.7", "192.0.2.8"):
            self.bans.add(network(target), NOW)
        self.assertEqual([ban.target for ban in self.bans.listed(NOW)], ["192.0.2.8", "192.0.2.7"])


class ExplainTests(SynchronousTestCase):
    def test_who_is_banned_is_told_how_long_and_why(self) -> None:
        ban = Ban("network", "192.0.2.7", "root", NOW, NOW + 7200, CleanText("spam"))
        self.assertEqual(
            ban.explain(NOW), "You are banned from this server for 2 hours more: spam."
        )
        ever = Ban("account", "eve", "root", NOW)
        self.assertEqual(ever.explain(NOW), "You are banned from this server for good.")
