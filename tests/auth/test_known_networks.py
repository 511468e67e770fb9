"""Familiar places: known once used, and bounded."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.core.world import NOW
from twisted_chat.auth import known_networks
from twisted_chat.auth.known_networks import KnownNetworks
from twisted_chat.core.values.account import KNOWN_FOR


class FamiliarTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.familiar = KnownNetworks(b"key")

    def known(self, account: str, *places: str | None) -> list[bool]:
        return [self.familiar.knows(account, place) for place in places]

    def test_a_place_is_familiar_to_the_account_that_was_entered_from_it(self) -> None:
        self.familiar.note("bob", "192.0.2.7", NOW)
        self.assertEqual(self.known("bob", "192.0.2.7", "192.0.2.8", None), [True, False, False])
        self.assertEqual(self.known("eve", "192.0.2.7", None), [False, False])
        self.familiar.note("bob", None, NOW)
        self.assertEqual(self.known("bob", "192.0.2.7", None), [True, True])

    def test_accounts_and_their_places_used_last_are_known(self) -> None:
        self.patch(known_networks, "MAX_PLACES", 2)
        for place in ("a", "b", "a", "c"):
            self.familiar.note("bob", place, NOW)
        self.assertEqual(self.known("bob", "a", "b", "c"), [True, False, True])
        self.patch(known_networks, "MAX_ACCOUNTS", 2)
        for account in ("ann", "bob", "ann", "eve"):
            self.familiar.note(account, "a", NOW)
        self.assertEqual(len(self.familiar), 2)
        self.assertEqual(
            [self.familiar.knows(each, "a") for each in ("ann", "bob", "eve")], [True, False, True]
        )

    def test_what_is_kept_is_forgotten_with_the_account_and_tells_of_no_place(self) -> None:
        self.familiar.note("bob", "a", NOW)
        for _ in range(2):
            self.familiar.forget("bob")
        self.assertEqual(self.known("bob", "a"), [False])
        ann, bob = (self.familiar.note(each, "192.0.2.7", NOW) for each in ("ann", "bob"))
        self.assertNotEqual(ann.digest, bob.digest)
        self.assertRegex(ann.digest, "^[0-9a-f]{32}$")

    def test_a_place_is_forgotten_when_it_was_not_used_for_long(self) -> None:
        self.familiar.note("bob", "a", NOW)
        self.familiar.note("bob", "b", NOW + 1)
        self.familiar.note("ann", "a", NOW)
        self.familiar.forget_old(NOW + KNOWN_FOR - 1)
        self.assertEqual(self.known("bob", "a", "b"), [True, True])
        self.familiar.forget_old(NOW + KNOWN_FOR)
        self.assertEqual(self.known("bob", "a", "b"), [False, True])
        self.assertEqual(len(self.familiar), 1)

    def test_places_that_are_kept_are_known_to_the_next_with_the_same_key(self) -> None:
        kept = [self.familiar.note(each, "192.0.2.7", NOW) for each in ("ann", "bob")]
        again, stranger = KnownNetworks(b"key"), KnownNetworks(b"another")
        for each in (again, stranger):
            each.restore(kept)
        self.assertTrue(again.knows("bob", "192.0.2.7"))
        self.assertFalse(again.knows("bob", "192.0.2.8"))
        self.assertFalse(stranger.knows("bob", "192.0.2.7"))
