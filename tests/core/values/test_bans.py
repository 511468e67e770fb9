from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW, nick
from twisted_chat.core.values.bans import (
    BadTarget,
    Ban,
    address_of,
    everybody,
    fits_nobody,
    hits,
    homes,
    named,
    own_machine,
    read_target,
)
from twisted_chat.core.values.cloak import Cloak
from twisted_chat.core.values.masks import MAX_HOSTMASK, MAX_MASK
from twisted_chat.core.values.names import BadName, Nick, parse_nick


class Who(msgspec.Struct):
    """Somebody, as a ban sees them."""

    nick: Nick
    account: str | None = None
    scope: str = "scope"
    address: str = ""

    host: str = ""
    user_name: str = "user"

    @property
    def addresses(self) -> dict[int, str]:
        return {1: self.address}

    @property
    def hosts(self) -> tuple[str]:
        return (self.host,)

    @property
    def user_hosts(self) -> tuple[str, ...]:
        hosts = (self.host,) if self.account is None else (self.host, f"{self.account}.user")
        return tuple(f"~{self.user_name}@{host}" for host in hosts)


def who(name: str = "eve", address: str = "", account: str | None = None) -> Who:
    return Who(nick(name), account, f"scope of {name}", address)


def ban(target: str, until: float = 0.0) -> Ban:
    return Ban(read_target(target), "bob", NOW, until)


