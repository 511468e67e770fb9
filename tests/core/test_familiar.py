"""Familiar places: known once used, and bounded."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_chat.core import familiar
from twisted_chat.core.familiar import Familiar


class FamiliarTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.familiar = Familiar()

    def known(self, account: str, *places: str | None) -> list[bool]:
        return [self.familiar.knows(account, place) for place in places]

    def test_a_place_is_familiar_to_the_account_that_was_entered_from_it(self) -> None:
        self.familiar.note("bob", "192.0.2.7")
        self.assertEqual(self.known("bob", "192.0.2.7", "192.0.2.8", None), [True, False, False])
        self.assertEqual(self.known("eve", "192.0.2.7", None), [False, False])
        self.familiar.note("bob", None)
        self.assertEqual(self.known("bob", "192.0.2.7", None), [True, True])

    def test_of_one_account_the_places_used_last_are_known(self) -> None:
        self.patch(familiar, "MAX_PLACES", 2)
        for place in ("a", "b", "a", "c"):
            self.familiar.note("bob", place)
        self.assertEqual(self.known("bob", "a", "b", "c"), [True, False, True])

    def test_so_are_the_accounts(self) -> None:
        self.patch(familiar, "MAX_ACCOUNTS", 2)
        for account in ("ann", "bob", "ann", "eve"):
            self.familiar.note(account, "a")
        self.assertEqual(len(self.familiar), 2)
        self.assertEqual(
            [self.familiar.knows(each, "a") for each in ("ann", "bob", "eve")], [True, False, True]
        )

    def test_an_account_that_is_gone_is_forgotten(self) -> None:
        self.familiar.note("bob", "a")
        for _ in range(2):
            self.familiar.forget("bob")
        self.assertEqual(self.known("bob", "a"), [False])
