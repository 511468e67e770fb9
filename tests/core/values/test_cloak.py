"""Cloaks: what they hide, and what they tell all the same."""

from __future__ import annotations

import fnmatch

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core.values.cloak import HERE, Cloak

CLOAK = Cloak(b"k" * 32)


class CloakTests(SynchronousTestCase):
    def test_cloak_is_the_same_whenever_it_is_made_and_not_for_this_machine(self) -> None:
        self.assertEqual(CLOAK.of("192.0.2.7"), Cloak(b"k" * 32).of("192.0.2.7"))
        self.assertEqual(CLOAK.of("::ffff:192.0.2.7"), CLOAK.of("192.0.2.7"))
        for address in (None, "127.0.0.1", "::1"):
            self.assertEqual(CLOAK.of(address), HERE)

    def test_nobody_can_make_it_without_the_key_or_read_the_address(self) -> None:
        """Else all addresses of IPv4 could be tried in an hour."""
        other = Cloak(b"j" * 32)
        for address in ("192.0.2.7", "2001:db8::1"):
            mine, theirs = (each.of(address).split(".") for each in (CLOAK, other))
            self.assertEqual(set(mine) & set(theirs), {mine[-1]})
        for address in ("192.0.2.7", "2001:db8:5:6::1"):
            for part in CLOAK.of(address).split(".")[:-1]:
                self.assertRegex(part, r"\A[a-z2-7]{8}\Z")

    def test_mask_of_parts_names_a_neighbourhood(self) -> None:
        for address, near, far in (
            ("192.0.2.7", "192.0.2.200", "192.0.3.7"),
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff::", "2001:db8:1:3::1"),
        ):
            mask = "*." + CLOAK.of(address).split(".", 1)[1]
            self.assertTrue(fnmatch.fnmatchcase(CLOAK.of(near), mask))
            self.assertFalse(fnmatch.fnmatchcase(CLOAK.of(far), mask))
            wider = "*." + mask.split(".", 2)[2]
            self.assertTrue(fnmatch.fnmatchcase(CLOAK.of(far), wider))
            self.assertNotEqual(CLOAK.of(address), CLOAK.of(near))