class TargetTests(SynchronousTestCase):
    def test_same_targets_have_one_key_however_they_are_written(self) -> None:
        for one, other in (
            ("Eve", "eve"),
            ("*SPAM*", "**spam***"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("192.0.2.7", "192.0.2.7/32"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
            ("2001:DB8::/32", "2001:db8:0::/32"),
            ("address:Eve", "ADDRESS:eve"),
        ):
            self.assertEqual(read_target(one).key, read_target(other).key)

    def test_targets_are_told_apart_and_long_masks_refused(self) -> None:
        self.assertNotEqual(read_target("10.0.0.0/8").key, read_target("10.1.0.0/16").key)
        self.assertEqual(read_target("*" * 10_000).text, "*")
        bad = self.assertRaises(BadTarget, read_target, "*a" * 5_000)
        self.assertEqual(str(bad), f"A mask can have at most {MAX_MASK} characters.")

    def test_target_is_shown_as_it_will_be_found(self) -> None:
        for written, shown in (
            ("Eve", "Eve"),
            ("***", "*"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("192.0.2.7/32", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("address:Eve", "address:Eve"),
        ):
            self.assertEqual(read_target(written).text, shown)

    def test_parts_of_a_mask_that_are_left_out_may_be_anything(self) -> None:
        for written, shown in (
            ("bar!*@*", "bar!*@*"),
            ("Bar!", "Bar!*@*"),
            ("bar!ident", "bar!ident@*"),
            ("ident@eve.user", "*!ident@eve.user"),
            ("!@**", "*!*@*"),
        ):
            target = read_target(written)
            self.assertEqual((target.kind, target.text), ("hostmask", shown))
        self.assertEqual(read_target("BAR!*@EVE.user").key, read_target("bar!*@eve.USER").key)
        self.assertRaises(BadName, read_target, "@bob")

    def test_what_is_no_address_is_an_error(self) -> None:
        for text in [
            "1.2.3",
            "1.2.3.4.5",
            "tkvnqdaf.ip",
            "10.0.0.0/33",
            "::/129",
            "g::1",
            "1.2.3.4/x",
            "a.b",
        ]:
            self.assertRaises(BadTarget, read_target, text)
        # A zone is a name of an interface of one machine.
        self.assertRaises(BadTarget, read_target, "fe80::1%eth0")
        self.assertRaises(BadName, read_target, "1234")

    def test_long_mask_is_refused(self) -> None:
        for most, begin in ((MAX_MASK, ""), (MAX_HOSTMASK, "*!*@")):
            read_target(begin + "*a" * ((most - len(begin)) // 2))
            bad = self.assertRaises(BadTarget, read_target, begin + "*a" * most)
            self.assertIn(f"at most {most} characters", str(bad))

    @given(st.text(max_size=80))
    def test_any_text_is_a_target_or_one_of_the_two_errors(self, text: str) -> None:
        try:
            target = read_target(text)
        except (BadTarget, BadName) as bad:
            self.assertTrue(str(bad))
        else:
            self.assertFalse(hits(Ban(target, "bob", NOW), who("zoe")) and target.kind == "net")

    def test_own_machine_and_everybody_are_known_in_any_form(self) -> None:
        for text in ("127.0.0.1", "127.0.0.0/8", "::1"):
            self.assertTrue(own_machine(read_target(text)), text)
        for text in ("192.0.2.7", "0.0.0.0/0", "bob", "*", "address:bob"):
            self.assertFalse(own_machine(read_target(text)), text)
        for text in [
            "*",
            "?",
            "*?*",
            "*.ip",
            "*.IP6",
            "0.0.0.0/0",
            "::/0",
            "::ffff:0:0/96",
            "*!*@*",
            "*!~*@*",
        ]:
            self.assertTrue(everybody(read_target(text)), text)
        for text in ("eve", "*e*", "10.0.0.0/8", "address:eve", "e*!*@*", "*!*@*.user"):
            self.assertFalse(everybody(read_target(text)), text)


class HitTests(SynchronousTestCase):
    def test_name_is_a_nick_in_any_case_or_an_account_or_looks_the_same(self) -> None:
        self.assertTrue(hits(ban("eve"), who("EVE")))
        self.assertTrue(hits(ban("eve"), who("mallory", account="eve")))
        self.assertFalse(hits(ban("eve"), who("mallory", account="mallory")))
        self.assertFalse(hits(ban("eve"), who("eve2")))
        self.assertTrue(hits(ban("eve"), who("\u0435v\u0435")))
        self.assertTrue(hits(ban("*spam*"), who("sp\u0430mmer")))

    def test_guest_is_known_by_the_session_under_another_name(self) -> None:
        guest = msgspec.structs.replace(ban("eve"), scope="scope of eve")
        self.assertTrue(hits(guest, Who(nick("mallory"), None, "scope of eve")))
        self.assertFalse(hits(guest, who("mallory")))

    def test_addresses_are_hit_by_all_networks_around_them(self) -> None:
        eve = who(address="10.1.2.3")
        for text in ("10.1.2.3", "10.1.0.0/16", "10.0.0.0/8", "0.0.0.0/0"):
            self.assertTrue(hits(ban(text), eve), text)
        for text in ("10.1.2.4", "10.2.0.0/16", "::/0", "2001:db8::/32"):
            self.assertFalse(hits(ban(text), eve), text)
        mapped = who(address="::ffff:192.0.2.7")
        self.assertTrue(hits(ban("192.0.2.0/24"), mapped))
        self.assertTrue(hits(ban("::ffff:192.0.2.7"), who(address="192.0.2.7")))
        self.assertEqual(homes(["::ffff:192.0.2.7"]), "192.0.2.7")
        self.assertTrue(hits(ban("fe80::/64"), who(address="fe80::1%eth0")))
        for address in ("", "this machine", "10.0.0.0/8"):
            self.assertFalse(hits(ban("0.0.0.0/0"), who(address=address)), address)

    def test_address_of_version_six_is_hit_by_its_network(self) -> None:
        eve = who(address="2001:db8:0:1::7")
        self.assertTrue(hits(ban("2001:db8::/32"), eve))
        self.assertFalse(hits(ban("2001:db9::/32"), eve))

    def test_address_of_somebody_is_that_of_the_house(self) -> None:
        target = address_of(nick("eve"))
        for address, neighbour in (
            ("192.0.2.7", "192.0.2.7"),
            ("2001:db8:0:1::7", "2001:db8:0:1::99"),
        ):
            each = Ban(target, "bob", NOW, address=homes([address]))
            self.assertTrue(hits(each, who("mallory", neighbour)))
            self.assertFalse(hits(each, who("eve", "198.51.100.1")))
        self.assertFalse(hits(Ban(target, "bob", NOW), who("eve", "192.0.2.7")))

    def test_this_machine_is_nobodys_address(self) -> None:
        for address in ("", "127.0.0.1", "::1", "::ffff:127.0.0.1", "this machine"):
            self.assertIsNone(homes([address]))
        self.assertFalse(hits(ban("127.0.0.0/8"), who(address="127.0.0.1")))

    def test_addresses_of_somebody_are_those_of_all_their_connections(self) -> None:
        places = homes(
            ["192.0.2.7", "127.0.0.1", "2001:db8:0:1::7", "192.0.2.7", "2001:db8:0:1::8"]
        )
        self.assertEqual(places, "192.0.2.7 2001:db8:0:1::/64")
        each = Ban(address_of(nick("eve")), "bob", NOW, address=places)
        for address in ("192.0.2.7", "2001:db8:0:1::9"):
            self.assertTrue(hits(each, who("mallory", address)))
        self.assertFalse(hits(each, who("mallory", "192.0.2.8")))

    def test_nick_that_somebody_would_take_is_looked_at_instead(self) -> None:
        self.assertTrue(hits(ban("spam*"), who("eve"), nick("spammer")))
        self.assertFalse(hits(ban("spam*"), who("spammer"), nick("eve")))

    def test_account_under_another_nick_is_named_by_account(self) -> None:
        self.assertEqual(named(nick("Robert"), "bob").text, "bob")
        self.assertEqual(named(nick("Bob"), "bob").text, "Bob")

    def test_cloak_mask_is_for_those_whose_cloak_it_fits(self) -> None:
        cloak = Cloak(b"key")
        mask = "*." + cloak.of("192.0.2.7").partition(".")[2]
        wide = "*." + mask[2:].partition(".")[2]
        for text, address, expected in (
            (cloak.of("192.0.2.7"), "192.0.2.7", True),
            (cloak.of("192.0.2.7").upper(), "192.0.2.7", True),
            (cloak.of("192.0.2.7"), "192.0.2.8", False),
            (mask, "192.0.2.8", True),
            (mask, "192.0.3.7", False),
            (wide, "192.0.3.7", True),
            (wide, "192.1.2.7", False),
            ("*.ip", "198.51.100.1", True),
            ("*.ip", "2001:db8::1", False),
        ):
            one = Who(nick("eve"), host=cloak.of(address))
            self.assertIs(hits(ban(text), one), expected, (text, address))
            self.assertIsNone(fits_nobody(read_target(text)))

    def test_mask_of_a_host_sees_the_account_and_the_cloak_behind_it(self) -> None:
        one = who("eve", account="zoe")
        one.host = "aaaaaaaa.bbbbbbbb.cccccccc.ip"
        for text, expected in (
            ("eve!*@*", True),
            ("EVE!~user@*", True),
            ("*!*@zoe.user", True),
            ("*!*@*.bbbbbbbb.cccccccc.ip", True),
            ("\u0435v\u0435!*@zoe.user", True),
            ("e??!*@*.ip", True),
            ("zoe!*@*", False),
            ("*!user@*", False),
            ("*!*@eve.user", False),
            ("*!*@*.bbbbbbbb.ip", False),
        ):
            self.assertIs(hits(ban(text), one), expected, text)
        self.assertTrue(hits(ban("bob!*@zoe.user"), one, nick("bob")))
        guest = who("eve")
        guest.host = one.host
        self.assertFalse(hits(ban("*!*@zoe.user"), guest))

    def test_account_alone_is_not_who_only_has_that_name(self) -> None:
        self.assertTrue(hits(ban("account:Eve"), who("bob", account="eve")))
        self.assertFalse(hits(ban("account:eve"), who("eve")))
        self.assertFalse(hits(ban("account:eve"), who("eve", account="bob")))


class NobodyTests(SynchronousTestCase):
    def test_mask_that_can_match_nobody_is_told_what_to_write(self) -> None:
        for text, right in (
            ("192.0.2.*", "address:NICK"),
            ("192.0.2.?", "*.PART.PART.ip"),
            ("*!*@192.0.2.7", "address:NICK"),
            ("*!*@*.example.com", "nobody is shown with such a host"),
            ("*!*@192.0.2.*", "nobody is shown with such a host"),
            ("*!*@2001:db8::/32", "nobody is shown with such a host"),
            ("*!*@10.0.0.0/8", "nobody is shown with such a host"),
            ("*!a#b@*", "address:NICK"),
            ("*!a@b@*", "address:NICK"),
            ("1*!*@*", 'cannot start with "1"'),
            ("2001:db8:*", "address:NICK"),
            ("192.0.2.0/*", "address:NICK"),
            ("*.tkvnqdaf.*", "*.PART.PART.ip"),
            ("*.example.com", "*.PART.PART.ip"),
            ("*a#b*", 'has no "#"'),
            ("*\u20ac*", "EURO SIGN cannot be"),
            ("1*", 'cannot start with "1"'),
            ("*" + "a" * 33, "at most 32"),
            ("?" * 33, "at most 32"),
        ):
            found = fits_nobody(read_target(text))
            assert found is not None, text
            self.assertTrue(right in found or "cannot be in a nickname" in found, found)
            self.assertTrue(found.startswith(f"{text} matches nobody") and found.endswith("."))

    def test_mask_that_somebody_could_match_is_taken(self) -> None:
        for text in (
            "*",
            "*spam*",
            "_*",
            "a[*",
            "*1",
            "?1*",
            "*\u05d0\u0663*",
            "\uff33pam*",
            "ma\u00dfe*",
            "bar!*@*",
            "*!~user@*.tkvnqdaf.tkvnqdaf.ip",
            "*!*@eve.user",
            "*!*@127*",
            "*!*@localhost",
            "*!*evan@*.use?",
            "account:eve",
        ):
            self.assertIsNone(fits_nobody(read_target(text)), text)
        for text in ("eve", "192.0.2.7", "address:eve"):
            self.assertIsNone(fits_nobody(read_target(text)), text)

    @given(st.from_regex(r"[A-Za-z_][-A-Za-z0-9_\[\]^`|()=;]{0,31}", fullmatch=True), st.data())
    def test_mask_made_of_any_nickname_is_taken(self, name: str, data: st.DataObject) -> None:
        try:
            key = parse_nick(name).key
        except BadName:
            return
        place = data.draw(st.integers(0, len(key) - 1))
        self.assertIsNone(fits_nobody(read_target(f"{key[:place]}?{key[place + 1 :]}*")))
