from __future__ import annotations

from collections.abc import Sequence
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.core.values.test_bans import Who, ban, who
from tests.core.world import NOW, nick
from twisted_chat.core.state.ban_list import BanList
from twisted_chat.core.values import bans
from twisted_chat.core.values.bans import Ban, address_of, hits, read_target
from twisted_chat.core.values.cloak import Cloak
from twisted_chat.core.values.matcher import Effort

_CLOAK = Cloak(b"key")
_ADDRESSES = ("192.0.2.7", "192.0.2.8", "198.51.100.1", "2001:db8::1", "2001:db8::2", "", "::1")
_NAMES = ("eve", "EVE", "\u0435v\u0435", "spam", "spammer", "IlI", "lll", "bob")
_CLOAKS = tuple(_CLOAK.of(each) for each in _ADDRESSES[:4])
_TARGETS = (
    *_NAMES,
    *("*spam*", "*S*", "?v?", "e*", "\u0435*", "*", "*l*", "*I*"),
    *("192.0.2.7", "192.0.2.0/24", "0.0.0.0/0", "2001:db8::/32", "198.51.100.1"),
    *_CLOAKS,
    *("*." + each.partition(".")[2] for each in _CLOAKS),
    "*.ip",
    *(
        "eve!*@*",
        "*!*@eve.user",
        "\u0435*!~user@*",
        "*!*@*",
        "s*!*@*",
        "account:eve",
        "account:bob",
    ),
    *(f"*!*@{each}" for each in _CLOAKS),
)
_bans = st.builds(
    lambda target, until, scope, places: Ban(
        address_of(nick("eve")) if places else read_target(target),
        "bob",
        NOW,
        until,
        scope=f"scope of {scope}" if scope else None,
        address=places,
    ),
    st.sampled_from(_TARGETS),
    st.sampled_from((0.0, NOW - 1, NOW + 60)),
    st.sampled_from((None, "eve", "bob")),
    st.sampled_from((None, None, "192.0.2.7", "192.0.2.7 2001:db8::/64")),
)
_people = st.builds(
    lambda name, account, address: Who(
        nick(name), account, f"scope of {name}", address, _CLOAK.of(address)
    ),
    st.sampled_from(_NAMES),
    st.sampled_from((None, "eve", "bob")),
    st.sampled_from(_ADDRESSES),
)


class BanListTests(SynchronousTestCase):
    @given(st.lists(_bans, max_size=12), st.sets(st.integers(0, 11)), st.lists(_people))
    def test_it_finds_whom_bans_hit_one_by_one(
        self, made: list[Ban], lifted: set[int], people: Sequence[Who]
    ) -> None:
        there, expected = BanList(), dict[str, Ban]()
        for each in made:
            there[each.target.key] = expected[each.target.key] = each
        for number in lifted:
            key = made[number].target.key if number < len(made) else ""
            if key in expected:
                del there[key], expected[key]
        self.assertEqual(list(there.items()), list(expected.items()))
        for somebody in people:
            for name in (None, nick("spam"), nick("bob")):
                hit = {
                    key: each
                    for key, each in expected.items()
                    if not each.over(NOW) and hits(each, somebody, name)
                }
                self.assertEqual(there.of(somebody, NOW, name), hit)

    def test_longest_of_several_is_found(self) -> None:
        there = BanList()
        there.update({"eve": ban("eve", until=NOW + 60), "*v*": ban("*v*", until=NOW + 90)})
        self.assertIs(there.find(who(), NOW), there["*v*"])
        there["*e*"] = ban("*e*")
        self.assertIs(there.find(who(), NOW), there["*e*"])

    def test_ban_that_is_found_as_another_outlives_it(self) -> None:
        there = BanList()
        there.update({each: ban(each) for each in ("eve", "\u0435ve")})
        del there["eve"]
        self.assertIs(there.find(who(), NOW), there["\u0435ve"])
        del there["\u0435ve"]
        self.assertIsNone(there.find(who(), NOW))

    def test_ban_that_is_over_is_not_found(self) -> None:
        there = BanList()
        there["eve"] = ban("eve", until=NOW + 60)
        self.assertIs(there.find(who(), NOW), there["eve"])
        self.assertIsNone(there.find(who(), NOW + 60))

    def test_looks_at_no_ban_that_is_not_for_them(self) -> None:
        there = BanList()
        for n in range(500):
            there[f"user{n}"] = ban(f"user{n}")
        with mock.patch.object(Ban, "over", autospec=True, side_effect=Ban.over) as over:
            self.assertIs(there.find(who("user7"), NOW), there["user7"])
        self.assertEqual(over.call_count, 1)
        self.assertEqual(bans.look("eve"), bans.look("\u0435v\u0435"))

    def test_what_was_weighed_takes_no_more_steps(self) -> None:
        there = BanList()
        for n in range(500):
            mask = "*a" * 31 + chr(0x4E00 + n)
            there[mask] = ban(mask)
        somebody, name = Who(nick("a" * 32)), nick("a" * 32)
        effort, slices = Effort(), 1
        while not there.weigh(somebody, name, effort):
            effort, slices = Effort(), slices + 1
        self.assertGreater(slices, 5)
        self.assertTrue(there.weigh(somebody, name, Effort(0)))
        self.assertIsNone(there.find(somebody, NOW))

    def test_masks_of_hosts_are_weighed_as_well(self) -> None:
        there = BanList()
        for n in range(500):
            mask = f"*a*a*a*a*!*{n}@*"
            there[mask] = ban(mask)
        somebody, name = Who(nick("a" * 32), "eve", host="x" * 30), nick("a" * 32)
        effort, slices = Effort(), 1
        while not there.weigh(somebody, name, effort):
            effort, slices = Effort(), slices + 1
        self.assertGreater(slices, 5)
        self.assertTrue(there.weigh(somebody, name, Effort(0)))
        self.assertIsNone(there.find(somebody, NOW))
