"""Server bans at the line door, operators who come through it, and what is told of addresses there."""

from __future__ import annotations

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress

from tests.auth.test_operators import FAST
from tests.doors.house import STRANGER, Address, Guest, HouseTestCase
from twisted_chat.auth.operators import Operators
from twisted_chat.doors.proxy import ProxyFactory, Trusted

HERE = IPv4Address("TCP", "127.0.0.1", 40000)
OTHER = IPv4Address("TCP", "198.51.100.9", 40000)


class BannedCase(HouseTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.house.node.admin.load(Operators({"root": FAST.hash("correct horse")}))
        self.root = self.operator("ann", UNIXAddress(None))

    def operator(self, name: str, address: Address) -> Guest:
        guest = self.house.enters(name, address)
        guest.types("/oper root correct horse")
        self.house.runner.go()
        self.house.turn()
        self.assertIn("You are now the server operator", guest.sees()[-1])
        return guest


class DoorTests(BannedCase):
    def test_who_is_banned_is_told_why_and_how_long_before_anything_else(self) -> None:
        self.root.types("/server-ban 192.0.2.0/24 30m being rude")
        for address in (STRANGER, IPv6Address("TCP", "::ffff:192.0.2.9", 1)):
            guest = self.house.comes(address)
            self.assert_sees(
                guest, "! You are banned from this server for 30 minutes more: being rude."
            )
            self.assertTrue(guest.gone)
        self.assertFalse(self.house.comes(OTHER).gone)

    def test_it_counts_no_connection_when_it_is_gone(self) -> None:
        self.root.types("/server-ban 192.0.2.0/24")
        held = self.house.factory.connections.held
        self.house.comes()
        self.assertEqual(self.house.factory.connections.held, held)

    def test_ban_counts_for_whom_a_proxy_says_that_it_is(self) -> None:
        self.root.types("/server-ban 192.0.2.0/24")
        house = self.house
        trusted = Trusted((), unix=True)
        connections = house.factory.connections
        factory = ProxyFactory(
            house.factory.forwarded(), trusted, connections, house.clock, house.sessions.log_sums
        )
        guest = Guest(house, UNIXAddress(None), factory)
        guest.sends(b"PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\neve\r\n")
        self.assertIn("You are banned", guest.sees()[-1])
        self.assertTrue(guest.gone)

    def test_address_that_a_transport_tells_is_clean_text_wherever_it_is_shown(self) -> None:
        address = IPv4Address("TCP", "192.0.2.7\x1b[2J\u202e" + "x" * 1000, 1)
        guest = self.house.comes(address)
        guest.types("eve")
        self.root.types("/whois eve")
        (line,) = [line for line in self.root.sees() if "192.0.2.7" in line]
        self.assertIn("(192.0.2.7?[2J?xxx", line)
        self.assertLess(len(line), 200)

    def test_ban_of_everybody_is_asked_for_and_leaves_a_way_in(self) -> None:
        self.root.types("/server-ban 0.0.0.0/0")
        self.assertIn("/server-ban !0.0.0.0/0", self.root.sees()[-1])
        self.root.types("/server-ban !0.0.0.0/0")
        self.assertTrue(self.house.comes(OTHER).gone)
        self.assertFalse(self.house.comes(HERE).gone)


class OperTests(BannedCase):
    def test_password_in_clear_is_refused_from_elsewhere_only(self) -> None:
        eve = self.house.enters("eve")
        eve.types("/oper root correct horse")
        self.assertIn("This connection is not encrypted", eve.sees()[-1])
        self.assertEqual(len(self.house.runner.held), 0)
        self.operator("bob", HERE)

    def test_program_is_an_operator_like_anybody(self) -> None:
        bot = self.house.comes(HERE)
        bot.objects({"type": "nick", "content": "bot"})
        bot.objects({"type": "command", "content": "/oper root correct horse", "id": "7"})
        self.house.runner.go()
        self.house.turn()
        self.assertEqual(bot.gets()[-1]["id"], "7")
        bot.objects({"type": "command", "content": "/server-ban 192.0.2.7 1h spam", "id": "8"})
        bot.gets()
        bot.objects({"type": "command", "content": "/server-bans", "id": "9"})
        (bans,) = bot.gets()
        self.assertEqual((bans["type"], bans["bans"][0]["target"]), ("server_bans", "192.0.2.7"))
        bot.objects({"type": "command", "content": "/audit", "id": "10"})
        self.assertEqual(bot.gets()[-1]["records"][0]["what"], "looked at the audit log")

    def test_wrong_mark_does_not_say_the_password_to_all(self) -> None:
        self.root.hears()
        eve = self.house.enters("eve")
        for line in ("\\oper root secret", " /oper root secret", "\uff0foper root secret"):
            self.root.hears()
            eve.types(line)
            self.assertNotIn(b"secret", self.root.hears())

    def test_only_operators_see_where_somebody_is(self) -> None:
        eve = self.house.enters("eve")
        bob = self.house.enters("bob", OTHER)
        self.root.hears()
        bob.hears()
        for guest, shown in ((self.root, True), (bob, False)):
            guest.types("/whois eve")
            lines = "\n".join(guest.sees())
            self.assertEqual("192.0.2.7" in lines, shown)
            self.assertRegex(lines, r"eve comes from ~user@\w{8}\.\w{8}\.\w{8}\.ip")
        eve.types("/who", "/whois bob", "/list")
        self.assertNotIn("198.51", "\n".join(eve.sees()))
